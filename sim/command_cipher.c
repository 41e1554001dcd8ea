/* sim/command_cipher.c: SHA, AES and KDF. */
#include "command.h"

#include <string.h>

enum { SHA_START = 0, SHA_UPDATE = 1, SHA_END = 2, SHA_PUBLIC = 3, SHA_HMAC_START = 4, SHA_READ = 6, SHA_WRITE = 7 };

static uint8_t sha_hmac_start(struct call *call)
{
    struct work *work = call->work;
    if (call->param == TEMPKEY_ID) {
        if (!rule_tempkey_usable(call) || work->tempkey.no_mac) {
            return STATUS_EXECUTION;
        }
        hmac_begin(&work->sha, work->tempkey.value, 32);
        work->sha_kind = SHA_HMAC;
        return STATUS_OK;
    }
    bool barred = (zones_slot_config(call->memory, call->param) & SLOT_NO_MAC) != 0;
    if (!zones_data_locked(call->memory) || zones_slot_private(call->memory, call->param) || barred ||
        rule_use(call, call->param) != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    hmac_begin(&work->sha, zones_slot(call->memory, call->param), 32);
    work->sha_kind = SHA_HMAC;
    return STATUS_OK;
}

static uint8_t sha_public(struct call *call)
{
    uint8_t point[64];
    if (!zones_data_locked(call->memory) || !zones_slot_public(call->memory, call->param) ||
        call->work->sha_kind == SHA_NONE) {
        return STATUS_EXECUTION;
    }
    zones_public_key(call->memory, call->param, point);
    hash_add(&call->work->sha.inner, point, sizeof point);
    return STATUS_OK;
}

/* The digest goes out, and by bits 6 and 7 of the mode to TempKey, to the message digest buffer or nowhere else. */
static uint8_t sha_end(struct call *call)
{
    struct work *work = call->work;
    hash_add(&work->sha.inner, call->data, call->len);
    if (work->sha_kind == SHA_HMAC) {
        hmac_end(&work->sha, call->out);
    } else {
        hash_end(&work->sha.inner, call->out);
    }
    call->out_len = DIGEST;
    work->sha_kind = SHA_NONE;
    memset(&work->sha, 0, sizeof work->sha);
    switch (call->mode >> 6) {
    case 0:
        rule_tempkey_set(call, call->out, DIGEST, true);
        break;
    case 1:
        memset(work->message, 0, sizeof work->message);
        memcpy(work->message, call->out, DIGEST);
        work->message_len = DIGEST;
        break;
    default:
        break;
    }
    return STATUS_OK;
}

/* ASSUMPTION: the context of an HMAC can be neither read nor written; the key would be in it. */
static uint8_t sha_read(struct call *call)
{
    if (call->work->sha_kind != SHA_PLAIN) {
        return STATUS_EXECUTION;
    }
    call->out_len = hash_export(&call->work->sha.inner, call->out);
    return STATUS_OK;
}

static uint8_t sha_write(struct call *call)
{
    if (!hash_import(&call->work->sha.inner, call->data, call->len)) {
        return STATUS_PARSE;
    }
    call->work->sha_kind = SHA_PLAIN;
    return STATUS_OK;
}

uint8_t command_sha(struct call *call)
{
    struct work *work = call->work;
    unsigned mode = call->mode & 7;
    bool sized = mode == SHA_UPDATE || mode == SHA_END || mode == SHA_WRITE;
    if (sized && call->param != call->len) {
        return STATUS_PARSE;
    }
    if ((mode == SHA_UPDATE || mode == SHA_END) && work->sha_kind == SHA_NONE) {
        return STATUS_EXECUTION;
    }
    switch (mode) {
    case SHA_START:
        hash_begin(&work->sha.inner);
        work->sha_kind = SHA_PLAIN;
        return STATUS_OK;
    case SHA_UPDATE:
        hash_add(&work->sha.inner, call->data, call->len);
        return STATUS_OK;
    case SHA_END:
        return sha_end(call);
    case SHA_PUBLIC:
        return sha_public(call);
    case SHA_HMAC_START:
        return sha_hmac_start(call);
    case SHA_READ:
        return sha_read(call);
    default:
        return sha_write(call);
    }
}

/* 16 bytes of key: a quarter of TempKey or of a slot of the AES type, which opens with the data lock. */
static uint8_t aes_key(struct call *call, uint8_t key[BLOCK])
{
    size_t at = (size_t)(call->mode >> 6) * BLOCK;
    if (call->param == TEMPKEY_ID) {
        memcpy(key, call->work->tempkey.value + at, BLOCK);
        return rule_tempkey_usable(call) ? STATUS_OK : STATUS_EXECUTION;
    }
    if (at + BLOCK > zones_slot_size(call->param)) {
        return STATUS_PARSE;
    }
    bool aes = (zones_key_config(call->memory, call->param) >> 2 & 7) == KEY_TYPE_AES;
    if (!zones_data_locked(call->memory) || !aes) {
        return STATUS_EXECUTION;
    }
    memcpy(key, zones_slot(call->memory, call->param) + at, BLOCK);
    return rule_use(call, call->param);
}

uint8_t command_aes(struct call *call)
{
    uint8_t key[BLOCK];
    if ((call->memory->config[CONFIG_AES_ENABLE] & 1) == 0) {
        return STATUS_PARSE;
    }
    call->out_len = BLOCK;
    if ((call->mode & 3) == 3) {
        gcm_multiply(call->data, call->data + BLOCK, call->out);
        return STATUS_OK;
    }
    uint8_t status = aes_key(call, key);
    if (status != STATUS_OK) {
        return status;
    }
    if ((call->mode & 3) == 0) {
        aes_encrypt(key, call->data, call->out);
    } else {
        aes_decrypt(key, call->data, call->out);
    }
    return STATUS_OK;
}

enum { KDF_PRF = 0, KDF_AES = 1, KDF_HKDF = 2 };
enum { FROM_TEMPKEY = 0, FROM_TEMPKEY_UP = 1, FROM_SLOT = 2, FROM_ALTERNATE = 3 };
enum { TO_TEMPKEY = 0, TO_TEMPKEY_UP = 1, TO_SLOT = 2, TO_ALTERNATE = 3, TO_OUTPUT = 4, TO_OUTPUT_ENCRYPTED = 5 };
enum { MESSAGE_SLOT = 0, MESSAGE_TEMPKEY = 1, MESSAGE_INPUT = 2, MESSAGE_CHECKED = 3 };

struct kdf {
    const uint8_t *key;
    size_t key_cap; /* how many bytes the source has */
    const uint8_t *message;
    size_t message_len;
    uint8_t out[64];
    size_t out_len;
    bool split; /* PRF for AEAD: the second half goes to the output */
};

static uint8_t kdf_source(struct call *call, struct kdf *kdf)
{
    unsigned slot = call->param & 15;
    switch (call->mode & 3) {
    case FROM_TEMPKEY:
    case FROM_TEMPKEY_UP:
        kdf->key = call->work->tempkey.value + 32 * (size_t)(call->mode & 3);
        kdf->key_cap = (call->mode & 3) == FROM_TEMPKEY ? 64 : 32;
        return rule_tempkey_usable(call) ? STATUS_OK : STATUS_EXECUTION;
    case FROM_SLOT:
        kdf->key = zones_slot(call->memory, slot);
        kdf->key_cap = zones_slot_size(slot);
        return zones_slot_p256(call->memory, slot) ? STATUS_EXECUTION : rule_use(call, slot);
    default:
        kdf->key = call->work->alternate;
        kdf->key_cap = 32;
        return call->work->alternate_valid ? STATUS_OK : STATUS_EXECUTION;
    }
}

/* Where HKDF's message is. ASSUMPTION: for a message in a slot or in TempKey, byte 3 of the details is how much of it
 * counts, and bytes that follow in the command are ignored; such a slot must not hold a private key. */
static uint8_t kdf_message(struct call *call, struct kdf *kdf)
{
    const uint8_t *details = call->data;
    const uint8_t *config = call->memory->config;
    unsigned slot = details[1] & 15;
    kdf->message = call->data + 4;
    switch (details[0] & 3) {
    case MESSAGE_SLOT:
        kdf->message = zones_slot(call->memory, slot);
        return zones_slot_private(call->memory, slot) || kdf->message_len > zones_slot_size(slot) ? STATUS_EXECUTION
                                                                                                  : STATUS_OK;
    case MESSAGE_TEMPKEY:
        kdf->message = call->work->tempkey.value;
        return !rule_tempkey_usable(call) || kdf->message_len > 64 ? STATUS_EXECUTION : STATUS_OK;
    case MESSAGE_CHECKED: {
        size_t at = config[CONFIG_KDF_IV_LOC];
        bool there = at + 2 <= kdf->message_len;
        return there && memcmp(kdf->message + at, config + CONFIG_KDF_IV_STR, 2) == 0 ? STATUS_OK : STATUS_EXECUTION;
    }
    default:
        return STATUS_OK;
    }
}

/* The lengths and details that each algorithm knows. ASSUMPTION: bits 9 and 10 of PRF's details: 1 sends the first
 * half to the target and the second to the output, more is not defined. */
static uint8_t kdf_parse(const struct call *call, struct kdf *kdf)
{
    const uint8_t *details = call->data;
    size_t given = call->len - 4;
    unsigned location = details[0] & 3;
    unsigned split = details[1] >> 1 & 3;
    unsigned target = call->mode >> 2 & 7;
    bool no_source = (call->mode & 3) == FROM_SLOT && (call->param & 0xFF) > 15;
    bool no_target = target > TO_OUTPUT_ENCRYPTED || (target == TO_SLOT && call->param >> 8 > 15);
    if (no_source || no_target) {
        return STATUS_PARSE;
    }
    kdf->message_len = details[3];
    kdf->out_len = 32;
    switch (call->mode >> 5 & 3) {
    case KDF_PRF:
        kdf->out_len = (details[1] & 1) != 0 ? 64 : 32;
        kdf->split = split == 1;
        return given != kdf->message_len || split > 1 || (kdf->split && kdf->out_len != 64) ? STATUS_PARSE : STATUS_OK;
    case KDF_AES:
        return given != BLOCK || (call->memory->config[CONFIG_AES_ENABLE] & 1) == 0 ? STATUS_PARSE : STATUS_OK;
    case KDF_HKDF: {
        bool elsewhere = given == 0 && (location == MESSAGE_SLOT || location == MESSAGE_TEMPKEY);
        return kdf->message_len > 128 || (given != kdf->message_len && !elsewhere) ? STATUS_PARSE : STATUS_OK;
    }
    default:
        return STATUS_PARSE;
    }
}

static uint8_t kdf_hkdf(struct call *call, struct kdf *kdf)
{
    static const uint8_t zeros[32];
    bool zero_key = (call->data[0] & 4) != 0;
    uint8_t status = zero_key ? STATUS_OK : kdf_source(call, kdf);
    if (status == STATUS_OK) {
        status = kdf_message(call, kdf);
    }
    if (status == STATUS_OK) {
        hmac_once(zero_key ? zeros : kdf->key, 32, kdf->message, kdf->message_len, kdf->out);
    }
    return status;
}

static uint8_t kdf_prf(struct call *call, struct kdf *kdf)
{
    size_t key_len = 16U * (1U + (call->data[0] & 3U));
    uint8_t status = kdf_source(call, kdf);
    if (status != STATUS_OK || key_len > kdf->key_cap) {
        return STATUS_EXECUTION;
    }
    prf(kdf->key, key_len, call->data + 4, kdf->message_len, kdf->out, kdf->out_len);
    return STATUS_OK;
}

/* ASSUMPTION: ChipOptions bit 2 allows it. */
static uint8_t kdf_aes(struct call *call, struct kdf *kdf)
{
    size_t at = BLOCK * (size_t)(call->data[0] & 3);
    bool allowed = (zones_chip_options(call->memory) & OPTION_KDF_AES) != 0;
    if (!allowed || kdf_source(call, kdf) != STATUS_OK || at + BLOCK > kdf->key_cap) {
        return STATUS_EXECUTION;
    }
    aes_encrypt(kdf->key + at, call->data + 4, kdf->out);
    return STATUS_OK;
}

/* ASSUMPTION: a derived key in TempKey counts as SourceFlag 1, and the other half of TempKey stays. */
static uint8_t kdf_to_tempkey(struct call *call, const uint8_t *key, size_t len, size_t at)
{
    uint8_t value[64];
    if (at + len > sizeof value) {
        return STATUS_EXECUTION;
    }
    memcpy(value, call->work->tempkey.value, sizeof value);
    if (!rule_tempkey_usable(call)) {
        memset(value, 0, sizeof value);
    }
    memcpy(value + at, key, len);
    rule_tempkey_set(call, value, sizeof value, true);
    return STATUS_OK;
}

static uint8_t kdf_deliver(struct call *call, const uint8_t *key, size_t len)
{
    unsigned target = call->mode >> 2 & 7;
    unsigned protection = zones_chip_options(call->memory) >> 10 & 3;
    switch (target) {
    case TO_TEMPKEY:
    case TO_TEMPKEY_UP:
        return kdf_to_tempkey(call, key, len, target == TO_TEMPKEY ? 0 : 32);
    case TO_SLOT:
        return rule_put_derived(call, call->param >> 8 & 15, false, key, len);
    case TO_ALTERNATE:
        if (len > 32) {
            return STATUS_EXECUTION;
        }
        memcpy(call->work->alternate, key, len);
        call->work->alternate_valid = true;
        return STATUS_OK;
    default:
        return rule_output(call, key, len, protection, target == TO_OUTPUT_ENCRYPTED);
    }
}

static uint8_t kdf_derive(struct call *call, struct kdf *kdf)
{
    switch (call->mode >> 5 & 3) {
    case KDF_PRF:
        return kdf_prf(call, kdf);
    case KDF_AES:
        return kdf_aes(call, kdf);
    default:
        return kdf_hkdf(call, kdf);
    }
}

/* ASSUMPTION: KDF works from the data lock on. */
uint8_t command_kdf(struct call *call)
{
    struct kdf kdf = {0};
    uint8_t status = kdf_parse(call, &kdf);
    if (status != STATUS_OK) {
        return status;
    }
    if (!zones_data_locked(call->memory) || kdf_derive(call, &kdf) != STATUS_OK) {
        return STATUS_EXECUTION;
    }
    if (!kdf.split) {
        return kdf_deliver(call, kdf.out, kdf.out_len);
    }
    status = kdf_deliver(call, kdf.out, 32);
    if (status != STATUS_OK || call->out_len != 0) {
        return STATUS_EXECUTION; /* both halves cannot be the answer */
    }
    return rule_output(call, kdf.out + 32, 32, zones_chip_options(call->memory) >> 10 & 3, false);
}
