/* The simulator's memory: who may read and write what and when, the locks, counters, and that a state file's image is
 * taken back or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sim/zones.h"
#include "test/support/sim_host.h"

static const struct chip_options quick = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 3};

enum { OK = 0x00, PARSE = 0x03, REFUSED = 0x0F };

static void read_config(struct sim_client *client, uint8_t config[128])
{
    for (unsigned block = 0; block < 4; block++) {
        assert_int_equal(sim_run(client, 0x02, 0x80, block << 3, NULL, 0), OK);
        memcpy(config + 32 * block, client->answer, 32);
    }
}

static void test_fresh(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t config[128];
    uint8_t other[128];
    sim_open(&client, quick);
    read_config(&client, config);
    const uint8_t head[2] = {0x01, 0x23};
    const uint8_t revision[4] = {0x00, 0x00, 0x60, 0x03};
    const uint8_t counter[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0};
    assert_memory_equal(config, head, 2);
    assert_memory_equal(config + 4, revision, 4);
    assert_int_equal(config[12], 0xEE);
    assert_int_equal(config[13], 0x61);
    assert_int_equal(config[14], 0x59);
    assert_int_equal(config[16], 0xC0);
    assert_memory_equal(config + 52, counter, 8);
    assert_memory_equal(config + 60, counter, 8);
    assert_int_equal(config[86], 0x55);
    assert_int_equal(config[87], 0x55);
    assert_int_equal(config[88] & config[89], 0xFF);
    assert_int_equal(sim_run(&client, 0x30, 1, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0); /* no key yet */
    sim_close(&client);
    sim_open(&client, (struct chip_options){.part = CHIP_608A, .bus = CHIP_I2C});
    read_config(&client, other);
    assert_int_equal(other[7], 0x02);
    assert_int_equal(other[13], 0x01);
    assert_int_equal(other[14], 0x01);
    assert_memory_not_equal(other + 8, config + 8, 4); /* another serial number */
    sim_close(&client);
}

/* Every word and block of the configuration zone, before and after its lock. */
static void test_config_access(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t bytes[32];
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 0xC0;
    for (unsigned locked = 0; locked < 2; locked++) {
        sim_open(&client, quick);
        if (locked) {
            assert_int_equal(sim_run(&client, 0x17, 0x80, 0, NULL, 0), OK);
        }
        for (unsigned word = 0; word < 32; word++) {
            bool open = !locked && word >= 4 && word != 21;
            assert_int_equal(sim_run(&client, 0x02, 0x00, word, NULL, 0), OK);
            assert_int_equal(client.len, 4);
            assert_int_equal(sim_run(&client, 0x12, 0x00, word, bytes, 4), open ? OK : REFUSED);
        }
        for (unsigned block = 0; block < 4; block++) {
            bool open = !locked && (block == 1 || block == 3);
            assert_int_equal(sim_run(&client, 0x12, 0x80, block << 3, bytes, 32), open ? OK : REFUSED);
        }
        assert_int_equal(sim_run(&client, 0x02, 0x00, 32, NULL, 0), PARSE);
        assert_int_equal(sim_run(&client, 0x02, 0x80, 4 << 3, NULL, 0), PARSE);
        assert_int_equal(sim_run(&client, 0x12, 0x00, 4, bytes, 32), PARSE);
        assert_int_equal(sim_run(&client, 0x12, 0x80, 8, bytes, 4), PARSE);
        sim_close(&client);
    }
}

