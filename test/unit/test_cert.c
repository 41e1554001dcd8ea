/* Certificates: the draft's example, strict reading, names, and every rule of troth_cert_verify. */
#include <troth/cert.h>

#include "cbor.h"
#include "p256.h"
#include "port/openssl/openssl.h"
#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- The draft's example ---- */

static size_t hex_file(const char *name, uint8_t *out, size_t cap)
{
    char path[512];
    char hex[1024];
    snprintf(path, sizeof path, "%s/c509/%s", TROTH_VECTORS, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%1023s", hex), 1);
    fclose(file);
    return vectors_unhex(hex, out, cap);
}

static size_t example(uint8_t out[TROTH_CERT_MAX])
{
    size_t len = hex_file("native_rfc7925.hex", out, TROTH_CERT_MAX);
    assert_int_equal(len, 140);
    return len;
}

/* The issuer's key of keys.txt; `private` as a scalar. */
static void example_issuer(uint8_t point[33], uint8_t private[32])
{
    char path[512];
    char point_hex[67];
    char private_hex[65];
    snprintf(path, sizeof path, "%s/c509/keys.txt", TROTH_VECTORS);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "issuer pub (compressed) %66s issuer priv %64s", point_hex, private_hex), 2);
    fclose(file);
    vectors_unhex(point_hex, point, 33);
    vectors_unhex(private_hex, private, 32);
}

static void example_is_read(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX];
    struct troth_cert cert;
    char name[32];
    size_t len = example(bytes);
    assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_OK);
    assert_int_equal(cert.tbs.len, 140 - 66);
    assert_ptr_equal(cert.tbs.data, bytes);
    assert_int_equal(cert.serial.len, 3);
    assert_memory_equal(cert.serial.data, "\x01\xf5\x0d", 3);
    assert_int_equal(cert.not_before, 1672531200);
    assert_int_equal(cert.not_after, 1767225600);
    assert_int_equal(cert.public_key.len, 33);
    assert_int_equal(cert.key_usage, TROTH_USE_SIGN);
    assert_int_equal(cert.path_len, TROTH_NOT_A_CA);
    assert_false(cert.has_unknown);
    troth_cert_name(cert.issuer, name, sizeof name);
    assert_string_equal(name, "RFC test CA");
    troth_cert_name(cert.subject, name, sizeof name);
    assert_string_equal(name, "01-23-45-FF-FE-67-89-AB");
}

/* The uncompressed key stands in the draft's print of the X.509 certificate. */
static void example_key(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX];
    uint8_t expected[64];
    uint8_t key[64];
    struct troth_cert cert;
    assert_int_equal(troth_cert_read(span(bytes, example(bytes)), &cert), TROTH_OK);
    assert_int_equal(troth_cert_key(&cert, key), TROTH_OK);
    vectors_unhex("b1216ab96e5b3b3340f5bdf02e693f16213a04525ed44450b1019c2dfd3838ab"
                  "ac4e14d86c0983ed5e9eef2448c6861cc406547177e6026030d051f7792ac206",
                  expected, 64);
    assert_memory_equal(key, expected, 64);
}

static struct troth_port open_port(struct troth_openssl *openssl, EVP_PKEY *identity)
{
    static const uint8_t store_key[32];
    assert_int_equal(troth_openssl_open(openssl, identity, store_key), TROTH_OK);
    return (struct troth_port){&troth_openssl, openssl};
}

static void example_verifies(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX];
    uint8_t point[33];
    uint8_t scalar[32];
    uint8_t key[64];
    uint8_t hash[32];
    struct troth_cert cert;
    struct troth_openssl openssl;
    struct troth_port port = open_port(&openssl, NULL);
    example_issuer(point, scalar);
    assert_true(p256_decompress(point + 1, point[0] & 1, key));
    assert_int_equal(troth_cert_read(span(bytes, example(bytes)), &cert), TROTH_OK);
    assert_int_equal(port.call->sha256(port.ctx, &cert.tbs, 1, hash), TROTH_OK);
    assert_int_equal(port.call->verify(port.ctx, key, hash, cert.signature.data), TROTH_OK);
    hash[0] ^= 1;
    assert_int_equal(port.call->verify(port.ctx, key, hash, cert.signature.data), TROTH_E_FORGED);
    troth_openssl_close(&openssl);
}

