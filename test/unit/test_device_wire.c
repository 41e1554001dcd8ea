/* A wire that loses, doubles, delays, swaps, damages, replays and forges frames, one at a time or many: two devices pair and link
 * all the same, and nothing that comes from the wire alone changes what is stored. Public API only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "test/support/bench.h"

#define WINDOW_MS 120000
#define STEP_MS   50
#define KEPT_MAX  256

static struct family family;
static struct unit a;
static struct unit b;
static struct bench bench;

static int clean(void **state)
{
    (void)state;
    unit_free(&a);
    unit_free(&b);
    family_free(&family);
    return 0;
}

/* The quick port: each run is the same as the last, but for its fault. */
static void make(int method, uint32_t seed)
{
    family_make(&family, "acme root", method, false, seed);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001");
    unit_use_cheap(&a, 0);
    unit_use_cheap(&b, 1);
    bench = (struct bench){.now_ms = 1000};
}

static int begin(void **state)
{
    (void)state;
    make(0, 42);
    return 0;
}

enum fault_kind {
    LOST,
    DOUBLED,
    DELAYED,
    DELAYED_LONG,
    SWAPPED,
    DAMAGED,
    SHORTENED,
    REFLECTED,
    ALL_REPLAYED,
    ERROR_FORGED,
    OTHER_SUITE_FORGED,
    JUNK,
    FAULTS
};

struct kept {
    int from;
    size_t len;
    uint8_t bytes[BENCH_FRAME_MAX];
};

static struct {
    unsigned frames;
    unsigned at;     /* the frame that meets the fault, from 1 */
    unsigned one_in; /* or, if not 0: any frame, with this probability, and any fault */
    enum fault_kind kind;
    uint32_t seed;
    struct kept held; /* len 0: nothing */
    uint32_t release_ms;
    bool swap;
    struct kept past[KEPT_MAX]; /* all that went over the wire */
    unsigned past_count;
} wire;

static uint32_t dice(uint32_t sides)
{
    wire.seed = wire.seed * 1664525U + 1013904223U;
    return (wire.seed >> 8) % sides;
}

static void hold(int from, const uint8_t *frame, size_t len, uint32_t delay_ms)
{
    wire.held.from = from;
    wire.held.len = len;
    memcpy(wire.held.bytes, frame, len);
    wire.release_ms = bench.now_ms + delay_ms;
}

static void release(void)
{
    bench_inject(&bench, wire.held.from, wire.held.bytes, wire.held.len);
    wire.held.len = 0;
    wire.swap = false;
}

static void junk(int from)
{
    uint8_t frame[80];
    for (uint8_t kind = 0; kind < 9; kind++) {
        for (size_t i = 0; i < sizeof frame; i++) {
            frame[i] = (uint8_t)dice(256);
        }
        frame[0] = kind;
        bench_inject(&bench, from, frame, 10 + dice(70));
    }
}

/* False: the frame does not go on by itself. */
static bool suffer(enum fault_kind kind, int from, uint8_t *frame, size_t *len)
{
    static const uint8_t error[] = {5, 0x01, 0x62, 'n', 'o'};
    static const uint8_t other_suite[] = {5, 0x02, 0x82, 0x03, 0x02};
    switch (kind) {
    case LOST:
        return false;
    case DOUBLED:
        bench_inject(&bench, from, frame, *len);
        return true;
    case DELAYED:
    case DELAYED_LONG:
        hold(from, frame, *len, kind == DELAYED ? 700 : 9000);
        return false;
    case SWAPPED:
        hold(from, frame, *len, 20000);
        wire.swap = true;
        return false;
    case DAMAGED:
        frame[dice((uint32_t)*len)] ^= (uint8_t)(1U << dice(8));
        return true;
    case SHORTENED:
        *len = 1 + dice((uint32_t)*len - 1);
        return true;
    case REFLECTED:
        bench_inject(&bench, 1 - from, frame, *len);
        return true;
    case ALL_REPLAYED:
        for (unsigned i = 0; i < wire.past_count && i < 24; i++) {
            const struct kept *kept = &wire.past[wire.past_count - 1 - i];
            bench_inject(&bench, kept->from, kept->bytes, kept->len);
        }
        return true;
    case ERROR_FORGED:
        bench_inject(&bench, 1 - from, error, sizeof error);
        return true;
    case OTHER_SUITE_FORGED:
        bench_inject(&bench, 1 - from, other_suite, sizeof other_suite);
        return true;
    default:
        junk(from);
        junk(1 - from);
        return true;
    }
}

