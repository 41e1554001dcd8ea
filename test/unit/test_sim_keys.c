/* The simulator's private keys: GenKey, PrivWrite, Sign and ECDH. Every signature and secret is judged by OpenSSL's EVP
 * interface, every digest computed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "test/support/sim_host.h"

static const struct chip_options quick = {.busy = CHIP_BUSY_NONE, .seeded = true, .seed = 5};
static const uint8_t serial[3] = {0xEE, 0x01, 0x23};

enum { OK = 0x00, PARSE = 0x03, REFUSED = 0x0F };

static void gen_key(struct sim_client *client, uint8_t mode, unsigned slot, uint8_t point[64])
{
    assert_int_equal(sim_run(client, 0x40, mode, slot, NULL, 0), OK);
    assert_int_equal(client->len, 64);
    memcpy(point, client->answer, 64);
}

static uint8_t state_flags(struct sim_client *client)
{
    assert_int_equal(sim_run(client, 0x30, 2, 0, NULL, 0), OK);
    return client->answer[0];
}

static void test_gen_key(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t first[64];
    uint8_t again[64];
    uint8_t message[32] = {0x77};
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 1, 0x0083, 0x31); /* no GenKey right, no PubInfo */
    sim_open_personalised(&client, quick, configuration);
    gen_key(&client, 0x04, 0, first);
    gen_key(&client, 0x00, 0, again);
    assert_memory_equal(first, again, 64);
    gen_key(&client, 0x04, 0, again);
    assert_memory_not_equal(first, again, 64);
    host_load_message(&client, message, 32);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    assert_true(host_verify(again, message, client.answer));
    assert_false(host_verify(first, message, client.answer));
    assert_int_equal(sim_run(&client, 0x40, 0x04, 1, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x40, 0x00, 1, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 1, NULL, 0), OK); /* its first key is there and signs */
    assert_int_equal(sim_run(&client, 0x40, 0x04, 8, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x40, 0x00, 0xFFFF, NULL, 0), PARSE);
    assert_int_equal(sim_run(&client, 0x30, 1, 0, NULL, 0), OK);
    assert_int_equal(client.answer[0], 1);
    sim_close(&client);
}

/* The digest modes: what TempKey becomes, seen in an internal signature. */
static void test_gen_key_digest(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t tempkey[32];
    uint8_t point[64];
    uint8_t signer[64];
    uint8_t digest[32];
    uint8_t config[32];
    sim_open_personalised(&client, quick, sim_configuration);
    gen_key(&client, 0x00, 1, signer);
    assert_int_equal(sim_run(&client, 0x02, 0x80, 0, NULL, 0), OK);
    memcpy(config, client.answer, 32);
    assert_int_equal(host_write_public(&client, 11, signer), OK);
    static const struct {
        uint8_t mode, slot;
    } rows[] = {{0x08, 0}, {0x0C, 0}, {0x10, 11}};
    for (size_t i = 0; i < 3; i++) {
        for (unsigned full = 0; full < 2; full++) {
            uint8_t other[3] = {0x10, 11, 0};
            uint8_t head[4] = {0x40, rows[i].mode, rows[i].slot, 0};
            uint8_t sign_mode = full ? 0x41 : 0x00;
            if (rows[i].mode != 0x10) {
                assert_int_equal(sim_run(&client, 0x40, rows[i].mode, rows[i].slot, NULL, 0), REFUSED); /* no TempKey */
            }
            host_nonce(&client, tempkey);
            if (rows[i].mode == 0x10) {
                other[1] = 0x5A; /* the three bytes are the host's to choose */
                head[1] = other[0];
                head[2] = other[1];
                head[3] = other[2];
                assert_int_equal(sim_run(&client, 0x40, 0x10, 11, other, 3), OK);
                memcpy(point, signer, 64);
            } else {
                gen_key(&client, rows[i].mode, rows[i].slot, point);
            }
            host_sha(tempkey, tempkey, (size_t)32, head, (size_t)4, serial, (size_t)3, host_zero, (size_t)25, point,
                     (size_t)64, NULL);
            assert_int_equal(state_flags(&client), 0x40 | rows[i].slot);
            assert_int_equal(sim_run(&client, 0x41, sign_mode, 1, NULL, 0), OK);
            const uint8_t sign_head[4] = {0x41, sign_mode, 1, 0};
            const uint8_t about[7] = {sim_configuration[20 + 2 * rows[i].slot],
                                      sim_configuration[21 + 2 * rows[i].slot],
                                      sim_configuration[96 + 2 * rows[i].slot],
                                      sim_configuration[97 + 2 * rows[i].slot],
                                      (uint8_t)(0x40 | rows[i].slot),
                                      0,
                                      0};
            const uint8_t tail[3] = {1, sign_mode & 1, 0};
            host_sha(digest, tempkey, (size_t)32, sign_head, (size_t)4, about, (size_t)7, config + 12, (size_t)1,
                     full ? config + 8 : host_zero, (size_t)4, config, (size_t)2, full ? config + 2 : host_zero,
                     (size_t)2, tail, (size_t)3, NULL);
            assert_true(host_verify(signer, digest, client.answer));
        }
    }
    sim_close(&client);
}

