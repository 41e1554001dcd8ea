/* sim/bus_swi.c: the single wire, as a UART at 230400 baud sees it: a character is a bit, 0x00 is the wake token.
 * A flag, or a wake token, is one bus operation. Whether the chip is busy is decided once a flag, at its last bit;
 * bits are assembled also while it is busy, so a chip that turns ready in the middle keeps its alignment. */
#include "inside.h"

#include <string.h>

#define CHARACTER_NS     39063 /* nine bits at 230400 baud */
#define BIT_OUT_NS       54000 /* typical */
#define TURNAROUND_NS    96000 /* typical */
#define INPUT_TIMEOUT_MS 65

#define BIT_ONE  0x7F
#define BIT_ZERO 0x7D

enum { FLAG_COMMAND = 0x77, FLAG_TRANSMIT = 0x88, FLAG_IDLE = 0xBB, FLAG_SLEEP = 0xCC };

/* The output buffer as characters, the fault in them. */
static size_t swi_transmit(struct chip *chip, struct fault_hit fault, uint8_t *answer)
{
    uint8_t bytes[PACKET_MAX];
    size_t len = chip->output_len;
    if (len == 0 || !device_ready(chip) || device_disturb(chip, fault)) {
        device_refused(chip);
        return 0;
    }
    memcpy(bytes, chip->output, len);
    if (fault.kind == FAULT_LOST) {
        size_t at = fault.value < len ? fault.value : len - 1;
        memmove(bytes + at, bytes + at + 1, len - at - 1);
        len--;
    } else if (fault.kind == FAULT_CORRUPT) {
        bytes[fault.value < len ? fault.value : len / 2] ^= 0x10;
    }
    for (size_t i = 0; i < 8 * len; i++) {
        answer[i] = (bytes[i / 8] >> i % 8 & 1) != 0 ? BIT_ONE : BIT_ZERO;
    }
    chip->report.bytes_out += (uint32_t)len;
    device_event(chip, CHIP_EVENT_READ, bytes, len);
    device_spend(chip, TURNAROUND_NS + 8 * len * BIT_OUT_NS);
    return 8 * len;
}

static size_t swi_flag(struct chip *chip, uint8_t flag, uint8_t *answer)
{
    if (flag != FLAG_COMMAND && flag != FLAG_TRANSMIT && flag != FLAG_IDLE && flag != FLAG_SLEEP) {
        return 0;
    }
    struct fault_hit fault = device_operation(chip);
    switch (flag) {
    case FLAG_COMMAND:
        /* a packet that comes while the chip is busy is passed over, not taken for flags */
        chip->swi.in_packet = true;
        chip->swi.packet_len = 0;
        chip->swi.heard = device_ready(chip);
        chip->swi.fault = fault;
        if (!chip->swi.heard || fault.kind == FAULT_NACK) {
            chip->swi.heard = false;
            device_refused(chip);
        }
        return 0;
    case FLAG_TRANSMIT:
        return swi_transmit(chip, fault, answer);
    default:
        if (!device_ready(chip) || device_disturb(chip, fault)) {
            device_refused(chip);
        } else if (flag == FLAG_IDLE) {
            device_idle(chip);
        } else {
            device_sleep(chip);
        }
        return 0;
    }
}

/* True if the packet's fault strikes the byte that arrives now. Without a number it is the last byte that is lost, and
 * the middle one that is corrupted; both are known once the count is there. */
static bool swi_strikes(struct chip *chip, enum fault_kind kind)
{
    struct fault_hit *fault = &chip->swi.fault;
    size_t now = chip->swi.packet_len;
    if (fault->kind != kind) {
        return false;
    }
    if (fault->value == FAULT_DEFAULT) {
        size_t count = chip->swi.packet[0];
        return now > 0 && now == (kind == FAULT_LOST ? count - 1 : count / 2);
    }
    return now == fault->value;
}

/* One more byte of a packet. A count that is too small to be one ends it at once. */
static void swi_packet_byte(struct chip *chip, uint8_t byte)
{
    struct fault_hit fault = chip->swi.fault;
    if (swi_strikes(chip, FAULT_LOST)) {
        chip->swi.fault.kind = FAULT_NONE;
        return;
    }
    if (swi_strikes(chip, FAULT_CORRUPT)) {
        byte ^= 0x10;
    }
    chip->swi.packet[chip->swi.packet_len++] = byte;
    if (chip->swi.packet[0] >= PACKET_MIN && chip->swi.packet_len < chip->swi.packet[0]) {
        return;
    }
    chip->swi.in_packet = false;
    if (!chip->swi.heard) {
        return;
    }
    chip->report.bytes_in += (uint32_t)chip->swi.packet_len;
    device_event(chip, CHIP_EVENT_WRITE, chip->swi.packet, chip->swi.packet_len);
    device_command(chip, chip->swi.packet, chip->swi.packet_len, fault);
}

/* Wakes a chip that sleeps or idles; one that is awake and not executing shows the wake status again. */
static void swi_wake_token(struct chip *chip)
{
    static const uint8_t status = STATUS_WAKE;
    struct fault_hit fault = device_operation(chip);
    chip->swi.bits = 0;
    chip->swi.in_packet = false;
    if (chip->power != POWER_AWAKE) {
        device_wake(chip, fault);
    } else if (device_ready(chip) && !device_disturb(chip, fault)) {
        chip->output_len = packet_answer(chip->output, &status, 1);
    }
}

size_t chip_swi(struct chip *chip, uint8_t character, uint8_t answer[CHIP_SWI_ANSWER])
{
    device_spend(chip, CHARACTER_NS);
    bool midway = chip->swi.bits > 0 || chip->swi.in_packet;
    bool late = midway && chip->clock_ns - chip->swi.last_ns > INPUT_TIMEOUT_MS * NS_PER_MS;
    if (late && device_ready(chip)) {
        device_fall_asleep(chip, CHIP_EVENT_WATCHDOG);
    }
    chip->swi.last_ns = chip->clock_ns;
    if (character == 0x00) {
        swi_wake_token(chip);
        return 0;
    }
    if (chip->power != POWER_AWAKE) {
        return 0;
    }
    unsigned bit = ((character & 0x7F) ^ BIT_ONE) < 2;
    chip->swi.byte = (uint8_t)(chip->swi.byte >> 1 | bit << 7);
    if (++chip->swi.bits < 8) {
        return 0;
    }
    chip->swi.bits = 0;
    if (!chip->swi.in_packet) {
        return swi_flag(chip, chip->swi.byte, answer);
    }
    swi_packet_byte(chip, chip->swi.byte);
    return 0;
}
