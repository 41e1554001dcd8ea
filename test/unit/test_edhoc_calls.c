/* test_edhoc_calls: what the calls of edhoc.h promise besides EDHOC: their order, room for messages, ports that are
 * slow and ports that fail. */
#include "test/support/edhoc_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pair pair;

static bool is_make(enum pair_call call)
{
    return call == CALL_MAKE_1 || call == CALL_MAKE_2 || call == CALL_MAKE_3 || call == CALL_MAKE_4;
}

/* ---- Order ---- */

/* What a side may do next when the exchange has come to `now`: its own next call; skip_4 instead of message 4. */
static enum pair_call next_of(const struct party *party, enum pair_call now)
{
    enum pair_call call = now;
    while (call < CALL_END && pair_actor(&pair, call) != party) {
        call++;
    }
    return call;
}

static void refuses(struct party *party, enum pair_call call)
{
    struct troth_edhoc before = party->session;
    uint8_t wire[PAIR_WIRE_MAX];
    size_t wire_len = pair.wire_len;
    uint8_t out[8];
    memcpy(wire, pair.wire, sizeof wire);
    if (call == CALL_END) {
        assert_int_equal(troth_edhoc_skip_4(&party->session), TROTH_E_STATE);
    } else {
        assert_int_equal(pair_step_as(&pair, party, call), TROTH_E_STATE);
        assert_int_equal(pair.wire_len, is_make(call) ? 0 : wire_len);
    }
    pair.wire_len = wire_len;
    assert_memory_equal(&before, &party->session, sizeof before);
    assert_memory_equal(wire, pair.wire, sizeof wire);
    struct troth_span none = {NULL, 0};
    memset(out, 1, sizeof out);
    assert_int_equal(troth_edhoc_export(&party->session, 0, none, out, sizeof out), TROTH_E_STATE);
    assert_int_equal(out[0], 0);
}

static void test_order(void **state)
{
    (void)state;
    size_t refused = 0;
    for (uint8_t method = 0; method < 4; method++) {
        const struct pair_setup setup = {.method = method};
        pair_open(&pair, &setup);
        for (enum pair_call now = CALL_MAKE_1; now < CALL_END; now++) {
            for (unsigned role = 0; role < 2; role++) {
                struct party *party = &pair.party[role];
                enum pair_call next = next_of(party, now);
                for (enum pair_call call = CALL_MAKE_1; call <= CALL_END && next != CALL_END; call++) {
                    bool may_skip = call == CALL_END && (next == CALL_MAKE_4 || next == CALL_TAKE_4);
                    if (call != next && !may_skip) {
                        refuses(party, call);
                        refused++;
                    }
                }
            }
            assert_int_equal(pair_do(&pair, now, NULL), TROTH_OK);
        }
        assert_true(pair_agrees(&pair));
        pair_close(&pair);
    }
    assert_in_range(refused, 700, 800);
}

static void test_after_the_end(void **state)
{
    (void)state;
    static const uint8_t error_2[] = {0x02, 0x02};
    const struct pair_setup setup = {.method = 0};
    pair_open(&pair, &setup);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
    for (unsigned role = 0; role < 2; role++) {
        struct party *party = &pair.party[role];
        int code;
        for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
            assert_int_equal(pair_step_as(&pair, party, call), TROTH_E_STATE);
        }
        assert_int_equal(troth_edhoc_skip_4(&party->session), TROTH_E_STATE);
        troth_edhoc_end(&party->session);
        assert_true(pair_is_wiped(&party->session));
        troth_edhoc_end(&party->session);
        assert_int_equal(troth_edhoc_take_error(&party->session, error_2, sizeof error_2, &code), TROTH_E_STATE);
        for (enum pair_call call = CALL_MAKE_1; call <= CALL_END; call++) {
            refuses(party, call);
        }
    }
    pair_close(&pair);
}