static void example_round_trips(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX];
    uint8_t issuer[32];
    uint8_t subject[32];
    uint8_t out[140];
    struct troth_cert cert;
    assert_int_equal(troth_cert_read(span(bytes, example(bytes)), &cert), TROTH_OK);
    int issuer_len = troth_cert_write_name("RFC test CA", issuer, sizeof issuer);
    int subject_len = troth_cert_write_name("01-23-45-FF-FE-67-89-AB", subject, sizeof subject);
    assert_true(issuer_len > 0 && subject_len > 0);
    const struct troth_cert_content content = {
        .serial = cert.serial,
        .issuer = span(issuer, (size_t)issuer_len),
        .subject = span(subject, (size_t)subject_len),
        .public_key = cert.public_key,
        .not_before = cert.not_before,
        .not_after = cert.not_after,
        .key_usage = cert.key_usage,
        .path_len = cert.path_len,
    };
    assert_int_equal(troth_cert_write_tbs(&content, out, sizeof out), 74);
    assert_int_equal(troth_cert_append_signature(out, sizeof out, 74, cert.signature.data), 140);
    assert_memory_equal(out, bytes, 140);
    for (size_t cap = 0; cap < 74; cap++) {
        assert_int_equal(troth_cert_write_tbs(&content, out, cap), TROTH_E_SPACE);
    }
    for (size_t cap = 74; cap < 140; cap++) {
        assert_int_equal(troth_cert_append_signature(out, cap, 74, cert.signature.data), TROTH_E_SPACE);
    }
}

static void type_3_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX];
    struct troth_cert cert;
    size_t len = hex_file("type3_rfc7925.hex", bytes, sizeof bytes);
    assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_E_FORGED);
    bytes[0] = 2;
    assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_E_FORGED);
}

/* ---- Strict reading: the example with one item replaced ---- */

#define ITEMS 11
#define POINT "b1216ab96e5b3b3340f5bdf02e693f16213a04525ed44450b1019c2dfd3838ab"

