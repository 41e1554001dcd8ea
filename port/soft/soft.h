/* port/soft: SHA-256 and AES-128 encryption for chips without a library. Includes port.h only.
 * The functions have the signatures of the entries `sha256` and `aes128` of struct troth_crypto and use no ctx (NULL is
 * fine), so that any port can put them into its table. They always answer TROTH_OK.
 * Invariant: no branch and no memory index depends on a key or on data; stacks are of fixed size and wiped. */
#ifndef TROTH_PORT_SOFT_H
#define TROTH_PORT_SOFT_H

#include <troth/port.h>

/* SHA-256 (FIPS 180-4) over the concatenation of `count` parts, in all below 2^32 bytes. */
int troth_soft_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32]);

/* AES-128 (FIPS 197) of `count` (1 or 2) blocks in place. Two blocks cost what one costs. */
int troth_soft_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count);

#endif