/* The rights of a private key, bit by bit. */
static void test_rights(void **state)
{
    (void)state;
    uint8_t peer_point[64];
    host_key *peer = host_key_make(peer_point);
    for (unsigned bits = 0; bits < 16; bits++) {
        struct sim_client client;
        uint8_t configuration[128];
        uint8_t message[32] = {1};
        bool kept = (bits & 8) != 0;
        bool agrees = (bits & 4) != 0;
        memcpy(configuration, sim_configuration, 128);
        sim_set_slot(configuration, 2, 0x2080 | bits, 0x33);
        sim_open_personalised(&client, quick, configuration);
        host_load_message(&client, message, 32);
        assert_int_equal(sim_run(&client, 0x41, 0xA0, 2, NULL, 0), (bits & 1) != 0 ? OK : REFUSED);
        host_load(&client, message);
        assert_int_equal(sim_run(&client, 0x15, 0x02, 4, NULL, 0), OK);
        assert_int_equal(sim_run(&client, 0x41, 0x00, 2, NULL, 0), (bits & 2) != 0 ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x43, 0x0C, 2, peer_point, 64), agrees && !kept ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x43, 0x08, 2, peer_point, 64), agrees && !kept ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x43, 0x04, 2, peer_point, 64), agrees ? OK : REFUSED);
        assert_int_equal(sim_run(&client, 0x43, 0x00, 2, peer_point, 64), agrees ? OK : REFUSED);
        assert_int_equal(client.len, agrees && !kept ? 32 : 1);
        sim_close(&client);
    }
    host_key_free(peer);
}

/* A private slot without a key: nothing can be done with it but to give it one. */
static void test_no_key(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t point[64];
    host_key *peer = host_key_make(point);
    sim_open(&client, quick); /* the factory's configuration: slot 1 signs and agrees */
    assert_int_equal(sim_run(&client, 0x17, 0x80, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x17, 0x81, 0, NULL, 0), OK);
    for (unsigned made = 0; made < 2; made++) {
        uint8_t wanted = made ? OK : REFUSED;
        host_load_message(&client, point, 32);
        assert_int_equal(sim_run(&client, 0x30, 1, 1, NULL, 0), OK);
        assert_int_equal(client.answer[0], made);
        assert_int_equal(sim_run(&client, 0x41, 0xA0, 1, NULL, 0), wanted);
        assert_int_equal(sim_run(&client, 0x43, 0x0C, 1, point, 64), wanted);
        assert_int_equal(sim_run(&client, 0x40, 0x00, 1, NULL, 0), wanted);
        assert_int_equal(sim_run(&client, 0x40, 0x04, 1, NULL, 0), OK);
    }
    host_key_free(peer);
    sim_close(&client);
}

static void test_sign(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t point[64];
    uint8_t message[32] = {0xFF, 2, 3};
    uint8_t first[64];
    sim_open_personalised(&client, quick, sim_configuration);
    gen_key(&client, 0x00, 0, point);
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), REFUSED); /* nothing to sign */
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, NULL, 0), REFUSED);
    host_load_message(&client, message, 32);
    for (unsigned times = 0; times < 2; times++) { /* the message digest buffer is kept */
        assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
        assert_true(host_verify(point, message, client.answer));
        memcpy(first, client.answer, times == 0 ? 64 : 0);
    }
    assert_memory_not_equal(first, client.answer, 64); /* a nonce each */
    host_load(&client, message);
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, NULL, 0), OK);
    assert_true(host_verify(point, message, client.answer));
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, NULL, 0), REFUSED); /* TempKey is spent */
    host_load(&client, message);
    assert_int_equal(sim_run(&client, 0x41, 0x00, 1, NULL, 0), REFUSED); /* internal: neither GenDig nor GenKey */
    sim_close(&client);
}

