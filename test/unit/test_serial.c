/* Frames over a byte stream: the exact bytes, and that frames survive chunking, noise and each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "transport/serial.h"

#define FRAME_MAX 700
#define WIRE_MAX  TROTH_SERIAL_WIRE_MAX(FRAME_MAX)

static uint32_t seed = 1;

static uint32_t random_below(uint32_t bound)
{
    seed = seed * 1664525U + 1013904223U;
    return (uint32_t)((uint64_t)seed * bound >> 32);
}

/* Random content of one of several kinds: zeros often, seldom, never, always. */
static void random_frame(uint8_t *frame, size_t len)
{
    static const uint8_t zeros_of_100[] = {0, 1, 30, 100};
    uint8_t zeros = zeros_of_100[random_below(4)];
    for (size_t i = 0; i < len; i++) {
        frame[i] = random_below(100) < zeros ? 0 : (uint8_t)(1 + random_below(255));
    }
}

static size_t encode(const uint8_t *frame, size_t len, uint8_t *wire)
{
    struct troth_serial_encoder encoder;
    troth_serial_encode(&encoder, frame, len);
    return troth_serial_emit(&encoder, wire, WIRE_MAX);
}

/* The same by the book, written apart: the CRC bit by bit, COBS with a place kept for each code. */
static size_t encode_by_the_book(const uint8_t *frame, size_t len, uint8_t *wire)
{
    uint8_t content[FRAME_MAX + 3];
    uint16_t crc = 0xFFFF;
    memcpy(content, frame, len);
    for (size_t i = 0; i < 8 * len; i++) {
        unsigned bit = (frame[i / 8] >> (7 - i % 8)) & 1U;
        crc = (uint16_t)((crc << 1) ^ (((crc >> 15) ^ bit) ? 0x1021 : 0));
    }
    content[len] = (uint8_t)(crc >> 8 ^ 0xFF);
    content[len + 1] = (uint8_t)(crc ^ 0xFF);
    content[len + 2] = 0;
    size_t out = 0;
    wire[out++] = 0;
    size_t code = out++;
    wire[code] = 1;
    for (size_t i = 0; i < len + 3; i++) {
        if (content[i] != 0) {
            wire[out++] = content[i];
            wire[code]++;
        }
        if ((content[i] == 0 || wire[code] == 255) && i < len + 2) {
            code = out++;
            wire[code] = 1;
        }
    }
    wire[out++] = 0;
    return out;
}

static struct troth_serial_decoder decoder;
static uint8_t decoder_frame[FRAME_MAX + TROTH_SERIAL_CRC_LEN];

static void decoder_begin(void)
{
    troth_serial_decode(&decoder, decoder_frame, sizeof decoder_frame);
}

/* Feeds the wire; how many frames came that are equal to `frame`, and how many others. */
struct harvest {
    unsigned same;
    unsigned other;
};

static struct harvest feed(const uint8_t *wire, size_t wire_len, const uint8_t *frame, size_t len)
{
    struct harvest harvest = {0, 0};
    for (size_t i = 0; i < wire_len; i++) {
        size_t got = troth_serial_take(&decoder, wire[i]);
        if (got == 0)
            continue;
        if (got == len && memcmp(decoder_frame, frame, len) == 0)
            harvest.same++;
        else
            harvest.other++;
    }
    return harvest;
}

static void test_known_bytes(void **state)
{
    (void)state;
    /* D64E is the check value that the catalogue of CRCs gives for CRC-16/GENIBUS over "123456789". */
    static const struct {
        uint8_t frame[10];
        uint8_t len;
        uint8_t wire[16];
        uint8_t wire_len;
    } row[] = {
        {"123456789", 9, {0, 12, '1', '2', '3', '4', '5', '6', '7', '8', '9', 0xD6, 0x4E, 0}, 14}, /* 1 */
        {{0}, 1, {0, 1, 3, 0x1E, 0x0F, 0}, 6},                                                     /* 2 */
        {{0, 0}, 2, {0, 1, 1, 3, 0xE2, 0xF0, 0}, 7},                                               /* 3 */
        {{'A'}, 1, {0, 4, 'A', 0x46, 0xEA, 0}, 6},                                                 /* 4 */
        {{0xFF, 0x00, 0x11}, 3, {0, 2, 0xFF, 4, 0x11, 0xFE, 0x10, 0}, 8},                          /* 5 */
    };
    uint8_t wire[WIRE_MAX];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        size_t wire_len = encode(row[i].frame, row[i].len, wire);
        assert_int_equal(wire_len, row[i].wire_len);
        assert_memory_equal(wire, row[i].wire, wire_len);
        decoder_begin();
        struct harvest harvest = feed(wire, wire_len, row[i].frame, row[i].len);
        assert_int_equal(harvest.same, 1);
        assert_int_equal(harvest.other, 0);
    }
    assert_int_equal(encode(wire, 0, wire), 0); /* there are no empty frames */
}

