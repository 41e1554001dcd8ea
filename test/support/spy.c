/* spy: a crypto table that stands in front of a port. */
#include "spy.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK     64
#define IPAD      0x36
#define OPAD      0x5c
#define OUTER_LEN (BLOCK + TROTH_HASH_LEN)

void spy_open(struct spy *spy, struct troth_port behind)
{
    memset(spy, 0, sizeof *spy);
    spy->behind = behind;
    spy->failure = TROTH_E_CRYPTO;
}

void spy_clear(struct spy *spy)
{
    for (size_t i = 0; i < spy->count; i++) {
        free(spy->records[i].in);
    }
    spy->count = 0;
}

void spy_close(struct spy *spy)
{
    spy_clear(spy);
    free(spy->records);
    memset(spy, 0, sizeof *spy);
}

/* ---- Writing down ---- */

static struct spy_record *record(struct spy *spy, enum spy_call call, const struct troth_span *part, size_t count)
{
    static struct spy_record nowhere;
    if (spy->is_quiet) {
        return &nowhere;
    }
    if (spy->count == spy->room) {
        spy->room = spy->room == 0 ? 256 : 2 * spy->room;
        spy->records = realloc(spy->records, spy->room * sizeof *spy->records);
        if (spy->records == NULL) {
            abort();
        }
    }
    struct spy_record *new = &spy->records[spy->count++];
    memset(new, 0, sizeof *new);
    new->call = call;
    for (size_t i = 0; i < count; i++) {
        new->in_len += part[i].len;
    }
    new->in = malloc(new->in_len + 1);
    if (new->in == NULL) {
        abort();
    }
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len > 0) {
            memcpy(new->in + at, part[i].data, part[i].len);
        }
        at += part[i].len;
    }
    return new;
}

static void record_out(struct spy_record *record, const uint8_t *out, size_t len)
{
    memcpy(record->out, out, len);
    record->out_len = len;
}

/* ---- Standing in the way ---- */

static bool fails(struct spy *spy)
{
    if (spy->asked_len > 0) {
        spy->is_broken = true;
    }
    spy->made++;
    return spy->made == spy->fail_at;
}

/* A slow call with its arguments: TROTH_OK to make it now. */
static int slow(struct spy *spy, enum spy_call call, const struct troth_span *argument, size_t count)
{
    uint8_t asked[sizeof spy->asked];
    size_t len = 0;
    asked[len++] = (uint8_t)call;
    for (size_t i = 0; i < count; i++) {
        memcpy(asked + len, argument[i].data, argument[i].len);
        len += argument[i].len;
    }
    if (spy->asked_len > 0 && (spy->asked_len != len || memcmp(spy->asked, asked, len) != 0)) {
        spy->is_broken = true;
    }
    spy->slow++;
    if (spy->waited < spy->again) {
        spy->waited++;
        memcpy(spy->asked, asked, len);
        spy->asked_len = len;
        return TROTH_AGAIN;
    }
    spy->waited = 0;
    spy->asked_len = 0;
    return fails(spy) ? spy->failure : TROTH_OK;
}

/* ---- The table ---- */

static int spy_random(void *ctx, uint8_t *out, size_t out_len)
{
    struct spy *spy = ctx;
    return fails(spy) ? spy->failure : spy->behind.call->random(spy->behind.ctx, out, out_len);
}

static int spy_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct spy *spy = ctx;
    if (fails(spy)) {
        return spy->failure;
    }
    struct spy_record *new = record(spy, SPY_SHA256, part, count);
    int result = spy->behind.call->sha256(spy->behind.ctx, part, count, hash);
    record_out(new, hash, TROTH_HASH_LEN);
    return result;
}

static int spy_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct spy *spy = ctx;
    if (fails(spy)) {
        return spy->failure;
    }
    struct troth_span in = {block, 16 * count};
    struct spy_record *new = record(spy, SPY_AES128, &in, 1);
    int result = spy->behind.call->aes128(spy->behind.ctx, key, block, count);
    memcpy(new->key, key, sizeof new->key);
    record_out(new, block, 16 * count);
    return result;
}

static int spy_generate(void *ctx, uint8_t public_key[64])
{
    struct spy *spy = ctx;
    int result = slow(spy, SPY_GENERATE, NULL, 0);
    if (result != TROTH_OK) {
        return result;
    }
    spy->has_ephemeral = true;
    result = spy->behind.call->generate(spy->behind.ctx, public_key);
    record_out(record(spy, SPY_GENERATE, NULL, 0), public_key, TROTH_POINT_LEN);
    return result;
}

static int spy_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    struct spy *spy = ctx;
    uint8_t name = (uint8_t)key;
    struct troth_span argument[2] = {{&name, 1}, {peer, TROTH_POINT_LEN}};
    int result = slow(spy, SPY_AGREE, argument, 2);
    if (result == TROTH_OK) {
        result = spy->behind.call->agree(spy->behind.ctx, key, peer, secret);
    }
    if (result == TROTH_OK) {
        struct spy_record *new = record(spy, SPY_AGREE, argument + 1, 1);
        new->name = key;
        record_out(new, secret, TROTH_SECRET_LEN);
    }
    return result;
}

static int spy_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    struct spy *spy = ctx;
    struct troth_span argument = {hash, TROTH_HASH_LEN};
    int result = slow(spy, SPY_SIGN, &argument, 1);
    if (result == TROTH_OK) {
        result = spy->behind.call->sign(spy->behind.ctx, hash, signature);
    }
    if (result == TROTH_OK) {
        record_out(record(spy, SPY_SIGN, &argument, 1), signature, TROTH_SIGNATURE_LEN);
    }
    return result;
}

