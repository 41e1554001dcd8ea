/* Faults on demand: every kind at bus operations and at commands, on both buses; the text of plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/fault.h"
#include "test/support/sim_host.h"

#define MS 1000000ULL

enum { OK = 0x00, REFUSED = 0x0F };

static struct chip_options with_fault(const char *fault)
{
    return (struct chip_options){.busy = CHIP_BUSY_VIRTUAL, .seeded = true, .seed = 8, .fault = fault};
}

static void test_plans(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "nack@1",
                                       "nack@1-",
                                       "nack@%10",
                                       "nack@~7",
                                       "lost@3=2",
                                       "corrupt@Sign",
                                       "late@5=20",
                                       "stuck@genkey:2",
                                       "reset@Write",
                                       "reset@write=torn",
                                       "reset@9=after",
                                       "watchdog@Sign=before",
                                       "status@7=EE",
                                       "status@Verify=05",
                                       "worn=8",
                                       "worn=8:100",
                                       "worn=8:report",
                                       "worn=0:3:report",
                                       "watchdog=700",
                                       "nack@1,lost@2,worn=3,watchdog=1700"};
    static const char *const bad[] = {
        "nack",       "nack@",    "nack@0",     "nack@1=", "late@5",  "status@5", "lost@3=x",    "reset@1=bad",
        "worn=16",    "worn=",    "watchdog=0", "nack@1,", "nack@1;", "sleep@1",  "nack@sign:0", "late@1=99999999999",
        "watchdog=x", "nack@1-2", "nack@%",     "nack@-1"};
    struct fault_plan plan;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!fault_parse(&plan, good[i])) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *why = NULL;
        struct chip_options options = with_fault(bad[i]);
        if (fault_parse(&plan, bad[i])) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_null(chip_make(&options, NULL, &why));
        assert_non_null(why);
    }
    char many[17 * 8] = "nack@1";
    for (unsigned i = 1; i < 16; i++) {
        strcat(many, ",nack@1");
    }
    assert_true(fault_parse(&plan, many));
    strcat(many, ",nack@1");
    assert_false(fault_parse(&plan, many));
}

static void test_where(void **state)
{
    (void)state;
    static const struct {
        const char *plan, *hits; /* of operations 1 to 9 */
    } rows[] = {
        {"nack@4", "000100000"}, {"nack@4-", "000111111"}, {"nack@%3", "001001001"}, {"nack@2,nack@8-", "010000011"}};
    struct fault_plan plan;
    for (size_t i = 0; i < 4; i++) {
        assert_true(fault_parse(&plan, rows[i].plan));
        for (uint32_t n = 1; n < 10; n++) {
            assert_int_equal(fault_at_operation(&plan, n).kind == FAULT_NACK, rows[i].hits[n - 1] == '1');
        }
    }
    unsigned hits = 0;
    assert_true(fault_parse(&plan, "lost@~10"));
    for (uint32_t n = 1; n <= 10000; n++) {
        hits += fault_at_operation(&plan, n).kind == FAULT_LOST;
    }
    assert_in_range(hits, 850, 1150);
    assert_true(fault_parse(&plan, "stuck@Sign:2,late@sign=7"));
    assert_int_equal(fault_at_command(&plan, "Verify").kind, FAULT_NONE);
    assert_int_equal(fault_at_command(&plan, "Sign").kind, FAULT_LATE);
    assert_int_equal(fault_at_command(&plan, "Sign").kind, FAULT_STUCK);
    assert_int_equal(fault_at_command(&plan, "Sign").value, 7);
}

static enum chip_ack send(struct sim_client *client, uint8_t opcode, uint8_t mode, unsigned param)
{
    uint8_t message[8] = {0x03};
    sim_packet(message + 1, opcode, mode, param, NULL, 0);
    return chip_i2c_write(client->chip, 0xC0, message, sizeof message, 400);
}

static enum chip_ack read4(struct sim_client *client, uint8_t answer[4])
{
    return chip_i2c_read(client->chip, 0xC0, answer, 4, 400);
}

