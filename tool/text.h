/* tool/text.h: text that came from somebody else, made harmless for a terminal. Includes nothing of ours. */
#ifndef TROTH_TOOL_TEXT_H
#define TROTH_TOOL_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The most that one byte of text becomes. */
#define TEXT_GROWTH 4

/* Copies UTF-8 as it is; of control characters, of those that turn the direction of writing, and of all that is no UTF-8,
 * each byte becomes \xNN. `out` has room for TEXT_GROWTH * len + 1 bytes. The length, without the NUL. */
size_t text_harmless(const uint8_t *text, size_t len, char *out);

#endif
