/* test_contract: what port.h promises of a crypto port, on every port and between each two. */
#define _POSIX_C_SOURCE 200809L
#include "kdf.h"

#include "test/support/ports.h"
#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>

#include <cmocka.h>

#define FILL     0xa5 /* what outputs hold before a call */
#define Y_OF_X_0 "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4" /* the square root of b */

static const uint8_t store_key[32] = "the store key of a test device.";

/* A port of every kind, each with an identity of its own. */
struct fixture {
    struct test_port test[PORT_KINDS];
};

static void open_all(struct fixture *all, enum troth_psa_use use)
{
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        uint8_t scalar[32] = {[0] = 0x5a, [31] = (uint8_t)(kind + 1)};
        test_port_open(&all->test[kind], (enum port_kind)kind, scalar, use, store_key);
    }
}

static void close_all(struct fixture *all)
{
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        test_port_close(&all->test[kind]);
    }
}

static bool all_are(const uint8_t *data, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != value) {
            return false;
        }
    }
    return true;
}

/* Bytes that look random and are the same every time. */
static void fill(uint8_t *out, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        out[i] = (uint8_t)(seed >> 24);
    }
}

/* ---- Hash and cipher ---- */

static void check_sha256(struct test_port *test, const char *text, const char *hex)
{
    uint8_t expected[32];
    uint8_t hash[32];
    struct troth_span part = {(const uint8_t *)text, strlen(text)};
    vectors_unhex(hex, expected, sizeof expected);
    assert_int_equal(test->table.sha256(test->port.ctx, &part, 1, hash), TROTH_OK);
    assert_memory_equal(hash, expected, sizeof expected);
}

/* The examples of FIPS 180-4; every length to 200 in three parts, an empty one among them, as the openssl port does it
 * in one; no part at all. */
