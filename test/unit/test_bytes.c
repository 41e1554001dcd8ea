/* test_bytes: comparing, wiping and gathering bytes. */
#include "bytes.h"

#include "port/soft/soft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Equal bytes are equal; one bit anywhere makes them different. */
static void test_equal(void **state)
{
    uint8_t a[33];
    uint8_t b[33];
    (void)state;
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = (uint8_t)(7 * i);
    }
    memcpy(b, a, sizeof b);
    for (size_t len = 0; len <= sizeof a; len++) {
        assert_true(ct_equal(a, b, len));
        assert_true(span_equal(span(a, len), span(b, len)));
        for (size_t bit = 0; bit < 8 * len; bit++) {
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(ct_equal(a, b, len));
            assert_false(span_equal(span(a, len), span(b, len)));
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        if (len > 0) {
            assert_false(span_equal(span(a, len), span(b, len - 1)));
            assert_false(span_equal(span(a, len - 1), span(b, len)));
        }
    }
    assert_true(ct_equal(NULL, NULL, 0));
    assert_true(span_equal(span(NULL, 0), span(a, 0)));
}

static void test_wipe(void **state)
{
    uint8_t bytes[20];
    (void)state;
    for (size_t len = 0; len <= 16; len++) {
        memset(bytes, 0xee, sizeof bytes);
        wipe(bytes + 2, len);
        for (size_t i = 0; i < sizeof bytes; i++) {
            assert_int_equal(bytes[i], i >= 2 && i < 2 + len ? 0 : 0xee);
        }
    }
}

/* However a message is cut into parts, it has the same length and hash; the first place is left alone, the
 * second is empty. */
static void test_parts(void **state)
{
    static const struct troth_crypto soft = {.sha256 = troth_soft_sha256};
    static const struct troth_port port = {&soft, NULL};
    static const uint8_t abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                    0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                    0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    static const uint8_t message[] = "abc";
    (void)state;
    for (size_t first = 0; first <= 3; first++) {
        for (size_t second = 0; first + second <= 3; second++) {
            struct parts parts;
            uint8_t hash[32];
            memset(&parts, 0xee, sizeof parts);
            parts_begin(&parts);
            assert_int_equal(parts_len(&parts), 0);
            parts_add(&parts, message, first);
            parts_add(&parts, message + first, second);
            parts_add(&parts, message + first + second, 3 - first - second);
            assert_int_equal(parts_len(&parts), 3);
            assert_int_equal(parts.count, PARTS_FIRST + 3);
            assert_int_equal(parts_hash(&port, &parts, hash), TROTH_OK);
            assert_memory_equal(hash, abc, sizeof hash);
            assert_int_equal((uint8_t)parts.at[0].len, 0xee);
            assert_int_equal(parts.at[1].len, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
