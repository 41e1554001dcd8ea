/* Two devices pair: methods, chains, suites, ports, windows, owners, and peers that are not acceptable. Public API only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/bench.h"
#include "test/support/ports.h"

#define WINDOW_MS 120000

static struct family family;
static struct unit a;
static struct unit b;
static struct unit c;
static struct bench bench;

static void make(int method, bool chain)
{
    family_make(&family, "acme root", method, chain, 42);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001");
    unit_make(&c, &family, "C-0001");
    bench = (struct bench){.now_ms = 1000};
}

static int clean(void **state)
{
    (void)state;
    unit_free(&a);
    unit_free(&b);
    unit_free(&c);
    family_free(&family);
    return 0;
}

static void assert_pair(struct unit *one, struct unit *other)
{
    assert_true(unit_linked(one));
    assert_true(unit_linked(other));
    assert_int_equal(unit_peer_state(one), TROTH_PAIRED);
    assert_true(unit_knows(one, other));
    assert_true(unit_knows(other, one));
}

static void assert_nobody(const struct unit *unit)
{
    assert_int_equal(unit_peer_state(unit), TROTH_UNPAIRED);
    assert_int_equal(unit->flaky.writes, 0);
}

/* How a pairing of two with these suites must end: the suite, 0 for none. */
static const struct suites {
    uint8_t first[2];
    uint8_t second[2];
    uint8_t first_len;
    uint8_t second_len;
    uint8_t suite;
} suites[] = {
    {{2}, {2}, 1, 1, 2},    {{3}, {3}, 1, 1, 3},    {{2, 3}, {2, 3}, 2, 2, 2}, {{2, 3}, {3}, 2, 1, 3},
    {{2, 3}, {2}, 2, 1, 2}, {{3, 2}, {2}, 2, 1, 2}, {{2}, {2, 3}, 1, 2, 2},    {{3}, {2, 3}, 1, 2, 3},
    {{2}, {3}, 1, 1, 0},    {{3}, {2}, 1, 1, 0},
};

static void pair_with(const struct suites *row, int begins)
{
    a.config.suites = row->first;
    a.config.suites_len = row->first_len;
    b.config.suites = row->second;
    b.config.suites_len = row->second_len;
    a.config.begin = begins == 1 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
    b.config.begin = begins == 0 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
    bench_connect(&bench, &a, &b);
    bool paired = bench_pair(&bench, WINDOW_MS);
    if (row->suite == 0) {
        assert_false(paired);
        assert_nobody(&a);
        assert_nobody(&b);
        assert_true(a.reasons[TROTH_REASON_SUITE] + b.reasons[TROTH_REASON_SUITE] > 0);
        return;
    }
    assert_true(paired);
    assert_pair(&a, &b);
    assert_true(bench_talks(&bench));
    uint8_t frame[64];
    size_t frame_len;
    assert_int_equal(troth_send(&a.troth, (const uint8_t *)"12345", 5, frame, sizeof frame, &frame_len), TROTH_OK);
    assert_int_equal(frame_len, 5 + (row->suite == 3 ? 18 : 10));
}

/* Every method, with and without an issuing CA, every meeting of suites, whoever begins: 2 x 2 x 10 x 3 pairings. */
static void every_kind_pairs(void **state)
{
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
            for (int begins = 0; begins < 3; begins++) {
                clean(state);
                make(kind < 2 ? 0 : 3, kind % 2 == 1);
                pair_with(&suites[i], begins);
            }
        }
    }
}

/* A device on OpenSSL, one on PSA Crypto, in either place, both methods; they come back, too. */
static void ports_may_differ(void **state)
{
    for (int kind = 0; kind < 4; kind++) {
        clean(state);
        make(kind < 2 ? 0 : 3, false);
        struct test_port psa;
        struct unit *other = kind % 2 == 0 ? &a : &b;
        const uint8_t store_key[32] = {9};
        test_port_open(&psa, PORT_PSA, other->holder.scalar, kind < 2 ? TROTH_PSA_SIGN : TROTH_PSA_AGREE, store_key);
        other->flaky.crypto = psa.port.call;
        other->flaky.crypto_ctx = psa.port.ctx;
        bench_connect(&bench, &a, &b);
        assert_true(bench_pair(&bench, WINDOW_MS));
        assert_pair(&a, &b);
        assert_true(bench_talks(&bench));
        bench_reset(&bench, &b);
        bench_run(&bench, 15000);
        assert_pair(&a, &b);
        assert_true(bench_talks(&bench));
        unit_off(other);
        test_port_close(&psa);
    }
}

