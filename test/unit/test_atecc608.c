/* test_atecc608: the driver on a simulated chip, over I2C and over the single wire: each function of the table against OpenSSL, the
 * commands that it takes, and how long a call blocks. */
#include "test/support/chip.h"
#include "test/support/sim_client.h"

#include "port/atecc608/hard.h"
#include "port/atecc608/protect.h"
#include "port/openssl/openssl.h"
#include "port/soft/soft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

static const uint8_t hmac_key[32] = "the HMAC key of a test device...";
static const uint8_t hash[32] = "a hash of thirty-two bytes, say";

struct fixture {
    struct test_part part[2]; /* method 0, method 3 */
    struct troth_openssl openssl;
};

static int setup(void **state)
{
    static struct fixture fixture;
    test_part_make(&fixture.part[0], 0, NULL, hmac_key, TROTH_ATECC608_MODE_M0);
    test_part_make(&fixture.part[1], 3, NULL, hmac_key, TROTH_ATECC608_MODE_M0);
    assert_int_equal(troth_openssl_open(&fixture.openssl, NULL, hmac_key), TROTH_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    troth_openssl_close(&fixture->openssl);
    return 0;
}

static void close_chip(struct test_chip *chip)
{
    if (chip->broken != NULL) {
        fail_msg("broken: %s", chip->broken);
    }
    test_chip_close(chip);
}

/* The chip's secret with a fresh key of the host, and the host's own. */
static void agree_with_host(struct fixture *fixture, struct test_chip *chip, enum troth_key key, const uint8_t own[64])
{
    uint8_t peer[64];
    uint8_t secret[32];
    uint8_t expected[32];
    assert_int_equal(troth_openssl.generate(&fixture->openssl, peer), TROTH_OK);
    assert_int_equal(chip_waiting.agree(chip, key, peer, secret), TROTH_OK);
    assert_int_equal(troth_openssl.agree(&fixture->openssl, TROTH_KEY_EPHEMERAL, own, expected), TROTH_OK);
    assert_memory_equal(secret, expected, 32);
}

static void test_functions(void **state)
{
    struct fixture *fixture = *state;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        struct test_chip chip;
        uint8_t key[64];
        uint8_t signature[64];
        uint8_t mac[32];
        uint8_t expected[32];
        unsigned len = 32;
        test_chip_open(&chip, &fixture->part[0], (enum test_bus)bus, NULL);
        assert_int_equal(chip_waiting.hmac(&chip, hash, mac), TROTH_OK);
        assert_non_null(HMAC(EVP_sha256(), hmac_key, 32, hash, 32, expected, &len));
        assert_memory_equal(mac, expected, 32);
        assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
        assert_int_equal(chip_waiting.sign(&chip, hash, signature), TROTH_OK);
        const uint8_t *own = fixture->part[0].public_key;
        assert_int_equal(troth_openssl.verify(&fixture->openssl, own, hash, signature), TROTH_OK);
        assert_int_equal(chip_waiting.verify(&chip, own, hash, signature), TROTH_OK);
        assert_int_equal(chip_waiting.verify(&chip, key, hash, signature), TROTH_E_FORGED);
        agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, key);
        assert_int_equal(chip_waiting.agree(&chip, TROTH_KEY_EPHEMERAL, own, mac), TROTH_E_STATE);
        close_chip(&chip);
    }
}

/* A command beside the driver, on I2C. */
static uint8_t aside(struct test_chip *chip, uint8_t opcode, uint8_t mode, unsigned param, uint8_t *out, size_t len)
{
    static struct sim_client client;
    client.chip = chip->sim;
    client.address = 0xC0;
    uint8_t status = sim_run(&client, opcode, mode, param, NULL, 0);
    memcpy(out, client.answer, len);
    return status;
}

static void settle(struct test_chip *chip)
{
    int result;
    do {
        result = test_chip_law(chip, test_chip_clock_ns(chip), troth_atecc608_settle(&chip->port));
    } while (result == TROTH_AGAIN);
    assert_int_equal(result, TROTH_OK);
}

static uint32_t wear(const struct test_chip *chip)
{
    return chip_wear(chip->sim, TROTH_ATECC608_EPHEMERAL);
}

/* No call blocks longer than a status and a packet, or a wake and a packet, take: at 400 kHz 22.5 us for each byte. */
static void test_blocking(void **state)
{
    static const uint64_t byte_ns[TEST_BUSES] = {22500, 90000, 9000, 313000 + 39063};
    struct fixture *fixture = *state;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        struct test_chip chip;
        uint8_t signature[64];
        uint64_t wake_ns = 1500000 + 90000 + 6 * (uint64_t)byte_ns[bus] + (bus == TEST_BUS_SWI ? 1728000 : 0);
        uint64_t packet_ns = (1 + 1 + TROTH_ATECC608_PACKET) * byte_ns[bus];
        test_chip_open(&chip, &fixture->part[0], (enum test_bus)bus, NULL);
        assert_int_equal(chip_waiting.sign(&chip, hash, signature), TROTH_OK);
        assert_int_equal(chip_waiting.verify(&chip, fixture->part[0].public_key, hash, signature), TROTH_OK);
        assert_in_range(chip.longest_ns, packet_ns / 2, wake_ns + packet_ns);
        close_chip(&chip);
    }
}

