/* The simulator's packets: the CRC, every example packet of the facts, the order in which errors win, and that what no
 * mode allows is a parse error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sim/packet.h"
#include "test/support/sim_client.h"

static const struct chip_options plain = {.busy = CHIP_BUSY_VIRTUAL, .seeded = true, .seed = 7};

static void test_crc(void **state)
{
    (void)state;
    const uint8_t digits[] = "123456789";
    assert_int_equal(packet_crc(0, digits, 9), 0xBCDD);
    assert_int_equal(packet_crc(packet_crc(0, digits, 4), digits + 4, 5), 0xBCDD);
    assert_int_equal(sim_crc(digits, 9), 0xBCDD);
}

/* Status packets as a host sees them. */
static void test_status_packets(void **state)
{
    (void)state;
    static const uint8_t packets[][4] = {{0x04, 0x00, 0x03, 0x40}, {0x04, 0x01, 0x00, 0xC3}, {0x04, 0x03, 0x83, 0x42},
                                         {0x04, 0x05, 0xC3, 0x43}, {0x04, 0x07, 0x40, 0xC2}, {0x04, 0x08, 0x60, 0xC0},
                                         {0x04, 0x0F, 0x23, 0x42}, {0x04, 0x11, 0x33, 0x43}, {0x04, 0xEE, 0x31, 0x41},
                                         {0x04, 0xFF, 0x01, 0x42}};
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        uint8_t answer[4];
        assert_int_equal(packet_answer(answer, packets[i] + 1, 1), 4);
        assert_memory_equal(answer, packets[i], 4);
    }
}

/* Packets without data, as cryptoauthlib emits them. */
static const uint8_t examples[][7] = {
    {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5D}, {0x07, 0x30, 0x01, 0x00, 0x00, 0x00, 0xD7},
    {0x07, 0x30, 0x02, 0x00, 0x00, 0x00, 0xD8}, {0x07, 0x1B, 0x00, 0x00, 0x00, 0x24, 0xCD},
    {0x07, 0x02, 0x80, 0x00, 0x00, 0x09, 0xAD}, {0x07, 0x02, 0x80, 0x08, 0x00, 0x0A, 0x4D},
    {0x07, 0x02, 0x80, 0x10, 0x00, 0x0A, 0x1D}, {0x07, 0x02, 0x80, 0x18, 0x00, 0x09, 0xFD},
    {0x07, 0x02, 0x00, 0x15, 0x00, 0x17, 0x5D}, {0x07, 0x02, 0x82, 0x40, 0x00, 0x09, 0xA4},
    {0x07, 0x02, 0x82, 0x40, 0x01, 0x0A, 0x27}, {0x07, 0x02, 0x82, 0x50, 0x02, 0x89, 0x95},
    {0x07, 0x40, 0x04, 0x00, 0x00, 0x83, 0x87}, {0x07, 0x40, 0x00, 0x00, 0x00, 0x00, 0x05},
    {0x07, 0x40, 0x04, 0xFF, 0xFF, 0x8E, 0x07}, {0x07, 0x41, 0x80, 0x00, 0x00, 0x28, 0x05},
    {0x07, 0x41, 0xA0, 0x00, 0x00, 0x7B, 0x85}, {0x07, 0x17, 0x80, 0x00, 0x00, 0x39, 0x8D},
    {0x07, 0x17, 0x81, 0x00, 0x00, 0x3A, 0x07}, {0x07, 0x17, 0x22, 0x00, 0x00, 0x7E, 0x08},
    {0x07, 0x17, 0x02, 0x00, 0x00, 0x2D, 0x88}, {0x07, 0x24, 0x00, 0x00, 0x00, 0x0C, 0xFD},
    {0x07, 0x24, 0x01, 0x01, 0x00, 0x06, 0xF7}, {0x07, 0x47, 0x00, 0x00, 0x00, 0x2E, 0x85},
    {0x07, 0x47, 0x04, 0x04, 0x00, 0xAE, 0x47}, {0x07, 0x77, 0x3B, 0x00, 0x00, 0x9D, 0xFB},
};

