/* tool/text: text that came from somebody else. */
#include "tool/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The UTF-8 character at `text` (RFC 3629): its length, and what it is; 0 where there is none. */
static size_t decode(const uint8_t *text, size_t len, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (need > len || (text[0] >= 0x80 && text[0] < 0xc0) || text[0] >= 0xf8) {
        return 0;
    }
    *character = need == 1 ? text[0] : text[0] & (0x7fU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        *character = *character << 6 | (text[i] & 0x3fU);
    }
    bool surrogate = *character >= 0xd800 && *character <= 0xdfff;
    return *character < smallest[need] || *character > 0x10ffff || surrogate ? 0 : need;
}

/* C0 but for the tab, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing. */
static bool is_harmless(uint32_t character)
{
    bool control = (character < 0x20 && character != '\t') || (character >= 0x7f && character < 0xa0);
    bool turns = character == 0x061c || character == 0x200e || character == 0x200f ||
                 (character >= 0x2028 && character <= 0x202e) || (character >= 0x2066 && character <= 0x2069);
    return !control && !turns;
}

size_t text_harmless(const uint8_t *text, size_t len, char *out)
{
    size_t used = 0;
    for (size_t at = 0; at < len;) {
        uint32_t character = 0;
        size_t taken = decode(text + at, len - at, &character);
        if (taken > 0 && is_harmless(character)) {
            memcpy(out + used, text + at, taken);
            used += taken;
            at += taken;
        } else {
            used += (size_t)snprintf(out + used, TEXT_GROWTH + 1, "\\x%02x", text[at++]);
        }
    }
    out[used] = 0;
    return used;
}
