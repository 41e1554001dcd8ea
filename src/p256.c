/* p256: points of the curve P-256 from their x coordinate. Includes p256.h only.
 * Invariant: every field element is below p, in 16 limbs of 16 bits, least significant first: a 16 x 16 bit product is
 * what the smallest processors multiply. Public data only: branches and times depend on it.
 *
 * There is one multiplication, Montgomery's: multiply(a, b) = a b / R with R = 2^256. Nothing is converted to and fro:
 *  - the right side of the curve's equation is computed as g = (x^3 - 3 x + b) / R, and multiply(y, y) is y^2 / R too;
 *  - a power k of g by this multiplication is g^k R / R^k. For k = (p + 1) / 4 and R = (2^128)^2 that is
 *    sqrt(g) 2^128 = sqrt(x^3 - 3 x + b), up to the sign, where a root exists: y itself. */
#include "p256.h"

#include <string.h>

#define LIMBS 16

/* 2^256 - 2^224 + 2^192 + 2^96 - 1 */
static const uint16_t P[LIMBS] = {0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0x0000, 0x0000,
                                  0x0000, 0x0000, 0x0000, 0x0000, 0x0001, 0x0000, 0xffff, 0xffff};

/* (2^512, -3 / 2^256 and b / 2^256) mod p */
static const uint16_t R_SQUARED[LIMBS] = {0x0003, 0x0000, 0x0000, 0x0000, 0xffff, 0xffff, 0xfffb, 0xffff,
                                          0xfffe, 0xffff, 0xffff, 0xffff, 0xfffd, 0xffff, 0x0004, 0x0000};
static const uint16_t MINUS_3_R[LIMBS] = {0xfffd, 0xffff, 0xfff6, 0xffff, 0x0005, 0x0000, 0xfffd, 0xffff,
                                          0xfff9, 0xffff, 0x0008, 0x0000, 0xfff7, 0xffff, 0x0002, 0x0000};
static const uint16_t B_R[LIMBS] = {0x434f, 0x3897, 0x4d72, 0x5b66, 0xe1bb, 0x12f3, 0x124d, 0x5ac8,
                                    0xafdd, 0x9123, 0xe7e3, 0x426b, 0x8668, 0x3dd3, 0xd4c6, 0x2128};

/* out = a - b mod 2^256; the borrow. */
static unsigned subtract(uint16_t *out, const uint16_t *a, const uint16_t *b)
{
    uint32_t borrow = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        uint32_t d = (uint32_t)a[i] - b[i] - borrow;
        out[i] = (uint16_t)d;
        borrow = d >> 31;
    }
    return borrow;
}

/* t = t + a * factor on LIMBS limbs; the carry. factor has 16 bits, so nothing is above 32 bits. */
static uint32_t add_product(uint16_t *t, const uint16_t *a, uint32_t factor)
{
    uint32_t carry = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        carry += t[i] + a[i] * factor;
        t[i] = (uint16_t)carry;
        carry >>= 16;
    }
    return carry;
}

/* out = a b / R + c mod p; c may be NULL. p ends in 0xffff, so adding p times the lowest limb clears that limb: after
 * 16 rounds the low half is zero and the high half, with its carry, below 3 p. */
static void multiply(uint16_t *out, const uint16_t *a, const uint16_t *b, const uint16_t *c)
{
    uint16_t t[2 * LIMBS];
    uint32_t carry = 0;
    memset(t, 0, sizeof t);
    for (unsigned i = 0; i < LIMBS; i++) {
        carry += add_product(t + i, b, a[i]);
        carry += add_product(t + i, P, t[i]);
        t[i + LIMBS] = (uint16_t)carry;
        carry >>= 16;
    }
    if (c != NULL) {
        carry += add_product(t + LIMBS, c, 1);
    }
    int above = (int)carry;
    do {
        memcpy(out, t + LIMBS, LIMBS * sizeof *t);
        above -= (int)subtract(t + LIMBS, out, P);
    } while (above >= 0);
}

/* g = (x^3 - 3 x + b) / R */
static void right_side(uint16_t *g, const uint16_t *x)
{
    uint16_t x_r[LIMBS];
    multiply(x_r, x, R_SQUARED, NULL);
    multiply(g, x, x, MINUS_3_R);
    multiply(g, g, x_r, B_R);
}

/* g to the power (p + 1) / 4 = 2^254 - 2^222 + 2^190 + 2^94, in 253 squarings and 33 other multiplications. */
static void power(uint16_t *out, const uint16_t *g)
{
    memcpy(out, g, LIMBS * sizeof *g);
    for (unsigned bit = 253; bit-- > 0;) {
        multiply(out, out, out, NULL);
        if (bit >= 222 || bit == 190 || bit == 94) {
            multiply(out, out, g, NULL);
        }
    }
}

/* From big-endian bytes; false where it is not below p. */
static bool load(uint16_t *out, const uint8_t *bytes)
{
    uint16_t difference[LIMBS];
    for (unsigned i = LIMBS; i-- > 0; bytes += 2) {
        out[i] = (uint16_t)(bytes[0] << 8 | bytes[1]);
    }
    return subtract(difference, out, P) != 0;
}

bool p256_on_curve(const uint8_t key[64])
{
    uint16_t x[LIMBS];
    uint16_t y[LIMBS];
    if (!load(x, key) || !load(y, key + 32)) {
        return false;
    }
    right_side(x, x);
    multiply(y, y, y, NULL);
    return memcmp(x, y, sizeof x) == 0;
}

/* What power() gives is a root only where there is one, and x may be p or above: the last line finds both. */
bool p256_decompress(const uint8_t x[32], unsigned odd, uint8_t key[64])
{
    uint16_t g[LIMBS];
    uint16_t y[LIMBS];
    memmove(key, x, 32);
    load(g, key);
    right_side(g, g);
    power(y, g);
    if ((y[0] & 1) != odd) {
        subtract(y, P, y);
    }
    for (unsigned i = 0; i < LIMBS; i++) {
        key[62 - 2 * i] = (uint8_t)(y[i] >> 8);
        key[63 - 2 * i] = (uint8_t)y[i];
    }
    return p256_on_curve(key);
}
