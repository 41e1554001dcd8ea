/* sim/command.c: the one table of commands, and the check of a packet against it. */
#include "command.h"

#define SLOT  0x000F
#define EVERY 0xFFFF

/* mask, value, bits of param, TempKey, least and most data */
static const struct shape info_shape[] = {
    {0xFF, 0x00, 0, false, 0, 0},      {0xFF, 0x01, SLOT, false, 0, 0},   {0xFF, 0x02, 0, false, 0, 0},
    {0xFF, 0x03, 0x0003, false, 0, 0}, {0xFF, 0x04, 0x0003, false, 0, 0},
};
static const struct shape random_shape[] = {{0xFE, 0x00, 0, false, 0, 0}};
static const struct shape nonce_shape[] = {
    {0xFE, 0x00, 0x8000, false, 20, 20}, {0xFF, 0x03, 0, false, 32, 32}, {0xFF, 0x43, 0, false, 32, 32},
    {0xFF, 0x83, 0, false, 32, 32},      {0xFF, 0x23, 0, false, 64, 64}, {0xFF, 0x63, 0, false, 64, 64},
};
static const struct shape read_shape[] = {
    {0x7F, 0x00, 0x001F, false, 0, 0},
    {0x7F, 0x01, 0x000F, false, 0, 0},
    {0x7F, 0x02, 0x0F7F, false, 0, 0},
};
static const struct shape write_shape[] = {
    {0xFF, 0x00, 0x001F, false, 4, 4},   {0xFF, 0x80, 0x001F, false, 32, 32}, {0xFF, 0x01, 0x000F, false, 4, 4},
    {0xFF, 0x81, 0x000F, false, 32, 32}, {0xFF, 0x02, 0x0F7F, false, 4, 4},   {0xFF, 0x82, 0x0F7F, false, 32, 32},
    {0xFF, 0xC2, 0x0F7F, false, 64, 64},
};
static const struct shape lock_shape[] = {
    {0x7F, 0x00, EVERY, false, 0, 0},
    {0x7F, 0x01, EVERY, false, 0, 0},
    {0x43, 0x02, EVERY, false, 0, 0},
};
static const struct shape gen_key_shape[] = {
    {0xFF, 0x04, SLOT, true, 0, 0},  {0xFF, 0x0C, SLOT, false, 0, 0}, {0xFF, 0x00, SLOT, false, 0, 0},
    {0xFF, 0x08, SLOT, false, 0, 0}, {0xFF, 0x10, SLOT, false, 3, 3},
};
static const struct shape sign_shape[] = {
    {0xFF, 0x80, SLOT, false, 0, 0},
    {0xFF, 0xA0, SLOT, false, 0, 0},
    {0xBE, 0x00, SLOT, false, 0, 0},
};
static const struct shape verify_shape[] = {
    {0x5F, 0x00, SLOT, false, 64, 64}, {0x5F, 0x02, 0x0004, false, 128, 128}, {0x5F, 0x01, SLOT, false, 128, 128},
    {0xFF, 0x03, SLOT, false, 83, 83}, {0xFF, 0x07, SLOT, false, 83, 83},
};
static const struct shape ecdh_shape[] = {{0xF0, 0x00, SLOT, true, 64, 64}};
static const struct shape aes_shape[] = {
    {0x3F, 0x00, SLOT, true, 16, 16},
    {0x3F, 0x01, SLOT, true, 16, 16},
    {0xFF, 0x03, EVERY, false, 32, 32},
};
static const struct shape sha_shape[] = {
    {0xFF, 0x00, 0, false, 0, 0},       {0xFF, 0x01, 0x007F, false, 0, 64}, {0xFF, 0x02, 0x003F, false, 0, 63},
    {0xFF, 0x42, 0x003F, false, 0, 63}, {0xFF, 0xC2, 0x003F, false, 0, 63}, {0xFF, 0x03, SLOT, false, 0, 0},
    {0xFF, 0x04, SLOT, true, 0, 0},     {0xFF, 0x06, 0, false, 0, 0},       {0xFF, 0x07, 0x00FF, false, 36, 99},
};
static const struct shape kdf_shape[] = {{0x80, 0x00, EVERY, false, 4, 132}};
static const struct shape counter_shape[] = {{0xFE, 0x00, 0x0001, false, 0, 0}};
static const struct shape self_test_shape[] = {{0xC0, 0x00, 0, false, 0, 0}};
static const struct shape mac_shape[] = {
    {0x9B, 0x00, SLOT, false, 32, 32},
    {0x9B, 0x01, SLOT, false, 0, 0},
    {0x9B, 0x02, EVERY, false, 32, 32},
    {0x9B, 0x03, EVERY, false, 0, 0},
};
static const struct shape check_mac_shape[] = {
    {0xDA, 0x00, SLOT, false, 77, 77},
    {0xDA, 0x02, EVERY, false, 77, 77},
};
static const struct shape gen_dig_shape[] = {
    {0xFF, 0x00, 0x0003, false, 0, 0}, {0xFF, 0x01, 0x0001, false, 0, 0},   {0xFF, 0x02, SLOT, false, 0, 0},
    {0xFF, 0x02, SLOT, false, 4, 4},   {0xFF, 0x03, 0x80FF, false, 32, 32}, {0xFF, 0x04, 0x0001, false, 0, 0},
    {0xFF, 0x05, SLOT, false, 0, 0},
};
static const struct shape derive_key_shape[] = {
    {0xFB, 0x00, SLOT, false, 0, 0},
    {0xFB, 0x00, SLOT, false, 32, 32},
};
static const struct shape priv_write_shape[] = {{0xBF, 0x00, SLOT, false, 68, 68}};
static const struct shape update_extra_shape[] = {
    {0xFE, 0x00, 0x00FF, false, 0, 0},
    {0xFF, 0x02, SLOT, false, 0, 0},
};
static const struct shape secure_boot_shape[] = {
    {0x3F, 0x05, 0, false, 96, 96},
    {0x3F, 0x06, 0, false, 32, 32},
    {0x3F, 0x07, 0, false, 96, 96},
};

