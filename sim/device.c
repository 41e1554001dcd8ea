/* sim/device.c: power, time and the running of commands: what both buses act on.
 *
 * A command is computed at once and its answer kept back until its time is over. Its changes to the memory go to
 * `keep` at that moment, before the chip acknowledges anything more; a power cut or the watchdog before it puts the
 * memory back. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#define WAKE_DELAY_US      1500
#define WAKE_SELF_TEST_US  20000
#define WATCHDOG_SHORT_MS  1300
#define WATCHDOG_LONG_MS   13000
#define REFUSED_COMMAND_MS 1 /* ASSUMPTION: an error is answered at once */
#define REFUSED_POLL_MS    1 /* with CHIP_BUSY_NONE: stands for the host's pause between two polls */
#define NEVER              UINT64_MAX

void device_event(struct chip *chip, enum chip_event_kind kind, const uint8_t *bytes, size_t len)
{
    if (chip->options.trace != NULL) {
        struct chip_event event = {kind, chip->operation, chip->clock_ns, 0, NULL, bytes, len};
        chip->options.trace(chip->options.trace_ctx, &event);
    }
}

static void device_named_event(struct chip *chip, enum chip_event_kind kind, const char *name, const uint8_t *bytes,
                               size_t len, uint64_t time_ns)
{
    if (chip->options.trace != NULL) {
        struct chip_event event = {kind, chip->operation, chip->clock_ns, time_ns, name, bytes, len};
        chip->options.trace(chip->options.trace_ctx, &event);
    }
}

static void device_keep(struct chip *chip)
{
    uint8_t image[CHIP_IMAGE_SIZE];
    if (chip->options.keep == NULL || chip->dead) {
        return;
    }
    zones_pack(&chip->memory, image);
    chip->dead = !chip->options.keep(chip->options.keep_ctx, image);
}

static void device_forget(struct chip *chip)
{
    memset(&chip->work, 0, sizeof chip->work);
    chip->output_len = 0;
    chip->output_at = 0;
    chip->swi.bits = 0;
    chip->swi.in_packet = false;
}

static void device_abort(struct chip *chip)
{
    if (chip->running) {
        chip->memory = chip->before;
        chip->running = false;
    }
    chip->ready_at_ns = chip->clock_ns;
}

void device_fall_asleep(struct chip *chip, enum chip_event_kind why)
{
    device_abort(chip);
    device_forget(chip);
    chip->power = POWER_SLEEP;
    chip->report.watchdogs += why == CHIP_EVENT_WATCHDOG;
    device_event(chip, why, NULL, 0);
}

void chip_power_cycle(struct chip *chip)
{
    device_abort(chip);
    device_forget(chip);
    chip->power = POWER_SLEEP;
    chip->latch = false;
    chip->boot_prohibited = false;
    chip->address = zones_address(&chip->memory);
    device_event(chip, CHIP_EVENT_POWER, NULL, 0);
}

/* Of the bytes of the slots that a command was about to change only the first half got there; configuration, counters
 * and OTP are as they were. */
static void device_tear(struct chip *chip)
{
    size_t changed = 0;
    struct memory torn = chip->before;
    for (size_t i = 0; i < DATA_SIZE; i++) {
        changed += chip->memory.data[i] != chip->before.data[i];
    }
    for (size_t i = 0, done = 0; i < DATA_SIZE && done < (changed + 1) / 2; i++) {
        if (chip->memory.data[i] != torn.data[i]) {
            torn.data[i] = chip->memory.data[i];
            done++;
        }
    }
    memcpy(torn.wear, chip->memory.wear, sizeof torn.wear);
    chip->memory = torn;
}

/* The moment at which the fault plan cuts a command off. */
static void device_cut(struct chip *chip)
{
    struct fault_hit fault = chip->command_fault;
    if (fault.value == CUT_BEFORE) {
        chip->memory = chip->before;
    } else if (fault.value == CUT_TORN) {
        device_tear(chip);
    }
    chip->running = false;
    if (memcmp(&chip->memory, &chip->before, sizeof chip->memory) != 0) {
        device_keep(chip);
    }
    device_named_event(chip, CHIP_EVENT_FAULT, fault_name(fault.kind), NULL, 0, 0);
    if (fault.kind == FAULT_RESET) {
        chip_power_cycle(chip);
    } else {
        device_fall_asleep(chip, CHIP_EVENT_WATCHDOG);
    }
}

static void device_finish(struct chip *chip)
{
    if (chip->command_fault.kind == FAULT_RESET || chip->command_fault.kind == FAULT_WATCHDOG) {
        device_cut(chip);
        return;
    }
    chip->running = false;
    if (memcmp(&chip->memory, &chip->before, sizeof chip->memory) != 0) {
        device_keep(chip);
    }
    device_event(chip, CHIP_EVENT_ANSWER, chip->output, chip->output_len);
}

