/* Any bytes at any of the simulated chip's doors. The first byte chooses: commands with a right CRC to a part in one of
 * three steps of its life, transactions, i2c1 frames, or characters of a single wire. Whatever comes, the chip answers
 * whole packets, keeps what cannot change, and can always be woken. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/packet.h"
#include "sim/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t configuration[128] = {
    [16] = 0xC0, [20] = 0x8F, 0x60, 0x87, 0x60, 0x8C,        0x20, 0xC6,        0x46, 0x8F,        0x0F, 0x8F,
    0x0F,        0x8F,        0x0F, 0x8F, 0x2F, 0x0F,        0x0F, 0xC6,        0x46, 0x0F,        0x0F, 0x0F,
    0x0F,        0x2F,        0x2F, 0x0F, 0x0F, 0x0D,        0x1F, 0x0F,        0x0F, [52] = 0xFF, 0xFF, 0xFF,
    0xFF,        [60] = 0xFF, 0xFF, 0xFF, 0xFF, [70] = 0x0B, 0xFC, [88] = 0xFF, 0xFF, 0x06,        0x60, [96] = 0x33,
    0x00,        0x33,        0x00, 0x33, 0x00, 0x3E,        0x00, 0x3C,        0x00, 0x38,        0x00, 0x3C,
    0x00,        0x3A,        0x00, 0x3C, 0x00, 0x3C,        0x00, 0x3C,        0x00, 0x30,        0x00, 0x3C,
    0x00,        0x30,        0x00, 0x32, 0x00, 0x30,        0x00,
};

static void wake(struct chip *chip)
{
    chip_i2c_low(chip, 100);
    chip_advance(chip, 20000000);
}

/* Runs a command and reads its answer: a whole packet with a right CRC. */
static void run(struct chip *chip, uint8_t opcode, uint8_t mode, unsigned param, const uint8_t *data, size_t len)
{
    uint8_t message[256] = {0x03, (uint8_t)(len + 7), opcode, mode, (uint8_t)param, (uint8_t)(param >> 8)};
    uint8_t answer[256];
    uint8_t idle = 0x02;
    if (len > 0) {
        memcpy(message + 6, data, len);
    }
    uint16_t crc = packet_crc(0, message + 1, len + 5);
    message[6 + len] = (uint8_t)crc;
    message[7 + len] = (uint8_t)(crc >> 8);
    wake(chip);
    assert(chip_i2c_write(chip, 0xC0, message, len + 8, 400) == CHIP_ACK);
    assert(chip_i2c_read(chip, 0xC0, answer, 1, 400) == CHIP_ACK);
    assert(answer[0] >= 4 && chip_i2c_read(chip, 0xC0, answer + 1, answer[0] - 1U, 400) == CHIP_ACK);
    crc = packet_crc(0, answer, answer[0] - 2U);
    assert(answer[answer[0] - 2] == (uint8_t)crc && answer[answer[0] - 1] == (uint8_t)(crc >> 8));
    assert(chip_i2c_write(chip, 0xC0, &idle, 1, 400) == CHIP_ACK);
}

/* The part in each step of its life, made once. */
static const uint8_t *image_of(unsigned locks)
{
    static uint8_t image[3][CHIP_IMAGE_SIZE];
    static bool made;
    const char *why = NULL;
    const struct chip_options options = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 1};
    if (!made) {
        struct chip *chip = chip_make(&options, NULL, &why);
        assert(chip != NULL);
        chip_image(chip, image[0]);
        for (unsigned word = 4; word < 32; word++) {
            run(chip, 0x12, 0x00, word, configuration + 4 * word, 4);
        }
        run(chip, 0x17, 0x80, 0, NULL, 0);
        for (unsigned slot = 0; slot < 3; slot++) {
            run(chip, 0x40, 0x04, slot, NULL, 0);
        }
        chip_image(chip, image[1]);
        run(chip, 0x17, 0x81, 0, NULL, 0);
        chip_image(chip, image[2]);
        chip_free(chip);
        made = true;
    }
    return image[locks];
}

/* Commands: length of the data, opcode, mode, param, data; opcodes are made likely to exist. */
static void feed_commands(struct chip *chip, const uint8_t *data, size_t size)
{
    static const uint8_t opcodes[] = {0x02, 0x08, 0x12, 0x15, 0x16, 0x17, 0x1B, 0x1C, 0x20, 0x24, 0x28,
                                      0x30, 0x40, 0x41, 0x43, 0x45, 0x46, 0x47, 0x51, 0x56, 0x77, 0x80};
    while (size >= 5) {
        uint8_t opcode = data[1] < 0xF0 ? opcodes[data[1] % sizeof opcodes] : data[1];
        size_t len = data[0] % 145;
        len = len < size - 5 ? len : size - 5;
        run(chip, opcode, data[2], data[3] | (unsigned)data[4] << 8, data + 5, len);
        data += 5 + len;
        size -= 5 + len;
    }
}

static void ignore(void *ctx, const uint8_t *bytes, size_t len)
{
    size_t *sum = ctx;
    for (size_t i = 0; i < len; i++) {
        *sum += bytes[i];
    }
}

static void feed_wire(struct chip *chip, bool swi, const uint8_t *data, size_t size)
{
    static struct wire wire;
    size_t sum = 0;
    wire_reset(&wire);
    wire.chip = chip;
    wire.swi = swi;
    wire.echo = true;
    wire.send = ignore;
    wire.ctx = &sum;
    for (size_t i = 0; swi && i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) { /* bytes, so that flags and packets are likely */
            uint8_t character = (data[i] >> bit & 1) != 0 ? 0x7F : 0x7D;
            wire_feed(&wire, &character, 1);
        }
    }
    wire_feed(&wire, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    uint8_t before[CHIP_IMAGE_SIZE];
    uint8_t after[CHIP_IMAGE_SIZE];
    uint8_t answer[4];
    if (size < 2) {
        return 0;
    }
    unsigned locks = data[0] % 3;
    unsigned door = data[0] / 3 % 3;
    const struct chip_options options = {
        .busy = CHIP_BUSY_NONE, .bus = door == 2 ? CHIP_SWI : CHIP_I2C, .seeded = true, .seed = data[1]};
    struct chip *chip = chip_make(&options, image_of(locks), &why);
    assert(chip != NULL);
    chip_image(chip, before);
    if (door == 0) {
        feed_commands(chip, data + 2, size - 2);
    } else {
        feed_wire(chip, door == 2, data + 2, size - 2);
    }
    chip_image(chip, after);
    assert(memcmp(before + 16, after + 16, 16) == 0);                /* serial number and revision */
    assert(locks < 1 || memcmp(before + 36, after + 36, 32) == 0);   /* SlotConfig */
    assert(locks < 1 || memcmp(before + 112, after + 112, 32) == 0); /* KeyConfig */
    assert(locks < 2 || memcmp(before + 144, after + 144, 64) == 0); /* OTP */
    chip_power_cycle(chip);
    wake(chip);
    uint8_t address = after[16 + 16]; /* an open configuration may have moved it, also by byte 85 */
    if ((after[16 + 19] & 1) != 0 && after[16 + 85] != 0) {
        address = after[16 + 85];
    }
    assert((address & 0xFE) == 0 || chip_i2c_read(chip, address, answer, 4, 400) == CHIP_ACK);
    assert((address & 0xFE) == 0 || memcmp(answer, "\x04\x11\x33\x43", 4) == 0);
    chip_free(chip);
    return 0;
}
