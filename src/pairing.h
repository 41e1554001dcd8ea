/* pairing: how two devices that have met become a pair. Includes port.h only: neither keys, EDHOC nor the store; it says
 * what is to be sent and stored, device.c does it.
 *
 *      I                                   R
 *      accept (local) -- ACCEPT kid_I ->   accept (local)
 *                                          store {old active, new pending}
 *      store {new active} <- PREPARED kid_R --
 *                      -- COMMIT ->        store {new active}
 *                      <- DONE --
 *
 * Legal pairs (I/R), after a cut anywhere: old/old, old/pending, new/pending, new/new. A verified handshake by reference with
 * the pending peer stands for COMMIT.
 * Places kept for the life of a pair: policies and codes come between the handshake and the local accept (states OFFER);
 * tombstones and lists belong to WRITE_NEW. */
#ifndef TROTH_SRC_PAIRING_H
#define TROTH_SRC_PAIRING_H

#include <troth/port.h>

enum pairing_state {
    PAIRING_IDLE = 0,
    /* Undecided: nothing is stored yet. */
    I_OFFER, /* the owner is asked */
    I_WAIT_PREPARED,
    R_OFFER,       /* the owner is asked, the peer's has not answered */
    R_OFFER_READY, /* the owner is asked, the peer's has accepted */
    R_WAIT_ACCEPT, /* the owner has accepted, the peer's has not answered */
    /* Stored, and the peer is to hear of it. */
    I_WAIT_DONE,
    R_WAIT_COMMIT,
    /* Storing. */
    I_WRITE,
    R_WRITE_PENDING,
    R_WRITE,
    DROP_PENDING, /* the owner cancelled a pending peer */
    FORGET        /* the owner removed the pairing */
};

static inline bool pairing_undecided(uint8_t state)
{
    return state >= I_OFFER && state <= R_WAIT_ACCEPT;
}

static inline bool pairing_stores(uint8_t state)
{
    return state >= I_WRITE;
}

enum pairing_event {
    ON_LOCAL_ACCEPT,
    ON_WRITTEN,
    ON_ACCEPT, /* from here on: messages, in the order of enum pairing_message */
    ON_PREPARED,
    ON_COMMIT,
    ON_DONE,
    ON_REFUSE,
    ON_HERE,
    ON_NOTHING
};

/* The first byte of a control record. ACCEPT and PREPARED carry the sender's own kid in a second byte. */
enum pairing_message {
    MESSAGE_NONE = 0,
    MESSAGE_ACCEPT = 1,
    MESSAGE_PREPARED = 2,
    MESSAGE_COMMIT = 3,
    MESSAGE_DONE = 4,
    MESSAGE_REFUSE = 5,
    MESSAGE_HERE = 6 /* while an owner thinks: says no more than that the sender has not given up */
};

enum pairing_action {
    DO_NOTHING,
    DO_SEND, /* the message of the rule */
    DO_FINISH,
    DO_ABORT
};

struct pairing_rule {
    uint8_t state : 4;
    uint8_t event : 4;
    uint8_t action : 4;
    uint8_t message : 4; /* what DO_SEND sends */
    uint8_t next;
};

/* The rule for an event in a state; NULL where it is to be ignored. */
const struct pairing_rule *pairing_rule(enum pairing_state state, enum pairing_event event);

/* What the state is waiting for an answer to, to be sent again; MESSAGE_NONE where it waits for nothing from the peer. */
enum pairing_message pairing_waits_on(enum pairing_state state);

/* The kind of event that a control message is; its kid goes to *kid. ON_NOTHING for anything malformed. */
enum pairing_event pairing_read(struct troth_span text, uint8_t *kid);

/* Writes a control message; its length. */
#define PAIRING_MESSAGE_MAX 2
size_t pairing_put(enum pairing_message message, uint8_t kid, uint8_t out[PAIRING_MESSAGE_MAX]);

#endif