/* However often the caller asks, the answer is the same; one who asks too late learns that the chip fell asleep. */
static void test_patience(void **state)
{
    static const uint32_t poll_us[] = {0, 100, 7000, 400000};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof poll_us / sizeof poll_us[0]; i++) {
        struct test_chip chip;
        uint8_t key[64];
        test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
        settle(&chip);
        chip.poll_us = poll_us[i];
        chip.commands = 0;
        assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
        assert_int_equal(chip.commands, 1);
        agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, key);
        assert_int_equal(chip.commands, 2);
        close_chip(&chip);
    }
    struct test_chip chip;
    uint8_t key[64];
    test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
    settle(&chip);
    chip.poll_us = 2000000;
    assert_int_equal(chip_waiting.generate(&chip, key), TROTH_E_CRYPTO);
    chip.poll_us = 1000;
    assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
    test_chip_pass(&chip, 60000000); /* idle for a minute: the key stays */
    agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, key);
    close_chip(&chip);
}

/* A chip that never answers again is given up, after 2.5 s at the earliest. */
static void test_stuck(void **state)
{
    struct fixture *fixture = *state;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        struct test_chip chip;
        uint8_t key[64];
        test_chip_open(&chip, &fixture->part[0], (enum test_bus)bus, "stuck@genkey");
        settle(&chip);
        chip.poll_us = 0;
        uint64_t since_ns = test_chip_clock_ns(&chip);
        assert_int_equal(chip_waiting.generate(&chip, key), TROTH_E_CRYPTO);
        assert_in_range(test_chip_clock_ns(&chip) - since_ns, 2500000000U, 30000000000U);
        chip_power_cycle(chip.sim);
        assert_int_equal(chip_waiting.random(&chip, key, 32), TROTH_OK);
        test_chip_close(&chip);
    }
}

static void test_counter(void **state)
{
    static const char *const kinds[] = {"nack@%u",        "lost@%u",           "corrupt@%u",   "reset@%u=before",
                                        "reset@%u=after", "watchdog@%u=after", "status@%u=ff", "status@%u=ee"};
    struct fixture *fixture = *state;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        unsigned failed = 0;
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
            for (unsigned at = 1; at <= 80; at++) {
                struct test_chip chip;
                char fault[40];
                uint32_t value = 99;
                uint32_t now = 99;
                snprintf(fault, sizeof fault, kinds[kind], at);
                test_chip_open(&chip, &fixture->part[0], (enum test_bus)bus, fault);
                int result = chip_waiting.counter(&chip, true, &value);
                assert_int_equal(value, result == TROTH_OK ? 1 : 99);
                assert_int_equal(chip_waiting.counter(&chip, false, &now), TROTH_OK);
                assert_in_range(now, result == TROTH_OK ? 1 : 0, 1);
                assert_in_range(chip_wear(chip.sim, 18), 0, 1);
                failed += result != TROTH_OK;
                test_chip_close(&chip);
            }
        }
        assert_in_range(failed, 1, 20);
    }
}

/* Whatever goes wrong on the bus, a bad signature is never good: an old answer is not taken for that of Verify. */
static void test_verify_disturbed(void **state)
{
    static const char *const kinds[] = {"nack@%u",      "lost@%u",         "lost@%u=0",      "corrupt@%u",
                                        "corrupt@%u=0", "reset@%u=before", "reset@%u=after", "watchdog@%u=before",
                                        "status@%u=ff", "late@%u=5"};
    static const uint8_t bad[64] = {[31] = 1, [63] = 1};
    struct fixture *fixture = *state;
    unsigned forged = 0;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
            for (unsigned at = 1; at <= 60; at++) {
                struct test_chip chip;
                char fault[40];
                snprintf(fault, sizeof fault, kinds[kind], at);
                test_chip_open(&chip, &fixture->part[0], (enum test_bus)bus, fault);
                chip.poll_us = 10000;
                int result = chip_waiting.verify(&chip, fixture->part[0].public_key, hash, bad);
                assert_true(result == TROTH_E_FORGED || result == TROTH_E_CRYPTO);
                forged += result == TROTH_E_FORGED;
                test_chip_close(&chip);
            }
        }
    }
    assert_in_range(forged, 2000, 2400);
}

