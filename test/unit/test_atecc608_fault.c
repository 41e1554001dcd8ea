/* test_atecc608_fault: every fault of the simulated chip at every bus operation in the life of a device that is switched on, pairs
 * and talks. The pairing completes or fails cleanly, and the next one works. */
#include "test/support/bench.h"
#include "test/support/chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define WINDOW_MS 30000
#define POLL_US   20000 /* few polls, so that there are few operations to break */

static const uint8_t hmac_key[32] = "the HMAC key of a test device...";

/* Two devices of a family; the first has a chip, the other the openssl port. */
struct table {
    struct family family;
    struct unit unit[2];
    struct test_part part;
    struct test_chip chip;
    struct bench bench;
};

static struct table table;

static void lay(int method, bool begins)
{
    family_make(&table.family, "Acme Root CA One", method, false, 1);
    for (int i = 0; i < 2; i++) {
        unit_make(&table.unit[i], &table.family, i == 0 ? "0123456789ab" : "0123456789ac");
        table.unit[i].config.begin = (i == 0) == begins ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
    }
    test_part_make(&table.part, method, table.unit[0].holder.scalar, hmac_key, TROTH_ATECC608_MODE_M0);
    table.unit[0].config.port = (struct troth_port){&chip_ticking, &table.chip};
}

static void clear(void)
{
    for (int i = 0; i < 2; i++) {
        unit_free(&table.unit[i]);
    }
    family_free(&table.family);
}

/* Both on, with nothing stored. */
static void begin(enum test_bus bus, const char *fault)
{
    test_chip_open(&table.chip, &table.part, bus, fault);
    table.chip.poll_us = POLL_US;
    memset(&table.bench, 0, sizeof table.bench);
    for (int i = 0; i < 2; i++) {
        unit_clear(&table.unit[i]);
        memset(table.unit[i].reasons, 0, sizeof table.unit[i].reasons);
        unit_on(&table.unit[i], 0);
        table.bench.unit[i] = &table.unit[i];
    }
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        unit_off(&table.unit[i]);
    }
    test_chip_close(&table.chip);
}

static uint32_t operations(void)
{
    struct chip_report report;
    chip_report(table.chip.sim, &report);
    return report.operations;
}

/* What went wrong was told as the chip's failure on this side, and as silence or an error on the other. */
static void check_clean(const char *fault)
{
    static const uint8_t expected[2][3] = {{TROTH_REASON_CRYPTO, TROTH_REASON_PEER, TROTH_REASON_TIMEOUT},
                                           {TROTH_REASON_PEER, TROTH_REASON_TIMEOUT, TROTH_REASON_TIMEOUT}};
    bool refused = strstr(fault, "=0f") != NULL; /* to verify: the key is not on the curve */
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned reason = 0; reason < 16; reason++) {
            bool fits = memchr(expected[i], (int)reason, sizeof expected[i]) != NULL ||
                        (refused && i == 0 && (reason == TROTH_REASON_FORGED || reason == TROTH_REASON_CONFIG));
            if (!fits && table.unit[i].reasons[reason] > 0) {
                fail_msg("%s: unit %u was told: %s", fault, i, troth_strreason((int)reason));
            }
        }
    }
    /* nobody notices that the chip did not hear an idle flag, where its bus acknowledged the flag or never does */
    bool heard = table.chip.bus != TEST_BUS_SWI && fault[0] == 'n';
    if (table.chip.broken != NULL && heard) {
        fail_msg("%s: broken: %s", fault, table.chip.broken);
    }
}

struct tally {
    unsigned runs, undisturbed, failed;
};

/* One life with one fault: a window, and if need be a second one after the device was switched off and on. */
static void live(enum test_bus bus, const char *fault, bool needs_power, struct tally *tally)
{
    begin(bus, fault);
    bool paired = bench_pair(&table.bench, WINDOW_MS);
    check_clean(fault);
    tally->runs++;
    tally->undisturbed += paired && table.unit[0].reasons[TROTH_REASON_CRYPTO] == 0;
    tally->failed += !paired;
    if (!paired) {
        unit_off(&table.unit[0]);
        if (needs_power) {
            chip_power_cycle(table.chip.sim);
        }
        test_chip_reset(&table.chip, table.part.method);
        unit_on(&table.unit[0], table.bench.now_ms);
        if (!bench_pair(&table.bench, WINDOW_MS)) {
            fail_msg("%s: the next pairing does not work", fault);
        }
        check_clean(fault);
    }
    assert_true(bench_talks(&table.bench));
    end();
}

static void sweep(int method, enum test_bus bus, bool begins)
{
    static const char *const kinds[] = {
        "nack@%u",           "lost@%u",      "lost@%u=0",       "corrupt@%u",     "corrupt@%u=0",
        "late@%u=60",        "stuck@%u",     "reset@%u=before", "reset@%u=after", "watchdog@%u=before",
        "watchdog@%u=after", "status@%u=ee", "status@%u=ff",    "status@%u=0f"};
    lay(method, begins);
    begin(bus, NULL);
    assert_true(bench_pair(&table.bench, WINDOW_MS));
    uint32_t count = operations();
    assert_int_equal(table.unit[0].reasons[TROTH_REASON_CRYPTO], 0);
    end();
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        struct tally tally = {0};
        for (uint32_t at = 1; at <= count; at++) {
            char fault[40];
            snprintf(fault, sizeof fault, kinds[kind], at);
            live(bus, fault, strncmp(fault, "stuck", 5) == 0, &tally);
        }
        printf("method %d, %s, %s, %-18s %4u runs, %4u of them undisturbed, %3u needed another window\n", method,
               bus == TEST_BUS_SWI ? "swi" : "i2c", begins ? "initiator" : "responder", kinds[kind], tally.runs,
               tally.undisturbed, tally.failed);
    }
    clear();
}

static void test_i2c_method_0(void **state)
{
    (void)state;
    sweep(0, TEST_BUS_I2C_400, true);
    sweep(0, TEST_BUS_I2C_400, false);
}

static void test_i2c_method_3(void **state)
{
    (void)state;
    sweep(3, TEST_BUS_I2C_400, true);
    sweep(3, TEST_BUS_I2C_400, false);
}

static void test_swi(void **state)
{
    (void)state;
    sweep(0, TEST_BUS_SWI, true);
    sweep(3, TEST_BUS_SWI, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_i2c_method_0),
        cmocka_unit_test(test_i2c_method_3),
        cmocka_unit_test(test_swi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
