/* The simulator's power and bus: wake, idle, sleep, watchdog, busy, addresses, the read pointer, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/sim_client.h"

#define MS 1000000ULL

static const struct chip_options clocked = {.busy = CHIP_BUSY_VIRTUAL, .seeded = true, .seed = 1};
static const uint8_t wake_status[4] = {0x04, 0x11, 0x33, 0x43};

static enum chip_ack poke(struct sim_client *client)
{
    return chip_i2c_write(client->chip, 0xC0, NULL, 0, 400);
}

static void low_pulse(struct sim_client *client)
{
    assert_int_equal(chip_i2c_write(client->chip, 0x00, NULL, 0, 100), CHIP_NO_ADDRESS);
}

static void test_wake(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t answer[6];
    sim_open(&client, clocked);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS); /* it powers up asleep */
    assert_int_equal(chip_i2c_write(client.chip, 0x00, NULL, 0, 400), CHIP_NO_ADDRESS);
    chip_advance(client.chip, 5 * MS);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS); /* at 400 kHz the pulse is too short */
    chip_i2c_low(client.chip, 59);
    chip_advance(client.chip, 5 * MS);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
    low_pulse(&client);
    chip_advance(client.chip, 1470000);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS); /* not before 1.5 ms are over */
    chip_advance(client.chip, 30000);
    assert_int_equal(chip_i2c_read(client.chip, 0xC0, answer, 6, 100), CHIP_ACK);
    assert_memory_equal(answer, wake_status, 4);
    assert_int_equal(answer[4], 0xFF);
    assert_int_equal(answer[5], 0xFF);
    low_pulse(&client); /* awake: nothing happens, the pointer stays at the end */
    assert_int_equal(chip_i2c_read(client.chip, 0xC1, answer, 1, 100), CHIP_ACK);
    assert_int_equal(answer[0], 0xFF);
    sim_close(&client);
    sim_open(&client, clocked);
    chip_i2c_low(client.chip, 60);
    chip_advance(client.chip, 1500000);
    assert_int_equal(poke(&client), CHIP_ACK);
    sim_close(&client);
}

static void test_read_pointer(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t command[9] = {0x03};
    uint8_t first[7];
    uint8_t again[7];
    sim_open(&client, clocked);
    sim_wake(&client);
    sim_packet(command + 1, 0x30, 0, 0, NULL, 0);
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, command, 8, 400), CHIP_ACK);
    chip_advance(client.chip, 5 * MS);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(chip_i2c_read(client.chip, 0xC0, first + i, 1, 400), CHIP_ACK);
    }
    const uint8_t revision[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xBB};
    assert_memory_equal(first, revision, 7);
    sim_word(&client, 0x00);
    assert_int_equal(chip_i2c_read(client.chip, 0xC0, again, 7, 400), CHIP_ACK);
    assert_memory_equal(again, first, 7);
    command[0] = 0x04;
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, command, 8, 400), CHIP_NO_DATA); /* no such word address */
    sim_close(&client);
    const struct chip_options older = {.busy = CHIP_BUSY_VIRTUAL, .part = CHIP_608A};
    const uint8_t revision_a[4] = {0x00, 0x00, 0x60, 0x02};
    sim_open(&client, older);
    sim_run(&client, 0x30, 0, 0, NULL, 0);
    assert_memory_equal(client.answer, revision_a, 4);
    sim_close(&client);
}

/* While a command runs nobody answers; when its maximum time is over, the answer is there. */
static void busy_for(const char *what, struct chip_options options, uint8_t opcode, uint8_t mode, uint64_t ms)
{
    struct sim_client client;
    uint8_t command[9] = {0x03};
    sim_open(&client, options);
    sim_wake(&client);
    sim_packet(command + 1, opcode, mode, 0, NULL, 0);
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, command, 8, 400), CHIP_ACK);
    assert_true(chip_is_busy(client.chip));
    chip_advance(client.chip, ms * MS - MS);
    if (poke(&client) != CHIP_NO_ADDRESS) {
        fail_msg("%s: ready too early", what);
    }
    chip_advance(client.chip, MS);
    if (poke(&client) != CHIP_ACK) {
        fail_msg("%s: not ready in time", what);
    }
    assert_false(chip_is_busy(client.chip));
    sim_close(&client);
}

static void test_times(void **state)
{
    (void)state;
    struct chip_options options = clocked;
    busy_for("Info", options, 0x30, 0, 5);
    busy_for("Random", options, 0x1B, 0, 23);
    busy_for("SelfTest M0", options, 0x77, 0x3B, 250);
    options.clock = CHIP_CLOCK_M1;
    busy_for("SelfTest M1", options, 0x77, 0x3B, 625);
    busy_for("SHA M1", options, 0x47, 0, 42);
    options.clock = CHIP_CLOCK_M2;
    busy_for("SHA M2", options, 0x47, 0, 75);
    busy_for("an error", options, 0x41, 0x80, 1);
}

