/* sim/bus_i2c.c: I2C transactions. Each has a number, in the order of the bus, and may have a fault. */
#include "inside.h"

#include <string.h>

#define WAKE_LOW_US  60
#define WAKE_MAX_KHZ 100
#define CLOCKS       9 /* a byte and its acknowledge */

enum { WORD_RESET = 0x00, WORD_SLEEP = 0x01, WORD_IDLE = 0x02, WORD_COMMAND = 0x03 };

static void i2c_spend(struct chip *chip, size_t bytes, unsigned khz)
{
    device_spend(chip, bytes * CLOCKS * NS_PER_MS / (khz == 0 ? WAKE_MAX_KHZ : khz));
}

/* The address phase: false if nobody answers. */
static bool i2c_address(struct chip *chip, uint8_t address, unsigned khz, struct fault_hit fault, bool command)
{
    device_settle(chip);
    /* the faults of a command strike when it runs, not at its address */
    bool later = command && fault.kind != FAULT_NACK;
    bool mine = (address & 0xFE) == chip->address && device_ready(chip);
    if (!mine || (!later && device_disturb(chip, fault))) {
        i2c_spend(chip, 1, khz);
        device_refused(chip);
        return false;
    }
    return true;
}

/* Copies what arrives, with the fault in it; returns how many bytes arrive. */
static size_t i2c_take(uint8_t *to, const uint8_t *bytes, size_t len, struct fault_hit fault)
{
    size_t last = len - 1;
    size_t at = fault.value < len ? fault.value : fault.kind == FAULT_LOST ? last : len / 2;
    memcpy(to, bytes, len);
    if (fault.kind == FAULT_LOST) {
        memmove(to + at, to + at + 1, last - at);
        return last;
    }
    if (fault.kind == FAULT_CORRUPT) {
        to[at] ^= 0x10;
    }
    return len;
}

static enum chip_ack i2c_word(struct chip *chip, const uint8_t *bytes, size_t len, struct fault_hit fault)
{
    switch (bytes[0]) {
    case WORD_RESET:
        chip->output_at = 0;
        return CHIP_ACK;
    case WORD_SLEEP:
        device_sleep(chip);
        return CHIP_ACK;
    case WORD_IDLE:
        device_idle(chip);
        return CHIP_ACK;
    case WORD_COMMAND:
        device_command(chip, bytes + 1, len - 1, fault);
        return CHIP_ACK;
    default:
        return CHIP_NO_DATA;
    }
}

enum chip_ack chip_i2c_write(struct chip *chip, uint8_t address, const uint8_t *bytes, size_t len, unsigned khz)
{
    uint8_t taken[PACKET_MAX + 2]; /* a word address and a packet; what is beyond is ignored */
    struct fault_hit fault = device_operation(chip);
    if ((address & 0xFE) == 0) {
        i2c_spend(chip, 1, khz);
        device_settle(chip);
        if (khz <= WAKE_MAX_KHZ) {
            device_wake(chip, fault);
        }
        return CHIP_NO_ADDRESS;
    }
    bool command = len > 0 && bytes[0] == WORD_COMMAND;
    if (!i2c_address(chip, address, khz, fault, command)) {
        return CHIP_NO_ADDRESS;
    }
    i2c_spend(chip, len + 1, khz);
    chip->report.bytes_in += (uint32_t)len;
    if (!device_ready(chip)) {
        return CHIP_NO_DATA;
    }
    len = len < sizeof taken ? len : sizeof taken;
    len = len == 0 ? 0 : i2c_take(taken, bytes, len, fault);
    device_event(chip, CHIP_EVENT_WRITE, taken, len);
    return len == 0 ? CHIP_ACK : i2c_word(chip, taken, len, fault);
}

enum chip_ack chip_i2c_read(struct chip *chip, uint8_t address, uint8_t *bytes, size_t len, unsigned khz)
{
    struct fault_hit fault = device_operation(chip);
    memset(bytes, 0xFF, len);
    if (!i2c_address(chip, address, khz, fault, false)) {
        return CHIP_NO_ADDRESS;
    }
    i2c_spend(chip, len + 1, khz);
    size_t there = chip->output_len - chip->output_at;
    there = len < there ? len : there;
    if (there > 0) {
        size_t given = i2c_take(bytes, chip->output + chip->output_at, there, fault);
        memset(bytes + given, 0xFF, len - given);
    }
    chip->output_at += there;
    chip->report.bytes_out += (uint32_t)len;
    device_event(chip, CHIP_EVENT_READ, bytes, len);
    return CHIP_ACK;
}

void chip_i2c_low(struct chip *chip, unsigned us)
{
    struct fault_hit fault = device_operation(chip);
    device_spend(chip, us * NS_PER_US);
    if (us >= WAKE_LOW_US) {
        device_wake(chip, fault);
    }
}
