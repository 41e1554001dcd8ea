/* sim/command_verify.c: Verify and SecureBoot: signatures checked, and the answer protected by the IO key. */
#include "command.h"

#include <string.h>

#include "curve.h"

enum {
    VERIFY_STORED = 0,
    VERIFY_VALIDATE_EXTERNAL = 1,
    VERIFY_EXTERNAL = 2,
    VERIFY_VALIDATE = 3,
    VERIFY_INVALIDATE = 7
};

/* A stored public key that may be used: of the right kind, and valid where validation is asked for. */
static bool verify_stored_key(const struct call *call, unsigned slot, uint8_t point[64])
{
    bool validated = (zones_key_config(call->memory, slot) & KEY_PUB_INFO) != 0;
    if (!zones_slot_public(call->memory, slot) || (validated && !zones_public_valid(call->memory, slot))) {
        return false;
    }
    zones_public_key(call->memory, slot, point);
    return true;
}

/* ASSUMPTION: stored keys are used from the data lock on. ValidateExternal checks with the key given, asks for a
 * public-key slot, and changes nothing there. */
static uint8_t verify_key(struct call *call, uint8_t point[64])
{
    unsigned kind = call->mode & 7;
    if (kind == VERIFY_EXTERNAL) {
        memcpy(point, call->data + 64, 64);
        return STATUS_OK;
    }
    if (!zones_data_locked(call->memory)) {
        return STATUS_EXECUTION;
    }
    if (kind == VERIFY_VALIDATE_EXTERNAL) {
        memcpy(point, call->data + 64, 64);
        return zones_slot_public(call->memory, call->param) ? STATUS_OK : STATUS_EXECUTION;
    }
    return verify_stored_key(call, call->param, point) ? rule_use(call, call->param) : STATUS_EXECUTION;
}

/* MAC = SHA(IO key, message, the host's nonce, signature, call): the nonce is the part of the message digest buffer
 * that does not hold the message. */
static uint8_t verify_mac(struct call *call, const uint8_t digest[DIGEST])
{
    bool from_buffer = (call->mode & 0x20) != 0;
    const uint8_t *io_key = rule_io_key(call);
    if (io_key == NULL || call->work->message_len < (from_buffer ? 64U : 32U)) {
        return STATUS_EXECUTION;
    }
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, io_key, 32);
    hash_add(&hash, digest, DIGEST);
    hash_add(&hash, call->work->message + (from_buffer ? 32 : 0), 32);
    hash_add(&hash, call->data, 64);
    rule_hash_call(&hash, call);
    hash_end(&hash, call->out);
    call->out_len = DIGEST;
    return STATUS_OK;
}

static uint8_t verify_signature(struct call *call)
{
    uint8_t point[64];
    uint8_t digest[DIGEST];
    bool from_buffer = (call->mode & 0x20) != 0;
    uint8_t status = verify_key(call, point);
    if (status != STATUS_OK) {
        return status;
    }
    if (from_buffer ? call->work->message_len == 0 : !rule_tempkey_usable(call)) {
        return STATUS_EXECUTION;
    }
    if (!curve_point_valid(point)) {
        return STATUS_EXECUTION;
    }
    memcpy(digest, from_buffer ? call->work->message : call->work->tempkey.value, DIGEST);
    bool good = curve_verify(point, digest, call->data);
    status = (call->mode & 0x80) != 0 ? verify_mac(call, digest) : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    if (!from_buffer) {
        rule_tempkey_spend(call);
    }
    if (!good) {
        call->out_len = 0;
    }
    return good ? STATUS_OK : STATUS_MISMATCH;
}

/* What an internal signature of the parent's holder covered, put together again from the 19 bytes given. */
static void validate_digest(const struct call *call, uint8_t digest[DIGEST])
{
    const uint8_t *other = call->data + 64;
    struct hash hash;
    uint8_t opcode = 0x41;
    hash_begin(&hash);
    hash_add(&hash, call->work->tempkey.value, 32);
    hash_add(&hash, &opcode, 1);
    hash_add(&hash, other, 10);
    hash_add(&hash, call->memory->config + 12, 1);
    hash_add(&hash, other + 10, 4);
    hash_add(&hash, call->memory->config, 2);
    hash_add(&hash, other + 14, 5);
    hash_end(&hash, digest);
}

/* Validate and Invalidate: the key of slot ReadKey vouches for the one of this slot, whose digest is in TempKey.
 * ASSUMPTION: byte 17 of the other data, Sign's invalidate bit, must say the same as the mode; a locked slot keeps
 * its state. */
static uint8_t verify_validate(struct call *call)
{
    unsigned slot = call->param;
    const struct tempkey *tempkey = &call->work->tempkey;
    uint8_t parent[64];
    uint8_t digest[DIGEST];
    bool invalidate = (call->mode & 7) == VERIFY_INVALIDATE;
    bool wanted = (zones_key_config(call->memory, slot) & KEY_PUB_INFO) != 0 && zones_slot_public(call->memory, slot);
    if (!zones_data_locked(call->memory) || !wanted || zones_slot_locked(call->memory, slot) ||
        !verify_stored_key(call, zones_slot_config(call->memory, slot) & 15, parent)) {
        return STATUS_EXECUTION;
    }
    if (!tempkey->valid || !tempkey->genkey || tempkey->key_id != slot || call->data[64 + 17] != invalidate ||
        !curve_point_valid(parent)) {
        return STATUS_EXECUTION;
    }
    validate_digest(call, digest);
    rule_tempkey_spend(call);
    if (!curve_verify(parent, digest, call->data)) {
        return STATUS_MISMATCH;
    }
    uint8_t first = zones_slot(call->memory, slot)[0] & 0x0F;
    first |= invalidate ? 0xA0 : 0x50;
    return rule_put(call, slot, 0, &first, 1);
}

