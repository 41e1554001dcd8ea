/* Frames: which kinds there are, and how long each may be. White box: src/frame.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame.h"

/* The shortest frame of each kind that can be genuine, by adding up its parts: SPEC.md, "frames". */
static void every_kind_has_a_shortest_frame(void **state)
{
    static const size_t shortest[8] = {
        0,
        1 + 1 + 1 + 2 + 32 + 1,     /* METHOD, SUITES_I, G_X, C_I */
        1 + 2 + 32 + 1 + 1 + 1 + 8, /* G_Y, C_R, kid, MAC_2 of suite 2 */
        1 + 1 + 1 + 1 + 8 + 8,      /* kid, MAC_3, tag */
        1 + 1 + 8,                  /* tag */
        1 + 1 + 1,                  /* code, information */
        1 + 1 + 8,                  /* sequence number, tag */
        1 + 1 + 8,
    };
    static uint8_t frame[FRAME_MAX + 1];
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        frame[0] = (uint8_t)kind;
        for (size_t len = 0; len < 300; len++) {
            bool good = kind >= 1 && kind <= 7 && len >= shortest[kind];
            assert_int_equal(frame_kind(frame, len), good ? kind : FRAME_NONE);
        }
        assert_int_equal(frame_kind(frame, FRAME_MAX), kind >= 1 && kind <= 7 ? kind : FRAME_NONE);
        assert_int_equal(frame_kind(frame, FRAME_MAX + 1), FRAME_NONE);
    }
    assert_int_equal(frame_kind(NULL, 0), FRAME_NONE);
}

/* FNV-1a, 32 bits: the values that its authors publish for "", "a" and "foobar". */
static void marks_are_fnv_1a(void **state)
{
    (void)state;
    assert_int_equal(frame_mark((const uint8_t *)"", 0), 0x811c9dc5);
    assert_int_equal(frame_mark((const uint8_t *)"a", 1), 0xe40c292c);
    assert_int_equal(frame_mark((const uint8_t *)"foobar", 6), 0xbf9cf968);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_shortest_frame),
        cmocka_unit_test(marks_are_fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
