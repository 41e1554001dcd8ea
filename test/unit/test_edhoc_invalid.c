/* test_edhoc_invalid: the 15 invalid messages of RFC 9529, "Invalid Traces": each is refused by the call that has
 * to, and the session is over. Where a message is only invalid in a certain company, the table says which:
 *  - the Responder of the trace supports suite 2 alone, so a message_1 for suite 0 or 24 is refused because of the
 *    suite; what else is wrong with it does not matter;
 *  - a PLAINTEXT_2 is encrypted as a true Responder would have done, for a message_1 of our own. */
#include "test/support/edhoc_double.h"
#include "test/support/edhoc_pair.h"
#include "test/support/edhoc_rfc9529.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum kind { MESSAGE_1, MESSAGE_2, PLAINTEXT_2 };

static const struct {
    const char *part;
    enum kind kind;
    int expected;
} TABLE[] = {
    /* 1 */ {"Surplus array encoding of message", MESSAGE_1, TROTH_E_FORGED},
    /* 2 */ {"Surplus bstr encoding of connection identifier", MESSAGE_1, TROTH_E_FORGED},
    /* 3 */ {"Surplus array encoding of ciphersuite", MESSAGE_1, TROTH_E_FORGED},
    /* 4 */ {"Text string encoding of ephemeral key", MESSAGE_1, TROTH_E_FORGED},
    /* 5 */ {"Wrong number of CBOR sequence elements", MESSAGE_2, TROTH_E_FORGED},
    /* 6 */ {"Surplus map encoding of ID_CRED field", PLAINTEXT_2, TROTH_E_FORGED},
    /* 7 */ {"Surplus bstr encoding of ID_CRED field", PLAINTEXT_2, TROTH_E_FORGED},
    /* 8 */ {"Error in length of ephemeral key", MESSAGE_1, TROTH_E_SUITE},
    /* 9 */ {"Error in elliptic curve representation", MESSAGE_1, TROTH_E_FORGED},
    /* 10 */ {"Error in elliptic curve point", MESSAGE_1, TROTH_E_FORGED},
    /* 11 */ {"Curve point of low order", MESSAGE_1, TROTH_E_SUITE},
    /* 12 */ {"Error in length of MAC", PLAINTEXT_2, TROTH_E_FORGED},
    /* 13 */ {"Error in elliptic curve encoding", MESSAGE_1, TROTH_E_FORGED},
    /* 14 */ {"Unnecessary long encoding", MESSAGE_1, TROTH_E_FORGED},
    /* 15 */ {"Indefinite-length array encoding", MESSAGE_1, TROTH_E_FORGED},
};

#define TABLE_LEN (sizeof TABLE / sizeof *TABLE)

static const uint8_t scalar_y[32] = {0x55, 0x66, 0x77, 0x88};

static struct rfc9529 rfc9529;
static struct pair pair;

static void put(const uint8_t *message, size_t len)
{
    assert_true(len <= sizeof pair.wire);
    memcpy(pair.wire, message, len);
    pair.wire_len = len;
}

/* What a Responder sends that has this PLAINTEXT_2 to say. */
static void put_plaintext_2(const uint8_t *text, size_t len)
{
    struct double_edhoc d;
    struct double_bytes plaintext;
    struct double_bytes message;
    uint8_t g_y[64];
    EVP_PKEY *key = troth_openssl_key(scalar_y);
    assert_int_equal(troth_openssl_public_key(key, g_y), TROTH_OK);
    EVP_PKEY_free(key);
    double_begin(&d, pair.method, 2, pair.wire, pair.wire_len);
    assert_true(double_key_2(&d, scalar_y, pair.wire + 4, g_y));
    double_clear(&plaintext);
    double_add(&plaintext, text, len);
    double_message_2(&d, g_y, &plaintext, &message);
    put(message.at, message.len);
}

static void check_row(size_t row)
{
    const struct rfc9529_value *value = rfc9529_find(&rfc9529, "Invalid Traces", TABLE[row].part, "", "Invalid");
    static const char *const names[] = {"Invalid message_1", "Invalid message_2", "Invalid PLAINTEXT_2"};
    assert_non_null(strstr(value->name, names[TABLE[row].kind]));
    pair_begin(&pair);
    enum pair_call call = CALL_TAKE_2;
    if (TABLE[row].kind == MESSAGE_1) {
        put(value->bytes, value->len);
        call = CALL_TAKE_1;
    } else {
        assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
        if (TABLE[row].kind == MESSAGE_2) {
            put(value->bytes, value->len);
        } else {
            put_plaintext_2(value->bytes, value->len);
        }
    }
    int result = pair_do(&pair, call, NULL);
    if (result != TABLE[row].expected) {
        fail_msg("row %zu, %s: %d instead of %d", row + 1, TABLE[row].part, result, TABLE[row].expected);
    }
    assert_true(pair_is_wiped(&pair_actor(&pair, call)->session));
    assert_false(pair_actor(&pair, call)->spy.has_ephemeral);
}

static void test_table(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < rfc9529.count; i++) {
        count += strncmp(rfc9529.values[i].section, "Invalid", 7) == 0;
    }
    assert_int_equal(count, TABLE_LEN);
    assert_int_equal(count, 15);
    for (size_t row = 0; row < TABLE_LEN; row++) {
        check_row(row);
    }
}

/* The company itself is sound: what is right is accepted, up to the proof. */
static void test_right_ones(void **state)
{
    (void)state;
    static const uint8_t plaintext[] = {0x27, 0x32, 0x48, 0xfa, 0x5e, 0xfa, 0x2e, 0xbf, 0x92, 0x0b, 0xf3};
    const struct rfc9529_value *trace =
        rfc9529_find(&rfc9529, "Authentication with Static DH", "message_1 (first time)", "", "message_1");
    pair_begin(&pair);
    put(trace->bytes, trace->len);
    pair.wire[1] = 2;
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_OK);
    pair_begin(&pair);
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    put_plaintext_2(plaintext, sizeof plaintext);
    assert_int_equal(pair_do(&pair, CALL_TAKE_2, NULL), TROTH_OK);
    assert_int_equal(pair_do(&pair, CALL_VERIFY_2, NULL), TROTH_E_FORGED);
}

static int open_all(void **state)
{
    (void)state;
    const struct pair_setup setup = {.method = 3};
    rfc9529 = rfc9529_open(TROTH_VECTORS "/rfc9529/rfc9529.json");
    pair_open(&pair, &setup);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    pair_close(&pair);
    rfc9529_close(&rfc9529);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_right_ones),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
