/* The simulator's SHA, AES and KDF against OpenSSL, the vectors of the facts, and the rules around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "test/support/sim_host.h"

static const struct chip_options quick = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 6};

enum { OK = 0x00, PARSE = 0x03, REFUSED = 0x0F };

static void hmac(const uint8_t *key, size_t key_len, const uint8_t *message, size_t len, uint8_t tag[32])
{
    assert_non_null(HMAC(EVP_sha256(), key, (int)key_len, message, len, tag, NULL));
}

static void aes(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    int len = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &len, in, 16), 1);
    assert_int_equal(len, 16);
    EVP_CIPHER_CTX_free(context);
}

static uint8_t update(struct sim_client *client, const uint8_t *bytes, size_t len)
{
    return sim_run(client, 0x47, 0x01, (unsigned)len, bytes, len);
}

/* Hashes 0 to 200 bytes in portions of every size, and puts the digest in each of its places. */
static void test_sha(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t message[200];
    uint8_t digest[32];
    sim_open(&client, quick);
    for (unsigned i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * 13);
    }
    assert_int_equal(update(&client, message, 1), REFUSED); /* not begun */
    assert_int_equal(sim_run(&client, 0x47, 0x02, 0, NULL, 0), REFUSED);
    for (size_t len = 0; len <= sizeof message; len += 25) {
        for (size_t portion = 1; portion <= 64; portion += 21) {
            size_t at = 0;
            assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
            for (; len - at > portion; at += portion) {
                assert_int_equal(update(&client, message + at, portion), OK);
            }
            size_t last = len - at > 63 ? 63 : len - at;
            assert_int_equal(update(&client, message + at, len - at - last), OK);
            at = len - last;
            assert_int_equal(sim_run(&client, 0x47, 0xC2, (unsigned)last, message + at, last), OK);
            host_sha(digest, message, len, NULL);
            assert_memory_equal(client.answer, digest, 32);
        }
    }
    assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x47, 0x01, 5, message, 4), PARSE); /* param must be the length */
    assert_int_equal(sim_run(&client, 0x47, 0x02, 64, message, 64), PARSE);
    assert_int_equal(sim_run(&client, 0x47, 0x82, 0, NULL, 0), PARSE);
    sim_close(&client);
}

static void test_sha_targets(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t digest[32];
    uint8_t point[64];
    host_key *key = host_key_make(point);
    host_sha(digest, point, (size_t)10, NULL);
    sim_open_personalised(&client, quick, sim_configuration);
    static const struct {
        uint8_t mode, flags, verify;
    } rows[] = {{0x02, 0x10, 0x02}, {0x42, 0x00, 0x22}, {0xC2, 0x00, 0x00}};
    for (size_t i = 0; i < 3; i++) {
        uint8_t data[128];
        sim_wake(&client);
        sim_word(&client, 0x01);
        assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x47, rows[i].mode, 10, point, 10), OK);
        assert_int_equal(sim_run(&client, 0x30, 2, 0, NULL, 0), OK);
        assert_int_equal(client.answer[0], rows[i].flags);
        assert_int_equal(client.answer[1] >> 7, i == 0);
        host_sign(key, digest, data);
        memcpy(data + 64, point, 64);
        for (uint8_t verify = 0x02; verify <= 0x22; verify += 0x20) {
            assert_int_equal(sim_run(&client, 0x45, verify, 4, data, 128), verify == rows[i].verify ? OK : REFUSED);
        }
    }
    /* a stored public key as part of the message */
    assert_int_equal(host_write_public(&client, 15, point), OK);
    assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
    assert_int_equal(update(&client, digest, 3), OK);
    assert_int_equal(sim_run(&client, 0x47, 0x03, 15, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x47, 0x03, 8, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x47, 0xC2, 0, NULL, 0), OK);
    host_sha(digest, digest, (size_t)3, point, (size_t)64, NULL);
    assert_memory_equal(client.answer, digest, 32);
    host_key_free(key);
    sim_close(&client);
}

