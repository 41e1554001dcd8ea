/* The simulator's public keys: Verify in all its modes, validity, SecureBoot. Signatures are OpenSSL's, digests and MACs
 * are computed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/sim_host.h"

static const struct chip_options quick = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 5};
static const uint8_t serial[3] = {0xEE, 0x01, 0x23};

enum { OK = 0x00, MISMATCH = 0x01, PARSE = 0x03, REFUSED = 0x0F };

static void test_verify_external(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t data[128];
    uint8_t message[64] = {0x31, 0x32};
    host_key *key = host_key_make(data + 64);
    host_sign(key, message, data);
    for (unsigned locks = 0; locks < 2; locks++) { /* works before the first lock */
        sim_open(&client, quick);
        if (locks) {
            sim_personalise(&client, sim_configuration);
        }
        assert_int_equal(sim_run(&client, 0x45, 0x02, 4, data, 128), REFUSED); /* no message */
        assert_int_equal(sim_run(&client, 0x45, 0x22, 4, data, 128), REFUSED);
        host_load(&client, message);
        assert_int_equal(sim_run(&client, 0x45, 0x02, 4, data, 128), OK);
        assert_int_equal(sim_run(&client, 0x45, 0x02, 4, data, 128), REFUSED); /* TempKey is spent */
        host_load_message(&client, message, 64);
        assert_int_equal(sim_run(&client, 0x45, 0x22, 4, data, 128), OK);
        for (unsigned byte = 0; byte < 64; byte += 9) {
            data[byte] ^= 0x40;
            assert_int_equal(sim_run(&client, 0x45, 0x22, 4, data, 128), MISMATCH);
            data[byte] ^= 0x40;
        }
        data[127] ^= 1;
        assert_int_equal(sim_run(&client, 0x45, 0x22, 4, data, 128), REFUSED); /* off the curve */
        data[127] ^= 1;
        assert_int_equal(sim_run(&client, 0x45, 0x22, 0, data, 128), PARSE); /* no such curve */
        uint8_t nothing[128] = {0};
        memcpy(nothing + 64, data + 64, 64);
        assert_int_equal(sim_run(&client, 0x45, 0x22, 4, nothing, 128), MISMATCH);          /* R = S = 0 */
        assert_int_equal(sim_run(&client, 0x45, 0xA2, 4, data, 128), locks ? OK : REFUSED); /* MAC: needs the IO key */
        sim_close(&client);
    }
    host_key_free(key);
}

static void test_verify_mac(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t data[128];
    uint8_t buffer[64];
    uint8_t io_key[32];
    uint8_t mac[32];
    host_key *key = host_key_make(data + 64);
    for (unsigned i = 0; i < 64; i++) {
        buffer[i] = (uint8_t)(i * 5 + 1);
    }
    host_pattern(6, io_key);
    host_sign(key, buffer, data);
    sim_open_personalised(&client, quick, sim_configuration);
    for (unsigned in_buffer = 0; in_buffer < 2; in_buffer++) {
        uint8_t mode = in_buffer ? 0xA2 : 0x82;
        const uint8_t head[4] = {0x45, mode, 0x04, 0x00};
        const uint8_t *nonce = buffer + 32;
        host_load_message(&client, in_buffer ? buffer : nonce, in_buffer ? 64 : 32);
        host_load(&client, buffer);
        assert_int_equal(sim_run(&client, 0x45, mode, 4, data, 128), OK);
        host_sha(mac, io_key, (size_t)32, buffer, (size_t)32, nonce, (size_t)32, data, (size_t)64, head, (size_t)4,
                 NULL);
        assert_int_equal(client.len, 32);
        assert_memory_equal(client.answer, mac, 32);
        data[3] ^= 1;
        host_load(&client, buffer);
        assert_int_equal(sim_run(&client, 0x45, mode, 4, data, 128), MISMATCH);
        assert_int_equal(client.len, 1);
        data[3] ^= 1;
    }
    host_load_message(&client, buffer, 32); /* no room for a nonce beside the message */
    assert_int_equal(sim_run(&client, 0x45, 0xA2, 4, data, 128), REFUSED);
    host_key_free(key);
    sim_close(&client);
}