#define SHAPES(list) list, sizeof(list) / sizeof(list)[0]

const struct command command_table[CHIP_COMMANDS] = {
    {0x02, "Read", {5, 5, 5}, command_read, SHAPES(read_shape)},
    {0x08, "MAC", {55, 55, 55}, command_mac, SHAPES(mac_shape)},
    {0x12, "Write", {45, 45, 45}, command_write, SHAPES(write_shape)},
    {0x15, "GenDig", {25, 35, 35}, command_gen_dig, SHAPES(gen_dig_shape)},
    {0x16, "Nonce", {20, 20, 20}, command_nonce, SHAPES(nonce_shape)},
    {0x17, "Lock", {35, 35, 35}, command_lock, SHAPES(lock_shape)},
    {0x1B, "Random", {23, 23, 23}, command_random, SHAPES(random_shape)},
    {0x1C, "DeriveKey", {50, 50, 50}, command_derive_key, SHAPES(derive_key_shape)},
    {0x20, "UpdateExtra", {10, 10, 10}, command_update_extra, SHAPES(update_extra_shape)},
    {0x24, "Counter", {25, 25, 25}, command_counter, SHAPES(counter_shape)},
    {0x28, "CheckMac", {40, 40, 40}, command_check_mac, SHAPES(check_mac_shape)},
    {0x30, "Info", {5, 5, 5}, command_info, SHAPES(info_shape)},
    {0x40, "GenKey", {115, 215, 653}, command_gen_key, SHAPES(gen_key_shape)},
    {0x41, "Sign", {115, 220, 665}, command_sign, SHAPES(sign_shape)},
    {0x43, "ECDH", {75, 172, 531}, command_ecdh, SHAPES(ecdh_shape)},
    {0x45, "Verify", {105, 295, 1085}, command_verify, SHAPES(verify_shape)},
    {0x46, "PrivWrite", {50, 50, 50}, command_priv_write, SHAPES(priv_write_shape)},
    {0x47, "SHA", {36, 42, 75}, command_sha, SHAPES(sha_shape)},
    {0x51, "AES", {27, 27, 27}, command_aes, SHAPES(aes_shape)},
    {0x56, "KDF", {165, 165, 165}, command_kdf, SHAPES(kdf_shape)},
    {0x77, "SelfTest", {250, 625, 2324}, command_self_test, SHAPES(self_test_shape)},
    {0x80, "SecureBoot", {80, 160, 480}, command_secure_boot, SHAPES(secure_boot_shape)},
};

const struct command *command_find(uint8_t opcode)
{
    for (size_t i = 0; i < CHIP_COMMANDS; i++) {
        if (command_table[i].opcode == opcode) {
            return &command_table[i];
        }
    }
    return NULL;
}

static bool shape_fits(const struct shape *shape, const struct call *call)
{
    if ((call->mode & shape->mask) != shape->value || call->len < shape->min || call->len > shape->max) {
        return false;
    }
    return (call->param & ~shape->param_bits) == 0 || (shape->param_tempkey && call->param == TEMPKEY_ID);
}

uint8_t command_parse(struct call *call, const uint8_t *packet, const struct command **command)
{
    call->opcode = packet[1];
    call->mode = packet[2];
    call->param = (uint16_t)(packet[3] | packet[4] << 8);
    call->data = packet + 5;
    call->len = packet[0] - (size_t)PACKET_MIN;
    *command = command_find(call->opcode);
    if (*command == NULL) {
        return STATUS_PARSE;
    }
    for (size_t i = 0; i < (*command)->shapes; i++) {
        if (shape_fits(&(*command)->shape[i], call)) {
            return STATUS_OK;
        }
    }
    return STATUS_PARSE;
}