static int spy_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    struct spy *spy = ctx;
    struct troth_span argument[2] = {{hash, TROTH_HASH_LEN}, {public_key, TROTH_POINT_LEN}};
    int result = slow(spy, SPY_VERIFY, argument, 2);
    if (result == TROTH_OK) {
        result = spy->behind.call->verify(spy->behind.ctx, public_key, hash, signature);
    }
    if (result == TROTH_OK) {
        record_out(record(spy, SPY_VERIFY, argument, 1), signature, TROTH_SIGNATURE_LEN);
    }
    return result;
}

static void spy_forget(void *ctx)
{
    struct spy *spy = ctx;
    spy->forgets++;
    spy->waited = 0;
    spy->asked_len = 0;
    spy->has_ephemeral = false;
    if (!spy->keeps) {
        spy->behind.call->forget(spy->behind.ctx);
    }
}

static int spy_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    struct spy *spy = ctx;
    return fails(spy) ? spy->failure : spy->behind.call->hmac(spy->behind.ctx, hash, mac);
}

static int spy_counter(void *ctx, bool increment, uint32_t *value)
{
    struct spy *spy = ctx;
    return fails(spy) ? spy->failure : spy->behind.call->counter(spy->behind.ctx, increment, value);
}

const struct troth_crypto spy_table = {
    .random = spy_random,
    .sha256 = spy_sha256,
    .aes128 = spy_aes128,
    .generate = spy_generate,
    .agree = spy_agree,
    .sign = spy_sign,
    .verify = spy_verify,
    .forget = spy_forget,
    .hmac = spy_hmac,
    .counter = spy_counter,
};

/* ---- Reading ---- */

const struct spy_record *spy_hash(const struct spy *spy, const uint8_t *in, size_t in_len)
{
    for (size_t i = 0; i < spy->count; i++) {
        const struct spy_record *at = &spy->records[i];
        if (at->call == SPY_SHA256 && at->in_len == in_len && memcmp(at->in, in, in_len) == 0) {
            return at;
        }
    }
    return NULL;
}

const uint8_t *spy_mac(const struct spy *spy, struct troth_span key, struct troth_span message)
{
    uint8_t outer[OUTER_LEN];
    const struct spy_record *found = NULL;
    uint8_t *inner = malloc(BLOCK + message.len);
    if (inner == NULL || key.len > BLOCK) {
        abort();
    }
    for (size_t i = 0; i < BLOCK; i++) {
        uint8_t byte = i < key.len ? key.data[i] : 0;
        inner[i] = byte ^ IPAD;
        outer[i] = byte ^ OPAD;
    }
    memcpy(inner + BLOCK, message.data, message.len);
    const struct spy_record *first = spy_hash(spy, inner, BLOCK + message.len);
    if (first != NULL) {
        memcpy(outer + BLOCK, first->out, TROTH_HASH_LEN);
        found = spy_hash(spy, outer, sizeof outer);
    }
    free(inner);
    return found == NULL ? NULL : found->out;
}

/* The hash is one half of an HMAC under a key of 32 bytes. */
static bool is_padded(const struct spy_record *at, uint8_t pad)
{
    if (at->call != SPY_SHA256 || at->in_len < BLOCK) {
        return false;
    }
    for (size_t i = TROTH_HASH_LEN; i < BLOCK; i++) {
        if (at->in[i] != pad) {
            return false;
        }
    }
    return true;
}

/* A transcript hash serves as salt: it is no secret. */
static bool is_transcript(const struct spy *spy, const uint8_t key[32])
{
    for (size_t i = 0; i < spy->count; i++) {
        const struct spy_record *at = &spy->records[i];
        bool plain = at->call == SPY_SHA256 && !is_padded(at, IPAD) && !is_padded(at, OPAD);
        if (plain && memcmp(at->out, key, TROTH_HASH_LEN) == 0) {
            return true;
        }
    }
    return false;
}

bool spy_secret(const struct spy *spy, size_t i, struct troth_span *secret)
{
    *secret = (struct troth_span){NULL, 0};
    if (i >= spy->count) {
        return false;
    }
    struct spy_record *at = &spy->records[i];
    if (at->call == SPY_AGREE) {
        *secret = (struct troth_span){at->out, TROTH_SECRET_LEN};
    } else if (at->call == SPY_AES128) {
        *secret = (struct troth_span){at->key, sizeof at->key};
    } else if (is_padded(at, OPAD)) {
        *secret = (struct troth_span){at->out, TROTH_HASH_LEN};
    } else if (is_padded(at, IPAD)) {
        /* The place for results of this half is free for the key. */
        uint8_t key[TROTH_HASH_LEN];
        for (size_t k = 0; k < sizeof key; k++) {
            key[k] = at->in[k] ^ IPAD;
        }
        if (!is_transcript(spy, key)) {
            memcpy(at->out + TROTH_HASH_LEN, key, sizeof key);
            *secret = (struct troth_span){at->out + TROTH_HASH_LEN, sizeof key};
        }
    }
    return true;
}

static bool contains(const uint8_t *memory, size_t len, struct troth_span what)
{
    for (size_t at = 0; at + what.len <= len; at++) {
        if (memcmp(memory + at, what.data, what.len) == 0) {
            return true;
        }
    }
    return false;
}

bool spy_leaks(const struct spy *spy, const void *memory, size_t len)
{
    struct troth_span secret;
    for (size_t i = 0; spy_secret(spy, i, &secret); i++) {
        if (secret.len > 0 && contains(memory, len, secret)) {
            return true;
        }
    }
    return false;
}
