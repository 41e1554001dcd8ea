/* sim/command_info.c: Info, SelfTest, Counter, Lock, UpdateExtra: what the chip says of itself and does to its
 * configuration. */
#include "command.h"

#include <string.h>

#include "curve.h"

/* ASSUMPTION: where validity means nothing (no P-256 key, a public key that needs no validation) the answer is 1 if
 * the slot is a public key's, else 0. */
static bool info_key_valid(const struct call *call, unsigned slot)
{
    if (zones_slot_private(call->memory, slot)) {
        return curve_key_valid(zones_private_key(call->memory, slot));
    }
    if (!zones_slot_public(call->memory, slot)) {
        return false;
    }
    bool validated = (zones_key_config(call->memory, slot) & KEY_PUB_INFO) != 0;
    return !validated || zones_public_valid(call->memory, slot);
}

static uint8_t info_latch(struct call *call)
{
    if ((call->param & 2) != 0) {
        unsigned permission = call->memory->config[CONFIG_VOLATILE_KEY];
        bool authorised = call->work->authorised && call->work->authorised_key == (permission & 15);
        bool set = (call->param & 1) != 0;
        if ((permission & 0x80) == 0 || (set && !authorised)) {
            return STATUS_EXECUTION;
        }
        call->chip->latch = set;
    }
    call->out[0] = call->chip->latch;
    return STATUS_OK;
}

uint8_t command_info(struct call *call)
{
    const struct work *work = call->work;
    memset(call->out, 0, 4);
    call->out_len = 4;
    switch (call->mode) {
    case 0:
        memcpy(call->out, call->memory->config + CONFIG_REVISION, 4);
        break;
    case 1:
        call->out[0] = info_key_valid(call, call->param);
        break;
    case 2:
        call->out[0] = rule_tempkey_flags(call);
        call->out[1] = (uint8_t)((unsigned)work->authorised << 2 | (unsigned)work->authorised_key << 3 |
                                 (unsigned)work->tempkey.valid << 7);
        break;
    case 3: /* ASSUMPTION: only single-wire parts have the pin; it reads high, and driving it changes nothing */
        call->out[0] = 1;
        return (call->memory->config[CONFIG_I2C_ENABLE] & 1) != 0 ? STATUS_EXECUTION : STATUS_OK;
    default:
        return info_latch(call);
    }
    return STATUS_OK;
}

/* ASSUMPTION: mode 0 tells what the last test found; bit 1 of the mode, part of "all", tests nothing. */
uint8_t command_self_test(struct call *call)
{
    if (call->mode != 0) {
        call->work->self_test = 0;
    }
    call->out[0] = call->work->self_test;
    call->out_len = 1;
    return STATUS_OK;
}

uint8_t command_counter(struct call *call)
{
    unsigned id = call->param;
    if (call->mode == 1) {
        uint8_t status = zones_config_locked(call->memory) ? rule_count(call, id) : STATUS_EXECUTION;
        if (status != STATUS_OK) {
            return status;
        }
    }
    uint32_t value = zones_counter(call->memory, id);
    for (unsigned i = 0; i < 4; i++) {
        call->out[i] = (uint8_t)(value >> 8 * i);
    }
    call->out_len = 4;
    return STATUS_OK;
}

static uint8_t lock_slot(struct call *call, unsigned slot)
{
    uint8_t *locks = call->memory->config + CONFIG_SLOT_LOCKED;
    bool lockable = (zones_key_config(call->memory, slot) & KEY_LOCKABLE) != 0;
    if (!zones_config_locked(call->memory) || !lockable || zones_slot_locked(call->memory, slot)) {
        return STATUS_EXECUTION;
    }
    locks[slot / 8] &= (uint8_t) ~(1U << slot % 8);
    call->memory->wear[PLACE_CONFIG]++;
    return STATUS_OK;
}

uint8_t command_lock(struct call *call)
{
    bool crc_matters = (call->mode & 0x80) == 0;
    bool config_locked = zones_config_locked(call->memory);
    if ((call->mode & 3) == 2) {
        return lock_slot(call, call->mode >> 2 & 15);
    }
    bool config = (call->mode & 3) == 0;
    if (config ? config_locked : !config_locked || zones_data_locked(call->memory)) {
        return STATUS_EXECUTION;
    }
    uint16_t crc = config ? zones_config_crc(call->memory) : zones_data_crc(call->memory);
    if (crc_matters && crc != call->param) {
        return STATUS_EXECUTION;
    }
    call->memory->config[config ? CONFIG_LOCK_CONFIG : CONFIG_LOCK_VALUE] = 0;
    call->memory->wear[PLACE_CONFIG]++;
    return STATUS_OK;
}

/* Bytes 84 and 85: before the configuration lock at any time, after it once, while still 0. */
uint8_t command_update_extra(struct call *call)
{
    if (call->mode == 2) {
        /* ASSUMPTION: takes one of the uses that Counter0 leaves to a LimitedUse slot */
        bool limited = (zones_slot_config(call->memory, call->param) & SLOT_LIMITED_USE) != 0;
        return limited && zones_config_locked(call->memory) ? rule_use(call, call->param) : STATUS_EXECUTION;
    }
    uint8_t *extra = call->memory->config + CONFIG_USER_EXTRA + call->mode;
    if (zones_config_locked(call->memory) && *extra != 0) {
        return STATUS_EXECUTION;
    }
    *extra = (uint8_t)call->param;
    call->memory->wear[PLACE_CONFIG]++;
    return STATUS_OK;
}
