/* Records: the window by numbered tables, the bounds of a key, and what an attacker can do to a record. White box: src/record.h;
 * sequence numbers that would take a million records to reach are set in the struct. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/soft/soft.h"
#include "record.h"

#define KIND     7
#define TEXT_MAX 80

static const struct troth_crypto crypto = {.sha256 = troth_soft_sha256, .aes128 = troth_soft_aes128};
static const struct troth_port port = {&crypto, NULL};

static struct troth_records initiator;
static struct troth_records responder;

static void begin(size_t tag_len)
{
    record_begin(&initiator, true, tag_len);
    record_begin(&responder, false, tag_len);
    for (size_t i = 0; i < sizeof initiator.material; i++) {
        initiator.material[i] = (uint8_t)(i * 11 + 3);
        responder.material[i] = (uint8_t)(i * 11 + 3);
    }
}

/* Record number `sequence` of the Initiator; its length. */
static size_t seal_as(uint32_t sequence, uint8_t frame[TEXT_MAX])
{
    size_t frame_len;
    frame[RECORD_HEAD_LEN] = 'x';
    initiator.out_next = sequence;
    assert_int_equal(record_seal(&initiator, &port, KIND, frame, 1, &frame_len), TROTH_OK);
    assert_int_equal(initiator.out_next, sequence + 1);
    assert_int_equal(frame[1], (uint8_t)sequence);
    return frame_len;
}

static int open_copy(const uint8_t *frame, size_t frame_len)
{
    uint8_t copy[TEXT_MAX];
    struct troth_span text;
    memcpy(copy, frame, frame_len);
    return record_open(&responder, &port, copy, frame_len, &text);
}

/* One table a story: records by their sequence numbers, in the order in which they arrive. */
enum verdict { TAKEN, DROPPED, DAMAGED /* on the way: dropped, and it must not move anything */ };

struct arrival {
    uint32_t sequence;
    enum verdict verdict;
};

struct story {
    const char *what;
    struct arrival arrival[40];
};

#define END                 \
    {                       \
        UINT32_MAX, DROPPED \
    }

static const struct story stories[] = {
    {"1 in order", {{0, TAKEN}, {1, TAKEN}, {2, TAKEN}, {3, TAKEN}, END}},
    {"2 each once", {{0, TAKEN}, {0, DROPPED}, {1, TAKEN}, {1, DROPPED}, {0, DROPPED}, {2, TAKEN}, {1, DROPPED}, END}},
    {"3 the first is lost", {{1, TAKEN}, {0, TAKEN}, {0, DROPPED}, {1, DROPPED}, {2, TAKEN}, END}},
    {"4 gaps, filled later",
     {{0, TAKEN},
      {9, TAKEN},
      {5, TAKEN},
      {7, TAKEN},
      {5, DROPPED},
      {6, TAKEN},
      {10, TAKEN},
      {8, TAKEN},
      {9, DROPPED},
      END}},
    {"5 the last place of the window",
     {{0, TAKEN}, {40, TAKEN}, {9, TAKEN}, {9, DROPPED}, {8, DROPPED}, {10, TAKEN}, END}},
    {"6 behind the window", {{0, TAKEN}, {1, TAKEN}, {32, TAKEN}, {0, DROPPED}, {1, DROPPED}, {2, TAKEN}, END}},
    {"7 a gap as wide as the window",
     {{0, TAKEN}, {31, TAKEN}, {0, DROPPED}, {1, TAKEN}, {63, TAKEN}, {31, DROPPED}, {32, TAKEN}, END}},
    {"8 a wider gap leaves no marks",
     {{0, TAKEN}, {33, TAKEN}, {32, TAKEN}, {2, TAKEN}, {1, DROPPED}, {100, TAKEN}, {99, TAKEN}, END}},
    {"9 +127 from the highest",
     {{0, TAKEN}, {127, TAKEN}, {254, TAKEN}, {381, TAKEN}, {380, TAKEN}, {381, DROPPED}, END}},
    {"10 +127 from nothing: record 126 is the last that is found", {{126, TAKEN}, {125, TAKEN}, {253, TAKEN}, END}},
    {"11 +128 is out of reach", {{0, TAKEN}, {128, DROPPED}, {127, TAKEN}, {255, DROPPED}, {254, TAKEN}, END}},
    {"12 127 and more from nothing", {{127, DROPPED}, {128, DROPPED}, {255, DROPPED}, {256, DROPPED}, {0, TAKEN}, END}},
    {"13 +256 would be taken for an old one", {{0, TAKEN}, {256, DROPPED}, {255, DROPPED}, {1, TAKEN}, END}},
    {"14 -128 is behind the window",
     {{100, TAKEN}, {200, TAKEN}, {72, DROPPED}, {73, DROPPED}, {168, DROPPED}, {169, TAKEN}, END}},
    {"15 the 8 bits wrap",
     {{100, TAKEN},
      {220, TAKEN},
      {255, TAKEN},
      {256, TAKEN},
      {254, TAKEN},
      {257, TAKEN},
      {255, DROPPED},
      {256, DROPPED},
      END}},
    {"16 a gap over the wrap",
     {{120, TAKEN}, {240, TAKEN}, {270, TAKEN}, {250, TAKEN}, {239, TAKEN}, {238, DROPPED}, {250, DROPPED}, END}},
    {"17 damage moves nothing",
     {{0, TAKEN},
      {100, DAMAGED},
      {1, TAKEN},
      {120, DAMAGED},
      {121, DAMAGED},
      {2, TAKEN},
      {100, TAKEN},
      {69, TAKEN},
      {68, DROPPED},
      END}},
    {"18 damaged, then whole", {{5, DAMAGED}, {5, TAKEN}, {5, DAMAGED}, {5, DROPPED}, {4, DAMAGED}, {4, TAKEN}, END}},
    {"19 backwards",
     {{31, TAKEN}, {30, TAKEN}, {29, TAKEN}, {2, TAKEN}, {1, TAKEN}, {0, TAKEN}, {0, DROPPED}, {31, DROPPED}, END}},
};

