/* test_ccm: AES-CCM on the port's AES-128. OpenSSL's own AES-CCM is the reference; the vectors are in test/port. */
#include "ccm.h"

#include "port/soft/soft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <cmocka.h>

#define TEXT_MAX 65535 /* the longest text that ccm.h permits */
#define AAD_MAX  65279

/* soft's AES-128, which fails from a call on; `left` below 0: it never does. */
struct failing {
    int left;
};

static int failing_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct failing *failing = ctx;
    if (failing->left == 0) {
        return TROTH_E_CRYPTO;
    }
    failing->left--;
    return troth_soft_aes128(NULL, key, block, count);
}

static const struct troth_crypto table = {.aes128 = failing_aes128};
static const uint8_t key[16] = "a key of 16 byte";
static uint8_t pattern[TEXT_MAX];
static uint8_t text[TEXT_MAX + 16];
static uint8_t sealed[TEXT_MAX + 16];

static int fill_pattern(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = (uint8_t)(i * 37 + i / 251);
    }
    return 0;
}

/* OpenSSL's CCM: len bytes and the tag into out. */
static void reference(const struct ccm *ccm, const uint8_t *plain, size_t len, uint8_t *out)
{
    int done;
    static const uint8_t nothing[1];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_non_null(ctx);
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ccm(), NULL, NULL, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)ccm->nonce.len, NULL), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)ccm->tag_len, NULL), 1);
    assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, ccm->key, ccm->nonce.data), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &done, NULL, (int)len), 1);
    if (ccm->aad.len > 0) {
        assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &done, ccm->aad.data, (int)ccm->aad.len), 1);
    }
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &done, len == 0 ? nothing : plain, (int)len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, out + len, &done), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)ccm->tag_len, out + len), 1);
    EVP_CIPHER_CTX_free(ctx);
}

/* Seals and opens one message, and compares both with the reference. */
static void check(const struct ccm *ccm, size_t len)
{
    memcpy(text, pattern, len);
    reference(ccm, pattern, len, sealed);
    assert_int_equal(ccm_seal(ccm, text, len), TROTH_OK);
    assert_memory_equal(text, sealed, len + ccm->tag_len);
    assert_int_equal(ccm_open(ccm, text, len), TROTH_OK);
    assert_memory_equal(text, pattern, len);
    assert_memory_equal(text + len, sealed + len, ccm->tag_len);
}

/* Every nonce length with every tag length, around every change of block. */
static void test_lengths(void **state)
{
    static const size_t aad_len[] = {0, 1, 13, 14, 15, 16, 29, 30, 31, 64};
    static const size_t text_len[] = {0, 1, 15, 16, 17, 31, 32, 33, 64};
    struct failing never = {-1};
    struct troth_port port = {&table, &never};
    (void)state;
    for (size_t nonce_len = 7; nonce_len <= 13; nonce_len++) {
        for (size_t tag_len = 4; tag_len <= 16; tag_len += 2) {
            for (size_t i = 0; i < sizeof aad_len / sizeof aad_len[0]; i++) {
                for (size_t j = 0; j < sizeof text_len / sizeof text_len[0]; j++) {
                    struct ccm ccm = {&port, key, span(pattern + 100, nonce_len), span(pattern + 200, aad_len[i]),
                                      tag_len};
                    check(&ccm, text_len[j]);
                }
            }
        }
    }
}

/* The longest that ccm.h permits, and where the message counter passes a byte. */
static void test_longest(void **state)
{
    static const size_t len[] = {254 * 16, 255 * 16, 255 * 16 + 1, 256 * 16, 256 * 16 + 1, TEXT_MAX};
    struct failing never = {-1};
    struct troth_port port = {&table, &never};
    (void)state;
    for (size_t i = 0; i < sizeof len / sizeof len[0]; i++) {
        struct ccm ccm = {&port, key, span(pattern, CCM_NONCE_LEN), span(pattern, 3), 8};
        check(&ccm, len[i]);
    }
    struct ccm ccm = {&port, key, span(pattern, CCM_NONCE_LEN), span(pattern, AAD_MAX), 8};
    check(&ccm, 5);
}

