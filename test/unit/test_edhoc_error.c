/* test_edhoc_error: cipher suite negotiation (RFC 9528, 6.3), error messages (6) and external authorization data
 * (3.8). */
#include "test/support/edhoc_double.h"
#include "test/support/edhoc_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct pair pair;

static struct troth_edhoc *initiator(void)
{
    return &pair.party[TROTH_INITIATOR].session;
}

static void open_suites(const uint8_t *suites_i, size_t len_i, const uint8_t *suites_r, size_t len_r)
{
    const struct pair_setup setup = {.suites = {suites_i, suites_r}, .suites_len = {len_i, len_r}};
    pair_open(&pair, &setup);
}

/* message_1 begins with the method and these suites. */
static void offers(const uint8_t *suites, size_t len)
{
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    assert_memory_equal(pair.wire + 1, suites, len);
    assert_memory_equal(pair.wire + 1 + len, "\x58\x20", 2);
}

/* The Responder refuses message_1, and this is its error message; the Initiator takes it. */
static void refuses(const uint8_t *error, size_t len)
{
    uint8_t out[16];
    int code;
    struct party *r = &pair.party[TROTH_RESPONDER];
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_E_SUITE);
    assert_int_equal(troth_edhoc_make_error(&r->profile, 2, NULL, out, sizeof out), len);
    assert_memory_equal(out, error, len);
    assert_int_equal(troth_edhoc_take_error(initiator(), out, len, &code), TROTH_OK);
    assert_int_equal(code, 2);
    troth_edhoc_begin(&r->session, &r->profile, TROTH_RESPONDER, 0);
}

#define OFFERS(...)  offers((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define REFUSES(...) refuses((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static int told(const uint8_t *error, size_t len)
{
    int code;
    int result = troth_edhoc_take_error(initiator(), error, len, &code);
    assert_int_equal(code, error[0]);
    return result;
}

#define TOLD(...) told((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static const uint8_t five[] = {5, 6, 7, 8, 9};

/* 6.3.2, example 1. Suite 6 is the right choice; that this library cannot go on with it is another matter. */
static void test_example_1(void **state)
{
    (void)state;
    static const uint8_t suites_r[] = {6};
    open_suites(five, sizeof five, suites_r, sizeof suites_r);
    OFFERS(0x05);
    REFUSES(0x02, 0x06);
    OFFERS(0x82, 0x05, 0x06);
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_E_CONFIG);
    pair_close(&pair);
}

/* 6.3.2, example 2: the Initiator has guessed suite 6. */
static void test_example_2(void **state)
{
    (void)state;
    static const uint8_t suites_r[] = {9, 8};
    uint8_t g_x[32];
    open_suites(five, sizeof five, suites_r, sizeof suites_r);
    OFFERS(0x05);
    assert_int_equal(TOLD(0x02, 0x06), TROTH_OK);
    OFFERS(0x82, 0x05, 0x06);
    memcpy(g_x, pair.wire + 6, sizeof g_x);
    REFUSES(0x02, 0x82, 0x09, 0x08);
    OFFERS(0x84, 0x05, 0x06, 0x07, 0x08);
    assert_memory_not_equal(g_x, pair.wire + 8, sizeof g_x); /* a new key for each message_1 */
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_E_CONFIG);
    pair_close(&pair);
}

/* 6.3.2, note 1: the Responder has suite 5 too. */
static void test_example_2_note_1(void **state)
{
    (void)state;
    static const uint8_t suites_r[] = {5, 8};
    open_suites(five, sizeof five, suites_r, sizeof suites_r);
    OFFERS(0x05);
    assert_int_equal(TOLD(0x02, 0x06), TROTH_OK);
    OFFERS(0x82, 0x05, 0x06);
    REFUSES(0x02, 0x82, 0x05, 0x08);
    OFFERS(0x05);
    pair_close(&pair);
}