/* When the last key is derived, the ephemeral key goes (RFC 9528, 9.8), however long the session stays. */
static void test_ephemeral_key_goes(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        const struct pair_setup setup = {.method = method};
        pair_open(&pair, &setup);
        assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_MAKE_4), TROTH_OK);
        for (unsigned role = 0; role < 2; role++) {
            assert_true(pair.party[role].spy.has_ephemeral);
        }
        assert_int_equal(pair_run(&pair, CALL_MAKE_4, CALL_END), TROTH_OK);
        for (unsigned role = 0; role < 2; role++) {
            struct spy *spy = &pair.party[role].spy;
            assert_false(spy->has_ephemeral);
            assert_int_equal(spy->forgets, 1);
            troth_edhoc_end(&pair.party[role].session); /* it leaves the key of another session alone */
            assert_int_equal(spy->forgets, 1);
        }
        pair_close(&pair);
    }
}

/* ---- Configuration ---- */

static const uint8_t suites_6_2[] = {6, 2};

/* What does not fit is found by this call, before any key is made. */
static void finds_misfit(enum pair_call call, void (*spoil)(struct party *party), int expected)
{
    const struct pair_setup setup = {.method = 1, .suites = {suites_6_2, NULL}, .suites_len = {2, 0}};
    static const uint8_t error_2[] = {0x02, 0x02};
    int code;
    pair_open(&pair, &setup);
    struct party *i = &pair.party[TROTH_INITIATOR];
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    assert_int_equal(troth_edhoc_take_error(&i->session, error_2, sizeof error_2, &code), TROTH_OK);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, call), TROTH_OK);
    struct party *party = pair_actor(&pair, call);
    unsigned long made = party->spy.made;
    spoil(party);
    assert_int_equal(pair_do(&pair, call, NULL), expected);
    assert_int_equal(party->spy.made, made);
    assert_true(pair_is_wiped(&party->session));
    pair_close(&pair);
}

static void spoil_signature(struct party *party)
{
    party->profile.signature = NULL;
}

static void spoil_static_dh(struct party *party)
{
    party->profile.static_dh = NULL;
}

static void spoil_cid(struct party *party)
{
    party->profile.cid.len = TROTH_CID_MAX + 1;
}

static void spoil_suites(struct party *party)
{
    party->profile.suites_len = 0;
}

/* The Initiator has come to the second one. */
static void spoil_second_suite(struct party *party)
{
    party->profile.suites_len = 1;
}

static void spoil_method(struct party *party)
{
    troth_edhoc_begin(&party->session, &party->profile, TROTH_INITIATOR, 4);
}

static void spoil_methods(struct party *party)
{
    party->profile.methods = 0x0d;
}

static void test_configuration(void **state)
{
    (void)state;
    finds_misfit(CALL_MAKE_1, spoil_signature, TROTH_E_CONFIG);
    finds_misfit(CALL_MAKE_1, spoil_static_dh, TROTH_E_CONFIG);
    finds_misfit(CALL_MAKE_1, spoil_cid, TROTH_E_CONFIG);
    finds_misfit(CALL_MAKE_1, spoil_suites, TROTH_E_CONFIG);
    finds_misfit(CALL_MAKE_1, spoil_second_suite, TROTH_E_CONFIG);
    finds_misfit(CALL_MAKE_1, spoil_method, TROTH_E_CONFIG);
    finds_misfit(CALL_TAKE_1, spoil_signature, TROTH_E_CONFIG);
    finds_misfit(CALL_TAKE_1, spoil_static_dh, TROTH_E_CONFIG);
    finds_misfit(CALL_TAKE_1, spoil_cid, TROTH_E_CONFIG);
    finds_misfit(CALL_TAKE_1, spoil_suites, TROTH_E_CONFIG);
    finds_misfit(CALL_TAKE_1, spoil_methods, TROTH_E_FORGED); /* the peer's wish, not one's own mistake */
}