static const struct {
    unsigned item;
    const char *hex;
    int expected;
} replaced[] = {
    {0, "02", TROTH_OK},
    {0, "00", TROTH_E_FORGED},
    {0, "03", TROTH_E_FORGED},
    {0, "1802", TROTH_E_FORGED}, /* not the shortest head */
    {0, "22", TROTH_E_FORGED},
    {0, "4102", TROTH_E_FORGED},
    {1, "4101", TROTH_OK},
    {1, "540102030405060708090a0b0c0d0e0f1011121314", TROTH_OK},
    {1, "55010203040506070809101112131415161718192021", TROTH_E_FORGED},
    {1, "40", TROTH_E_FORGED},
    {1, "430001f5", TROTH_E_FORGED}, /* a leading zero */
    {1, "58030101f5", TROTH_E_FORGED},
    {1, "5f4301f50dff", TROTH_E_FORGED}, /* indefinite */
    {1, "c24301f50d", TROTH_E_FORGED},   /* the tag is to be left out */
    {1, "6301f50d", TROTH_E_FORGED},
    {2, "01", TROTH_E_FORGED},
    {2, "82472a8648ce3d040300", TROTH_E_FORGED},
    {3, "f6", TROTH_OK}, /* self-signed */
    {3, "f7", TROTH_E_FORGED},
    {3, "f4", TROTH_E_FORGED},
    {3, "42abcd", TROTH_OK},
    {3, "60", TROTH_E_FORGED},
    {3, "40", TROTH_E_FORGED},
    {3, "820165524643", TROTH_E_FORGED}, /* an array of attributes */
    {3, "820161", TROTH_E_FORGED},
    {3, "01", TROTH_E_FORGED},
    {3, "a0", TROTH_E_FORGED},
    {3, "d830460123456789ab", TROTH_E_FORGED}, /* equal to the subject, and not null */
    {3, "d830460123456789ac", TROTH_OK},
    {3, "d830480123456789abcdef", TROTH_OK},
    {3, "d830470123456789abcd", TROTH_E_FORGED},
    {3, "d8304401234567", TROTH_E_FORGED},
    {3, "d831460123456789ac", TROTH_E_FORGED},
    {3, "d93046460123456789ac", TROTH_E_FORGED}, /* tag 12358 */
    {3, "d8306461626364", TROTH_E_FORGED},
    {3, "d83058060123456789ac", TROTH_E_FORGED},
    {3, "c16161", TROTH_E_FORGED},
    {4, "00", TROTH_OK},
    {4, "1affffffff", TROTH_OK},
    {4, "1b0000000100000000", TROTH_E_FORGED},
    {4, "1a0000ffff", TROTH_E_FORGED},
    {4, "f6", TROTH_E_FORGED},
    {4, "20", TROTH_E_FORGED},
    {4, "c11a63b0cd00", TROTH_E_FORGED},
    {5, "f6", TROTH_OK},
    {5, "f5", TROTH_E_FORGED},
    {5, "1afffffffe", TROTH_OK},
    {5, "1affffffff", TROTH_E_FORGED}, /* would read as null */
    {6, "f6", TROTH_E_FORGED},
    {6, "6b5452303030303030303132", TROTH_OK},
    {7, "00", TROTH_E_FORGED},
    {7, "02", TROTH_E_FORGED},
    {8, "582103" POINT, TROTH_OK},
    {8, "582104" POINT, TROTH_E_FORGED},
    {8, "5821fe" POINT, TROTH_E_FORGED}, /* re-encoded certificates only */
    {8, "582101" POINT, TROTH_E_FORGED},
    {8, "584104" POINT POINT, TROTH_OK}, /* the curve is looked at when the key is taken */
    {8, "584102" POINT POINT, TROTH_E_FORGED},
    {8, "582202" POINT "00", TROTH_E_FORGED},
    {8, "5820" POINT, TROTH_E_FORGED},
    {9, "00", TROTH_E_FORGED},
    {9, "20", TROTH_OK}, /* digitalSignature, critical */
    {9, "10", TROTH_OK},
    {9, "1901ff", TROTH_OK},
    {9, "190200", TROTH_E_FORGED},
    {9, "1820", TROTH_OK},
    {9, "80", TROTH_OK},
    {9, "820201", TROTH_E_FORGED}, /* a single int is due */
    {9, "822101", TROTH_E_FORGED},
    {9, "820401", TROTH_OK},
    {9, "822320", TROTH_OK},
    {9, "822321", TROTH_OK},
    {9, "822322", TROTH_E_FORGED},
    {9, "82231880", TROTH_E_FORGED},
    {9, "8402010400", TROTH_OK},
    {9, "84211820230a", TROTH_OK},
    {9, "8402000400", TROTH_E_FORGED},
    {9, "8402200400", TROTH_E_FORGED},
    {9, "8402010201", TROTH_E_FORGED}, /* twice */
    {9, "840201040021", TROTH_E_FORGED},
    {9, "820801", TROTH_OK}, /* an unknown one alone */
    {9, "8608010a010801", TROTH_OK},
    {9, "86080102010201", TROTH_E_FORGED}, /* keyUsage twice, after an unknown one */
    {9, "8402190200080a", TROTH_E_FORGED},
    {9, "84021901ff080a", TROTH_OK},
    {9, "8404002300", TROTH_E_FORGED},
    {9, "83020104", TROTH_E_FORGED},
    {9, "840201014401020304", TROTH_OK}, /* subjectKeyIdentifier, not critical */
    {9,
     "8402010882"
     "0309",
     TROTH_OK},                                /* extKeyUsage, not critical */
    {9, "84020127820309", TROTH_OK},           /* the same, critical: read, and reported */
    {9, "84020143551d0e4101", TROTH_E_FORGED}, /* an OID as the ID */
    {9, "9f0201ff", TROTH_E_FORGED},
    {9, "a10201", TROTH_E_FORGED},
    {9, "f6", TROTH_E_FORGED},
    {10, "40", TROTH_E_FORGED},
};