/* A stored key, and one that must be validated by its parent first. */
static void test_verify_stored(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t point[64];
    uint8_t parent_point[64];
    uint8_t message[32] = {0x15};
    uint8_t signature[64];
    uint8_t tempkey[32];
    uint8_t digest[32];
    host_key *key = host_key_make(point);
    host_key *parent = host_key_make(parent_point);
    sim_open_personalised(&client, quick, sim_configuration);
    host_sign(key, message, signature);
    host_load_message(&client, message, 32);
    assert_int_equal(sim_run(&client, 0x45, 0x20, 15, signature, 64), REFUSED); /* its pattern is no point */
    assert_int_equal(host_write_public(&client, 15, point), OK);
    assert_int_equal(host_write_public(&client, 13, parent_point), OK);
    assert_int_equal(sim_run(&client, 0x45, 0x20, 15, signature, 64), OK);
    assert_int_equal(sim_run(&client, 0x45, 0x20, 13, signature, 64), MISMATCH);
    assert_int_equal(sim_run(&client, 0x45, 0x20, 8, signature, 64), REFUSED);
    assert_int_equal(host_write_public(&client, 14, point), OK);
    assert_int_equal(sim_run(&client, 0x45, 0x20, 14, signature, 64), REFUSED); /* not validated */
    for (unsigned invalidate = 0; invalidate < 2; invalidate++) {
        uint8_t data[83];
        uint8_t other[19] = {(uint8_t)invalidate, 14, 0, 0x0D, 0x1F, 0x32, 0x00, 0x4E, 0, 0, 1, 2, 3, 4, 5, 6, 1};
        const uint8_t gen_head[4] = {0x40, 0x10, 14, 0};
        const uint8_t mode = invalidate ? 0x07 : 0x03;
        const uint8_t opcode = 0x41;
        other[17] = (uint8_t)invalidate;
        for (unsigned attempt = 0; attempt < 4; attempt++) {
            host_nonce(&client, tempkey);
            if (attempt > 0) { /* first without GenKey's digest */
                assert_int_equal(sim_run(&client, 0x40, 0x10, 14, gen_head + 1, 3), OK);
                host_sha(tempkey, tempkey, (size_t)32, gen_head, (size_t)4, serial, (size_t)3, host_zero, (size_t)25,
                         point, (size_t)64, NULL);
            }
            host_sha(digest, tempkey, (size_t)32, &opcode, (size_t)1, other, (size_t)10, serial, (size_t)1, other + 10,
                     (size_t)4, serial + 1, (size_t)2, other + 14, (size_t)5, NULL);
            host_sign(attempt == 1 ? key : parent, digest, data); /* then by the wrong key */
            memcpy(data + 64, other, 19);
            if (attempt == 2) { /* then with a signature meant for the other purpose */
                data[64 + 17] ^= 1;
            }
            static const uint8_t wanted[4] = {REFUSED, MISMATCH, REFUSED, OK};
            assert_int_equal(sim_run(&client, 0x45, mode, 14, data, 83), wanted[attempt]);
        }
        assert_int_equal(sim_run(&client, 0x30, 1, 14, NULL, 0), OK);
        assert_int_equal(client.answer[0], !invalidate);
        assert_int_equal(sim_run(&client, 0x02, 0x02, 14 << 3, NULL, 0), OK);
        assert_int_equal(client.answer[0] >> 4, invalidate ? 0xA : 0x5);
        assert_int_equal(sim_run(&client, 0x45, 0x20, 14, signature, 64), invalidate ? REFUSED : OK);
        /* PubInvalid: content may change only while the key is invalid */
        assert_int_equal(sim_run(&client, 0x12, 0x82, 1 << 8 | 14 << 3, digest, 32), invalidate ? OK : REFUSED);
    }
    host_key_free(key);
    host_key_free(parent);
    sim_close(&client);
}

/* A public key that is always writable loses its validity with its first block. */
static void test_validity_lost(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t point[64];
    uint8_t block[32] = {0x5A};
    host_key *key = host_key_make(point);
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 14, 0x0F0D, 0x32);
    sim_open_personalised(&client, quick, configuration);
    assert_int_equal(sim_run(&client, 0x12, 0x82, 14 << 3, block, 32), OK);
    assert_int_equal(sim_run(&client, 0x02, 0x02, 14 << 3, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0xAA);
    assert_int_equal(sim_run(&client, 0x12, 0x02, 14 << 3, block, 4), OK);
    assert_int_equal(sim_run(&client, 0x02, 0x02, 14 << 3, NULL, 0), OK);
    assert_int_equal(client.answer[0], 0xAA);
    host_key_free(key);
    sim_close(&client);
}