static bool wiring(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    if (wire.swap && wire.held.len > 0 && wire.held.from == from) {
        bench_inject(&bench, from, frame, *len);
        release();
        return false;
    }
    if (wire.past_count < KEPT_MAX) {
        struct kept *kept = &wire.past[wire.past_count++];
        *kept = (struct kept){.from = from, .len = *len};
        memcpy(kept->bytes, frame, *len);
    }
    wire.frames++;
    if (wire.one_in > 0) {
        return dice(wire.one_in) != 0 || suffer((enum fault_kind)dice(FAULTS), from, frame, len);
    }
    return wire.frames != wire.at || suffer(wire.kind, from, frame, len);
}

/* Time passes; what was held comes late. */
static void run(uint32_t ms)
{
    for (uint32_t past_ms = 0; past_ms < ms; past_ms += STEP_MS) {
        bench_run(&bench, STEP_MS);
        if (wire.held.len > 0 && (int32_t)(bench.now_ms - wire.release_ms) >= 0) {
            release();
        }
    }
}

/* Runs until both are linked, at most ms; whether they are. */
static bool run_until_linked(uint32_t ms)
{
    for (uint32_t past_ms = 0; past_ms < ms; past_ms += 500) {
        if (unit_linked(&a) && unit_linked(&b)) {
            return true;
        }
        run(500);
    }
    return unit_linked(&a) && unit_linked(&b);
}

