/* sim/crypto.h: the chip's arithmetic, on OpenSSL: SHA-256 with a state that can be taken out, HMAC, AES-128, the
 * GCM field, and a random source that a seed makes repeatable. Includes libc and OpenSSL. */
#ifndef SIM_CRYPTO_H
#define SIM_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

#define DIGEST 32
#define BLOCK  16

struct hash {
    SHA256_CTX state;
};

void hash_begin(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
void hash_zeros(struct hash *hash, size_t len); /* adds up to 64 zero bytes */
void hash_end(struct hash *hash, uint8_t digest[DIGEST]);

/* The state as the SHA command shows it: LE32 byte count, 8 words LE, buffered bytes. */
#define HASH_CONTEXT_MIN 36
#define HASH_CONTEXT_MAX 99
size_t hash_export(const struct hash *hash, uint8_t context[HASH_CONTEXT_MAX]);
bool hash_import(struct hash *hash, const uint8_t *context, size_t len);

struct hmac {
    struct hash inner;
    uint8_t outer_key[64];
};

void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t key_len); /* at most 64 bytes of key */
void hmac_end(struct hmac *hmac, uint8_t tag[DIGEST]);
void hmac_once(const uint8_t *key, size_t key_len, const uint8_t *message, size_t len, uint8_t tag[DIGEST]);

/* P_SHA256 of TLS 1.2 (RFC 5246, 5); len is at most 64. */
void prf(const uint8_t *key, size_t key_len, const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len);

void aes_encrypt(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK]);
void aes_decrypt(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK]);

/* The product in the field of GCM (NIST SP 800-38D, 6.3). */
void gcm_multiply(const uint8_t h[BLOCK], const uint8_t x[BLOCK], uint8_t out[BLOCK]);

struct source {
    bool seeded;
    uint8_t key[DIGEST];
    uint64_t count;
};

/* Seeded: the same seed and stream give the same bytes. Otherwise the bytes are the operating system's. */
void source_seed(struct source *source, uint64_t seed, uint64_t stream);
void source_bytes(struct source *source, uint8_t *bytes, size_t len);

#endif