/* The same seed signs the same; another chip with that seed goes on where this one was. */
static void test_seed(void **state)
{
    (void)state;
    struct sim_client client[2];
    uint8_t message[32] = {5};
    for (unsigned i = 0; i < 2; i++) {
        sim_open_personalised(&client[i], quick, sim_configuration);
        host_load_message(&client[i], message, 32);
        assert_int_equal(sim_run(&client[i], 0x41, 0xA0, 0, NULL, 0), OK);
    }
    assert_memory_equal(client[0].answer, client[1].answer, 64);
    for (unsigned i = 0; i < 2; i++) {
        sim_restart(&client[i], quick);
        assert_int_equal(sim_run(&client[i], 0x1B, 0, 0, NULL, 0), OK);
    }
    assert_memory_equal(client[0].answer, client[1].answer, 32);
    sim_restart(&client[1], quick);
    assert_int_equal(sim_run(&client[1], 0x1B, 0, 0, NULL, 0), OK);
    assert_memory_not_equal(client[0].answer, client[1].answer, 32); /* a restart repeats nothing */
    sim_close(&client[0]);
    sim_close(&client[1]);
}

static void priv_write_data(uint8_t data[68], const uint8_t key[36], unsigned slot, const uint8_t tempkey[32])
{
    uint8_t pad[32];
    const uint8_t head[4] = {0x46, 0x40, (uint8_t)slot, 0};
    host_sha(pad, tempkey, (size_t)32, NULL);
    for (unsigned i = 0; i < 36; i++) {
        data[i] = key[i] ^ (i < 32 ? tempkey[i] : pad[i - 32]);
    }
    host_sha(data + 36, tempkey, (size_t)32, head, (size_t)4, serial, (size_t)3, host_zero, (size_t)21, key, (size_t)36,
             NULL);
}

static void test_priv_write(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t configuration[128];
    uint8_t data[68] = {0};
    uint8_t key[32];
    uint8_t tempkey[32];
    uint8_t plain[36] = {0};
    uint8_t generator_x[4] = {0x6B, 0x17, 0xD1, 0xF2};
    memcpy(configuration, sim_configuration, 128);
    sim_set_slot(configuration, 0, 0x4685, 0x33); /* b14: encrypted PrivWrite under slot 6 */
    sim_open(&client, quick);
    sim_configure(&client, configuration);
    data[35] = 1;
    assert_int_equal(sim_run(&client, 0x46, 0x00, 0, data, 68), OK);
    assert_int_equal(sim_run(&client, 0x40, 0x00, 0, NULL, 0), OK);
    assert_memory_equal(client.answer, generator_x, 4); /* 1 G */
    assert_int_equal(sim_run(&client, 0x46, 0x00, 8, data, 68), REFUSED);
    data[35] = 0;
    assert_int_equal(sim_run(&client, 0x46, 0x00, 0, data, 68), REFUSED); /* 0 is no key */
    memset(data + 4, 0xFF, 32);
    assert_int_equal(sim_run(&client, 0x46, 0x00, 0, data, 68), REFUSED); /* nor is more than n */
    assert_int_equal(sim_run(&client, 0x17, 0x81, 0, NULL, 0), OK);
    data[4] = 0;
    assert_int_equal(sim_run(&client, 0x46, 0x00, 0, data, 68), REFUSED); /* plain: not after the data lock */
    plain[35] = 2;
    host_pattern(6, key);
    assert_int_equal(sim_run(&client, 0x46, 0x40, 0, data, 68), REFUSED); /* no session */
    host_session(&client, 6, key, tempkey);
    priv_write_data(data, plain, 0, tempkey);
    data[40] ^= 1;
    assert_int_equal(sim_run(&client, 0x46, 0x40, 0, data, 68), REFUSED); /* wrong MAC */
    host_session(&client, 6, key, tempkey);
    priv_write_data(data, plain, 0, tempkey);
    assert_int_equal(sim_run(&client, 0x46, 0x40, 0, data, 68), OK);
    const uint8_t twice_generator[4] = {0x7C, 0xF2, 0x7B, 0x18};
    assert_int_equal(sim_run(&client, 0x40, 0x00, 0, NULL, 0), OK);
    assert_memory_equal(client.answer, twice_generator, 4);
    assert_int_equal(sim_run(&client, 0x40, 0x04, 0, NULL, 0), REFUSED); /* b13 is not set */
    host_session(&client, 6, key, tempkey);
    priv_write_data(data, plain, 1, tempkey);
    assert_int_equal(sim_run(&client, 0x46, 0x40, 1, data, 68), REFUSED); /* b14 is not set */
    sim_close(&client);
}