/* ChipMode's divider: 0x28 is M1, 0x68 M2, and bit 2 the long watchdog, without which M2's SelfTest has no time. */
static void test_clock_of_configuration(void **state)
{
    (void)state;
    static const struct {
        uint8_t mode;
        uint64_t ms;
        uint8_t status;
    } rows[] = {{0x00, 250, 0x00}, {0x28, 625, 0x00}, {0x68, 1, 0xEE}, {0x6C, 2324, 0x00}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_client client;
        struct chip_report before;
        struct chip_report after;
        const uint8_t word[4] = {0xC0, 0, 0, rows[i].mode};
        sim_open(&client, clocked);
        assert_int_equal(sim_run(&client, 0x12, 0x00, 4, word, 4), 0);
        sim_wake(&client);
        sim_word(&client, 0x01);
        chip_report(client.chip, &before);
        assert_int_equal(sim_run(&client, 0x77, 0x3B, 0, NULL, 0), rows[i].status);
        chip_report(client.chip, &after);
        assert_int_equal(after.execution_ns - before.execution_ns, rows[i].ms * MS);
        sim_close(&client);
    }
}

/* Loads TempKey and says by Info whether it is still valid. */
static void load_tempkey(struct sim_client *client)
{
    const uint8_t bytes[32] = {1};
    assert_int_equal(sim_run(client, 0x16, 0x03, 0, bytes, 32), 0);
}

static bool tempkey_valid(struct sim_client *client)
{
    assert_int_equal(sim_run(client, 0x30, 2, 0, NULL, 0), 0);
    return (client->answer[1] & 0x80) != 0;
}

static void test_idle_and_sleep(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t answer[4];
    sim_open(&client, clocked);
    load_tempkey(&client); /* the client idles */
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
    chip_advance(client.chip, 3600000 * MS); /* idle has no watchdog */
    low_pulse(&client);
    chip_advance(client.chip, 2 * MS);
    assert_int_equal(chip_i2c_read(client.chip, 0xC0, answer, 4, 400), CHIP_ACK);
    assert_memory_equal(answer, wake_status, 4);
    sim_word(&client, 0x02);
    assert_true(tempkey_valid(&client));
    sim_wake(&client);
    sim_word(&client, 0x01);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
    assert_false(tempkey_valid(&client));
    load_tempkey(&client);
    chip_power_cycle(client.chip);
    assert_false(tempkey_valid(&client));
    sim_close(&client);
}

static void test_watchdog(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        uint8_t mode;
        uint64_t ms;
    } rows[] = {{NULL, 0x00, 1300}, {NULL, 0x04, 13000}, {"watchdog=700", 0x00, 700}, {"watchdog=1700", 0x00, 1700}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_client client;
        struct chip_options options = clocked;
        const uint8_t word[4] = {0xC0, 0, 0, rows[i].mode};
        options.fault = rows[i].fault;
        sim_open(&client, options);
        assert_int_equal(sim_run(&client, 0x12, 0x00, 4, word, 4), 0);
        load_tempkey(&client);
        low_pulse(&client);
        chip_advance(client.chip, (rows[i].ms - 1) * MS);
        assert_int_equal(poke(&client), CHIP_ACK);
        chip_advance(client.chip, MS);
        assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
        assert_false(tempkey_valid(&client));
        struct chip_report report;
        chip_report(client.chip, &report);
        assert_int_equal(report.watchdogs, 1);
        sim_close(&client);
    }
}

/* Too little time left for a command: 0xEE, nothing is done, and after idle and wake it works. */
static void test_watchdog_refuses(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t command[9] = {0x03};
    uint8_t answer[4];
    sim_open(&client, clocked);
    load_tempkey(&client);
    low_pulse(&client);
    chip_advance(client.chip, 1290 * MS);
    sim_packet(command + 1, 0x1B, 0, 0, NULL, 0); /* Random takes 23 ms */
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, command, 8, 400), CHIP_ACK);
    chip_advance(client.chip, MS);
    assert_int_equal(chip_i2c_read(client.chip, 0xC0, answer, 4, 400), CHIP_ACK);
    const uint8_t refused[4] = {0x04, 0xEE, 0x31, 0x41};
    assert_memory_equal(answer, refused, 4);
    sim_word(&client, 0x02);
    assert_true(tempkey_valid(&client));
    assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), 0);
    sim_close(&client);
}

static void set_address(struct sim_client *client, uint8_t address, uint8_t mode)
{
    const uint8_t word[4] = {address, 0, 0, mode};
    assert_int_equal(sim_run(client, 0x12, 0x00, 4, word, 4), 0);
}