/* The context goes out, another hash runs, the context comes back; and it stays over other commands and idle. */
static void test_sha_context(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t message[150];
    uint8_t context[99];
    uint8_t digest[32];
    memset(message, 0x61, sizeof message);
    sim_open(&client, quick);
    for (size_t len = 0; len < 130; len += 1 + len / 20) {
        assert_int_equal(sim_run(&client, 0x47, 0x06, 0, NULL, 0), REFUSED);
        assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
        for (size_t at = 0; at < len; at += 50) {
            assert_int_equal(update(&client, message + at, len - at < 50 ? len - at : 50), OK);
        }
        assert_int_equal(sim_run(&client, 0x47, 0x06, 0, NULL, 0), OK);
        size_t size = client.len;
        assert_int_equal(size, 36 + len % 64);
        memcpy(context, client.answer, size);
        assert_int_equal(context[0] | context[1] << 8, len);
        assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), OK); /* another command */
        assert_int_equal(sim_run(&client, 0x47, 0x00, 0, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x47, 0xC2, 3, message, 3), OK);
        assert_int_equal(sim_run(&client, 0x47, 0x07, (unsigned)size, context, size), OK);
        assert_int_equal(sim_run(&client, 0x47, 0xC2, 7, message, 7), OK);
        host_sha(digest, message, len + 7, NULL);
        assert_memory_equal(client.answer, digest, 32);
    }
    context[0] ^= 1; /* the count no longer fits the length */
    assert_int_equal(sim_run(&client, 0x47, 0x07, 36 + 63, context, 36 + 63), PARSE);
    sim_close(&client);
}

static void test_hmac(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t message[160];
    uint8_t key[32];
    uint8_t tag[32];
    memset(message, 0x5E, sizeof message);
    sim_open_personalised(&client, quick, sim_configuration);
    for (unsigned in_tempkey = 0; in_tempkey < 2; in_tempkey++) {
        host_pattern(4, key);
        if (in_tempkey) {
            key[0] ^= 0xFF;
            host_load(&client, key);
        }
        assert_int_equal(sim_run(&client, 0x47, 0x04, in_tempkey ? SIM_TEMPKEY : 4, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x47, 0x06, 0, NULL, 0), REFUSED); /* its context stays inside */
        assert_int_equal(update(&client, message, 64), OK);
        assert_int_equal(update(&client, message, 64), OK);
        assert_int_equal(sim_run(&client, 0x47, 0xC2, 32, message, 32), OK);
        hmac(key, 32, message, 160, tag);
        assert_memory_equal(client.answer, tag, 32);
    }
    assert_int_equal(sim_run(&client, 0x47, 0x04, 0, NULL, 0), REFUSED); /* a private key */
    sim_wake(&client);
    sim_word(&client, 0x01);
    assert_int_equal(sim_run(&client, 0x47, 0x04, SIM_TEMPKEY, NULL, 0), REFUSED);
    sim_close(&client);
}

/* FIPS 197's example, every block of slots and TempKey, both ways. */
static void test_aes(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t key[64];
    uint8_t plain[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                         0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
    const uint8_t cipher[16] = {0x69, 0xC4, 0xE0, 0xD8, 0x6A, 0x7B, 0x04, 0x30,
                                0xD8, 0xCD, 0xB7, 0x80, 0x70, 0xB4, 0xC5, 0x5A};
    uint8_t out[16];
    for (unsigned i = 0; i < 64; i++) {
        key[i] = (uint8_t)i;
    }
    memcpy(configuration, sim_configuration, 128);
    configuration[96 + 2 * 9] = 0x38; /* an AES slot of 72 bytes */
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x51, 0x00, SIM_TEMPKEY, plain, 16), REFUSED);
    assert_int_equal(sim_run(&client, 0x16, 0x23, 0, key, 64), OK);
    assert_int_equal(sim_run(&client, 0x51, 0x00, SIM_TEMPKEY, plain, 16), OK);
    assert_memory_equal(client.answer, cipher, 16);
    static const struct {
        unsigned slot, blocks;
    } rows[] = {{SIM_TEMPKEY, 4}, {5, 2}, {9, 4}};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned block = 0; block < 4; block++) {
            for (unsigned b = 0; b < 64 && i > 0; b++) {
                key[b] = sim_pattern(rows[i].slot, b);
            }
            bool there = block < rows[i].blocks;
            assert_int_equal(sim_run(&client, 0x51, (uint8_t)(block << 6), rows[i].slot, plain, 16),
                             there ? OK : PARSE);
            if (there) {
                aes(key + 16 * block, plain, out);
                assert_memory_equal(client.answer, out, 16);
                assert_int_equal(sim_run(&client, 0x51, (uint8_t)(block << 6 | 1), rows[i].slot, out, 16), OK);
                assert_memory_equal(client.answer, plain, 16);
            }
        }
    }
    assert_int_equal(sim_run(&client, 0x51, 0x00, 4, plain, 16), REFUSED); /* not of the AES type */
    assert_int_equal(sim_run(&client, 0x51, 0x00, 0, plain, 16), REFUSED);
    sim_close(&client);
}

