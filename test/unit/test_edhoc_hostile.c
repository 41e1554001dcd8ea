/* test_edhoc_hostile: somebody between the two. Whatever is changed, cut, added, repeated, turned round or taken
 * from elsewhere: the exchange never completes on both sides, who notices ends with every secret wiped, and no
 * secret stands in a message.
 *
 * Of the bits of each message a sample is flipped, another one with TROTH_TEST_SEED=number; with TROTH_TEST_BITS=all
 * in the environment each of them is. */
#include "test/support/edhoc_double.h"
#include "test/support/edhoc_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table)  (sizeof(table) / sizeof *(table))
#define SAMPLE_PERMIL 60 /* of 1,000 bits, in the sample */

static const enum pair_call MAKE[] = {CALL_MAKE_1, CALL_MAKE_2, CALL_MAKE_3, CALL_MAKE_4};
static const enum pair_call TAKE[] = {CALL_TAKE_1, CALL_TAKE_2, CALL_TAKE_3, CALL_TAKE_4};

static struct pair pair;

/* Where an exchange has come to, a message being on its way. */
struct moment {
    struct troth_edhoc session[2];
    uint8_t wire[PAIR_WIRE_MAX];
    size_t wire_len;
};

static void open_pair(uint8_t method, enum pair_cred cred, uint8_t suite)
{
    static uint8_t suites[2] = {2, 3};
    const struct pair_setup setup = {
        .method = method, .cred = cred, .suites = {&suites[suite - 2], &suites[suite - 2]}, .suites_len = {1, 1}};
    pair_open(&pair, &setup);
}

/* Up to where message 1 to 4 is on its way. The ephemeral keys are kept through the trials that follow. */
static struct moment come_to(unsigned message)
{
    struct moment moment;
    pair.party[0].spy.keeps = true;
    pair.party[1].spy.keeps = true;
    pair_begin(&pair);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, TAKE[message - 1]), TROTH_OK);
    for (unsigned role = 0; role < 2; role++) {
        moment.session[role] = pair.party[role].session;
    }
    memcpy(moment.wire, pair.wire, sizeof pair.wire);
    moment.wire_len = pair.wire_len;
    return moment;
}

static void go_back(const struct moment *moment)
{
    for (unsigned role = 0; role < 2; role++) {
        pair.party[role].session = moment->session[role];
        spy_clear(&pair.party[role].spy);
    }
    memcpy(pair.wire, moment->wire, sizeof pair.wire);
    pair.wire_len = moment->wire_len;
}

/* The message on its way has been changed: whoever notices ends cleanly, and not both complete. */
static void comes_to_nothing(const struct moment *moment, unsigned message)
{
    enum pair_call call = TAKE[message - 1];
    int result = TROTH_OK;
    while (result == TROTH_OK && call < CALL_END) {
        result = pair_do(&pair, call++, NULL);
    }
    assert_true(result == TROTH_E_FORGED || result == TROTH_E_SUITE);
    struct party *party = pair_actor(&pair, call - 1);
    if (call - 1 == CALL_TAKE_4) { /* a false message 4 is not the end: the true one may still come */
        assert_memory_equal(&party->session, &moment->session[TROTH_INITIATOR], sizeof party->session);
    } else {
        assert_true(pair_is_wiped(&party->session));
    }
    assert_false(spy_leaks(&party->spy, pair.wire, sizeof pair.wire));
    assert_false(pair_agrees(&pair));
}

static bool wants_all(void)
{
    const char *bits = getenv("TROTH_TEST_BITS");
    return bits != NULL && strcmp(bits, "all") == 0;
}

