/* test/support/flaky: a crypto port and a store with a fault in them. */
#include "test/support/flaky.h"

#include <assert.h>
#include <string.h>

/* What to do with an operation. */
enum verdict { GO_ON, FAIL, DO_AND_FAIL, TEAR };

enum operation { HASH, SLOW, VIEW, WRITE };

static uint8_t random_byte(struct flaky_plan *plan)
{
    plan->seed = plan->seed * 1664525U + 1013904223U;
    return (uint8_t)(plan->seed >> 24);
}

static enum verdict judge(struct flaky *flaky, enum operation operation)
{
    struct flaky_plan *plan = flaky->plan;
    if (flaky->dead) {
        return FAIL;
    }
    if (plan == NULL || (plan->spares_hashes && operation == HASH) || ++plan->operations != plan->fault_at) {
        return GO_ON;
    }
    plan->struck = true;
    flaky->dead = plan->kind >= FLAKY_CUT_BEFORE;
    switch (plan->kind) {
    case FLAKY_DENIES:
    case FLAKY_CUT_AFTER:
        return DO_AND_FAIL;
    case FLAKY_TEARS:
    case FLAKY_CUT_WITHIN:
        return operation == WRITE ? TEAR : FAIL;
    default:
        return FAIL;
    }
}

static uint32_t mark_of(uint32_t mark, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        mark = (mark ^ data[i]) * 16777619U;
    }
    return mark;
}

/* A slow chip: TROTH_AGAIN until it was asked often enough, by the same call with the same arguments. */
static bool is_slow(struct flaky *flaky, const void *which, uint32_t mark)
{
    if (flaky->again == 0 || flaky->dead) {
        return false;
    }
    if (flaky->asked > 0 && (flaky->asked_for != which || flaky->asked_mark != mark)) {
        flaky->restless = true;
    }
    flaky->asked_for = which;
    flaky->asked_mark = mark;
    if (flaky->asked < flaky->again) {
        flaky->asked++;
        return true;
    }
    flaky->asked = 0;
    return false;
}

static int end(enum verdict verdict, int result, int failure, void *out, size_t out_len)
{
    if (verdict == GO_ON) {
        return result;
    }
    memset(out, 0, out_len);
    return failure;
}

/* The public-key functions wait where a chip is slow; then they are judged, made and counted. */

static int flaky_random(void *ctx, uint8_t *out, size_t out_len)
{
    struct flaky *flaky = ctx;
    if (is_slow(flaky, "random", (uint32_t)out_len)) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    int result = verdict == FAIL ? 0 : flaky->crypto->random(flaky->crypto_ctx, out, out_len);
    return end(verdict, result, TROTH_E_CRYPTO, out, out_len);
}

static int flaky_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct flaky *flaky = ctx;
    enum verdict verdict = judge(flaky, HASH);
    int result = verdict == FAIL ? 0 : flaky->crypto->sha256(flaky->crypto_ctx, part, count, hash);
    return end(verdict, result, TROTH_E_CRYPTO, hash, 32);
}

static int flaky_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct flaky *flaky = ctx;
    enum verdict verdict = judge(flaky, HASH);
    int result = verdict == FAIL ? 0 : flaky->crypto->aes128(flaky->crypto_ctx, key, block, count);
    return end(verdict, result, TROTH_E_CRYPTO, block, 16 * count);
}

static const char generating[] = "generate";
static const char agreeing[] = "agree";
static const char signing[] = "sign";
static const char verifying[] = "verify";
static const char binding[] = "hmac";

static int flaky_generate(void *ctx, uint8_t public_key[64])
{
    struct flaky *flaky = ctx;
    if (is_slow(flaky, generating, 0)) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    flaky->public_key_operations++;
    int result = verdict == FAIL ? 0 : flaky->crypto->generate(flaky->crypto_ctx, public_key);
    return end(verdict, result, TROTH_E_CRYPTO, public_key, 64);
}

