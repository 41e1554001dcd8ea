/* test_atecc608: the driver on a simulated chip, over I2C and over the single wire: each function of the table against OpenSSL, the
 * commands that it takes, and how long a call blocks. */
#include "test/support/chip.h"

#include "port/openssl/openssl.h"

#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
