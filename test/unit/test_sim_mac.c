/* The simulator's digests: Nonce, GenDig, MAC, CheckMac, DeriveKey, each computed again on the host; TempKey's flags and
 * rules; authorisation, the latch, random nonces and limited use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/sim_host.h"

static const struct chip_options quick = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 4};
static const uint8_t serial[3] = {0xEE, 0x01, 0x23};

enum { OK = 0x00, MISMATCH = 0x01, PARSE = 0x03, REFUSED = 0x0F };

/* Info's state: the flags byte, and whether TempKey is valid. */
static uint8_t flags(struct sim_client *client, bool *valid)
{
    assert_int_equal(sim_run(client, 0x30, 2, 0, NULL, 0), OK);
    *valid = (client->answer[1] & 0x80) != 0;
    return client->answer[0];
}

static bool valid(struct sim_client *client)
{
    bool is = false;
    flags(client, &is);
    return is;
}

/* MAC of TempKey over itself: tells what TempKey is without knowing how it came about. */
static void assert_tempkey(struct sim_client *client, const uint8_t tempkey[32], bool fixed)
{
    uint8_t mac[32];
    const uint8_t head[4] = {0x08, (uint8_t)(fixed ? 0x07 : 0x03), 0, 0};
    bool is_valid = false;
    assert_int_equal(flags(client, &is_valid) >> 4 & 1, fixed);
    assert_true(is_valid);
    assert_int_equal(sim_run(client, 0x08, head[1], 0, NULL, 0), OK);
    host_sha(mac, tempkey, (size_t)32, tempkey, (size_t)32, head, (size_t)4, host_zero, (size_t)11, serial, (size_t)1,
             host_zero, (size_t)4, serial + 1, (size_t)2, host_zero, (size_t)2, NULL);
    assert_memory_equal(client->answer, mac, 32);
}

static void test_nonce(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t tempkey[32];
    uint8_t num_in[20] = {1, 2, 3};
    uint8_t bytes[64];
    bool is_valid = false;
    sim_open_personalised(&client, quick, sim_configuration);
    assert_int_equal(sim_run(&client, 0x16, 0x00, 0x8000, num_in, 20), REFUSED); /* nothing to calculate with */
    for (uint8_t mode = 0; mode < 2; mode++) {
        const uint8_t tail[3] = {0x16, mode, 0};
        assert_int_equal(sim_run(&client, 0x16, mode, 0, num_in, 20), OK);
        host_sha(tempkey, client.answer, (size_t)32, num_in, (size_t)20, tail, (size_t)3, NULL);
        assert_tempkey(&client, tempkey, false);
        assert_false(valid(&client)); /* MAC spent it */
        host_load(&client, bytes);
        host_nonce(&client, tempkey);
        assert_int_equal(sim_run(&client, 0x16, mode, 0x8000, num_in, 20), OK); /* TempKey instead of RandOut */
        host_sha(tempkey, tempkey, (size_t)32, num_in, (size_t)20, tail, (size_t)3, NULL);
        assert_memory_equal(client.answer, tempkey, 32);
        assert_tempkey(&client, tempkey, false);
    }
    for (unsigned i = 0; i < 64; i++) {
        bytes[i] = (uint8_t)(i ^ 0x5A);
    }
    host_load(&client, bytes);
    assert_tempkey(&client, bytes, true);
    assert_int_equal(sim_run(&client, 0x16, 0x23, 0, bytes + 32, 32), PARSE);
    assert_int_equal(sim_run(&client, 0x16, 0x23, 0, bytes, 64), OK);
    assert_int_equal(flags(&client, &is_valid), 0x10);
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, num_in, 20), PARSE);
    assert_int_equal(sim_run(&client, 0x16, 0x63, 0, bytes, 64), OK); /* elsewhere: TempKey stays */
    assert_int_equal(sim_run(&client, 0x16, 0x83, 0, bytes, 32), OK);
    assert_int_equal(sim_run(&client, 0x16, 0xA3, 0, bytes, 64), PARSE);
    assert_tempkey(&client, bytes, true);
    sim_close(&client);
}

