/* cert/write: natively signed C509 certificates, from fields to bytes, for those who issue them; a device leaves this
 * file out. Includes cert.h, c509.h and cbor.h. */
#include <troth/cert.h>

#include "cert/c509.h"
#include "cbor.h"

#include <string.h>

#define EUI_64_TEXT_LEN 23

static void put_null(struct cbor_writer *writer)
{
    cbor_put_head(writer, CBOR_SIMPLE, CBOR_NULL);
}

static int written(const struct cbor_writer *writer)
{
    return writer->full ? TROTH_E_SPACE : (int)cbor_written(writer);
}

int troth_cert_write_tbs(const struct troth_cert_content *content, uint8_t *out, size_t cap)
{
    struct cbor_writer writer = cbor_write(out, cap);
    cbor_put_int(&writer, C509_NATIVE);
    cbor_put_bytes(&writer, content->serial.data, content->serial.len);
    cbor_put_int(&writer, C509_ECDSA_WITH_SHA256);
    if (content->issuer.len == 0) {
        put_null(&writer);
    }
    cbor_put_raw(&writer, content->issuer.data, content->issuer.len);
    cbor_put_head(&writer, CBOR_UINT, content->not_before);
    if (content->not_after == TROTH_NO_END) {
        put_null(&writer);
    } else {
        cbor_put_head(&writer, CBOR_UINT, content->not_after);
    }
    cbor_put_raw(&writer, content->subject.data, content->subject.len);
    cbor_put_int(&writer, C509_EC_P256);
    cbor_put_bytes(&writer, content->public_key.data, content->public_key.len);
    if (content->path_len == TROTH_NOT_A_CA) {
        cbor_put_int(&writer, content->key_usage);
    } else {
        cbor_put_head(&writer, CBOR_ARRAY, 4);
        cbor_put_int(&writer, -C509_KEY_USAGE);
        cbor_put_int(&writer, content->key_usage);
        cbor_put_int(&writer, -C509_BASIC_CONSTRAINTS);
        cbor_put_int(&writer, content->path_len);
    }
    return written(&writer);
}

int troth_cert_append_signature(uint8_t *out, size_t cap, size_t tbs_len, const uint8_t signature[64])
{
    struct cbor_writer writer = cbor_write(out, cap);
    writer.at += tbs_len;
    cbor_put_bytes(&writer, signature, TROTH_SIGNATURE_LEN);
    return written(&writer);
}

/* The value of a digit out of 0 to 9 and six letters from `ten` on; 16 where it is none. */
static unsigned digit_value(char c, char ten)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    return c >= ten && c < ten + 6 ? 10U + (unsigned)(c - ten) : 16U;
}

/* `count` bytes of two digits, each `step` characters after the one before; false where a digit is none. */
static bool take_digits(const char *text, size_t step, char ten, uint8_t *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned high = digit_value(text[i * step], ten);
        unsigned low = digit_value(text[i * step + 1], ten);
        if (high > 15 || low > 15) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool take_eui_64(const char *text, size_t len, uint8_t address[C509_EUI_64_LEN])
{
    if (len != EUI_64_TEXT_LEN || !take_digits(text, 3, 'A', address, C509_EUI_64_LEN)) {
        return false;
    }
    for (size_t i = 2; i < len; i += 3) {
        if (text[i] != '-') {
            return false;
        }
    }
    return true;
}

static void put_eui_64(struct cbor_writer *writer, const uint8_t address[C509_EUI_64_LEN])
{
    cbor_put_head(writer, CBOR_TAG, C509_MAC_ADDRESS);
    if (address[3] != 0xff || address[4] != 0xfe) {
        cbor_put_bytes(writer, address, C509_EUI_64_LEN);
        return;
    }
    cbor_put_head(writer, CBOR_BYTES, C509_EUI_48_LEN);
    cbor_put_raw(writer, address, 3);
    cbor_put_raw(writer, address + 5, 3);
}

int troth_cert_write_name(const char *text, uint8_t *out, size_t cap)
{
    uint8_t bytes[TROTH_CERT_MAX / 2];
    struct cbor_writer writer = cbor_write(out, cap);
    size_t len = strlen(text);
    if (len == 0 || len > TROTH_CERT_MAX) {
        return TROTH_E_SPACE;
    }
    if (take_eui_64(text, len, bytes)) {
        put_eui_64(&writer, bytes);
    } else if (len % 2 == 0 && take_digits(text, 2, 'a', bytes, len / 2)) {
        cbor_put_bytes(&writer, bytes, len / 2);
    } else {
        cbor_put_head(&writer, CBOR_TEXT, (uint32_t)len);
        cbor_put_raw(&writer, (const uint8_t *)text, len);
    }
    return written(&writer);
}
