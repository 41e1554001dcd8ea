/* sim/curve.c: P-256 from OpenSSL's points and numbers; ECDSA is written out (FIPS 186-4, 6.4), so that a seed can
 * make its nonce repeatable. Includes libc and OpenSSL. */
#include "curve.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

struct curve {
    EC_GROUP *group;
    BN_CTX *bn;
    EC_POINT *point;
    BIGNUM *n, *a, *b, *c, *d;
};

static void curve_open(struct curve *curve)
{
    curve->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    curve->bn = BN_CTX_new();
    curve->point = curve->group == NULL ? NULL : EC_POINT_new(curve->group);
    curve->n = BN_new();
    curve->a = BN_new();
    curve->b = BN_new();
    curve->c = BN_new();
    curve->d = BN_secure_new();
    if (curve->bn == NULL || curve->point == NULL || curve->n == NULL || curve->a == NULL || curve->b == NULL ||
        curve->c == NULL || curve->d == NULL || EC_GROUP_get_order(curve->group, curve->n, curve->bn) != 1) {
        abort(); /* out of memory */
    }
}

static void curve_close(struct curve *curve)
{
    BN_clear_free(curve->d);
    BN_clear_free(curve->c);
    BN_clear_free(curve->b);
    BN_clear_free(curve->a);
    BN_free(curve->n);
    EC_POINT_clear_free(curve->point);
    BN_CTX_free(curve->bn);
    EC_GROUP_free(curve->group);
}

/* 32 bytes into a number; false unless 0 < number < n. */
static bool curve_scalar(const struct curve *curve, const uint8_t bytes[32], BIGNUM *number)
{
    return BN_bin2bn(bytes, 32, number) != NULL && !BN_is_zero(number) && BN_cmp(number, curve->n) < 0;
}

static bool curve_load_point(struct curve *curve, const uint8_t bytes[64])
{
    uint8_t octets[65];
    octets[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(octets + 1, bytes, 64);
    return EC_POINT_oct2point(curve->group, curve->point, octets, sizeof octets, curve->bn) == 1;
}

static bool curve_give_point(struct curve *curve, uint8_t bytes[64])
{
    uint8_t octets[65];
    if (EC_POINT_point2oct(curve->group, curve->point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof octets,
                           curve->bn) != sizeof octets) {
        return false;
    }
    memcpy(bytes, octets + 1, 64);
    return true;
}

bool curve_key_valid(const uint8_t key[32])
{
    struct curve curve;
    curve_open(&curve);
    bool valid = curve_scalar(&curve, key, curve.d);
    curve_close(&curve);
    return valid;
}

bool curve_point_valid(const uint8_t point[64])
{
    struct curve curve;
    curve_open(&curve);
    bool valid = curve_load_point(&curve, point);
    curve_close(&curve);
    return valid;
}

void curve_make_key(struct source *source, uint8_t key[32])
{
    do {
        source_bytes(source, key, 32);
    } while (!curve_key_valid(key));
}

bool curve_public(const uint8_t key[32], uint8_t point[64])
{
    struct curve curve;
    curve_open(&curve);
    bool good = curve_scalar(&curve, key, curve.d) &&
                EC_POINT_mul(curve.group, curve.point, curve.d, NULL, NULL, curve.bn) == 1 &&
                curve_give_point(&curve, point);
    curve_close(&curve);
    return good;
}

bool curve_agree(const uint8_t key[32], const uint8_t point[64], uint8_t secret[32])
{
    struct curve curve;
    uint8_t shared[64];
    curve_open(&curve);
    bool good = curve_scalar(&curve, key, curve.d) && curve_load_point(&curve, point) &&
                EC_POINT_mul(curve.group, curve.point, NULL, curve.point, curve.d, curve.bn) == 1 &&
                curve_give_point(&curve, shared);
    if (good) {
        memcpy(secret, shared, 32);
    }
    curve_close(&curve);
    return good;
}

/* r = x(kG) mod n in curve->a; false: draw another k. */
static bool curve_commit(struct curve *curve, const uint8_t nonce[32])
{
    uint8_t point[64];
    return curve_scalar(curve, nonce, curve->b) &&
           EC_POINT_mul(curve->group, curve->point, curve->b, NULL, NULL, curve->bn) == 1 &&
           curve_give_point(curve, point) && BN_bin2bn(point, 32, curve->a) != NULL &&
           BN_nnmod(curve->a, curve->a, curve->n, curve->bn) == 1 && !BN_is_zero(curve->a);
}

/* s = (z + r d) / k mod n in curve->c, from r in a, k in b, d in d. */
static bool curve_respond(struct curve *curve, const uint8_t digest[32])
{
    return BN_mod_mul(curve->d, curve->d, curve->a, curve->n, curve->bn) == 1 &&
           BN_bin2bn(digest, 32, curve->c) != NULL &&
           BN_mod_add(curve->c, curve->c, curve->d, curve->n, curve->bn) == 1 &&
           BN_mod_inverse(curve->b, curve->b, curve->n, curve->bn) != NULL &&
           BN_mod_mul(curve->c, curve->c, curve->b, curve->n, curve->bn) == 1 && !BN_is_zero(curve->c);
}

bool curve_sign(struct source *source, const uint8_t key[32], const uint8_t digest[32], uint8_t signature[64])
{
    struct curve curve;
    uint8_t nonce[32];
    if (!curve_key_valid(key)) {
        return false;
    }
    curve_open(&curve);
    do {
        /* The nonce also depends on key and digest: a seed that comes back never signs two messages with one. */
        uint8_t fresh[32];
        struct hmac hmac;
        source_bytes(source, fresh, sizeof fresh);
        hmac_begin(&hmac, key, 32);
        hash_add(&hmac.inner, digest, 32);
        hash_add(&hmac.inner, fresh, sizeof fresh);
        hmac_end(&hmac, nonce);
        BN_bin2bn(key, 32, curve.d);
    } while (!curve_commit(&curve, nonce) || !curve_respond(&curve, digest));
    BN_bn2binpad(curve.a, signature, 32);
    BN_bn2binpad(curve.c, signature + 32, 32);
    curve_close(&curve);
    return true;
}

bool curve_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64])
{
    struct curve curve;
    uint8_t sum[64];
    curve_open(&curve);
    bool good = curve_load_point(&curve, point) && curve_scalar(&curve, signature, curve.a) &&
                curve_scalar(&curve, signature + 32, curve.b) && BN_bin2bn(digest, 32, curve.c) != NULL &&
                BN_mod_inverse(curve.b, curve.b, curve.n, curve.bn) != NULL &&
                BN_mod_mul(curve.c, curve.c, curve.b, curve.n, curve.bn) == 1 &&
                BN_mod_mul(curve.d, curve.a, curve.b, curve.n, curve.bn) == 1 &&
                EC_POINT_mul(curve.group, curve.point, curve.c, curve.point, curve.d, curve.bn) == 1 &&
                curve_give_point(&curve, sum) && BN_bin2bn(sum, 32, curve.c) != NULL &&
                BN_nnmod(curve.c, curve.c, curve.n, curve.bn) == 1 && BN_cmp(curve.c, curve.a) == 0;
    curve_close(&curve);
    return good;
}