void device_settle(struct chip *chip)
{
    if (chip->power != POWER_AWAKE || chip->ready_at_ns == NEVER) {
        return;
    }
    bool in_time = chip->ready_at_ns <= chip->watchdog_at_ns;
    if (chip->running && in_time && chip->clock_ns >= chip->ready_at_ns) {
        device_finish(chip);
    }
    if (chip->power == POWER_AWAKE && chip->clock_ns >= chip->watchdog_at_ns) {
        device_fall_asleep(chip, CHIP_EVENT_WATCHDOG);
    }
}

void chip_advance(struct chip *chip, uint64_t ns)
{
    /* what happens first, happens first: a command that ends before the watchdog fires has its effect */
    chip->clock_ns += ns;
    device_settle(chip);
}

uint64_t chip_next(const struct chip *chip)
{
    if (chip->power != POWER_AWAKE || chip->ready_at_ns == NEVER || chip->dead) {
        return NEVER;
    }
    uint64_t at = chip->running && chip->ready_at_ns < chip->watchdog_at_ns ? chip->ready_at_ns : chip->watchdog_at_ns;
    return at > chip->clock_ns ? at - chip->clock_ns : 0;
}

void device_spend(struct chip *chip, uint64_t ns)
{
    chip->report.bus_ns += ns;
    if (chip->options.busy != CHIP_BUSY_REAL) {
        chip->clock_ns += ns;
    }
    device_settle(chip);
}

struct fault_hit device_operation(struct chip *chip)
{
    chip->operation++;
    chip->report.operations++;
    return fault_at_operation(&chip->plan, chip->operation);
}

bool device_ready(const struct chip *chip)
{
    return chip->power == POWER_AWAKE && !chip->dead && !chip->running && chip->clock_ns >= chip->ready_at_ns;
}

void device_refused(struct chip *chip)
{
    chip->report.refused++;
    device_event(chip, CHIP_EVENT_REFUSED, NULL, 0);
    if (chip->options.busy == CHIP_BUSY_NONE && chip->power == POWER_AWAKE && chip->ready_at_ns != NEVER) {
        chip_advance(chip, REFUSED_POLL_MS * NS_PER_MS);
    }
}

bool device_disturb(struct chip *chip, struct fault_hit fault)
{
    bool disturbs = fault.kind == FAULT_NACK || fault.kind == FAULT_LATE || fault.kind == FAULT_STUCK ||
                    fault.kind == FAULT_RESET || fault.kind == FAULT_WATCHDOG;
    if (!disturbs) {
        return false;
    }
    device_named_event(chip, CHIP_EVENT_FAULT, fault_name(fault.kind), NULL, 0, 0);
    switch (fault.kind) {
    case FAULT_LATE:
        chip->ready_at_ns = chip->clock_ns + fault.value * NS_PER_MS;
        break;
    case FAULT_STUCK:
        chip->ready_at_ns = NEVER;
        break;
    case FAULT_RESET:
        chip_power_cycle(chip);
        break;
    case FAULT_WATCHDOG:
        device_fall_asleep(chip, CHIP_EVENT_WATCHDOG);
        break;
    default:
        break;
    }
    return true;
}

static void device_answer(struct chip *chip, const uint8_t *data, size_t len)
{
    chip->output_len = packet_answer(chip->output, data, len);
    chip->output_at = 0;
}

static uint64_t device_watchdog_ns(const struct chip *chip)
{
    bool lengthy = (chip->memory.config[CONFIG_CHIP_MODE] & 0x04) != 0;
    uint64_t ms = lengthy ? WATCHDOG_LONG_MS : WATCHDOG_SHORT_MS;
    if (chip->plan.watchdog_ms != 0) {
        ms = (uint64_t)chip->plan.watchdog_ms * (lengthy ? WATCHDOG_LONG_MS / WATCHDOG_SHORT_MS : 1);
    }
    return ms * NS_PER_MS;
}

void device_wake(struct chip *chip, struct fault_hit fault)
{
    bool delayed = fault.kind == FAULT_LATE || fault.kind == FAULT_STUCK;
    if (chip->power == POWER_AWAKE || chip->dead || (!delayed && device_disturb(chip, fault))) {
        return;
    }
    bool tests = chip->power == POWER_SLEEP && (zones_chip_options(&chip->memory) & OPTION_SELF_TEST) != 0;
    uint64_t delay = (tests ? WAKE_SELF_TEST_US : WAKE_DELAY_US) * NS_PER_US;
    uint8_t status = fault.kind == FAULT_STATUS ? (uint8_t)fault.value : STATUS_WAKE;
    if (chip->power == POWER_SLEEP) {
        chip->address = zones_address(&chip->memory);
    }
    chip->power = POWER_AWAKE;
    chip->report.wakes++;
    chip->report.wake_ns += delay;
    chip->watchdog_at_ns = chip->clock_ns + device_watchdog_ns(chip);
    chip->ready_at_ns = chip->clock_ns + delay;
    device_answer(chip, &status, 1);
    device_event(chip, CHIP_EVENT_WAKE, NULL, 0);
    if (chip->options.busy == CHIP_BUSY_NONE) {
        chip->clock_ns = chip->ready_at_ns;
    }
    if (delayed) {
        device_disturb(chip, fault);
    }
}

void device_idle(struct chip *chip)
{
    chip->power = POWER_IDLE;
    chip->output_len = 0;
    chip->output_at = 0;
    device_event(chip, CHIP_EVENT_IDLE, NULL, 0);
}

