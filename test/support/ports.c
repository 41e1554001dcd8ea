/* ports: every crypto port of this host behind one interface. */
#include "ports.h"

#include "port/soft/soft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_name[PORT_KINDS] = {"openssl", "psa", "soft", "chip on I2C", "chip on a wire"};

static void must(struct test_port *test, int result, const char *what)
{
    if (result != TROTH_OK) {
        fprintf(stderr, "port %s: %s answers %d\n", test->name, what, result);
        exit(1);
    }
}

static void open_openssl(struct test_port *test, const uint8_t identity[32], const uint8_t store_key[32])
{
    EVP_PKEY *key = troth_openssl_key(identity);
    must(test, key == NULL ? TROTH_E_CRYPTO : TROTH_OK, "the identity key");
    must(test, troth_openssl_open(&test->openssl, key, store_key), "open");
    must(test, troth_openssl_public_key(key, test->public_key), "the public key");
    EVP_PKEY_free(key);
    test->table = troth_openssl;
    test->port.ctx = &test->openssl;
}

static void open_psa(struct test_port *test, const uint8_t identity[32], enum troth_psa_use use,
                     const uint8_t store_key[32])
{
    must(test, troth_psa_import_identity(identity, use, &test->identity), "the identity key");
    must(test, troth_psa_make_store_key(store_key, &test->store_key), "the store key");
    must(test, troth_psa_open(&test->psa, test->identity, test->store_key), "open");
    must(test, troth_psa_public_key(test->identity, test->public_key), "the public key");
    test->table = troth_psa;
    test->port.ctx = &test->psa;
}

static void open_chip(struct test_port *test, const uint8_t identity[32], enum troth_psa_use use,
                      const uint8_t store_key[32])
{
    struct test_part part;
    test_part_make(&part, use == TROTH_PSA_SIGN ? 0 : 3, identity, store_key, TROTH_ATECC608_MODE_M0);
    memcpy(test->public_key, part.public_key, sizeof test->public_key);
    test_chip_open(&test->chip, &part, test->kind == PORT_CHIP ? TEST_BUS_I2C_400 : TEST_BUS_SWI, NULL);
    test->table = chip_waiting;
    test->port.ctx = &test->chip;
}

bool test_port_is_chip(const struct test_port *test)
{
    return test->kind == PORT_CHIP || test->kind == PORT_CHIP_SWI;
}

void test_port_open(struct test_port *test, enum port_kind kind, const uint8_t identity[32], enum troth_psa_use use,
                    const uint8_t store_key[32])
{
    memset(test, 0, sizeof *test);
    test->name = kind_name[kind];
    test->kind = kind;
    if (test_port_is_chip(test)) {
        open_chip(test, identity, use, store_key);
    } else if (kind == PORT_PSA) {
        open_psa(test, identity, use, store_key);
    } else {
        open_openssl(test, identity, store_key);
    }
    if (kind == PORT_SOFT) {
        test->table.sha256 = troth_soft_sha256;
        test->table.aes128 = troth_soft_aes128;
    }
    test->port.call = &test->table;
}

void test_port_close(struct test_port *test)
{
    if (test_port_is_chip(test)) {
        must(test, test->chip.broken == NULL ? TROTH_OK : TROTH_E_STATE, "a law of the driver");
        test_chip_close(&test->chip);
    } else if (test->port.ctx == &test->psa) {
        troth_psa_close(&test->psa);
        psa_destroy_key(test->identity);
        psa_destroy_key(test->store_key);
    } else {
        troth_openssl_close(&test->openssl);
    }
}

void test_port_fix(struct test_port *test, const uint8_t scalar[32])
{
    if (test->port.ctx == &test->psa) {
        troth_psa_fix_ephemeral(&test->psa, scalar);
    } else {
        troth_openssl_fix_ephemeral(&test->openssl, scalar);
    }
}

enum troth_key test_port_use(struct test_port *test, const uint8_t scalar[32])
{
    static const uint8_t store_key[32];
    uint8_t own[64];
    if (test_port_is_chip(test)) {
        test_chip_close(&test->chip);
        open_chip(test, scalar, TROTH_PSA_AGREE, store_key);
        return TROTH_KEY_IDENTITY;
    }
    test_port_fix(test, scalar);
    must(test, test->table.generate(test->port.ctx, own), "generate");
    return TROTH_KEY_EPHEMERAL;
}

bool test_port_refused(const struct test_port *test, int result)
{
    return result == TROTH_E_FORGED ||
           (test_port_is_chip(test) && (result == TROTH_E_CRYPTO || result == TROTH_E_CONFIG));
}