/* What the two agree on; -1: nothing. */
static void test_negotiation(void **state)
{
    (void)state;
    static const struct {
        uint8_t suites_i[3];
        size_t len_i;
        uint8_t suites_r[3];
        size_t len_r;
        int selected;
    } table[] = {
        /* 1 */ {{2}, 1, {2}, 1, 2},
        /* 2 */ {{2, 3}, 2, {3}, 1, 3},
        /* 3 */ {{3, 2}, 2, {2}, 1, 2},
        /* 4 */ {{3, 2}, 2, {2, 3}, 2, 3},
        /* 5 */ {{6, 3, 2}, 3, {2, 3}, 2, 3},
        /* 6 */ {{25, 24, 3}, 3, {2, 3}, 2, 3},
        /* 7 */ {{2}, 1, {3}, 1, -1},
        /* 8 */ {{6, 5}, 2, {2, 3}, 2, -1},
    };
    for (size_t row = 0; row < COUNT(table); row++) {
        uint8_t error[16];
        int code;
        open_suites(table[row].suites_i, table[row].len_i, table[row].suites_r, table[row].len_r);
        struct party *r = &pair.party[TROTH_RESPONDER];
        assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
        int result = pair_do(&pair, CALL_TAKE_1, NULL);
        if (result == TROTH_E_SUITE) {
            int len = troth_edhoc_make_error(&r->profile, 2, NULL, error, sizeof error);
            result = troth_edhoc_take_error(initiator(), error, (size_t)len, &code);
            assert_int_equal(result, table[row].selected < 0 ? TROTH_E_SUITE : TROTH_OK);
            if (result == TROTH_OK) {
                troth_edhoc_begin(&r->session, &r->profile, TROTH_RESPONDER, 0);
                assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_MAKE_2), TROTH_OK);
            }
        }
        if (table[row].selected >= 0) {
            assert_int_equal(pair_run(&pair, CALL_MAKE_2, CALL_END), TROTH_OK);
            assert_true(pair_agrees(&pair));
            assert_int_equal(troth_edhoc_suite(initiator()), table[row].selected);
            assert_int_equal(troth_edhoc_suite(&r->session), table[row].selected);
        }
        pair_close(&pair);
    }
}

/* A forged error talks the Initiator out of suite 3: the Responder sees what was preferred. A message_1 that hides
 * it: the Initiator sees it in message_2. */
static void test_downgrade(void **state)
{
    (void)state;
    static const uint8_t suites[] = {3, 2};
    open_suites(suites, 2, suites, 2);
    OFFERS(0x03);
    assert_int_equal(TOLD(0x02, 0x02), TROTH_OK);
    OFFERS(0x82, 0x03, 0x02);
    struct troth_edhoc before = pair.party[TROTH_RESPONDER].session;
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_E_SUITE);
    pair.party[TROTH_RESPONDER].session = before;
    memmove(pair.wire + 1, pair.wire + 3, pair.wire_len - 3);
    pair.wire_len -= 2;
    assert_int_equal(pair_run(&pair, CALL_TAKE_1, CALL_TAKE_2), TROTH_OK);
    assert_int_equal(pair_run(&pair, CALL_TAKE_2, CALL_MAKE_3), TROTH_E_FORGED);
    pair_close(&pair);
}

/* SUITES_R that help nobody. */
static void test_useless_suites(void **state)
{
    (void)state;
    static const uint8_t suites[] = {2, 3};
    open_suites(suites, 2, suites, 2);
    OFFERS(0x02);
    struct troth_edhoc before = *initiator();
    assert_int_equal(TOLD(0x02, 0x06), TROTH_E_SUITE);                 /* none of ours */
    assert_int_equal(TOLD(0x02, 0x02), TROTH_E_SUITE);                 /* the one that was refused */
    assert_int_equal(TOLD(0x02, 0x82, 0x37, 0x38, 24), TROTH_E_SUITE); /* private ones */
    assert_memory_equal(&before, initiator(), sizeof before);
    pair_close(&pair);
}

/* ---- Error messages ---- */

