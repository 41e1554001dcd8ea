/* The simulator on a single wire, character by character: framing, the five rules of the byte stream, times, faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/sim_client.h"

#define MS 1000000ULL

static const struct chip_options wire = {.bus = CHIP_SWI, .busy = CHIP_BUSY_VIRTUAL, .seeded = true, .seed = 9};

static uint8_t answer[CHIP_SWI_ANSWER];

static size_t put_byte(struct sim_client *client, uint8_t byte)
{
    size_t got = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        size_t now = chip_swi(client->chip, (byte >> bit & 1) != 0 ? 0x7F : 0x7D, answer);
        assert_true(now == 0 || bit == 7); /* it speaks only after a whole flag */
        got += now;
    }
    return got;
}

static void put_command(struct sim_client *client, uint8_t opcode, uint8_t mode, unsigned param, const void *data,
                        size_t data_len)
{
    uint8_t packet[256];
    size_t len = sim_packet(packet, opcode, mode, param, data, data_len);
    assert_int_equal(put_byte(client, 0x77), 0);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(put_byte(client, packet[i]), 0);
    }
}

/* The transmit flag; the answer as bytes, their number. */
static size_t take(struct sim_client *client, uint8_t *bytes)
{
    size_t characters = put_byte(client, 0x88);
    assert_int_equal(characters % 8, 0);
    for (size_t i = 0; i < characters / 8; i++) {
        bytes[i] = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            assert_true(answer[8 * i + bit] == 0x7F || answer[8 * i + bit] == 0x7D);
            bytes[i] |= (uint8_t)((answer[8 * i + bit] == 0x7F) << bit);
        }
    }
    return characters / 8;
}

static void wake(struct sim_client *client)
{
    assert_int_equal(chip_swi(client->chip, 0x00, answer), 0);
    chip_advance(client->chip, 2 * MS);
}

static void assert_status(struct sim_client *client, uint8_t status)
{
    uint8_t bytes[256];
    assert_int_equal(take(client, bytes), 4);
    assert_int_equal(bytes[0], 4);
    assert_int_equal(bytes[1], status);
}

static void test_wake_characters(void **state)
{
    (void)state;
    static const uint8_t wanted[32] = {0x7D, 0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7D, 0x7D, 0x7F, 0x7D, 0x7D,
                                       0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7F, 0x7F, 0x7D, 0x7D, 0x7F, 0x7F,
                                       0x7D, 0x7D, 0x7F, 0x7F, 0x7D, 0x7D, 0x7D, 0x7D, 0x7F, 0x7D};
    static const uint8_t transmit[8] = {0x7D, 0x7D, 0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7F};
    struct sim_client client;
    sim_open(&client, wire);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(chip_swi(client.chip, transmit[i], answer), 0); /* asleep */
    }
    assert_int_equal(chip_swi(client.chip, 0x00, answer), 0);
    assert_int_equal(put_byte(&client, 0x88), 0); /* not within 1.5 ms */
    chip_advance(client.chip, 2 * MS);
    for (unsigned times = 0; times < 2; times++) { /* the whole buffer each time */
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(chip_swi(client.chip, transmit[i], answer), i == 7 ? 32 : 0);
        }
        assert_memory_equal(answer, wanted, 32);
    }
    sim_close(&client);
}

/* The pin of single-wire parts, which I2C parts do not have. */
static void test_gpio(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t bytes[256];
    sim_open(&client, wire);
    wake(&client);
    put_command(&client, 0x30, 3, 0, NULL, 0);
    chip_advance(client.chip, 5 * MS);
    assert_int_equal(take(&client, bytes), 7);
    assert_int_equal(bytes[1], 1);
    sim_close(&client);
    sim_open(&client, (struct chip_options){.bus = CHIP_I2C, .busy = CHIP_BUSY_NONE});
    assert_int_equal(sim_run(&client, 0x30, 3, 0, NULL, 0), 0x0F);
    sim_close(&client);
}

static void test_command(void **state)
{
    (void)state;
    static const uint8_t info[7] = {0x07, 0x00, 0x00, 0x60, 0x03, 0x83, 0xBB};
    struct sim_client client;
    uint8_t bytes[256];
    sim_open(&client, wire);
    wake(&client);
    put_command(&client, 0x30, 0, 0, NULL, 0);
    assert_true(chip_is_busy(client.chip)); /* it runs after the last CRC byte, without any stop */
    assert_int_equal(take(&client, bytes), 0);
    chip_advance(client.chip, 5 * MS);
    assert_int_equal(take(&client, bytes), 7);
    assert_memory_equal(bytes, info, 7);
    sim_close(&client);
}