static void open_windows(void)
{
    bench_connect(&bench, &a, &b);
    assert_int_equal(troth_pair(&a.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
    assert_int_equal(troth_pair(&b.troth, bench.now_ms, WINDOW_MS), TROTH_OK);
}

/* One fault in a pairing, a reset and a new link, for every frame and every fault; both methods. */
static bool whole_story(void)
{
    bench.tap = wiring;
    open_windows();
    assert_true(run_until_linked(WINDOW_MS));
    run(1000);
    uint64_t stored = unit_stored(&a) ^ unit_stored(&b) << 1;
    assert_true(unit_knows(&a, &b) && unit_knows(&b, &a));
    bench_reset(&bench, &b);
    assert_false(unit_linked(&b));
    assert_true(run_until_linked(90000));
    run(30000); /* whatever is still under way */
    assert_true(run_until_linked(90000));
    bench.tap = NULL;
    assert_true(bench_talks(&bench));
    assert_true(stored == (unit_stored(&a) ^ unit_stored(&b) << 1));
    return wire.frames >= wire.at;
}

static void every_frame_every_fault(void **state)
{
    unsigned runs = 0;
    for (int method = 0; method <= 3; method += 3) {
        for (enum fault_kind kind = 0; kind < FAULTS; kind++) {
            bool met = true;
            for (unsigned at = 1; met; at++) {
                clean(state);
                make(method, 42);
                memset(&wire, 0, sizeof wire);
                wire.at = at;
                wire.kind = kind;
                wire.seed = at;
                met = whole_story();
                runs++;
            }
        }
    }
    print_message("%u runs\n", runs);
    assert_true(runs > 2 * FAULTS * 10);
}

/* A bad wire for a while, then a good one: they find each other, within the window, and after a reset in the storm. */
static void storms(void **state)
{
    for (uint32_t seed = 1; seed <= 150; seed++) {
        clean(state);
        make(seed % 2 == 0 ? 0 : 3, seed);
        memset(&wire, 0, sizeof wire);
        wire.one_in = 2 + seed % 5;
        wire.seed = seed;
        bench.tap = wiring;
        a.config.begin = seed % 3 == 0 ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
        open_windows();
        run(25000);
        bench.tap = NULL;
        wire.held.len = 0;
        assert_true(run_until_linked(WINDOW_MS - 25000));
        run(60000);
        assert_true(unit_linked(&a) && unit_linked(&b));
        assert_true(bench_talks(&bench));
        uint64_t stored = unit_stored(&a) ^ unit_stored(&b) << 1;
        bench.tap = wiring;
        bench_reset(&bench, &a);
        run(20000);
        bench_reset(&bench, &b);
        run(100000);
        bench.tap = NULL;
        wire.held.len = 0;
        run(400000);
        bench_send(&bench, 1, "anybody");
        run(40000);
        assert_true(bench_talks(&bench));
        assert_true(stored == (unit_stored(&a) ^ unit_stored(&b) << 1));
    }
}

/* Nobody accepts: whatever the wire brings, nothing is stored, and no link comes about. */
static void nothing_is_stored_unasked(void **state)
{
    for (uint32_t seed = 1; seed <= 40; seed++) {
        clean(state);
        make(seed % 2 == 0 ? 0 : 3, seed);
        memset(&wire, 0, sizeof wire);
        wire.one_in = 2;
        wire.seed = seed;
        bench.tap = wiring;
        a.accepts = seed % 3 == 0;
        b.accepts = seed % 3 == 1;
        open_windows();
        run(WINDOW_MS + 5000);
        assert_int_equal(a.flaky.writes + b.flaky.writes, 0);
        assert_int_equal(a.told[TROTH_EVENT_LINKED] + b.told[TROTH_EVENT_LINKED], 0);
        assert_int_equal(unit_peer_state(&a), TROTH_UNPAIRED);
    }
}

/* A pair with closed windows, and an attacker with all that was ever said, junk and damage: the store stays as it is, no data
 * comes out, and when the attacker is gone the pair talks. */
static void air_changes_nothing(void **state)
{
    clean(state);
    family_make(&family, "acme root", 0, false, 42);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001"); /* on OpenSSL: here no ephemeral key may come twice */
    bench = (struct bench){.now_ms = 1000};
    memset(&wire, 0, sizeof wire);
    wire.seed = 7;
    bench.tap = wiring;
    open_windows();
    assert_true(run_until_linked(WINDOW_MS));
    bench_reset(&bench, &a);
    run(30000);
    assert_true(bench_talks(&bench));
    unsigned said = wire.past_count;
    uint64_t stored[2] = {unit_stored(&a), unit_stored(&b)};
    unsigned writes = a.flaky.writes + b.flaky.writes;
    unsigned data = a.told[TROTH_EVENT_DATA] + b.told[TROTH_EVENT_DATA];
    for (unsigned i = 0; i < 20000; i++) {
        struct kept frame = wire.past[dice(said)];
        unsigned flips = dice(3);
        for (unsigned k = 0; k < flips; k++) {
            frame.bytes[dice((uint32_t)frame.len)] ^= (uint8_t)(1U << dice(8));
        }
        bench_inject(&bench, (int)dice(2), frame.bytes, frame.len);
        bench_run(&bench, dice(20) == 0 ? dice(4000) : 0);
    }
    assert_int_equal(a.told[TROTH_EVENT_DATA] + b.told[TROTH_EVENT_DATA], data);
    assert_int_equal(a.flaky.writes + b.flaky.writes, writes);
    assert_true(stored[0] == unit_stored(&a) && stored[1] == unit_stored(&b));
    run(400000);
    assert_true(bench_talks(&bench));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_frame_every_fault),
        TEST(storms),
        TEST(nothing_is_stored_unasked),
        TEST(air_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
