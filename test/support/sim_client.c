/* test/support/sim_client: a host on the bus. */
#include "test/support/sim_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define KHZ 400

const uint8_t sim_configuration[128] = {
    [16] = 0xC0, [20] = 0x85, 0x20, 0x82, 0x20,        0x8C, 0x20, 0xC6, 0x46,        0x8F, 0x0F,
    0x8F,        0x0F,        0x8F, 0x0F, 0x8F,        0x2F, 0x0F, 0x0F, 0xC6,        0x46, 0x0F,
    0x0F,        0x0F,        0x0F, 0x0F, 0x0F,        0x0F, 0x0F, 0x0D, 0x1F,        0x0F, 0x0F,
    [52] = 0xFF, 0xFF,        0xFF, 0xFF, [60] = 0xFF, 0xFF, 0xFF, 0xFF, [88] = 0xFF, 0xFF, 0x06,
    0x60,        [96] = 0x33, 0x00, 0x33, 0x00,        0x33, 0x00, 0x3E, 0x00,        0x3C, 0x00,
    0x38,        0x00,        0x3C, 0x00, 0x3A,        0x00, 0x3C, 0x00, 0x3C,        0x00, 0x3C,
    0x00,        0x30,        0x00, 0x3C, 0x00,        0x30, 0x00, 0x32, 0x00,        0x30, 0x00,
};

static bool sim_on_keep(void *ctx, const uint8_t *image)
{
    struct sim_client *client = ctx;
    memcpy(client->kept, image, CHIP_IMAGE_SIZE);
    client->keeps++;
    return true;
}

static void sim_make(struct sim_client *client, struct chip_options options, const uint8_t *image)
{
    const char *why = NULL;
    options.keep = sim_on_keep;
    options.keep_ctx = client;
    client->chip = chip_make(&options, image, &why);
    if (client->chip == NULL) {
        fail_msg("chip_make: %s", why);
    }
}

void sim_open(struct sim_client *client, struct chip_options options)
{
    memset(client, 0, sizeof *client);
    client->address = 0xC0;
    sim_make(client, options, NULL);
}

void sim_restart(struct sim_client *client, struct chip_options options)
{
    uint8_t image[CHIP_IMAGE_SIZE];
    memcpy(image, client->kept, sizeof image);
    chip_free(client->chip);
    sim_make(client, options, image);
}

void sim_close(struct sim_client *client)
{
    chip_free(client->chip);
    client->chip = NULL;
}

/* Polynomial 0x8005, bits of each byte from the low end: the mirror image of the usual reflected form. */
uint16_t sim_crc(const uint8_t *bytes, size_t len)
{
    uint16_t mirrored = 0;
    uint16_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        mirrored ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            mirrored = (uint16_t)(mirrored & 1 ? mirrored >> 1 ^ 0xA001 : mirrored >> 1);
        }
    }
    for (int bit = 0; bit < 16; bit++) {
        crc = (uint16_t)(crc | (mirrored >> bit & 1) << (15 - bit));
    }
    return crc;
}

size_t sim_packet(uint8_t *packet, uint8_t opcode, uint8_t mode, unsigned param, const void *data, size_t len)
{
    packet[0] = (uint8_t)(len + 7);
    packet[1] = opcode;
    packet[2] = mode;
    packet[3] = (uint8_t)param;
    packet[4] = (uint8_t)(param >> 8);
    if (len > 0) {
        memcpy(packet + 5, data, len);
    }
    uint16_t crc = sim_crc(packet, len + 5);
    packet[len + 5] = (uint8_t)crc;
    packet[len + 6] = (uint8_t)(crc >> 8);
    return len + 7;
}

void sim_wake(struct sim_client *client)
{
    uint8_t answer[4];
    uint8_t zero = 0;
    chip_i2c_write(client->chip, 0x00, &zero, 0, 100);
    chip_advance(client->chip, 20000000);
    assert_int_equal(chip_i2c_read(client->chip, client->address, answer, 4, KHZ), CHIP_ACK);
}

void sim_word(struct sim_client *client, uint8_t word)
{
    assert_int_equal(chip_i2c_write(client->chip, client->address, &word, 1, KHZ), CHIP_ACK);
}