static void boot_protect(struct sim_client *client, uint8_t data[96], uint8_t pad[32])
{
    uint8_t io_key[32];
    uint8_t tempkey[32];
    host_pattern(6, io_key);
    host_nonce(client, tempkey);
    host_sha(pad, io_key, (size_t)32, tempkey, (size_t)32, NULL);
    for (unsigned i = 0; i < 32; i++) {
        data[i] ^= pad[i];
    }
}

/* SecureBoot: what is stored (nothing, signature, digest) against the three modes, plain and protected. */
static void test_secure_boot(void **state)
{
    (void)state;
    for (uint8_t stored = 0; stored < 4; stored++) {
        struct sim_client client;
        uint8_t configuration[128];
        uint8_t point[64];
        uint8_t data[96] = {0xB0, 0x07};
        uint8_t digest[32];
        uint8_t pad[32];
        uint8_t mac[32];
        host_key *key = host_key_make(point);
        memcpy(configuration, sim_configuration, 128);
        configuration[70] = stored | 0x08;
        configuration[71] = 0xFC; /* public key in 15, the rest in 12 */
        sim_open_personalised(&client, quick, configuration);
        memcpy(digest, data, 32);
        host_sign(key, digest, data + 32);
        assert_int_equal(sim_run(&client, 0x80, 0x05, 0, data, 96), REFUSED); /* the pattern in slot 15 is no point */
        assert_int_equal(host_write_public(&client, 15, point), OK);
        assert_int_equal(sim_run(&client, 0x80, 0x06, 0, data, 32), stored < 2 ? REFUSED : MISMATCH);
        assert_int_equal(sim_run(&client, 0x30, 4, 0, NULL, 0), OK);
        assert_int_equal(client.answer[0], 0);
        static const uint8_t modes[3] = {5, 7, 6};
        for (unsigned i = 0; i < 3; i++) {
            uint8_t wanted = stored == 0 || (stored == 1 && modes[i] != 5) ? REFUSED : OK;
            size_t len = modes[i] == 6 ? 32 : 96;
            bool without = stored == 3 && modes[i] == 6;
            const uint8_t head[4] = {0x80, (uint8_t)(0x80 | modes[i]), 0, 0};
            assert_int_equal(sim_run(&client, 0x80, modes[i], 0, data, len), wanted);
            boot_protect(&client, data, pad);
            assert_int_equal(sim_run(&client, 0x80, head[1], 0, data, len), wanted);
            memcpy(data, digest, 32);
            if (wanted == OK) {
                host_sha(mac, pad, (size_t)32, digest, (size_t)32, data + 32, without ? (size_t)0 : (size_t)64, head,
                         (size_t)4, NULL);
                assert_int_equal(client.len, 32);
                assert_memory_equal(client.answer, mac, 32);
                data[1] ^= 1;
                assert_int_equal(sim_run(&client, 0x80, modes[i], 0, data, len), MISMATCH);
                data[1] ^= 1;
            }
        }
        assert_int_equal(sim_run(&client, 0x30, 4, 0, NULL, 0), OK);
        assert_int_equal(client.answer[0], stored != 0); /* success has set the latch */
        assert_int_equal(sim_run(&client, 0x80, 0x45, 0, data, 96), stored == 0 ? REFUSED : OK);
        assert_int_equal(sim_run(&client, 0x80, 0x05, 0, data, 96), REFUSED); /* until power goes */
        chip_power_cycle(client.chip);
        assert_int_equal(sim_run(&client, 0x80, 0x05, 0, data, 96), stored == 0 ? REFUSED : OK);
        assert_int_equal(sim_run(&client, 0x80, 0x07, 0, data, 96), stored < 2 ? REFUSED : OK);
        assert_int_equal(sim_run(&client, 0x17, 0x02 | 12 << 2, 0, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x80, 0x07, 0, data, 96), REFUSED); /* its place is locked */
        host_key_free(key);
        sim_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_external), cmocka_unit_test(test_verify_mac),
        cmocka_unit_test(test_verify_stored),   cmocka_unit_test(test_validity_lost),
        cmocka_unit_test(test_secure_boot),
    };
    return cmocka_run_group_tests_name("sim verification", tests, NULL, NULL);
}