/* Every length, against the encoder by the book; emitted piecewise, and never longer than was promised. */
static void test_all_lengths(void **state)
{
    (void)state;
    uint8_t frame[FRAME_MAX];
    uint8_t wire[WIRE_MAX];
    uint8_t book[WIRE_MAX + 1];
    decoder_begin();
    for (size_t len = 1; len <= FRAME_MAX; len++) {
        for (unsigned round = 0; round < 8; round++) {
            random_frame(frame, len);
            size_t wire_len = encode(frame, len, wire);
            assert_true(wire_len <= TROTH_SERIAL_WIRE_MAX(len));
            assert_int_equal(encode_by_the_book(frame, len, book), wire_len);
            assert_memory_equal(wire, book, wire_len);

            struct troth_serial_encoder encoder;
            uint8_t pieces[WIRE_MAX];
            size_t at = 0;
            size_t piece;
            troth_serial_encode(&encoder, frame, len);
            do {
                size_t cap = 1 + random_below(20);
                cap = cap < sizeof pieces - at ? cap : sizeof pieces - at;
                piece = troth_serial_emit(&encoder, pieces + at, cap);
                at += piece;
            } while (piece > 0);
            assert_int_equal(at, wire_len);
            assert_memory_equal(pieces, wire, wire_len);

            struct harvest harvest = feed(wire, wire_len, frame, len);
            assert_int_equal(harvest.same, 1);
            assert_int_equal(harvest.other, 0);
        }
    }
}

/* The worst case that WIRE_MAX allows for is met, so the promise is not loose. */
static void test_longest_wire(void **state)
{
    (void)state;
    uint8_t frame[FRAME_MAX];
    uint8_t wire[WIRE_MAX];
    memset(frame, 0xAA, sizeof frame);
    for (size_t len = 1; len <= FRAME_MAX; len++) {
        size_t wire_len = encode(frame, len, wire);
        size_t most = TROTH_SERIAL_WIRE_MAX(len);
        assert_true(wire_len == most || wire_len == most - 1); /* less where the CRC holds a zero */
    }
}

/* The buffer's end: exactly as long is delivered, one longer is not, and the next one is again. */
static void test_too_long(void **state)
{
    (void)state;
    uint8_t frame[64];
    uint8_t wire[WIRE_MAX];
    uint8_t room[32 + TROTH_SERIAL_CRC_LEN + 1];
    struct troth_serial_decoder small;
    room[sizeof room - 1] = 0xA5;
    troth_serial_decode(&small, room, sizeof room - 1);
    for (unsigned round = 0; round < 2000; round++) {
        size_t len = 1 + random_below(sizeof frame);
        random_frame(frame, len);
        size_t wire_len = encode(frame, len, wire);
        size_t got = 0;
        for (size_t i = 0; i < wire_len; i++) {
            got += troth_serial_take(&small, wire[i]);
        }
        assert_int_equal(got, len <= 32 ? len : 0);
        assert_int_equal(room[sizeof room - 1], 0xA5);
    }
}

/* Noise before, between and after: each frame is found, and found once. */
static void test_noise(void **state)
{
    (void)state;
    uint8_t frame[FRAME_MAX];
    uint8_t wire[WIRE_MAX];
    uint8_t noise[100];
    unsigned invented = 0;
    decoder_begin();
    for (unsigned round = 0; round < 20000; round++) {
        size_t noise_len = random_below(sizeof noise + 1);
        for (size_t i = 0; i < noise_len; i++) {
            noise[i] = (uint8_t)random_below(256);
        }
        size_t len = 1 + random_below(60);
        random_frame(frame, len);
        size_t wire_len = encode(frame, len, wire);
        invented += feed(noise, noise_len, frame, len).other;
        struct harvest harvest = feed(wire, wire_len, frame, len);
        assert_int_equal(harvest.same, 1);
        invented += harvest.other;
    }
    print_message("           %u frames made of noise, of 20000\n", invented);
    assert_true(invented <= 3); /* 2^-16 for each run between zeros */
}

/* Every bit of the wire flipped, every byte lost, every byte doubled: what comes is the frame, or nothing; the frame
 * after it comes in any case. */
