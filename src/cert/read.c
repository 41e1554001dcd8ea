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
#define COMPRESSED_KEY_LEN   33
#define UNCOMPRESSED_KEY_LEN 65

/* SpecialText: text, bytes, or tag 48 on 6 or 8 bytes; none of them empty. A Name that is an array is refused. */
static struct troth_span read_name(struct cbor_reader *reader)
{
    unsigned major = cbor_peek(reader);
    struct troth_span name = cbor_skip(reader, 2);
    bool fits = name.len > 1 && (major == CBOR_BYTES || major == CBOR_TEXT);
    if (major == CBOR_TAG && name.len > 2 && name.data[0] == 0xd8 && name.data[1] == C509_MAC_ADDRESS) {
        fits = name.data[2] == 0x40 + C509_EUI_48_LEN || name.data[2] == 0x40 + C509_EUI_64_LEN;
    }
    if (!fits) {
        reader->bad = true;
    }
    return name;
}

static bool is_null(struct cbor_reader *reader)
{
    if (cbor_peek(reader) != CBOR_SIMPLE) {
        return false;
    }
    cbor_simple(reader, CBOR_NULL);
    return true;
}

/* One pair of the array: an ID, negative where critical, and its value. The IDs 2 and 4 are their own bits in *seen. */
static void read_extension(struct cbor_reader *reader, struct troth_cert *cert, unsigned *seen)
{
    int32_t id = cbor_int(reader, -EXTENSION_ID_MAX, EXTENSION_ID_MAX);
    uint32_t kind = (uint32_t)(id < 0 ? -id : id);
    if (kind == C509_KEY_USAGE) {
        cert->key_usage = (uint16_t)cbor_uint(reader, KEY_USAGE_MAX);
    } else if (kind == C509_BASIC_CONSTRAINTS) {
        cert->path_len = (int8_t)cbor_int(reader, TROTH_NOT_A_CA, INT8_MAX);
    } else {
        cert->has_unknown |= id < 0;
        cbor_skip(reader, EXTENSION_ITEMS_MAX);
        return;
    }
    if ((*seen & kind) != 0) {
        reader->bad = true;
    }
    *seen |= kind;
}

/* A single int is keyUsage alone, and keyUsage alone is a single int. */
static void read_extensions(struct cbor_reader *reader, struct troth_cert *cert)
{
    unsigned seen = 0;
    if (cbor_peek(reader) == CBOR_ARRAY) {
        size_t count = cbor_array(reader, 0, 2 * EXTENSIONS_MAX);
        for (size_t i = 0; i + 1 < count; i += 2) {
            read_extension(reader, cert, &seen);
        }
        if (count % 2 != 0 || (count == 2 && seen == C509_KEY_USAGE)) {
            reader->bad = true;
        }
    } else {
        int32_t usage = cbor_int(reader, -KEY_USAGE_MAX, KEY_USAGE_MAX);
        cert->key_usage = (uint16_t)(usage < 0 ? -usage : usage);
        seen = C509_KEY_USAGE;
    }
    if ((seen & C509_KEY_USAGE) != 0 && cert->key_usage == 0) {
        reader->bad = true;
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
    memset(cert, 0, sizeof *cert);
    cert->path_len = TROTH_NOT_A_CA;

    uint32_t type = cbor_uint(&reader, C509_NATIVE);
    cert->serial = cbor_bytes(&reader, 1, SERIAL_MAX);
    cbor_uint(&reader, C509_ECDSA_WITH_SHA256);
    if (!is_null(&reader)) {
        cert->issuer = read_name(&reader);
    }
    cert->not_before = cbor_uint(&reader, UINT32_MAX);
    cert->not_after = is_null(&reader) ? TROTH_NO_END : cbor_uint(&reader, TROTH_NO_END - 1);
    cert->subject = read_name(&reader);
    uint32_t key_algorithm = cbor_uint(&reader, C509_EC_P256);
    cert->public_key = cbor_bytes(&reader, COMPRESSED_KEY_LEN, UNCOMPRESSED_KEY_LEN);
    read_extensions(&reader, cert);
    cert->tbs = span(sequence.data, (size_t)(reader.at - sequence.data));
    cert->signature = cbor_bytes(&reader, TROTH_SIGNATURE_LEN, TROTH_SIGNATURE_LEN);

    if (!cbor_done(&reader) || sequence.len > TROTH_CERT_MAX || type != C509_NATIVE || key_algorithm != C509_EC_P256) {
        return TROTH_E_FORGED;
    }
    if (cert->serial.data[0] == 0 || !key_fits(cert->public_key) || span_equal(cert->issuer, cert->subject)) {
        return TROTH_E_FORGED;
    }
    return TROTH_OK;
}

int troth_cert_split(struct troth_span item, struct troth_span sequence[2])
{
    struct cbor_reader reader = cbor_read(item.data, item.len);
    int count = 1;
    if (cbor_peek(&reader) == CBOR_ARRAY) {
        count = (int)cbor_array(&reader, 2, 2);
    }
    for (int i = 0; i < count; i++) {
        sequence[i] = cbor_bytes(&reader, 1, TROTH_CERT_MAX);
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
