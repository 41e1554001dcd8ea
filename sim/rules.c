/* sim/rules.c: the rules that several commands follow. */
#include "command.h"

#include <string.h>

/* CountMatch: bit 0 puts a limit on Counter0, which lies in the first word of the slot of bits 4 to 7.
 * ASSUMPTION: its second copy in that slot is not compared. */
static uint8_t rule_limited_use(struct call *call)
{
    unsigned match = call->memory->config[CONFIG_COUNT_MATCH];
    if ((match & 1) != 0) {
        const uint8_t *at = zones_slot(call->memory, match >> 4);
        uint32_t limit = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        if (zones_counter(call->memory, 0) >= limit) {
            return STATUS_EXECUTION;
        }
    }
    return rule_count(call, 0);
}

uint8_t rule_use(struct call *call, unsigned slot)
{
    unsigned key = zones_key_config(call->memory, slot);
    if ((key & KEY_REQ_AUTH) != 0 && !(call->work->authorised && call->work->authorised_key == (key >> 8 & 15))) {
        return STATUS_EXECUTION;
    }
    if ((key & KEY_PERSISTENT_DISABLE) != 0 && !call->chip->latch) {
        return STATUS_EXECUTION;
    }
    if ((zones_slot_config(call->memory, slot) & SLOT_LIMITED_USE) != 0) {
        return rule_limited_use(call);
    }
    return STATUS_OK;
}

/* ASSUMPTION: it does not stop external signatures and ECDH; their commands do not ask here. */
uint8_t rule_random(const struct call *call, unsigned slot)
{
    bool asked = (zones_key_config(call->memory, slot) & KEY_REQ_RANDOM) != 0;
    bool random = call->work->tempkey.valid && !call->work->tempkey.fixed;
    return asked && !random ? STATUS_EXECUTION : STATUS_OK;
}

bool rule_session(const struct call *call, unsigned key_slot)
{
    const struct tempkey *tempkey = &call->work->tempkey;
    return rule_tempkey_usable(call) && tempkey->gendig && !tempkey->fixed && tempkey->key_id == key_slot;
}

uint8_t rule_count(struct call *call, unsigned id)
{
    uint32_t value = zones_counter(call->memory, id);
    if (value >= COUNTER_MAX) {
        return STATUS_EXECUTION;
    }
    zones_counter_encode(call->memory->config + CONFIG_COUNTER + 8 * (size_t)id, value + 1);
    call->memory->wear[PLACE_COUNTERS]++;
    return STATUS_OK;
}

uint8_t rule_put(struct call *call, unsigned slot, size_t at, const uint8_t *bytes, size_t len)
{
    uint8_t *to = call->memory->data + (zones_slot(call->memory, slot) - call->memory->data) + at;
    call->memory->wear[slot]++;
    if (fault_slot_worn(&call->chip->plan, slot, call->memory->wear[slot])) {
        bool reported = (call->chip->plan.worn_reported >> slot & 1) != 0;
        return reported ? STATUS_EXECUTION : STATUS_OK;
    }
    memcpy(to, bytes, len);
    return STATUS_OK;
}

uint8_t rule_put_derived(struct call *call, unsigned slot, bool granted, const uint8_t *bytes, size_t len)
{
    bool open = granted || (zones_key_config(call->memory, slot) & KEY_PUB_INFO) != 0;
    if (zones_slot_p256(call->memory, slot) || !open || zones_slot_locked(call->memory, slot) ||
        len > zones_slot_size(slot)) {
        return STATUS_EXECUTION;
    }
    return rule_put(call, slot, 0, bytes, len);
}

/* ASSUMPTION: with ChipOptions bit 1 down nothing that needs the IO protection key works. */
const uint8_t *rule_io_key(const struct call *call)
{
    if ((zones_chip_options(call->memory) & OPTION_IO_KEY) == 0) {
        return NULL;
    }
    return zones_slot(call->memory, zones_io_key_slot(call->memory));
}

static uint8_t rule_output_encrypted(struct call *call, const uint8_t *bytes, size_t len)
{
    const uint8_t *io_key = rule_io_key(call);
    uint8_t nonce[32];
    if (io_key == NULL) {
        return STATUS_EXECUTION;
    }
    source_bytes(&call->chip->source, nonce, sizeof nonce);
    memcpy(call->out, bytes, len);
    for (size_t at = 0; at < len; at += 32) {
        struct hash hash;
        uint8_t pad[DIGEST];
        hash_begin(&hash);
        hash_add(&hash, io_key, 32);
        hash_add(&hash, nonce + at / 2, 16);
        hash_end(&hash, pad);
        rule_xor(call->out + at, pad, 32);
    }
    memcpy(call->out + len, nonce, sizeof nonce);
    call->out_len = len + sizeof nonce;
    return STATUS_OK;
}

/* ASSUMPTION: protection 1 encrypts also when the command did not ask for it. */
uint8_t rule_output(struct call *call, const uint8_t *bytes, size_t len, unsigned protection, bool encrypt)
{
    if (protection >= 2) {
        return STATUS_EXECUTION;
    }
    if (encrypt || protection == 1) {
        return rule_output_encrypted(call, bytes, len);
    }
    memcpy(call->out, bytes, len);
    call->out_len = len;
    return STATUS_OK;
}

/* ASSUMPTION: a load of 32 bytes leaves the upper half zero. */
void rule_tempkey_set(struct call *call, const uint8_t *value, size_t len, bool fixed)
{
    struct tempkey *tempkey = &call->work->tempkey;
    memset(tempkey, 0, sizeof *tempkey);
    memcpy(tempkey->value, value, len);
    tempkey->valid = true;
    tempkey->fixed = fixed;
}

/* ASSUMPTION: every command that takes TempKey as message, challenge or one-time pad leaves it invalid; AES and KDF,
 * which take it as a key, leave it as it is. */
void rule_tempkey_spend(struct call *call)
{
    memset(&call->work->tempkey, 0, sizeof call->work->tempkey);
}

/* ASSUMPTION: a private key in TempKey serves ECDH only. */
bool rule_tempkey_usable(const struct call *call)
{
    return call->work->tempkey.valid && !call->work->tempkey.private_key;
}

uint8_t rule_tempkey_flags(const struct call *call)
{
    const struct tempkey *tempkey = &call->work->tempkey;
    return (uint8_t)((unsigned)tempkey->key_id | (unsigned)tempkey->fixed << 4 | (unsigned)tempkey->gendig << 5 |
                     (unsigned)tempkey->genkey << 6 | (unsigned)tempkey->no_mac << 7);
}

void rule_hash_call(struct hash *hash, const struct call *call)
{
    uint8_t head[4] = {call->opcode, call->mode, (uint8_t)call->param, (uint8_t)(call->param >> 8)};
    hash_add(hash, head, sizeof head);
}

void rule_hash_serial(struct hash *hash, const struct call *call)
{
    hash_add(hash, call->memory->config + 12, 1);
    hash_add(hash, call->memory->config, 2);
}

void rule_xor(uint8_t *to, const uint8_t *with, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        to[i] ^= with[i];
    }
}