/* GHASH of the GCM specification, test case 2: H, and one block of cipher text folded with the lengths. */
static void test_gfm(void **state)
{
    (void)state;
    struct sim_client client;
    static const uint8_t h[16] = {0x66, 0xE9, 0x4B, 0xD4, 0xEF, 0x8A, 0x2C, 0x3B,
                                  0x88, 0x4C, 0xFA, 0x59, 0xCA, 0x34, 0x2B, 0x2E};
    static const uint8_t c[16] = {0x03, 0x88, 0xDA, 0xCE, 0x60, 0xB6, 0xA3, 0x92,
                                  0xF3, 0x28, 0xC2, 0xB9, 0x71, 0xB2, 0xFE, 0x78};
    static const uint8_t ghash[16] = {0xF3, 0x8C, 0xBB, 0x1A, 0xD6, 0x92, 0x23, 0xDC,
                                      0xC3, 0x45, 0x7A, 0xE5, 0xB6, 0xB0, 0xF8, 0x85};
    uint8_t data[32];
    sim_open(&client, quick);
    memcpy(data, h, 16);
    memcpy(data + 16, c, 16);
    assert_int_equal(sim_run(&client, 0x51, 0x03, 0, data, 32), OK);
    memcpy(data + 16, client.answer, 16);
    data[31] ^= 0x80; /* 128 bits of cipher text */
    assert_int_equal(sim_run(&client, 0x51, 0x03, 0, data, 32), OK);
    assert_memory_equal(client.answer, ghash, 16);
    sim_close(&client);
}

/* A part on which AES is off: a parse error, also from KDF. */
static void test_aes_disabled(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t image[CHIP_IMAGE_SIZE];
    uint8_t digest[32];
    const char *why = NULL;
    uint8_t data[20] = {0};
    sim_open_personalised(&client, quick, sim_configuration);
    chip_image(client.chip, image);
    image[16 + 13] &= 0xFE; /* the configuration follows 16 bytes of heading; its digest ends the image */
    host_sha(digest, image, sizeof image - 32, NULL);
    memcpy(image + sizeof image - 32, digest, 32);
    chip_free(client.chip);
    client.chip = chip_make(&quick, image, &why);
    assert_non_null(client.chip);
    host_load(&client, image);
    assert_int_equal(sim_run(&client, 0x51, 0x00, SIM_TEMPKEY, data, 16), PARSE);
    assert_int_equal(sim_run(&client, 0x56, 0x30, 0, data, 20), PARSE);
    data[0] = 2;
    data[3] = 16;
    assert_int_equal(sim_run(&client, 0x56, 0x50, 0, data, 20), OK);
    sim_close(&client);
}

enum { PRF = 0x00, AES = 0x20, HKDF = 0x40, TO_OUTPUT = 0x10, TO_SECRET_OUTPUT = 0x14 };

static uint8_t kdf(struct sim_client *client, uint8_t mode, unsigned param, uint32_t details, const uint8_t *message,
                   size_t len)
{
    uint8_t data[140];
    for (unsigned i = 0; i < 4; i++) {
        data[i] = (uint8_t)(details >> 8 * i);
    }
    memcpy(data + 4, message, len);
    return sim_run(client, 0x56, mode, param, data, len + 4);
}

