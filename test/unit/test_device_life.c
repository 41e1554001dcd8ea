/* A pair lives: resets, links anew, is forgotten or replaced, and time passes. Public API only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/bench.h"

#define WINDOW_MS 60000
#define HOUR_MS   3600000U
#define DAY_MS    (24 * HOUR_MS)

/* Kinds of frames on the wire, their first byte (SPEC.md). */
enum { MESSAGE_1 = 1, MESSAGE_2, MESSAGE_3, MESSAGE_4, ERROR_FRAME, CONTROL, DATA };

static struct family family;
static struct unit a;
static struct unit b;
static struct unit c;
static struct bench bench;

static int begin(void **state)
{
    (void)state;
    family_make(&family, "acme root", 0, false, 42);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001");
    unit_make(&c, &family, "C-0001");
    bench = (struct bench){.now_ms = 1000};
    return 0;
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

static void again(void)
{
    clean(NULL);
    begin(NULL);
}

static void pair(struct unit *one, struct unit *other)
{
    bench_connect(&bench, one, other);
    assert_true(bench_pair(&bench, WINDOW_MS));
    assert_true(unit_knows(one, other));
    assert_true(unit_knows(other, one));
}

/* What the tap of most tests does: counts frames by kind, and loses or acts on one of them. */
static struct watch {
    unsigned count[8];
    unsigned frames;
    unsigned act_at; /* at this frame, from 1; 0: never */
    bool lose_kind[8];
    struct unit *unit;          /* on whom `act` is called */
    int (*act)(struct troth *); /* by the owner, while the frame is on its way */
    int acted;
} watch;

static bool watching(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    (void)from;
    (void)len;
    watch.count[frame[0] & 7]++;
    watch.frames++;
    if (watch.frames == watch.act_at) {
        watch.acted = watch.act(&watch.unit->troth);
    }
    return !watch.lose_kind[frame[0] & 7];
}

/* Resets of either and both, then words both ways. */
static void comes_back_after_resets(void **state)
{
    (void)state;
    pair(&a, &b);
    for (int way = 0; way < 12; way++) {
        if (way % 3 != 1) {
            bench_reset(&bench, &a);
        }
        if (way % 3 != 0) {
            bench_reset(&bench, &b);
        }
        bench_run(&bench, way < 6 ? 15000 : 1500);
        bench_run(&bench, 60000);
        assert_true(unit_linked(&a) && unit_linked(&b));
        assert_true(bench_talks(&bench));
    }
    assert_int_equal(a.flaky.writes + b.flaky.writes, 3);
}

/* Whoever only answers is healed as well, after a reset of the other, its own, or both; also where only one ever speaks. */
static void comes_back_where_one_only_answers(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        again();
        b.config.begin = TROTH_ANSWERS_ONLY;
        pair(&a, &b);
        if (way != 1) {
            bench_reset(&bench, &a);
        }
        if (way != 0) {
            bench_reset(&bench, &b);
        }
        bench_run(&bench, 40000);
        bench_send(&bench, 0, "are you there");
        bench_run(&bench, 20000);
        assert_true(bench_talks(&bench));
        bench_reset(&bench, &b);
        bench_run(&bench, 40000);
        assert_false(unit_linked(&b));
        assert_int_equal(bench_send(&bench, 1, "a sensor speaks"), TROTH_E_STATE);
        bench_run(&bench, 1000);
        assert_true(bench_talks(&bench));
    }
}

/* Two that only answer are silent; nothing else goes wrong. */
static void two_that_only_answer_are_silent(void **state)
{
    (void)state;
    a.config.begin = TROTH_ANSWERS_ONLY;
    b.config.begin = TROTH_ANSWERS_ONLY;
    bench.tap = watching;
    memset(&watch, 0, sizeof watch);
    bench_connect(&bench, &a, &b);
    assert_false(bench_pair(&bench, WINDOW_MS));
    assert_int_equal(watch.frames, 0);
}

