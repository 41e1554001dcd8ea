/* test_cbor: reading and writing deterministic CBOR. */
#include "cbor.h"

#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX 128

static struct cbor_reader open_hex(const char *hex, uint8_t *bytes)
{
    return cbor_read(bytes, vectors_unhex(hex, bytes, BYTES_MAX));
}

/* ---- Integers ---- */

static void test_uint(void **state)
{
    static const struct {
        unsigned number;
        const char *hex;
        uint32_t max;
        bool good;
        uint32_t value;
    } row[] = {
        {1, "00", 0, true, 0},
        {2, "17", 23, true, 23},
        {3, "1818", 24, true, 24},
        {4, "18ff", 255, true, 255},
        {5, "190100", 256, true, 256},
        {6, "19ffff", 65535, true, 65535},
        {7, "1a00010000", 65536, true, 65536},
        {8, "1affffffff", UINT32_MAX, true, UINT32_MAX},
        /* above max */
        {9, "01", 0, false, 0},
        {10, "1818", 23, false, 0},
        {11, "1affffffff", UINT32_MAX - 1, false, 0},
        /* not the shortest head (RFC 8949, 4.2.1) */
        {12, "1800", UINT32_MAX, false, 0},
        {13, "1817", UINT32_MAX, false, 0},
        {14, "190000", UINT32_MAX, false, 0},
        {15, "1900ff", UINT32_MAX, false, 0},
        {16, "1a00000000", UINT32_MAX, false, 0},
        {17, "1a0000ffff", UINT32_MAX, false, 0},
        /* 64 bits, reserved, indefinite */
        {18, "1b0000000100000000", UINT32_MAX, false, 0},
        {19, "1c", UINT32_MAX, false, 0},
        {20, "1d", UINT32_MAX, false, 0},
        {21, "1e", UINT32_MAX, false, 0},
        {22, "1f", UINT32_MAX, false, 0},
        /* cut short */
        {23, "", UINT32_MAX, false, 0},
        {24, "18", UINT32_MAX, false, 0},
        {25, "1901", UINT32_MAX, false, 0},
        {26, "1a000100", UINT32_MAX, false, 0},
        /* another type */
        {27, "20", UINT32_MAX, false, 0},
        {28, "40", UINT32_MAX, false, 0},
        {29, "60", UINT32_MAX, false, 0},
        {30, "80", UINT32_MAX, false, 0},
        {31, "a0", UINT32_MAX, false, 0},
        {32, "c0", UINT32_MAX, false, 0},
        {33, "f4", UINT32_MAX, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct cbor_reader reader = open_hex(row[i].hex, bytes);
        uint32_t value = cbor_uint(&reader, row[i].max);
        if (cbor_done(&reader) != row[i].good || value != row[i].value) {
            fail_msg("uint %u: %s gives %u", row[i].number, row[i].hex, value);
        }
    }
}

static void test_int(void **state)
{
    static const struct {
        unsigned number;
        const char *hex;
        int32_t min, max;
        bool good;
        int32_t value;
    } row[] = {
        {1, "00", 0, 0, true, 0},
        {2, "20", -1, 0, true, -1},
        {3, "37", -24, 23, true, -24},
        {4, "3818", -25, 0, true, -25},
        {5, "38ff", -256, 0, true, -256},
        {6, "390100", INT32_MIN, 0, true, -257},
        {7, "1a7fffffff", 0, INT32_MAX, true, INT32_MAX},
        {8, "3a7fffffff", INT32_MIN, 0, true, INT32_MIN},
        {9, "1a80000000", INT32_MIN, INT32_MAX, false, 0},
        {10, "3a80000000", INT32_MIN, INT32_MAX, false, 0},
        {11, "3affffffff", INT32_MIN, INT32_MAX, false, 0},
        {12, "21", -1, 0, false, 0},
        {13, "01", -1, 0, false, 0},
        {14, "3800", INT32_MIN, INT32_MAX, false, 0},
        {15, "3817", INT32_MIN, INT32_MAX, false, 0},
        {16, "3900ff", INT32_MIN, INT32_MAX, false, 0},
        {17, "3b0000000000000001", INT32_MIN, INT32_MAX, false, 0},
        {18, "", INT32_MIN, INT32_MAX, false, 0},
        {19, "38", INT32_MIN, INT32_MAX, false, 0},
        {20, "f6", INT32_MIN, INT32_MAX, false, 0},
        {21, "4101", INT32_MIN, INT32_MAX, false, 0},
        /* what is bad gives 0, also where 0 is out of bounds */
        {22, "05", 6, 7, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct cbor_reader reader = open_hex(row[i].hex, bytes);
        int32_t value = cbor_int(&reader, row[i].min, row[i].max);
        if (cbor_done(&reader) != row[i].good || value != row[i].value) {
            fail_msg("int %u: %s gives %d", row[i].number, row[i].hex, value);
        }
    }
}

/* ---- Strings, containers, simple values ---- */

static void test_strings(void **state)
{
    static const struct {
        unsigned number;
        const char *hex;
        bool text;
        size_t min, max;
        bool good;
        size_t len;
    } row[] = {
        {1, "40", false, 0, 0, true, 0},
        {2, "43010203", false, 3, 3, true, 3},
        {3, "43010203", false, 0, 64, true, 3},
        {4, "43010203", false, 4, 64, false, 0},
        {5, "43010203", false, 0, 2, false, 0},
        {6, "430102", false, 0, 64, false, 0},
        {7, "43", false, 0, 64, false, 0},
        {8, "5803010203", false, 0, 64, false, 0},
        {9, "5f4101ff", false, 0, 64, false, 0},
        {10, "5affffffff01", false, 0, UINT32_MAX, false, 0},
        {11, "6161", false, 0, 64, false, 0},
        {12, "6161", true, 0, 64, true, 1},
        {13, "60", true, 0, 64, true, 0},
        {14, "6261", true, 0, 64, false, 0},
        {15, "626161", true, 0, 1, false, 0},
        {16, "4161", true, 0, 64, false, 0},
        {17, "780161", true, 0, 64, false, 0},
        {18, "7f6161ff", true, 0, 64, false, 0},
        {19, "", true, 0, 64, false, 0},
        {20, "5818000102030405060708090a0b0c0d0e0f1011121314151617", false, 24, 24, true, 24},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct cbor_reader reader = open_hex(row[i].hex, bytes);
        struct troth_span got =
            row[i].text ? cbor_text(&reader, row[i].max) : cbor_bytes(&reader, row[i].min, row[i].max);
        bool placed = !row[i].good || got.data + got.len == reader.end;
        if (cbor_done(&reader) != row[i].good || got.len != row[i].len || !placed) {
            fail_msg("string %u: %s gives %zu bytes", row[i].number, row[i].hex, got.len);
        }
    }
}

static void test_containers(void **state)
{
    static const struct {
        unsigned number;
        const char *hex;
        bool map;
        size_t min, max;
        bool good;
        size_t count;
    } row[] = {
        {1, "80", false, 0, 0, true, 0},    {2, "82", false, 2, 2, true, 2},
        {3, "82", false, 3, 9, false, 0},   {4, "82", false, 0, 1, false, 0},
        {5, "9802", false, 0, 9, false, 0}, {6, "9818", false, 0, 24, true, 24},
        {7, "9f", false, 0, 99, false, 0},  {8, "a2", false, 0, 9, false, 0},
        {9, "a2", true, 0, 9, true, 2},     {10, "a2", true, 3, 9, false, 0},
        {11, "a2", true, 0, 1, false, 0},   {12, "b800", true, 0, 9, false, 0},
        {13, "bf", true, 0, 9, false, 0},   {14, "82", true, 0, 9, false, 0},
        {15, "", true, 0, 9, false, 0},     {16, "9affffffff", false, 0, 9, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct cbor_reader reader = open_hex(row[i].hex, bytes);
        size_t count =
            row[i].map ? cbor_map(&reader, row[i].min, row[i].max) : cbor_array(&reader, row[i].min, row[i].max);
        if (cbor_done(&reader) != row[i].good || count != row[i].count) {
            fail_msg("container %u: %s gives %zu", row[i].number, row[i].hex, count);
        }
    }
}

static void test_simple(void **state)
{
    static const struct {
        unsigned number;
        const char *hex;
        uint32_t value;
        bool good;
    } row[] = {
        {1, "f6", CBOR_NULL, true},  {2, "f5", CBOR_TRUE, true},    {3, "f4", CBOR_TRUE, false},
        {4, "f5", CBOR_NULL, false}, {5, "16", CBOR_NULL, false},   {6, "f816", CBOR_NULL, false},
        {7, "f818", 24, false},      {8, "f8ff", 255, false},       {9, "f90016", CBOR_NULL, false},
        {10, "", CBOR_NULL, false},  {11, "fa00000016", 22, false}, {12, "ff", 31, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t bytes[BYTES_MAX];
        struct cbor_reader reader = open_hex(row[i].hex, bytes);
        cbor_simple(&reader, row[i].value);
        if (cbor_done(&reader) != row[i].good) {
            fail_msg("simple %u: %s", row[i].number, row[i].hex);
        }
    }
}

static void test_peek(void **state)
{
    uint8_t bytes[BYTES_MAX];
    (void)state;
    for (unsigned major = 0; major <= CBOR_SIMPLE; major++) {
        bytes[0] = (uint8_t)(major << 5);
        struct cbor_reader reader = cbor_read(bytes, 1);
        assert_int_equal(cbor_peek(&reader), major);
        assert_ptr_equal(reader.at, bytes);
        reader.bad = true;
        assert_int_equal(cbor_peek(&reader), CBOR_SIMPLE + 1);
    }
    struct cbor_reader empty = cbor_read(bytes, 0);
    assert_int_equal(cbor_peek(&empty), CBOR_SIMPLE + 1);
    assert_true(cbor_done(&empty));
}

/* Nothing is read from nowhere. */
static void test_empty(void **state)
{
    (void)state;
    struct cbor_reader reader = cbor_read(NULL, 0);
    assert_true(cbor_done(&reader));
    assert_int_equal(cbor_skip(&reader, 1).len, 0);
    assert_false(cbor_done(&reader));
}

/* The first bad item makes the reader bad for good: what is good after it reads as zero or empty. */
static void test_bad_for_good(void **state)
{
    uint8_t bytes[BYTES_MAX];
    (void)state;
    struct cbor_reader reader = open_hex("1800010220410161618181a10102f60102", bytes);
    cbor_uint(&reader, UINT32_MAX);
    assert_true(reader.bad);
    reader.at = bytes + 2;
    assert_int_equal(cbor_uint(&reader, UINT32_MAX), 0);
    assert_int_equal(cbor_int(&reader, 1, 9), 0);
    assert_int_equal(cbor_bytes(&reader, 1, 9).len, 0);
    assert_int_equal(cbor_text(&reader, 9).len, 0);
    assert_int_equal(cbor_array(&reader, 1, 9), 0);
    assert_int_equal(cbor_map(&reader, 1, 9), 0);
    assert_int_equal(cbor_skip(&reader, 9).len, 0);
    cbor_simple(&reader, CBOR_NULL);
    assert_ptr_equal(reader.at, bytes + 2);
    assert_true(reader.bad);
    reader.at = reader.end;
    assert_false(cbor_done(&reader));
}

/* ---- Whole items ---- */

static const struct skip_case {
    unsigned number;
    const char *hex;
    size_t items;
    size_t len; /* 0: bad */
} skip_case[] = {
    {1, "00", 1, 1},
    {2, "00", 0, 0},
    {3, "0001", 1, 1},
    {4, "1a00010000", 1, 5},
    {5, "3903e7", 1, 3},
    {6, "43010203ff", 1, 4},
    {7, "6161", 1, 2},
    {8, "f6", 1, 1},
    {9, "80", 1, 1},
    {10, "820102", 3, 3},
    {11, "820102", 2, 0},
    {12, "8201", 3, 0},
    {13, "a201020304", 5, 5},
    {14, "a201020304", 4, 0},
    {15, "a2010203", 5, 0},
    {16, "c101", 2, 2},
    {17, "c101", 1, 0},
    {18, "c1", 2, 0},
    /* nesting costs items, not stack */
    {19, "818181818100", 6, 6},
    {20, "818181818100", 5, 0},
    {21, "8181818181", 9, 0},
    {22, "c1c1c1c1c100", 6, 6},
    {23, "a101a101a10102", 7, 7},
    {24, "a101a101a10102", 6, 0},
    {25, "8281008101", 5, 5},
    {26, "83820102a1030443050607", 9, 11},
    /* counts that would wrap a sum of 32 bits */
    {27, "9affffffff", 100, 0},
    {28, "ba80000000", 100, 0},
    {29, "ba7fffffff", 100, 0},
    {30, "829affffffff00", 100, 0},
    {31, "5affffffff", 100, 0},
    {32, "7affffffff", 100, 0},
    /* not deterministic, not well-formed, not used here */
    {33, "1800", 1, 0},
    {34, "9800", 1, 0},
    {35, "9fff", 2, 0},
    {36, "bfff", 2, 0},
    {37, "5fff", 2, 0},
    {38, "ff", 1, 0},
    {39, "f818", 1, 0},
    {40, "f8ff", 1, 0},
    {41, "f93c00", 1, 0},
    {42, "fa3f800000", 1, 0},
    {43, "1b0000000100000000", 1, 0},
    {44, "1c", 1, 0},
    {45, "", 1, 0},
    {46, "8200", 2, 0},
    {47, "4401", 1, 0},
};

static void test_skip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof skip_case / sizeof skip_case[0]; i++) {
        const struct skip_case *row = &skip_case[i];
        uint8_t bytes[BYTES_MAX];
        size_t len = vectors_unhex(row->hex, bytes, sizeof bytes);
        uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees a byte read beyond the end */
        assert_non_null(exact);
        memcpy(exact + 1, bytes, len);
        struct cbor_reader reader = cbor_read(exact + 1, len);
        struct troth_span got = cbor_skip(&reader, row->items);
        if (got.len != row->len || reader.bad != (row->len == 0)) {
            fail_msg("skip %u: %s passes %zu bytes", row->number, row->hex, got.len);
        }
        assert_true(reader.bad || (got.data == exact + 1 && reader.at == got.data + got.len));
        free(exact);
    }
}

/* One message with every kind of item, cut at each byte: never whole, never a byte beyond the end. */
static size_t read_all(struct cbor_reader *reader)
{
    size_t sum = cbor_array(reader, 7, 7);
    sum += cbor_uint(reader, 100000);
    sum += (size_t)-cbor_int(reader, -1000, 0);
    sum += cbor_bytes(reader, 0, 30).len;
    sum += cbor_text(reader, 30).len;
    cbor_simple(reader, CBOR_NULL);
    sum += cbor_map(reader, 1, 1);
    sum += cbor_uint(reader, 9);
    sum += cbor_uint(reader, 9);
    sum += cbor_skip(reader, 9).len;
    return sum;
}

static void test_cut(void **state)
{
    uint8_t bytes[BYTES_MAX];
    (void)state;
    size_t len = vectors_unhex("87"
                               "1a00010000"
                               "3903e6"
                               "43aabbcc"
                               "6568656c6c6f"
                               "f6"
                               "a10203"
                               "8401020382f64100",
                               bytes, sizeof bytes);
    struct cbor_reader reader = cbor_read(bytes, len);
    size_t whole = read_all(&reader);
    assert_true(cbor_done(&reader));
    assert_int_equal(whole, 7 + 65536 + 999 + 3 + 5 + 1 + 2 + 3 + 8);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *exact = malloc(cut + 1);
        assert_non_null(exact);
        memcpy(exact + 1, bytes, cut);
        reader = cbor_read(exact + 1, cut);
        assert_true(read_all(&reader) < whole);
        assert_true(reader.bad);
        assert_false(cbor_done(&reader));
        assert_true(reader.at <= reader.end);
        free(exact);
    }
    memset(bytes + len, 0, 1);
    reader = cbor_read(bytes, len + 1);
    read_all(&reader);
    assert_false(reader.bad);
    assert_false(cbor_done(&reader));
}

/* ---- Writing ---- */

static void test_write(void **state)
{
    static const struct {
        unsigned number;
        enum cbor_major major;
        uint32_t value;
        const char *hex;
    } row[] = {
        {1, CBOR_UINT, 0, "00"},
        {2, CBOR_UINT, 23, "17"},
        {3, CBOR_UINT, 24, "1818"},
        {4, CBOR_UINT, 255, "18ff"},
        {5, CBOR_UINT, 256, "190100"},
        {6, CBOR_UINT, 65535, "19ffff"},
        {7, CBOR_UINT, 65536, "1a00010000"},
        {8, CBOR_UINT, UINT32_MAX, "1affffffff"},
        {9, CBOR_NINT, 24, "3818"},
        {10, CBOR_BYTES, 3, "43"},
        {11, CBOR_TEXT, 24, "7818"},
        {12, CBOR_ARRAY, 11, "8b"},
        {13, CBOR_MAP, 1, "a1"},
        {14, CBOR_TAG, 48, "d830"},
        {15, CBOR_SIMPLE, CBOR_NULL, "f6"},
        {16, CBOR_SIMPLE, CBOR_TRUE, "f5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        uint8_t out[8];
        uint8_t expected[8];
        size_t len = vectors_unhex(row[i].hex, expected, sizeof expected);
        struct cbor_writer writer = cbor_write(out, sizeof out);
        cbor_put_head(&writer, row[i].major, row[i].value);
        if (writer.full || cbor_written(&writer) != len || memcmp(out, expected, len) != 0) {
            fail_msg("write %u", row[i].number);
        }
    }
}

/* What is written reads back, around every change of width. */
static void test_int_round_trip(void **state)
{
    static const int32_t near[] = {0, 23, 24, 255, 256, 65535, 65536, INT32_MAX - 2};
    (void)state;
    for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
        for (int32_t add = 0; add <= 2; add++) {
            for (int sign = 0; sign < 2; sign++) {
                uint8_t out[5];
                int32_t value = sign == 0 ? near[i] + add : -1 - (near[i] + add);
                struct cbor_writer writer = cbor_write(out, sizeof out);
                cbor_put_int(&writer, value);
                struct cbor_reader reader = cbor_read(out, cbor_written(&writer));
                assert_int_equal(cbor_int(&reader, INT32_MIN, INT32_MAX), value);
                assert_true(cbor_done(&reader));
            }
        }
    }
}

static void write_all(struct cbor_writer *writer)
{
    static const uint8_t bytes[] = {1, 2, 3};
    cbor_put_head(writer, CBOR_ARRAY, 4);
    cbor_put_int(writer, -1000);
    cbor_put_bytes(writer, bytes, sizeof bytes);
    cbor_put_raw(writer, bytes, 0);
    cbor_put_raw(writer, NULL, 0);
    cbor_put_raw(writer, bytes, 1);
    cbor_put_head(writer, CBOR_SIMPLE, CBOR_TRUE);
}

/* With each capacity: a full writer writes nothing beyond it, nothing more, and says so. */
static void test_full(void **state)
{
    uint8_t whole[16];
    (void)state;
    struct cbor_writer writer = cbor_write(whole, sizeof whole);
    write_all(&writer);
    size_t len = cbor_written(&writer);
    assert_false(writer.full);
    assert_int_equal(len, 1 + 3 + 4 + 1 + 1);
    for (size_t cap = 0; cap <= len; cap++) {
        uint8_t out[16];
        memset(out, 0xee, sizeof out);
        writer = cbor_write(out, cap);
        write_all(&writer);
        size_t written = cbor_written(&writer);
        assert_int_equal(writer.full, cap < len);
        assert_true(written <= cap);
        assert_memory_equal(out, whole, written);
        for (size_t i = written; i < sizeof out; i++) {
            assert_int_equal(out[i], 0xee);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uint),       cmocka_unit_test(test_int),          cmocka_unit_test(test_strings),
        cmocka_unit_test(test_containers), cmocka_unit_test(test_simple),       cmocka_unit_test(test_peek),
        cmocka_unit_test(test_empty),      cmocka_unit_test(test_bad_for_good), cmocka_unit_test(test_skip),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_write),        cmocka_unit_test(test_int_round_trip),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