static void test_sha256(void **state)
{
    struct fixture *all = *state;
    uint8_t message[200];
    uint8_t whole[32];
    uint8_t parts[32];
    fill(message, sizeof message, 1);
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        check_sha256(test, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        check_sha256(test, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        check_sha256(test, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        for (size_t len = 0; len <= sizeof message; len++) {
            struct troth_span one = {message, len};
            struct troth_span three[3] = {{message, len / 3}, {NULL, 0}, {message + len / 3, len - len / 3}};
            assert_int_equal(troth_openssl.sha256(&all->test[PORT_OPENSSL].openssl, &one, 1, whole), TROTH_OK);
            assert_int_equal(test->table.sha256(test->port.ctx, three, 3, parts), TROTH_OK);
            assert_memory_equal(whole, parts, sizeof whole);
        }
        assert_int_equal(test->table.sha256(test->port.ctx, NULL, 0, parts), TROTH_OK);
        assert_int_equal(parts[0], 0xe3);
    }
}

/* FIPS 197, appendix C.1; then 500 keys, one block and two, as the openssl port does them. */
static void test_aes128(void **state)
{
    struct fixture *all = *state;
    static const uint8_t cipher_text[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                            0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t key[16];
        uint8_t block[48];
        for (size_t i = 0; i < 16; i++) {
            key[i] = (uint8_t)i;
            block[i] = (uint8_t)(0x11 * i);
        }
        memset(block + 16, FILL, 32);
        assert_int_equal(test->table.aes128(test->port.ctx, key, block, 1), TROTH_OK);
        assert_memory_equal(block, cipher_text, 16);
        assert_true(all_are(block + 16, 32, FILL));
        for (uint32_t seed = 0; seed < 500; seed++) {
            uint8_t expected[48];
            size_t count = 1 + seed % 2;
            fill(key, sizeof key, seed);
            fill(block, sizeof block, ~seed);
            memcpy(expected, block, sizeof block);
            struct troth_openssl *reference = &all->test[PORT_OPENSSL].openssl;
            assert_int_equal(troth_openssl.aes128(reference, key, expected, count), TROTH_OK);
            assert_int_equal(test->table.aes128(test->port.ctx, key, block, count), TROTH_OK);
            assert_memory_equal(block, expected, sizeof block);
        }
    }
}

static void test_random(void **state)
{
    struct fixture *all = *state;
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t a[33] = {0};
        uint8_t b[33] = {0};
        for (size_t len = 8; len <= 32; len++) {
            a[len] = FILL;
            b[len] = FILL;
            assert_int_equal(test->table.random(test->port.ctx, a, len), TROTH_OK);
            assert_int_equal(test->table.random(test->port.ctx, b, len), TROTH_OK);
            assert_memory_not_equal(a, b, len);
            assert_int_equal(a[len], FILL);
            assert_int_equal(b[len], FILL);
        }
    }
}

/* ---- Key agreement ---- */

static void agree(struct test_port *test, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    memset(secret, 0, 32);
    assert_int_equal(test->table.agree(test->port.ctx, key, peer, secret), TROTH_OK);
    assert_false(all_are(secret, 32, 0));
}

/* Both sides of every pair of ports get one secret; an ephemeral key serves twice. */
static void test_agree(void **state)
{
    struct fixture *all = *state;
    for (int i = 0; i < PORT_KINDS; i++) {
        for (int j = 0; j < PORT_KINDS; j++) {
            struct test_port *a = &all->test[i];
            struct test_port *b = &all->test[j];
            uint8_t key_a[64];
            uint8_t secret_a[32];
            uint8_t secret_b[32];
            assert_int_equal(a->table.generate(a->port.ctx, key_a), TROTH_OK);
            agree(a, TROTH_KEY_EPHEMERAL, b->public_key, secret_a);
            agree(b, TROTH_KEY_IDENTITY, key_a, secret_b);
            assert_memory_equal(secret_a, secret_b, 32);
            agree(a, TROTH_KEY_EPHEMERAL, b->public_key, secret_b);
            assert_memory_equal(secret_a, secret_b, 32);
            agree(a, TROTH_KEY_IDENTITY, b->public_key, secret_a);
            agree(b, TROTH_KEY_IDENTITY, a->public_key, secret_b);
            assert_memory_equal(secret_a, secret_b, 32);
            a->table.forget(a->port.ctx);
        }
    }
}

static void refuse(struct test_port *test, enum troth_key key, const uint8_t peer[64], int expected)
{
    uint8_t secret[32];
    memset(secret, FILL, sizeof secret);
    int result = test->table.agree(test->port.ctx, key, peer, secret);
    if (test_port_is_chip(test)) { /* which leaves outputs untouched */
        assert_true(expected == TROTH_E_FORGED ? test_port_refused(test, result) : result == expected);
        assert_true(all_are(secret, sizeof secret, FILL));
        return;
    }
    assert_int_equal(result, expected);
    assert_true(all_are(secret, sizeof secret, 0));
}

/* No point of the curve: any bit flipped in a good one, nothing but zeros or ones, and the point with x = 0 with p for
 * its x. */
static void test_agree_refuses(void **state)
{
    struct fixture *all = *state;
    uint8_t unreduced[64];
    vectors_unhex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" Y_OF_X_0, unreduced,
                  sizeof unreduced);
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t own[64];
        uint8_t peer[64];
        assert_int_equal(test->table.generate(test->port.ctx, own), TROTH_OK);
        for (size_t bit = 0; bit < 512; bit++) {
            memcpy(peer, test->public_key, sizeof peer);
            peer[bit / 8] ^= (uint8_t)(1 << bit % 8);
            refuse(test, TROTH_KEY_EPHEMERAL, peer, TROTH_E_FORGED);
            refuse(test, TROTH_KEY_IDENTITY, peer, TROTH_E_FORGED);
        }
        memset(peer, 0, sizeof peer);
        refuse(test, TROTH_KEY_EPHEMERAL, peer, TROTH_E_FORGED);
        refuse(test, TROTH_KEY_EPHEMERAL, unreduced, TROTH_E_FORGED);
        memset(peer, 0xff, sizeof peer);
        refuse(test, TROTH_KEY_EPHEMERAL, peer, TROTH_E_FORGED);
        test->table.forget(test->port.ctx);
    }
}

/* The one point with x = 0 (a chip makes its keys itself, so none with the scalar 1): whatever the scalar 1 makes of it is an all-zero secret. */
static void test_zero_secret(void **state)
{
    struct fixture *all = *state;
    static const uint8_t one[32] = {[31] = 1};
    uint8_t peer[64];
    vectors_unhex("0000000000000000000000000000000000000000000000000000000000000000" Y_OF_X_0, peer, sizeof peer);
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t own[64];
        uint8_t secret[32];
        if (test_port_is_chip(test)) {
            continue;
        }
        test_port_fix(test, one);
        assert_int_equal(test->table.generate(test->port.ctx, own), TROTH_OK);
        refuse(test, TROTH_KEY_EPHEMERAL, peer, TROTH_E_FORGED);
        agree(test, TROTH_KEY_IDENTITY, peer, secret);
    }
}