static uint64_t seed(void)
{
    const char *text = getenv("TROTH_TEST_SEED");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

/* ---- Changed on the way ---- */

static void cut(const struct moment *moment, unsigned message)
{
    for (size_t len = 0; len < moment->wire_len; len++) {
        go_back(moment);
        pair.wire_len = len;
        comes_to_nothing(moment, message);
    }
}

static void append(const struct moment *moment, unsigned message)
{
    for (unsigned value = 0; value < 256; value++) {
        go_back(moment);
        pair.wire[pair.wire_len++] = (uint8_t)value;
        comes_to_nothing(moment, message);
    }
    for (size_t more = 2; more < 20; more++) {
        go_back(moment);
        memset(pair.wire + pair.wire_len, 0, more);
        pair.wire_len += more;
        comes_to_nothing(moment, message);
    }
}

/* How many bits were flipped. */
static unsigned flip(const struct moment *moment, unsigned message, uint64_t *state)
{
    unsigned flipped = 0;
    for (size_t bit = 0; bit < 8 * moment->wire_len; bit++) {
        if (wants_all() || pair_random(state) % 1000 < SAMPLE_PERMIL) {
            go_back(moment);
            pair.wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
            comes_to_nothing(moment, message);
            flipped++;
        }
    }
    return flipped;
}

static void for_all(void (*change)(const struct moment *moment, unsigned message))
{
    for (uint8_t method = 0; method < 4; method++) {
        open_pair(method, CRED_CCS, 2);
        for (unsigned message = 1; message <= 4; message++) {
            struct moment moment = come_to(message);
            change(&moment, message);
            go_back(&moment); /* untouched, it is good */
            assert_int_equal(pair_run(&pair, TAKE[message - 1], CALL_END), TROTH_OK);
            assert_true(pair_agrees(&pair));
        }
        pair_close(&pair);
    }
}

static void test_cut(void **state)
{
    (void)state;
    for_all(cut);
}

static void test_append(void **state)
{
    (void)state;
    for_all(append);
}

static void test_bits(void **state)
{
    (void)state;
    uint64_t random = seed();
    unsigned flipped = 0;
    unsigned bits = 0;
    for (uint8_t method = 0; method < 4; method++) {
        for (unsigned k = 0; k < 3; k++) {
            open_pair(method, k == 0 ? CRED_CCS : CRED_C509_VALUE, k == 2 ? 3 : 2);
            for (unsigned message = 1; message <= 4; message++) {
                struct moment moment = come_to(message);
                flipped += flip(&moment, message, &random);
                bits += 8 * (unsigned)moment.wire_len;
            }
            pair_close(&pair);
        }
    }
    print_message("flipped %u of %u bits, seed %llu\n", flipped, bits, (unsigned long long)seed());
    assert_true(wants_all() ? flipped == bits : flipped > bits / 25);
}

/* ---- Messages that are not new, or not for this one ---- */

/* Every message comes again at every later moment, as what it is: it finds no session that waits for it. */
static void test_duplicates(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        struct moment sent[4];
        open_pair(method, CRED_CCS, 2);
        for (unsigned message = 0; message < 4; message++) {
            assert_int_equal(pair_run(&pair, message == 0 ? CALL_MAKE_1 : MAKE[message], TAKE[message]), TROTH_OK);
            memcpy(sent[message].wire, pair.wire, pair.wire_len);
            sent[message].wire_len = pair.wire_len;
            enum pair_call next = message == 3 ? CALL_END : MAKE[message + 1];
            for (enum pair_call call = TAKE[message]; call < next; call++) {
                assert_int_equal(pair_do(&pair, call, NULL), TROTH_OK);
                for (unsigned old = 0; old <= message; old++) {
                    struct party *party = pair_actor(&pair, TAKE[old]);
                    struct troth_edhoc before = party->session;
                    struct troth_edhoc_cred told = party->told;
                    uint8_t copy[PAIR_WIRE_MAX];
                    struct moment now = {.wire_len = pair.wire_len};
                    memcpy(now.wire, pair.wire, sizeof now.wire);
                    memcpy(copy, sent[old].wire, sent[old].wire_len);
                    memcpy(pair.wire, copy, sent[old].wire_len);
                    pair.wire_len = sent[old].wire_len;
                    assert_int_equal(pair_step(&pair, TAKE[old]), TROTH_E_STATE);
                    assert_memory_equal(&before, &party->session, sizeof before);
                    memcpy(pair.wire, now.wire, sizeof now.wire);
                    pair.wire_len = now.wire_len;
                    party->told = told;
                }
            }
        }
        assert_true(pair_agrees(&pair));
        pair_close(&pair);
    }
}