/* An Initiator whose selected suite cannot be completed here goes no further than message_2. */
static void test_foreign_suite(void **state)
{
    (void)state;
    const struct pair_setup setup = {.suites = {suites_6_2, NULL}, .suites_len = {2, 0}};
    pair_open(&pair, &setup);
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    assert_int_equal(pair_do(&pair, CALL_TAKE_2, NULL), TROTH_E_CONFIG);
    assert_true(pair_is_wiped(&pair.party[TROTH_INITIATOR].session));
    pair_close(&pair);
}

/* ---- Room ---- */

/* A buffer of exactly this size, so that a sanitizer sees each byte beyond it. */
static int make_with_room(enum pair_call call, size_t cap, uint8_t *copy, size_t *len)
{
    struct party *party = pair_actor(&pair, call);
    uint8_t *out = malloc(cap + 1);
    int result;
    assert_non_null(out);
    out[cap] = 0xa5;
    do {
        result = call == CALL_MAKE_1   ? troth_edhoc_make_1(&party->session, out, cap, len)
                 : call == CALL_MAKE_2 ? troth_edhoc_make_2(&party->session, &party->own, out, cap, len)
                 : call == CALL_MAKE_3 ? troth_edhoc_make_3(&party->session, &party->own, out, cap, len)
                                       : troth_edhoc_make_4(&party->session, out, cap, len);
    } while (result == TROTH_AGAIN);
    assert_int_equal(out[cap], 0xa5);
    memcpy(copy, out, *len);
    free(out);
    return result;
}

/* Too little at every size, then just enough: at most two bytes more than the message has. */
static void squeeze(enum pair_call call)
{
    struct party *party = pair_actor(&pair, call);
    struct troth_edhoc before = party->session;
    unsigned long made = party->spy.made;
    unsigned asked = party->spy.slow;
    int result = TROTH_E_SPACE;
    size_t cap = 0;
    while (result == TROTH_E_SPACE) {
        assert_memory_equal(&before, &party->session, sizeof before);
        assert_int_equal(party->spy.made, made);
        assert_int_equal(party->spy.slow, asked);
        result = make_with_room(call, cap, pair.wire, &pair.wire_len);
        cap++;
        assert_true(result == TROTH_OK || pair.wire_len == 0);
    }
    assert_int_equal(result, TROTH_OK);
    assert_in_range(cap - 1, pair.wire_len, pair.wire_len + 2);
}

static void test_room(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        for (enum pair_cred cred = CRED_CCS; cred <= CRED_C509_VALUE; cred++) {
            static const uint8_t ead[] = {0x00, 0x01, 0x42, 7, 7};
            const struct pair_setup setup = {.method = method, .cred = cred, .ead = {{ead, 5}, {ead, 1}}};
            pair_open(&pair, &setup);
            for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
                if (is_make(call)) {
                    squeeze(call);
                } else {
                    assert_int_equal(pair_do(&pair, call, NULL), TROTH_OK);
                }
            }
            assert_true(pair_agrees(&pair));
            pair_close(&pair);
        }
    }
}

/* Message 2 is written over message 1, 3 over 2: the pair does nothing else. Here each has its own place. */
static void test_own_buffers(void **state)
{
    (void)state;
    const struct pair_setup setup = {.method = 1, .cred = CRED_C509_VALUE};
    pair_open(&pair, &setup);
    for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
        if (is_make(call)) {
            assert_int_equal(make_with_room(call, sizeof pair.wire, pair.wire, &pair.wire_len), TROTH_OK);
        } else {
            assert_int_equal(pair_do(&pair, call, NULL), TROTH_OK);
        }
    }
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
}