/* GenDig over configuration, OTP, counters and key configuration, and the shared nonce. */
static void test_gendig_zones(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t tempkey[32];
    uint8_t other[32];
    uint8_t value[32];
    sim_open_personalised(&client, quick, sim_configuration);
    assert_int_equal(sim_run(&client, 0x15, 0, 0, NULL, 0), REFUSED); /* no TempKey */
    for (uint8_t zone = 0; zone < 2; zone++) {
        const uint8_t head[4] = {0x15, zone, 1, 0};
        assert_int_equal(sim_run(&client, 0x02, 0x80 | zone, 1 << 3, NULL, 0), OK);
        memcpy(value, client.answer, 32);
        host_nonce(&client, tempkey);
        assert_int_equal(sim_run(&client, 0x15, zone, 1, NULL, 0), OK);
        host_sha(tempkey, value, (size_t)32, head, (size_t)4, serial, (size_t)3, host_zero, (size_t)25, tempkey,
                 (size_t)32, NULL);
        assert_tempkey(&client, tempkey, false);
    }
    assert_int_equal(sim_run(&client, 0x24, 1, 1, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x24, 1, 1, NULL, 0), OK);
    const uint8_t counter_head[4] = {0x15, 4, 1, 0};
    const uint8_t counter[5] = {0, 2, 0, 0, 0};
    host_nonce(&client, tempkey);
    assert_int_equal(sim_run(&client, 0x15, 4, 1, NULL, 0), OK);
    host_sha(tempkey, host_zero, (size_t)32, counter_head, (size_t)4, serial, (size_t)3, counter, (size_t)5, host_zero,
             (size_t)20, tempkey, (size_t)32, NULL);
    assert_tempkey(&client, tempkey, false);
    for (uint8_t locked = 0; locked < 2; locked++) {
        const uint8_t head[4] = {0x15, 5, 9, 0};
        const uint8_t about[6] = {0, 0xC6, 0x46, 0x3C, 0x00, !locked};
        host_nonce(&client, tempkey);
        assert_int_equal(sim_run(&client, 0x15, 5, 9, NULL, 0), OK);
        host_sha(tempkey, host_zero, (size_t)32, head, (size_t)4, serial, (size_t)3, about, (size_t)6, host_zero,
                 (size_t)19, tempkey, (size_t)32, NULL);
        assert_tempkey(&client, tempkey, false);
        assert_int_equal(sim_run(&client, 0x17, 0x02 | 9 << 2, 0, NULL, 0), locked ? REFUSED : OK);
    }
    for (unsigned i = 0; i < 32; i++) {
        other[i] = (uint8_t)(200 - i);
    }
    for (unsigned swap = 0; swap < 2; swap++) {
        const uint8_t head[4] = {0x15, 3, 0x21, 0}; /* the high byte of param counts as 0 */
        host_nonce(&client, tempkey);
        assert_int_equal(sim_run(&client, 0x15, 3, 0x21 | swap << 15, other, 32), OK);
        host_sha(tempkey, swap ? tempkey : other, (size_t)32, head, (size_t)4, serial, (size_t)3, host_zero, (size_t)25,
                 swap ? other : tempkey, (size_t)32, NULL);
        assert_tempkey(&client, tempkey, false);
    }
    sim_close(&client);
}

static void test_gendig_data(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t tempkey[32];
    uint8_t key[32];
    bool is_valid = false;
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 12, 0x0F9F, 0x3C); /* NoMac */
    sim_open_personalised(&client, quick, configuration);
    host_pattern(4, key);
    host_session(&client, 4, key, tempkey);
    assert_int_equal(flags(&client, &is_valid), 0x24); /* GenDigData, KeyID 4 */
    assert_tempkey(&client, tempkey, false);
    const uint8_t head[4] = {9, 8, 7, 6};
    host_nonce(&client, tempkey); /* four bytes change nothing for a key that may make MACs */
    assert_int_equal(sim_run(&client, 0x15, 2, 4, head, 4), OK);
    const uint8_t usual[4] = {0x15, 2, 4, 0};
    host_sha(tempkey, key, (size_t)32, usual, (size_t)4, serial, (size_t)3, host_zero, (size_t)25, tempkey, (size_t)32,
             NULL);
    assert_tempkey(&client, tempkey, false);
    host_nonce(&client, tempkey);
    assert_int_equal(sim_run(&client, 0x15, 2, 12, NULL, 0), REFUSED); /* a NoMac key wants the four bytes */
    assert_int_equal(sim_run(&client, 0x15, 2, 12, head, 4), OK);
    assert_int_equal(flags(&client, &is_valid), 0xAC);                /* and leaves its mark */
    assert_int_equal(sim_run(&client, 0x08, 3, 0, NULL, 0), REFUSED); /* which MAC heeds */
    host_nonce(&client, tempkey);                                     /* any Nonce takes the flags away */
    assert_int_equal(flags(&client, &is_valid), 0x00);
    assert_int_equal(sim_run(&client, 0x15, 2, 0, NULL, 0), REFUSED); /* a private key */
    sim_close(&client);
}

