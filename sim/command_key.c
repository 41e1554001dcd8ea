/* sim/command_key.c: GenKey, Sign and ECDH: the commands that use a private key. */
#include "command.h"

#include <string.h>

#include "curve.h"

/* TempKey = SHA(TempKey, head, serial, 25 zeros, X, Y); head is opcode, mode, param, or opcode and three bytes given. */
static void key_digest(struct call *call, const uint8_t head[4], const uint8_t point[64])
{
    struct hash hash;
    uint8_t digest[DIGEST];
    hash_begin(&hash);
    hash_add(&hash, call->work->tempkey.value, 32);
    hash_add(&hash, head, 4);
    rule_hash_serial(&hash, call);
    hash_zeros(&hash, 25);
    hash_add(&hash, point, 64);
    hash_end(&hash, digest);
    rule_tempkey_set(call, digest, DIGEST, call->work->tempkey.fixed);
    call->work->tempkey.genkey = true;
    call->work->tempkey.key_id = (uint8_t)call->param;
}

static uint8_t key_digest_allowed(const struct call *call)
{
    return rule_tempkey_usable(call) ? rule_random(call, call->param) : STATUS_EXECUTION;
}

static uint8_t make_in_tempkey(struct call *call)
{
    uint8_t key[32];
    curve_make_key(&call->chip->source, key);
    curve_public(key, call->out);
    call->out_len = 64;
    rule_tempkey_set(call, key, sizeof key, false);
    call->work->tempkey.private_key = true;
    return STATUS_OK;
}

/* ASSUMPTION: before the data lock GenKey needs no right of SlotConfig; after it bit 13. */
static uint8_t make_in_slot(struct call *call)
{
    unsigned slot = call->param;
    uint8_t stored[36] = {0};
    bool granted = (zones_slot_config(call->memory, slot) & SLOT_WRITE_2) != 0;
    if (!zones_slot_private(call->memory, slot) || zones_slot_locked(call->memory, slot) ||
        (zones_data_locked(call->memory) && !granted)) {
        return STATUS_EXECUTION;
    }
    curve_make_key(&call->chip->source, stored + 4);
    curve_public(stored + 4, call->out);
    call->out_len = 64;
    return rule_put(call, slot, 0, stored, sizeof stored);
}

static uint8_t show_public(struct call *call)
{
    unsigned slot = call->param;
    bool shown = (zones_key_config(call->memory, slot) & KEY_PUB_INFO) != 0;
    if (!zones_slot_private(call->memory, slot) || !shown ||
        !curve_public(zones_private_key(call->memory, slot), call->out)) {
        return STATUS_EXECUTION;
    }
    call->out_len = 64;
    return STATUS_OK;
}

static uint8_t digest_stored(struct call *call)
{
    uint8_t point[64];
    uint8_t head[4] = {call->opcode, call->data[0], call->data[1], call->data[2]};
    uint8_t status = key_digest_allowed(call);
    if (!zones_slot_public(call->memory, call->param) || status != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    zones_public_key(call->memory, call->param, point);
    key_digest(call, head, point);
    return STATUS_OK;
}

uint8_t command_gen_key(struct call *call)
{
    bool digest = (call->mode & 0x08) != 0;
    if (!zones_config_locked(call->memory)) {
        return STATUS_EXECUTION;
    }
    if (call->param == TEMPKEY_ID) {
        return make_in_tempkey(call);
    }
    if (call->mode == 0x10) {
        return digest_stored(call);
    }
    uint8_t status = digest ? key_digest_allowed(call) : STATUS_OK;
    if (status == STATUS_OK) {
        status = (call->mode & 0x04) != 0 ? make_in_slot(call) : show_public(call);
    }
    if (status == STATUS_OK && digest) {
        uint8_t head[4] = {call->opcode, call->mode, (uint8_t)call->param, (uint8_t)(call->param >> 8)};
        key_digest(call, head, call->out);
    }
    return status;
}

/* The 55 bytes of an internal signature: what TempKey holds, how its key is configured, who we are. */
static void sign_internal_digest(const struct call *call, uint8_t digest[DIGEST])
{
    static const uint8_t zeros[4];
    const uint8_t *config = call->memory->config;
    const struct tempkey *tempkey = &call->work->tempkey;
    unsigned slot = tempkey->key_id;
    bool full = (call->mode & 0x40) != 0;
    uint8_t about[7] = {0};
    memcpy(about, config + CONFIG_SLOT_CONFIG + 2 * (size_t)slot, 2);
    memcpy(about + 2, config + CONFIG_KEY_CONFIG + 2 * (size_t)slot, 2);
    about[4] = rule_tempkey_flags(call);
    uint8_t tail[3] = {!zones_slot_locked(call->memory, slot), call->mode & 1, 0};
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, tempkey->value, 32);
    rule_hash_call(&hash, call);
    hash_add(&hash, about, sizeof about);
    hash_add(&hash, config + 12, 1);
    hash_add(&hash, full ? config + 8 : zeros, 4);
    hash_add(&hash, config, 2);
    hash_add(&hash, full ? config + 2 : zeros, 2);
    hash_add(&hash, tail, sizeof tail);
    hash_end(&hash, digest);
}

