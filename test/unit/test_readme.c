/* The example of the README, taken out of it word for word: two boards run it, pair at a button, talk, and one comes
 * back after a reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "readme_example.c"
#include "test/support/bench.h"

#define WIRE_FRAMES 8

struct wire {
    size_t count;
    size_t len[WIRE_FRAMES];
    uint8_t frame[WIRE_FRAMES][TROTH_BUFFER_MIN];
};

struct board {
    uint32_t now_ms;
    bool pressed;
    struct wire *in;
    struct wire *out;
    char shown[32];
    unsigned complaints;
};

uint32_t board_ms(const struct board *board)
{
    return board->now_ms;
}

size_t board_receive(struct board *board, uint8_t *frame, size_t cap)
{
    struct wire *in = board->in;
    if (in->count == 0) {
        return 0;
    }
    size_t len = in->len[0];
    assert_true(len <= cap);
    memcpy(frame, in->frame[0], len);
    in->count--;
    memmove(in->len, in->len + 1, in->count * sizeof in->len[0]);
    memmove(in->frame, in->frame + 1, in->count * sizeof in->frame[0]);
    return len;
}

void board_send(struct board *board, const uint8_t *frame, size_t len)
{
    struct wire *out = board->out;
    if (len > 0 && out->count < WIRE_FRAMES) {
        out->len[out->count] = len;
        memcpy(out->frame[out->count], frame, len);
        out->count++;
    }
}

bool board_button(struct board *board)
{
    bool pressed = board->pressed;
    board->pressed = false;
    return pressed;
}

void board_show(struct board *board, const uint8_t *data, size_t len)
{
    assert_true(len < sizeof board->shown);
    memcpy(board->shown, data, len);
    board->shown[len] = 0;
}

void board_complain(struct board *board, const char *sentence)
{
    assert_true(strlen(sentence) > 0);
    board->complaints++;
}

void board_sleep(struct board *board, uint32_t ms)
{
    board->now_ms += ms < 50 ? ms : 50; /* an interrupt of the wire or the button may come any time */
}

static void run(struct board *board, struct unit *unit, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        device_step(&board[i % 2], &unit[i % 2].troth);
    }
}

static void test_readme(void **state)
{
    static struct family family;
    static struct unit unit[2];
    static struct wire wire[2];
    static struct board board[2] = {{.in = &wire[0], .out = &wire[1]}, {.in = &wire[1], .out = &wire[0]}};
    uint8_t frame[64];
    size_t frame_len;
    (void)state;
    family_make(&family, "acme", 0, false, 7);
    unit_make(&unit[0], &family, "PUMP-7");
    unit_make(&unit[1], &family, "VALVE-3");
    unit_on(&unit[0], 0);
    unit_on(&unit[1], 0);
    run(board, unit, 10);
    board[0].pressed = true;
    board[1].pressed = true;
    run(board, unit, 400);
    assert_true(unit_linked(&unit[0]) && unit_linked(&unit[1]));
    assert_int_equal(troth_send(&unit[0].troth, (const uint8_t *)"open", 4, frame, sizeof frame, &frame_len), TROTH_OK);
    board_send(&board[0], frame, frame_len);
    run(board, unit, 4);
    assert_string_equal(board[1].shown, "open");
    unit_off(&unit[1]);
    unit_on(&unit[1], board[1].now_ms);
    run(board, unit, 400);
    assert_true(unit_linked(&unit[0]) && unit_linked(&unit[1]));
    assert_int_equal(board[0].complaints + board[1].complaints, 0);
    unit_free(&unit[0]);
    unit_free(&unit[1]);
    family_free(&family);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readme)};
    return cmocka_run_group_tests_name("readme", tests, NULL, NULL);
}
