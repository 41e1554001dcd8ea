/* sim/command_mac.c: MAC, CheckMac, GenDig and DeriveKey: digests of keys, TempKey and who we are. */
#include "command.h"

#include <string.h>

enum { MAC_MESSAGE_TEMPKEY = 0x01, MAC_KEY_TEMPKEY = 0x02, MAC_SOURCE = 0x04, MAC_OTP = 0x20, MAC_SERIAL = 0x40 };

/* TempKey as a part of MAC and CheckMac: usable, not made with a NoMac key, and of the source that the mode names. */
static bool mac_tempkey_fits(const struct call *call)
{
    const struct tempkey *tempkey = &call->work->tempkey;
    if ((call->mode & (MAC_MESSAGE_TEMPKEY | MAC_KEY_TEMPKEY)) == 0) {
        return true;
    }
    bool fixed = (call->mode & MAC_SOURCE) != 0;
    return rule_tempkey_usable(call) && !tempkey->no_mac && tempkey->fixed == fixed;
}

static void mac_spend(struct call *call)
{
    if ((call->mode & (MAC_MESSAGE_TEMPKEY | MAC_KEY_TEMPKEY)) != 0) {
        rule_tempkey_spend(call);
    }
}

/* The key of the first block: a slot's or TempKey. NULL: it may not be used. */
static const uint8_t *mac_key(struct call *call, unsigned forbidden)
{
    unsigned slot = call->param;
    if ((call->mode & MAC_KEY_TEMPKEY) != 0) {
        return call->work->tempkey.value;
    }
    bool barred = (zones_slot_config(call->memory, slot) & forbidden) != 0;
    if (zones_slot_private(call->memory, slot) || barred || rule_random(call, slot) != STATUS_OK ||
        rule_use(call, slot) != STATUS_OK) {
        return NULL;
    }
    return zones_slot(call->memory, slot);
}

/* What stands between message and serial number; the rest of the 88 bytes differs between MAC and CheckMac. */
struct mac_middle {
    const uint8_t *head; /* 4 bytes */
    const uint8_t *otp;  /* 3 bytes behind OTP[0:8] */
    const uint8_t *high; /* 4 bytes in the place of SN[4:8] */
    const uint8_t *low;  /* 2 bytes in the place of SN[2:4] */
};

static void mac_digest(const struct call *call, const uint8_t *key, const uint8_t *message,
                       const struct mac_middle *middle, uint8_t digest[DIGEST])
{
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, key, 32);
    hash_add(&hash, message, 32);
    hash_add(&hash, middle->head, 4);
    if ((call->mode & MAC_OTP) != 0) {
        hash_add(&hash, call->memory->otp, 8);
    } else {
        hash_zeros(&hash, 8);
    }
    hash_add(&hash, middle->otp, 3);
    hash_add(&hash, call->memory->config + 12, 1);
    hash_add(&hash, middle->high, 4);
    hash_add(&hash, call->memory->config, 2);
    hash_add(&hash, middle->low, 2);
    hash_end(&hash, digest);
}

uint8_t command_mac(struct call *call)
{
    static const uint8_t zeros[4];
    uint8_t head[4] = {call->opcode, call->mode, (uint8_t)call->param, (uint8_t)(call->param >> 8)};
    bool serial = (call->mode & MAC_SERIAL) != 0;
    struct mac_middle middle = {head, zeros, serial ? call->memory->config + 8 : zeros,
                                serial ? call->memory->config + 2 : zeros};
    if (!mac_tempkey_fits(call)) {
        return STATUS_EXECUTION;
    }
    const uint8_t *key = mac_key(call, SLOT_NO_MAC);
    if (key == NULL) {
        return STATUS_EXECUTION;
    }
    bool from_tempkey = (call->mode & MAC_MESSAGE_TEMPKEY) != 0;
    mac_digest(call, key, from_tempkey ? call->work->tempkey.value : call->data, &middle, call->out);
    call->out_len = DIGEST;
    mac_spend(call);
    return STATUS_OK;
}

/* ASSUMPTION: a mismatch takes an authorisation away; the 508's copy of a second key to TempKey is not there. */
uint8_t command_check_mac(struct call *call)
{
    const uint8_t *challenge = call->data;
    const uint8_t *response = call->data + 32;
    const uint8_t *other = call->data + 64;
    struct mac_middle middle = {other, other + 4, other + 7, other + 11};
    uint8_t digest[DIGEST];
    if (!mac_tempkey_fits(call)) {
        return STATUS_EXECUTION;
    }
    const uint8_t *key = mac_key(call, 0);
    if (key == NULL) {
        return STATUS_EXECUTION;
    }
    bool from_tempkey = (call->mode & MAC_MESSAGE_TEMPKEY) != 0;
    mac_digest(call, key, from_tempkey ? call->work->tempkey.value : challenge, &middle, digest);
    mac_spend(call);
    bool good = memcmp(digest, response, DIGEST) == 0;
    call->work->authorised = good && (call->mode & MAC_KEY_TEMPKEY) == 0;
    call->work->authorised_key = call->work->authorised ? (uint8_t)call->param : 0;
    return good ? STATUS_OK : STATUS_MISMATCH;
}

enum { DIG_CONFIG = 0, DIG_OTP = 1, DIG_DATA = 2, DIG_SHARED = 3, DIG_COUNTER = 4, DIG_KEY_CONFIG = 5 };

/* The four parts of GenDig's message that differ from zone to zone. */
struct dig {
    uint8_t value[32];
    uint8_t head[4];
    uint8_t about[25];
    uint8_t last[32];
};