/* The session of before a reset is dead on the other side too: its records say nothing. */
static uint8_t kept[16][BENCH_FRAME_MAX];
static size_t kept_len[16];
static unsigned kept_count;

static bool keeping(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    if (from == 0 && kept_count < 16) {
        memcpy(kept[kept_count], frame, *len);
        kept_len[kept_count++] = *len;
    }
    return true;
}

static void replay_kept(void)
{
    b.data_len = 0;
    for (unsigned i = 0; i < kept_count; i++) {
        bench_inject(&bench, 0, kept[i], kept_len[i]);
        bench_run(&bench, 50);
        assert_int_equal(b.data_len, 0);
    }
}

static void old_records_are_dropped(void **state)
{
    (void)state;
    pair(&a, &b);
    kept_count = 0;
    bench.tap = keeping;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(bench_send(&bench, 0, "old words"), TROTH_OK);
    }
    bench_run(&bench, 0);
    assert_int_equal(b.data_len, 9);
    bench.tap = NULL;
    replay_kept(); /* in the same session */
    bench_reset(&bench, &b);
    replay_kept(); /* before and while it links anew */
    bench_run(&bench, 60000);
    replay_kept(); /* in the next session */
    assert_true(bench_talks(&bench));
}

/* Forgetting is told, durable, and final at whatever moment of a handshake: no link to nobody. */
static void forgets_at_any_moment(void **state)
{
    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        for (unsigned at = 1; at <= 4; at++) {
            for (unsigned slow = 0; slow < 2; slow++) {
                again();
                pair(&a, &b);
                (begins == 0 ? &b : &a)->config.begin = TROTH_ANSWERS_ONLY;
                unsigned writes = a.flaky.writes;
                a.flaky.again = slow * 3;
                bench_reset(&bench, begins == 0 ? &a : &b);
                watch = (struct watch){.act_at = at, .unit = &a, .act = troth_forget};
                bench.tap = watching;
                bench_run(&bench, 120000);
                bench.tap = NULL;
                assert_int_equal(watch.acted, TROTH_OK);
                assert_int_equal(a.told[TROTH_EVENT_FORGOTTEN], 1);
                assert_int_equal(a.flaky.writes, writes + 1);
                assert_int_equal(unit_peer_state(&a), TROTH_UNPAIRED);
                assert_false(unit_linked(&a));
                assert_int_equal(bench_send(&bench, 0, "hello"), TROTH_E_UNPAIRED);
                bench_reset(&bench, &a);
                bench_run(&bench, 1);
                assert_int_equal(unit_peer_state(&a), TROTH_UNPAIRED);
                assert_int_equal(troth_forget(&a.troth), TROTH_E_UNPAIRED);
            }
        }
    }
}

/* b has a; then b, who answers, takes c, and the wire fails at the commit: b has c pending, c has committed to b or not. */
enum stage { OLD_PENDING, NEW_PENDING };

static enum stage stage;
static bool prepared_passed;

static bool fails_at_commit(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    (void)len;
    if (frame[0] != CONTROL) {
        return !prepared_passed || stage == OLD_PENDING;
    }
    if (from == 0) {
        prepared_passed = stage == NEW_PENDING;
        return prepared_passed;
    }
    return !prepared_passed;
}

static void until_pending(enum stage wanted)
{
    pair(&a, &b);
    unit_off(&b);
    b.config.begin = TROTH_ANSWERS_ONLY;
    unsigned writes = b.flaky.writes;
    stage = wanted;
    prepared_passed = false;
    bench.tap = fails_at_commit;
    bench_connect(&bench, &b, &c);
    assert_false(bench_pair(&bench, 50000));
    bench_run(&bench, 20000);
    bench.tap = NULL;
    unit_off(&b);
    unit_off(&c);
    assert_in_range(b.flaky.writes, writes + 1, writes + 3); /* in one window they may try again */
    assert_int_equal(c.told[TROTH_EVENT_PAIRED], wanted == NEW_PENDING);
    b.config.begin = TROTH_BEGINS;
}