/* Ports that want to be asked again and again, before every slow operation: the same end, and never two at once. */
static void slow_ports_are_asked_again(void **state)
{
    (void)state;
    for (unsigned again = 1; again < 5; again++) {
        clean(state);
        make(again % 2 == 0 ? 0 : 3, again > 2);
        a.flaky.again = again;
        b.flaky.again = 5 - again;
        bench_connect(&bench, &a, &b);
        assert_true(bench_pair(&bench, WINDOW_MS));
        assert_pair(&a, &b);
        bench_reset(&bench, &a);
        bench_run(&bench, 15000);
        assert_pair(&a, &b);
        assert_int_equal(troth_forget(&a.troth), TROTH_OK);
        bench_run(&bench, 1);
        assert_int_equal(a.told[TROTH_EVENT_FORGOTTEN], 1);
    }
}

/* Who begins alone, with nobody there yet, at every moment of its resends. */
static void windows_open_at_different_times(void **state)
{
    (void)state;
    for (uint32_t later_ms = 0; later_ms < 40000; later_ms += 3700) {
        for (int first = 0; first < 2; first++) {
            clean(state);
            make(0, false);
            bench_connect(&bench, &a, &b);
            struct unit *early = first == 0 ? &a : &b;
            struct unit *late = first == 0 ? &b : &a;
            assert_int_equal(troth_pair(&early->troth, bench.now_ms, 120000), TROTH_OK);
            bench_run(&bench, later_ms);
            assert_int_equal(troth_pair(&late->troth, bench.now_ms, 120000), TROTH_OK);
            bench_run(&bench, 30000);
            assert_pair(&a, &b);
        }
    }
}

/* A window closes by itself, says so, and leaves nothing behind. */
static void windows_expire(void **state)
{
    (void)state;
    bench_connect(&bench, &a, &b);
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, 5000), TROTH_OK);
    bench_run(&bench, 4999);
    assert_int_equal(a.told[TROTH_EVENT_CLOSED], 0);
    bench_run(&bench, 1);
    assert_int_equal(a.told[TROTH_EVENT_CLOSED], 1);
    assert_int_equal(troth_pair(&b.troth, bench.now_ms, 60000), TROTH_OK);
    bench_run(&bench, 60001);
    assert_int_equal(b.told[TROTH_EVENT_CLOSED], 1);
    assert_nobody(&a);
    assert_nobody(&b);
    assert_int_equal(a.told[TROTH_EVENT_WAITING] + b.told[TROTH_EVENT_WAITING], 0);
}

