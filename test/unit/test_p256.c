/* test_p256: square roots and points of P-256, against OpenSSL and Wycheproof. */
#define _POSIX_C_SOURCE 200809L
#include "p256.h"
#include "test/support/vectors.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Sanitizers make a root ten times as slow: they look for other faults than the wrong figures that the count is for. */
#if defined(__SANITIZE_ADDRESS__)
#define RANDOM_COUNT 5000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RANDOM_COUNT 5000
#endif
#endif
#ifndef RANDOM_COUNT
#define RANDOM_COUNT 100000
#endif

#define WORKERS 2

static const char P_HEX[] = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* OpenSSL's answer; it takes x modulo p, so only for x below p. */
static bool reference(const EC_GROUP *group, const uint8_t x[32], unsigned odd, uint8_t key[64])
{
    BIGNUM *bx = BN_bin2bn(x, 32, NULL);
    BIGNUM *by = BN_new();
    EC_POINT *point = EC_POINT_new(group);
    bool found = EC_POINT_set_compressed_coordinates(group, point, bx, (int)odd, NULL) == 1 &&
                 EC_POINT_get_affine_coordinates(group, point, bx, by, NULL) == 1;
    if (found) {
        BN_bn2binpad(bx, key, 32);
        BN_bn2binpad(by, key + 32, 32);
    }
    EC_POINT_free(point);
    BN_free(by);
    BN_free(bx);
    return found;
}

/* One x with one parity, and what follows from it; true where both sides say the same. */
static bool agrees(const EC_GROUP *group, const uint8_t x[32], unsigned odd, bool *found)
{
    uint8_t expected[64];
    uint8_t key[64];
    *found = reference(group, x, odd, expected);
    if (p256_decompress(x, odd, key) != *found) {
        return false;
    }
    if (!*found) {
        return true;
    }
    if (memcmp(key, expected, 64) != 0 || (key[63] & 1) != odd || !p256_on_curve(key)) {
        return false;
    }
    key[63] ^= 2;
    return !p256_on_curve(key);
}

/* Exits with 0 where all agreed and about half of the x had a point. */
static void compare_random(uint64_t seed, unsigned count)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    unsigned points = 0;
    for (unsigned n = 0; n < count; n++) {
        uint8_t x[32];
        for (unsigned i = 0; i < 32; i += 8) {
            uint64_t word = next_random(&seed);
            memcpy(x + i, &word, 8);
        }
        unsigned odd = (unsigned)next_random(&seed) & 1;
        bool found;
        bool other = true;
        if (!agrees(group, x, odd, &found) || (n % 8 == 0 && !agrees(group, x, odd ^ 1, &other))) {
            fprintf(stderr, "differs from OpenSSL at random x number %u\n", n);
            _exit(1);
        }
        points += found;
    }
    EC_GROUP_free(group);
    _exit(points > count * 48 / 100 && points < count * 52 / 100 ? 0 : 2);
}

static void random_x_as_openssl(void **state)
{
    (void)state;
    pid_t worker[WORKERS];
    for (unsigned w = 0; w < WORKERS; w++) {
        worker[w] = fork();
        assert_true(worker[w] >= 0);
        if (worker[w] == 0) {
            compare_random(0x7472 + w, RANDOM_COUNT / WORKERS);
        }
    }
    for (unsigned w = 0; w < WORKERS; w++) {
        int status;
        assert_int_equal(waitpid(worker[w], &status, 0), worker[w]);
        assert_int_equal(status, 0);
    }
}

/* p + offset, big-endian */
static void near_p(int offset, uint8_t out[32])
{
    BIGNUM *p = NULL;
    BN_hex2bn(&p, P_HEX);
    if (offset < 0) {
        BN_sub_word(p, (BN_ULONG)-offset);
    } else {
        BN_add_word(p, (BN_ULONG)offset);
    }
    BN_bn2binpad(p, out, 32);
    BN_free(p);
}

static void small_and_large_x(void **state)
{
    (void)state;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    unsigned points = 0;
    for (int n = 0; n < 64; n++) {
        uint8_t low[32] = {0};
        uint8_t high[32];
        bool found;
        low[31] = (uint8_t)n;
        near_p(-1 - n, high);
        for (unsigned odd = 0; odd < 2; odd++) {
            assert_true(agrees(group, low, odd, &found));
            points += found;
            assert_true(agrees(group, high, odd, &found));
            points += found;
        }
    }
    assert_true(points > 64);
    EC_GROUP_free(group);
}

