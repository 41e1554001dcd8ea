/* troth/private.h: the insides of struct troth, here only so that a compiler knows its size. Nothing in this file is for
 * users; it changes without notice. */
#ifndef TROTH_PRIVATE_H
#define TROTH_PRIVATE_H

#include <troth/cert.h>
#include <troth/edhoc.h>

/* The records of one session: keys and counters. */
struct troth_records {
    uint8_t tag_len;      /* 8 or 16; 0: no session */
    uint8_t own;          /* where one's own key stands in the material; the other one is the peer's */
    uint8_t deaf;         /* records dropped since the last one that verified */
    uint16_t forgeries;   /* records that did not verify */
    uint32_t out_next;    /* sequence number of the next record sent */
    uint32_t in_next;     /* one above the highest sequence number verified */
    uint32_t in_seen;     /* bit i: in_next - 1 - i was verified */
    uint8_t material[58]; /* the Initiator's key (16) and IV (13), then the Responder's */
};

/* One pinned peer, in the bytes of the store. */
struct troth_pin {
    struct troth_span cert; /* certificate sequence; len 0: none */
    uint8_t own_kid;
    uint8_t peer_kid;
};

/* The pairing record in force. */
struct troth_stored {
    struct troth_pin active;
    struct troth_pin pending;
    uint32_t generation; /* 0: nothing was ever stored */
    uint8_t place;
};

/* Small fields first: a Cortex-M0+ reaches only 31 bytes, 31 halfwords and 31 words into a struct at no cost. */
struct troth_private {
    uint8_t loading;   /* places of the store that are still to be read */
    uint8_t handshake; /* enum handshake_state */
    uint8_t pairing;   /* enum pairing_state */
    uint8_t linked;    /* enum link: whom the records are with */
    uint8_t target;    /* the pin that a handshake by reference is for */
    uint8_t turn;      /* counts handshakes, for trying one pin after the other */
    uint8_t attempt;   /* handshakes begun since the last link, as far as backing off counts them */
    uint8_t handshake_resends;
    uint8_t control_resends;
    uint8_t control_len;
    uint8_t reason; /* of TROTH_EVENT_ABORTED */
    bool window;
    uint8_t by_value; /* 1: this handshake is for a pairing */
    bool send_message;
    bool send_control;
    uint16_t events; /* bit k: enum troth_event_kind k is to be told */
    uint32_t now_ms;
    uint32_t at_ms[4];          /* enum timer: when each timer fires, if it runs */
    size_t message_len;         /* of the message in the buffer, which stands behind the kind of the frame */
    uint32_t answered_mark;     /* fingerprint of the message_1 that was answered */
    struct troth_span own;      /* one's own certificate sequence */
    struct troth_pin candidate; /* a peer not stored yet, its certificate at the end of the buffer; cert.len 0: none */
    struct troth_edhoc_profile profile;
    struct troth_stored stored;
    struct troth_edhoc_cred cred; /* one's own or the peer's, as the step needs it */
    uint8_t control[20];          /* a sealed control record */
    struct troth_edhoc edhoc;
    struct troth_cert_check check;
    struct troth_records records;
};

#endif