/* Runs until both owners are asked. */
static void until_asked(void)
{
    a.accepts = false;
    b.accepts = false;
    bench_connect(&bench, &a, &b);
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
    assert_int_equal(troth_pair(&b.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
    bench_run(&bench, 3000);
    assert_int_equal(unit_peer_state(&a), TROTH_PEER_WAITS);
    assert_int_equal(unit_peer_state(&b), TROTH_PEER_WAITS);
    assert_true(unit_knows(&a, &b));
    assert_true(unit_knows(&b, &a));
}

/* The owner of either device may say no, or say yes and change their mind, or not answer at all. */
static void either_owner_ends_it(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) {
        clean(state);
        make(0, false);
        until_asked();
        struct unit *one = way % 2 == 0 ? &a : &b;
        struct unit *other = way % 2 == 0 ? &b : &a;
        if (way / 2 == 1) {
            assert_int_equal(troth_accept(&one->troth), TROTH_OK);
            bench_run(&bench, 3000);
        }
        if (way / 2 == 2) {
            assert_int_equal(troth_cancel(&one->troth), TROTH_OK);
        } else if (way / 2 == 3) {
            assert_int_equal(troth_accept(&other->troth), TROTH_OK);
            bench_run(&bench, WINDOW_MS); /* the other's owner never answers */
        } else {
            assert_int_equal(troth_refuse(&one->troth), TROTH_OK);
        }
        bench_run(&bench, 200);
        assert_int_equal(one->told[TROTH_EVENT_CLOSED], 1);
        if (way / 2 != 3) {
            assert_int_equal(other->last_reason, TROTH_REASON_REFUSED);
            assert_int_equal(other->told[TROTH_EVENT_CLOSED], 0);
        }
        assert_int_equal(troth_accept(&one->troth), TROTH_E_STATE);
        assert_int_equal(troth_refuse(&one->troth), TROTH_E_STATE);
        assert_nobody(&a);
        assert_nobody(&b);
    }
}

/* Both say yes, in any order and however late, and both are told in the right order. */
static void both_owners_accept(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        clean(state);
        make(way < 2 ? 0 : 3, false);
        until_asked();
        struct unit *one = way % 2 == 0 ? &a : &b;
        struct unit *other = way % 2 == 0 ? &b : &a;
        assert_int_equal(troth_accept(&one->troth), TROTH_OK);
        assert_int_equal(troth_accept(&one->troth), TROTH_E_STATE);
        bench_run(&bench, WINDOW_MS - 20000);
        assert_int_equal(unit_peer_state(&a), TROTH_PEER_WAITS);
        assert_int_equal(a.told[TROTH_EVENT_ABORTED] + b.told[TROTH_EVENT_ABORTED], 0);
        assert_int_equal(a.told[TROTH_EVENT_PAIRED] + b.told[TROTH_EVENT_PAIRED], 0);
        assert_int_equal(troth_accept(&other->troth), TROTH_OK);
        bench_run(&bench, 17000);
        assert_pair(&a, &b);
        assert_int_equal(a.told[TROTH_EVENT_PAIRED], 1);
        assert_int_equal(b.told[TROTH_EVENT_PAIRED], 1);
        assert_int_equal(a.told[TROTH_EVENT_LINKED], 1);
        assert_int_equal(b.told[TROTH_EVENT_LINKED], 1);
        assert_int_equal(a.told[TROTH_EVENT_CLOSED] + b.told[TROTH_EVENT_CLOSED], 0);
    }
}

/* Either device is switched off and on while an owner thinks: the other one gives it up and meets it again in the same window,
 * even if it had accepted already. */
static void one_is_reset_while_an_owner_thinks(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        clean(state);
        make(0, false);
        until_asked();
        struct unit *one = way % 2 == 0 ? &a : &b;
        struct unit *other = way % 2 == 0 ? &b : &a;
        if (way < 2) {
            assert_int_equal(troth_accept(&other->troth), TROTH_OK);
            bench_run(&bench, 2000);
        }
        bench_reset(&bench, one);
        bench_run(&bench, 10);
        assert_int_equal(troth_pair(&one->troth, bench.now_ms, WINDOW_MS), TROTH_OK);
        a.accepts = true;
        b.accepts = true;
        bench_run(&bench, 70000);
        assert_pair(&a, &b);
        assert_int_equal(other->told[TROTH_EVENT_CLOSED], 0);
        assert_int_equal(other->told[TROTH_EVENT_WAITING], 2);
    }
}

/* Peers that are not acceptable: the owner is told why, nobody is offered, nothing is stored, the window stays open and
 * the next peer, a good one, pairs in it. */
enum bad_peer { CLONE, FOREIGN_CA, FALSE_CA, OLD_EPOCH, WRONG_USE, OTHER_METHOD, BAD_PEERS };