static void test_make_error(void **state)
{
    (void)state;
    static const uint8_t two[] = {2, 3};
    const struct troth_edhoc_profile profile = {.suites = two, .suites_len = 2};
    static const struct {
        int code;
        const char *text;
        const char *bytes;
        size_t len;
    } table[] = {
        /* 1 */ {1, "", "\x01\x60", 2},
        /* 2 */ {1, "Method not supported", "\x01\x74Method not supported", 22},
        /* 3 */
        {1, "A text of twenty-four...",
         "\x01\x78\x18"
         "A text of twenty-four...",
         27},
        /* 4 */ {2, NULL, "\x02\x82\x02\x03", 4},
        /* 5 */ {3, NULL, "\x03\xf5", 2},
    };
    for (size_t row = 0; row < COUNT(table); row++) {
        for (size_t cap = 0; cap <= table[row].len; cap++) {
            uint8_t out[32];
            memset(out, 0xa5, sizeof out);
            int len = troth_edhoc_make_error(&profile, table[row].code, table[row].text, out, cap);
            assert_int_equal(out[cap], 0xa5);
            assert_int_equal(len, cap < table[row].len ? TROTH_E_SPACE : (int)table[row].len);
            assert_true(cap < table[row].len || memcmp(out, table[row].bytes, cap) == 0);
        }
    }
}

static void test_take_error(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        int result;
        int code;
    } table[] = {
        /* 1 */ {"\x01\x60", 2, TROTH_OK, 1},
        /* 2 */ {"\x01\x62no", 4, TROTH_OK, 1},
        /* 3 */ {"\x03\xf5", 2, TROTH_OK, 3},
        /* 4 */ {"\x00\xf6", 2, TROTH_OK, 0},                      /* reserved, and an end all the same (6.1) */
        /* 5 */ {"\x18\x2a\xa1\x01\x82\x02\x03", 7, TROTH_OK, 42}, /* to be defined: anything may follow */
        /* 6 */ {"\x20\x00", 2, TROTH_OK, -1},
        /* 7 */ {"", 0, TROTH_E_FORGED, 0},
        /* 8 */ {"\x01", 1, TROTH_E_FORGED, 1},
        /* 9 */ {"\x01\x40", 2, TROTH_E_FORGED, 1},
        /* 10 */ {"\x01\x62n", 3, TROTH_E_FORGED, 1},
        /* 11 */ {"\x01\x60\x00", 3, TROTH_E_FORGED, 1},
        /* 12 */ {"\x03\xf4", 2, TROTH_E_FORGED, 3},
        /* 13 */ {"\x03\x01", 2, TROTH_E_FORGED, 3},
        /* 14 */ {"\x03\xf5\xf5", 3, TROTH_E_FORGED, 3},
        /* 15 */ {"\x02", 1, TROTH_E_FORGED, 2},
        /* 16 */ {"\x02\x81\x03", 3, TROTH_E_FORGED, 2}, /* one suite is no array */
        /* 17 */ {"\x02\x82\x03", 3, TROTH_E_FORGED, 2},
        /* 18 */ {"\x02\x9f\x03\x02\xff", 5, TROTH_E_FORGED, 2},
        /* 19 */ {"\x02\x80", 2, TROTH_E_FORGED, 2},
        /* 20 */ {"\x02\x03\x03", 3, TROTH_E_FORGED, 2},
        /* 21 */ {"\x02\x9a\xff\xff\xff\xff\x03", 7, TROTH_E_FORGED, 2},
        /* 22 */ {"\x82\x01\x60", 3, TROTH_E_FORGED, 0},
        /* 23 */ {"\x18\x01\x60", 3, TROTH_E_FORGED, 0},
    };
    const struct pair_setup setup = {.method = 3};
    for (enum pair_call stop = CALL_MAKE_1; stop <= CALL_END; stop++) {
        pair_open(&pair, &setup);
        assert_int_equal(pair_run(&pair, CALL_MAKE_1, stop), TROTH_OK);
        for (size_t row = 0; row < COUNT(table); row++) {
            for (unsigned role = 0; role < 2; role++) {
                struct troth_edhoc *session = &pair.party[role].session;
                struct troth_edhoc before = *session;
                int code = 99;
                assert_int_equal(
                    troth_edhoc_take_error(session, (const uint8_t *)table[row].bytes, table[row].len, &code),
                    table[row].result);
                assert_int_equal(code, table[row].code);
                assert_memory_equal(&before, session, sizeof before);
            }
        }
        assert_int_equal(pair_run(&pair, stop, CALL_END), TROTH_OK); /* none of them hinders the exchange */
        assert_true(pair_agrees(&pair));
        pair_close(&pair);
    }
}