/* The message and the right to sign it. */
static uint8_t sign_message(struct call *call, uint8_t digest[DIGEST])
{
    unsigned config = zones_slot_config(call->memory, call->param);
    const struct tempkey *tempkey = &call->work->tempkey;
    bool external = (call->mode & 0x80) != 0;
    bool from_buffer = (call->mode & 0x20) != 0;
    if ((config & (external ? SLOT_SIGN_EXTERNAL : SLOT_SIGN_INTERNAL)) == 0) {
        return STATUS_EXECUTION;
    }
    if (from_buffer ? call->work->message_len == 0 : !rule_tempkey_usable(call)) {
        return STATUS_EXECUTION;
    }
    if (external) {
        memcpy(digest, from_buffer ? call->work->message : tempkey->value, DIGEST);
        return STATUS_OK;
    }
    if (!tempkey->gendig && !tempkey->genkey) {
        return STATUS_EXECUTION;
    }
    sign_internal_digest(call, digest);
    return rule_random(call, call->param);
}

uint8_t command_sign(struct call *call)
{
    unsigned slot = call->param;
    uint8_t digest[DIGEST];
    if (!zones_data_locked(call->memory) || !zones_slot_private(call->memory, slot)) {
        return STATUS_EXECUTION;
    }
    uint8_t status = sign_message(call, digest);
    if (status == STATUS_OK) {
        status = rule_use(call, slot);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!curve_sign(&call->chip->source, zones_private_key(call->memory, slot), digest, call->out)) {
        return STATUS_EXECUTION;
    }
    call->out_len = 64;
    if ((call->mode & 0x20) == 0) {
        rule_tempkey_spend(call);
    }
    return STATUS_OK;
}

enum { ECDH_COMPATIBLE = 0x00, ECDH_TO_SLOT = 0x04, ECDH_TO_TEMPKEY = 0x08, ECDH_TO_OUTPUT = 0x0C };

/* Where the secret of a slot's key may go: with SlotConfig bit 3 to slot N|1 only. */
static uint8_t ecdh_target(const struct call *call, unsigned *target)
{
    bool from_tempkey = (call->mode & 1) != 0;
    bool kept = !from_tempkey && (zones_slot_config(call->memory, call->param) & SLOT_ECDH_TO_SLOT) != 0;
    *target = call->mode & 0x0C;
    if (*target == ECDH_COMPATIBLE) {
        *target = kept ? ECDH_TO_SLOT : ECDH_TO_OUTPUT;
    }
    bool encrypt = (call->mode & 2) != 0;
    if (encrypt && *target != ECDH_TO_OUTPUT) {
        return STATUS_EXECUTION;
    }
    return kept && *target != ECDH_TO_SLOT ? STATUS_EXECUTION : STATUS_OK;
}

/* The slot N|1 of a key that keeps its secrets needs no PubInfo; the one that the command names does. */
static uint8_t ecdh_to_slot(struct call *call, const uint8_t secret[32])
{
    bool from_tempkey = (call->mode & 1) != 0;
    unsigned slot = from_tempkey ? call->param : call->param | 1U;
    bool kept = !from_tempkey && (zones_slot_config(call->memory, call->param) & SLOT_ECDH_TO_SLOT) != 0;
    return rule_put_derived(call, slot, kept, secret, 32);
}

static uint8_t ecdh_deliver(struct call *call, unsigned target, const uint8_t secret[32])
{
    switch (target) {
    case ECDH_TO_SLOT:
        return ecdh_to_slot(call, secret);
    case ECDH_TO_TEMPKEY:
        rule_tempkey_set(call, secret, 32, true); /* ASSUMPTION: SourceFlag 1, it is no nonce of ours */
        return STATUS_OK;
    default:
        return rule_output(call, secret, 32, zones_chip_options(call->memory) >> 8 & 3, (call->mode & 2) != 0);
    }
}

uint8_t command_ecdh(struct call *call)
{
    bool from_tempkey = (call->mode & 1) != 0;
    uint8_t key[32];
    uint8_t secret[32];
    unsigned target = 0;
    bool names_slot = !from_tempkey || (call->mode & 0x0C) == ECDH_TO_SLOT;
    if (names_slot && call->param > 15) {
        return STATUS_PARSE;
    }
    if (!zones_data_locked(call->memory) || ecdh_target(call, &target) != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    if (from_tempkey) {
        /* a private key in TempKey serves once, whatever comes of it; ASSUMPTION: a second try is refused with 0F */
        bool usable = call->work->tempkey.valid && call->work->tempkey.private_key;
        memcpy(key, call->work->tempkey.value, sizeof key);
        if (!usable) {
            return STATUS_EXECUTION;
        }
        rule_tempkey_spend(call);
    } else {
        bool granted = (zones_slot_config(call->memory, call->param) & SLOT_ECDH) != 0;
        if (!zones_slot_private(call->memory, call->param) || !granted || rule_use(call, call->param) != STATUS_OK) {
            return STATUS_EXECUTION;
        }
        memcpy(key, zones_private_key(call->memory, call->param), sizeof key);
    }
    if (!curve_agree(key, call->data, secret)) {
        return STATUS_EXECUTION;
    }
    return ecdh_deliver(call, target, secret);
}
