/* Pairing: the whole rule table, each state with each event, and the control messages byte by byte. White box: src/pairing.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pairing.h"

#define STATES (FORGET + 1)
#define EVENTS (ON_NOTHING + 1)

/* What is expected where something happens; in every other state and event nothing does.. */
static const struct pairing_rule expected[] = {
    /* An Initiator: accept, wait for PREPARED, store, COMMIT, wait for DONE. */
    /*  1 */ {I_OFFER, ON_LOCAL_ACCEPT, DO_SEND, MESSAGE_ACCEPT, I_WAIT_PREPARED},
    /*  2 */ {I_WAIT_PREPARED, ON_PREPARED, DO_NOTHING, MESSAGE_NONE, I_WRITE},
    /*  3 */ {I_WRITE, ON_WRITTEN, DO_SEND, MESSAGE_COMMIT, I_WAIT_DONE},
    /*  4 */ {I_WAIT_DONE, ON_PREPARED, DO_SEND, MESSAGE_COMMIT, I_WAIT_DONE},
    /*  5 */ {I_WAIT_DONE, ON_DONE, DO_FINISH, MESSAGE_NONE, PAIRING_IDLE},
    /* A Responder: both accept in either order, store as pending, PREPARED, wait for COMMIT, store as active, DONE. */
    /*  6 */ {R_OFFER, ON_LOCAL_ACCEPT, DO_NOTHING, MESSAGE_NONE, R_WAIT_ACCEPT},
    /*  7 */ {R_WAIT_ACCEPT, ON_ACCEPT, DO_NOTHING, MESSAGE_NONE, R_WRITE_PENDING},
    /*  8 */ {R_OFFER, ON_ACCEPT, DO_NOTHING, MESSAGE_NONE, R_OFFER_READY},
    /*  9 */ {R_OFFER_READY, ON_LOCAL_ACCEPT, DO_NOTHING, MESSAGE_NONE, R_WRITE_PENDING},
    /* 10 */ {R_WRITE_PENDING, ON_WRITTEN, DO_SEND, MESSAGE_PREPARED, R_WAIT_COMMIT},
    /* 11 */ {R_WAIT_COMMIT, ON_ACCEPT, DO_SEND, MESSAGE_PREPARED, R_WAIT_COMMIT},
    /* 12 */ {R_WAIT_COMMIT, ON_COMMIT, DO_NOTHING, MESSAGE_NONE, R_WRITE},
    /* 13 */ {R_WRITE, ON_WRITTEN, DO_SEND, MESSAGE_DONE, PAIRING_IDLE},
    /* 14 */ {PAIRING_IDLE, ON_COMMIT, DO_SEND, MESSAGE_DONE, PAIRING_IDLE},
    /* The owners' other wishes. */
    /* 15 */ {DROP_PENDING, ON_WRITTEN, DO_NOTHING, MESSAGE_NONE, PAIRING_IDLE},
    /* 16 */ {FORGET, ON_WRITTEN, DO_NOTHING, MESSAGE_NONE, PAIRING_IDLE},
    /* 17 */ {I_OFFER, ON_REFUSE, DO_ABORT, MESSAGE_NONE, PAIRING_IDLE},
    /* 18 */ {I_WAIT_PREPARED, ON_REFUSE, DO_ABORT, MESSAGE_NONE, PAIRING_IDLE},
    /* 19 */ {R_OFFER, ON_REFUSE, DO_ABORT, MESSAGE_NONE, PAIRING_IDLE},
    /* 20 */ {R_OFFER_READY, ON_REFUSE, DO_ABORT, MESSAGE_NONE, PAIRING_IDLE},
    /* 21 */ {R_WAIT_ACCEPT, ON_REFUSE, DO_ABORT, MESSAGE_NONE, PAIRING_IDLE},
};

#define EXPECTED (sizeof expected / sizeof expected[0])

static const struct pairing_rule *expected_rule(unsigned state, unsigned event)
{
    for (size_t i = 0; i < EXPECTED; i++) {
        if (expected[i].state == state && expected[i].event == event) {
            return &expected[i];
        }
    }
    return NULL;
}

static void every_state_and_event(void **state)
{
    unsigned rules = 0;
    (void)state;
    for (unsigned s = 0; s < STATES; s++) {
        for (unsigned e = 0; e < EVENTS; e++) {
            const struct pairing_rule *rule = pairing_rule((enum pairing_state)s, (enum pairing_event)e);
            const struct pairing_rule *wanted = expected_rule(s, e);
            if (wanted == NULL) {
                assert_null(rule);
                continue;
            }
            assert_non_null(rule);
            assert_int_equal(rule->action, wanted->action);
            assert_int_equal(rule->next, wanted->next);
            assert_int_equal(rule->message, wanted->message);
            rules++;
        }
    }
    assert_int_equal(rules, EXPECTED);
}