static void make_bad(enum bad_peer kind, struct family *foreign)
{
    family_make(foreign, kind == FALSE_CA ? "acme root" : "bolt root", 0, false, 77);
    a.config.certs.floor = kind == OLD_EPOCH ? 2 : 0;
    if (kind == CLONE) {
        const uint8_t store_key[32] = {0};
        c.config.certs.own = a.config.certs.own;
        troth_openssl_close(&c.openssl);
        assert_int_equal(troth_openssl_open(&c.openssl, a.holder.key, store_key), TROTH_OK);
    } else if (kind == FOREIGN_CA || kind == FALSE_CA) {
        unit_free(&c);
        unit_make(&c, foreign, "C-0001");
    } else if (kind == WRONG_USE) {
        unit_free(&c);
        family.device_usage = TROTH_USE_AGREE;
        unit_make(&c, &family, "C-0001");
        family.device_usage = TROTH_USE_SIGN;
        c.config.auth = &troth_edhoc_signature;
    } else if (kind == OTHER_METHOD) {
        unit_free(&c);
        family.device_usage = TROTH_USE_AGREE;
        unit_make(&c, &family, "C-0001");
        family.device_usage = TROTH_USE_SIGN;
    }
}

/* Who sees the other's certificate first, the Initiator, says why; the epoch is wrong in the eyes of one alone; a method is
 * refused by the Responder before there is a certificate. */
static void assert_told_why(enum bad_peer kind, const struct unit *initiator, const struct unit *responder)
{
    const struct unit *judge = kind == OTHER_METHOD ? responder : kind == OLD_EPOCH ? &a : initiator;
    bool forged = kind == OTHER_METHOD || kind == FALSE_CA;
    assert_true(judge->reasons[forged ? TROTH_REASON_FORGED : TROTH_REASON_FOREIGN] > 0);
    assert_int_equal(initiator->told[TROTH_EVENT_WAITING], 0);
    assert_int_equal(judge->told[TROTH_EVENT_WAITING], 0);
}

static void bad_peers_are_refused(void **state)
{
    for (enum bad_peer kind = 0; kind < BAD_PEERS; kind++) {
        for (int begins = 0; begins < 2; begins++) {
            struct family foreign;
            clean(state);
            make(0, false);
            make_bad(kind, &foreign);
            a.config.begin = begins == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
            c.config.begin = begins == 1 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
            bench_connect(&bench, &a, &c);
            assert_false(bench_pair(&bench, WINDOW_MS));
            assert_nobody(&a);
            assert_nobody(&c);
            assert_int_equal(a.told[TROTH_EVENT_WAITING], 0);
            assert_told_why(kind, begins == 0 ? &a : &c, begins == 0 ? &c : &a);
            unit_free(&b);
            unit_make_epoch(&b, &family, "B-0002", 2);
            bench_connect(&bench, &a, &b);
            a.config.begin = TROTH_BEGINS;
            assert_true(bench_pair(&bench, WINDOW_MS));
            assert_pair(&a, &b);
            family_free(&foreign);
        }
    }
}

/* The window of a device that met an unacceptable peer is still open for the right one. */
static void window_survives_a_bad_peer(void **state)
{
    struct family foreign;
    make_bad(FOREIGN_CA, &foreign);
    (void)state;
    bench_connect(&bench, &a, &c);
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, 300000), TROTH_OK);
    assert_int_equal(troth_pair(&c.troth, bench.now_ms, 300000), TROTH_OK);
    bench_run(&bench, 20000);
    assert_true(a.reasons[TROTH_REASON_FOREIGN] + c.reasons[TROTH_REASON_FOREIGN] > 0);
    bench_connect(&bench, &a, &b);
    assert_int_equal(troth_pair(&b.troth, bench.now_ms, 100000), TROTH_OK);
    bench_run(&bench, 60000);
    assert_pair(&a, &b);
    assert_int_equal(a.told[TROTH_EVENT_CLOSED], 0);
    family_free(&foreign);
}

static int begin(void **state)
{
    (void)state;
    make(0, false);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_pairs),
        TEST(ports_may_differ),
        TEST(slow_ports_are_asked_again),
        TEST(windows_open_at_different_times),
        TEST(windows_expire),
        TEST(either_owner_ends_it),
        TEST(both_owners_accept),
        TEST(one_is_reset_while_an_owner_thinks),
        TEST(bad_peers_are_refused),
        TEST(window_survives_a_bad_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