/* `forget` destroys the ephemeral key, may come at any time, and `generate` replaces the key that is there. */
static void test_forget(void **state)
{
    struct fixture *all = *state;
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t first[64];
        uint8_t second[64];
        uint8_t secret[32];
        uint8_t expected[32];
        test->table.forget(test->port.ctx);
        refuse(test, TROTH_KEY_EPHEMERAL, test->public_key, TROTH_E_STATE);
        assert_int_equal(test->table.generate(test->port.ctx, first), TROTH_OK);
        assert_int_equal(test->table.generate(test->port.ctx, second), TROTH_OK);
        assert_memory_not_equal(first, second, 64);
        agree(test, TROTH_KEY_EPHEMERAL, test->public_key, secret);
        agree(test, TROTH_KEY_IDENTITY, second, expected);
        assert_memory_equal(secret, expected, 32);
        test->table.forget(test->port.ctx);
        test->table.forget(test->port.ctx);
        refuse(test, TROTH_KEY_EPHEMERAL, first, TROTH_E_STATE);
        agree(test, TROTH_KEY_IDENTITY, first, secret);
    }
}

/* A fixed scalar (RFC 9529, 3.1: X and G_X) serves once; one that is no scalar gives no key. */
static void test_fixed_ephemeral(void **state)
{
    struct fixture *all = *state;
    uint8_t scalar[32];
    uint8_t x[32];
    uint8_t order[32];
    static const uint8_t zero[32];
    vectors_unhex("368ec1f69aeb659ba37d5a8d45b21bdc0299dceaa8ef235f3ca42ce3530f9525", scalar, sizeof scalar);
    vectors_unhex("8af6f430ebe18d34184017a9a11bf511c8dff8f834730b96c1b7c8dbca2fc3b6", x, sizeof x);
    vectors_unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", order, sizeof order);
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        const uint8_t *const bad[] = {zero, order};
        uint8_t key[64];
        if (test_port_is_chip(test)) {
            continue;
        }
        test_port_fix(test, scalar);
        assert_int_equal(test->table.generate(test->port.ctx, key), TROTH_OK);
        assert_memory_equal(key, x, sizeof x);
        assert_int_equal(test->table.generate(test->port.ctx, key), TROTH_OK);
        assert_memory_not_equal(key, x, sizeof x);
        for (size_t i = 0; i < 2; i++) {
            memset(key, FILL, sizeof key);
            test_port_fix(test, bad[i]);
            assert_int_equal(test->table.generate(test->port.ctx, key), TROTH_E_CRYPTO);
            assert_true(all_are(key, sizeof key, 0));
            refuse(test, TROTH_KEY_EPHEMERAL, test->public_key, TROTH_E_STATE);
        }
    }
}

/* ---- Signatures ---- */

static void test_sign(void **state)
{
    struct fixture *all = *state;
    uint8_t hash[32];
    fill(hash, sizeof hash, 3);
    for (int i = 0; i < PORT_KINDS; i++) {
        for (int j = 0; j < PORT_KINDS; j++) {
            struct test_port *a = &all->test[i];
            struct test_port *b = &all->test[j];
            uint8_t signature[64];
            for (unsigned round = 0; round < 20; round++) {
                assert_int_equal(a->table.sign(a->port.ctx, hash, signature), TROTH_OK);
                assert_int_equal(b->table.verify(b->port.ctx, a->public_key, hash, signature), TROTH_OK);
                hash[round]++;
            }
            if (i != j) {
                assert_int_equal(b->table.verify(b->port.ctx, b->public_key, hash, signature), TROTH_E_FORGED);
            }
        }
    }
}

/* Bits flipped all over the key, the hash and the signature (every 11th, to save time: 11 has no factor in common with
 * the field lengths), zeros and a key beyond p. */