static void test_command_packets(void **state)
{
    (void)state;
    uint8_t packet[256];
    uint8_t data[64] = {0};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const uint8_t *e = examples[i];
        assert_true(packet_sound(e, 7));
        assert_int_equal(sim_packet(packet, e[1], e[2], e[3] | (unsigned)e[4] << 8, NULL, 0), 7);
        assert_memory_equal(packet, e, 7);
        for (unsigned bit = 0; bit < 56; bit++) {
            memcpy(packet, e, 7);
            packet[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(packet_sound(packet, 7));
        }
    }
    size_t len = sim_packet(packet, 0x51, 0x00, 5, data, 16); /* AES, zeros, slot 5 */
    assert_int_equal(packet[len - 2] | packet[len - 1] << 8, 0xA166);
    for (unsigned i = 0; i < 32; i++) {
        data[i] = (uint8_t)i;
    }
    len = sim_packet(packet, 0x16, 0x43, 0, data, 32);
    assert_int_equal(packet[len - 2] | packet[len - 1] << 8, 0x6CD7);
    assert_true(packet_sound(packet, len));
    assert_false(packet_sound(packet, len - 1));
    packet[len] = 0xAA; /* what follows the packet does not count */
    assert_true(packet_sound(packet, len + 1));
    const uint8_t details[20] = {0x02, 0, 0, 0x10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    len = sim_packet(packet, 0x56, 0x50, 0, details, sizeof details);
    assert_int_equal(packet[len - 2] | packet[len - 1] << 8, 0x4D66);
}

/* Sends bytes as they are and reads the status. */
static uint8_t send_raw(struct sim_client *client, const uint8_t *packet, size_t len)
{
    uint8_t message[257] = {0x03};
    uint8_t answer[4];
    memcpy(message + 1, packet, len);
    sim_wake(client);
    assert_int_equal(chip_i2c_write(client->chip, 0xC0, message, len + 1, 400), CHIP_ACK);
    chip_advance(client->chip, 1000000);
    assert_int_equal(chip_i2c_read(client->chip, 0xC0, answer, 4, 400), CHIP_ACK);
    assert_int_equal(answer[0], 4);
    sim_word(client, 0x02);
    return answer[1];
}

static void test_crc_error_wins(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t packet[256];
    sim_open(&client, plain);
    size_t len = sim_packet(packet, 0x99, 0x77, 0x1234, NULL, 0); /* no such command either */
    assert_int_equal(send_raw(&client, packet, len), 0x03);
    packet[len - 1] ^= 1;
    assert_int_equal(send_raw(&client, packet, len), 0xFF);
    len = sim_packet(packet, 0x30, 0, 0, NULL, 0);
    assert_int_equal(send_raw(&client, packet, len - 1), 0xFF); /* too few bytes */
    packet[0] = 0;
    assert_int_equal(send_raw(&client, packet, len), 0xFF);
    packet[0] = 6;
    assert_int_equal(send_raw(&client, packet, len), 0xFF);
    /* parse before state: a Sign, forbidden on a fresh part, with a mode that does not exist */
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, NULL, 0), 0x0F);
    assert_int_equal(sim_run(&client, 0x41, 0x90, 0, NULL, 0), 0x03);
    assert_int_equal(sim_run(&client, 0x41, 0x80, 16, NULL, 0), 0x03);
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, packet, 1), 0x03);
    sim_close(&client);
}

/* Which of the 256 modes each command knows; with param 0 (slot 0 has room for two AES keys) and the data length of that mode. */
static void test_modes(void **state)
{
    (void)state;
    static const struct {
        uint8_t opcode;
        unsigned modes;
    } known[] = {{0x02, 6}, {0x08, 32}, {0x12, 7},  {0x15, 6},  {0x16, 7},  {0x17, 36}, {0x1B, 2},  {0x1C, 2},
                 {0x20, 3}, {0x24, 2},  {0x28, 16}, {0x30, 5},  {0x40, 5},  {0x41, 6},  {0x43, 16}, {0x45, 14},
                 {0x46, 2}, {0x47, 9},  {0x51, 5},  {0x56, 72}, {0x77, 64}, {0x80, 12}};
    struct sim_client client;
    uint8_t data[140] = {0};
    sim_open(&client, plain);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        unsigned found = 0;
        for (unsigned mode = 0; mode < 256; mode++) {
            static const uint8_t lengths[] = {0, 3, 4, 16, 20, 32, 36, 64, 68, 77, 83, 96, 128};
            bool taken = false;
            for (size_t l = 0; l < sizeof lengths && !taken; l++) {
                unsigned param = known[i].opcode == 0x45 && (mode & 7) == 2 ? 4 : 0;
                if (known[i].opcode == 0x47 && (mode & 7) == 7) {
                    param = lengths[l];
                }
                struct sim_client copy;
                sim_open(&copy, plain);
                taken = sim_run(&copy, known[i].opcode, (uint8_t)mode, param, data, lengths[l]) != 0x03;
                sim_close(&copy);
            }
            found += taken;
        }
        if (found != known[i].modes) {
            fail_msg("command %02x: %u modes, not %u", known[i].opcode, found, known[i].modes);
        }
    }
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        bool there = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            there |= known[i].opcode == opcode;
        }
        if (!there) {
            assert_int_equal(sim_run(&client, (uint8_t)opcode, 0, 0, NULL, 0), 0x03); /* Pause and HMAC too */
        }
    }
    sim_close(&client);
}