static void window_stories(void **state)
{
    uint8_t frame[TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        begin(8);
        for (const struct arrival *arrival = stories[i].arrival; arrival->sequence != UINT32_MAX; arrival++) {
            const struct troth_records before = responder;
            size_t frame_len = seal_as(arrival->sequence, frame);
            frame[frame_len - 1] ^= arrival->verdict == DAMAGED;
            int result = open_copy(frame, frame_len);
            if ((result == TROTH_OK) != (arrival->verdict == TAKEN)) {
                fail_msg("story %s: record %u", stories[i].what, (unsigned)arrival->sequence);
            }
            if (result != TROTH_OK) {
                assert_int_equal(result, TROTH_E_FORGED);
                assert_int_equal(responder.in_next, before.in_next);
                assert_int_equal(responder.in_seen, before.in_seen);
            }
        }
    }
}

/* The same anywhere in the life of a key: a model that remembers every number, and random arrivals around the highest. */
static void window_against_a_model(void **state)
{
    static bool seen[4096];
    uint8_t frame[TEXT_MAX];
    uint32_t seed = 5;
    int32_t highest = -1;
    (void)state;
    memset(seen, 0, sizeof seen);
    begin(8);
    for (int i = 0; i < 20000 && highest < 3900; i++) {
        seed = seed * 1664525U + 1013904223U;
        int32_t sequence = highest - 60 + (int32_t)((seed >> 8) % (i % 16 == 0 ? 187 : 64));
        if (sequence < 0) {
            continue;
        }
        bool taken = sequence > highest || (highest - sequence < 32 && !seen[sequence]);
        size_t frame_len = seal_as((uint32_t)sequence, frame);
        assert_int_equal(open_copy(frame, frame_len), taken ? TROTH_OK : TROTH_E_FORGED);
        seen[sequence] = true;
        highest = sequence > highest ? sequence : highest;
        responder.forgeries = 0;
    }
    assert_true(highest > 1000);
}

/* 10 bytes around a message, 18 in suite 3; in place; both directions; the text comes out where it stood. */
static void records_carry_texts(void **state)
{
    static const size_t tags[] = {8, 16};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(tags[i]);
        for (size_t len = 0; len <= 60; len++) {
            uint8_t frame[TEXT_MAX + 2];
            uint8_t text[60] = {0};
            size_t frame_len;
            struct troth_span out;
            struct troth_records *from = len % 2 == 0 ? &initiator : &responder;
            struct troth_records *to = len % 2 == 0 ? &responder : &initiator;
            memset(frame, 0xee, sizeof frame);
            for (size_t k = 0; k < len; k++) {
                text[k] = (uint8_t)(k + len);
            }
            memcpy(frame + RECORD_HEAD_LEN, text, len);
            assert_int_equal(record_seal(from, &port, KIND, frame, len, &frame_len), TROTH_OK);
            assert_int_equal(frame_len, len + (tags[i] == 8 ? 10 : 18));
            assert_int_equal(frame[0], KIND);
            assert_int_equal(frame[1], len / 2);
            assert_int_equal(frame[frame_len], 0xee);
            assert_true(len < 8 || memcmp(frame + RECORD_HEAD_LEN, text, len) != 0);
            assert_int_equal(record_open(to, &port, frame, frame_len, &out), TROTH_OK);
            assert_ptr_equal(out.data, frame + RECORD_HEAD_LEN);
            assert_int_equal(out.len, len);
            assert_memory_equal(out.data, text, len);
        }
    }
}