static bool all_zero(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Any bit flipped in the key, the nonce, the aad, the text or the tag: forged, and the text is zero. */
static void test_flipped(void **state)
{
    struct failing never = {-1};
    struct troth_port port = {&table, &never};
    uint8_t all[16 + 13 + 20 + 33 + 8];
    const size_t at_nonce = 16, at_aad = 29, at_text = 49, len = 33;
    (void)state;
    for (size_t bit = 0; bit <= 8 * sizeof all; bit++) {
        memcpy(all, pattern, sizeof all);
        struct ccm ccm = {&port, all, span(all + at_nonce, 13), span(all + at_aad, 20), 8};
        assert_int_equal(ccm_seal(&ccm, all + at_text, len), TROTH_OK);
        if (bit == 8 * sizeof all) {
            assert_int_equal(ccm_open(&ccm, all + at_text, len), TROTH_OK);
            assert_memory_equal(all + at_text, pattern + at_text, len);
            break;
        }
        all[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(ccm_open(&ccm, all + at_text, len), TROTH_E_FORGED);
        assert_true(all_zero(all + at_text, len));
    }
}

/* Another length of the text, the aad or the tag than was sealed is forged too. */
static void test_other_lengths(void **state)
{
    static const struct {
        unsigned number;
        size_t len, aad_len, tag_len;
        int result;
    } row[] = {
        {1, 20, 10, 8, TROTH_OK},         {2, 19, 10, 8, TROTH_E_FORGED}, {3, 21, 10, 8, TROTH_E_FORGED},
        {4, 0, 10, 8, TROTH_E_FORGED},    {5, 20, 9, 8, TROTH_E_FORGED},  {6, 20, 11, 8, TROTH_E_FORGED},
        {7, 20, 0, 8, TROTH_E_FORGED},    {8, 20, 10, 6, TROTH_E_FORGED}, {9, 20, 10, 4, TROTH_E_FORGED},
        {10, 20, 10, 16, TROTH_E_FORGED},
    };
    struct failing never = {-1};
    struct troth_port port = {&table, &never};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t message[40] = {0};
        struct ccm ccm = {&port, key, span(pattern, 13), span(pattern + 20, 10), 8};
        memcpy(message, pattern, 20);
        assert_int_equal(ccm_seal(&ccm, message, 20), TROTH_OK);
        ccm.aad.len = row[i].aad_len;
        ccm.tag_len = row[i].tag_len;
        if (ccm_open(&ccm, message, row[i].len) != row[i].result) {
            fail_msg("other lengths %u", row[i].number);
        }
    }
}

/* The port fails at its first call, its second, ..: its answer comes back and no text stays. */
static void test_port_fails(void **state)
{
    const size_t len = 40;
    (void)state;
    for (int opening = 0; opening < 2; opening++) {
        int result = TROTH_E_CRYPTO;
        int calls = 0;
        for (; result != TROTH_OK; calls++) {
            struct failing failing = {-1};
            struct troth_port port = {&table, &failing};
            struct ccm ccm = {&port, key, span(pattern, 13), span(pattern, 20), 8};
            uint8_t message[48];
            memcpy(message, pattern, len);
            if (opening) {
                assert_int_equal(ccm_seal(&ccm, message, len), TROTH_OK);
            }
            failing.left = calls;
            result = opening ? ccm_open(&ccm, message, len) : ccm_seal(&ccm, message, len);
            assert_true(result == TROTH_OK || (result == TROTH_E_CRYPTO && all_zero(message, len)));
        }
        assert_int_equal(calls, 1 + 6); /* B_0, a block of aad, 3 times a block and a counter, the last block and A_0 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),       cmocka_unit_test(test_longest),    cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_other_lengths), cmocka_unit_test(test_port_fails),
    };
    return cmocka_run_group_tests_name("ccm", tests, fill_pattern, NULL);
}
