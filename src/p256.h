/* p256: points of the curve P-256 (SP 800-186) from their x coordinate. Includes bytes.h only.
 * Everything here is public: nothing needs, or claims, constant time. */
#ifndef TROTH_SRC_P256_H
#define TROTH_SRC_P256_H

#include "bytes.h"

/* X || Y from x and the parity of y (SEC 1, 2.3.4). False where x >= p or no point has this x. key may start with x. */
bool p256_decompress(const uint8_t x[32], unsigned odd, uint8_t key[64]);

/* X || Y is a point of the curve: both below p, and the equation holds. */
bool p256_on_curve(const uint8_t key[64]);

#endif