uint8_t command_verify(struct call *call)
{
    unsigned kind = call->mode & 7;
    if (kind == VERIFY_EXTERNAL && call->param != 0x0004) {
        return STATUS_PARSE;
    }
    bool validate = kind == VERIFY_VALIDATE || kind == VERIFY_INVALIDATE;
    return validate ? verify_validate(call) : verify_signature(call);
}

enum { BOOT_OFF = 0, BOOT_FULL = 1, BOOT_SIGNATURE = 2, BOOT_DIGEST = 3 };
enum { BOOT_MODE_FULL = 5, BOOT_MODE_STORE = 6, BOOT_MODE_COPY = 7 };

struct boot {
    unsigned config; /* BOOT_FULL, BOOT_SIGNATURE or BOOT_DIGEST */
    unsigned mode;
    unsigned stored_slot, key_slot;
    uint8_t digest[DIGEST];
    uint8_t pad[DIGEST]; /* SHA(IO key, TempKey) */
    const uint8_t *signature;
};

static uint8_t boot_take(struct call *call, struct boot *boot)
{
    const uint8_t *at = call->memory->config + CONFIG_SECURE_BOOT;
    bool random_nonce = call->work->tempkey.valid && !call->work->tempkey.fixed;
    boot->config = at[0] & 3;
    boot->mode = call->mode & 7;
    boot->stored_slot = at[1] & 15;
    boot->key_slot = at[1] >> 4;
    if (!zones_data_locked(call->memory) || boot->config == BOOT_OFF || call->chip->boot_prohibited) {
        return STATUS_EXECUTION;
    }
    if (boot->config == BOOT_FULL && boot->mode != BOOT_MODE_FULL) {
        return STATUS_EXECUTION;
    }
    if (boot->config == BOOT_SIGNATURE && zones_slot_size(boot->stored_slot) < 64) {
        return STATUS_EXECUTION;
    }
    if ((at[0] & 0x10) != 0 && !random_nonce) { /* ASSUMPTION: bit 4 asks for a random nonce in TempKey */
        return STATUS_EXECUTION;
    }
    memcpy(boot->digest, call->data, DIGEST);
    boot->signature = boot->mode == BOOT_MODE_STORE ? zones_slot(call->memory, boot->stored_slot) : call->data + DIGEST;
    return STATUS_OK;
}

static uint8_t boot_decrypt(struct call *call, struct boot *boot)
{
    const uint8_t *io_key = rule_io_key(call);
    if (io_key == NULL || !rule_tempkey_usable(call)) {
        return STATUS_EXECUTION;
    }
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, io_key, 32);
    hash_add(&hash, call->work->tempkey.value, 32);
    hash_end(&hash, boot->pad);
    rule_xor(boot->digest, boot->pad, DIGEST);
    rule_tempkey_spend(call);
    return STATUS_OK;
}

static void boot_mac(struct call *call, const struct boot *boot)
{
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, boot->pad, DIGEST);
    hash_add(&hash, boot->digest, DIGEST);
    if (boot->mode != BOOT_MODE_STORE || boot->config != BOOT_DIGEST) {
        hash_add(&hash, boot->signature, 64);
    }
    rule_hash_call(&hash, call);
    hash_end(&hash, call->out);
    call->out_len = DIGEST;
}

static uint8_t boot_check(struct call *call, const struct boot *boot)
{
    uint8_t point[64];
    if (boot->mode == BOOT_MODE_STORE && boot->config == BOOT_DIGEST) {
        bool same = memcmp(zones_slot(call->memory, boot->stored_slot), boot->digest, DIGEST) == 0;
        return same ? STATUS_OK : STATUS_MISMATCH;
    }
    if (!verify_stored_key(call, boot->key_slot, point) || !curve_point_valid(point)) {
        return STATUS_EXECUTION;
    }
    return curve_verify(point, boot->digest, boot->signature) ? STATUS_OK : STATUS_MISMATCH;
}

/* ASSUMPTION: bit 6 of the mode ends the command until power goes, and the copy is made whatever SlotConfig's write
 * bits say, unless the slot is locked. */
uint8_t command_secure_boot(struct call *call)
{
    struct boot boot;
    uint8_t status = boot_take(call, &boot);
    bool protect = (call->mode & 0x80) != 0;
    if (status == STATUS_OK && protect) {
        status = boot_decrypt(call, &boot);
    }
    if (status == STATUS_OK) {
        status = boot_check(call, &boot);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (boot.mode == BOOT_MODE_COPY) {
        size_t len = boot.config == BOOT_DIGEST ? DIGEST : 64;
        if (zones_slot_locked(call->memory, boot.stored_slot)) {
            return STATUS_EXECUTION;
        }
        status = rule_put(call, boot.stored_slot, 0, boot.config == BOOT_DIGEST ? boot.digest : boot.signature, len);
    }
    call->chip->latch |= (call->memory->config[CONFIG_SECURE_BOOT] & 0x08) != 0;
    call->chip->boot_prohibited |= (call->mode & 0x40) != 0;
    if (protect && status == STATUS_OK) {
        boot_mac(call, &boot);
    }
    return status;
}