/* x = 5 has a point, so x = p + 5 would have one if it were reduced. */
static void x_from_p_up_is_refused(void **state)
{
    (void)state;
    uint8_t x[32] = {0};
    uint8_t key[64];
    x[31] = 5;
    assert_true(p256_decompress(x, 0, key));
    for (int n = 0; n < 64; n++) {
        near_p(n, x);
        assert_false(p256_decompress(x, 0, key));
        assert_false(p256_decompress(x, 1, key));
    }
    memset(x, 0xff, sizeof x);
    assert_false(p256_decompress(x, 0, key));
}

static void coordinates_from_p_up_are_refused(void **state)
{
    (void)state;
    uint8_t x[32] = {0};
    uint8_t key[64];
    x[31] = 5;
    assert_true(p256_decompress(x, 0, key));
    assert_true(p256_on_curve(key));
    near_p(5, key);
    assert_false(p256_on_curve(key));
    /* No point is known whose y is so small that y + p has 256 bits. */
    memcpy(key, x, 32);
    memset(key + 32, 0xff, 32);
    assert_false(p256_on_curve(key));
    near_p(0, key + 32);
    assert_false(p256_on_curve(key));
    memset(key, 0, sizeof key);
    assert_false(p256_on_curve(key));
}

static void key_may_start_with_x(void **state)
{
    (void)state;
    uint8_t apart[64];
    uint8_t in_place[64] = {0};
    in_place[31] = 5;
    assert_true(p256_decompress(in_place, 1, apart));
    assert_true(p256_decompress(in_place, 1, in_place));
    assert_memory_equal(apart, in_place, 64);
}

/* An encoded point is accepted exactly where it is valid: 04, x, y by the equation, 02 or 03 and x by a root. */
static bool point_accepted(const uint8_t *point, size_t len)
{
    uint8_t key[64];
    if (len == 65 && point[0] == 4) {
        if (!p256_on_curve(point + 1)) {
            return false;
        }
        assert_true(p256_decompress(point + 1, point[64] & 1, key));
        assert_memory_equal(key, point + 1, 64);
        assert_true(p256_decompress(point + 1, ~point[64] & 1, key));
        assert_memory_not_equal(key + 32, point + 33, 32);
        return true;
    }
    return len == 33 && (point[0] & 0xfe) == 2 && p256_decompress(point + 1, point[0] & 1, key);
}

static void wycheproof_ecdh_points(void **state)
{
    (void)state;
    cJSON *json = vectors_json(TROTH_VECTORS "/wycheproof/ecdh_secp256r1_ecpoint_test.json");
    const cJSON *group;
    const cJSON *test;
    unsigned valid = 0;
    unsigned invalid = 0;
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json, "testGroups"))
    {
        cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(group, "tests"))
        {
            uint8_t point[128];
            size_t len = vectors_bytes(test, "public", point, sizeof point);
            bool bad = strcmp(vectors_text(test, "result"), "invalid") == 0;
            assert_int_equal(point_accepted(point, len), !bad);
            *(bad ? &invalid : &valid) += 1;
        }
    }
    assert_int_equal(valid, 331);
    assert_int_equal(invalid, 24);
    cJSON_Delete(json);
}

static void wycheproof_ecdsa_keys(void **state)
{
    (void)state;
    cJSON *json = vectors_json(TROTH_VECTORS "/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
    const cJSON *group;
    unsigned keys = 0;
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json, "testGroups"))
    {
        const cJSON *key = cJSON_GetObjectItemCaseSensitive(group, "publicKey");
        uint8_t point[128];
        size_t len = vectors_bytes(key, "uncompressed", point, sizeof point);
        assert_int_equal(len, 65);
        assert_true(point_accepted(point, len));
        keys++;
    }
    assert_int_equal(keys, 112);
    cJSON_Delete(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_and_large_x),
        cmocka_unit_test(x_from_p_up_is_refused),
        cmocka_unit_test(coordinates_from_p_up_are_refused),
        cmocka_unit_test(key_may_start_with_x),
        cmocka_unit_test(wycheproof_ecdh_points),
        cmocka_unit_test(wycheproof_ecdsa_keys),
        cmocka_unit_test(random_x_as_openssl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