static void test_config_write_holds(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t before[128];
    uint8_t after[128];
    uint8_t bytes[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    sim_open(&client, quick);
    read_config(&client, before);
    assert_int_equal(sim_run(&client, 0x12, 0x00, 30, bytes, 4), OK);
    read_config(&client, after);
    memcpy(before + 120, bytes, 4);
    assert_memory_equal(before, after, 128);
    sim_restart(&client, quick);
    read_config(&client, after);
    assert_memory_equal(before, after, 128);
    sim_close(&client);
}

/* What a part answers in each of the three steps of its life: 0, 1, 2 locks. */
static const struct {
    const char *what;
    uint8_t opcode, mode;
    unsigned param;
    size_t len;
    uint8_t status[3];
} life[] = {
    {"Info", 0x30, 0, 0, 0, {OK, OK, OK}},
    {"Random", 0x1B, 0, 0, 0, {OK, OK, OK}},
    {"Nonce", 0x16, 0, 0, 20, {OK, OK, OK}},
    {"Nonce load", 0x16, 0x03, 0, 32, {OK, OK, OK}},
    {"Read config", 0x02, 0x80, 0, 0, {OK, OK, OK}},
    {"Read slot", 0x02, 0x82, 8 << 3, 0, {REFUSED, REFUSED, OK}},
    {"Read OTP", 0x02, 0x81, 0, 0, {REFUSED, REFUSED, OK}},
    {"Write slot", 0x12, 0x82, 8 << 3, 32, {REFUSED, OK, OK}},
    {"Write slot word", 0x12, 0x02, 8 << 3, 4, {REFUSED, REFUSED, OK}},
    {"Write OTP", 0x12, 0x81, 0, 32, {REFUSED, OK, REFUSED}},
    {"Write OTP word", 0x12, 0x01, 0, 4, {REFUSED, REFUSED, REFUSED}},
    {"Write private", 0x12, 0x82, 0, 32, {REFUSED, REFUSED, REFUSED}},
    {"GenKey", 0x40, 0x04, 0, 0, {REFUSED, OK, OK}},
    {"GenKey TempKey", 0x40, 0x04, 0xFFFF, 0, {REFUSED, OK, OK}},
    {"Sign", 0x41, 0xA0, 0, 0, {REFUSED, REFUSED, OK}},
    {"Verify external", 0x45, 0x22, 4, 128, {OK, OK, OK}},
    {"ECDH", 0x43, 0x0C, 0, 64, {REFUSED, REFUSED, OK}},
    {"AES TempKey", 0x51, 0, 0xFFFF, 16, {OK, OK, OK}},
    {"AES slot", 0x51, 0, 5, 16, {REFUSED, REFUSED, OK}},
    {"AES GFM", 0x51, 3, 0, 32, {OK, OK, OK}},
    {"SHA", 0x47, 0, 0, 0, {OK, OK, OK}},
    {"HMAC slot", 0x47, 4, 4, 0, {REFUSED, REFUSED, OK}},
    {"KDF", 0x56, 0x50, 0, 20, {REFUSED, REFUSED, OK}},
    {"Counter read", 0x24, 0, 1, 0, {OK, OK, OK}},
    {"Counter up", 0x24, 1, 1, 0, {REFUSED, OK, OK}},
    {"SelfTest", 0x77, 0x3B, 0, 0, {OK, OK, OK}},
    {"CheckMac", 0x28, 0, 8, 77, {0x01, 0x01, 0x01}},
    {"GenDig slot", 0x15, 2, 4, 0, {REFUSED, OK, OK}},
    {"DeriveKey", 0x1C, 4, 3, 0, {REFUSED, REFUSED, REFUSED}},
    {"PrivWrite", 0x46, 0, 0, 68, {REFUSED, OK, REFUSED}},
    {"SecureBoot", 0x80, 5, 0, 96, {REFUSED, REFUSED, REFUSED}},
    {"Lock config", 0x17, 0x80, 0, 0, {OK, REFUSED, REFUSED}},
};
static const uint8_t generator[64] = {0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63,
                                      0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1,
                                      0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F,
                                      0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57,
                                      0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51, 0xF5};
static void test_life(void **state)
{
    (void)state;
    for (unsigned locks = 0; locks < 3; locks++) {
        struct sim_client client;
        sim_open(&client, quick);
        if (locks == 1) {
            sim_configure(&client, sim_configuration);
        } else if (locks == 2) {
            sim_personalise(&client, sim_configuration);
        }
        for (size_t i = 0; i < sizeof life / sizeof life[0]; i++) {
            uint8_t data[128] = {0};
            if (life[i].opcode == 0x43) {
                memcpy(data, generator, 64);
            } else if (life[i].opcode == 0x45) {
                memset(data, 1, 64);
                memcpy(data + 64, generator, 64);
            } else if (life[i].opcode == 0x56) {
                data[0] = 2;
                data[3] = 16;
            } else if (life[i].opcode == 0x46) {
                data[35] = 1;
            }
            const uint8_t message[32] = {9};
            assert_int_equal(sim_run(&client, 0x16, 0x43, 0, message, 32), OK);
            assert_int_equal(sim_run(&client, 0x16, 0x03, 0, message, 32), OK);
            uint8_t status = sim_run(&client, life[i].opcode, life[i].mode, life[i].param, data, life[i].len);
            uint8_t wanted = life[i].status[locks];
            wanted = life[i].opcode == 0x45 ? 0x01 : wanted; /* no good signature was given */
            if (status != wanted) {
                fail_msg("%s with %u locks: %02x, not %02x", life[i].what, locks, status, wanted);
            }
        }
        sim_close(&client);
    }
}

static void test_random_before_lock(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t first[32];
    sim_open(&client, quick);
    assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), OK);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(client.answer[i], i % 4 < 2 ? 0xFF : 0x00);
    }
    assert_int_equal(sim_run(&client, 0x17, 0x80, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), OK);
    memcpy(first, client.answer, 32);
    assert_int_equal(sim_run(&client, 0x1B, 0, 0, NULL, 0), OK);
    assert_memory_not_equal(first, client.answer, 32);
    sim_close(&client);
}