/* Each message in the place of each other one, of the same exchange and so also thrown back at its sender: message 1
 * at an Initiator that waits for message 2, 2 at the Responder, 3 at the Initiator. */
static void test_in_place_of_another(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        struct moment sent[4];
        open_pair(method, CRED_CCS, 2);
        sent[0] = come_to(1);
        for (unsigned message = 2; message <= 4; message++) {
            assert_int_equal(pair_run(&pair, TAKE[message - 2], TAKE[message - 1]), TROTH_OK);
            sent[message - 1] = (struct moment){.session = {pair.party[0].session, pair.party[1].session}};
            memcpy(sent[message - 1].wire, pair.wire, sizeof pair.wire);
            sent[message - 1].wire_len = pair.wire_len;
        }
        for (unsigned place = 1; place <= 4; place++) {
            for (unsigned other = 1; other <= 4; other++) {
                struct moment moment = sent[place - 1];
                memcpy(moment.wire, sent[other - 1].wire, sizeof moment.wire);
                moment.wire_len = sent[other - 1].wire_len;
                go_back(&moment);
                if (other != place) {
                    comes_to_nothing(&moment, place);
                }
            }
        }
        pair_close(&pair);
    }
}

/* Messages of another exchange of the same two devices. */
static void test_of_another_session(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        open_pair(method, CRED_C509_VALUE, 2);
        for (unsigned message = 2; message <= 4; message++) {
            struct moment other = come_to(message);
            struct moment moment = come_to(message);
            memcpy(pair.wire, other.wire, sizeof pair.wire);
            pair.wire_len = other.wire_len;
            comes_to_nothing(&moment, message);
        }
        pair_close(&pair);
    }
}

/* ---- Others ---- */

/* The port of one side has another key than its credential says. */
static void test_without_the_key(void **state)
{
    (void)state;
    static const uint8_t scalar[32] = {0x66, 0x66};
    static const uint8_t store_key[32] = {0};
    for (uint8_t method = 0; method < 4; method++) {
        for (enum pair_cred cred = CRED_CCS; cred <= CRED_C509_KID; cred++) {
            for (unsigned role = 0; role < 2; role++) {
                open_pair(method, cred, 3);
                EVP_PKEY *key = troth_openssl_key(scalar);
                troth_openssl_close(&pair.party[role].openssl);
                assert_int_equal(troth_openssl_open(&pair.party[role].openssl, key, store_key), TROTH_OK);
                EVP_PKEY_free(key);
                enum pair_call verify = role == TROTH_RESPONDER ? CALL_VERIFY_2 : CALL_VERIFY_3;
                assert_int_equal(pair_run(&pair, CALL_MAKE_1, verify), TROTH_OK);
                assert_int_equal(pair_do(&pair, verify, NULL), TROTH_E_FORGED);
                assert_true(pair_is_wiped(&pair_actor(&pair, verify)->session));
                pair_close(&pair);
            }
        }
    }
}

/* The application takes the peer for a third one: with its key, its certificate, or both. */
static void test_taken_for_another(void **state)
{
    (void)state;
    uint8_t key[64];
    EVP_PKEY *third = troth_openssl_key((const uint8_t[32]){0x77});
    assert_int_equal(troth_openssl_public_key(third, key), TROTH_OK);
    EVP_PKEY_free(third);
    for (uint8_t method = 0; method < 4; method++) {
        for (unsigned role = 0; role < 2; role++) {
            for (unsigned what = 1; what <= 3; what++) {
                open_pair(method, CRED_CCS, 2);
                struct troth_edhoc_cred *known = &pair.party[role].known;
                uint8_t body[PAIR_CRED_MAX];
                memcpy(body, known->body.data, known->body.len);
                if (what & 1) {
                    known->key = key;
                }
                if (what & 2) {
                    body[known->body.len - 1] ^= 1;
                    known->body.data = body;
                }
                enum pair_call verify = role == TROTH_INITIATOR ? CALL_VERIFY_2 : CALL_VERIFY_3;
                assert_int_equal(pair_run(&pair, CALL_MAKE_1, verify), TROTH_OK);
                assert_int_equal(pair_do(&pair, verify, NULL), TROTH_E_FORGED);
                assert_true(pair_is_wiped(&pair.party[role].session));
                pair_close(&pair);
            }
        }
    }
}

