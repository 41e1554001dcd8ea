/* test_edhoc_matrix: EDHOC against itself: every method, suite, credential and connection identifier; the exporter. */
#include "test/support/edhoc_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SPAN(...)                                                              \
    {                                                                          \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
    }

/* How a credential is named, and the bytes that this takes in PLAINTEXT_x. */
static const struct {
    enum pair_cred cred;
    struct troth_span kid;
    size_t wire_len;
} CREDS[] = {
    {CRED_CCS, SPAN(0x32), 1},             /* looks like an integer */
    {CRED_CCS, SPAN(0x37), 1},             /* -24 */
    {CRED_CCS, SPAN(0x17), 1},             /* 23 */
    {CRED_CCS, SPAN(0x38), 2},             /* one byte, but no one-byte integer */
    {CRED_CCS, SPAN(0x18), 2},             /* likewise */
    {CRED_CCS, SPAN(0x01, 0x02, 0x03), 4}, /* several bytes */
    {CRED_C509_VALUE, SPAN(0), 3 + 142},   /* a map, and the certificate in a byte string */
    {CRED_C509_KID, SPAN(0x00), 1},
    {CRED_C509_KID, SPAN(0xff), 2},
    {CRED_C509_KID, SPAN(0xab, 0xcd), 3},
};

/* Connection identifiers, and the bytes that they take. */
static const struct {
    struct troth_span cid;
    size_t wire_len;
} CIDS[] = {
    {{(const uint8_t *)"", 0}, 1},     {SPAN(0x00), 1}, {SPAN(0x37), 1}, {SPAN(0x38), 2}, {SPAN(0xff), 2},
    {SPAN(1, 2, 3, 4, 5, 6, 7, 8), 9},
};

static const uint8_t SUITES[] = {2, 3};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct pair pair;

static size_t wrapped(size_t len)
{
    return len + (len < 24 ? 1 : len < 256 ? 2 : 3);
}

static size_t proof_len(bool is_static, uint8_t suite)
{
    return wrapped(is_static ? (suite == 3 ? 16 : 8) : 64);
}

/* A whole exchange, the length of every message as RFC 9528 has it. */
static void exchange(uint8_t method, uint8_t suite, size_t cred, size_t cid_i, size_t cid_r)
{
    const struct pair_setup setup = {.method = method,
                                     .suites = {&suite, &suite},
                                     .suites_len = {1, 1},
                                     .cred = CREDS[cred].cred,
                                     .kid = {CREDS[cred].kid, CREDS[cred].kid},
                                     .cid = {CIDS[cid_i].cid, CIDS[cid_r].cid}};
    size_t tag_len = suite == 3 ? 16 : 8;
    bool one_at_a_time = true;
    size_t len[5] = {0};
    pair_open(&pair, &setup);
    pair.checks_id = true;
    for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
        assert_int_equal(pair_do(&pair, call, &one_at_a_time), TROTH_OK);
        if (call == CALL_MAKE_1 || call == CALL_MAKE_2 || call == CALL_MAKE_3 || call == CALL_MAKE_4) {
            len[call == CALL_MAKE_1 ? 1 : call == CALL_MAKE_2 ? 2 : call == CALL_MAKE_3 ? 3 : 4] = pair.wire_len;
        }
    }
    assert_true(one_at_a_time);
    assert_int_equal(len[1], 1 + 1 + 34 + CIDS[cid_i].wire_len);
    assert_int_equal(len[2], wrapped(32 + CIDS[cid_r].wire_len + CREDS[cred].wire_len + proof_len(method & 1, suite)));
    assert_int_equal(len[3], wrapped(CREDS[cred].wire_len + proof_len(method & 2, suite) + tag_len));
    assert_int_equal(len[4], wrapped(tag_len));
    for (unsigned role = 0; role < 2; role++) {
        const struct party *party = &pair.party[role];
        struct troth_span peer = troth_edhoc_peer_cid(&party->session);
        struct troth_span cid = CIDS[role == TROTH_INITIATOR ? cid_r : cid_i].cid;
        assert_int_equal(peer.len, cid.len);
        assert_memory_equal(peer.data, cid.data, cid.len);
        assert_int_equal(troth_edhoc_suite(&party->session), suite);
        assert_int_equal(party->told.id.label, CREDS[cred].cred == CRED_C509_VALUE ? TROTH_COSE_C5C : TROTH_COSE_KID);
        assert_int_equal(party->told.ead.len, 0);
    }
    assert_true(pair_agrees(&pair));
    pair_close(&pair);
}

static void test_credentials(void **state)
{
    (void)state;
    size_t count = 0;
    for (uint8_t method = 0; method < 4; method++) {
        for (size_t s = 0; s < COUNT(SUITES); s++) {
            for (size_t cred = 0; cred < COUNT(CREDS); cred++) {
                exchange(method, SUITES[s], cred, 1, 2);
                count++;
            }
        }
    }
    assert_int_equal(count, 4 * 2 * 10);
}