/* Rule 1: 0x00 wakes, and drops a half byte or a half packet. */
static void test_wake_token_resets(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open(&client, wire);
    wake(&client);
    for (unsigned bits = 1; bits < 8; bits++) {
        for (unsigned i = 0; i < bits; i++) {
            chip_swi(client.chip, 0x7F, answer);
        }
        wake(&client);
        assert_status(&client, 0x11);
    }
    put_byte(&client, 0x77);
    put_byte(&client, 0x07);
    put_byte(&client, 0x30);
    wake(&client);
    assert_status(&client, 0x11);
    put_command(&client, 0x30, 0, 0x100, NULL, 0);
    chip_advance(client.chip, 5 * MS);
    assert_status(&client, 0x03);
    wake(&client); /* the answer gives way to the wake status */
    assert_status(&client, 0x11);
    put_command(&client, 0x1B, 0, 0, NULL, 0);
    chip_swi(client.chip, 0x00, answer); /* while it works the token changes nothing */
    chip_advance(client.chip, 23 * MS);
    uint8_t bytes[256];
    assert_int_equal(take(&client, bytes), 35);
    sim_close(&client);
}

/* Rule 2: flags that do not exist are passed over, 0xFF above all. */
static void test_unknown_flags(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open(&client, wire);
    wake(&client);
    for (unsigned flag = 0; flag < 256; flag++) {
        if (flag == 0x77 || flag == 0x88 || flag == 0xBB || flag == 0xCC) {
            continue;
        }
        assert_int_equal(put_byte(&client, (uint8_t)flag), 0);
        assert_status(&client, 0x11);
        wake(&client);
    }
    put_byte(&client, 0xFF);
    put_byte(&client, 0xBB);
    assert_int_equal(put_byte(&client, 0x88), 0); /* idle */
    sim_close(&client);
}

/* Rule 4: a chip that turns ready in the middle of a flag keeps its alignment, wherever that is. */
static void test_ready_midway(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8; bit++) {
        struct sim_client client;
        struct chip_report report;
        size_t got = 0;
        sim_open(&client, wire);
        wake(&client);
        put_command(&client, 0x30, 0, 0, NULL, 0);
        chip_report(client.chip, &report);
        uint64_t ready = report.clock_ns + 5 * MS;
        chip_advance(client.chip, 5 * MS - 39063 * (bit + 1) + 20000);
        for (unsigned i = 0; i < 8; i++) {
            got += chip_swi(client.chip, (0x88 >> i & 1) != 0 ? 0x7F : 0x7D, answer);
            chip_report(client.chip, &report);
            assert_int_equal(report.clock_ns - (got == 0 ? 0 : 96000 + 54000 * got) > ready, i >= bit);
        }
        uint8_t bytes[256];
        assert_int_equal(got, 7 * 8); /* decided at the flag's end */
        assert_int_equal(take(&client, bytes), 7);
        sim_close(&client);
    }
}

/* Bits that smear, and the eighth bit of a character. */
static void test_tolerant_bits(void **state)
{
    (void)state;
    static const uint8_t ones[] = {0x7F, 0x7E, 0xFF, 0xFE};
    static const uint8_t zeros[] = {0x7D, 0x7C, 0x7B, 0x3F, 0xFD, 0x5D};
    struct sim_client client;
    sim_open(&client, wire);
    wake(&client);
    for (unsigned one = 0; one < sizeof ones; one++) {
        for (unsigned zero = 0; zero < sizeof zeros; zero++) {
            size_t got = 0;
            for (unsigned i = 0; i < 8; i++) {
                got += chip_swi(client.chip, (0x88 >> i & 1) != 0 ? ones[one] : zeros[zero], answer);
            }
            assert_int_equal(got, 32);
        }
    }
    sim_close(&client);
}

static void test_idle_and_sleep(void **state)
{
    (void)state;
    static const uint8_t load[32] = {1};
    static const struct {
        uint8_t flag;
        bool kept;
    } rows[] = {{0xBB, true}, {0xCC, false}};
    struct sim_client client;
    uint8_t bytes[256];
    sim_open(&client, wire);
    for (size_t i = 0; i < 2; i++) {
        wake(&client);
        put_command(&client, 0x16, 0x03, 0, load, 32);
        assert_int_equal(put_byte(&client, rows[i].flag), 0); /* busy: not heard */
        chip_advance(client.chip, 20 * MS);
        assert_status(&client, 0x00);
        put_byte(&client, rows[i].flag);
        assert_int_equal(put_byte(&client, 0x88), 0);
        wake(&client);
        assert_status(&client, 0x11);
        put_command(&client, 0x30, 2, 0, NULL, 0);
        chip_advance(client.chip, 5 * MS);
        assert_int_equal(take(&client, bytes), 7);
        assert_int_equal(bytes[2] >> 7, rows[i].kept);
    }
    sim_close(&client);
}

/* A packet for a busy chip is passed over as a whole: no byte of it is taken for a flag. */
static void test_packet_while_busy(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t bytes[256];
    static const uint8_t flags[32] = {0xCC, 0xBB, 0x88, 0x77, 0xCC};
    sim_open(&client, wire);
    wake(&client);
    put_command(&client, 0x1B, 0, 0, NULL, 0);
    put_command(&client, 0x16, 0x03, 0, flags, 32);
    chip_advance(client.chip, 23 * MS);
    assert_int_equal(take(&client, bytes), 35); /* the answer to the first */
    sim_close(&client);
}

