/* sim/curve.h: P-256 on OpenSSL: keys as 32 bytes, points as X and Y, signatures as R and S, big-endian. */
#ifndef SIM_CURVE_H
#define SIM_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto.h"

/* True if 0 < key < n. */
bool curve_key_valid(const uint8_t key[32]);
bool curve_point_valid(const uint8_t point[64]);
/* Draws a private key from the source. */
void curve_make_key(struct source *source, uint8_t key[32]);
/* These answer false if the key or the point is not valid. */
bool curve_public(const uint8_t key[32], uint8_t point[64]);
bool curve_agree(const uint8_t key[32], const uint8_t point[64], uint8_t secret[32]);
bool curve_sign(struct source *source, const uint8_t key[32], const uint8_t digest[32], uint8_t signature[64]);
/* True if the signature is good. */
bool curve_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64]);

#endif