static void test_damage(void **state)
{
    (void)state;
    uint8_t frame[FRAME_MAX];
    uint8_t wire[WIRE_MAX];
    uint8_t bad[WIRE_MAX + 1];
    unsigned wrong = 0;
    unsigned cases = 0;
    for (unsigned round = 0; round < 60; round++) {
        size_t len = 1 + random_below(round < 50 ? 60 : FRAME_MAX);
        random_frame(frame, len);
        size_t wire_len = encode(frame, len, wire);
        for (size_t i = 0; i < wire_len * 10; i++, cases++) {
            size_t at = i / 10;
            size_t bad_len = wire_len;
            memcpy(bad, wire, wire_len);
            if (i % 10 < 8) {
                bad[at] ^= (uint8_t)(1U << (i % 10));
            } else if (i % 10 == 8) {
                memmove(bad + at, bad + at + 1, wire_len - at - 1);
                bad_len--;
            } else {
                memmove(bad + at + 1, bad + at, wire_len - at);
                bad_len++;
            }
            decoder_begin();
            struct harvest first = feed(bad, bad_len, frame, len);
            struct harvest second = feed(wire, wire_len, frame, len);
            wrong += first.other + second.other;
            assert_true(first.same + second.same >= 1);
            /* A closing zero that was damaged ends with the next frame's opening one: that is at most two in all. */
            assert_true(first.same + second.same <= 2);
            if (at > 0 && at < wire_len - 1 && i % 10 < 8)
                assert_int_equal(first.same, 0);
            assert_int_equal(second.same >= 1, true);
        }
    }
    print_message("           %u wrong frames in %u cases\n", wrong, cases);
    assert_true(wrong <= 3); /* 2^-16 of those that hit COBS itself */
}

/* One to three bits of the content changed after the CRC was made, COBS intact: always seen. */
static void test_crc_distance(void **state)
{
    (void)state;
    uint8_t frame[40];
    uint8_t wire[WIRE_MAX];
    memset(frame, 0x77, sizeof frame); /* no zeros, and none after a change of a bit or three */
    size_t wire_len = encode(frame, sizeof frame, wire);
    size_t bits = 8 * sizeof frame;
    for (size_t a = 0; a < bits; a++) {
        for (size_t b = a; b < bits; b++) {
            for (unsigned third = 0; third < 8; third++) {
                size_t c = third == 0 ? b : random_below((uint32_t)bits);
                uint8_t bad[WIRE_MAX];
                memcpy(bad, wire, wire_len);
                bad[2 + a / 8] ^= (uint8_t)(1U << a % 8);
                if (b != a)
                    bad[2 + b / 8] ^= (uint8_t)(1U << b % 8);
                if (c != b && c != a)
                    bad[2 + c / 8] ^= (uint8_t)(1U << c % 8);
                decoder_begin();
                struct harvest harvest = feed(bad, wire_len, frame, sizeof frame);
                assert_int_equal(harvest.same + harvest.other, 0);
            }
        }
    }
}

/* Who begins to listen in the middle of a frame waits for the next. */
static void test_begins_at_zero(void **state)
{
    (void)state;
    static const uint8_t one[] = {1, 0, 2};
    uint8_t wire[WIRE_MAX];
    size_t wire_len = encode(one, sizeof one, wire);
    for (size_t at = 1; at <= wire_len; at++) {
        decoder_begin();
        assert_int_equal(feed(wire + at, wire_len - at, one, sizeof one).same, 0);
        assert_int_equal(feed(wire, wire_len, one, sizeof one).same, 1);
    }
}

/* Frames without anything between them, and with one zero between instead of two. */
static void test_back_to_back(void **state)
{
    (void)state;
    static const uint8_t one[] = {1, 0, 2};
    uint8_t wire[3 * WIRE_MAX];
    for (size_t shared = 0; shared < 2; shared++) {
        size_t at = 0;
        for (unsigned i = 0; i < 3; i++) {
            at += encode(one, sizeof one, wire + at) - shared;
        }
        decoder_begin();
        struct harvest harvest = feed(wire, at + shared, one, sizeof one);
        assert_int_equal(harvest.same, 3);
        assert_int_equal(harvest.other, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_bytes),   cmocka_unit_test(test_all_lengths),
                                       cmocka_unit_test(test_longest_wire),  cmocka_unit_test(test_too_long),
                                       cmocka_unit_test(test_noise),         cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_crc_distance),  cmocka_unit_test(test_back_to_back),
                                       cmocka_unit_test(test_begins_at_zero)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
