/* Arbitrary frames, genuine ones with damage, time and the owner's wishes, in any order, for a device in each of its situations.
 * The device reads and writes nothing but what is its own, keeps the laws of troth.h (support/bench ends the program where one is
 * broken), comes to rest, and stores nothing that its owner did not ask for.
 *
 * The situations are made once, with every frame that led to them; each run begins with a copy. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "test/support/bench.h"

#define WINDOW_MS 60000
#define KEPT_MAX  48
#define TEXT      "words"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kinds of frames, their first byte (SPEC.md). */
enum { MESSAGE_1 = 1, MESSAGE_2, MESSAGE_3, MESSAGE_4, ERROR_FRAME, CONTROL, DATA };

struct kept {
    size_t len;
    uint8_t bytes[BENCH_FRAME_MAX];
};

/* How a is brought into a situation: `a` paired or not, its window, who begins, and at which frame of its history the wire is
 * cut; that frame and all before it are kept for the fuzzer. */
static const struct plan {
    bool paired;
    bool window;
    bool a_begins;
    uint8_t stop_kind; /* 0: at the end */
    uint8_t stop_count;
    bool accepts;
} plans[] = {
    {false, false, false, 0, 0, false},        /*  0 unpaired */
    {false, true, true, MESSAGE_1, 1, false},  /*  1 waits for message_2 */
    {false, true, false, MESSAGE_1, 1, false}, /*  2 window open, nothing heard */
    {false, true, true, MESSAGE_2, 1, false},  /*  3 has a message_2 to expect */
    {false, true, false, MESSAGE_3, 1, false}, /*  4 waits for message_3 */
    {false, true, true, MESSAGE_4, 1, false},  /*  5 waits for message_4 */
    {false, true, true, 0, 0, false},          /*  6 the owner is asked, Initiator */
    {false, true, false, 0, 0, false},         /*  7 the owner is asked, Responder */
    {false, true, true, CONTROL, 2, true},     /*  8 has accepted */
    {false, true, false, CONTROL, 3, true},    /*  9 has the peer pending */
    {true, false, true, MESSAGE_1, 1, false},  /* 10 calls its peer */
    {true, false, false, MESSAGE_1, 1, false}, /* 11 waits for its peer */
    {true, false, false, MESSAGE_3, 1, false}, /* 12 waits for message_3, by reference */
    {true, false, true, MESSAGE_4, 1, false},  /* 13 waits for message_4, by reference */
    {true, false, false, 0, 0, false},         /* 14 linked, as Responder */
    {true, false, true, 0, 0, false},          /* 15 linked, as Initiator */
    {true, true, false, 0, 0, false},          /* 16 linked, and the window open */
};

#define SITUATIONS (sizeof plans / sizeof plans[0])

static struct situation {
    struct unit a;
    struct kept kept[KEPT_MAX]; /* the frames to a first, then, from the end, those from a */
    unsigned to_a;
    unsigned from_a;
    uint32_t now_ms;
} situations[SITUATIONS];

static struct family family;
static struct unit a;
static struct unit b;
static struct bench bench;
static struct situation *making;
static const struct plan *making_by;
static unsigned stop_count;

static bool keeping(struct bench *on, int from, uint8_t *frame, size_t *len)
{
    (void)on;
    if (making->to_a + making->from_a < KEPT_MAX) {
        struct kept *kept = from == 1 ? &making->kept[making->to_a++] : &making->kept[KEPT_MAX - ++making->from_a];
        kept->len = *len;
        memcpy(kept->bytes, frame, *len);
    }
    stop_count += frame[0] == making_by->stop_kind;
    return stop_count == 0 || stop_count < making_by->stop_count;
}

static void make_situation(struct situation *situation, const struct plan *plan)
{
    making = situation;
    making_by = plan;
    stop_count = 0;
    a.accepts = plan->accepts;
    b.accepts = plan->accepts || plan->window;
    a.config.begin = plan->a_begins ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
    b.config.begin = plan->a_begins ? TROTH_ANSWERS_ONLY : TROTH_BEGINS;
    bench = (struct bench){.now_ms = 1000, .tap = keeping};
    bench_connect(&bench, &a, &b);
    if (plan->window) {
        (void)troth_pair(&a.troth, bench.now_ms, WINDOW_MS);
        (void)troth_pair(&b.troth, bench.now_ms, plan->paired ? 1 : WINDOW_MS);
    }
    bench_run(&bench, plan->stop_kind == 0 ? 500 : 1500);
    if (unit_linked(&a) && unit_linked(&b)) {
        (void)bench_send(&bench, 0, TEXT);
        (void)bench_send(&bench, 1, TEXT);
    }
    bench.queued = 0; /* what was said is kept, and not yet heard */
    situation->a = a;
    situation->a.accepts = false;
    situation->now_ms = bench.now_ms;
}