static void test_verify_refuses(void **state)
{
    struct fixture *all = *state;
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        uint8_t good[160];
        uint8_t bad[160];
        memcpy(good, test->public_key, 64);
        fill(good + 64, 32, 4);
        assert_int_equal(test->table.sign(test->port.ctx, good + 64, good + 96), TROTH_OK);
        assert_int_equal(test->table.verify(test->port.ctx, good, good + 64, good + 96), TROTH_OK);
        for (size_t bit = 0; bit < 8 * sizeof bad; bit += 11) {
            memcpy(bad, good, sizeof bad);
            bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(test->table.verify(test->port.ctx, bad, bad + 64, bad + 96), TROTH_E_FORGED);
        }
        static const struct {
            size_t at, len;
            uint8_t value;
        } wiped[] = {{0, 64, 0}, {0, 32, 0xff}, {32, 32, 0xff}, {96, 64, 0}, {96, 32, 0}, {128, 32, 0}, {96, 64, 0xff}};
        for (size_t i = 0; i < sizeof wiped / sizeof wiped[0]; i++) {
            memcpy(bad, good, sizeof bad);
            memset(bad + wiped[i].at, wiped[i].value, wiped[i].len);
            assert_int_equal(test->table.verify(test->port.ctx, bad, bad + 64, bad + 96), TROTH_E_FORGED);
        }
    }
}

/* ---- The store key ---- */

static void test_hmac(void **state)
{
    struct fixture *all = *state;
    uint8_t hash[32];
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        struct test_port *test = &all->test[kind];
        for (unsigned seed = 0; seed < 100; seed++) {
            struct parts parts;
            uint8_t expected[32];
            uint8_t mac[32];
            fill(hash, sizeof hash, seed);
            parts_begin(&parts);
            parts_add(&parts, hash, sizeof hash);
            assert_int_equal(kdf_hmac(&test->port, store_key, &parts, expected), TROTH_OK);
            assert_int_equal(test->table.hmac(test->port.ctx, hash, mac), TROTH_OK);
            assert_memory_equal(mac, expected, sizeof mac);
            assert_int_equal(test->table.hmac(test->port.ctx, hash, hash), TROTH_OK);
            assert_memory_equal(hash, expected, sizeof hash);
        }
    }
}

/* ---- What one's own configuration may be ---- */

static void no_identity(const struct troth_crypto *call, void *ctx, int agree_result)
{
    uint8_t out[64];
    uint8_t peer[64];
    static const uint8_t hash[32];
    memset(out, FILL, sizeof out);
    assert_int_equal(call->sign(ctx, hash, out), TROTH_E_CONFIG);
    assert_true(all_are(out, 64, 0));
    assert_int_equal(call->generate(ctx, peer), TROTH_OK);
    memset(out, FILL, sizeof out);
    assert_int_equal(call->agree(ctx, TROTH_KEY_IDENTITY, peer, out), agree_result);
    assert_int_equal(all_are(out, 32, 0), agree_result != TROTH_OK);
    call->forget(ctx);
}