/* Error code 2 is for message_1 alone: later it changes nothing. */
static void test_late_suites(void **state)
{
    (void)state;
    static const uint8_t suites[] = {2, 3};
    open_suites(suites, 2, suites, 2);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_VERIFY_2), TROTH_OK);
    struct troth_edhoc before = *initiator();
    assert_int_equal(TOLD(0x02, 0x03), TROTH_OK);
    assert_memory_equal(&before, initiator(), sizeof before);
    pair_close(&pair);
}

/* Nor does it while message_2 is being looked at: take_2 goes on as before. */
static void test_suites_in_between(void **state)
{
    (void)state;
    static const uint8_t suites[] = {2, 3};
    open_suites(suites, 2, suites, 2);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_TAKE_2), TROTH_OK);
    unsigned turns = 0;
    int result = pair_step(&pair, CALL_TAKE_2);
    for (; result == TROTH_AGAIN; turns++) {
        struct troth_edhoc before = *initiator();
        assert_int_equal(TOLD(0x02, 0x03), TROTH_OK);
        assert_memory_equal(&before, initiator(), sizeof before);
        size_t len = pair.wire_len;
        assert_int_equal(pair_step(&pair, CALL_MAKE_1), TROTH_E_STATE);
        pair.wire_len = len;
        result = pair_step(&pair, CALL_TAKE_2);
    }
    assert_int_equal(result, TROTH_OK);
    assert_true(turns > 0);
    assert_int_equal(pair_run(&pair, CALL_VERIFY_2, CALL_END), TROTH_OK);
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
}

/* ---- EAD ---- */

static const struct {
    const char *bytes;
    size_t len;
    bool is_good;
} EADS[] = {
    /* 1 */ {"\x00", 1, true}, /* padding of one byte (3.8.1), */
    /* 2 */ {"\x00\x40", 2, true},
    /* 3 */ {"\x00\x41\xe9", 3, true},
    /* 4 */ {"\x00\x00\x40\x00", 4, true},
    /* 5 */ {"\x01", 1, true}, /* an item that is not critical, */
    /* 6 */ {"\x19\x01\x00\x43\x01\x02\x03\x05", 8, true},
    /* 7 */ {"\x20", 1, false}, /* a critical one, */
    /* 8 */ {"\x20\x41\x00", 3, false},
    /* 9 */ {"\x00\x40\x39\x01\x00", 5, false},
    /* 10 */ {"\x40", 1, false}, /* a value without a label, */
    /* 11 */ {"\x00\x40\x40", 3, false},
    /* 12 */ {"\x00\x60", 2, false}, /* other types, */
    /* 13 */ {"\xf6", 1, false},
    /* 14 */ {"\x82\x00\x40", 3, false},
    /* 15 */ {"\x18\x00", 2, false}, /* not deterministic, */
    /* 16 */ {"\x00\x58\x01\xe9", 4, false},
    /* 17 */ {"\x00\x5f\x41\xe9\xff", 5, false},
    /* 18 */ {"\x00\x42\xe9", 3, false}, /* too short. */
};

