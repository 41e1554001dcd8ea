/* sim/command_zone.c: Read, Write and PrivWrite: what crosses the border of the EEPROM, and who may ask for it. */
#include "command.h"

#include <string.h>

#include "curve.h"

enum { ZONE_CONFIG = 0, ZONE_OTP = 1, ZONE_DATA = 2 };

/* Where an access goes: the slot (data zone only), the first byte, the length asked for (4 or 32) and how much of that
 * exists. */
struct access {
    unsigned zone, slot;
    size_t at, len, there;
};

/* Address word: config and OTP block<<3 | word, data block<<8 | slot<<3 | word. A block that exists in part may be
 * accessed whole: what is beyond its end is ignored. ASSUMPTION: a 32-byte access that begins at another word than the
 * block's first one ends with the block. */
static uint8_t access_take(struct access *access, const struct call *call)
{
    unsigned word = call->param & 7;
    unsigned block = call->param >> 3;
    access->zone = call->mode & 3;
    access->slot = 0;
    size_t size = access->zone == ZONE_CONFIG ? CONFIG_SIZE : OTP_SIZE;
    if (access->zone == ZONE_DATA) {
        access->slot = call->param >> 3 & 15;
        size = zones_slot_size(access->slot);
        block = call->param >> 8;
    }
    access->len = (call->mode & 0x80) != 0 ? ZONE_BLOCK : ZONE_WORD;
    access->at = (size_t)block * ZONE_BLOCK + (size_t)word * ZONE_WORD;
    size_t end = ((size_t)block + 1) * ZONE_BLOCK;
    end = end < size ? end : size;
    if (access->at >= end) {
        return STATUS_PARSE;
    }
    access->there = access->len < end - access->at ? access->len : end - access->at;
    return STATUS_OK;
}

static void access_copy(struct call *call, const struct access *access, const uint8_t *from)
{
    memset(call->out, 0, access->len);
    memcpy(call->out, from + access->at, access->there);
    call->out_len = access->len;
}

static uint8_t read_slot(struct call *call, const struct access *access)
{
    unsigned config = zones_slot_config(call->memory, access->slot);
    if (!zones_data_locked(call->memory) || zones_slot_private(call->memory, access->slot)) {
        return STATUS_EXECUTION;
    }
    if ((config & SLOT_IS_SECRET) == 0) {
        access_copy(call, access, zones_slot(call->memory, access->slot));
        return STATUS_OK;
    }
    bool allowed = (config & SLOT_ENCRYPT_READ) != 0 && access->len == ZONE_BLOCK;
    if (!allowed || !rule_session(call, config & 15)) {
        return STATUS_EXECUTION;
    }
    access_copy(call, access, zones_slot(call->memory, access->slot));
    rule_xor(call->out, call->work->tempkey.value, ZONE_BLOCK);
    rule_tempkey_spend(call);
    return STATUS_OK;
}

uint8_t command_read(struct call *call)
{
    struct access access;
    uint8_t status = access_take(&access, call);
    if (status != STATUS_OK) {
        return status;
    }
    if (access.zone == ZONE_DATA) {
        return read_slot(call, &access);
    }
    if (access.zone == ZONE_OTP && !zones_data_locked(call->memory)) {
        return STATUS_EXECUTION;
    }
    access_copy(call, &access, access.zone == ZONE_OTP ? call->memory->otp : call->memory->config);
    return STATUS_OK;
}

/* Bytes 0 to 15 and 84 to 87 refuse the whole access. The slot locks, bytes 88 and 89, are written as the rest is. */
static uint8_t write_config(struct call *call, const struct access *access)
{
    size_t end = access->at + access->there;
    bool extra = access->at < CONFIG_SLOT_LOCKED && end > CONFIG_USER_EXTRA;
    if (zones_config_locked(call->memory) || access->at < CONFIG_I2C_ADDRESS || extra) {
        return STATUS_EXECUTION;
    }
    memcpy(call->memory->config + access->at, call->data, access->there);
    call->memory->wear[PLACE_CONFIG]++;
    return STATUS_OK;
}

static uint8_t write_otp(struct call *call, const struct access *access)
{
    bool open = zones_config_locked(call->memory) && !zones_data_locked(call->memory);
    if (!open || access->len != ZONE_BLOCK) {
        return STATUS_EXECUTION;
    }
    memcpy(call->memory->otp + access->at, call->data, access->there);
    call->memory->wear[PLACE_OTP]++;
    return STATUS_OK;
}

/* Undoes the encryption of a write and checks its MAC: SHA(TempKey, call, serial, 25 zeros, plaintext). */
static uint8_t write_open(struct call *call, unsigned slot, uint8_t plain[ZONE_BLOCK])
{
    struct hash hash;
    uint8_t mac[DIGEST];
    const uint8_t *tempkey = call->work->tempkey.value;
    if (!rule_session(call, zones_slot_config(call->memory, slot) >> 8 & 15)) {
        return STATUS_EXECUTION;
    }
    memcpy(plain, call->data, ZONE_BLOCK);
    rule_xor(plain, tempkey, ZONE_BLOCK);
    hash_begin(&hash);
    hash_add(&hash, tempkey, 32);
    rule_hash_call(&hash, call);
    rule_hash_serial(&hash, call);
    hash_zeros(&hash, 25);
    hash_add(&hash, plain, ZONE_BLOCK);
    hash_end(&hash, mac);
    rule_tempkey_spend(call);
    return memcmp(mac, call->data + ZONE_BLOCK, DIGEST) == 0 ? STATUS_OK : STATUS_EXECUTION;
}