void device_sleep(struct chip *chip)
{
    device_fall_asleep(chip, CHIP_EVENT_SLEEP);
}

/* ASSUMPTION: clock dividers that are not M1 or M2 run as M0. */
static unsigned device_clock(const struct chip *chip)
{
    if (chip->options.clock != CHIP_CLOCK_CONFIG) {
        return (unsigned)chip->options.clock - CHIP_CLOCK_M0;
    }
    switch (chip->memory.config[CONFIG_CHIP_MODE] & 0xF8) {
    case 0x28:
        return 1;
    case 0x68:
        return 2;
    default:
        return 0;
    }
}

/* The command's answer is damaged: one byte missing, or one bit of it wrong. */
static void device_spoil_answer(struct chip *chip, struct fault_hit fault)
{
    size_t at = fault.value;
    if (fault.kind == FAULT_LOST) {
        at = at < chip->output_len ? at : chip->output_len - 1;
        memmove(chip->output + at, chip->output + at + 1, chip->output_len - at - 1);
        chip->output_len--;
    } else {
        at = at < chip->output_len ? at : chip->output_len / 2;
        chip->output[at] ^= 0x10;
    }
}

/* Computes the answer; returns the time that it takes. */
static uint64_t device_execute(struct chip *chip, const uint8_t *packet, struct fault_hit fault)
{
    struct call call = {.chip = chip, .memory = &chip->memory, .work = &chip->work};
    const struct command *command = NULL;
    uint8_t status = command_parse(&call, packet, &command);
    uint64_t time = REFUSED_COMMAND_MS * NS_PER_MS;
    uint64_t full = command == NULL ? time : command->ms[device_clock(chip)] * NS_PER_MS;
    bool forced = fault.kind == FAULT_STATUS;
    if (forced) {
        status = (uint8_t)fault.value;
    } else if (status == STATUS_OK && chip->clock_ns + full > chip->watchdog_at_ns) {
        status = STATUS_WATCHDOG;
    } else if (status == STATUS_OK) {
        status = command->run(&call);
    }
    bool done = !forced && (status == STATUS_OK || status == STATUS_MISMATCH);
    if (done) {
        time = full;
    } else {
        chip->memory = chip->before;
    }
    bool data = done && call.out_len > 0;
    device_answer(chip, data ? call.out : &status, data ? call.out_len : 1);
    if (command != NULL) {
        size_t index = (size_t)(command - command_table);
        chip->report.command[index].count++;
        chip->report.command[index].execution_ns += time;
    }
    chip->report.execution_ns += time;
    device_named_event(chip, CHIP_EVENT_COMMAND, command == NULL ? "?" : command->name, packet, packet[0], time);
    return time;
}

/* A fault by the command's name, unless the bus operation had one; what strikes the packet itself is done already. */
static struct fault_hit device_command_fault(struct chip *chip, const uint8_t *packet, struct fault_hit fault)
{
    const struct command *command = command_find(packet[1]);
    struct fault_hit none = {FAULT_NONE, FAULT_DEFAULT};
    struct fault_hit named = command == NULL ? none : fault_at_command(&chip->plan, command->name);
    bool on_packet = fault.kind == FAULT_LOST || fault.kind == FAULT_CORRUPT || fault.kind == FAULT_NONE;
    return on_packet ? named : fault;
}

void device_command(struct chip *chip, const uint8_t *bytes, size_t len, struct fault_hit fault)
{
    const uint8_t bad = STATUS_COMMUNICATION;
    uint64_t time = REFUSED_COMMAND_MS * NS_PER_MS;
    chip->before = chip->memory;
    chip->command_fault.kind = FAULT_NONE;
    if (!packet_sound(bytes, len)) {
        device_answer(chip, &bad, 1);
        device_named_event(chip, CHIP_EVENT_COMMAND, "?", bytes, len, time);
        chip->report.execution_ns += time;
    } else {
        fault = device_command_fault(chip, bytes, fault);
        if (fault.kind == FAULT_NACK) {
            device_disturb(chip, fault);
            return;
        }
        time = device_execute(chip, bytes, fault);
        chip->command_fault = fault;
    }
    chip->running = true;
    chip->ready_at_ns = chip->clock_ns + time;
    switch (chip->command_fault.kind) {
    case FAULT_LATE:
        chip->ready_at_ns += fault.value * NS_PER_MS;
        break;
    case FAULT_STUCK:
        chip->ready_at_ns = NEVER;
        break;
    case FAULT_LOST:
    case FAULT_CORRUPT:
        device_spoil_answer(chip, fault);
        break;
    case FAULT_RESET:
    case FAULT_WATCHDOG:
        chip->ready_at_ns = chip->clock_ns + time / 2;
        break;
    default:
        break;
    }
    if (chip->options.busy == CHIP_BUSY_NONE && chip->ready_at_ns != NEVER) {
        chip->clock_ns = chip->command_fault.kind == FAULT_LATE ? chip->clock_ns + time : chip->ready_at_ns;
        device_settle(chip);
    }
}
