/* hmac_key: the keys and salts of test vectors, made to fit src/kdf, which takes 32 bytes. */
#ifndef TROTH_TEST_HMAC_KEY_H
#define TROTH_TEST_HMAC_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same key in 32 bytes (RFC 2104, 2 and 3): a shorter one is padded with zeroes, one above 64 bytes is hashed. False for
 * the lengths between, which have no such form. */
bool hmac_key_fit(const uint8_t *bytes, size_t len, uint8_t key[32]);

#endif