/* Message 1 with an EAD that the Initiator did not send. */
static void ead_1(size_t row)
{
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    memcpy(pair.wire + pair.wire_len, EADS[row].bytes, EADS[row].len);
    pair.wire_len += EADS[row].len;
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), EADS[row].is_good ? TROTH_OK : TROTH_E_FORGED);
    if (EADS[row].is_good) {
        assert_int_equal(pair_do(&pair, CALL_MAKE_2, NULL), TROTH_OK);
        assert_int_equal(pair_run(&pair, CALL_TAKE_2, CALL_MAKE_3), TROTH_E_FORGED);
    }
}

static void ead_2_or_3(size_t row, unsigned role)
{
    enum pair_call take = role == TROTH_RESPONDER ? CALL_TAKE_2 : CALL_TAKE_3;
    struct troth_span ead = {(const uint8_t *)EADS[row].bytes, EADS[row].len};
    pair.party[role].own.ead = ead;
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, take), TROTH_OK);
    assert_int_equal(pair_do(&pair, take, NULL), EADS[row].is_good ? TROTH_OK : TROTH_E_FORGED);
    if (EADS[row].is_good) {
        const struct troth_span heard = pair.party[!role].told.ead;
        assert_int_equal(heard.len, ead.len);
        assert_memory_equal(heard.data, ead.data, ead.len);
        assert_int_equal(pair_run(&pair, take + 1, CALL_END), TROTH_OK);
        assert_true(pair_agrees(&pair));
    } else {
        assert_true(pair_is_wiped(&pair.party[!role].session));
    }
    pair.party[role].own.ead.len = 0;
}

/* Message 4 from a double that knows what the Responder does: TH_4 is its last hash, PRK_4e3m has its last shared
 * secret. */
static void ead_4(size_t row)
{
    struct double_edhoc d = {.mac_len = 8};
    struct double_bytes plaintext;
    struct double_bytes message;
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_MAKE_4), TROTH_OK);
    const struct spy *spy = &pair.party[TROTH_RESPONDER].spy;
    const struct spy_record *last = &spy->records[spy->count - 1];
    assert_int_equal(last->call, SPY_SHA256);
    memcpy(d.th, last->out, sizeof d.th);
    size_t agreed = spy->count;
    while (spy->records[--agreed].call != SPY_AGREE) {
    }
    struct troth_span secret = {spy->records[agreed].out, 32};
    for (size_t i = agreed; i < spy->count; i++) {
        const uint8_t *prk = spy_mac(spy, (struct troth_span){spy->records[i].out, 32}, secret);
        if (prk != NULL) {
            memcpy(d.prk_4e3m, prk, sizeof d.prk_4e3m);
        }
    }
    double_clear(&plaintext);
    double_add(&plaintext, EADS[row].bytes, EADS[row].len);
    double_seal(&d, 4, &plaintext, &message);
    memcpy(pair.wire, message.at, message.len);
    pair.wire_len = message.len;
    assert_int_equal(pair_do(&pair, CALL_TAKE_4, NULL), EADS[row].is_good ? TROTH_OK : TROTH_E_FORGED);
    assert_int_equal(pair_is_wiped(initiator()), !EADS[row].is_good);
}

static void test_ead(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method += 3) {
        const struct pair_setup setup = {.method = method};
        for (size_t row = 0; row < COUNT(EADS); row++) {
            pair_open(&pair, &setup);
            ead_1(row);
            pair_begin(&pair);
            ead_2_or_3(row, TROTH_RESPONDER);
            pair_begin(&pair);
            ead_2_or_3(row, TROTH_INITIATOR);
            if (method == 3) {
                pair_begin(&pair);
                spy_clear(&pair.party[TROTH_RESPONDER].spy);
                ead_4(row);
            }
            pair_close(&pair);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_1),
        cmocka_unit_test(test_example_2),
        cmocka_unit_test(test_example_2_note_1),
        cmocka_unit_test(test_negotiation),
        cmocka_unit_test(test_downgrade),
        cmocka_unit_test(test_useless_suites),
        cmocka_unit_test(test_make_error),
        cmocka_unit_test(test_take_error),
        cmocka_unit_test(test_late_suites),
        cmocka_unit_test(test_suites_in_between),
        cmocka_unit_test(test_ead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