static void test_lock_crc(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t config[128];
    uint8_t data[1208 + 64];
    size_t len = 0;
    sim_open(&client, quick);
    assert_int_equal(sim_run(&client, 0x17, 0x01, 0, NULL, 0), REFUSED); /* configuration first */
    assert_int_equal(sim_run(&client, 0x17, 0x02, 0, NULL, 0), REFUSED);
    read_config(&client, config);
    unsigned crc = sim_crc(config, 128);
    assert_int_equal(sim_run(&client, 0x17, 0x00, crc ^ 1, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x17, 0x00, crc, NULL, 0), OK);
    read_config(&client, config);
    assert_int_equal(config[87], 0x00);
    assert_int_equal(sim_run(&client, 0x17, 0x00, crc, NULL, 0), REFUSED);
    sim_close(&client);

    sim_open(&client, quick);
    sim_configure(&client, sim_configuration);
    for (unsigned slot = 3; slot < 16; slot++) { /* 0 to 2 hold private keys */
        size_t size = slot < 8 ? 36 : slot == 8 ? 416 : 72;
        for (size_t i = 0; i < size; i++) {
            data[len++] = sim_pattern(slot, i);
        }
    }
    data[len - 144] = (uint8_t)(0xA0 | (data[len - 144] & 0x0F)); /* slot 14, a key to be validated */
    memset(data + len, 0xFF, 64);
    crc = sim_crc(data, len + 64);
    assert_int_equal(sim_run(&client, 0x17, 0x01, crc ^ 0x100, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x17, 0x01, crc, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x17, 0x81, 0, NULL, 0), REFUSED);
    read_config(&client, config);
    assert_int_equal(config[86], 0x00);
    sim_close(&client);
}

/* The lock of a slot: only where Lockable, once, and what it forbids and leaves. */
static void test_slot_lock(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t config[128];
    uint8_t bytes[32] = {1};
    const uint8_t details[20] = {0x02, 0, 0, 16};
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 10, 0x0F0F, 0x1C); /* not lockable */
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x17, 0x02 | 10 << 2, 0, NULL, 0), REFUSED);
    static const unsigned locked[] = {0, 3, 7, 8, 9, 14};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(sim_run(&client, 0x17, (uint8_t)(0x02 | locked[i] << 2), 0, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x17, (uint8_t)(0x02 | locked[i] << 2), 0, NULL, 0), REFUSED);
    }
    read_config(&client, config);
    assert_int_equal(config[88] | config[89] << 8, 0xFFFF & ~(1 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 14));
    assert_int_equal(sim_run(&client, 0x12, 0x82, 8 << 3, bytes, 32), REFUSED);
    assert_int_equal(sim_run(&client, 0x12, 0x02, 8 << 3, bytes, 4), REFUSED);
    assert_int_equal(sim_run(&client, 0x02, 0x82, 8 << 3, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x40, 0x04, 0, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x40, 0x00, 0, NULL, 0), OK);
    uint8_t point[64];
    memcpy(point, client.answer, 64);
    assert_int_equal(sim_run(&client, 0x43, 0x0C, 0, point, 64), OK);
    assert_int_equal(sim_run(&client, 0x43, 0x00, 2, point, 64), REFUSED); /* its secret goes to slot 3 */
    assert_int_equal(sim_run(&client, 0x16, 0x43, 0, bytes, 32), OK);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    uint8_t tempkey[32];
    uint8_t key[32];
    host_pattern(6, key);
    host_session(&client, 6, key, tempkey);
    assert_int_equal(host_write(&client, 9, 0, bytes, tempkey), REFUSED);
    host_load(&client, bytes);
    assert_int_equal(sim_run(&client, 0x1C, 0x04, 7, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x56, 0x48, 7 << 8, details, 20), REFUSED); /* KDF into it */
    sim_close(&client);
}