/* ---- A peer that knows the ephemeral key, and so encrypts as it likes ---- */

enum wrong {
    RIGHT,
    WRONG_PROOF_OF_OTHER, /* the other side's proof: swapped */
    WRONG_PROOF_OLD,      /* of an exchange before */
    WRONG_PROOF_ZERO,
    WRONG_ID, /* proved for one name, sent under another */
    WRONG_CRED,
    WRONG_EAD_ADDED,
    WRONG_EAD_MISSING,
    WRONG_C_R,
    WRONG_END
};

static const uint8_t scalar_y[32] = {0x55, 0x66, 0x77, 0x88};
static const uint8_t scalar_x[32] = {0x12, 0x34};

static void take_side(struct double_side *side, const struct party *party)
{
    memset(side, 0, sizeof *side);
    side->scalar = party->identity;
    side->key = party->key;
    double_add(&side->cred, party->own.body.data, party->own.body.len);
    double_add(&side->id_map, "\xa1\x04", 2);
    double_add_bstr(&side->id_map, party->own.id.value.data, 1);
    double_add(&side->id_wire, party->own.id.value.data, 1);
}

/* PLAINTEXT_2 or PLAINTEXT_3 of `side`, wrong in one way. `old` is a proof of before, and is replaced by the one
 * made now. */
static void wrong_plaintext(struct double_edhoc *d, unsigned message, struct double_side *side,
                            const struct double_side *other, enum wrong wrong, uint8_t old[64],
                            struct double_bytes *plaintext)
{
    uint8_t proof[64] = {0};
    struct double_side proved = *side;
    if (wrong == WRONG_EAD_MISSING) {
        double_add(&proved.ead, "\x00\x41\x07", 3);
    } else if (wrong == WRONG_CRED) {
        proved.cred.at[10] ^= 1;
    }
    size_t len = double_prove(d, message, wrong == WRONG_PROOF_OF_OTHER ? other : &proved, proof);
    if (wrong == WRONG_PROOF_OLD) {
        memcpy(proof, old, len);
    } else if (wrong == WRONG_PROOF_ZERO) {
        memset(proof, 0, len);
    } else {
        memcpy(old, proof, len);
    }
    double_clear(plaintext);
    if (message == 2) {
        double_add(plaintext, wrong == WRONG_C_R ? "\x15" : "\x01", 1);
    }
    double_add(plaintext, wrong == WRONG_ID ? (const uint8_t *)"\x16" : side->id_wire.at, 1);
    double_add_bstr(plaintext, proof, len);
    if (wrong == WRONG_EAD_ADDED) {
        double_add(plaintext, "\x00\x41\x07", 3);
    }
}

static void put(const struct double_bytes *message)
{
    memcpy(pair.wire, message->at, message->len);
    pair.wire_len = message->len;
}

static void key_of(const uint8_t scalar[32], uint8_t key[64])
{
    EVP_PKEY *pkey = troth_openssl_key(scalar);
    assert_int_equal(troth_openssl_public_key(pkey, key), TROTH_OK);
    EVP_PKEY_free(pkey);
}

static int answer_wrongly(uint8_t method, enum wrong wrong, uint8_t old[64])
{
    struct double_edhoc d;
    struct double_side side[2];
    struct double_bytes plaintext;
    struct double_bytes message;
    uint8_t g_y[64];
    pair_begin(&pair);
    take_side(&side[0], &pair.party[0]);
    take_side(&side[1], &pair.party[1]);
    key_of(scalar_y, g_y);
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    double_begin(&d, method, 2, pair.wire, pair.wire_len);
    double_add(&d.c_r, "\x01", 1);
    assert_true(double_key_2(&d, scalar_y, pair.wire + 4, g_y));
    assert_true(double_mix(&d, 2, side[1].scalar, pair.wire + 4));
    wrong_plaintext(&d, 2, &side[1], &side[0], wrong, old, &plaintext);
    double_message_2(&d, g_y, &plaintext, &message);
    put(&message);
    return pair_run(&pair, CALL_TAKE_2, CALL_MAKE_3);
}