/* Undoes the protection of an output: each 32 bytes with SHA(IO key, half of the nonce behind them). */
static void unprotect(struct sim_client *client, uint8_t *out, size_t len)
{
    uint8_t io_key[32];
    host_pattern(6, io_key);
    assert_int_equal(client->len, len + 32);
    for (size_t at = 0; at < len; at += 32) {
        uint8_t pad[32];
        host_sha(pad, io_key, (size_t)32, client->answer + len + at / 2, (size_t)16, NULL);
        for (unsigned i = 0; i < 32; i++) {
            out[at + i] = client->answer[at + i] ^ pad[i];
        }
    }
}

/* TempKey as an AES key: tells what it is. */
static void assert_tempkey_is(struct sim_client *client, const uint8_t value[32])
{
    uint8_t seen[16];
    const uint8_t block[16] = {0};
    assert_int_equal(sim_run(client, 0x51, 0x00, SIM_TEMPKEY, block, 16), OK);
    memcpy(seen, client->answer, 16);
    host_load(client, value);
    assert_int_equal(sim_run(client, 0x51, 0x00, SIM_TEMPKEY, block, 16), OK);
    assert_memory_equal(client->answer, seen, 16);
}

static void test_ecdh_outputs(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t peer_point[64];
    uint8_t point[64];
    uint8_t secret[32];
    uint8_t seen[32];
    uint8_t tempkey[32];
    uint8_t key[32];
    host_key *peer = host_key_make(peer_point);
    sim_open_personalised(&client, quick, sim_configuration);
    gen_key(&client, 0x00, 0, point);
    host_agree(peer, point, secret);
    static const uint8_t clear[] = {0x00, 0x0C};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sim_run(&client, 0x43, clear[i], 0, peer_point, 64), OK);
        assert_int_equal(client.len, 32);
        assert_memory_equal(client.answer, secret, 32);
        assert_int_equal(sim_run(&client, 0x43, clear[i] | 2, 0, peer_point, 64), OK);
        unprotect(&client, seen, 32);
        assert_memory_equal(seen, secret, 32);
    }
    assert_int_equal(sim_run(&client, 0x43, 0x08, 0, peer_point, 64), OK);
    assert_tempkey_is(&client, secret);
    /* slot 2 gives its secret to slot 3 only, where an encrypted read finds it */
    gen_key(&client, 0x00, 2, point);
    host_agree(peer, point, secret);
    for (uint8_t mode = 0; mode < 0x10; mode++) {
        bool to_slot = (mode & 0x0C) == 0x00 || (mode & 0x0C) == 0x04;
        if ((mode & 1) == 0) {
            assert_int_equal(sim_run(&client, 0x43, mode, 2, peer_point, 64),
                             to_slot && (mode & 2) == 0 ? OK : REFUSED);
        }
    }
    host_pattern(6, key);
    host_session(&client, 6, key, tempkey);
    assert_int_equal(sim_run(&client, 0x02, 0x82, 3 << 3, NULL, 0), OK);
    for (unsigned i = 0; i < 32; i++) {
        assert_int_equal(client.answer[i] ^ tempkey[i], secret[i]);
    }
    peer_point[63] ^= 1; /* off the curve */
    assert_int_equal(sim_run(&client, 0x43, 0x0C, 0, peer_point, 64), REFUSED);
    host_key_free(peer);
    sim_close(&client);
}

