/* cert/name: a certificate's Name for people. Includes cert.h, c509.h and cbor.h. */
#include <troth/cert.h>

#include "cert/c509.h"
#include "cbor.h"

#define NAME_HEAD_LEN 3 /* d8 30, then 46 or 48 */

struct text {
    char *at;
    char *end;
};

static void put(struct text *text, char c)
{
    if (text->at < text->end) {
        *text->at++ = c;
    }
}

static void put_byte(struct text *text, uint8_t byte, char ten)
{
    for (unsigned shift = 8; shift > 0;) {
        shift -= 4;
        unsigned digit = byte >> shift & 15;
        put(text, (char)(digit < 10 ? '0' + digit : (unsigned)ten + digit - 10));
    }
}

/* HH-HH-HH-FF-FE-HH-HH-HH of 6 bytes, HH-...-HH of 8 (draft 3.1). */
static void put_eui_64(struct text *text, struct troth_span name)
{
    for (size_t i = NAME_HEAD_LEN; i < name.len; i++) {
        if (i > NAME_HEAD_LEN) {
            put(text, '-');
        }
        if (name.len == NAME_HEAD_LEN + C509_EUI_48_LEN && i == NAME_HEAD_LEN + 3) {
            put_byte(text, 0xff, 'A');
            put(text, '-');
            put_byte(text, 0xfe, 'A');
            put(text, '-');
        }
        put_byte(text, name.data[i], 'A');
    }
}

void troth_cert_name(struct troth_span name, char *out, size_t cap)
{
    struct text text = {out, out + cap - 1};
    unsigned major = name.len > 0 ? name.data[0] >> 5 : 0;
    if (major == CBOR_TAG) {
        put_eui_64(&text, name);
    } else if (major == CBOR_BYTES || major == CBOR_TEXT) {
        for (size_t i = (name.data[0] & 0x1f) < 24 ? 1 : 2; i < name.len; i++) {
            uint8_t byte = name.data[i];
            if (major == CBOR_BYTES) {
                put_byte(&text, byte, 'a');
            } else {
                put(&text, byte >= 0x20 && byte < 0x7f ? (char)byte : '?');
            }
        }
    }
    *text.at = 0;
}
