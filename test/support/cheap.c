/* test/support/cheap: a crypto port that is quick and always does the same. */
#include "test/support/cheap.h"

#include <stdlib.h>
#include <string.h>

#include "port/openssl/openssl.h"
#include "port/soft/soft.h"

/* Key pairs that several devices share out among themselves, so that no two ever draw the same; made when first drawn. */
static const uint8_t *ephemeral_key(const struct cheap *cheap)
{
    static uint8_t keys[CHEAP_KEYS][64];
    static bool made[CHEAP_KEYS];
    uint8_t index = (uint8_t)(cheap->generated * CHEAP_SIDES + cheap->side);
    if (!made[index]) {
        const uint8_t scalar[32] = {0x17, (uint8_t)(index * 151 + 7), index, [31] = 0x2b};
        EVP_PKEY *key = troth_openssl_key(scalar);
        if (key == NULL || troth_openssl_public_key(key, keys[index]) != TROTH_OK) {
            abort();
        }
        EVP_PKEY_free(key);
        made[index] = true;
    }
    return keys[index];
}

static void hash_of(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t hash[32])
{
    const struct troth_span part[2] = {{a, a_len}, {b, b_len}};
    troth_soft_sha256(NULL, part, 2, hash);
}

static int cheap_random(void *ctx, uint8_t *out, size_t out_len)
{
    struct cheap *cheap = ctx;
    for (size_t i = 0; i < out_len; i++) {
        cheap->drawn = cheap->drawn * 1664525U + 1013904223U;
        out[i] = (uint8_t)(cheap->drawn >> 24);
    }
    return TROTH_OK;
}

static int cheap_generate(void *ctx, uint8_t public_key[64])
{
    struct cheap *cheap = ctx;
    cheap->generated++;
    cheap->has_ephemeral = true;
    memcpy(public_key, ephemeral_key(cheap), 64);
    return TROTH_OK;
}

/* Both sides hash the same two x coordinates, the smaller first. */
static int cheap_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    const struct cheap *cheap = ctx;
    const uint8_t *own = key == TROTH_KEY_IDENTITY ? cheap->identity : ephemeral_key(cheap);
    if (key == TROTH_KEY_EPHEMERAL && !cheap->has_ephemeral) {
        return TROTH_E_CRYPTO;
    }
    bool first = memcmp(own, peer, 32) < 0;
    hash_of(first ? own : peer, 32, first ? peer : own, 32, secret);
    return TROTH_OK;
}

static void make_signature(const uint8_t public_key[64], const uint8_t hash[32], uint8_t signature[64])
{
    hash_of(public_key, 32, hash, 32, signature);
    hash_of(hash, 32, public_key, 32, signature + 32);
}

static int cheap_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    const struct cheap *cheap = ctx;
    make_signature(cheap->identity, hash, signature);
    return TROTH_OK;
}

#define REMEMBERED 32

/* What OpenSSL said about a signature; it is not asked twice in a row of REMEMBERED. */
static int check_by_openssl(const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    static struct {
        uint8_t key[64];
        uint8_t hash[32];
        uint8_t signature[64];
        int result;
        bool used;
    } memory[REMEMBERED];
    static unsigned next;
    static const uint8_t no_key[32];
    for (unsigned i = 0; i < REMEMBERED; i++) {
        if (memory[i].used && memcmp(memory[i].key, public_key, 64) == 0 && memcmp(memory[i].hash, hash, 32) == 0 &&
            memcmp(memory[i].signature, signature, 64) == 0) {
            return memory[i].result;
        }
    }
    struct troth_openssl port;
    if (troth_openssl_open(&port, NULL, no_key) != TROTH_OK) {
        abort();
    }
    unsigned at = next++ % REMEMBERED;
    memcpy(memory[at].key, public_key, 64);
    memcpy(memory[at].hash, hash, 32);
    memcpy(memory[at].signature, signature, 64);
    memory[at].result = troth_openssl.verify(&port, public_key, hash, signature);
    memory[at].used = true;
    troth_openssl_close(&port);
    return memory[at].result;
}

static int cheap_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    uint8_t expected[64];
    (void)ctx;
    make_signature(public_key, hash, expected);
    if (memcmp(expected, signature, sizeof expected) == 0) {
        return TROTH_OK;
    }
    return check_by_openssl(public_key, hash, signature);
}

static void cheap_forget(void *ctx)
{
    struct cheap *cheap = ctx;
    cheap->has_ephemeral = false;
}

static int cheap_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    const struct cheap *cheap = ctx;
    hash_of(cheap->store_key, sizeof cheap->store_key, hash, 32, mac);
    return TROTH_OK;
}

const struct troth_crypto cheap_crypto = {
    .random = cheap_random,
    .sha256 = troth_soft_sha256,
    .aes128 = troth_soft_aes128,
    .generate = cheap_generate,
    .agree = cheap_agree,
    .sign = cheap_sign,
    .verify = cheap_verify,
    .forget = cheap_forget,
    .hmac = cheap_hmac,
    .counter = NULL,
};

void cheap_open(struct cheap *cheap, const uint8_t identity[64], uint8_t side)
{
    memset(cheap, 0, sizeof *cheap);
    memcpy(cheap->identity, identity, sizeof cheap->identity);
    hash_of(identity, 64, NULL, 0, cheap->store_key);
    cheap->drawn = side;
    cheap->side = side % CHEAP_SIDES;
}