static void test_bad_packets(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open(&client, wire);
    wake(&client);
    for (uint8_t count = 0; count < 7; count++) {
        put_byte(&client, 0x77);
        put_byte(&client, count);
        chip_advance(client.chip, MS);
        assert_status(&client, 0xFF);
    }
    static const uint8_t packet[7] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5C};
    put_byte(&client, 0x77);
    for (unsigned i = 0; i < 7; i++) {
        put_byte(&client, packet[i]);
    }
    chip_advance(client.chip, MS);
    assert_status(&client, 0xFF);
    sim_close(&client);
}

/* 65 ms of silence in the middle of a flag or packet: the chip sleeps. Between them it does not. */
static void test_input_timeout(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open(&client, wire);
    wake(&client);
    chip_advance(client.chip, 500 * MS);
    assert_status(&client, 0x11);
    chip_swi(client.chip, 0x7F, answer);
    chip_advance(client.chip, 64 * MS);
    for (unsigned i = 0; i < 7; i++) {
        chip_swi(client.chip, 0x7F, answer);
    }
    assert_status(&client, 0x11);
    put_byte(&client, 0x77);
    put_byte(&client, 0x07);
    chip_advance(client.chip, 66 * MS);
    put_byte(&client, 0x30);
    assert_int_equal(put_byte(&client, 0x88), 0);
    wake(&client);
    assert_status(&client, 0x11);
    sim_close(&client);
}

/* 313 us a byte to the chip, 432 from it after 96 of turnaround. */
static void test_times(void **state)
{
    (void)state;
    struct sim_client client;
    struct chip_report before;
    struct chip_report after;
    uint8_t bytes[256];
    sim_open(&client, wire);
    wake(&client);
    chip_report(client.chip, &before);
    put_command(&client, 0x1B, 0, 0, NULL, 0);
    chip_report(client.chip, &after);
    assert_int_equal(after.bus_ns - before.bus_ns, 8 * 8 * 39063);
    chip_advance(client.chip, 23 * MS);
    chip_report(client.chip, &before);
    assert_int_equal(take(&client, bytes), 35);
    chip_report(client.chip, &after);
    assert_int_equal(after.bus_ns - before.bus_ns, 8 * 39063 + 96000 + 35 * 8 * 54000);
    sim_close(&client);
}

/* Operations: 1 wake token, 2 command flag, 3 transmit flag. */
static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *plan;
        size_t len;
        uint8_t second;
    } rows[] = {{NULL, 35, 0xFF},         {"nack@2", 4, 0x11},       {"corrupt@2", 4, 0xFF},
                {"corrupt@2=0", 0, 0},    {"lost@2", 0, 0},          {"lost@2=0", 0, 0},
                {"nack@3", 0, 0},         {"lost@3", 34, 0xFF},      {"corrupt@3=1", 35, 0xEF},
                {"late@2=1", 0, 0},       {"late@3=1", 0, 0},        {"stuck@2", 0, 0},
                {"reset@2", 0, 0},        {"watchdog@random", 0, 0}, {"status@random=0F", 4, 0x0F},
                {"lost@random", 34, 0xFF}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_client client;
        struct chip_options options = wire;
        uint8_t bytes[256] = {0};
        options.fault = rows[i].plan;
        sim_open(&client, options);
        wake(&client);
        put_command(&client, 0x1B, 0, 0, NULL, 0);
        chip_advance(client.chip, 23 * MS);
        size_t len = take(&client, bytes);
        if (len != rows[i].len || (len > 0 && bytes[1] != rows[i].second)) {
            fail_msg("%s: %zu bytes, %02x", rows[i].plan, len, bytes[1]);
        }
        sim_close(&client);
    }
    /* a lost byte leaves the chip waiting: the next flag is taken for it, the CRC is wrong, and then it hears again */
    struct sim_client client;
    struct chip_options options = wire;
    options.fault = "lost@2";
    sim_open(&client, options);
    wake(&client);
    put_command(&client, 0x1B, 0, 0, NULL, 0);
    assert_int_equal(put_byte(&client, 0x88), 0);
    chip_advance(client.chip, MS);
    assert_status(&client, 0xFF);
    sim_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake_characters),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_gpio),
        cmocka_unit_test(test_wake_token_resets),
        cmocka_unit_test(test_unknown_flags),
        cmocka_unit_test(test_ready_midway),
        cmocka_unit_test(test_tolerant_bits),
        cmocka_unit_test(test_idle_and_sleep),
        cmocka_unit_test(test_packet_while_busy),
        cmocka_unit_test(test_bad_packets),
        cmocka_unit_test(test_input_timeout),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests_name("sim single wire", tests, NULL, NULL);
}
