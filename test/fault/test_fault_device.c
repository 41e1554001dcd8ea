/* Every operation of the ports fails in turn, on both sides, and the power goes at every operation and at every frame: a pair is
 * always in one of its legal states, heals at the next contact without a person, and is never lost. Public API only.
 *
 * `make test` tries every slow operation and every frame, and of the many hashes a sample; TROTH_SWEEP=full tries all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/bench.h"

#define WINDOW_MS  60000
#define CONTACT_MS 700000 /* twice the longest pause between two attempts */
#define HASH_STEP  23     /* of the hashes and AES calls, one in so many; a prime, so that all places are met */

static struct family family;
static struct unit a;
static struct unit b;
static struct unit c;
static struct bench bench;

/* Units as they are when nothing has happened, and when a and b are a pair: copied back before each run. */
static struct unit fresh[3];
static struct unit paired[3];

static struct unit *const units[3] = {&a, &b, &c};

static void save(struct unit to[3])
{
    for (int i = 0; i < 3; i++) {
        to[i] = *units[i];
    }
}

static void restore(const struct unit from[3])
{
    for (int i = 0; i < 3; i++) {
        *units[i] = from[i];
    }
    bench = (struct bench){.now_ms = 5000};
}

static void make(int method)
{
    family_make(&family, "acme root", method, false, 42);
    for (uint8_t i = 0; i < 3; i++) {
        const char *serial[3] = {"A-0001", "B-0001", "C-0001"};
        unit_make(units[i], &family, serial[i]);
        unit_use_cheap(units[i], i);
    }
    save(fresh);
    restore(fresh);
    bench_connect(&bench, &a, &b);
    assert_true(bench_pair(&bench, WINDOW_MS));
    unit_off(&a);
    unit_off(&b);
    save(paired);
}

static void clean(void)
{
    restore(fresh);
    for (int i = 0; i < 3; i++) {
        unit_free(units[i]);
    }
    family_free(&family);
}

static bool knows_as_paired(const struct unit *unit, const struct unit *peer)
{
    return unit->on && unit_peer_state(unit) == TROTH_PAIRED && unit_knows(unit, peer);
}

/* Both on the wire, no window open, for long enough; whether they are linked then. */
static bool meet(struct unit *one, struct unit *other)
{
    for (int i = 0; i < 3; i++) {
        if (units[i] != one && units[i] != other && units[i]->on) {
            unit_off(units[i]);
        }
        units[i]->flaky.plan = NULL;
    }
    bench.tap = NULL;
    bench_connect(&bench, one, other);
    bench_run(&bench, CONTACT_MS);
    bool linked = unit_linked(one) && unit_linked(other);
    return linked && knows_as_paired(one, other) && knows_as_paired(other, one) && bench_talks(&bench);
}

/* The stories in which something goes wrong. Each begins with units that are off. */
enum story { PAIR, COME_BACK, REPLACE, FORGET, STORIES };

static void open_windows(struct unit *one, struct unit *other)
{
    bench_connect(&bench, one, other);
    bench_run(&bench, 1000); /* a store that could not be read is read again */
    for (int i = 0; i < 2; i++) {
        if (bench.unit[i]->on) {
            (void)troth_pair(&bench.unit[i]->troth, bench.now_ms, WINDOW_MS);
        }
    }
    bench_run(&bench, WINDOW_MS + 1000);
}

static void tell(enum story story)
{
    restore(story == PAIR ? fresh : paired);
}

static void play(enum story story)
{
    switch (story) {
    case PAIR:
        open_windows(&a, &b);
        break;
    case COME_BACK:
        bench_connect(&bench, &a, &b);
        bench_run(&bench, 40000);
        break;
    case REPLACE:
        open_windows(&a, &c);
        break;
    default:
        bench_connect(&bench, &a, &b);
        bench_run(&bench, 40000);
        if (a.on) {
            (void)troth_forget(&a.troth);
        }
        bench_run(&bench, 40000);
        break;
    }
}