/* new/pending: the next contact makes it new/new, whoever begins; then b belongs to c, and a gets nowhere. */
static void pending_heals(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        again();
        until_pending(NEW_PENDING);
        b.config.begin = way == 1 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
        c.config.begin = way == 2 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
        bench_connect(&bench, &b, &c);
        bench_run(&bench, 60000);
        assert_true(unit_knows(&b, &c));
        assert_int_equal(unit_peer_state(&b), TROTH_PAIRED);
        assert_true(bench_talks(&bench));
        unit_off(&c);
        bench_reset(&bench, &b);
        uint64_t stored = unit_stored(&b);
        bench_connect(&bench, &a, &b);
        bench_reset(&bench, &a);
        bench_run(&bench, 300000);
        assert_false(unit_linked(&a) || unit_linked(&b));
        assert_true(unit_stored(&b) == stored);
        assert_true(a.reasons[TROTH_REASON_UNKNOWN] + b.reasons[TROTH_REASON_UNKNOWN] > 0);
    }
}

/* old/pending: b still serves a, talks with it, and tells the owner of nobody else. c gets nowhere. */
static void old_is_served_while_pending(void **state)
{
    (void)state;
    for (enum stage which = OLD_PENDING; which <= NEW_PENDING; which++) {
        for (int way = 0; way < 3; way++) {
            again();
            until_pending(which);
            a.config.begin = way == 1 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
            b.config.begin = way == 2 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
            bench_connect(&bench, &a, &b);
            bench_reset(&bench, &a);
            bench_run(&bench, 120000);
            assert_true(unit_linked(&a) && unit_linked(&b));
            assert_true(unit_knows(&b, &a));
            assert_true(bench_talks(&bench));
        }
    }
}

/* A pending peer dies by the owner's cancel alone, at any moment of a handshake with it or with the old one; the old one is
 * never lost by that. */
static void cancel_drops_the_pending_peer(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        bool with_old = way % 2 == 0;
        for (unsigned at = 1; at <= 5; at++) {
            again();
            until_pending(with_old ? OLD_PENDING : NEW_PENDING);
            a.config.begin = way < 2 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
            c.config.begin = a.config.begin;
            struct unit *other = with_old ? &a : &c;
            unsigned paired = b.told[TROTH_EVENT_PAIRED];
            unit_off(other);
            watch = (struct watch){.act_at = at, .unit = &b, .act = troth_cancel};
            bench.tap = watching;
            bench_connect(&bench, other, &b);
            bench_run(&bench, 120000);
            bench.tap = NULL;
            if (b.told[TROTH_EVENT_PAIRED] > paired) {
                assert_true(at >= 4 && unit_knows(&b, &c)); /* too late */
                continue;
            }
            assert_int_equal(watch.acted, TROTH_OK);
            unit_off(other);
            a.config.begin = TROTH_BEGINS;
            bench_connect(&bench, &a, &b);
            bench_reset(&bench, &a);
            bench_run(&bench, 120000);
            assert_int_equal(unit_peer_state(&b), TROTH_PAIRED);
            assert_true(unit_knows(&b, &a));
            assert_true(bench_talks(&bench));
        }
    }
}