/* Each write bit of SlotConfig on a data slot, after the data lock. */
static void test_write_rights(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++) {
        struct sim_client client;
        uint8_t configuration[128];
        uint8_t tempkey[32];
        uint8_t key[32];
        uint8_t bytes[32] = {7, 7, 7};
        bool always = bits == 0 || bits == 1; /* 1 asks for validity, which only a public key has */
        bool encrypted = (bits & 4) != 0;
        memcpy(configuration, sim_configuration, 128);
        sim_set_slot(configuration, 12, bits << 12 | 6 << 8 | 0x0F, 0x3C);
        sim_open_personalised(&client, quick, configuration);
        assert_int_equal(sim_run(&client, 0x12, 0x82, 12 << 3, bytes, 32), always ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x12, 0x02, 12 << 3, bytes, 4), always ? OK : REFUSED);
        host_pattern(6, key);
        host_session(&client, 6, key, tempkey);
        bytes[0] = 8;
        assert_int_equal(host_write(&client, 12, 0, bytes, tempkey), encrypted ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x02, 0x82, 12 << 3, NULL, 0), OK);
        assert_int_equal(client.answer[0], encrypted ? 8 : always ? 7 : sim_pattern(12, 0));
        sim_close(&client);
    }
}

/* What an encrypted write needs: the right key, randomness, a fresh TempKey, a right MAC. */
static void test_encrypted_write(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t tempkey[32];
    uint8_t key[32];
    uint8_t other[32];
    uint8_t plain[32] = {0xAB};
    host_pattern(6, key);
    host_pattern(4, other);
    for (unsigned locked = 0; locked < 2; locked++) {
        sim_open(&client, quick);
        if (locked) {
            sim_personalise(&client, sim_configuration);
        } else {
            sim_configure(&client, sim_configuration); /* honoured between the locks too */
        }
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* no TempKey */
        host_nonce(&client, tempkey);
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* no GenDig */
        host_session(&client, 4, other, tempkey);
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* not slot 9's write key */
        host_load(&client, other);
        memcpy(tempkey, other, 32);
        assert_int_equal(host_gendig(&client, 6, key, tempkey), OK);
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* no randomness */
        host_session(&client, 6, key, tempkey);
        tempkey[5] ^= 1;
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* wrong MAC */
        host_session(&client, 6, key, tempkey);
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), OK);
        assert_int_equal(host_write(&client, 9, 0, plain, tempkey), REFUSED); /* TempKey is used up */
        if (!locked) {
            host_session(&client, 6, key, tempkey);
            assert_int_equal(host_write(&client, 5, 0, plain, tempkey), REFUSED); /* slot 5's write key is 15 */
        }
        sim_close(&client);
    }
}

/* IsSecret and EncryptRead: clear, never, encrypted. */
static void test_read_rights(void **state)
{
    (void)state;
    static const struct {
        unsigned slot_config;
        uint8_t whole, word;
        bool encrypted;
    } rows[] = {{0x0006, OK, OK, false},
                {0x0046, OK, OK, false},
                {0x0086, REFUSED, REFUSED, false},
                {0x00C6, REFUSED, REFUSED, true}};
    for (size_t i = 0; i < 4; i++) {
        struct sim_client client;
        uint8_t configuration[128];
        uint8_t tempkey[32];
        uint8_t key[32];
        memcpy(configuration, sim_configuration, 128);
        sim_set_slot(configuration, 12, rows[i].slot_config, 0x3C);
        sim_open_personalised(&client, quick, configuration);
        assert_int_equal(sim_run(&client, 0x02, 0x82, 12 << 3, NULL, 0), rows[i].whole);
        assert_int_equal(sim_run(&client, 0x02, 0x02, 12 << 3, NULL, 0), rows[i].word);
        host_pattern(6, key);
        host_session(&client, 6, key, tempkey);
        assert_int_equal(sim_run(&client, 0x02, 0x02, 12 << 3, NULL, 0), rows[i].word);
        uint8_t status = sim_run(&client, 0x02, 0x82, 12 << 3, NULL, 0);
        assert_int_equal(status, rows[i].encrypted ? OK : rows[i].whole);
        for (unsigned b = 0; b < 32 && status == OK; b++) {
            assert_int_equal(client.answer[b] ^ (rows[i].encrypted ? tempkey[b] : 0), sim_pattern(12, b));
        }
        if (rows[i].encrypted) {
            assert_int_equal(sim_run(&client, 0x02, 0x82, 12 << 3, NULL, 0), REFUSED); /* TempKey is used up */
        }
        /* a 4-byte write of a secret is refused as well */
        assert_int_equal(sim_run(&client, 0x12, 0x02, 12 << 3, key, 4),
                         (rows[i].slot_config & 0x80) != 0 ? REFUSED : OK);
        sim_close(&client);
    }
}