static void test_openssl_identity(void **state)
{
    struct troth_openssl port;
    uint8_t out[64];
    (void)state;
    assert_int_equal(troth_openssl_open(&port, NULL, store_key), TROTH_OK);
    no_identity(&troth_openssl, &port, TROTH_E_CONFIG);
    troth_openssl_close(&port);
    EVP_PKEY *other = EVP_EC_gen("P-384");
    assert_non_null(other);
    assert_int_equal(troth_openssl_open(&port, other, store_key), TROTH_E_CONFIG);
    assert_int_equal(troth_openssl_public_key(other, out), TROTH_E_CONFIG);
    assert_true(all_are(out, sizeof out, 0));
    EVP_PKEY_free(other);
    EVP_PKEY *edwards = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(edwards);
    assert_int_equal(troth_openssl_open(&port, edwards, store_key), TROTH_E_CONFIG);
    EVP_PKEY_free(edwards);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_psa_identity(void **state)
{
    static const uint8_t scalar[32] = {[31] = 9};
    struct troth_psa port;
    psa_key_id_t sign = PSA_KEY_ID_NULL;
    psa_key_id_t agree = PSA_KEY_ID_NULL;
    psa_key_id_t hmac = PSA_KEY_ID_NULL;
    uint8_t out[64];
    uint8_t peer[64];
    static const uint8_t hash[32];
    (void)state;
    assert_int_equal(troth_psa_generate_identity(TROTH_PSA_SIGN, &sign), TROTH_OK);
    assert_int_equal(troth_psa_import_identity(scalar, TROTH_PSA_AGREE, &agree), TROTH_OK);
    assert_int_equal(troth_psa_make_store_key(NULL, &hmac), TROTH_OK);
    assert_int_equal(troth_psa_open(&port, PSA_KEY_ID_NULL, hmac), TROTH_OK);
    no_identity(&troth_psa, &port, TROTH_E_CONFIG);
    troth_psa_close(&port);
    assert_int_equal(troth_psa_open(&port, agree, hmac), TROTH_OK);
    no_identity(&troth_psa, &port, TROTH_OK);
    troth_psa_close(&port);
    assert_int_equal(troth_psa_open(&port, sign, hmac), TROTH_OK);
    assert_int_equal(troth_psa.generate(&port, peer), TROTH_OK);
    assert_int_equal(troth_psa.agree(&port, TROTH_KEY_IDENTITY, peer, out), TROTH_E_CONFIG);
    assert_int_equal(troth_psa.sign(&port, hash, out), TROTH_OK);
    troth_psa_close(&port);
    assert_int_equal(troth_psa_open(&port, hmac, hmac), TROTH_E_CONFIG);
    assert_int_equal(troth_psa_open(&port, sign, sign), TROTH_E_CONFIG);
    assert_int_equal(troth_psa_open(&port, sign, 0x3fffff01), TROTH_E_CONFIG);
    assert_int_equal(psa_destroy_key(sign), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(agree), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(hmac), PSA_SUCCESS);
}

/* Named keys are kept by the library (here in files of the working directory) and are never overwritten. */
static void test_psa_named_keys(void **state)
{
    char folder[] = "troth-keys-XXXXXX";
    char back[4096];
    psa_key_id_t name = PSA_KEY_ID_USER_MIN + 0x7204;
    uint8_t first[64];
    uint8_t second[64];
    (void)state;
    psa_key_id_t again = name;
    assert_non_null(getcwd(back, sizeof back));
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(troth_psa_generate_identity(TROTH_PSA_SIGN, &name), TROTH_OK);
    assert_int_equal(name, again);
    assert_int_equal(troth_psa_public_key(name, first), TROTH_OK);
    assert_int_equal(troth_psa_generate_identity(TROTH_PSA_SIGN, &again), TROTH_E_CONFIG);
    assert_int_equal(psa_purge_key(name), PSA_SUCCESS);
    assert_int_equal(troth_psa_public_key(name, second), TROTH_OK);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(psa_destroy_key(name), PSA_SUCCESS);
    assert_int_equal(troth_psa_public_key(name, second), TROTH_E_CONFIG);
    assert_true(all_are(second, sizeof second, 0));
    assert_int_equal(chdir(back), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Only a chip has a counter, and the openssl port leaves no error behind. */
static void test_rest(void **state)
{
    struct fixture *all = *state;
    for (int kind = 0; kind < PORT_KINDS; kind++) {
        assert_int_equal(all->test[kind].table.counter != NULL, test_port_is_chip(&all->test[kind]));
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static struct fixture fixture;

static int open_signing(void **state)
{
    open_all(&fixture, TROTH_PSA_SIGN);
    *state = &fixture;
    return 0;
}

static int open_agreeing(void **state)
{
    open_all(&fixture, TROTH_PSA_AGREE);
    *state = &fixture;
    return 0;
}

static int close_ports(void **state)
{
    close_all(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest agreeing[] = {
        cmocka_unit_test(test_agree),  cmocka_unit_test(test_agree_refuses),   cmocka_unit_test(test_zero_secret),
        cmocka_unit_test(test_forget), cmocka_unit_test(test_fixed_ephemeral), cmocka_unit_test(test_rest),
    };
    const struct CMUnitTest signing[] = {
        cmocka_unit_test(test_sha256),           cmocka_unit_test(test_aes128),
        cmocka_unit_test(test_random),           cmocka_unit_test(test_sign),
        cmocka_unit_test(test_verify_refuses),   cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_openssl_identity), cmocka_unit_test(test_psa_identity),
        cmocka_unit_test(test_psa_named_keys),   cmocka_unit_test(test_rest),
    };
    int failed = cmocka_run_group_tests_name("identities that agree", agreeing, open_agreeing, close_ports);
    failed += cmocka_run_group_tests_name("identities that sign", signing, open_signing, close_ports);
    return failed;
}