static void test_address(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open(&client, clocked);
    sim_wake(&client);
    assert_int_equal(chip_i2c_write(client.chip, 0x6C, NULL, 0, 400), CHIP_NO_ADDRESS);
    sim_word(&client, 0x02);
    set_address(&client, 0x6D, 0); /* bit 0 does not count */
    sim_wake(&client);             /* not from sleep: still the old one */
    sim_word(&client, 0x01);
    client.address = 0x6C;
    sim_wake(&client);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
    sim_word(&client, 0x02);
    set_address(&client, 0x6C, 0x01); /* ChipMode bit 0: byte 85 is the address, if it is not 0 */
    sim_wake(&client);
    sim_word(&client, 0x01);
    sim_wake(&client);
    sim_word(&client, 0x02);
    assert_int_equal(sim_run(&client, 0x20, 0x01, 0xA0, NULL, 0), 0);
    sim_wake(&client);
    sim_word(&client, 0x01);
    client.address = 0xA0;
    sim_wake(&client);
    sim_close(&client);
}

static void test_self_test_at_wake(void **state)
{
    (void)state;
    struct sim_client client;
    const uint8_t options[4] = {0xFF, 0xFF, 0x01, 0x00};
    sim_open(&client, clocked);
    assert_int_equal(sim_run(&client, 0x12, 0x00, 22, options, 4), 0);
    sim_wake(&client);
    sim_word(&client, 0x01);
    low_pulse(&client);
    chip_advance(client.chip, 19 * MS);
    assert_int_equal(poke(&client), CHIP_NO_ADDRESS);
    chip_advance(client.chip, MS);
    assert_int_equal(poke(&client), CHIP_ACK);
    sim_word(&client, 0x02); /* from idle it does not test itself */
    low_pulse(&client);
    chip_advance(client.chip, 2 * MS);
    assert_int_equal(poke(&client), CHIP_ACK);
    sim_close(&client);
}

/* Power cut in the middle of a command: the memory is as before it. */
static void test_cut(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t command[12] = {0x03};
    const uint8_t word[4] = {0x6C, 0, 0, 0};
    sim_open(&client, clocked);
    sim_wake(&client);
    sim_packet(command + 1, 0x12, 0x00, 4, word, 4);
    unsigned keeps = client.keeps;
    for (unsigned ms = 44; ms <= 45; ms++) {
        chip_i2c_write(client.chip, 0xC0, command, 12, 400);
        chip_advance(client.chip, ms * MS);
        assert_int_equal(client.keeps - keeps, ms == 45);
        chip_power_cycle(client.chip);
        client.address = ms == 45 ? 0x6C : 0xC0;
        sim_wake(&client);
    }
    sim_close(&client);
}

/* The three ways of time, and that the sums add up. */
static void test_report(void **state)
{
    (void)state;
    static const enum chip_busy ways[] = {CHIP_BUSY_NONE, CHIP_BUSY_VIRTUAL, CHIP_BUSY_REAL};
    for (size_t i = 0; i < 3; i++) {
        struct sim_client client;
        struct chip_report report;
        struct chip_options options = {.busy = ways[i]};
        uint8_t command[9] = {0x03};
        sim_open(&client, options);
        low_pulse(&client);
        assert_int_equal(poke(&client), ways[i] == CHIP_BUSY_NONE ? CHIP_ACK : CHIP_NO_ADDRESS);
        chip_advance(client.chip, 2 * MS);
        sim_packet(command + 1, 0x1B, 0, 0, NULL, 0);
        assert_int_equal(chip_i2c_write(client.chip, 0xC0, command, 8, 400), CHIP_ACK);
        assert_int_equal(poke(&client), ways[i] == CHIP_BUSY_NONE ? CHIP_ACK : CHIP_NO_ADDRESS);
        chip_report(client.chip, &report);
        assert_int_equal(report.execution_ns, 23 * MS);
        assert_int_equal(report.wake_ns, 1500000);
        /* an address at 100 kHz; address + 8 bytes, and two lone addresses, at 400 kHz */
        assert_int_equal(report.bus_ns, 90000 + (9 + 2) * 22500);
        assert_int_equal(report.operations, 4);
        assert_int_equal(report.refused, ways[i] == CHIP_BUSY_NONE ? 0 : 2);
        assert_int_equal(report.wakes, 1);
        assert_int_equal(report.command[6].count, 1);
        assert_string_equal(report.command[6].name, "Random");
        uint64_t clock = 2 * MS + (ways[i] == CHIP_BUSY_REAL ? 0 : report.bus_ns);
        clock += ways[i] == CHIP_BUSY_NONE ? 1500000 + 23 * MS : 0;
        assert_int_equal(report.clock_ns, clock);
        sim_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake),
        cmocka_unit_test(test_read_pointer),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_clock_of_configuration),
        cmocka_unit_test(test_idle_and_sleep),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_watchdog_refuses),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_self_test_at_wake),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_report),
    };
    return cmocka_run_group_tests_name("sim power", tests, NULL, NULL);
}
