/* tool/hex: hexadecimal text. */
#include "tool/hex.h"

#include <ctype.h>

void hex_write(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = 0;
}

/* 16 where it is no digit. */
static unsigned value_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    unsigned low = c | 0x20U;
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
}

bool hex_read(const uint8_t *text, size_t text_len, uint8_t *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < text_len;) {
        if (isspace(text[i])) {
            i++;
            continue;
        }
        unsigned high = value_of(text[i]);
        unsigned low = i + 1 < text_len ? value_of(text[i + 1]) : 16;
        if (high > 15 || low > 15) {
            return false;
        }
        out[(*len)++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    return *len > 0;
}