/* Before the data lock: whole blocks of any slot, clear or encrypted. After it: what SlotConfig's write bits say. */
static uint8_t write_allowed(const struct call *call, const struct access *access)
{
    unsigned config = zones_slot_config(call->memory, access->slot);
    bool encrypted = (call->mode & 0x40) != 0;
    bool word = access->len == ZONE_WORD;
    if (!zones_config_locked(call->memory) || zones_slot_private(call->memory, access->slot) ||
        zones_slot_locked(call->memory, access->slot)) {
        return STATUS_EXECUTION;
    }
    if (!zones_data_locked(call->memory)) {
        return word ? STATUS_EXECUTION : STATUS_OK;
    }
    if ((config & SLOT_WRITE_ENCRYPT) != 0) {
        return encrypted ? STATUS_OK : STATUS_EXECUTION;
    }
    bool never = (config & (SLOT_WRITE_2 | SLOT_WRITE_8)) != 0;
    bool valid = (config & SLOT_WRITE_1) != 0 && zones_slot_public(call->memory, access->slot) &&
                 zones_public_valid(call->memory, access->slot);
    bool secret_word = word && (config & SLOT_IS_SECRET) != 0;
    return encrypted || never || valid || secret_word ? STATUS_EXECUTION : STATUS_OK;
}

static uint8_t write_slot(struct call *call, const struct access *access)
{
    uint8_t block[ZONE_BLOCK] = {0};
    uint8_t status = write_allowed(call, access);
    if (status != STATUS_OK) {
        return status;
    }
    if ((call->mode & 0x40) != 0) {
        status = write_open(call, access->slot, block);
    } else {
        memcpy(block, call->data, access->len);
    }
    /* a public key that needs validation is invalid as soon as its first block is new */
    bool validated = zones_slot_public(call->memory, access->slot) &&
                     (zones_key_config(call->memory, access->slot) & KEY_PUB_INFO) != 0;
    if (validated && access->at == 0) {
        block[0] = (uint8_t)(0xA0 | (block[0] & 0x0F));
    }
    return status == STATUS_OK ? rule_put(call, access->slot, access->at, block, access->there) : status;
}

uint8_t command_write(struct call *call)
{
    struct access access;
    uint8_t status = access_take(&access, call);
    if (status != STATUS_OK) {
        return status;
    }
    switch (access.zone) {
    case ZONE_CONFIG:
        return write_config(call, &access);
    case ZONE_OTP:
        return write_otp(call, &access);
    default:
        return write_slot(call, &access);
    }
}

#define PRIVATE_SIZE 36 /* four zeros, then the key */

/* 36 bytes, XORed with TempKey and SHA(TempKey), and a MAC: SHA(TempKey, call, serial, 21 zeros, plaintext). */
static uint8_t private_open(struct call *call, uint8_t plain[PRIVATE_SIZE])
{
    struct hash hash;
    uint8_t digest[DIGEST];
    const uint8_t *tempkey = call->work->tempkey.value;
    if (!rule_session(call, zones_slot_config(call->memory, call->param) >> 8 & 15)) {
        return STATUS_EXECUTION;
    }
    hash_begin(&hash);
    hash_add(&hash, tempkey, 32);
    hash_end(&hash, digest);
    rule_xor(plain, tempkey, 32);
    rule_xor(plain + 32, digest, PRIVATE_SIZE - 32);
    hash_begin(&hash);
    hash_add(&hash, tempkey, 32);
    rule_hash_call(&hash, call);
    rule_hash_serial(&hash, call);
    hash_zeros(&hash, 21);
    hash_add(&hash, plain, PRIVATE_SIZE);
    hash_end(&hash, digest);
    rule_tempkey_spend(call);
    return memcmp(digest, call->data + PRIVATE_SIZE, DIGEST) == 0 ? STATUS_OK : STATUS_EXECUTION;
}

uint8_t command_priv_write(struct call *call)
{
    static const uint8_t zeros[4];
    uint8_t plain[PRIVATE_SIZE];
    unsigned slot = call->param;
    bool encrypted = (call->mode & 0x40) != 0;
    bool locked = zones_data_locked(call->memory);
    bool granted = (zones_slot_config(call->memory, slot) & SLOT_WRITE_ENCRYPT) != 0;
    if (!zones_config_locked(call->memory) || !zones_slot_private(call->memory, slot) ||
        zones_slot_locked(call->memory, slot) || (locked && !(encrypted && granted))) {
        return STATUS_EXECUTION;
    }
    memcpy(plain, call->data, PRIVATE_SIZE);
    uint8_t status = encrypted ? private_open(call, plain) : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    if (memcmp(plain, zeros, sizeof zeros) != 0 || !curve_key_valid(plain + 4)) {
        return STATUS_EXECUTION;
    }
    return rule_put(call, slot, 0, plain, PRIVATE_SIZE);
}