/* The answer, once the chip is done: its CRC is checked. */
static void sim_collect(struct sim_client *client)
{
    uint8_t answer[256];
    unsigned polls = 0;
    while (chip_i2c_read(client->chip, client->address, answer, 1, KHZ) != CHIP_ACK) {
        assert_true(polls++ < 2000);
        chip_advance(client->chip, 2000000);
    }
    assert_true(answer[0] >= 4);
    assert_int_equal(chip_i2c_read(client->chip, client->address, answer + 1, answer[0] - 1U, KHZ), CHIP_ACK);
    uint16_t crc = sim_crc(answer, answer[0] - 2U);
    assert_int_equal(answer[answer[0] - 2], crc & 0xFF);
    assert_int_equal(answer[answer[0] - 1], crc >> 8);
    client->len = answer[0] - 3U;
    memcpy(client->answer, answer + 1, client->len);
}

uint8_t sim_run(struct sim_client *client, uint8_t opcode, uint8_t mode, unsigned param, const void *data, size_t len)
{
    uint8_t message[257] = {0x03};
    size_t size = sim_packet(message + 1, opcode, mode, param, data, len);
    sim_wake(client);
    assert_int_equal(chip_i2c_write(client->chip, client->address, message, size + 1, KHZ), CHIP_ACK);
    sim_collect(client);
    sim_word(client, 0x02);
    return client->len == 1 ? client->answer[0] : 0;
}

void sim_set_slot(uint8_t configuration[128], unsigned slot, unsigned slot_config, unsigned key_config)
{
    configuration[20 + 2 * slot] = (uint8_t)slot_config;
    configuration[21 + 2 * slot] = (uint8_t)(slot_config >> 8);
    configuration[96 + 2 * slot] = (uint8_t)key_config;
    configuration[97 + 2 * slot] = (uint8_t)(key_config >> 8);
}

uint8_t sim_pattern(unsigned slot, size_t at)
{
    return (uint8_t)(slot * 29 + at * 7 + 3);
}

static void sim_write_configuration(struct sim_client *client, const uint8_t configuration[128])
{
    for (unsigned word = 4; word < 32; word++) {
        if (word != 21) {
            assert_int_equal(sim_run(client, 0x12, 0x00, word, configuration + 4 * word, 4), 0);
        }
    }
    if (configuration[84] != 0) {
        assert_int_equal(sim_run(client, 0x20, 0x00, configuration[84], NULL, 0), 0);
    }
    if (configuration[85] != 0) {
        assert_int_equal(sim_run(client, 0x20, 0x01, configuration[85], NULL, 0), 0);
    }
}

static void sim_fill_slot(struct sim_client *client, unsigned slot)
{
    size_t size = slot < 8 ? 36 : slot == 8 ? 416 : 72;
    for (unsigned block = 0; block * 32 < size; block++) {
        uint8_t bytes[32];
        for (unsigned i = 0; i < 32; i++) {
            bytes[i] = sim_pattern(slot, block * 32 + i);
        }
        assert_int_equal(sim_run(client, 0x12, 0x82, block << 8 | slot << 3, bytes, 32), 0);
    }
}

void sim_configure(struct sim_client *client, const uint8_t configuration[128])
{
    sim_write_configuration(client, configuration);
    assert_int_equal(sim_run(client, 0x17, 0x80, 0, NULL, 0), 0);
    for (unsigned slot = 0; slot < 16; slot++) {
        if ((configuration[96 + 2 * slot] & 0x1D) == 0x11) {
            assert_int_equal(sim_run(client, 0x40, 0x04, slot, NULL, 0), 0);
        } else {
            sim_fill_slot(client, slot);
        }
    }
}

void sim_personalise(struct sim_client *client, const uint8_t configuration[128])
{
    sim_configure(client, configuration);
    assert_int_equal(sim_run(client, 0x17, 0x81, 0, NULL, 0), 0);
}

void sim_open_personalised(struct sim_client *client, struct chip_options options, const uint8_t configuration[128])
{
    sim_open(client, options);
    sim_personalise(client, configuration);
}
