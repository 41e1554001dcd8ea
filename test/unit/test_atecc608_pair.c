/* test_atecc608_pair: whole devices with chips: they pair, talk, are switched off and come back, chip with chip and chip with
 * OpenSSL, on either bus, at every clock of the chip. */
#include "test/support/bench.h"
#include "test/support/chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define WINDOW_MS 30000
#define NO_CHIP   TEST_BUSES

static const uint8_t hmac_key[2][32] = {"the HMAC key of the first.......", "the HMAC key of the second......"};

static void live(int method, uint8_t mode, const enum test_bus bus[2])
{
    static struct family family;
    static struct unit unit[2];
    static struct test_chip chip[2];
    static struct bench bench;
    memset(&bench, 0, sizeof bench);
    family_make(&family, "Acme Root CA One", method, false, 1);
    for (int i = 0; i < 2; i++) {
        struct test_part part;
        unit_make(&unit[i], &family, i == 0 ? "0123456789ab" : "0123456789ac");
        unit[i].config.begin = i == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        if (bus[i] != NO_CHIP) {
            test_part_make(&part, method, unit[i].holder.scalar, hmac_key[i], mode);
            test_chip_open(&chip[i], &part, bus[i], NULL);
            unit[i].config.port = (struct troth_port){&chip_ticking, &chip[i]};
        }
    }
    bench_connect(&bench, &unit[0], &unit[1]);
    assert_true(bench_pair(&bench, WINDOW_MS));
    assert_true(bench_talks(&bench));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++) {
            bench_reset(&bench, &unit[i]);
            if (bus[i] != NO_CHIP && round == 1) {
                chip_power_cycle(chip[i].sim);
                test_chip_reset(&chip[i], method);
            }
        }
        bench_run(&bench, WINDOW_MS);
        assert_true(unit_linked(&unit[0]) && unit_linked(&unit[1]));
        assert_true(unit_knows(&unit[0], &unit[1]) && unit_knows(&unit[1], &unit[0]));
        assert_true(bench_talks(&bench));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unit[i].told[TROTH_EVENT_ABORTED], 0);
        unit_free(&unit[i]);
        if (bus[i] != NO_CHIP) {
            assert_null(chip[i].broken);
            test_chip_close(&chip[i]);
        }
    }
    family_free(&family);
}

static void every_way(int method)
{
    static const enum test_bus ways[][2] = {{TEST_BUS_I2C_400, TEST_BUS_I2C_400}, {TEST_BUS_SWI, TEST_BUS_SWI},
                                            {TEST_BUS_I2C_1000, TEST_BUS_SWI},    {TEST_BUS_I2C_400, NO_CHIP},
                                            {NO_CHIP, TEST_BUS_I2C_100},          {NO_CHIP, TEST_BUS_SWI}};
    static const uint8_t modes[] = {TROTH_ATECC608_MODE_M0, TROTH_ATECC608_MODE_M1, TROTH_ATECC608_MODE_M2};
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        for (size_t mode = 0; mode < sizeof modes; mode++) {
            live(method, modes[mode], ways[way]);
        }
    }
}

static void test_method_0(void **state)
{
    (void)state;
    every_way(0);
}

static void test_method_3(void **state)
{
    (void)state;
    every_way(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_method_0),
        cmocka_unit_test(test_method_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
