/* test_edhoc_double: the library against a second implementation, in both roles, every method and suite. What RFC
 * 9529 has no usable trace for is compared this way: signatures (ES256), suite 3, C509 by value, EAD. */
#include "test/support/edhoc_double.h"
#include "test/support/edhoc_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t padding[] = {0x00, 0x43, 1, 2, 3};
static const uint8_t scalar_x[32] = {0x11, 0x22, 0x33, 0x44};
static const uint8_t scalar_y[32] = {0x55, 0x66, 0x77, 0x88};

static void public_x(const uint8_t scalar[32], uint8_t x[32])
{
    uint8_t key[64];
    EVP_PKEY *pkey = troth_openssl_key(scalar);
    assert_non_null(pkey);
    assert_int_equal(troth_openssl_public_key(pkey, key), TROTH_OK);
    EVP_PKEY_free(pkey);
    memcpy(x, key, 32);
}

/* A party of the pair as the double sees it; kid must be one byte that looks like an integer. */
static void take_side(struct double_side *side, const struct party *party)
{
    const struct troth_edhoc_cred *own = &party->own;
    memset(side, 0, sizeof *side);
    side->scalar = party->identity;
    side->key = party->key;
    double_add(&side->cred, own->head, own->head_len);
    double_add(&side->cred, own->body.data, own->body.len);
    double_add(&side->ead, own->ead.data, own->ead.len);
    if (own->id.label == TROTH_COSE_KID) {
        double_add(&side->id_map, "\xa1\x04", 2);
        double_add_bstr(&side->id_map, own->id.value.data, own->id.value.len);
        double_add(&side->id_wire, own->id.value.data, 1);
    } else {
        double_add(&side->id_map, "\xa1\x18\x19", 3);
        double_add(&side->id_map, own->id.value.data, own->id.value.len);
        side->id_wire = side->id_map;
    }
}

/* PLAINTEXT_x from the identifier on is id, proof, EAD: where the proof stands. */
static void check_proof(const struct double_edhoc *d, unsigned message, const struct double_side *side,
                        const struct double_bytes *plaintext)
{
    size_t proof_len = message == 2 ? (d->method & 1 ? d->mac_len : 64) : (d->method & 2 ? d->mac_len : 64);
    size_t head = (message == 2 ? d->c_r.len : 0) + side->id_wire.len + (proof_len == 64 ? 2 : 1);
    assert_int_equal(plaintext->len, head + proof_len + side->ead.len);
    assert_true(double_check(d, message, side, plaintext->at + head, proof_len));
}

static void compare_export(const struct double_edhoc *d, const struct troth_edhoc *session)
{
    uint8_t expected[100];
    uint8_t out[100];
    struct troth_span context = {padding, sizeof padding};
    double_export(d, 40000, padding, sizeof padding, expected, sizeof expected);
    assert_int_equal(troth_edhoc_export(session, 40000, context, out, sizeof out), TROTH_OK);
    assert_memory_equal(out, expected, sizeof out);
}

/* The library is the Initiator. */
static void initiate(struct pair *pair, unsigned suite)
{
    struct double_edhoc d;
    struct double_side i;
    struct double_side r;
    struct double_bytes plaintext;
    struct double_bytes message;
    uint8_t g_y[32];
    take_side(&i, &pair->party[TROTH_INITIATOR]);
    take_side(&r, &pair->party[TROTH_RESPONDER]);
    public_x(scalar_y, g_y);
    assert_int_equal(pair_do(pair, CALL_MAKE_1, NULL), TROTH_OK);
    const uint8_t *g_x = pair->wire + 4;
    double_begin(&d, pair->method, suite, pair->wire, pair->wire_len);
    double_add(&d.c_r, "\x01", 1);
    assert_true(double_key_2(&d, scalar_y, g_x, g_y));
    assert_true(double_mix(&d, 2, r.scalar, g_x));
    double_plaintext(&d, 2, &r, &plaintext);
    double_message_2(&d, g_y, &plaintext, &message);
    memcpy(pair->wire, message.at, message.len);
    pair->wire_len = message.len;
    double_transcript(&d, &plaintext, &r.cred);
    assert_int_equal(pair_do(pair, CALL_TAKE_2, NULL), TROTH_OK);
    assert_int_equal(pair_do(pair, CALL_VERIFY_2, NULL), TROTH_OK);
    assert_int_equal(pair_do(pair, CALL_MAKE_3, NULL), TROTH_OK);
    assert_true(double_open(&d, 3, pair->wire, pair->wire_len, &plaintext));
    assert_true(double_mix(&d, 3, scalar_y, i.key));
    check_proof(&d, 3, &i, &plaintext);
    double_transcript(&d, &plaintext, &i.cred);
    double_clear(&plaintext);
    double_add(&plaintext, padding, sizeof padding);
    double_seal(&d, 4, &plaintext, &message);
    memcpy(pair->wire, message.at, message.len);
    pair->wire_len = message.len;
    assert_int_equal(pair_do(pair, CALL_TAKE_4, NULL), TROTH_OK);
    compare_export(&d, &pair->party[TROTH_INITIATOR].session);
}

