/* bench/chip: how long the chip of a device works for one handshake by value, by the simulated chip's clock: polls every
 * 100 us, bus, wakes and all, until the session is forgotten. Beside it the execution time of the commands that cannot be avoided,
 * which are all that the chip runs; method 3 overwrites the ephemeral key after it, with another GenKey. The peer has no chip, so nothing else takes time. Exit 1: at 400 kHz or faster it is more than 1.05 times that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/atecc608/hard.h"
#include "test/support/bench.h"
#include "test/support/chip.h"

#define WINDOW_MS 30000
#define POLL_US   100
#define BOUND     1.05

static const char *const bus_name[TEST_BUSES] = {"I2C 400 kHz", "I2C 100 kHz", "I2C 1 MHz", "single wire"};
static const struct {
    const char *name;
    uint8_t mode;
} clocks[] = {{"M0", TROTH_ATECC608_MODE_M0}, {"M1", TROTH_ATECC608_MODE_M1}, {"M2", TROTH_ATECC608_MODE_M2}};

struct cost {
    double handshake_ms;
    double execution_ms;
    double wake_ms;
    double bus_ms;
    double longest_ms;   /* that a call blocked */
    double overwrite_ms; /* afterwards, method 3 */
    unsigned commands;
    unsigned sha, aes;
};

static unsigned count_of(const struct chip_report *report, const char *name)
{
    for (size_t i = 0; i < CHIP_COMMANDS; i++) {
        if (strcmp(report->command[i].name, name) == 0) {
            return report->command[i].count;
        }
    }
    return 0;
}

static double gen_key_ms(const struct chip_report *report)
{
    for (size_t i = 0; i < CHIP_COMMANDS; i++) {
        if (strcmp(report->command[i].name, "GenKey") == 0) {
            return (double)report->command[i].execution_ns / 1e6 / report->command[i].count;
        }
    }
    return 0;
}

static void stop(const char *words)
{
    fprintf(stderr, "chip: %s\n", words);
    exit(1);
}

/* The unit gets the chip and waits with its peer at the point where both owners are asked: the handshake is done. is_hard: the chip
 * hashes and encrypts as well. */
static struct cost measure(struct unit unit[2], const struct test_part *part, enum test_bus bus, bool begins,
                           bool is_hard)
{
    static struct test_chip chip;
    static struct bench bench;
    struct chip_report before;
    struct chip_report after;
    test_chip_open(&chip, part, bus, NULL);
    chip.poll_us = POLL_US;
    while (troth_atecc608_settle(&chip.port) == TROTH_AGAIN) {
        test_chip_pass(&chip, chip.poll_us);
    }
    chip_report(chip.sim, &before);
    chip.commands = 0;
    unit[0].config.port = (struct troth_port){&chip_ticking, &chip};
    if (is_hard) {
        unit[0].config.port = (struct troth_port){&troth_atecc608_hard, &chip.port};
    }
    memset(&bench, 0, sizeof bench);
    for (int i = 0; i < 2; i++) {
        unit[i].accepts = false;
        unit[i].config.begin = (i == 0) == begins ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        unit[i].told[TROTH_EVENT_WAITING] = 0;
        unit_clear(&unit[i]);
    }
    bench_connect(&bench, &unit[0], &unit[1]);
    bench_pair(&bench, WINDOW_MS);
    chip_report(chip.sim, &after);
    if (unit[0].told[TROTH_EVENT_WAITING] != 1 || unit[1].told[TROTH_EVENT_WAITING] != 1 || chip.broken != NULL) {
        stop("the handshake did not work");
    }
    double overwrite_ms = part->method == 3 ? gen_key_ms(&after) : 0;
    struct cost cost = {.handshake_ms = (double)((is_hard ? after.clock_ns : chip.forgot_ns) - before.clock_ns) / 1e6,
                        .execution_ms = (double)(after.execution_ns - before.execution_ns) / 1e6 - overwrite_ms,
                        .wake_ms = (double)(after.wake_ns - before.wake_ns) / 1e6,
                        .bus_ms = (double)(after.bus_ns - before.bus_ns) / 1e6,
                        .longest_ms = (double)chip.longest_ns / 1e6,
                        .overwrite_ms = overwrite_ms,
                        .sha = count_of(&after, "SHA"),
                        .aes = count_of(&after, "AES"),
                        .commands = chip.commands - (part->method == 3)};
    for (int i = 0; i < 2; i++) {
        unit_off(&unit[i]);
    }
    test_chip_close(&chip);
    return cost;
}

static bool table(int method)
{
    static struct family family;
    static struct unit unit[2];
    static const uint8_t hmac_key[32] = "the HMAC key of a test device...";
    struct test_part part;
    bool kept = true;
    family_make(&family, "Acme Root CA One", method, false, 1);
    for (int i = 0; i < 2; i++) {
        unit_make(&unit[i], &family, i == 0 ? "0123456789ab" : "0123456789ac");
    }
    for (size_t clock = 0; clock < sizeof clocks / sizeof clocks[0]; clock++) {
        test_part_make(&part, method, unit[0].holder.scalar, hmac_key, clocks[clock].mode);
        for (int bus = 0; bus < TEST_BUSES; bus++) {
            struct cost cost = measure(unit, &part, (enum test_bus)bus, true, false);
            struct cost responder = measure(unit, &part, (enum test_bus)bus, false, false);
            cost = responder.handshake_ms > cost.handshake_ms ? responder : cost;
            double ratio = cost.handshake_ms / cost.execution_ms;
            bool bounded = bus == TEST_BUS_I2C_400 || bus == TEST_BUS_I2C_1000;
            kept = kept && (!bounded || ratio <= BOUND);
            printf("%6d  %-5s  %-11s  %8u  %9.0f  %9.1f  %6.1f  %6.1f  %6.3f%s %12.2f  %9.0f\n", method,
                   clocks[clock].name, bus_name[bus], cost.commands, cost.execution_ms, cost.handshake_ms, cost.bus_ms,
                   cost.wake_ms, ratio, bounded && ratio > BOUND ? "!" : " ", cost.longest_ms, cost.overwrite_ms);
        }
    }
    test_part_make(&part, method, unit[0].holder.scalar, hmac_key, TROTH_ATECC608_MODE_M0);
    struct cost cost = measure(unit, &part, TEST_BUS_I2C_400, true, true);
    printf("%6d  M0     I2C 400 kHz  with SHA-256 and AES-128 on the chip: %.0f ms, %u SHA and %u AES commands\n",
           method, cost.handshake_ms, cost.sha, cost.aes);
    for (int i = 0; i < 2; i++) {
        unit_free(&unit[i]);
    }
    family_free(&family);
    return kept;
}

int main(void)
{
    bool kept = true;
    printf("chip time of one handshake by value, milliseconds; the slower of Initiator and Responder\n"
           "method  clock  bus          commands  execution  handshake     bus   wakes   ratio  longest call  "
           "overwrite\n");
    for (int method = 0; method <= 3; method += 3) {
        kept = table(method) && kept;
    }
    return kept ? 0 : 1;
}