static uint8_t dig_data(struct call *call, struct dig *dig)
{
    unsigned slot = call->param;
    if (zones_slot_private(call->memory, slot) || rule_random(call, slot) != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    if ((zones_slot_config(call->memory, slot) & SLOT_NO_MAC) != 0) {
        if (call->len != 4) {
            return STATUS_EXECUTION;
        }
        memcpy(dig->head, call->data, 4);
    }
    uint8_t status = rule_use(call, slot);
    memcpy(dig->value, zones_slot(call->memory, slot), 32);
    return status;
}

static uint8_t dig_fill(struct call *call, struct dig *dig)
{
    unsigned id = call->param;
    uint32_t counter = zones_counter(call->memory, id & 1);
    switch (call->mode) {
    case DIG_CONFIG:
        memcpy(dig->value, call->memory->config + (size_t)32 * id, 32);
        return STATUS_OK;
    case DIG_OTP:
        memcpy(dig->value, call->memory->otp + (size_t)32 * id, 32);
        return STATUS_OK;
    case DIG_DATA:
        return dig_data(call, dig);
    case DIG_SHARED:
        memcpy(dig->value, (id & 0x8000) != 0 ? call->work->tempkey.value : call->data, 32);
        memcpy(dig->last, (id & 0x8000) != 0 ? call->data : call->work->tempkey.value, 32);
        dig->head[3] = 0;
        return STATUS_OK;
    case DIG_COUNTER:
        for (unsigned i = 0; i < 4; i++) {
            dig->about[1 + i] = (uint8_t)(counter >> 8 * i);
        }
        return STATUS_OK;
    default:
        memcpy(dig->about + 1, call->memory->config + CONFIG_SLOT_CONFIG + (size_t)2 * id, 2);
        memcpy(dig->about + 3, call->memory->config + CONFIG_KEY_CONFIG + (size_t)2 * id, 2);
        dig->about[5] = !zones_slot_locked(call->memory, id);
        return STATUS_OK;
    }
}

/* ASSUMPTION: GenDig works from the configuration lock on, with OTP from the data lock on. */
uint8_t command_gen_dig(struct call *call)
{
    struct dig dig = {.head = {call->opcode, call->mode, (uint8_t)call->param, (uint8_t)(call->param >> 8)}};
    struct tempkey *tempkey = &call->work->tempkey;
    bool open = zones_config_locked(call->memory) && (call->mode != DIG_OTP || zones_data_locked(call->memory));
    if (!open || !rule_tempkey_usable(call)) {
        return STATUS_EXECUTION;
    }
    memcpy(dig.last, tempkey->value, 32);
    uint8_t status = dig_fill(call, &dig);
    if (status != STATUS_OK) {
        return status;
    }
    struct hash hash;
    uint8_t digest[DIGEST];
    hash_begin(&hash);
    hash_add(&hash, dig.value, sizeof dig.value);
    hash_add(&hash, dig.head, sizeof dig.head);
    rule_hash_serial(&hash, call);
    hash_add(&hash, dig.about, sizeof dig.about);
    hash_add(&hash, dig.last, sizeof dig.last);
    hash_end(&hash, digest);
    rule_tempkey_set(call, digest, DIGEST, tempkey->fixed);
    if (call->mode == DIG_DATA) {
        tempkey->gendig = true;
        tempkey->key_id = (uint8_t)call->param;
        tempkey->no_mac = (zones_slot_config(call->memory, call->param) & SLOT_NO_MAC) != 0;
    }
    return STATUS_OK;
}

/* SHA(parent, call, serial): who asks for a new key must know the parent. */
static bool derive_mac_good(const struct call *call, const uint8_t *parent)
{
    struct hash hash;
    uint8_t mac[DIGEST];
    hash_begin(&hash);
    hash_add(&hash, parent, 32);
    rule_hash_call(&hash, call);
    rule_hash_serial(&hash, call);
    hash_end(&hash, mac);
    return memcmp(mac, call->data, DIGEST) == 0;
}

/* Write bits 2 (roll: the parent is the old key) and 3 (create: the parent is WriteKey's); 8 asks for a MAC. */
static uint8_t derive_allowed(struct call *call, unsigned *parent)
{
    unsigned target = call->param;
    unsigned config = zones_slot_config(call->memory, target);
    const struct tempkey *tempkey = &call->work->tempkey;
    bool create = (config & SLOT_WRITE_1) != 0;
    bool with_mac = (config & SLOT_WRITE_8) != 0;
    *parent = create ? config >> 8 & 15 : target;
    if (!zones_data_locked(call->memory) || (config & SLOT_WRITE_2) == 0 || zones_slot_p256(call->memory, target) ||
        zones_slot_locked(call->memory, target) || zones_slot_private(call->memory, *parent)) {
        return STATUS_EXECUTION;
    }
    if (!rule_tempkey_usable(call) || tempkey->fixed != ((call->mode & MAC_SOURCE) != 0)) {
        return STATUS_EXECUTION;
    }
    if (with_mac != (call->len != 0) || rule_random(call, target) != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    return rule_use(call, *parent);
}

uint8_t command_derive_key(struct call *call)
{
    unsigned parent = 0;
    uint8_t status = derive_allowed(call, &parent);
    if (status != STATUS_OK) {
        return status;
    }
    const uint8_t *parent_key = zones_slot(call->memory, parent);
    if (call->len != 0 && !derive_mac_good(call, parent_key)) {
        return STATUS_EXECUTION;
    }
    struct hash hash;
    uint8_t key[DIGEST];
    hash_begin(&hash);
    hash_add(&hash, parent_key, 32);
    rule_hash_call(&hash, call);
    rule_hash_serial(&hash, call);
    hash_zeros(&hash, 25);
    hash_add(&hash, call->work->tempkey.value, 32);
    hash_end(&hash, key);
    rule_tempkey_spend(call);
    return rule_put(call, call->param, 0, key, DIGEST);
}