static void test_private_never_read(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 0, 0x2005, 0x33); /* not secret by SlotConfig: private all the same */
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x02, 0x82, 0, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x02, 0x02, 0, NULL, 0), REFUSED);
    sim_close(&client);
}

/* Block and word addresses, and the last block of a slot, which exists in part. */
static void test_addresses(void **state)
{
    (void)state;
    struct sim_client client;
    sim_open_personalised(&client, quick, sim_configuration);
    for (unsigned slot = 8; slot < 13; slot += 2) {
        unsigned size = slot == 8 ? 416 : 72;
        for (unsigned block = 0; block < 16; block++) {
            uint8_t wanted = block * 32 < size ? OK : PARSE;
            assert_int_equal(sim_run(&client, 0x02, 0x82, block << 8 | slot << 3, NULL, 0), wanted);
            for (unsigned i = 0; i < 32 && wanted == OK; i++) {
                unsigned at = block * 32 + i;
                assert_int_equal(client.answer[i], at < size ? sim_pattern(slot, at) : 0);
            }
            for (unsigned word = 0; word < 8; word++) {
                unsigned at = block * 32 + word * 4;
                wanted = at < size ? OK : PARSE;
                assert_int_equal(sim_run(&client, 0x02, 0x02, block << 8 | slot << 3 | word, NULL, 0), wanted);
                assert_int_equal(client.answer[0], wanted == OK ? sim_pattern(slot, at) : PARSE);
            }
        }
    }
    /* block 1 of a 36-byte slot: four bytes are real, and the next slot stays what it was */
    uint8_t bytes[32];
    memset(bytes, 0x5A, sizeof bytes);
    const struct {
        unsigned param;
        uint8_t mode;
    } writes[] = {{2 << 8 | 10 << 3, 0x82}, {2 << 8 | 10 << 3 | 1, 0x82}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sim_run(&client, 0x12, writes[i].mode, writes[i].param, bytes, 32), OK);
    }
    assert_int_equal(sim_run(&client, 0x02, 0x82, 2 << 8 | 10 << 3, NULL, 0), OK);
    assert_int_equal(client.answer[7], 0x5A);
    assert_int_equal(client.answer[8], 0);
    assert_int_equal(sim_run(&client, 0x02, 0x82, 12 << 3, NULL, 0), OK);
    assert_int_equal(client.answer[0], sim_pattern(12, 0));
    sim_close(&client);
}