/* No message leads to a store but through a local accept: only these two events, each after the owner's word. */
static void nothing_is_stored_without_the_owner(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXPECTED; i++) {
        if (!pairing_stores(expected[i].next)) {
            continue;
        }
        unsigned before = expected[i].state;
        assert_true(expected[i].event == ON_LOCAL_ACCEPT || before == I_WAIT_PREPARED || before == R_WAIT_ACCEPT ||
                    before == R_WAIT_COMMIT);
    }
    for (unsigned s = 0; s < STATES; s++) {
        bool undecided =
            s == I_OFFER || s == I_WAIT_PREPARED || s == R_OFFER || s == R_OFFER_READY || s == R_WAIT_ACCEPT;
        bool stores = s == I_WRITE || s == R_WRITE_PENDING || s == R_WRITE || s == DROP_PENDING || s == FORGET;
        assert_int_equal(pairing_undecided((uint8_t)s), undecided);
        assert_int_equal(pairing_stores((uint8_t)s), stores);
    }
}

static void what_is_sent_again(void **state)
{
    static const uint8_t again[STATES] = {
        [I_OFFER] = MESSAGE_HERE,           [I_WAIT_PREPARED] = MESSAGE_ACCEPT, [I_WAIT_DONE] = MESSAGE_COMMIT,
        [R_OFFER] = MESSAGE_HERE,           [R_OFFER_READY] = MESSAGE_HERE,     [R_WAIT_ACCEPT] = MESSAGE_HERE,
        [R_WAIT_COMMIT] = MESSAGE_PREPARED,
    };
    (void)state;
    for (unsigned s = 0; s < STATES; s++) {
        assert_int_equal(pairing_waits_on((enum pairing_state)s), again[s]);
    }
}

/* The messages, their bytes, and what is said by them. */
static const struct {
    uint8_t bytes[2];
    uint8_t len;
    uint8_t event;
} messages[] = {
    {{1, 0}, 2, ON_ACCEPT}, {{1, 1}, 2, ON_ACCEPT}, {{2, 0}, 2, ON_PREPARED}, {{2, 1}, 2, ON_PREPARED},
    {{3}, 1, ON_COMMIT},    {{4}, 1, ON_DONE},      {{5}, 1, ON_REFUSE},      {{6}, 1, ON_HERE},
};

static void messages_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        uint8_t out[PAIRING_MESSAGE_MAX];
        size_t len = pairing_put((enum pairing_message)messages[i].bytes[0], messages[i].bytes[1], out);
        assert_int_equal(len, messages[i].len);
        assert_memory_equal(out, messages[i].bytes, len);
        uint8_t kid = 0xee;
        assert_int_equal(pairing_read((struct troth_span){out, len}, &kid), messages[i].event);
        assert_int_equal(kid, len == 2 ? messages[i].bytes[1] : 0xee);
    }
}

/* Every text of 0, 1, 2 and 3 bytes: nothing but the eight above says anything, and none of them touches the kid. */
static void all_else_says_nothing(void **state)
{
    unsigned understood = 0;
    (void)state;
    for (size_t len = 0; len <= 3; len++) {
        for (uint32_t text = 0; text < UINT32_C(1) << 8 * len; text += len == 3 ? 61 : 1) {
            const uint8_t bytes[3] = {(uint8_t)text, (uint8_t)(text >> 8), (uint8_t)(text >> 16)};
            uint8_t kid = 0xee;
            enum pairing_event event = pairing_read((struct troth_span){bytes, len}, &kid);
            bool has_kid = bytes[0] == MESSAGE_ACCEPT || bytes[0] == MESSAGE_PREPARED;
            bool good = (len == 1 && bytes[0] >= MESSAGE_COMMIT && bytes[0] <= MESSAGE_HERE) ||
                        (len == 2 && has_kid && bytes[1] <= 1);
            understood += good;
            assert_int_equal(event != ON_NOTHING, good);
            assert_int_equal(kid != 0xee, good && has_kid);
        }
    }
    assert_int_equal(understood, sizeof messages / sizeof messages[0]);
    assert_int_equal(pairing_read((struct troth_span){NULL, 0}, NULL), ON_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event), cmocka_unit_test(nothing_is_stored_without_the_owner),
        cmocka_unit_test(what_is_sent_again),    cmocka_unit_test(messages_read_and_written),
        cmocka_unit_test(all_else_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