/* The example in its items, with one of them replaced. */
static size_t with_item(unsigned item, const char *hex, uint8_t *out, size_t cap)
{
    uint8_t bytes[TROTH_CERT_MAX];
    struct cbor_reader reader = cbor_read(bytes, example(bytes));
    size_t len = 0;
    for (unsigned i = 0; i < ITEMS; i++) {
        struct troth_span whole = cbor_skip(&reader, 2);
        assert_true(whole.len > 0 && len + whole.len <= cap);
        if (i == item) {
            len += vectors_unhex(hex, out + len, cap - len);
        } else {
            memcpy(out + len, whole.data, whole.len);
            len += whole.len;
        }
    }
    assert_true(cbor_done(&reader));
    return len;
}

static void each_item_is_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
        uint8_t bytes[TROTH_CERT_MAX];
        struct troth_cert cert;
        size_t len = with_item(replaced[i].item, replaced[i].hex, bytes, sizeof bytes);
        int result = troth_cert_read(span(bytes, len), &cert);
        if (result != replaced[i].expected) {
            fail_msg("item %u as %s: %d, not %d", replaced[i].item, replaced[i].hex, result, replaced[i].expected);
        }
    }
}

/* The fields that the table above leaves open. */
static void extensions_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        unsigned key_usage;
        int path_len;
        bool has_unknown;
    } row[] = {
        {"20", 1, TROTH_NOT_A_CA, false},
        {"80", 0, TROTH_NOT_A_CA, false},
        {"8421182023"
         "00",
         32, 0, false},
        {"822320", 0, TROTH_CA_ANY, false},
        {"822321", 0, TROTH_NOT_A_CA, false},
        {"842318"
         "7f211860",
         96, 127, false},
        {"84020127820309", 1, -2, true},
        {"840201"
         "07820309",
         1, -2, false},
        {"86"
         "04010201"
         "3903e7f6",
         1, 1, true},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bytes[TROTH_CERT_MAX];
        struct troth_cert cert;
        size_t len = with_item(9, row[i].hex, bytes, sizeof bytes);
        assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_OK);
        assert_int_equal(cert.key_usage, row[i].key_usage);
        assert_int_equal(cert.path_len, row[i].path_len);
        assert_int_equal(cert.has_unknown, row[i].has_unknown);
    }
}

static void length_is_strict(void **state)
{
    (void)state;
    uint8_t bytes[TROTH_CERT_MAX + 2] = {0};
    struct troth_cert cert;
    size_t len = example(bytes);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(troth_cert_read(span(bytes, cut), &cert), TROTH_E_FORGED);
    }
    assert_int_equal(troth_cert_read(span(bytes, len + 1), &cert), TROTH_E_FORGED);

    /* The longest subject that fits: 140 - 9 + 2 + 59 = 192 */
    char hex[2 * 62 + 1] = "783b";
    memset(hex + 4, '6', 2 * 59);
    len = with_item(6, hex, bytes, sizeof bytes);
    assert_int_equal(len, TROTH_CERT_MAX);
    assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_OK);
    hex[3] = 'c';
    hex[122] = hex[123] = '6';
    len = with_item(6, hex, bytes, sizeof bytes);
    assert_int_equal(len, TROTH_CERT_MAX + 1);
    assert_int_equal(troth_cert_read(span(bytes, len), &cert), TROTH_E_FORGED);
}