static void test_otp(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t bytes[32];
    memset(bytes, 0x42, sizeof bytes);
    sim_open(&client, quick);
    sim_configure(&client, sim_configuration);
    assert_int_equal(sim_run(&client, 0x12, 0x81, 1 << 3, bytes, 32), OK);
    assert_int_equal(sim_run(&client, 0x17, 0x81, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x02, 0x81, 1 << 3, NULL, 0), OK);
    assert_memory_equal(client.answer, bytes, 32);
    assert_int_equal(sim_run(&client, 0x02, 0x01, 7, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0xFF);
    assert_int_equal(sim_run(&client, 0x12, 0x81, 0, bytes, 32), REFUSED);
    sim_close(&client);
}

static uint32_t counter(struct sim_client *client, uint8_t mode, unsigned id)
{
    assert_int_equal(sim_run(client, 0x24, mode, id, NULL, 0), OK);
    return client->answer[0] | (uint32_t)client->answer[1] << 8 | (uint32_t)client->answer[2] << 16;
}

/* The encoding against its definition, the dump of a real part, and the end of the range. */
static void test_counter(void **state)
{
    (void)state;
    struct sim_client client;
    struct memory memory = {0};
    for (uint32_t value = 0; value <= 2097151; value += value < 300 ? 1 : 9973) {
        zones_counter_encode(memory.config + 60, value);
        assert_int_equal(zones_counter(&memory, 1), value);
    }
    const uint8_t dump[8] = {0x00, 0xFF, 0x00, 0x00, 0x00, 0x1F, 0x00, 0x1E};
    zones_counter_encode(memory.config + 52, 1000);
    assert_memory_equal(memory.config + 52, dump, 8);
    sim_open(&client, quick);
    zones_counter_encode(memory.config + 60, 2097149);
    assert_int_equal(sim_run(&client, 0x12, 0x00, 15, memory.config + 60, 4), OK);
    assert_int_equal(sim_run(&client, 0x12, 0x00, 16, memory.config + 64, 4), OK);
    assert_int_equal(sim_run(&client, 0x17, 0x80, 0, NULL, 0), OK);
    for (uint32_t i = 0; i < 70; i++) {
        assert_int_equal(counter(&client, 0, 0), i);
        assert_int_equal(counter(&client, 1, 0), i + 1);
    }
    sim_restart(&client, quick);
    assert_int_equal(counter(&client, 0, 0), 70);
    assert_int_equal(counter(&client, 1, 1), 2097150);
    assert_int_equal(counter(&client, 1, 1), 2097151);
    assert_int_equal(sim_run(&client, 0x24, 1, 1, NULL, 0), REFUSED);
    assert_int_equal(counter(&client, 0, 1), 2097151);
    assert_int_equal(sim_run(&client, 0x24, 1, 2, NULL, 0), PARSE);
    sim_close(&client);
}

static void test_update_extra(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t config[128];
    sim_open(&client, quick);
    for (unsigned value = 5; value < 8; value++) { /* before the lock as often as one likes */
        assert_int_equal(sim_run(&client, 0x20, 0, value, NULL, 0), OK);
    }
    assert_int_equal(sim_run(&client, 0x17, 0x80, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x20, 0, 9, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x20, 1, 0x6A, NULL, 0), OK); /* still 0: once */
    assert_int_equal(sim_run(&client, 0x20, 1, 0x6C, NULL, 0), REFUSED);
    read_config(&client, config);
    assert_int_equal(config[84], 7);
    assert_int_equal(config[85], 0x6A);
    sim_close(&client);
}

/* A public key that needs validation: new content makes it invalid; only while invalid may PubInvalid slots be written. */
static void test_public_key_writes(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t bytes[32] = {0x5F};
    sim_open(&client, quick);
    sim_personalise(&client, sim_configuration); /* slot 14: 1F0D, PubInfo */
    for (unsigned times = 0; times < 2; times++) {
        assert_int_equal(sim_run(&client, 0x12, 0x82, 14 << 3, bytes, 32), OK);
        assert_int_equal(sim_run(&client, 0x02, 0x02, 14 << 3, NULL, 0), OK);
        assert_int_equal(client.answer[0], 0xAF);
    }
    assert_int_equal(sim_run(&client, 0x30, 1, 14, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0);
    sim_close(&client);
}

static void test_image(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t image[CHIP_IMAGE_SIZE];
    const char *why = NULL;
    sim_open_personalised(&client, quick, sim_configuration);
    chip_image(client.chip, image);
    assert_memory_equal(image, client.kept, sizeof image);
    assert_int_equal(chip_wear(client.chip, 8), 13);
    assert_int_equal(chip_wear(client.chip, 0), 1);
    for (unsigned bit = 0; bit < 8 * sizeof image; bit += 61) {
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_null(chip_make(&quick, image, &why));
        assert_non_null(why);
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    sim_restart(&client, quick);
    assert_int_equal(sim_run(&client, 0x02, 0x82, 1 << 8 | 12 << 3, NULL, 0), OK);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(client.answer[i], sim_pattern(12, 32 + i));
    }
    assert_int_equal(chip_wear(client.chip, 8), 13);
    assert_int_equal(chip_wear(client.chip, PLACE_COUNTERS), 0);
    assert_int_equal(sim_run(&client, 0x30, 1, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 1);
    sim_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_config_access),
        cmocka_unit_test(test_config_write_holds),
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_random_before_lock),
        cmocka_unit_test(test_lock_crc),
        cmocka_unit_test(test_slot_lock),
        cmocka_unit_test(test_write_rights),
        cmocka_unit_test(test_encrypted_write),
        cmocka_unit_test(test_read_rights),
        cmocka_unit_test(test_private_never_read),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_otp),
        cmocka_unit_test(test_counter),
        cmocka_unit_test(test_update_extra),
        cmocka_unit_test(test_public_key_writes),
        cmocka_unit_test(test_image),
    };
    return cmocka_run_group_tests_name("sim zones", tests, NULL, NULL);
}