static void mac_message(uint8_t mac[32], const uint8_t *first, const uint8_t *second, uint8_t mode, uint8_t slot,
                        const uint8_t otp[8], const uint8_t config[16])
{
    const uint8_t head[4] = {0x08, mode, slot, 0};
    bool full = (mode & 0x40) != 0;
    host_sha(mac, first, (size_t)32, second, (size_t)32, head, (size_t)4, (mode & 0x20) != 0 ? otp : host_zero,
             (size_t)8, host_zero, (size_t)3, config + 12, (size_t)1, full ? config + 8 : host_zero, (size_t)4, config,
             (size_t)2, full ? config + 2 : host_zero, (size_t)2, NULL);
}

/* Every mode of MAC. */
static void test_mac(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t config[32];
    uint8_t otp[8];
    uint8_t key[32];
    uint8_t tempkey[32];
    uint8_t challenge[32] = {0xC4};
    uint8_t mac[32];
    sim_open_personalised(&client, quick, sim_configuration);
    assert_int_equal(sim_run(&client, 0x02, 0x80, 0, NULL, 0), OK);
    memcpy(config, client.answer, 32);
    assert_int_equal(sim_run(&client, 0x02, 0x81, 0, NULL, 0), OK);
    memcpy(otp, client.answer, 8);
    host_pattern(4, key);
    for (unsigned mode = 0; mode < 0x80; mode++) {
        if ((mode & 0x18) != 0) {
            continue;
        }
        bool message_in = (mode & 1) == 0;
        bool fixed = (mode & 4) != 0;
        if (fixed) {
            host_load(&client, key);
            memcpy(tempkey, key, 32);
        } else {
            host_nonce(&client, tempkey);
        }
        if ((mode & 3) != 0) { /* of the other source it is refused */
            assert_int_equal(sim_run(&client, 0x08, (uint8_t)(mode ^ 4), 4, challenge, message_in ? 32 : 0), REFUSED);
        }
        assert_int_equal(sim_run(&client, 0x08, (uint8_t)mode, 4, challenge, message_in ? 32 : 0), OK);
        mac_message(mac, (mode & 2) != 0 ? tempkey : key, message_in ? challenge : tempkey, (uint8_t)mode, 4, otp,
                    config);
        assert_memory_equal(client.answer, mac, 32);
        assert_int_equal(valid(&client), (mode & 3) == 0);
    }
    assert_int_equal(sim_run(&client, 0x08, 0, 0, challenge, 32), REFUSED); /* a private key */
    sim_close(&client);
}

static void check_mac_data(uint8_t data[77], const uint8_t key[32], const uint8_t second[32], uint8_t mode,
                           const uint8_t otp[8])
{
    for (unsigned i = 0; i < 32; i++) {
        data[i] = (uint8_t)(i * 3);
    }
    for (unsigned i = 64; i < 77; i++) {
        data[i] = (uint8_t)(i ^ 0x33);
    }
    const uint8_t *other = data + 64;
    host_sha(data + 32, key, (size_t)32, second == NULL ? data : second, (size_t)32, other, (size_t)4,
             (mode & 0x20) != 0 ? otp : host_zero, (size_t)8, other + 4, (size_t)3, serial, (size_t)1, other + 7,
             (size_t)4, serial + 1, (size_t)2, other + 11, (size_t)2, NULL);
}

static void test_check_mac(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t otp[8];
    uint8_t key[32];
    uint8_t tempkey[32];
    uint8_t data[77];
    sim_open_personalised(&client, quick, sim_configuration);
    memset(otp, 0xFF, sizeof otp);
    host_pattern(4, key);
    for (unsigned mode = 0; mode < 0x40; mode++) {
        if ((mode & 0x18) != 0) {
            continue;
        }
        for (unsigned wrong = 0; wrong < 2; wrong++) {
            if ((mode & 4) != 0) {
                host_load(&client, key);
                memcpy(tempkey, key, 32);
            } else {
                host_nonce(&client, tempkey);
            }
            check_mac_data(data, (mode & 2) != 0 ? tempkey : key, (mode & 1) != 0 ? tempkey : NULL, (uint8_t)mode, otp);
            data[40] ^= (uint8_t)wrong;
            if ((mode & 3) != 0) { /* of the other source it is refused */
                assert_int_equal(sim_run(&client, 0x28, (uint8_t)(mode ^ 4), 4, data, 77), REFUSED);
            }
            assert_int_equal(sim_run(&client, 0x28, (uint8_t)mode, 4, data, 77), wrong ? MISMATCH : OK);
            bool authorised = !wrong && (mode & 2) == 0;
            assert_int_equal(sim_run(&client, 0x30, 2, 0, NULL, 0), OK);
            assert_int_equal(client.answer[1] & 0x7C, authorised ? 0x04 | 4 << 3 : 0);
        }
    }
    sim_close(&client);
}