/* Alone for a minute, then off and on: what the device says of its peer is what is stored, and it has no keys. */
static void assert_stored_as_told(struct unit *unit)
{
    bench.unit[0] = unit;
    bench.unit[1] = NULL;
    bench.queued = 0;
    bench_run(&bench, 60000);
    bool was_on = unit->on;
    struct troth_peer before = {.state = TROTH_UNPAIRED};
    struct troth_peer after;
    uint8_t cert[TROTH_CERT_MAX] = {0};
    if (was_on) {
        troth_peer(&unit->troth, &before);
        if (before.cert.len > 0) {
            memcpy(cert, before.cert.data, before.cert.len);
        }
        unit_off(unit);
    }
    unit_on(unit, bench.now_ms);
    bench_run(&bench, 0);
    troth_peer(&unit->troth, &after);
    assert_false(after.linked);
    if (was_on) {
        assert_int_equal(after.state, before.state);
        assert_int_equal(after.generation, before.generation);
        assert_int_equal(after.cert.len, before.cert.len);
        assert_memory_equal(cert, after.cert.len > 0 ? after.cert.data : cert, before.cert.len);
    }
}

/* What was reported as done is so after a loss of power. */
static void assert_durable(const struct unit before[3])
{
    bench.tap = NULL;
    for (int i = 0; i < 3; i++) {
        struct unit *unit = units[i];
        unit->flaky.plan = NULL;
        assert_stored_as_told(unit);
        if (unit->told[TROTH_EVENT_PAIRED] > before[i].told[TROTH_EVENT_PAIRED]) {
            assert_int_equal(unit_peer_state(unit), TROTH_PAIRED);
        }
        if (unit->told[TROTH_EVENT_FORGOTTEN] > 0) {
            assert_int_equal(unit_peer_state(unit), TROTH_UNPAIRED);
        }
        unit_off(unit);
    }
}

/* Two that may be a pair: if one says so, the other does after the next contact, and they talk. True if they are. */
static bool assert_agreed(struct unit *one, struct unit *other)
{
    bool linked = meet(one, other);
    if (!linked) {
        assert_false(knows_as_paired(one, other));
        assert_false(knows_as_paired(other, one));
    }
    return linked;
}

/* After whatever happened in the story: legal, healed, and a person can always go on. */
static void assert_healed(enum story story)
{
    assert_durable(story == PAIR ? fresh : paired);
    bool new_pair = false;
    if (story == PAIR) {
        new_pair = assert_agreed(&a, &b);
    } else if (story == COME_BACK) {
        assert_true(meet(&a, &b));
    } else if (story == REPLACE) {
        new_pair = assert_agreed(&a, &c);
        assert_true(new_pair || meet(&a, &b));
    } else if (a.told[TROTH_EVENT_FORGOTTEN] > 0 || !meet(&a, &b)) {
        bench_connect(&bench, &a, &b);
        assert_int_equal(unit_peer_state(&a), TROTH_UNPAIRED);
    }
    if (!new_pair) {
        bench_connect(&bench, &a, story == REPLACE ? &c : &b);
        assert_true(bench_pair(&bench, WINDOW_MS));
        assert_true(bench_talks(&bench));
    }
}

static unsigned tried;

static bool is_full(void)
{
    const char *sweep = getenv("TROTH_SWEEP");
    return sweep != NULL && strcmp(sweep, "full") == 0;
}

/* One run with a fault at one operation of either side. False when the story was over before. */
static bool run(enum story story, enum flaky_kind kind, unsigned fault_at, bool spares_hashes)
{
    struct flaky_plan plan = {
        .fault_at = fault_at, .kind = kind, .seed = fault_at * 7919U, .spares_hashes = spares_hashes};
    tell(story);
    for (int i = 0; i < 3; i++) {
        units[i]->flaky.plan = &plan;
    }
    play(story);
    if (plan.struck) {
        assert_healed(story);
        tried++;
    }
    return plan.struck;
}

