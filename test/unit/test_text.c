/* The tool's text: what a terminal may obey never gets through, the rest stays as it is; and lines, however they come. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tool/lines.h"
#include "tool/text.h"

static const struct {
    const char *in;
    const char *out;
} texts[] = {
    {"", ""},
    {"plain ASCII ~!", "plain ASCII ~!"},
    {"tab\there", "tab\there"},
    {"a back\\slash", "a back\\slash"},
    {"Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x9a\xb2", "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x9a\xb2"},
    {"\x1b[31m", "\\x1b[31m"},
    {"two\nlines\r", "two\\x0alines\\x0d"},
    {"\x7f", "\\x7f"},
    {"\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0"}, /* C1, and the first after it */
    {"\x80\xbf", "\\x80\\xbf"},                                   /* no beginning */
    {"\xc3", "\\xc3"},                                            /* cut */
    {"\xe2\x82", "\\xe2\\x82"},                                   /* cut */
    {"\xe2\x82x", "\\xe2\\x82x"},                                 /* interrupted */
    {"\xc0\x80\xc1\xbf", "\\xc0\\x80\\xc1\\xbf"},                 /* too long for what they say */
    {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},                          /* an escape in three bytes */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},                          /* a surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},                 /* above 10ffff */
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},                     /* 10ffff */
    {"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},        /* five bytes */
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[256];
        size_t len = text_harmless((const uint8_t *)texts[i].in, strlen(texts[i].in), out);
        assert_string_equal(out, texts[i].out);
        assert_int_equal(len, strlen(texts[i].out));
    }
}

/* Separators and the marks that turn the direction of writing, and the characters beside them. */
static void test_turns(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, last;
        bool escaped;
    } runs[] = {{0x200d, 0x200d, false}, {0x200e, 0x200f, true}, {0x2010, 0x2027, false}, {0x2028, 0x202e, true},
                {0x202f, 0x2065, false}, {0x2066, 0x2069, true}, {0x206a, 0x206a, false}};
    char out[3 * TEXT_GROWTH + 1];
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (uint32_t c = runs[i].first; c <= runs[i].last; c++) {
            const uint8_t in[3] = {0xe2, (uint8_t)(0x80 | (c >> 6 & 63)), (uint8_t)(0x80 | (c & 63))};
            assert_int_equal(text_harmless(in, 3, out), runs[i].escaped ? 12 : 3);
        }
    }
    assert_int_equal(text_harmless((const uint8_t[]){0xd8, 0x9c}, 2, out), 8);
}

static uint8_t next_byte(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (uint8_t)(*seed >> 16);
}

/* Whatever comes, the output is as long as promised at most, and harmless when it is put in once more. */
static void test_any_bytes(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        uint8_t in[24];
        char out[TEXT_GROWTH * sizeof in + 1];
        char again[TEXT_GROWTH * TEXT_GROWTH * sizeof in + 1];
        for (size_t i = 0; i < sizeof in; i++) {
            in[i] = next_byte(&seed);
            in[i] = next_byte(&seed) % 2 == 0 ? in[i] | 0x80 : in[i];
        }
        size_t len = text_harmless(in, sizeof in, out);
        assert_true(len <= TEXT_GROWTH * sizeof in);
        assert_int_equal(text_harmless((const uint8_t *)out, len, again), len);
        assert_memory_equal(again, out, len);
        for (size_t i = 0; i < len; i++) {
            assert_true((uint8_t)out[i] >= 0x20 || out[i] == '\t');
            assert_int_not_equal(out[i], 0x7f);
        }
    }
}

/* ---- Lines ---- */

/* All lines of a text that comes in chunks, each between brackets. */
static void gather(const char *text, size_t len, size_t chunk, char *out, size_t cap, size_t *too_long)
{
    static struct lines lines;
    int ends[2];
    const uint8_t *line;
    size_t line_len;
    size_t used = 0;
    memset(&lines, 0, sizeof lines);
    assert_int_equal(pipe(ends), 0);
    for (size_t at = 0; !lines.ended;) {
        size_t now = len - at < chunk ? len - at : chunk;
        if (now > 0) {
            assert_int_equal(write(ends[1], text + at, now), now);
        } else {
            close(ends[1]);
        }
        at += now;
        assert_true(lines_wants(&lines));
        lines_read(&lines, ends[0]);
        size_t count = lines_count(&lines);
        while (lines_first(&lines, &line, &line_len)) {
            assert_true(line_len <= LINES_MAX);
            used += (size_t)snprintf(out + used, cap - used, "[%.*s]", (int)line_len, (const char *)line);
            lines_drop(&lines);
            count--;
        }
        assert_int_equal(count, 0);
    }
    *too_long = lines.too_long;
    close(ends[0]);
}

static void test_lines(void **state)
{
    (void)state;
    char text[3000];
    char expected[4000];
    char out[4000];
    size_t too_long;
    /* One, an empty one, one of the greatest length, one that is too long by one, and one without an end. */
    size_t len = (size_t)snprintf(text, sizeof text, "one\n\n%0*d\n%0*d\nbetween\n%0*d\nlast", LINES_MAX, 0,
                                  LINES_MAX + 1, 0, 600, 0);
    snprintf(expected, sizeof expected, "[one][][%0*d][between][%0600d][last]", LINES_MAX, 0, 0);
    for (size_t chunk = 1; chunk <= 1024; chunk = chunk * 2 + chunk % 3) {
        gather(text, len, chunk, out, sizeof out, &too_long);
        assert_string_equal(out, expected);
        assert_int_equal(too_long, 1);
    }
    gather("", 0, 1, out, sizeof out, &too_long);
    gather("\n", 1, 1, out, sizeof out, &too_long);
    assert_string_equal(out, "[]");
    memset(text, 'x', 2500);
    out[0] = 0;
    gather(text, 2500, 700, out, sizeof out, &too_long);
    assert_string_equal(out, "");
    assert_int_equal(too_long, 1);
}

/* Who writes faster than lines are taken has to wait; nothing is lost. */
static void test_full(void **state)
{
    (void)state;
    static struct lines lines;
    static char text[LINES_ROOM + 4096];
    int ends[2];
    memset(&lines, 0, sizeof lines);
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = i % 16 == 15 ? '\n' : 'a';
    }
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text), sizeof text);
    while (lines_wants(&lines)) {
        lines_read(&lines, ends[0]);
    }
    assert_int_equal(lines.len, LINES_ROOM);
    assert_int_equal(lines_count(&lines), LINES_ROOM / 16);
    lines_drop(&lines);
    assert_true(lines_wants(&lines));
    lines_read(&lines, ends[0]);
    assert_int_equal(lines.len, LINES_ROOM);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts), cmocka_unit_test(test_turns), cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_lines), cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