/* NoMac keys make no MAC but check one. */
static void test_no_mac(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t key[32];
    uint8_t data[77];
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 12, 0x0F9F, 0x3C);
    sim_open_personalised(&client, quick, configuration);
    host_pattern(12, key);
    check_mac_data(data, key, NULL, 0, host_zero);
    assert_int_equal(sim_run(&client, 0x08, 0, 12, data, 32), REFUSED);
    assert_int_equal(sim_run(&client, 0x47, 4, 12, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x28, 0, 12, data, 77), OK);
    sim_close(&client);
}

/* The key in a slot, told by CheckMac. */
static void assert_slot_key(struct sim_client *client, unsigned slot, const uint8_t key[32])
{
    uint8_t data[77];
    check_mac_data(data, key, NULL, 0, host_zero);
    assert_int_equal(sim_run(client, 0x28, 0, slot, data, 77), OK);
}

static void derive(uint8_t key[32], const uint8_t parent[32], uint8_t mode, uint8_t slot, const uint8_t tempkey[32])
{
    const uint8_t head[4] = {0x1C, mode, slot, 0};
    host_sha(key, parent, (size_t)32, head, (size_t)4, serial, (size_t)3, host_zero, (size_t)25, tempkey, (size_t)32,
             NULL);
}

/* Write bits 2, 3, A and B of the target, with and without a MAC; both sources of TempKey. */
static void test_derive_key(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++) {
        for (unsigned fixed = 0; fixed < 2; fixed++) {
            struct sim_client client;
            uint8_t configuration[128];
            uint8_t tempkey[32];
            uint8_t parent[32];
            uint8_t mac[32];
            uint8_t key[32];
            uint8_t mode = fixed ? 4 : 0;
            const uint8_t head[4] = {0x1C, mode, 12, 0};
            bool granted = (bits & 2) != 0;
            bool with_mac = (bits & 8) != 0;
            memcpy(configuration, sim_configuration, 128);
            sim_set_slot(configuration, 12, bits << 12 | 6 << 8 | 0x0F, 0x3C);
            sim_open_personalised(&client, quick, configuration);
            host_pattern((bits & 1) != 0 ? 6 : 12, parent);
            host_sha(mac, parent, (size_t)32, head, (size_t)4, serial, (size_t)3, NULL);
            assert_int_equal(sim_run(&client, 0x1C, mode, 12, mac, with_mac ? 32 : 0), REFUSED); /* no TempKey */
            host_nonce(&client, tempkey);
            if (fixed) {
                host_load(&client, mac);
                memcpy(tempkey, mac, 32);
            }
            assert_int_equal(sim_run(&client, 0x1C, mode ^ 4, 12, mac, with_mac ? 32 : 0), REFUSED);
            assert_int_equal(sim_run(&client, 0x1C, mode, 12, mac, with_mac ? 0 : 32), REFUSED);
            if (with_mac) {
                mac[0] ^= 1;
                assert_int_equal(sim_run(&client, 0x1C, mode, 12, mac, 32), REFUSED);
                mac[0] ^= 1;
            }
            assert_int_equal(sim_run(&client, 0x1C, mode, 12, mac, with_mac ? 32 : 0), granted ? OK : REFUSED);
            host_pattern(12, key);
            if (granted) {
                derive(key, parent, mode, 12, tempkey);
                assert_false(valid(&client));
            }
            assert_slot_key(&client, 12, key);
            sim_close(&client);
        }
    }
}

/* ReqAuth: a key that another key must open first. */
static void test_authorisation(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t message[32] = {1};
    uint8_t key[32];
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 0, 0x2085, 0x33 | 0x80 | 4 << 8);
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    host_pattern(6, key);
    assert_slot_key(&client, 6, key); /* not the key asked for */
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    host_pattern(4, key);
    assert_slot_key(&client, 4, key);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK); /* until a mismatch, another key or sleep */
    sim_wake(&client);
    sim_word(&client, 0x01);
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    sim_close(&client);
}