/* c takes b's place at a: at once for a and c; b comes back and gets nowhere, however long it tries. */
static void replacement(void **state)
{
    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        again();
        pair(&a, &b);
        (begins == 0 ? &c : &a)->config.begin = TROTH_ANSWERS_ONLY;
        unit_off(&a);
        bench_connect(&bench, &a, &c);
        assert_true(bench_pair(&bench, WINDOW_MS));
        assert_true(unit_knows(&a, &c));
        assert_true(bench_talks(&bench));
        uint64_t stored = unit_stored(&a);
        unit_off(&c);
        unit_off(&a);
        a.config.begin = TROTH_BEGINS;
        bench_connect(&bench, &a, &b);
        bench_reset(&bench, &b);
        bench_run(&bench, HOUR_MS);
        assert_false(unit_linked(&a) || unit_linked(&b));
        assert_true(unit_stored(&a) == stored);
        assert_true(b.reasons[TROTH_REASON_UNKNOWN] > 0);
        unit_off(&b);
        bench_connect(&bench, &a, &c);
        bench_run(&bench, HOUR_MS);
        assert_true(bench_talks(&bench));
    }
}

/* An open window on one side alone changes nothing for a pair but the keys; also where somebody forges an error at the worst
 * moment, and then goes away. */
static bool spares_message_1;

static bool forging_errors(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    static const uint8_t error[] = {ERROR_FRAME, 0x01, 0x61, 'x'};
    (void)len;
    if (frame[0] == MESSAGE_3 || (frame[0] == MESSAGE_1 && !spares_message_1)) {
        bench_inject(on, 1 - from, error, sizeof error);
    }
    return true;
}

static void window_on_one_side_keeps_the_link(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        again();
        pair(&a, &b);
        b.config.begin = way % 2 == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        uint64_t stored = unit_stored(&a) ^ unit_stored(&b);
        bench.tap = way < 2 ? NULL : forging_errors;
        spares_message_1 = true;
        assert_int_equal(troth_pair(&a.troth, bench.now_ms, 20000), TROTH_OK);
        bench_run(&bench, 20001);
        bench.tap = NULL;
        bench_run(&bench, 60000);
        assert_int_equal(a.told[TROTH_EVENT_CLOSED], 1);
        assert_true(bench_talks(&bench));
        assert_true(stored == (unit_stored(&a) ^ unit_stored(&b)));
    }
}