/* The ephemeral key in TempKey serves one ECDH, whatever comes of it, and nothing else. */
static void test_ecdh_tempkey(void **state)
{
    (void)state;
    struct sim_client client;
    uint8_t peer_point[64];
    uint8_t point[64];
    uint8_t secret[32];
    uint8_t seen[32];
    uint8_t bad[64] = {1};
    host_key *peer = host_key_make(peer_point);
    sim_open_personalised(&client, quick, sim_configuration);
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), REFUSED);
    host_load(&client, peer_point); /* bytes that GenKey did not put there */
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), REFUSED);
    gen_key(&client, 0x04, SIM_TEMPKEY, point);
    assert_int_equal(state_flags(&client), 0x00);
    host_agree(peer, point, secret);
    assert_int_equal(sim_run(&client, 0x51, 0x00, SIM_TEMPKEY, host_zero, 16), REFUSED);
    assert_int_equal(sim_run(&client, 0x41, 0x80, 0, NULL, 0), REFUSED);
    assert_int_equal(sim_run(&client, 0x08, 0x03, 0, NULL, 0), REFUSED);
    host_load_message(&client, bad, 32); /* other commands leave it alone */
    assert_int_equal(sim_run(&client, 0x41, 0xA0, 0, NULL, 0), OK);
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), OK);
    assert_memory_equal(client.answer, secret, 32);
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), REFUSED);
    gen_key(&client, 0x04, SIM_TEMPKEY, point);
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, bad, 64), REFUSED);
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), REFUSED); /* used up all the same */
    gen_key(&client, 0x04, SIM_TEMPKEY, point);
    host_agree(peer, point, secret);
    assert_int_equal(sim_run(&client, 0x43, 0x0F, SIM_TEMPKEY, peer_point, 64), OK);
    unprotect(&client, seen, 32);
    assert_memory_equal(seen, secret, 32);
    gen_key(&client, 0x04, SIM_TEMPKEY, point);
    host_agree(peer, point, secret);
    assert_int_equal(sim_run(&client, 0x43, 0x09, SIM_TEMPKEY, peer_point, 64), OK);
    assert_tempkey_is(&client, secret);
    static const struct {
        unsigned slot;
        uint8_t status;
    } targets[] = {{7, OK}, {3, OK}, {5, REFUSED}, {0, REFUSED}, {14, REFUSED}, {16, PARSE}};
    for (size_t i = 0; i < 6; i++) { /* PubInfo opens a slot for it, but no P-256 slot */
        gen_key(&client, 0x04, SIM_TEMPKEY, point);
        assert_int_equal(sim_run(&client, 0x43, 0x05, targets[i].slot, peer_point, 64), targets[i].status);
    }
    sim_wake(&client);
    sim_word(&client, 0x02);
    gen_key(&client, 0x04, SIM_TEMPKEY, point);
    sim_wake(&client);
    sim_word(&client, 0x01); /* sleep forgets it */
    assert_int_equal(sim_run(&client, 0x43, 0x0D, SIM_TEMPKEY, peer_point, 64), REFUSED);
    host_key_free(peer);
    sim_close(&client);
}

/* ChipOptions' protection of ECDH outputs, and the IO key's bit. */
static void test_ecdh_protection(void **state)
{
    (void)state;
    uint8_t peer_point[64];
    host_key *peer = host_key_make(peer_point);
    for (unsigned protection = 0; protection < 4; protection++) {
        for (unsigned io = 0; io < 2; io++) {
            struct sim_client client;
            uint8_t configuration[128];
            uint8_t point[64];
            uint8_t secret[32];
            uint8_t seen[32];
            memcpy(configuration, sim_configuration, 128);
            configuration[90] = io ? 0x06 : 0x04;
            configuration[91] = (uint8_t)(0x60 | protection);
            sim_open_personalised(&client, quick, configuration);
            gen_key(&client, 0x00, 0, point);
            host_agree(peer, point, secret);
            bool clear = protection == 0;
            bool cipher = protection < 2 && io;
            assert_int_equal(sim_run(&client, 0x43, 0x0C, 0, peer_point, 64),
                             clear || (protection == 1 && io) ? OK : REFUSED);
            assert_int_equal(client.len, clear ? 32 : protection == 1 && io ? 64 : 1);
            assert_int_equal(sim_run(&client, 0x43, 0x0E, 0, peer_point, 64), cipher ? OK : REFUSED);
            if (cipher) {
                unprotect(&client, seen, 32);
                assert_memory_equal(seen, secret, 32);
            }
            assert_int_equal(sim_run(&client, 0x43, 0x08, 0, peer_point, 64), OK);
            sim_close(&client);
        }
    }
    host_key_free(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gen_key),      cmocka_unit_test(test_gen_key_digest),
        cmocka_unit_test(test_rights),       cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_sign),         cmocka_unit_test(test_seed),
        cmocka_unit_test(test_priv_write),   cmocka_unit_test(test_ecdh_outputs),
        cmocka_unit_test(test_ecdh_tempkey), cmocka_unit_test(test_ecdh_protection),
    };
    return cmocka_run_group_tests_name("sim keys", tests, NULL, NULL);
}
