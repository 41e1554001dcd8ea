/* cert/read: natively signed C509 certificates, from bytes to fields (draft-ietf-cose-cbor-encoded-cert 3.1 to 3.3).
 * Includes cert.h, c509.h, cbor.h and p256.h. Invariant: what is accepted is the one encoding of its content, apart
 * from the extensions that are passed over unread. */
#include <troth/cert.h>

#include "cert/c509.h"
#include "cbor.h"
#include "p256.h"

#include <string.h>

#define SERIAL_MAX           20
#define KEY_USAGE_MAX        0x1ff
#define EXTENSION_ID_MAX     0xffff
#define EXTENSION_ITEMS_MAX  16
#define EXTENSIONS_MAX       8
#define OTHERS               1
#define COMPRESSED_KEY_LEN   33
#define UNCOMPRESSED_KEY_LEN 65

static void read_bytes(struct cbor_reader *reader, struct troth_span *bytes, uint32_t min, uint32_t max)
{
    uint32_t len = cbor_take(reader, CBOR_BYTES, min, max);
    *bytes = cbor_passed(reader, len);
}

/* An algorithm or a type: only this one will do. */
static void read_number(struct cbor_reader *reader, uint32_t number)
{
    cbor_take(reader, CBOR_UINT, number, number);
}

/* SpecialText: text, bytes, or tag 48 on 6 or 8 bytes; none of them empty. A Name that is an array is refused. */
static void read_name(struct cbor_reader *reader, struct troth_span *name)
{
    const uint8_t *first = reader->at;
    unsigned major = cbor_peek(reader);
    if (major == CBOR_TAG) {
        cbor_take(reader, CBOR_TAG, C509_MAC_ADDRESS, C509_MAC_ADDRESS);
        if (cbor_take(reader, CBOR_BYTES, C509_EUI_48_LEN, C509_EUI_64_LEN) == C509_EUI_48_LEN + 1) {
            reader->bad = true;
        }
    } else {
        cbor_take(reader, major == CBOR_TEXT ? CBOR_TEXT : CBOR_BYTES, 1, TROTH_CERT_MAX);
    }
    *name = span(first, (size_t)(reader->at - first));
}

static bool is_null(struct cbor_reader *reader)
{
    if (cbor_peek(reader) != CBOR_SIMPLE) {
        return false;
    }
    cbor_simple(reader, CBOR_NULL);
    return true;
}

/* One pair of the array: an ID, negative where critical, and its value. Seen are the IDs 2 and 4 as their own bits, and
 * all others as OTHERS. */
static unsigned read_extension(struct cbor_reader *reader, struct troth_cert *cert, unsigned seen)
{
    int32_t id = cbor_int(reader, -EXTENSION_ID_MAX, EXTENSION_ID_MAX);
    uint32_t kind = (uint32_t)(id < 0 ? -id : id);
    if (kind != C509_KEY_USAGE && kind != C509_BASIC_CONSTRAINTS) {
        cert->has_unknown |= id < 0;
        cbor_skip(reader, EXTENSION_ITEMS_MAX);
        return seen | OTHERS;
    }
    if ((seen & kind) != 0) {
        reader->bad = true;
    }
    if (kind == C509_KEY_USAGE) {
        cert->key_usage = (uint16_t)cbor_take(reader, CBOR_UINT, 1, KEY_USAGE_MAX);
    } else {
        cert->path_len = (int8_t)cbor_int(reader, TROTH_NOT_A_CA, INT8_MAX);
    }
    return seen | kind;
}

/* A single int is keyUsage alone, and keyUsage alone is a single int. */
static void read_extensions(struct cbor_reader *reader, struct troth_cert *cert)
{
    if (cbor_peek(reader) == CBOR_ARRAY) {
        unsigned seen = 0;
        size_t items = cbor_array(reader, 0, 2 * EXTENSIONS_MAX);
        for (; items >= 2; items -= 2) {
            seen = read_extension(reader, cert, seen);
        }
        if (items != 0 || seen == C509_KEY_USAGE) {
            reader->bad = true;
        }
    } else {
        int32_t usage = cbor_int(reader, -KEY_USAGE_MAX, KEY_USAGE_MAX);
        cert->key_usage = (uint16_t)(usage < 0 ? -usage : usage);
        if (usage == 0) {
            reader->bad = true;
        }
    }
}

static bool key_fits(struct troth_span key)
{
    unsigned form = key.data[0];
    return key.len == COMPRESSED_KEY_LEN ? form == 2 || form == 3
                                         : key.len == UNCOMPRESSED_KEY_LEN && form == C509_UNCOMPRESSED;
}

int troth_cert_read(struct troth_span sequence, struct troth_cert *cert)
{
    struct cbor_reader reader = cbor_read(sequence.data, sequence.len);
    cert->tbs.data = sequence.data;
    cert->key_usage = 0;
    cert->path_len = TROTH_NOT_A_CA;
    cert->has_unknown = false;

    read_number(&reader, C509_NATIVE);
    read_bytes(&reader, &cert->serial, 1, SERIAL_MAX);
    read_number(&reader, C509_ECDSA_WITH_SHA256);
    cert->issuer = span(NULL, 0);
    if (!is_null(&reader)) {
        read_name(&reader, &cert->issuer);
    }
    cert->not_before = cbor_uint(&reader, UINT32_MAX);
    cert->not_after = TROTH_NO_END;
    if (!is_null(&reader)) {
        cert->not_after = cbor_uint(&reader, TROTH_NO_END - 1);
    }
    read_name(&reader, &cert->subject);
    read_number(&reader, C509_EC_P256);
    read_bytes(&reader, &cert->public_key, COMPRESSED_KEY_LEN, UNCOMPRESSED_KEY_LEN);
    read_extensions(&reader, cert);
    cert->tbs.len = (size_t)(reader.at - cert->tbs.data);
    read_bytes(&reader, &cert->signature, TROTH_SIGNATURE_LEN, TROTH_SIGNATURE_LEN);

    if (!cbor_done(&reader) || cert->tbs.len > TROTH_CERT_MAX - C509_SIGNATURE_ITEM_LEN) {
        return TROTH_E_FORGED;
    }
    bool fits = cert->serial.data[0] != 0 && key_fits(cert->public_key) && !span_equal(cert->issuer, cert->subject);
    return fits ? TROTH_OK : TROTH_E_FORGED;
}

int troth_cert_split(struct troth_span item, struct troth_span sequence[2])
{
    struct cbor_reader reader = cbor_read(item.data, item.len);
    int count = 1;
    if (cbor_peek(&reader) == CBOR_ARRAY) {
        count = (int)cbor_array(&reader, 2, 2);
    }
    for (int i = 0; i < count; i++) {
        read_bytes(&reader, &sequence[i], 1, TROTH_CERT_MAX);
    }
    return cbor_done(&reader) ? count : TROTH_E_FORGED;
}

int cert_take_key(const uint8_t *point, uint8_t key[64])
{
    if (*point != C509_UNCOMPRESSED) {
        return p256_decompress(point + 1, *point & 1, key) ? TROTH_OK : TROTH_E_FORGED;
    }
    memcpy(key, point + 1, TROTH_POINT_LEN);
    return p256_on_curve(key) ? TROTH_OK : TROTH_E_FORGED;
}

int troth_cert_key(const struct troth_cert *cert, uint8_t key[64])
{
    return cert_take_key(cert->public_key.data, key);
}