/* A forged error costs an attempt, not the window: the pairing goes through all the same. */
static void forged_errors_do_not_close_a_window(void **state)
{
    (void)state;
    bench.tap = forging_errors;
    spares_message_1 = false;
    bench_connect(&bench, &a, &b);
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
    assert_int_equal(troth_pair(&b.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
    bench_run(&bench, 10000);
    bench.tap = NULL;
    bench_run(&bench, 10000);
    assert_true(bench_talks(&bench));
}

/* The clock wraps in the middle of a pairing and of a link. */
static void clock_wraps(void **state)
{
    (void)state;
    for (uint32_t before_ms = 0; before_ms < 40000; before_ms += 500) {
        again();
        bench.now_ms = 0U - before_ms;
        bench_connect(&bench, &a, &b);
        assert_int_equal(troth_pair(&a.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
        bench_run(&bench, before_ms % 1500 * 10);
        assert_int_equal(troth_pair(&b.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
        bench_run(&bench, 20000);
        assert_true(bench_talks(&bench));
        bench_reset(&bench, &a);
        bench_run(&bench, 40000);
        assert_true(bench_talks(&bench));
    }
}

/* A link that was quiet for so long that old times seem to lie ahead: the next reset heals as on the first day. */
static void years_pass(void **state)
{
    (void)state;
    pair(&a, &b);
    for (int i = 0; i < 24; i++) {
        bench_run(&bench, (uint32_t)(5 + i) * DAY_MS);
        assert_true(bench_talks(&bench));
        bench_reset(&bench, i % 2 == 0 ? &a : &b);
        bench_run(&bench, 15000);
        assert_true(bench_talks(&bench));
    }
}

/* Who has nothing to do is not woken up; who looks for an absent peer asks less and less often. */
static void idle_is_idle(void **state)
{
    (void)state;
    pair(&a, &b);
    a.polls = 0;
    bench_run(&bench, DAY_MS);
    assert_in_range(a.polls, 0, 4);
    unit_off(&b);
    bench_reset(&bench, &a);
    memset(&watch, 0, sizeof watch);
    bench.tap = watching;
    bench_run(&bench, DAY_MS);
    assert_in_range(watch.count[MESSAGE_1], 5 * 150, 5 * 300);
    assert_in_range(a.polls, watch.frames, 8 * watch.frames);
    unit_on(&b, bench.now_ms);
    bench_run(&bench, 20000);
    assert_true(bench_talks(&bench));
    assert_int_equal(troth_forget(&a.troth), TROTH_OK);
    bench_run(&bench, 1000);
    a.polls = 0;
    unit_off(&b);
    bench_run(&bench, DAY_MS);
    assert_in_range(a.polls, 0, 4);
}

/* Forgeries use up a key in the end; then, and not before, the link is made anew, by whoever may, and not in a hurry. */
static void forge(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t frame[20] = {DATA, (uint8_t)i, 1, 2, 3};
        bench_inject(&bench, 1, frame, sizeof frame);
        bench_run(&bench, 0);
    }
}

static void forgeries_lead_to_a_new_handshake(void **state)
{
    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        again();
        pair(&a, &b);
        a.config.begin = begins == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        bench_run(&bench, 60000);
        memset(&watch, 0, sizeof watch);
        bench.tap = watching;
        forge(40000);
        assert_int_equal(watch.count[MESSAGE_1], 1);
        bench_run(&bench, 5000);
        assert_true(unit_linked(&a));
        for (int i = 0; i < 10; i++) {
            forge(20000);
            bench_run(&bench, 1000);
        }
        assert_in_range(watch.count[MESSAGE_1], 2, 4);
        bench_run(&bench, 60000);
        bench_send(&bench, 1, "after all");
        bench_run(&bench, 60000);
        assert_true(bench_talks(&bench));
    }
}

/* A key serves for 2^20 records, and the next message but one goes out under fresh keys. */
static void a_million_records(void **state)
{
    uint8_t frame[16];
    size_t frame_len;
    unsigned sent = 0;
    (void)state;
    pair(&a, &b);
    bench_run(&bench, 20000);
    while (troth_send(&a.troth, (const uint8_t *)"", 0, frame, sizeof frame, &frame_len) == TROTH_OK) {
        sent++;
    }
    assert_in_range(sent, 1048576 - 8, 1048576); /* some were control records */
    memset(&watch, 0, sizeof watch);
    bench.tap = watching;
    bench_run(&bench, 100);
    assert_int_equal(watch.count[MESSAGE_1], 1);
    assert_true(bench_talks(&bench));
}

/* However many records in a row are lost, the next ones arrive soon: by the window up to 127, else over a new handshake. The
 * sender says something every 100 ms and hears nothing. */
static bool deaf;

static bool deafening(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    (void)from;
    (void)len;
    watch.count[frame[0] & 7]++;
    return !deaf;
}

static void a_long_loss_heals(void **state)
{
    static const unsigned losses[] = {1, 31, 126, 127, 128, 129, 200, 255, 256, 257, 300, 400, 513, 5000};
    (void)state;
    for (int begins = 0; begins < 2; begins++) {
        again();
        pair(&a, &b);
        b.config.begin = begins == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        bench.tap = deafening;
        for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
            bench_run(&bench, 20000);
            assert_int_equal(bench_send(&bench, 0, "still heard"), TROTH_OK);
            bench_run(&bench, 0);
            memset(&watch, 0, sizeof watch);
            deaf = true;
            for (unsigned k = 0; k < losses[i]; k++) {
                bench_send(&bench, 0, "into the void");
                bench_run(&bench, 100);
            }
            deaf = false;
            b.data_len = 0;
            unsigned needed = 0;
            for (; b.data_len == 0 && needed < 1000; needed++) {
                bench_send(&bench, 0, "heard again");
                bench_run(&bench, 100);
            }
            assert_in_range(needed, 1, losses[i] < 127 ? 1 : 40);
            assert_int_equal(watch.count[MESSAGE_1] > 0, needed > 1);
        }
    }
}

/* Limits of the calls. */
static void calls_out_of_season(void **state)
{
    (void)state;
    uint8_t frame[64] = {0};
    uint8_t *long_data = calloc(1, 70000);
    uint8_t *long_frame = calloc(1, 70100);
    size_t frame_len = 1;
    struct troth_event event;
    struct troth_span out;
    static struct troth closed;
    assert_int_equal(troth_poll(&closed, 0, &out, &event), TROTH_E_STATE);
    assert_int_equal(troth_receive(&closed, 0, frame, sizeof frame, &event), TROTH_E_STATE);
    assert_int_equal(troth_pair(&closed, 0, 1), TROTH_E_STATE);
    assert_int_equal(troth_forget(&closed), TROTH_E_STATE);
    assert_int_equal(troth_cancel(&closed), TROTH_E_STATE);
    assert_int_equal(troth_send(&closed, frame, 1, frame, sizeof frame, &frame_len), TROTH_E_STATE);
    assert_int_equal(frame_len, 0);
    unit_on(&a, 0);
    assert_int_equal(troth_pair(&a.troth, 0, 1000), TROTH_E_STATE); /* the store is not read yet */
    assert_int_equal(troth_forget(&a.troth), TROTH_E_STATE);
    pair(&a, &b);
    assert_int_equal(troth_send(&a.troth, frame, 5, frame, 14, &frame_len), TROTH_E_SPACE);
    assert_int_equal(troth_send(&a.troth, frame, 5, frame, 0, &frame_len), TROTH_E_SPACE);
    assert_int_equal(troth_send(&a.troth, frame, 5, frame, 15, &frame_len), TROTH_OK);
    assert_int_equal(troth_send(&a.troth, long_data, 65526, long_frame, 70100, &frame_len), TROTH_E_SPACE);
    assert_int_equal(troth_send(&a.troth, long_data, 65525, long_frame, 70100, &frame_len), TROTH_OK);
    assert_int_equal(frame_len, 65535);
    assert_int_equal(troth_receive(&b.troth, bench.now_ms, long_frame, 70100, &event), TROTH_E_FORGED);
    assert_int_equal(troth_receive(&b.troth, bench.now_ms, long_frame, 65535, &event), TROTH_OK);
    assert_int_equal(event.data.len, 65525);
    assert_int_equal(troth_receive(&b.troth, bench.now_ms, long_frame, 65535, &event), TROTH_E_FORGED);
    assert_int_equal(troth_receive(&b.troth, bench.now_ms, NULL, 0, &event), TROTH_E_FORGED);
    a.config.begin = TROTH_ANSWERS_ONLY;
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, UINT32_MAX), TROTH_OK);
    bench_run(&bench, 11 * DAY_MS);
    assert_int_equal(a.told[TROTH_EVENT_CLOSED], 0);
    bench_run(&bench, 2 * DAY_MS);
    assert_int_equal(a.told[TROTH_EVENT_CLOSED], 1);
    free(long_data);
    free(long_frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(comes_back_after_resets),
        TEST(comes_back_where_one_only_answers),
        TEST(two_that_only_answer_are_silent),
        TEST(old_records_are_dropped),
        TEST(forgets_at_any_moment),
        TEST(pending_heals),
        TEST(old_is_served_while_pending),
        TEST(cancel_drops_the_pending_peer),
        TEST(replacement),
        TEST(window_on_one_side_keeps_the_link),
        TEST(forged_errors_do_not_close_a_window),
        TEST(clock_wraps),
        TEST(years_pass),
        TEST(idle_is_idle),
        TEST(forgeries_lead_to_a_new_handshake),
        TEST(a_million_records),
        TEST(a_long_loss_heals),
        TEST(calls_out_of_season),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