static void make(void)
{
    static bool made;
    if (made) {
        return;
    }
    made = true;
    family_make(&family, "acme root", 0, false, 42);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001");
    unit_use_cheap(&a, 0);
    unit_use_cheap(&b, 1);
    struct unit fresh[2] = {a, b};
    bench_connect(&bench, &a, &b);
    bool paired = bench_pair(&bench, WINDOW_MS);
    assert(paired);
    (void)paired;
    unit_off(&a);
    unit_off(&b);
    struct unit pair[2] = {a, b};
    for (size_t i = 0; i < SITUATIONS; i++) {
        a = plans[i].paired ? pair[0] : fresh[0];
        b = plans[i].paired ? pair[1] : fresh[1];
        make_situation(&situations[i], &plans[i]);
    }
}

/* The next bytes of the input; 0 when it is used up. */
static const uint8_t *input;
static size_t left;

static uint8_t next(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *input++;
}

/* Into the device, in memory of exactly its length. */
static void receive(const uint8_t *frame, size_t len)
{
    struct troth_event event;
    uint8_t *memory = malloc(len > 0 ? len : 1);
    assert(memory != NULL);
    memcpy(memory, frame, len);
    unsigned operations = a.flaky.public_key_operations;
    unsigned writes = a.flaky.writes;
    int result = troth_receive(&a.troth, bench.now_ms, memory, len, &event);
    assert(result <= TROTH_OK && result >= TROTH_E_UNPAIRED);
    assert(a.flaky.public_key_operations == operations && a.flaky.writes == writes);
    if (event.kind == TROTH_EVENT_DATA) {
        assert(event.data.data >= memory && event.data.data + event.data.len <= memory + len);
        assert(event.data.len == strlen(TEXT) && memcmp(event.data.data, TEXT, strlen(TEXT)) == 0);
    } else {
        assert(event.kind == TROTH_EVENT_NONE);
    }
    (void)result;
    (void)operations;
    (void)writes;
    free(memory);
}

static void receive_raw(int kind)
{
    uint8_t frame[300] = {0};
    size_t len = next();
    for (size_t i = 0; i < len; i++) {
        frame[i] = next();
    }
    if (kind > 0 && len > 0) {
        frame[0] = (uint8_t)(1 + kind % 7);
    }
    receive(frame, len);
}

static void receive_kept(const struct situation *situation, bool damaged)
{
    uint8_t which = next();
    unsigned count = situation->to_a + situation->from_a;
    if (count == 0) {
        return;
    }
    unsigned at = which % count;
    struct kept frame = situation->kept[at < situation->to_a ? at : KEPT_MAX - 1 - (at - situation->to_a)];
    for (unsigned flips = damaged ? 1 + next() % 4U : 0; flips > 0; flips--) {
        size_t place = next() % frame.len;
        frame.bytes[place] ^= next();
    }
    if (damaged && next() % 4 == 0) {
        frame.len = next() % (frame.len + 1);
    }
    receive(frame.bytes, frame.len);
}

/* True: it may lead to something being stored. */
static bool wish(void)
{
    switch (next() % 6) {
    case 0:
        (void)troth_pair(&a.troth, bench.now_ms, 1000U * next());
        return false;
    case 1:
        (void)troth_refuse(&a.troth);
        return false;
    case 2:
        return troth_accept(&a.troth) == TROTH_OK;
    case 3:
        return troth_cancel(&a.troth) == TROTH_OK;
    case 4:
        return troth_forget(&a.troth) == TROTH_OK;
    default:
        bench_reset(&bench, &a);
        return false;
    }
}

static void say_something(void)
{
    uint8_t frame[64];
    size_t frame_len;
    size_t cap = next() % sizeof frame;
    int result = troth_send(&a.troth, (const uint8_t *)TEXT, strlen(TEXT), frame, cap, &frame_len);
    assert(result == TROTH_OK ? frame_len <= cap && unit_linked(&a) : frame_len == 0);
    (void)result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make();
    input = data;
    left = size;
    const struct situation *situation = &situations[next() % SITUATIONS];
    a = situation->a;
    bench = (struct bench){.unit = {&a, NULL}, .now_ms = situation->now_ms};
    bool asked = situation == &situations[8] || situation == &situations[9];
    uint64_t stored = unit_stored(&a);
    for (unsigned steps = 0; left > 0 && steps < 64; steps++) {
        uint8_t what = next();
        switch (what % 8) {
        case 0:
            receive_raw(what / 8 % 8);
            break;
        case 1:
        case 2:
            receive_kept(situation, false);
            break;
        case 3:
            receive_kept(situation, true);
            break;
        case 4:
            asked |= wish();
            break;
        case 5:
            say_something();
            break;
        case 6:
            bench_run(&bench, 50U * next());
            break;
        default:
            bench_run(&bench, 0);
            break;
        }
        bench.queued = 0;
    }
    bench_run(&bench, 2000);
    assert(asked || stored == unit_stored(&a));
    (void)stored;
    (void)asked;
    unit_off(&a);
    return 0;
}
