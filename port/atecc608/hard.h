/* port/atecc608/hard: SHA-256 and AES-128 on the chip as well, for whoever wants no cipher in the MCU.
 *
 * The core wants these two at once, so no function of this table answers TROTH_AGAIN: all wait for the chip. A block of SHA-256 takes
 * 36 ms, one of AES 47 ms, where port/soft takes well below one. All that goes in and comes out crosses the bus in the clear, keys of
 * AES included. docs/coprocessor.md has a handshake measured both ways. */
#ifndef TROTH_PORT_ATECC608_HARD_H
#define TROTH_PORT_ATECC608_HARD_H

#include "atecc608.h"

/* A table for the same struct. */
extern const struct troth_crypto troth_atecc608_hard;

/* Its entries. aes128 needs TempKey: TROTH_E_STATE while method 0 has its ephemeral key there. */
int troth_atecc608_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32]);
int troth_atecc608_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count);

#endif