/* PersistentDisable and the latch: set after CheckMac with its key, kept over sleep, lost with power. */
static void test_latch(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t message[32] = {1};
    uint8_t key[32];
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 0, 0x2085, 0x33 | 0x1000);
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x30, 4, 2, NULL, 0), REFUSED); /* not enabled */
    sim_close(&client);
    configuration[69] = 0x84;
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x30, 4, 3, NULL, 0), REFUSED); /* not authorised */
    host_pattern(4, key);
    assert_slot_key(&client, 4, key);
    assert_int_equal(sim_run(&client, 0x30, 4, 3, NULL, 0), OK);
    assert_int_equal(client.answer[0], 1);
    for (unsigned times = 0; times < 2; times++) {
        assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
        assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
        sim_wake(&client);
        sim_word(&client, 0x01);
    }
    assert_int_equal(sim_run(&client, 0x30, 4, 2, NULL, 0), OK); /* taking it away needs nothing */
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    assert_slot_key(&client, 4, key);
    assert_int_equal(sim_run(&client, 0x30, 4, 3, NULL, 0), OK);
    chip_power_cycle(client.chip);
    assert_int_equal(sim_run(&client, 0x30, 4, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0);
    sim_close(&client);
}

/* ReqRandom: MAC, CheckMac, GenDig, DeriveKey and internal Sign want a random nonce; external Sign and ECDH do not. */
static void test_required_randomness(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t bytes[77] = {1};
    uint8_t tempkey[32];
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 0, 0x2087, 0x73);
    sim_set_slot(configuration, 12, 0x2F0F, 0x7C);
    sim_open_personalised(&client, quick, configuration);
    for (unsigned random = 0; random < 2; random++) {
        uint8_t wanted = random ? OK : REFUSED;
        const struct {
            uint8_t opcode, mode;
            unsigned slot;
            size_t len;
            uint8_t status;
        } rows[] = {{0x08, 0x00, 12, 32, wanted},
                    {0x28, 0x00, 12, 77, random ? MISMATCH : REFUSED},
                    {0x15, 0x02, 12, 0, wanted},
                    {0x1C, random ? 0x00 : 0x04, 12, 0, wanted},
                    {0x41, 0x80, 0, 0, OK}};
        for (size_t i = 0; i < 5; i++) {
            host_nonce(&client, tempkey);
            if (!random) {
                host_load(&client, tempkey);
            }
            assert_int_equal(sim_run(&client, rows[i].opcode, rows[i].mode, rows[i].slot, bytes, rows[i].len),
                             rows[i].status);
        }
        if (!random) {
            host_load(&client, tempkey);
        } else {
            host_nonce(&client, tempkey);
        }
        assert_int_equal(sim_run(&client, 0x15, 0x02, 4, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x41, 0x00, 0, NULL, 0), wanted);
    }
    sim_close(&client);
}

/* LimitedUse: each use counts on Counter0, up to the number in the slot that CountMatch names. */
static void test_limited_use(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t message[32] = {1};
    uint8_t limit[32] = {3, 0, 0, 0, 3, 0, 0, 0};
    memcpy(configuration, sim_configuration, 128);
    configuration[18] = 0xA1;
    sim_set_slot(configuration, 0, 0x20A5, 0x33);
    sim_set_slot(configuration, 12, 0x0F2F, 0x3C);
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x12, 0x82, 10 << 3, limit, 32), OK);
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x08, 0x00, 12, message, 32), OK);
    message[0] = 2;
    assert_int_equal(sim_run(&client, 0x43, 0x0C, 0, host_zero, 64), REFUSED); /* what is refused does not count */
    assert_int_equal(sim_run(&client, 0x24, 0, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 2);
    assert_int_equal(sim_run(&client, 0x20, 2, 0, NULL, 0), OK); /* UpdateExtra takes one as well */
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x08, 0x00, 12, message, 32), REFUSED);
    assert_int_equal(sim_run(&client, 0x24, 0, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 3);
    limit[0] = 4;
    assert_int_equal(sim_run(&client, 0x12, 0x82, 10 << 3, limit, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED);
    sim_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonce),       cmocka_unit_test(test_gendig_zones),
        cmocka_unit_test(test_gendig_data), cmocka_unit_test(test_mac),
        cmocka_unit_test(test_check_mac),   cmocka_unit_test(test_no_mac),
        cmocka_unit_test(test_derive_key),  cmocka_unit_test(test_authorisation),
        cmocka_unit_test(test_latch),       cmocka_unit_test(test_required_randomness),
        cmocka_unit_test(test_limited_use),
    };
    return cmocka_run_group_tests_name("sim digests", tests, NULL, NULL);
}
