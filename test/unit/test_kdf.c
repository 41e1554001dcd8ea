/* test_kdf: HMAC and HKDF on the port's SHA-256. Wycheproof's vectors are in test/port. */
#include "kdf.h"

#include "port/soft/soft.h"
#include "test/support/hmac_key.h"
#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cmocka.h>

#define BYTES_MAX 160

/* soft's SHA-256, which fails from a call on and then leaves its output alone; `left` below 0: it never does. */
struct failing {
    int left;
};

static int failing_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct failing *failing = ctx;
    if (failing->left == 0) {
        return TROTH_E_CRYPTO;
    }
    failing->left--;
    return troth_soft_sha256(NULL, part, count, hash);
}

static const struct troth_crypto table = {.sha256 = failing_sha256};
static struct failing never = {-1};
static const struct troth_port port = {&table, &never};

/* RFC 4231, 4.2, 4.3, 4.5 and 4.7. */
static void test_hmac_rfc4231(void **state)
{
    static const struct {
        unsigned number;
        const char *key, *message, *mac;
    } row[] = {
        {1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {2, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {4, "0102030405060708090a0b0c0d0e0f10111213141516171819",
         "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {6,
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b657920"
         "4669727374",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX], message[BYTES_MAX], key[KDF_KEY_LEN], expected[32], mac[32];
        struct parts parts;
        parts_begin(&parts);
        parts_add(&parts, message, vectors_unhex(row[i].message, message, sizeof message));
        vectors_unhex(row[i].mac, expected, sizeof expected);
        assert_true(hmac_key_fit(bytes, vectors_unhex(row[i].key, bytes, sizeof bytes), key));
        assert_int_equal(kdf_hmac(&port, key, &parts, mac), TROTH_OK);
        if (memcmp(mac, expected, sizeof mac) != 0) {
            fail_msg("RFC 4231 case %u", row[i].number);
        }
    }
}

static void fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i * 73 + 5);
    }
}

/* Messages of every length around two blocks, with OpenSSL's HMAC as the reference, in one part and in three. */
static void test_hmac_lengths(void **state)
{
    uint8_t key[KDF_KEY_LEN], message[140], expected[32], mac[32];
    (void)state;
    fill(key, sizeof key);
    fill(message, sizeof message);
    for (size_t len = 0; len <= sizeof message; len++) {
        unsigned mac_len = sizeof expected;
        assert_non_null(HMAC(EVP_sha256(), key, sizeof key, message, len, expected, &mac_len));
        struct parts parts;
        parts_begin(&parts);
        parts_add(&parts, message, len);
        assert_int_equal(kdf_hmac(&port, key, &parts, mac), TROTH_OK);
        assert_memory_equal(mac, expected, sizeof mac);
        parts_begin(&parts);
        parts_add(&parts, message, len / 4);
        parts_add(&parts, NULL, 0);
        parts_add(&parts, message + len / 4, len - len / 4);
        assert_int_equal(kdf_hmac(&port, key, &parts, mac), TROTH_OK);
        assert_memory_equal(mac, expected, sizeof mac);
    }
}