/* Method 0: sleep clears TempKey. Byte 1, bit 7 of Info's state says whether there is something in it. */
static void test_forget_0(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned polls = 0; polls < 130; polls += 10) {
        struct test_chip chip;
        uint8_t out[64];
        uint8_t about[2];
        test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
        settle(&chip);
        for (unsigned i = 0; i < polls; i++) {
            assert_in_range(chip_ticking.generate(&chip, out), TROTH_OK, TROTH_AGAIN);
        }
        chip_ticking.forget(&chip);
        assert_int_equal(chip_waiting.agree(&chip, TROTH_KEY_EPHEMERAL, out, out), TROTH_E_STATE);
        assert_int_equal(chip_waiting.random(&chip, out, 32), TROTH_OK);
        assert_int_equal(aside(&chip, 0x30, 0x02, 0, about, 2), 0);
        assert_int_equal(about[1] & 0x80, 0);
        close_chip(&chip);
    }
}

/* Method 3: the slot holds another key afterwards, whenever `forget` comes, and after a reset of the MCU too. */
static void test_forget_3(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned polls = 100; polls < 200; polls += 9) {
        for (int is_reset = 0; is_reset < 2; is_reset++) {
            struct test_chip chip;
            uint8_t key[64];
            uint8_t now[64];
            test_chip_open(&chip, &fixture->part[1], TEST_BUS_I2C_400, NULL);
            settle(&chip);
            assert_int_equal(wear(&chip), 2); /* by provisioning, and at the start */
            assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
            for (unsigned i = 100; i < polls; i++) {
                assert_in_range(chip_ticking.agree(&chip, TROTH_KEY_EPHEMERAL, key, now), TROTH_OK, TROTH_AGAIN);
            }
            if (is_reset) {
                test_chip_reset(&chip, 3);
                assert_int_equal(chip_waiting.hmac(&chip, hash, now), TROTH_OK);
            } else {
                chip_ticking.forget(&chip);
                settle(&chip);
            }
            assert_int_equal(wear(&chip), 3); /* and at the end: the session took the key of the start */
            assert_int_equal(aside(&chip, 0x40, 0x00, TROTH_ATECC608_EPHEMERAL, now, 64), 0);
            assert_memory_not_equal(now, key, 64);
            close_chip(&chip);
        }
    }
}

/* Nobody asks after `forget`: the chip overwrites the key and falls asleep. The next session finds its way. */
static void test_forget_unattended(void **state)
{
    struct fixture *fixture = *state;
    for (int bus = 0; bus < TEST_BUSES; bus++) {
        struct test_chip chip;
        uint8_t key[64];
        uint8_t mac[32];
        test_chip_open(&chip, &fixture->part[1], (enum test_bus)bus, NULL);
        assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
        assert_int_equal(wear(&chip), 2);
        chip_ticking.forget(&chip);
        test_chip_pass(&chip, 10000000);
        assert_int_equal(wear(&chip), 3);
        assert_int_equal(chip_waiting.hmac(&chip, hash, mac), TROTH_OK);
        assert_in_range(wear(&chip), 3, 4);
        assert_int_equal(chip_waiting.generate(&chip, key), TROTH_OK);
        agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, key);
        agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, key);
        close_chip(&chip);
    }
}

/* Each key has the one right of its method; what is refused is asked once. */
static void test_rights(void **state)
{
    struct fixture *fixture = *state;
    struct test_chip chip;
    uint8_t out[64];
    test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
    settle(&chip);
    chip.commands = 0;
    assert_int_equal(chip_waiting.agree(&chip, TROTH_KEY_IDENTITY, fixture->part[0].public_key, out), TROTH_E_CONFIG);
    assert_int_equal(chip.commands, 1);
    close_chip(&chip);
    test_chip_open(&chip, &fixture->part[1], TEST_BUS_I2C_400, NULL);
    settle(&chip);
    chip.commands = 0;
    assert_int_equal(chip_waiting.sign(&chip, hash, out), TROTH_E_CONFIG);
    assert_int_equal(chip.commands, 2);
    agree_with_host(fixture, &chip, TROTH_KEY_IDENTITY, fixture->part[1].public_key);
    close_chip(&chip);
}

#define WAIT_FOR(call)               \
    do {                             \
        result = (call);             \
        test_chip_pass(&chip, 1000); \
    } while (result == TROTH_AGAIN)