/* Operations here: 1 wake, 2 read of the wake status, 3 command, 4 read of its answer, 5 the same read again. */
static void at_command(const char *plan, enum chip_ack write, enum chip_ack read, const char *answer)
{
    struct sim_client client;
    uint8_t seen[4];
    sim_open(&client, with_fault(plan));
    sim_wake(&client);
    assert_int_equal(send(&client, 0x1B, 0, 0), write); /* fresh part: FF FF 00 00 .. */
    chip_advance(client.chip, 23 * MS);
    assert_int_equal(read4(&client, seen), read);
    if (memcmp(seen, answer, 4) != 0) {
        fail_msg("%s: %02x %02x %02x %02x", plan, seen[0], seen[1], seen[2], seen[3]);
    }
    sim_close(&client);
}

static void test_i2c_faults(void **state)
{
    (void)state;
    at_command(NULL, CHIP_ACK, CHIP_ACK, "\x23\xFF\xFF\x00");
    at_command("nack@3", CHIP_NO_ADDRESS, CHIP_ACK, "\xFF\xFF\xFF\xFF"); /* the wake status was read already */
    at_command("nack@4", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("lost@3", CHIP_ACK, CHIP_ACK, "\x04\xFF\x01\x42");
    at_command("lost@3=2", CHIP_ACK, CHIP_ACK, "\x04\xFF\x01\x42");
    at_command("corrupt@3", CHIP_ACK, CHIP_ACK, "\x04\xFF\x01\x42");
    at_command("corrupt@3=1", CHIP_ACK, CHIP_ACK, "\x04\xFF\x01\x42");
    at_command("lost@4", CHIP_ACK, CHIP_ACK, "\x23\xFF\xFF\xFF");
    at_command("lost@4=0", CHIP_ACK, CHIP_ACK, "\xFF\xFF\x00\xFF");
    at_command("corrupt@4", CHIP_ACK, CHIP_ACK, "\x23\xFF\xEF\x00");
    at_command("corrupt@4=0", CHIP_ACK, CHIP_ACK, "\x33\xFF\xFF\x00");
    at_command("status@3=EE", CHIP_ACK, CHIP_ACK, "\x04\xEE\x31\x41");
    at_command("status@Random=5", CHIP_ACK, CHIP_ACK, "\x04\x05\xC3\x43");
    at_command("lost@random=0", CHIP_ACK, CHIP_ACK, "\xFF\xFF\x00\x00");
    at_command("corrupt@random=1", CHIP_ACK, CHIP_ACK, "\x23\xEF\xFF\x00");
    at_command("late@3=1", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("late@Random=1", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("late@4=1", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("stuck@3", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("reset@3", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("watchdog@random", CHIP_ACK, CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF");
    at_command("nack@random", CHIP_ACK, CHIP_ACK, "\xFF\xFF\xFF\xFF"); /* heard, and forgotten */
}

static void test_wake_faults(void **state)
{
    (void)state;
    static const struct {
        const char *plan;
        enum chip_ack ack;
        const char *answer;
        uint64_t ms;
    } rows[] = {
        {"nack@1", CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF", 2},     {"status@1=07", CHIP_ACK, "\x04\x07\x40\xC2", 2},
        {"late@1=10", CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF", 9},  {"late@1=10", CHIP_ACK, "\x04\x11\x33\x43", 10},
        {"stuck@1", CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF", 9000}, {"reset@1", CHIP_NO_ADDRESS, "\xFF\xFF\xFF\xFF", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_client client;
        uint8_t seen[4];
        sim_open(&client, with_fault(rows[i].plan));
        chip_i2c_write(client.chip, 0x00, NULL, 0, 100);
        chip_advance(client.chip, rows[i].ms * MS);
        assert_int_equal(read4(&client, seen), rows[i].ack);
        assert_memory_equal(seen, rows[i].answer, 4);
        sim_close(&client);
    }
}

/* A stuck chip stays so, the watchdog does not help; power does. Late is over when its time is. */
static void test_stuck_and_late(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t seen[4];
    sim_open(&client, with_fault("stuck@Random:1,late@info=100"));
    sim_wake(&client);
    assert_int_equal(send(&client, 0x1B, 0, 0), CHIP_ACK);
    chip_advance(client.chip, 3600000 * MS);
    assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
    assert_true(chip_next(client.chip) == UINT64_MAX);
    chip_power_cycle(client.chip);
    assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), OK);
    sim_wake(&client);
    assert_int_equal(send(&client, 0x30, 0, 0), CHIP_ACK);
    chip_advance(client.chip, 104 * MS);
    assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
    chip_advance(client.chip, MS);
    assert_int_equal(read4(&client, seen), CHIP_ACK);
    sim_close(&client);
}

/* So late that the watchdog comes first: the chip sleeps and the command has not happened. */
static void test_late_beyond_watchdog(void **state)
{
    (void)state;
    struct sim_client client;
    struct chip_report report;
    uint8_t seen[4];
    sim_open(&client, with_fault("late@counter:2=2000"));
    sim_configure(&client, sim_configuration);
    assert_int_equal(sim_run(&client, 0x24, 1, 1, NULL, 0), OK);
    sim_wake(&client);
    assert_int_equal(send(&client, 0x24, 1, 1), CHIP_ACK);
    chip_advance(client.chip, 2100 * MS);
    assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
    chip_report(client.chip, &report);
    assert_int_equal(report.watchdogs, 1);
    assert_int_equal(sim_run(&client, 0x24, 0, 1, NULL, 0), OK);
    assert_int_equal(client.answer[0], 1);
    sim_close(&client);
}

/* Power or watchdog in the middle of commands that change the memory: before, torn, after. */
static void test_cuts(void **state)
{
    (void)state;
    static const char *const kinds[] = {"reset", "watchdog"};
    static const char *const cuts[] = {"before", "torn", "after"};
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned c = 0; c < 3; c++) {
            struct sim_client client;
            char plan[80];
            uint8_t block[32];
            uint8_t seen[4];
            uint8_t message[40] = {0x03};
            memset(block, 0xEE, sizeof block);
            snprintf(plan, sizeof plan, "%s@counter:1=%s,%s@write:%u=%s", kinds[k], cuts[c], kinds[k],
                     27U + 5 * 2 + 13 + 7 * 3 + 1, cuts[c]);
            sim_open(&client, with_fault(plan));
            sim_personalise(&client, sim_configuration);
            sim_wake(&client);
            size_t len = sim_packet(message + 1, 0x12, 0x82, 8 << 3, block, 32);
            assert_int_equal(chip_i2c_write(client.chip, 0xC0, message, len + 1, 400), CHIP_ACK);
            chip_advance(client.chip, 45 * MS);
            assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
            assert_int_equal(sim_run(&client, 0x02, 0x82, 8 << 3, NULL, 0), OK);
            unsigned fresh = 0;
            for (unsigned i = 0; i < 32; i++) {
                assert_true(client.answer[i] == 0xEE || client.answer[i] == sim_pattern(8, i));
                fresh += client.answer[i] == 0xEE;
            }
            assert_int_equal(fresh, c * 16);
            sim_wake(&client);
            assert_int_equal(send(&client, 0x24, 1, 1), CHIP_ACK);
            chip_advance(client.chip, 25 * MS);
            assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
            sim_restart(&client, with_fault(NULL)); /* what was kept is what counts */
            assert_int_equal(sim_run(&client, 0x24, 0, 1, NULL, 0), OK);
            assert_int_equal(client.answer[0], c == 2);
            sim_close(&client);
        }
    }
}

/* A worn-out slot keeps what it has; the chip says so or not. */
static void test_worn(void **state)
{
    (void)state;
    uint8_t block[32];
    memset(block, 0x99, sizeof block);
    for (unsigned reported = 0; reported < 2; reported++) {
        struct sim_client client;
        uint8_t first[64];
        sim_open(&client, with_fault(reported ? "worn=8:14:report,worn=0:1:report" : "worn=8:14,worn=0:1"));
        sim_personalise(&client, sim_configuration); /* 13 writes to slot 8, 1 to slot 0 */
        assert_int_equal(sim_run(&client, 0x12, 0x82, 8 << 3, block, 32), OK);
        block[0] = 0x11;
        assert_int_equal(sim_run(&client, 0x12, 0x82, 8 << 3, block, 32), reported ? REFUSED : OK);
        assert_int_equal(sim_run(&client, 0x02, 0x82, 8 << 3, NULL, 0), OK);
        assert_int_equal(client.answer[0], 0x99);
        block[0] = 0x99;
        assert_int_equal(sim_run(&client, 0x40, 0x00, 0, NULL, 0), OK);
        memcpy(first, client.answer, 64);
        assert_int_equal(sim_run(&client, 0x40, 0x04, 0, NULL, 0), reported ? REFUSED : OK);
        assert_memory_not_equal(client.answer, first, reported ? 1 : 64);
        assert_int_equal(sim_run(&client, 0x40, 0x00, 0, NULL, 0), OK);
        assert_memory_equal(client.answer, first, 64); /* the key that it said is not the one that it has */
        assert_int_equal(sim_run(&client, 0x12, 0x82, 10 << 3, block, 32), OK);
        sim_close(&client);
    }
}

/* With CHIP_BUSY_NONE a refused poll stands for a millisecond, so that "late" ends there too. */
static void test_late_without_clock(void **state)
{
    (void)state;
    struct sim_client client;
    struct chip_options options = with_fault("late@info=5");
    uint8_t seen[4];
    unsigned polls = 0;
    options.busy = CHIP_BUSY_NONE;
    sim_open(&client, options);
    chip_i2c_write(client.chip, 0x00, NULL, 0, 100);
    assert_int_equal(send(&client, 0x30, 0, 0), CHIP_ACK);
    while (read4(&client, seen) != CHIP_ACK) {
        polls++;
    }
    assert_int_equal(polls, 5);
    sim_close(&client);
}

/* When the state cannot be kept the chip is dead from that moment: no answer can be read. */
static bool refuse(void *ctx, const uint8_t *image)
{
    (void)image;
    return (*(unsigned *)ctx)-- > 0;
}

static void test_keep_fails(void **state)
{
    (void)state;
    unsigned keeps = 1;
    const char *why = NULL;
    struct chip_options options = {.keep = refuse, .keep_ctx = &keeps};
    struct sim_client client = {.address = 0xC0, .chip = chip_make(&options, NULL, &why)};
    uint8_t message[12] = {0x03};
    uint8_t word[4] = {0xC0};
    uint8_t seen[4];
    assert_non_null(client.chip);
    sim_wake(&client);
    sim_packet(message + 1, 0x12, 0x00, 4, word, 4);
    message[6] ^= 1; /* a refused command changes nothing and keeps nothing */
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, message, sizeof message, 400), CHIP_ACK);
    assert_true(chip_alive(client.chip));
    message[6] ^= 1;
    assert_int_equal(read4(&client, seen), CHIP_ACK);
    word[0] = 0x6C;
    sim_packet(message + 1, 0x12, 0x00, 4, word, 4);
    assert_int_equal(chip_i2c_write(client.chip, 0xC0, message, sizeof message, 400), CHIP_ACK);
    assert_false(chip_alive(client.chip));
    assert_int_equal(read4(&client, seen), CHIP_NO_ADDRESS);
    chip_free(client.chip);
    keeps = 0;
    assert_null(chip_make(&options, NULL, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_i2c_faults),
        cmocka_unit_test(test_wake_faults),
        cmocka_unit_test(test_stuck_and_late),
        cmocka_unit_test(test_late_beyond_watchdog),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_worn),
        cmocka_unit_test(test_late_without_clock),
        cmocka_unit_test(test_keep_fails),
    };
    return cmocka_run_group_tests_name("sim faults", tests, NULL, NULL);
}
