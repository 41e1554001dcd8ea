/* port/atecc608/hard: SHA-256 and AES-128 on the chip as well. Nothing is outstanding when these are called, for everything in their
 * table waits. */
#include "hard.h"

#include "command.h"

#include <string.h>

#define SHA_BLOCK 64
#define AES_BLOCK 16

/* A repeated update would be hashed twice: ONCE ends the operation instead. */
static const struct row sha_start = {{0x47, 0x00, 0, 0}, 0, 1, TROTH_E_CRYPTO, 0};
static const struct row sha_update = {{0x47, 0x01, SHA_BLOCK, 0}, SHA_BLOCK, 1, TROTH_E_CRYPTO, ONCE};
static const struct row load_key = {{0x16, 0x03, 0, 0}, 32, 1, TROTH_E_CRYPTO, 0};
static const struct row aes_encrypt = {{0x51, 0x00, 0xFF, 0xFF}, AES_BLOCK, AES_BLOCK, TROTH_E_CRYPTO, 0};

/* To its end. What the chip holds is kept for the next command, if there is one. */
static int run(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, bool is_last)
{
    int result;
    chip->keeps = !is_last;
    do {
        result = atecc608_run(chip, row, data, NULL);
    } while (result == TROTH_AGAIN);
    chip->keeps = false;
    return result;
}

int troth_atecc608_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct troth_atecc608 *chip = ctx;
    uint8_t block[SHA_BLOCK] = {0};
    size_t have = 0;
    int result = run(chip, &sha_start, block, false);
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < part[i].len && result == TROTH_OK; at++) {
            block[have++] = part[i].data[at];
            if (have == sizeof block) {
                have = 0;
                result = run(chip, &sha_update, block, false);
            }
        }
    }
    if (result == TROTH_OK) {
        const struct row end = {{0x47, 0xC2, (uint8_t)have, 0}, (uint8_t)have, 32, TROTH_E_CRYPTO, ONCE};
        result = run(chip, &end, block, true);
    }
    return atecc608_take(chip, result, hash, TROTH_HASH_LEN);
}

int troth_atecc608_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct troth_atecc608 *chip = ctx;
    uint8_t loaded[32] = {0};
    if (chip->live && (chip->method->agree.flags & SPENDS) != 0) {
        return TROTH_E_STATE;
    }
    memcpy(loaded, key, 16);
    int result = run(chip, &load_key, loaded, false);
    for (size_t i = 0; i < count && result == TROTH_OK; i++) {
        uint8_t *at = block + AES_BLOCK * i;
        result = atecc608_take(chip, run(chip, &aes_encrypt, at, i + 1 == count), at, AES_BLOCK);
    }
    atecc608_erase(loaded, sizeof loaded);
    return result;
}

/* The others wait. */

static int hard_random(void *ctx, uint8_t *out, size_t out_len)
{
    int result;
    do {
        result = troth_atecc608.random(ctx, out, out_len);
    } while (result == TROTH_AGAIN);
    return result;
}

static int hard_generate(void *ctx, uint8_t public_key[64])
{
    int result;
    do {
        result = troth_atecc608.generate(ctx, public_key);
    } while (result == TROTH_AGAIN);
    return result;
}

static int hard_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    int result;
    do {
        result = troth_atecc608.agree(ctx, key, peer, secret);
    } while (result == TROTH_AGAIN);
    return result;
}

static int hard_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    int result;
    do {
        result = troth_atecc608.sign(ctx, hash, signature);
    } while (result == TROTH_AGAIN);
    return result;
}

static int hard_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    int result;
    do {
        result = troth_atecc608.verify(ctx, public_key, hash, signature);
    } while (result == TROTH_AGAIN);
    return result;
}

static void hard_forget(void *ctx)
{
    troth_atecc608.forget(ctx);
}

static int hard_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    int result;
    do {
        result = troth_atecc608.hmac(ctx, hash, mac);
    } while (result == TROTH_AGAIN);
    return result;
}

static int hard_counter(void *ctx, bool increment, uint32_t *value)
{
    int result;
    do {
        result = troth_atecc608.counter(ctx, increment, value);
    } while (result == TROTH_AGAIN);
    return result;
}

const struct troth_crypto troth_atecc608_hard = {
    .random = hard_random,
    .sha256 = troth_atecc608_sha256,
    .aes128 = troth_atecc608_aes128,
    .generate = hard_generate,
    .agree = hard_agree,
    .sign = hard_sign,
    .verify = hard_verify,
    .forget = hard_forget,
    .hmac = hard_hmac,
    .counter = hard_counter,
};