/* Two records of the same text have nothing in common: no sequence number, and so no nonce, is used twice; and the two
 * directions have different keys. */
static void same_text_looks_different(void **state)
{
    uint8_t frame[3][64];
    size_t frame_len;
    (void)state;
    begin(8);
    for (int i = 0; i < 3; i++) {
        memset(frame[i], 0, sizeof frame[i]);
        assert_int_equal(record_seal(i < 2 ? &initiator : &responder, &port, KIND, frame[i], 32, &frame_len), TROTH_OK);
    }
    for (size_t at = 2; at + 8 <= frame_len; at += 8) {
        assert_memory_not_equal(frame[0] + at, frame[1] + at, 8);
        assert_memory_not_equal(frame[0] + at, frame[2] + at, 8);
    }
}

/* Any bit flipped, anything cut off or added, another kind, the own record come back: one answer, and the text is gone. */
static void damage_is_noticed(void **state)
{
    uint8_t frame[64] = {0};
    size_t frame_len;
    struct troth_span text;
    (void)state;
    begin(8);
    memset(frame + RECORD_HEAD_LEN, 'x', 16);
    assert_int_equal(record_seal(&initiator, &port, KIND, frame, 16, &frame_len), TROTH_OK);
    for (size_t bit = 0; bit < 8 * frame_len; bit++) {
        uint8_t copy[64];
        memcpy(copy, frame, sizeof copy);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(record_open(&responder, &port, copy, frame_len, &text), TROTH_E_FORGED);
        if (bit / 8 != 1) { /* a wrong sequence number may be refused unseen */
            static const uint8_t nothing[16];
            assert_memory_equal(copy + RECORD_HEAD_LEN, nothing, 16);
        }
    }
    for (size_t len = 0; len <= sizeof frame; len++) {
        assert_int_equal(len != frame_len ? open_copy(frame, len) : TROTH_E_FORGED, TROTH_E_FORGED);
    }
    uint8_t copy[64];
    memcpy(copy, frame, sizeof copy);
    assert_int_equal(record_open(&initiator, &port, copy, frame_len, &text), TROTH_E_FORGED); /* reflected */
    assert_int_equal(open_copy(frame, frame_len), TROTH_OK);
}

/* A key sees so many forgeries and no more: then even a good record is refused, and a new handshake is due. Replays that are
 * refused without looking at the tag are no guesses and do not count. */
static void forgeries_are_bounded(void **state)
{
    uint8_t good[TEXT_MAX];
    uint8_t bad[TEXT_MAX];
    (void)state;
    begin(8);
    size_t frame_len = seal_as(0, good);
    assert_int_equal(open_copy(good, frame_len), TROTH_OK);
    for (unsigned i = 0; i < 20000; i++) {
        assert_int_equal(open_copy(good, frame_len), TROTH_E_FORGED);
    }
    assert_int_equal(responder.forgeries, 0);
    frame_len = seal_as(1, good);
    memcpy(bad, good, sizeof bad);
    for (unsigned i = 0; i < RECORD_FORGERY_LIMIT; i++) {
        assert_int_equal(responder.forgeries, i);
        bad[frame_len - 1] = (uint8_t)(good[frame_len - 1] + 1 + i % 255);
        assert_int_equal(open_copy(bad, frame_len), TROTH_E_FORGED);
    }
    assert_int_equal(RECORD_FORGERY_LIMIT, 16384);
    assert_true(record_spent(&responder));
    assert_int_equal(open_copy(good, frame_len), TROTH_E_STATE);
    record_begin(&responder, false, 8);
    assert_false(record_spent(&responder));
}

/* 32 drops in a row, of whatever kind, say that too much was lost; one record that verifies says that all is well. */
static void deafness_is_noticed(void **state)
{
    uint8_t good[TEXT_MAX];
    uint8_t replay[TEXT_MAX];
    (void)state;
    begin(8);
    size_t frame_len = seal_as(0, replay);
    assert_int_equal(open_copy(replay, frame_len), TROTH_OK);
    for (uint32_t turn = 1; turn < 4; turn++) {
        for (unsigned i = 0; i < RECORD_DEAF_LIMIT; i++) {
            assert_false(record_spent(&responder));
            frame_len = turn % 2 == 0 ? frame_len : seal_as(turn + 128 + i, good);
            assert_int_equal(open_copy(turn % 2 == 0 ? replay : good, frame_len), TROTH_E_FORGED);
        }
        assert_true(record_spent(&responder));
        frame_len = seal_as(turn, good);
        assert_int_equal(open_copy(good, frame_len), TROTH_OK);
        assert_false(record_spent(&responder));
    }
}