static const uint8_t counting[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void counting_key(uint8_t key[32])
{
    memcpy(key, counting, 16);
    memcpy(key + 16, counting, 16);
}

static void test_kdf_vectors(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t key[32];
    uint8_t tag[32];
    static const uint8_t prf[64] = {0x1E, 0xBC, 0xBE, 0x62, 0x00, 0x5A, 0xB9, 0x48, 0xFD, 0xFF, 0xE1, 0xC4, 0x02,
                                    0xAA, 0xBA, 0x35, 0x4E, 0xC6, 0x76, 0x05, 0x0C, 0x9B, 0xC1, 0xAA, 0xE1, 0xFF,
                                    0x5B, 0x15, 0x09, 0xA4, 0xA0, 0x4A, 0x44, 0x25, 0x46, 0x64, 0xC2, 0xA4, 0x80,
                                    0xF5, 0xB7, 0x7E, 0xA2, 0xD1, 0x02, 0x0C, 0x7B, 0xA4, 0xB3, 0x64, 0x0C, 0x4A,
                                    0xC7, 0x93, 0x32, 0x4C, 0x26, 0xD6, 0xFD, 0xDF, 0xDB, 0x1F, 0x01, 0x1A};
    counting_key(key);
    sim_open_personalised(&client, quick, sim_configuration);
    host_load(&client, key);
    assert_int_equal(kdf(&client, PRF | TO_OUTPUT, 0, 16 << 24 | 0x101, counting, 16), OK);
    assert_int_equal(client.len, 64);
    assert_memory_equal(client.answer, prf, 64);
    assert_int_equal(kdf(&client, PRF | TO_OUTPUT, 0, 16 << 24 | 0x001, counting, 16), OK);
    assert_int_equal(client.len, 32);
    assert_memory_equal(client.answer, prf, 32);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT, 0, 16 << 24 | 2, counting, 16), OK);
    hmac(key, 32, counting, 16, tag);
    assert_memory_equal(client.answer, tag, 32);
    assert_int_equal(kdf(&client, AES | TO_OUTPUT, 0, 0, counting, 16), OK);
    assert_int_equal(client.len, 32);
    aes(key, counting, tag);
    assert_memory_equal(client.answer, tag, 16);
    assert_memory_equal(client.answer + 16, host_zero, 16);
    sim_close(&client);
}

/* P_SHA256 written out once more. */
static void p_sha256(const uint8_t *key, size_t key_len, const uint8_t *seed, size_t len, uint8_t out[64])
{
    uint8_t a[32 + 128];
    memcpy(a + 32, seed, len);
    hmac(key, key_len, seed, len, a);
    hmac(key, key_len, a, 32 + len, out);
    hmac(key, key_len, a, 32, a);
    hmac(key, key_len, a, 32 + len, out + 32);
}

/* Each source with each algorithm; PRF keys of 16 to 64 bytes where the source is long enough. */
static void test_kdf_sources(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t key[4][64];
    uint8_t message[128];
    uint8_t wanted[64];
    static const size_t cap[4] = {64, 32, 36, 32};
    for (unsigned i = 0; i < 64; i++) {
        key[0][i] = (uint8_t)(i * 3 + 1);
        key[2][i] = sim_pattern(4, i);
        key[3][i] = (uint8_t)(250 - i);
    }
    memcpy(key[1], key[0] + 32, 32);
    for (unsigned i = 0; i < 128; i++) {
        message[i] = (uint8_t)(i ^ 0x3C);
    }
    sim_open_personalised(&client, quick, sim_configuration);
    for (uint8_t source = 0; source < 2; source++) {
        assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | source, 0, 16 << 24 | 2, message, 16), REFUSED);
    }
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 3, 0, 16 << 24 | 2, message, 16), REFUSED);
    assert_int_equal(sim_run(&client, 0x16, 0x23, 0, key[0], 64), OK);
    assert_int_equal(sim_run(&client, 0x16, 0x83, 0, key[3], 32), OK);
    for (uint8_t source = 0; source < 4; source++) {
        unsigned slot = source == 2 ? 4 : 0x99; /* a number that is not used is not looked at */
        for (size_t len = 0; len <= 128; len += 32) {
            assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | source, slot, (uint32_t)len << 24 | 2, message, len), OK);
            hmac(key[source], 32, message, len, wanted);
            assert_memory_equal(client.answer, wanted, 32);
        }
        for (unsigned code = 0; code < 4; code++) {
            size_t key_len = 16 * (code + 1);
            assert_int_equal(kdf(&client, PRF | TO_OUTPUT | source, slot, 40U << 24 | 0x100 | code, message, 40),
                             key_len <= cap[source] ? OK : REFUSED);
            if (key_len <= cap[source]) {
                p_sha256(key[source], key_len, message, 40, wanted);
                assert_memory_equal(client.answer, wanted, 64);
            }
            assert_int_equal(kdf(&client, AES | TO_OUTPUT | source, slot, code, message, 16),
                             key_len <= cap[source] ? OK : REFUSED);
            if (key_len <= cap[source]) {
                aes(key[source] + 16 * code, message, wanted);
                assert_memory_equal(client.answer, wanted, 16);
            }
        }
    }
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 0, 16 << 24 | 2, message, 16), REFUSED); /* a private key */
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 16, 16 << 24 | 2, message, 16), PARSE);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT, 0, 16 << 24 | 6, message, 16), OK); /* a key of zeros */
    hmac(host_zero, 32, message, 16, wanted);
    assert_memory_equal(client.answer, wanted, 32);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT, 0, 17 << 24 | 2, message, 16), PARSE); /* lengths disagree */
    assert_int_equal(kdf(&client, 0x60 | TO_OUTPUT, 0, 16 << 24 | 2, message, 16), PARSE);
    assert_int_equal(kdf(&client, HKDF | 0x18, 0, 16 << 24 | 2, message, 16), PARSE);
    assert_int_equal(kdf(&client, AES | TO_OUTPUT, 0, 0, message, 15), PARSE);
    sim_close(&client);
}