static void sweep(enum flaky_kind kind)
{
    unsigned before = tried;
    for (int method = 0; method <= 3; method += 3) {
        make(method);
        for (enum story story = 0; story < STORIES; story++) {
            unsigned at = 1;
            while (run(story, kind, at, true)) {
                at++;
            }
            unsigned step = is_full() ? 1 : HASH_STEP;
            at = 1 + (unsigned)kind % step;
            while (run(story, kind, at, false)) {
                at += step;
            }
        }
        clean();
    }
    print_message("%u operations gone wrong\n", tried - before);
    assert_true(tried - before > 180);
}

static void operations_fail(void **state)
{
    (void)state;
    sweep(FLAKY_FAILS);
}

static void operations_are_done_and_denied(void **state)
{
    (void)state;
    sweep(FLAKY_DENIES);
}

static void writes_are_torn(void **state)
{
    (void)state;
    sweep(FLAKY_TEARS);
}

static void power_goes_before_operations(void **state)
{
    (void)state;
    sweep(FLAKY_CUT_BEFORE);
}

static void power_goes_within_operations(void **state)
{
    (void)state;
    sweep(FLAKY_CUT_WITHIN);
}

static void power_goes_after_operations(void **state)
{
    (void)state;
    sweep(FLAKY_CUT_AFTER);
}

/* The power of whom goes with a frame, and what becomes of it. */
enum frame_cut { SENDER, SENDER_AND_FRAME, RECEIVER, BOTH, FRAME_CUTS };

static struct {
    unsigned frames;
    unsigned at;
    enum frame_cut kind;
} cut;

static bool cutting(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)frame;
    (void)len;
    cut.frames++;
    if (cut.frames != cut.at) {
        return true;
    }
    on->unit[from]->flaky.dead = cut.kind != RECEIVER;
    on->unit[1 - from]->flaky.dead = cut.kind >= RECEIVER;
    return cut.kind != SENDER_AND_FRAME;
}

static bool run_cut(enum story story, enum frame_cut kind, unsigned at, uint32_t back_ms)
{
    tell(story);
    cut.frames = 0;
    cut.at = at;
    cut.kind = kind;
    bench.tap = cutting;
    if (back_ms == 0) {
        play(story);
    } else {
        /* The lost one is back while the other's window is still open. */
        struct unit *other = story == REPLACE ? &c : &b;
        bench_connect(&bench, &a, other);
        (void)troth_pair(&a.troth, bench.now_ms, WINDOW_MS);
        (void)troth_pair(&other->troth, bench.now_ms, WINDOW_MS);
        bench_run(&bench, back_ms);
        bench.queued = 0;
        bench_connect(&bench, &a, other);
        bench_run(&bench, WINDOW_MS + 1000);
    }
    if (cut.frames >= at) {
        assert_healed(story);
        tried++;
    }
    return cut.frames >= at;
}

static void power_goes_with_a_frame(void **state)
{
    (void)state;
    unsigned before = tried;
    for (int method = 0; method <= 3; method += 3) {
        make(method);
        for (enum frame_cut kind = 0; kind < FRAME_CUTS; kind++) {
            for (enum story story = 0; story < STORIES; story++) {
                for (unsigned at = 1; run_cut(story, kind, at, 0); at++) {
                }
            }
            for (unsigned at = 1; at <= 8; at++) {
                run_cut(PAIR, kind, at, 3000);
                run_cut(REPLACE, kind, at, 3000);
            }
        }
        clean();
    }
    print_message("%u frames cut\n", tried - before);
    assert_true(tried - before > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_fail),
        cmocka_unit_test(operations_are_done_and_denied),
        cmocka_unit_test(writes_are_torn),
        cmocka_unit_test(power_goes_before_operations),
        cmocka_unit_test(power_goes_within_operations),
        cmocka_unit_test(power_goes_after_operations),
        cmocka_unit_test(power_goes_with_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
