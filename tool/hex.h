/* tool/hex.h: hexadecimal text. Includes nothing of ours. */
#ifndef TROTH_TOOL_HEX_H
#define TROTH_TOOL_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lowercase, NUL-terminated: out has room for 2 * len + 1. */
void hex_write(const uint8_t *data, size_t len, char *out);

/* The bytes of hexadecimal text of either case, white space between bytes apart; out may be the text itself. False
 * where it is anything else, or holds no byte at all. */
bool hex_read(const uint8_t *text, size_t text_len, uint8_t *out, size_t *len);

#endif