/* A key seals and opens 2^20 records and no more. */
static void records_are_bounded(void **state)
{
    uint8_t frame[TEXT_MAX];
    uint8_t last[TEXT_MAX];
    size_t frame_len;
    (void)state;
    begin(8);
    assert_int_equal(RECORD_LIMIT, 1048576);
    responder.in_next = RECORD_LIMIT - 2;
    size_t last_len = seal_as(RECORD_LIMIT - 1, last);
    assert_true(record_spent(&initiator));
    assert_int_equal(record_seal(&initiator, &port, KIND, frame, 1, &frame_len), TROTH_E_STATE);
    initiator.out_next = UINT32_MAX;
    assert_int_equal(record_seal(&initiator, &port, KIND, frame, 1, &frame_len), TROTH_E_STATE);
    assert_int_equal(initiator.out_next, UINT32_MAX);
    size_t len = seal_as(RECORD_LIMIT - 2, frame);
    assert_int_equal(open_copy(frame, len), TROTH_OK);
    assert_false(record_spent(&responder));
    assert_int_equal(open_copy(last, last_len), TROTH_OK);
    assert_true(record_spent(&responder));
    for (unsigned low = 0; low < 256; low++) {
        uint8_t beyond[12] = {KIND, (uint8_t)low};
        assert_int_equal(open_copy(beyond, sizeof beyond), TROTH_E_FORGED);
    }
}

/* No session: nothing can be sealed or opened. */
static void no_session(void **state)
{
    struct troth_records none = {0};
    uint8_t frame[TEXT_MAX] = {KIND};
    size_t frame_len;
    struct troth_span text;
    (void)state;
    assert_int_equal(record_seal(&none, &port, KIND, frame, 1, &frame_len), TROTH_E_STATE);
    assert_int_equal(record_open(&none, &port, frame, sizeof frame, &text), TROTH_E_STATE);
    assert_false(record_spent(&none));
}

/* A port that fails, at each of its calls: no text in clear stays behind, no number is used again, and nobody counts a forgery. */
static unsigned calls;
static unsigned fail_at;

static int failing_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    calls++;
    return calls == fail_at ? TROTH_E_CRYPTO : troth_soft_aes128(ctx, key, block, count);
}

static void ports_fail(void **state)
{
    static const struct troth_crypto failing = {.sha256 = troth_soft_sha256, .aes128 = failing_aes128};
    static const struct troth_port bad = {&failing, NULL};
    static const uint8_t nothing[40];
    (void)state;
    for (fail_at = 1;; fail_at++) {
        uint8_t frame[TEXT_MAX] = {0};
        uint8_t sealed[TEXT_MAX];
        size_t frame_len = 99;
        struct troth_span text;
        begin(8);
        memset(frame + RECORD_HEAD_LEN, 'x', 40);
        calls = 0;
        int result = record_seal(&initiator, &bad, KIND, frame, 40, &frame_len);
        if (result == TROTH_OK) {
            break;
        }
        assert_int_equal(result, TROTH_E_CRYPTO);
        assert_int_equal(frame_len, 0);
        assert_memory_equal(frame + RECORD_HEAD_LEN, nothing, 40);
        memset(frame + RECORD_HEAD_LEN, 'x', 40);
        assert_int_equal(record_seal(&initiator, &port, KIND, frame, 40, &frame_len), TROTH_OK);
        assert_int_equal(frame[1], 1);
        memcpy(sealed, frame, sizeof sealed);
        calls = 0;
        assert_int_equal(record_open(&responder, &bad, frame, frame_len, &text), TROTH_E_CRYPTO);
        assert_memory_equal(frame + RECORD_HEAD_LEN, nothing, 40);
        assert_int_equal(responder.forgeries, 0);
        assert_int_equal(record_open(&responder, &port, sealed, frame_len, &text), TROTH_OK);
    }
    assert_true(fail_at > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_stories),      cmocka_unit_test(window_against_a_model),
        cmocka_unit_test(records_carry_texts), cmocka_unit_test(same_text_looks_different),
        cmocka_unit_test(damage_is_noticed),   cmocka_unit_test(forgeries_are_bounded),
        cmocka_unit_test(deafness_is_noticed), cmocka_unit_test(records_are_bounded),
        cmocka_unit_test(no_session),          cmocka_unit_test(ports_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