static int finish_wrongly(uint8_t method, enum wrong wrong, uint8_t old[64])
{
    struct double_edhoc d;
    struct double_side side[2];
    struct double_bytes plaintext;
    struct double_bytes message;
    uint8_t g_x[64];
    pair_begin(&pair);
    take_side(&side[0], &pair.party[0]);
    take_side(&side[1], &pair.party[1]);
    key_of(scalar_x, g_x);
    double_clear(&message);
    double_add(&message, &method, 1);
    double_add(&message, "\x02", 1);
    double_add_bstr(&message, g_x, 32);
    double_add(&message, "\x00", 1);
    put(&message);
    double_begin(&d, method, 2, message.at, message.len);
    assert_int_equal(pair_run(&pair, CALL_TAKE_1, CALL_TAKE_2), TROTH_OK);
    uint8_t g_y[32];
    memcpy(g_y, pair.wire + 2, sizeof g_y);
    assert_true(double_key_2(&d, scalar_x, g_y, g_y));
    double_add(&d.c_r, "\x01", 1);
    double_clear(&plaintext);
    double_add(&plaintext, pair.wire + 34, pair.wire_len - 34);
    double_crypt_2(&d, plaintext.at, plaintext.len);
    assert_true(double_mix(&d, 2, scalar_x, side[1].key));
    double_transcript(&d, &plaintext, &side[1].cred);
    assert_true(double_mix(&d, 3, side[0].scalar, g_y));
    wrong_plaintext(&d, 3, &side[0], &side[1], wrong, old, &plaintext);
    double_seal(&d, 3, &plaintext, &message);
    put(&message);
    return pair_run(&pair, CALL_TAKE_3, CALL_MAKE_4);
}

static void test_wrong_plaintext(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        uint8_t old[2][64];
        open_pair(method, CRED_CCS, 2);
        for (enum wrong wrong = RIGHT; wrong < WRONG_END; wrong++) {
            int expected = wrong == RIGHT ? TROTH_OK : TROTH_E_FORGED;
            assert_int_equal(answer_wrongly(method, wrong, old[0]), expected);
            assert_int_equal(pair_is_wiped(&pair.party[TROTH_INITIATOR].session), wrong != RIGHT);
            if (wrong != WRONG_C_R) {
                assert_int_equal(finish_wrongly(method, wrong, old[1]), expected);
                assert_int_equal(pair_is_wiped(&pair.party[TROTH_RESPONDER].session), wrong != RIGHT);
            }
        }
        pair_close(&pair);
    }
}

/* RFC 9528, 9.2: a shared secret of zeros ends the session, whatever the port thinks of it. */
static int agree_on_zero(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    (void)ctx;
    (void)key;
    (void)peer;
    memset(secret, 0, TROTH_SECRET_LEN);
    return TROTH_OK;
}

static void test_zero_secret(void **state)
{
    (void)state;
    struct troth_crypto zero = spy_table;
    zero.agree = agree_on_zero;
    for (unsigned role = 0; role < 2; role++) {
        open_pair(0, CRED_CCS, 2);
        pair.party[role].profile.port.call = &zero;
        int result = TROTH_OK;
        enum pair_call call = CALL_MAKE_1;
        while (result == TROTH_OK && call < CALL_END) {
            result = pair_do(&pair, call++, NULL);
        }
        assert_int_equal(result, TROTH_E_FORGED);
        assert_int_equal(call - 1, role == TROTH_RESPONDER ? CALL_MAKE_2 : CALL_TAKE_2);
        pair_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_in_place_of_another),
        cmocka_unit_test(test_of_another_session),
        cmocka_unit_test(test_without_the_key),
        cmocka_unit_test(test_taken_for_another),
        cmocka_unit_test(test_wrong_plaintext),
        cmocka_unit_test(test_zero_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