static void test_kdf_targets(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t key[64];
    uint8_t first[64];
    uint8_t wanted[32];
    uint8_t seen[32];
    host_pattern(4, key);
    p_sha256(key, 32, counting, 16, first);
    sim_open_personalised(&client, quick, sim_configuration);
    /* each target is used as the source of an HMAC after it */
    static const struct {
        uint8_t target, source;
        unsigned param;
    } rows[] = {{0x00, 0, 0x0004}, {0x04, 1, 0x0004}, {0x08, 2, 0x0704}, {0x0C, 3, 0x0004}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kdf(&client, PRF | 2 | rows[i].target, rows[i].param, 16 << 24 | 1, counting, 16), OK);
        assert_int_equal(client.len, 1);
        assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | rows[i].source, 7, 16 << 24 | 2, counting, 16), OK);
        hmac(first, 32, counting, 16, wanted);
        assert_memory_equal(client.answer, wanted, 32);
    }
    /* 64 bytes: TempKey takes them, its upper half, Alt and a slot of 36 bytes do not */
    assert_int_equal(kdf(&client, PRF | 2 | 0x00, 4, 16 << 24 | 0x101, counting, 16), OK);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 1, 0, 16 << 24 | 2, counting, 16), OK);
    hmac(first + 32, 32, counting, 16, wanted);
    assert_memory_equal(client.answer, wanted, 32);
    assert_int_equal(kdf(&client, PRF | 2 | 0x04, 4, 16 << 24 | 0x101, counting, 16), REFUSED);
    assert_int_equal(kdf(&client, PRF | 2 | 0x0C, 4, 16 << 24 | 0x101, counting, 16), REFUSED);
    assert_int_equal(kdf(&client, PRF | 2 | 0x08, 0x0704, 16 << 24 | 0x101, counting, 16), REFUSED);
    /* AEAD: first half to the target, second half out */
    assert_int_equal(kdf(&client, PRF | 2 | 0x0C, 4, 16 << 24 | 0x301, counting, 16), OK);
    assert_memory_equal(client.answer, first + 32, 32);
    assert_int_equal(kdf(&client, PRF | 2 | 0x0C, 4, 16 << 24 | 0x201, counting, 16), PARSE);
    assert_int_equal(kdf(&client, PRF | TO_OUTPUT | 2, 4, 16 << 24 | 0x301, counting, 16), REFUSED);
    /* slots without PubInfo, and P-256 slots, take none */
    static const unsigned closed[] = {0, 4, 5, 8, 14};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(kdf(&client, HKDF | 2 | 0x08, closed[i] << 8 | 4, 16 << 24 | 2, counting, 16), REFUSED);
    }
    /* out under the IO key */
    for (size_t len = 32; len <= 64; len += 32) {
        uint8_t io_key[32];
        host_pattern(6, io_key);
        uint32_t details = 16U << 24 | 1 | (len == 64 ? 0x100U : 0);
        assert_int_equal(kdf(&client, PRF | TO_SECRET_OUTPUT | 2, 4, details, counting, 16), OK);
        assert_int_equal(client.len, len + 32);
        for (size_t at = 0; at < len; at += 32) {
            host_sha(seen, io_key, (size_t)32, client.answer + len + at / 2, (size_t)16, NULL);
            for (unsigned i = 0; i < 32; i++) {
                assert_int_equal(client.answer[at + i] ^ seen[i], first[at + i]);
            }
        }
    }
    sim_close(&client);
}