static void test_slots(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        unsigned slot;
        size_t len;
    } runs[] = {
        {TROTH_ATECC608_CERTIFICATE, 416}, {TROTH_ATECC608_CERTIFICATE, 140}, {TROTH_ATECC608_ROOT, 144}, {15, 1}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        struct test_chip chip;
        uint8_t data[416];
        uint8_t back[417];
        int result;
        memset(back, 0xA5, sizeof back);
        for (size_t at = 0; at < sizeof data; at++) {
            data[at] = (uint8_t)(at * 7 + i);
        }
        test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
        WAIT_FOR(troth_atecc608_write(&chip.port, runs[i].slot, data, runs[i].len));
        assert_int_equal(result, TROTH_OK);
        WAIT_FOR(troth_atecc608_read(&chip.port, runs[i].slot, back, runs[i].len));
        assert_int_equal(result, TROTH_OK);
        assert_memory_equal(back, data, runs[i].len);
        assert_int_equal(back[runs[i].len], 0xA5);
        WAIT_FOR(troth_atecc608_read(&chip.port, TROTH_ATECC608_HMAC_KEY, back, 32));
        assert_int_equal(result, TROTH_E_CONFIG);
        WAIT_FOR(troth_atecc608_public_key(&chip.port, back));
        assert_int_equal(result, TROTH_OK);
        assert_memory_equal(back, fixture->part[0].public_key, 64);
        test_chip_close(&chip);
    }
}

/* With the IO protection key the secret is never on the bus; without it, it is. */
static void test_protect(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct test_chip chip;
        uint8_t own[64];
        uint8_t peer[64];
        uint8_t secret[32];
        uint8_t expected[32];
        int result;
        bool is_static = i >= 2;
        test_chip_open(&chip, &fixture->part[i % 2], TEST_BUS_I2C_400, NULL);
        if (is_static && i % 2 == 0) {
            test_chip_close(&chip);
            continue; /* the identity of method 0 does not agree */
        }
        troth_atecc608_protect(&chip.port, test_io_key);
        assert_int_equal(chip_waiting.generate(&chip, own), TROTH_OK);
        assert_int_equal(troth_openssl.generate(&fixture->openssl, peer), TROTH_OK);
        enum troth_key key = is_static ? TROTH_KEY_IDENTITY : TROTH_KEY_EPHEMERAL;
        const uint8_t *public_key = is_static ? fixture->part[1].public_key : own;
        assert_int_equal(troth_openssl.agree(&fixture->openssl, TROTH_KEY_EPHEMERAL, public_key, expected), TROTH_OK);
        test_chip_listen(&chip, expected);
        WAIT_FOR(troth_atecc608_agree_protected(&chip.port, key, peer, secret));
        assert_int_equal(result, TROTH_OK);
        assert_memory_equal(secret, expected, 32);
        assert_false(chip.overheard);
        if (i % 2 == 1) {
            assert_int_equal(chip_waiting.agree(&chip, key, peer, secret), TROTH_OK);
            assert_true(chip.overheard);
        }
        test_chip_close(&chip);
    }
}

/* SHA-256 of every length to 200 in two parts and AES as port/soft has them. */
static void test_hard(void **state)
{
    struct fixture *fixture = *state;
    struct test_chip chip;
    uint8_t message[200];
    uint8_t expected[32];
    uint8_t out[64];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * 31);
    }
    test_chip_open(&chip, &fixture->part[0], TEST_BUS_I2C_400, NULL);
    for (size_t len = 0; len <= sizeof message; len++) {
        const struct troth_span part[2] = {{message, len / 3}, {message + len / 3, len - len / 3}};
        assert_int_equal(troth_soft_sha256(NULL, part, 2, expected), TROTH_OK);
        assert_int_equal(troth_atecc608_sha256(&chip.port, part, 2, out), TROTH_OK);
        assert_memory_equal(out, expected, 32);
    }
    for (size_t count = 1; count <= 2; count++) {
        memcpy(expected, message + 40, 32);
        memcpy(out, message + 40, 32);
        assert_int_equal(troth_soft_aes128(NULL, message, expected, count), TROTH_OK);
        assert_int_equal(troth_atecc608_aes128(&chip.port, message, out, count), TROTH_OK);
        assert_memory_equal(out, expected, 32);
    }
    assert_int_equal(troth_atecc608_hard.generate(&chip.port, out), TROTH_OK);
    assert_int_equal(troth_atecc608_aes128(&chip.port, message, expected, 1), TROTH_E_STATE);
    agree_with_host(fixture, &chip, TROTH_KEY_EPHEMERAL, out);
    assert_int_equal(troth_atecc608_aes128(&chip.port, message, expected, 1), TROTH_OK);
    test_chip_close(&chip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_blocking), cmocka_unit_test(test_patience),
        cmocka_unit_test(test_stuck),     cmocka_unit_test(test_counter),  cmocka_unit_test(test_verify_disturbed),
        cmocka_unit_test(test_forget_0),  cmocka_unit_test(test_forget_3), cmocka_unit_test(test_forget_unattended),
        cmocka_unit_test(test_rights),    cmocka_unit_test(test_slots),    cmocka_unit_test(test_protect),
        cmocka_unit_test(test_hard),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
