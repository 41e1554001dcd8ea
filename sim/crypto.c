/* sim/crypto.c: hashes, AES and randomness on OpenSSL. Includes libc and OpenSSL.
 * The plain SHA-256 interface is used, because the SHA command can hand its state out; the EVP one cannot. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

void hash_begin(struct hash *hash)
{
    SHA256_Init(&hash->state);
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
    SHA256_Update(&hash->state, data, len);
}

void hash_zeros(struct hash *hash, size_t len)
{
    static const uint8_t zeros[64];
    hash_add(hash, zeros, len);
}

void hash_end(struct hash *hash, uint8_t digest[DIGEST])
{
    SHA256_Final(digest, &hash->state);
}

static void put_word(uint8_t *at, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(word >> 8 * i);
    }
}

static uint32_t get_word(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

size_t hash_export(const struct hash *hash, uint8_t context[HASH_CONTEXT_MAX])
{
    put_word(context, hash->state.Nl >> 3 | hash->state.Nh << 29);
    for (unsigned i = 0; i < 8; i++) {
        put_word(context + 4 + 4 * i, hash->state.h[i]);
    }
    memcpy(context + HASH_CONTEXT_MIN, hash->state.data, hash->state.num);
    return HASH_CONTEXT_MIN + hash->state.num;
}

bool hash_import(struct hash *hash, const uint8_t *context, size_t len)
{
    uint32_t count = get_word(context);
    if (len != HASH_CONTEXT_MIN + (count & 63)) {
        return false;
    }
    hash_begin(hash);
    hash->state.Nl = count << 3;
    hash->state.Nh = count >> 29;
    hash->state.num = count & 63;
    for (unsigned i = 0; i < 8; i++) {
        hash->state.h[i] = get_word(context + 4 + 4 * i);
    }
    memcpy(hash->state.data, context + HASH_CONTEXT_MIN, hash->state.num);
    return true;
}

void hmac_begin(struct hmac *hmac, const uint8_t *key, size_t key_len)
{
    uint8_t inner_key[64];
    memset(inner_key, 0x36, sizeof inner_key);
    memset(hmac->outer_key, 0x5C, sizeof hmac->outer_key);
    for (size_t i = 0; i < key_len; i++) {
        inner_key[i] ^= key[i];
        hmac->outer_key[i] ^= key[i];
    }
    hash_begin(&hmac->inner);
    hash_add(&hmac->inner, inner_key, sizeof inner_key);
}

void hmac_end(struct hmac *hmac, uint8_t tag[DIGEST])
{
    struct hash outer;
    hash_end(&hmac->inner, tag);
    hash_begin(&outer);
    hash_add(&outer, hmac->outer_key, sizeof hmac->outer_key);
    hash_add(&outer, tag, DIGEST);
    hash_end(&outer, tag);
}

void hmac_once(const uint8_t *key, size_t key_len, const uint8_t *message, size_t len, uint8_t tag[DIGEST])
{
    struct hmac hmac;
    hmac_begin(&hmac, key, key_len);
    hash_add(&hmac.inner, message, len);
    hmac_end(&hmac, tag);
}

void prf(const uint8_t *key, size_t key_len, const uint8_t *seed, size_t seed_len, uint8_t *out, size_t len)
{
    uint8_t a[DIGEST];
    uint8_t block[DIGEST];
    hmac_once(key, key_len, seed, seed_len, a);
    for (size_t at = 0; at < len; at += DIGEST) {
        struct hmac hmac;
        hmac_begin(&hmac, key, key_len);
        hash_add(&hmac.inner, a, DIGEST);
        hash_add(&hmac.inner, seed, seed_len);
        hmac_end(&hmac, block);
        memcpy(out + at, block, len - at < DIGEST ? len - at : DIGEST);
        hmac_once(key, key_len, a, DIGEST, a);
    }
}

static void aes_block(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK], int encrypt)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int len = 0;
    if (cipher == NULL || EVP_CipherInit_ex(cipher, EVP_aes_128_ecb(), NULL, key, NULL, encrypt) != 1 ||
        EVP_CIPHER_CTX_set_padding(cipher, 0) != 1 || EVP_CipherUpdate(cipher, out, &len, in, BLOCK) != 1 ||
        len != BLOCK) {
        abort(); /* out of memory: a wrong answer would be worse */
    }
    EVP_CIPHER_CTX_free(cipher);
}

void aes_encrypt(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    aes_block(key, in, out, 1);
}

void aes_decrypt(const uint8_t key[BLOCK], const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    aes_block(key, in, out, 0);
}

void gcm_multiply(const uint8_t h[BLOCK], const uint8_t x[BLOCK], uint8_t out[BLOCK])
{
    uint8_t v[BLOCK];
    uint8_t z[BLOCK] = {0};
    memcpy(v, h, BLOCK);
    for (unsigned bit = 0; bit < 128; bit++) {
        if ((x[bit / 8] >> (7 - bit % 8) & 1) != 0) {
            for (unsigned i = 0; i < BLOCK; i++) {
                z[i] ^= v[i];
            }
        }
        unsigned carry = v[BLOCK - 1] & 1U;
        for (unsigned i = BLOCK - 1; i > 0; i--) {
            v[i] = (uint8_t)(v[i] >> 1 | v[i - 1] << 7);
        }
        v[0] = (uint8_t)(v[0] >> 1);
        if (carry != 0) {
            v[0] ^= 0xE1;
        }
    }
    memcpy(out, z, BLOCK);
}

void source_seed(struct source *source, uint64_t seed, uint64_t stream)
{
    struct hash hash;
    uint8_t words[16];
    put_word(words, (uint32_t)seed);
    put_word(words + 4, (uint32_t)(seed >> 32));
    put_word(words + 8, (uint32_t)stream);
    put_word(words + 12, (uint32_t)(stream >> 32));
    hash_begin(&hash);
    hash_add(&hash, words, sizeof words);
    hash_end(&hash, source->key);
    source->seeded = true;
    source->count = 0;
}

void source_bytes(struct source *source, uint8_t *bytes, size_t len)
{
    if (!source->seeded) {
        if (RAND_bytes(bytes, (int)len) != 1) {
            abort(); /* no randomness: the part would answer, so there is nothing true to say */
        }
        return;
    }
    for (size_t at = 0; at < len; at += DIGEST) {
        uint8_t count[8];
        uint8_t block[DIGEST];
        put_word(count, (uint32_t)source->count);
        put_word(count + 4, (uint32_t)(source->count >> 32));
        source->count++;
        hmac_once(source->key, DIGEST, count, sizeof count, block);
        memcpy(bytes + at, block, len - at < DIGEST ? len - at : DIGEST);
    }
}