static int flaky_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    struct flaky *flaky = ctx;
    if (is_slow(flaky, agreeing, mark_of((uint32_t)key, peer, 64))) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    flaky->public_key_operations++;
    int result = verdict == FAIL ? 0 : flaky->crypto->agree(flaky->crypto_ctx, key, peer, secret);
    return end(verdict, result, TROTH_E_CRYPTO, secret, 32);
}

static int flaky_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    struct flaky *flaky = ctx;
    if (is_slow(flaky, signing, mark_of(0, hash, 32))) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    flaky->public_key_operations++;
    int result = verdict == FAIL ? 0 : flaky->crypto->sign(flaky->crypto_ctx, hash, signature);
    return end(verdict, result, TROTH_E_CRYPTO, signature, 64);
}

static int flaky_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    struct flaky *flaky = ctx;
    uint8_t nothing;
    if (is_slow(flaky, verifying, mark_of(mark_of(mark_of(0, public_key, 64), hash, 32), signature, 64))) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    flaky->public_key_operations++;
    int result = verdict == FAIL ? 0 : flaky->crypto->verify(flaky->crypto_ctx, public_key, hash, signature);
    return end(verdict, result, TROTH_E_CRYPTO, &nothing, 1);
}

static void flaky_forget(void *ctx)
{
    struct flaky *flaky = ctx;
    flaky->forgets++;
    flaky->asked = 0;
    flaky->crypto->forget(flaky->crypto_ctx);
}

static int flaky_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    struct flaky *flaky = ctx;
    if (is_slow(flaky, binding, mark_of(0, hash, 32))) {
        return TROTH_AGAIN;
    }
    enum verdict verdict = judge(flaky, SLOW);
    int result = verdict == FAIL ? 0 : flaky->crypto->hmac(flaky->crypto_ctx, hash, mac);
    return end(verdict, result, TROTH_E_CRYPTO, mac, 32);
}

const struct troth_crypto flaky_crypto = {
    .random = flaky_random,
    .sha256 = flaky_sha256,
    .aes128 = flaky_aes128,
    .generate = flaky_generate,
    .agree = flaky_agree,
    .sign = flaky_sign,
    .verify = flaky_verify,
    .forget = flaky_forget,
    .hmac = flaky_hmac,
    .counter = NULL,
};

static int flaky_view(void *ctx, unsigned place, struct troth_span *bytes)
{
    struct flaky *flaky = ctx;
    enum verdict verdict = judge(flaky, VIEW);
    *bytes = (struct troth_span){NULL, 0};
    return verdict == GO_ON ? flaky->store->view(flaky->store_ctx, place, bytes) : TROTH_E_STORE;
}

/* Each byte the new one, the one that was there, or any: what a write that was cut may leave. */
static void tear(struct flaky *flaky, unsigned place, const struct troth_span *part, size_t count)
{
    uint8_t torn[FLAKY_WRITE_MAX];
    struct troth_span old = {NULL, 0};
    size_t len = 0;
    (void)flaky->store->view(flaky->store_ctx, place, &old);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < part[i].len && len < sizeof torn; k++, len++) {
            uint8_t dice = random_byte(flaky->plan) % 16;
            torn[len] = dice < 12 || len >= old.len ? part[i].data[k] : old.data[len];
            torn[len] = dice == 15 ? random_byte(flaky->plan) : torn[len];
        }
    }
    struct troth_span whole = {torn, len > 0 ? len - random_byte(flaky->plan) % len : 0};
    int result = flaky->store->write(flaky->store_ctx, place, &whole, 1);
    assert(result == TROTH_OK);
    (void)result;
}

static int flaky_write(void *ctx, unsigned place, const struct troth_span *part, size_t count)
{
    struct flaky *flaky = ctx;
    enum verdict verdict = judge(flaky, WRITE);
    flaky->writes++;
    if (verdict == TEAR) {
        tear(flaky, place, part, count);
    }
    if (verdict == FAIL || verdict == TEAR) {
        return TROTH_E_STORE;
    }
    int result = flaky->store->write(flaky->store_ctx, place, part, count);
    return verdict == GO_ON ? result : TROTH_E_STORE;
}

const struct troth_store flaky_store = {.view = flaky_view, .write = flaky_write};
