/* sim/command_random.c: Random and Nonce. */
#include "command.h"

#include <string.h>

/* Before the configuration is locked the source shows a pattern, so that nobody takes it for randomness. */
static void random_block(struct call *call, uint8_t block[32])
{
    static const uint8_t pattern[4] = {0xFF, 0xFF, 0x00, 0x00};
    if (zones_config_locked(call->memory)) {
        source_bytes(&call->chip->source, block, 32);
        return;
    }
    for (unsigned i = 0; i < 32; i++) {
        block[i] = pattern[i % 4];
    }
}

uint8_t command_random(struct call *call)
{
    random_block(call, call->out);
    call->out_len = 32;
    return STATUS_OK;
}

/* TempKey = SHA(RandOut, NumIn, opcode, mode, low byte of param); with bit 15 of param RandOut is the old TempKey. */
static uint8_t nonce_random(struct call *call)
{
    bool calculate = (call->param & 0x8000) != 0;
    uint8_t block[32];
    uint8_t nonce[DIGEST];
    struct hash hash;
    if (calculate && !rule_tempkey_usable(call)) {
        return STATUS_EXECUTION;
    }
    if (calculate) {
        memcpy(block, call->work->tempkey.value, 32);
    } else {
        random_block(call, block);
    }
    uint8_t head[3] = {call->opcode, call->mode, (uint8_t)call->param};
    hash_begin(&hash);
    hash_add(&hash, block, 32);
    hash_add(&hash, call->data, call->len);
    hash_add(&hash, head, sizeof head);
    hash_end(&hash, nonce);
    bool fixed = calculate && call->work->tempkey.fixed; /* ASSUMPTION: no new randomness, so the flag stays */
    rule_tempkey_set(call, nonce, DIGEST, fixed);
    memcpy(call->out, calculate ? nonce : block, 32);
    call->out_len = 32;
    return STATUS_OK;
}

uint8_t command_nonce(struct call *call)
{
    struct work *work = call->work;
    if ((call->mode & 3) != 3) {
        return nonce_random(call);
    }
    switch (call->mode >> 6) {
    case 0:
        rule_tempkey_set(call, call->data, call->len, true);
        break;
    case 1:
        memset(work->message, 0, sizeof work->message);
        memcpy(work->message, call->data, call->len);
        work->message_len = call->len;
        break;
    default:
        memcpy(work->alternate, call->data, 32);
        work->alternate_valid = true;
        break;
    }
    return STATUS_OK;
}