static void items_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int expected;
    } row[] = {
        {"43010203", 1},
        {"8243010203420405", 2},
        {"40", TROTH_E_FORGED},
        {"", TROTH_E_FORGED},
        {"4301020300", TROTH_E_FORGED},
        {"430102", TROTH_E_FORGED},
        {"8143010203", TROTH_E_FORGED}, /* one certificate is no array */
        {"824301020340", TROTH_E_FORGED},
        {"834101410141"
         "01",
         TROTH_E_FORGED},
        {"9f43010203420405ff", TROTH_E_FORGED},
        {"58030102"
         "03",
         TROTH_E_FORGED},
        {"63010203", TROTH_E_FORGED},
        {"8263010203420405", TROTH_E_FORGED},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bytes[32];
        struct troth_span sequence[2];
        size_t len = vectors_unhex(row[i].hex, bytes, sizeof bytes);
        assert_int_equal(troth_cert_split(span(bytes, len), sequence), row[i].expected);
        if (row[i].expected > 0) {
            assert_int_equal(sequence[0].len, 3);
            assert_memory_equal(sequence[0].data, "\1\2\3", 3);
        }
        if (row[i].expected > 1) {
            assert_int_equal(sequence[1].len, 2);
            assert_memory_equal(sequence[1].data, "\4\5", 2);
        }
    }
}

/* ---- Names ---- */

static void names_are_written_and_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } row[] = {
        {"RFC test CA", "6b5246432074657374204341"},
        {"0123ab", "430123ab"},
        {"0123aB", "66303132336142"},
        {"0123a", "653031323361"},
        {"00", "4100"},
        {"0", "6130"},
        {"gg", "626767"},
        {"01-23-45-FF-FE-67-89-AB", "d830460123456789ab"},
        {"01-23-45-FF-FF-67-89-AB", "d83048012345ffff6789ab"},
        {"01-23-45-FE-FE-67-89-AB", "d83048012345fefe6789ab"},
        {"01-23-45-ff-fe-67-89-ab", "7730312d32332d34352d66662d66652d36372d38392d6162"},
        {"01-23-45-FF-FE-67-89:AB", "7730312d32332d34352d46462d46452d36372d38393a4142"},
        {"abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdef", "5818abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdef"},
        {"TR-0001-with-a-long-serial", "781a54522d303030312d776974682d612d6c6f6e672d73657269616c"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t expected[80];
        uint8_t out[80];
        char shown[80];
        size_t text_len = strlen(row[i].text);
        size_t len = vectors_unhex(row[i].hex, expected, sizeof expected);
        int written = troth_cert_write_name(row[i].text, out, sizeof out);
        assert_int_equal(written, len);
        assert_memory_equal(out, expected, len);
        troth_cert_name(span(out, len), shown, sizeof shown);
        assert_string_equal(shown, row[i].text);
        for (size_t cap = 0; cap < len; cap++) {
            assert_int_equal(troth_cert_write_name(row[i].text, out, cap), TROTH_E_SPACE);
        }
        for (size_t cap = 1; cap <= text_len; cap++) {
            memset(shown, 'x', sizeof shown);
            troth_cert_name(span(expected, len), shown, cap);
            assert_memory_equal(shown, row[i].text, cap - 1);
            assert_int_equal(shown[cap - 1], 0);
            assert_int_equal(shown[cap], 'x');
        }
    }
    uint8_t out[8];
    assert_int_equal(troth_cert_write_name("", out, sizeof out), TROTH_E_SPACE);
}

static void names_are_shown_safely(void **state)
{
    (void)state;
    static const uint8_t name[] = {0x66, 'a', 0x1b, '[', 0x7f, 0xc3, '~'};
    char shown[16];
    troth_cert_name(span(name, sizeof name), shown, sizeof shown);
    assert_string_equal(shown, "a?[??~");
    troth_cert_name(span(NULL, 0), shown, sizeof shown);
    assert_string_equal(shown, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_is_read),           cmocka_unit_test(example_key),
        cmocka_unit_test(example_verifies),          cmocka_unit_test(example_round_trips),
        cmocka_unit_test(type_3_is_refused),         cmocka_unit_test(each_item_is_read_strictly),
        cmocka_unit_test(extensions_are_understood), cmocka_unit_test(length_is_strict),
        cmocka_unit_test(items_are_split),           cmocka_unit_test(names_are_written_and_shown),
        cmocka_unit_test(names_are_shown_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