/* The library is the Responder. */
static void respond(struct pair *pair, unsigned suite)
{
    struct double_edhoc d;
    struct double_side i;
    struct double_side r;
    struct double_bytes plaintext;
    struct double_bytes message;
    uint8_t g_x[32];
    uint8_t g_y[32];
    uint8_t start[2] = {pair->method, (uint8_t)suite};
    take_side(&i, &pair->party[TROTH_INITIATOR]);
    take_side(&r, &pair->party[TROTH_RESPONDER]);
    public_x(scalar_x, g_x);
    double_clear(&message);
    double_add(&message, start, sizeof start);
    double_add_bstr(&message, g_x, 32);
    double_add(&message, "\x00", 1);
    double_add(&message, padding, sizeof padding);
    memcpy(pair->wire, message.at, message.len);
    pair->wire_len = message.len;
    double_begin(&d, pair->method, suite, message.at, message.len);
    assert_int_equal(pair_do(pair, CALL_TAKE_1, NULL), TROTH_OK);
    assert_int_equal(pair_do(pair, CALL_MAKE_2, NULL), TROTH_OK);
    size_t head = pair->wire_len < 258 ? 2 : 3;
    memcpy(g_y, pair->wire + head, 32);
    assert_true(double_key_2(&d, scalar_x, g_y, g_y));
    double_add(&d.c_r, "\x01", 1);
    double_clear(&plaintext);
    double_add(&plaintext, pair->wire + head + 32, pair->wire_len - head - 32);
    double_crypt_2(&d, plaintext.at, plaintext.len);
    assert_true(double_mix(&d, 2, scalar_x, r.key));
    check_proof(&d, 2, &r, &plaintext);
    double_transcript(&d, &plaintext, &r.cred);
    assert_true(double_mix(&d, 3, i.scalar, g_y));
    double_plaintext(&d, 3, &i, &plaintext);
    double_seal(&d, 3, &plaintext, &message);
    memcpy(pair->wire, message.at, message.len);
    pair->wire_len = message.len;
    double_transcript(&d, &plaintext, &i.cred);
    assert_int_equal(pair_do(pair, CALL_TAKE_3, NULL), TROTH_OK);
    assert_int_equal(pair_do(pair, CALL_VERIFY_3, NULL), TROTH_OK);
    assert_int_equal(pair_do(pair, CALL_MAKE_4, NULL), TROTH_OK);
    assert_true(double_open(&d, 4, pair->wire, pair->wire_len, &plaintext));
    assert_int_equal(plaintext.len, 0);
    compare_export(&d, &pair->party[TROTH_RESPONDER].session);
}

static void run_all(void (*run)(struct pair *pair, unsigned suite))
{
    static const enum pair_cred creds[] = {CRED_CCS, CRED_C509_VALUE};
    unsigned count = 0;
    for (uint8_t method = 0; method < 4; method++) {
        for (uint8_t suite = 2; suite <= 3; suite++) {
            for (unsigned k = 0; k < 4; k++) {
                static struct pair pair;
                struct pair_setup setup = {
                    .method = method, .suites = {&suite, &suite}, .suites_len = {1, 1}, .cred = creds[k / 2]};
                if (k % 2 == 1) {
                    setup.ead[0] = (struct troth_span){padding, sizeof padding};
                    setup.ead[1] = (struct troth_span){padding, 1};
                }
                pair_open(&pair, &setup);
                run(&pair, suite);
                pair_close(&pair);
                count++;
            }
        }
    }
    assert_int_equal(count, 32);
}

static void test_initiator(void **state)
{
    (void)state;
    run_all(initiate);
}

static void test_responder(void **state)
{
    (void)state;
    run_all(respond);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initiator),
        cmocka_unit_test(test_responder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
