/* pairing: how two devices that have met become a pair. */
#include "pairing.h"

/* clang-format off */
static const struct pairing_rule rules[] = {
    /* state            event            action      message           next */
    {I_OFFER,           ON_LOCAL_ACCEPT, DO_SEND,    MESSAGE_ACCEPT,   I_WAIT_PREPARED},
    {I_WAIT_PREPARED,   ON_PREPARED,     DO_NOTHING, MESSAGE_NONE,     I_WRITE},
    {I_WRITE,           ON_WRITTEN,      DO_SEND,    MESSAGE_COMMIT,   I_WAIT_DONE},
    {I_WAIT_DONE,       ON_PREPARED,     DO_SEND,    MESSAGE_COMMIT,   I_WAIT_DONE},
    {I_WAIT_DONE,       ON_DONE,         DO_FINISH,  MESSAGE_NONE,     PAIRING_IDLE},
    {R_OFFER,           ON_LOCAL_ACCEPT, DO_NOTHING, MESSAGE_NONE,     R_WAIT_ACCEPT},
    {R_OFFER,           ON_ACCEPT,       DO_NOTHING, MESSAGE_NONE,     R_OFFER_READY},
    {R_OFFER_READY,     ON_LOCAL_ACCEPT, DO_NOTHING, MESSAGE_NONE,     R_WRITE_PENDING},
    {R_WAIT_ACCEPT,     ON_ACCEPT,       DO_NOTHING, MESSAGE_NONE,     R_WRITE_PENDING},
    {R_WRITE_PENDING,   ON_WRITTEN,      DO_SEND,    MESSAGE_PREPARED, R_WAIT_COMMIT},
    {R_WAIT_COMMIT,     ON_ACCEPT,       DO_SEND,    MESSAGE_PREPARED, R_WAIT_COMMIT},
    {R_WAIT_COMMIT,     ON_COMMIT,       DO_NOTHING, MESSAGE_NONE,     R_WRITE},
    {R_WRITE,           ON_WRITTEN,      DO_SEND,    MESSAGE_DONE,     PAIRING_IDLE},
    {DROP_PENDING,      ON_WRITTEN,      DO_NOTHING, MESSAGE_NONE,     PAIRING_IDLE},
    {FORGET,            ON_WRITTEN,      DO_NOTHING, MESSAGE_NONE,     PAIRING_IDLE},
    {PAIRING_IDLE,      ON_COMMIT,       DO_SEND,    MESSAGE_DONE,     PAIRING_IDLE},
    {I_OFFER,           ON_REFUSE,       DO_ABORT,   MESSAGE_NONE,     PAIRING_IDLE},
    {I_WAIT_PREPARED,   ON_REFUSE,       DO_ABORT,   MESSAGE_NONE,     PAIRING_IDLE},
    {R_OFFER,           ON_REFUSE,       DO_ABORT,   MESSAGE_NONE,     PAIRING_IDLE},
    {R_OFFER_READY,     ON_REFUSE,       DO_ABORT,   MESSAGE_NONE,     PAIRING_IDLE},
    {R_WAIT_ACCEPT,     ON_REFUSE,       DO_ABORT,   MESSAGE_NONE,     PAIRING_IDLE},
};
/* clang-format on */

const struct pairing_rule *pairing_rule(enum pairing_state state, enum pairing_event event)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].state == state && rules[i].event == event) {
            return &rules[i];
        }
    }
    return NULL;
}

enum pairing_message pairing_waits_on(enum pairing_state state)
{
    switch (state) {
    case I_WAIT_PREPARED:
        return MESSAGE_ACCEPT;
    case I_WAIT_DONE:
        return MESSAGE_COMMIT;
    case R_WAIT_COMMIT:
        return MESSAGE_PREPARED;
    default:
        return pairing_undecided((uint8_t)state) ? MESSAGE_HERE : MESSAGE_NONE;
    }
}

static bool has_kid(uint8_t message)
{
    return message == MESSAGE_ACCEPT || message == MESSAGE_PREPARED;
}

enum pairing_event pairing_read(struct troth_span text, uint8_t *kid)
{
    if (text.len == 0 || text.data[0] < MESSAGE_ACCEPT || text.data[0] > MESSAGE_HERE) {
        return ON_NOTHING;
    }
    uint8_t message = text.data[0];
    if (text.len != (has_kid(message) ? 2U : 1U)) {
        return ON_NOTHING;
    }
    if (has_kid(message)) {
        if (text.data[1] > 1) {
            return ON_NOTHING;
        }
        *kid = text.data[1];
    }
    return (enum pairing_event)(ON_ACCEPT + message - MESSAGE_ACCEPT);
}

size_t pairing_put(enum pairing_message message, uint8_t kid, uint8_t out[PAIRING_MESSAGE_MAX])
{
    out[0] = (uint8_t)message;
    out[1] = kid;
    return has_kid(out[0]) ? 2 : 1;
}