static void test_connection_identifiers(void **state)
{
    (void)state;
    size_t count = 0;
    for (uint8_t method = 0; method < 4; method += 3) {
        for (size_t i = 0; i < COUNT(CIDS); i++) {
            for (size_t r = 0; r < COUNT(CIDS); r++) {
                exchange(method, 2, 0, i, r);
                count++;
            }
        }
    }
    assert_int_equal(count, 2 * 6 * 6);
}

/* The bytes of all four messages with the certificate of the C509 draft and connection identifiers of one byte. */
static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint8_t method;
        enum pair_cred cred;
        size_t total;
    } table[] = {
        /* 1 */ {0, CRED_C509_VALUE, 513},
        /* 2 */ {3, CRED_C509_VALUE, 399},
        /* 3 */ {0, CRED_C509_KID, 225},
        /* 4 */ {3, CRED_C509_KID, 110},
    };
    for (size_t row = 0; row < COUNT(table); row++) {
        const struct pair_setup setup = {.method = table[row].method, .cred = table[row].cred};
        size_t total = 0;
        pair_open(&pair, &setup);
        for (enum pair_call call = CALL_MAKE_1; call < CALL_END; call++) {
            assert_int_equal(pair_do(&pair, call, NULL), TROTH_OK);
            if (call == CALL_TAKE_1 || call == CALL_TAKE_2 || call == CALL_TAKE_3 || call == CALL_TAKE_4) {
                total += pair.wire_len;
            }
        }
        assert_int_equal(total, table[row].total);
        pair_close(&pair);
    }
}

/* ---- The exporter ---- */

static void test_without_message_4(void **state)
{
    (void)state;
    for (uint8_t method = 0; method < 4; method++) {
        const struct pair_setup setup = {.method = method};
        uint8_t with[32];
        uint8_t without[32];
        struct troth_span none = {NULL, 0};
        pair_open(&pair, &setup);
        assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_MAKE_4), TROTH_OK);
        assert_false(pair_agrees(&pair));
        struct troth_edhoc before = pair.party[TROTH_RESPONDER].session;
        assert_int_equal(troth_edhoc_skip_4(&pair.party[TROTH_INITIATOR].session), TROTH_OK);
        assert_int_equal(troth_edhoc_skip_4(&pair.party[TROTH_RESPONDER].session), TROTH_OK);
        assert_true(pair_agrees(&pair));
        assert_int_equal(troth_edhoc_export(&pair.party[1].session, 32768, none, without, 32), TROTH_OK);
        pair.party[TROTH_RESPONDER].session = before;
        assert_int_equal(pair_do(&pair, CALL_MAKE_4, NULL), TROTH_OK);
        assert_int_equal(troth_edhoc_export(&pair.party[1].session, 32768, none, with, 32), TROTH_OK);
        assert_memory_equal(with, without, 32); /* message_4 changes no key */
        pair_close(&pair);
    }
}

static void export(uint32_t label, const char *context, uint8_t *out, size_t len)
{
    uint8_t other[255 * 32];
    struct troth_span span = {(const uint8_t *)context, strlen(context)};
    assert_int_equal(troth_edhoc_export(&pair.party[0].session, label, span, out, len), TROTH_OK);
    assert_int_equal(troth_edhoc_export(&pair.party[1].session, label, span, other, len), TROTH_OK);
    assert_memory_equal(out, other, len);
}

static void test_export(void **state)
{
    (void)state;
    static const uint32_t labels[] = {0, 1, 23, 24, 255, 256, 32768, 65535, 65536, UINT32_MAX};
    static const char *const contexts[] = {"", "a", "b", "ab", "a context of more than twenty-three bytes"};
    static uint8_t out[COUNT(labels) * COUNT(contexts) + 2][255 * 32];
    const struct pair_setup setup = {.method = 0};
    size_t count = 0;
    pair_open(&pair, &setup);
    assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
    for (size_t l = 0; l < COUNT(labels); l++) {
        for (size_t c = 0; c < COUNT(contexts); c++) {
            export(labels[l], contexts[c], out[count++], 32);
        }
    }
    export(0, "", out[count++], 33); /* the length goes in: no prefix of another */
    export(0, "", out[count++], 255 * 32);
    for (size_t a = 0; a < count; a++) {
        for (size_t b = 0; b < a; b++) {
            assert_memory_not_equal(out[a], out[b], 32);
        }
    }
    pair_close(&pair);
}

/* Two exchanges of the same devices have nothing in common. */
static void test_fresh_keys(void **state)
{
    (void)state;
    const struct pair_setup setup = {.method = 3};
    uint8_t out[2][32];
    pair_open(&pair, &setup);
    for (unsigned k = 0; k < 2; k++) {
        pair_begin(&pair);
        assert_int_equal(pair_run(&pair, CALL_MAKE_1, CALL_END), TROTH_OK);
        export(0, "", out[k], 32);
    }
    assert_memory_not_equal(out[0], out[1], 32);
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credentials), cmocka_unit_test(test_connection_identifiers),
        cmocka_unit_test(test_sizes),       cmocka_unit_test(test_without_message_4),
        cmocka_unit_test(test_export),      cmocka_unit_test(test_fresh_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