/* HKDF's message from a slot, from TempKey, and checked against KdfIvStr. */
static void test_kdf_messages(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t key[32];
    uint8_t bytes[64];
    uint8_t wanted[32];
    memcpy(configuration, sim_configuration, 128);
    configuration[72] = 9;
    configuration[73] = 0x69;
    configuration[74] = 0x76;
    sim_open_personalised(&client, quick, configuration);
    host_pattern(4, key);
    for (unsigned i = 0; i < 64; i++) {
        bytes[i] = sim_pattern(8, i);
    }
    for (size_t given = 0; given <= 48; given += 48) { /* the host may send as many bytes, they do not count */
        assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 48U << 24 | 8 << 8, host_zero, given), OK);
        hmac(key, 32, bytes, 48, wanted);
        assert_memory_equal(client.answer, wanted, 32);
    }
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 16U << 24 | 0 << 8, bytes, 0), REFUSED); /* a private key */
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 37U << 24 | 4 << 8, bytes, 0), REFUSED); /* not so long */
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 36U << 24 | 4 << 8, bytes, 0), OK);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 36U << 24 | 4 << 8, bytes, 5), PARSE);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 32U << 24 | 1, bytes, 0), REFUSED); /* no TempKey */
    assert_int_equal(sim_run(&client, 0x16, 0x23, 0, bytes, 64), OK);
    for (size_t len = 0; len <= 64; len += 32) {
        assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, (uint32_t)len << 24 | 1, bytes, 0), OK);
        hmac(key, 32, bytes, len, wanted);
        assert_memory_equal(client.answer, wanted, 32);
    }
    bytes[9] = 0x69;
    bytes[10] = 0x76;
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 32U << 24 | 3, bytes, 32), OK);
    hmac(key, 32, bytes, 32, wanted);
    assert_memory_equal(client.answer, wanted, 32);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 10U << 24 | 3, bytes, 10), REFUSED); /* cut in the middle */
    bytes[10] ^= 1;
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 32U << 24 | 3, bytes, 32), REFUSED);
    assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 32U << 24 | 2, bytes, 32), OK);
    sim_close(&client);
}

/* ChipOptions: protection of KDF's outputs, KDF-AES, the IO key. */
static void test_kdf_options(void **state)
{
    (void)state;
    for (unsigned protection = 0; protection < 4; protection++) {
        for (unsigned bits = 0; bits < 8; bits += 2) {
            struct sim_client client;
            uint8_t configuration[128];
            bool io = (bits & 2) != 0;
            memcpy(configuration, sim_configuration, 128);
            configuration[90] = (uint8_t)bits;
            configuration[91] = (uint8_t)(0x60 | protection << 2);
            sim_open_personalised(&client, quick, configuration);
            bool out = protection == 0 || (protection == 1 && io);
            assert_int_equal(kdf(&client, HKDF | TO_OUTPUT | 2, 4, 16U << 24 | 2, counting, 16), out ? OK : REFUSED);
            assert_int_equal(client.len, !out ? 1 : protection == 0 ? 32 : 64);
            assert_int_equal(kdf(&client, HKDF | TO_SECRET_OUTPUT | 2, 4, 16U << 24 | 2, counting, 16),
                             protection < 2 && io ? OK : REFUSED);
            assert_int_equal(kdf(&client, HKDF | 0x0C | 2, 4, 16U << 24 | 2, counting, 16), OK);
            assert_int_equal(kdf(&client, AES | 0x0C | 2, 4, 0, counting, 16), (bits & 4) != 0 ? OK : REFUSED);
            sim_close(&client);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha),          cmocka_unit_test(test_sha_targets),  cmocka_unit_test(test_sha_context),
        cmocka_unit_test(test_hmac),         cmocka_unit_test(test_aes),          cmocka_unit_test(test_gfm),
        cmocka_unit_test(test_aes_disabled), cmocka_unit_test(test_kdf_vectors),  cmocka_unit_test(test_kdf_sources),
        cmocka_unit_test(test_kdf_targets),  cmocka_unit_test(test_kdf_messages), cmocka_unit_test(test_kdf_options),
    };
    return cmocka_run_group_tests_name("sim ciphers", tests, NULL, NULL);
}