/* RFC 5869, appendices A.1 to A.3. */
static const struct hkdf_case {
    unsigned number;
    const char *ikm, *salt, *info, *prk, *okm;
} hkdf_case[] = {
    {1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {2,
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
     "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
     "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {3, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void test_hkdf_rfc5869(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hkdf_case / sizeof hkdf_case[0]; i++) {
        const struct hkdf_case *row = &hkdf_case[i];
        uint8_t ikm[BYTES_MAX], salt[BYTES_MAX], info[BYTES_MAX], key[KDF_KEY_LEN], prk[32], expected[BYTES_MAX];
        uint8_t okm[BYTES_MAX] = {0};
        struct troth_span ikm_span = {ikm, vectors_unhex(row->ikm, ikm, sizeof ikm)};
        struct parts parts;
        assert_true(hmac_key_fit(salt, vectors_unhex(row->salt, salt, sizeof salt), key));
        assert_int_equal(kdf_extract(&port, key, ikm_span, prk), TROTH_OK);
        vectors_unhex(row->prk, expected, sizeof expected);
        assert_memory_equal(prk, expected, sizeof prk);
        parts_begin(&parts);
        parts_add(&parts, info, vectors_unhex(row->info, info, sizeof info));
        size_t len = vectors_unhex(row->okm, expected, sizeof expected);
        assert_int_equal(kdf_expand_xor(&port, prk, &parts, okm, len), TROTH_OK);
        if (memcmp(okm, expected, len) != 0 || okm[len] != 0) {
            fail_msg("RFC 5869 case %u", row->number);
        }
    }
}

/* The output of Extract may be the memory of its salt or of its input. */
static void test_extract_in_place(void **state)
{
    uint8_t salt[32], ikm[32], expected[32], work[32];
    (void)state;
    fill(salt, sizeof salt);
    memset(ikm, 0x33, sizeof ikm);
    assert_int_equal(kdf_extract(&port, salt, span(ikm, 32), expected), TROTH_OK);
    memcpy(work, salt, sizeof work);
    assert_int_equal(kdf_extract(&port, work, span(ikm, 32), work), TROTH_OK);
    assert_memory_equal(work, expected, sizeof work);
    memcpy(work, ikm, sizeof work);
    assert_int_equal(kdf_extract(&port, salt, span(work, 32), work), TROTH_OK);
    assert_memory_equal(work, expected, sizeof work);
}

/* Expand to every length is a prefix of the longest, is XORed into what is there, and goes no further; however info is cut
 * into parts; twice gives back what was there. */
static void test_expand_xor(void **state)
{
    uint8_t prk[32], info[40], plain[130] = {0}, out[130];
    struct parts parts;
    (void)state;
    fill(prk, sizeof prk);
    fill(info, sizeof info);
    parts_begin(&parts);
    parts_add(&parts, info, sizeof info);
    assert_int_equal(kdf_expand_xor(&port, prk, &parts, plain, sizeof plain), TROTH_OK);
    for (size_t len = 0; len <= sizeof out; len++) {
        memset(out, 0x5a, sizeof out);
        parts_begin(&parts);
        parts_add(&parts, info, len % 41);
        parts_add(&parts, info + len % 41, sizeof info - len % 41);
        assert_int_equal(kdf_expand_xor(&port, prk, &parts, out, len), TROTH_OK);
        for (size_t i = 0; i < sizeof out; i++) {
            assert_int_equal(out[i], i < len ? 0x5a ^ plain[i] : 0x5a);
        }
        parts_begin(&parts);
        parts_add(&parts, info, sizeof info);
        assert_int_equal(kdf_expand_xor(&port, prk, &parts, out, len), TROTH_OK);
        for (size_t i = 0; i < sizeof out; i++) {
            assert_int_equal(out[i], 0x5a);
        }
    }
}

/* PARTS_MAX less the two first places less one for Expand's counter: so many parts an info may have. */
static void test_most_parts(void **state)
{
    uint8_t prk[32], info[PARTS_MAX - PARTS_FIRST - 1], one[40] = {0}, many[40] = {0};
    struct parts parts;
    (void)state;
    fill(prk, sizeof prk);
    fill(info, sizeof info);
    parts_begin(&parts);
    parts_add(&parts, info, sizeof info);
    assert_int_equal(kdf_expand_xor(&port, prk, &parts, one, sizeof one), TROTH_OK);
    parts_begin(&parts);
    for (size_t i = 0; i < sizeof info; i++) {
        parts_add(&parts, info + i, 1);
    }
    assert_int_equal(kdf_expand_xor(&port, prk, &parts, many, sizeof many), TROTH_OK);
    assert_memory_equal(one, many, sizeof one);
}

/* The port fails at its first call, its second: its answer comes back, and no inner hash stands in the output. */
static void test_port_fails(void **state)
{
    static const uint8_t zero[32];
    uint8_t key[KDF_KEY_LEN], mac[32];
    int calls = 0;
    int result = TROTH_E_CRYPTO;
    (void)state;
    fill(key, sizeof key);
    for (; result != TROTH_OK; calls++) {
        struct failing failing = {calls};
        struct troth_port bad_port = {&table, &failing};
        memset(mac, 0, sizeof mac);
        result = kdf_extract(&bad_port, key, span(key, 3), mac);
        assert_true(result == TROTH_OK || result == TROTH_E_CRYPTO);
        assert_int_equal(memcmp(mac, zero, sizeof mac) == 0, result != TROTH_OK);
    }
    assert_int_equal(calls, 1 + 2); /* the inner and the outer hash */
    for (int left = 0; left < 4; left++) {
        struct failing failing = {left};
        struct troth_port bad_port = {&table, &failing};
        uint8_t out[64] = {0};
        struct parts parts;
        parts_begin(&parts);
        parts_add(&parts, key, 10);
        assert_int_equal(kdf_expand_xor(&bad_port, key, &parts, out, sizeof out), TROTH_E_CRYPTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hmac_rfc4231), cmocka_unit_test(test_hmac_lengths),
        cmocka_unit_test(test_hkdf_rfc5869), cmocka_unit_test(test_extract_in_place),
        cmocka_unit_test(test_expand_xor),   cmocka_unit_test(test_most_parts),
        cmocka_unit_test(test_port_fails),
    };
    return cmocka_run_group_tests_name("kdf", tests, NULL, NULL);
}