/* No message may be so long that the keystream of message 2 would come again (RFC 9528, appendix G). */
static void test_too_long(void **state)
{
    (void)state;
    static uint8_t ead[9000];
    static uint8_t out[10000];
    const struct pair_setup setup = {.method = 0, .ead = {{ead, sizeof ead}, {ead, sizeof ead}}};
    size_t len;
    pair_open(&pair, &setup);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_MAKE_2), TROTH_OK);
    struct party *r = &pair.party[TROTH_RESPONDER];
    assert_int_equal(troth_edhoc_make_2(&r->session, &r->own, out, sizeof out, &len), TROTH_E_SPACE);
    r->own.ead.len = 8192 - 32 - 1 - 1 - 66;
    int result;
    do {
        result = troth_edhoc_make_2(&r->session, &r->own, out, sizeof out, &len);
    } while (result == TROTH_AGAIN);
    assert_int_equal(result, TROTH_OK);
    assert_int_equal(len, 3 + 8192);
    struct party *i = &pair.party[TROTH_INITIATOR];
    struct troth_edhoc before = i->session;
    do {
        result = troth_edhoc_take_2(&i->session, out, len, &i->told);
    } while (result == TROTH_AGAIN);
    assert_int_equal(result, TROTH_OK);
    assert_int_equal(i->told.ead.len, r->own.ead.len);
    i->session = before;
    out[2]++; /* one byte more */
    assert_int_equal(troth_edhoc_take_2(&i->session, out, len + 1, &i->told), TROTH_E_FORGED);
    pair_close(&pair);
}

/* ---- Slow ports, failing ports ---- */

static void test_slow_ports(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        for (unsigned again = 0; again <= 3; again++) {
            const struct pair_setup setup = {.method = method, .cred = CRED_C509_VALUE};
            bool one_at_a_time = true;
            pair_open(&pair, &setup);
            for (unsigned role = 0; role < 2; role++) {
                pair.party[role].spy.again = again;
            }
            for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
                assert_int_equal(pair_do(&pair, call, &one_at_a_time), TROTH_OK);
            }
            assert_true(one_at_a_time);
            assert_true(pair_agrees(&pair));
            for (unsigned role = 0; role < 2; role++) {
                assert_false(pair.party[role].spy.is_broken);
            }
            pair_close(&pair);
        }
    }
}

/* A session given up while the port is busy: it ends at once, and the port is told. */
static void test_given_up(void **state)
{
    (void)state;
    size_t given_up = 0;
    for (uint8_t method = 0; method < 4; method++) {
        for (enum pair_call stop = CALL_MAKE_1; stop < CALL_END; stop++) {
            const struct pair_setup setup = {.method = method};
            pair_open(&pair, &setup);
            assert_int_equal(pair_run(&pair, CALL_MAKE_1, stop), TROTH_OK);
            struct party *party = pair_actor(&pair, stop);
            unsigned forgets = party->spy.forgets;
            party->spy.again = 1;
            int result = TROTH_AGAIN;
            while (result == TROTH_AGAIN && party->spy.asked_len == 0) {
                result = pair_step(&pair, stop);
            }
            given_up += party->spy.asked_len > 0;
            troth_edhoc_end(&party->session);
            assert_int_equal(party->spy.forgets, forgets + 1);
            assert_true(pair_is_wiped(&party->session));
            party->spy.again = 0;
            pair_begin(&pair);
            assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
            pair_close(&pair);
        }
    }
    assert_int_equal(given_up, 4 * 6); /* every call with a public-key operation in it */
}

/* The n-th port call of one side fails. False where there are not so many. */
static bool fail_once(uint8_t method, unsigned role, unsigned long n)
{
    const struct pair_setup setup = {.method = method, .cred = CRED_C509_VALUE};
    pair_open(&pair, &setup);
    struct party *party = &pair.party[role];
    enum pair_call call = CALL_MAKE_1;
    int result = TROTH_OK;
    party->spy.fail_at = n;
    while (result == TROTH_OK && call < CALL_END) {
        result = pair_do(&pair, call++, NULL);
    }
    bool has_failed = party->spy.made >= n;
    if (has_failed) {
        assert_int_equal(result, TROTH_E_CRYPTO);
        assert_ptr_equal(pair_actor(&pair, call - 1), party);
        assert_true(pair_is_wiped(&party->session));
        assert_false(party->spy.has_ephemeral);
        assert_false(spy_leaks(&party->spy, pair.wire, sizeof pair.wire));
        assert_false(spy_leaks(&party->spy, &party->told, sizeof party->told));
        assert_true(!is_make(call - 1) || pair.wire_len == 0);
    } else {
        assert_int_equal(result, TROTH_OK);
    }
    pair_close(&pair);
    return has_failed;
}