/* Each bit of param that each mode knows; 0xFFFF stands for TempKey in four commands only. */
static const struct {
    uint8_t opcode, mode, len;
    uint16_t bits;
    bool tempkey;
} params[] = {
    {0x02, 0x80, 0, 0x001F, false},  {0x02, 0x81, 0, 0x000F, false},   {0x02, 0x82, 0, 0x0F7F, false},
    {0x08, 0x00, 32, 0x000F, false}, {0x08, 0x01, 0, 0x000F, false},   {0x08, 0x02, 32, 0xFFFF, true},
    {0x08, 0x03, 0, 0xFFFF, true},   {0x12, 0x00, 4, 0x001F, false},   {0x12, 0x80, 32, 0x001F, false},
    {0x12, 0x01, 4, 0x000F, false},  {0x12, 0x81, 32, 0x000F, false},  {0x12, 0x02, 4, 0x0F7F, false},
    {0x12, 0x82, 32, 0x0F7F, false}, {0x12, 0xC2, 64, 0x0F7F, false},  {0x15, 0, 0, 0x0003, false},
    {0x15, 1, 0, 0x0001, false},     {0x15, 2, 0, 0x000F, false},      {0x15, 2, 4, 0x000F, false},
    {0x15, 3, 32, 0x80FF, false},    {0x15, 4, 0, 0x0001, false},      {0x15, 5, 0, 0x000F, false},
    {0x16, 0x00, 20, 0x8000, false}, {0x16, 0x01, 20, 0x8000, false},  {0x16, 0x03, 32, 0, false},
    {0x16, 0x43, 32, 0, false},      {0x16, 0x83, 32, 0, false},       {0x16, 0x23, 64, 0, false},
    {0x16, 0x63, 64, 0, false},      {0x17, 0x00, 0, 0xFFFF, true},    {0x17, 0x01, 0, 0xFFFF, true},
    {0x17, 0x02, 0, 0xFFFF, true},   {0x1B, 0, 0, 0, false},           {0x1C, 0, 0, 0x000F, false},
    {0x1C, 0, 32, 0x000F, false},    {0x20, 0, 0, 0x00FF, false},      {0x20, 1, 0, 0x00FF, false},
    {0x20, 2, 0, 0x000F, false},     {0x24, 0, 0, 0x0001, false},      {0x24, 1, 0, 0x0001, false},
    {0x28, 0, 77, 0x000F, false},    {0x28, 2, 77, 0xFFFF, true},      {0x30, 0, 0, 0, false},
    {0x30, 1, 0, 0x000F, false},     {0x30, 2, 0, 0, false},           {0x30, 3, 0, 0x0003, false},
    {0x30, 4, 0, 0x0003, false},     {0x40, 0x04, 0, 0x000F, true},    {0x40, 0x0C, 0, 0x000F, false},
    {0x40, 0x00, 0, 0x000F, false},  {0x40, 0x08, 0, 0x000F, false},   {0x40, 0x10, 3, 0x000F, false},
    {0x41, 0x80, 0, 0x000F, false},  {0x41, 0xA0, 0, 0x000F, false},   {0x41, 0x00, 0, 0x000F, false},
    {0x43, 0x00, 64, 0x000F, false}, {0x43, 0x01, 64, 0x000F, true},   {0x43, 0x05, 64, 0x000F, false},
    {0x45, 0x00, 64, 0x000F, false}, {0x45, 0x01, 128, 0x000F, false}, {0x45, 0x03, 83, 0x000F, false},
    {0x45, 0x07, 83, 0x000F, false}, {0x46, 0x00, 68, 0x000F, false},  {0x46, 0x40, 68, 0x000F, false},
    {0x47, 0x00, 0, 0, false},       {0x47, 0x03, 0, 0x000F, false},   {0x47, 0x04, 0, 0x000F, true},
    {0x47, 0x06, 0, 0, false},       {0x51, 0x00, 16, 0x000F, true},   {0x51, 0x01, 16, 0x000F, true},
    {0x51, 0x03, 32, 0xFFFF, true},  {0x56, 0x50, 4, 0xFFFF, true},    {0x56, 0x52, 4, 0xFF0F, false},
    {0x56, 0x48, 4, 0x0FFF, false},  {0x77, 0x3B, 0, 0, false},        {0x80, 5, 96, 0, false},
    {0x80, 6, 32, 0, false},         {0x80, 7, 96, 0, false},
};

static void test_params(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        uint8_t data[128] = {0};
        for (unsigned bit = 0; bit <= 16; bit++) {
            struct sim_client client;
            unsigned param = bit == 16 ? 0xFFFF : 1U << bit;
            bool known = bit == 16 ? params[i].tempkey : (params[i].bits >> bit & 1) != 0;
            sim_open(&client, plain);
            uint8_t status = sim_run(&client, params[i].opcode, params[i].mode, param, data, params[i].len);
            bool block = (params[i].opcode == 0x02 || params[i].opcode == 0x12) && known; /* not in every slot */
            if ((status == 0x03) == known && !block) {
                fail_msg("command %02x, mode %02x, param %04x: %02x", params[i].opcode, params[i].mode, param, status);
            }
            sim_close(&client);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_status_packets),
        cmocka_unit_test(test_command_packets),
        cmocka_unit_test(test_crc_error_wins),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_params),
    };
    return cmocka_run_group_tests_name("sim packets", tests, NULL, NULL);
}