static void test_failing_ports(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        for (unsigned role = 0; role < 2; role++) {
            unsigned long n = 1;
            while (fail_once(method, role, n)) {
                n++;
            }
            assert_in_range(n, 50, 200);
        }
    }
}

/* The exporter's port fails: the output is zero, the session remains. */
static void test_failing_export(void **state)
{
    (void)state;
    const struct pair_setup setup = {.method = 3};
    static const uint8_t zero[40];
    uint8_t out[40];
    unsigned long n = 0;
    int result = TROTH_E_CRYPTO;
    pair_open(&pair, &setup);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
    struct party *i = &pair.party[TROTH_INITIATOR];
    struct troth_span none = {NULL, 0};
    while (result == TROTH_E_CRYPTO) {
        n++;
        i->spy.fail_at = i->spy.made + n;
        memset(out, 1, sizeof out);
        result = troth_edhoc_export(&i->session, 0, none, out, sizeof out);
        assert_true(result == TROTH_OK || memcmp(out, zero, sizeof out) == 0);
    }
    assert_int_equal(result, TROTH_OK);
    assert_int_equal(n, 2 + 4 + 1); /* one block of PRK_exporter, two of output */
    i->spy.fail_at = 0;
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
}

/* HKDF-Expand ends after 255 blocks (RFC 5869, 2.3); the session remains. */
static void test_export_bound(void **state)
{
    (void)state;
    const struct pair_setup setup = {.method = 3};
    static uint8_t out[255 * 32 + 1];
    static const uint8_t zero[sizeof out];
    struct troth_span none = {NULL, 0};
    pair_open(&pair, &setup);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
    const struct troth_edhoc *session = &pair.party[TROTH_RESPONDER].session;
    memset(out, 1, sizeof out);
    assert_int_equal(troth_edhoc_export(session, 0, none, out, sizeof out), TROTH_E_SPACE);
    assert_memory_equal(out, zero, sizeof out);
    assert_int_equal(troth_edhoc_export(session, 0, none, out, sizeof out - 1), TROTH_OK);
    assert_memory_not_equal(out + sizeof out - 33, zero, 32);
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
}

/* A complete session holds PRK_out, and none of the secrets before it. */
static void test_complete_session(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        const struct pair_setup setup = {.method = method, .cred = CRED_C509_VALUE};
        pair_open(&pair, &setup);
        assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
        for (unsigned role = 0; role < 2; role++) {
            struct party *party = &pair.party[role];
            const struct spy_record *prk_out = &party->spy.records[party->spy.count - 1];
            assert_int_equal(prk_out->call, SPY_SHA256);
            size_t found = 0;
            struct troth_span secret;
            for (size_t i = 0; spy_secret(&party->spy, i, &secret); i++) {
                const uint8_t *at = (const uint8_t *)&party->session;
                for (size_t k = 0; secret.len > 0 && k + secret.len <= sizeof party->session; k++) {
                    if (memcmp(at + k, secret.data, secret.len) == 0) {
                        assert_memory_equal(secret.data, prk_out->out, secret.len);
                        found++;
                    }
                }
            }
            assert_int_equal(found, 1);
            assert_false(spy_leaks(&party->spy, pair.wire, sizeof pair.wire));
        }
        pair_close(&pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_after_the_end),
        cmocka_unit_test(test_ephemeral_key_goes),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_foreign_suite),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_own_buffers),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_slow_ports),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_failing_ports),
        cmocka_unit_test(test_failing_export),
        cmocka_unit_test(test_export_bound),
        cmocka_unit_test(test_complete_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
