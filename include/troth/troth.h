/* troth/troth.h: two devices plight their troth. The whole life of a pair, on one struct.
 *
 *     struct troth troth;                                 (caller-owned, about 0.6 KiB on a 32-bit device)
 *     troth_open(&troth, &config, now_ms());
 *     for (;;) {
 *         a frame came in:     troth_receive(&troth, now_ms(), frame, len, &event);
 *         always:              troth_poll(&troth, now_ms(), &out, &event);  send out if out.len > 0
 *         the owner's button:  troth_pair(&troth, now_ms(), 60000);
 *         event says waiting:  troth_accept(&troth);
 *         linked:              troth_send(&troth, data, len, frame, sizeof frame, &frame_len);
 *         sleep until a frame comes or troth_wait_ms(&troth, now_ms()) has passed
 *     }
 *
 * Laws
 *  - Memory: the caller owns the struct, the configuration (by pointer, as long as the device is open) and the buffer in it.
 *    No heap, no globals. Spans that are given out point into caller memory or the store and are valid until the next call.
 *  - Time: `now_ms` is a wrapping 32-bit count of milliseconds from any start. The library reads no clock.
 *  - I/O: none. Frames go in and come out whole; transport/ shows how to carry them.
 *  - Durability: what an event reports as done (paired, forgotten) is stored and survives a power cut. There is no save().
 *  - What comes from the wire can end an attempt, never a pairing. Only pair + accept, cancel and forget, called on this device, change what is stored.
 *  - Slow work happens in troth_poll, at most one public-key operation or one write of the store a call. No other function
 *    waits for anything.
 *  - Errors are enum troth_result, all negative. One code, TROTH_E_FORGED, for forged, damaged and replayed.
 *  - Threads: one struct, one thread; structs share nothing. Not reentrant from a port.
 */
#ifndef TROTH_H
#define TROTH_H

#include <troth/private.h>

#define TROTH_VERSION "0.1.0"

/* The shortest buffer that pairs with root-issued certificates, and with those of an issuing CA. */
#define TROTH_BUFFER_MIN   400
#define TROTH_BUFFER_CHAIN 560

/* Bytes that troth_send adds around a message, at most (10; 18 in suite 3). */
#define TROTH_RECORD_EXTRA 18

/* Who begins a handshake by itself. Two devices that only answer never meet. Who only answers begins all the same where it
 * has lost its keys and troth_send is called, or a record of the peer comes in: the peer cannot know. */
enum troth_begin { TROTH_BEGINS, TROTH_ANSWERS_ONLY };

struct troth_config {
    struct troth_port port; /* the crypto port */
    const struct troth_store *store;
    void *store_ctx;
    const struct troth_edhoc_auth *auth; /* the family's: &troth_edhoc_signature or &troth_edhoc_static_dh */
    struct troth_cert_rules certs; /* own certificate, root, and what a new peer must fit; key_usage: TROTH_USE_SIGN
                                            for a family of signatures (method 0), TROTH_USE_AGREE else (method 3) */
    uint8_t *buffer;               /* for handshake messages, at least TROTH_BUFFER_MIN bytes */
    size_t buffer_len;
    const uint8_t *suites; /* cipher suites in order of preference, of 2 and 3; NULL: 2, then 3 */
    size_t suites_len;
    uint32_t resend_ms; /* first resend of an unanswered message; it doubles. 0: 1000 */
    uint8_t begin;      /* enum troth_begin */
};

struct troth {
    const struct troth_config *config;
    struct troth_private private_;
};

enum troth_event_kind {
    TROTH_EVENT_NONE = 0,
    TROTH_EVENT_OPENED,   /* the store has been read: troth_peer tells of the pairing */
    TROTH_EVENT_WAITING,  /* a certified peer waits: troth_peer tells who; accept or refuse */
    TROTH_EVENT_PAIRED,   /* durable on this side */
    TROTH_EVENT_LINKED,   /* keys are fresh, the peer is the paired one: data may be sent */
    TROTH_EVENT_DATA,     /* data from the peer */
    TROTH_EVENT_ABORTED,  /* an attempt ended; `reason` says why; window and pairing stay as they are */
    TROTH_EVENT_CLOSED,   /* the pairing window closed; nobody is pending any more where cancel asked for it */
    TROTH_EVENT_FORGOTTEN /* the pairing is gone, durably */
};

/* Why an attempt ended. */
enum troth_reason {
    TROTH_REASON_NONE = 0,
    TROTH_REASON_TIMEOUT, /* no answer: check the wire, and that the other device is on and its window open */
    TROTH_REASON_FORGED,  /* a message did not verify: damaged on the wire, or somebody in the middle */
    TROTH_REASON_FOREIGN, /* a certificate of another maker, family or epoch, or one's own */
    TROTH_REASON_UNKNOWN, /* the peer is not the paired device: to take a new one open a window on both */
    TROTH_REASON_PEER,    /* the other side ended it: see what it says */
    TROTH_REASON_REFUSED, /* the owner of the other device refused */
    TROTH_REASON_SUITE,   /* no common cipher suite */
    TROTH_REASON_CRYPTO,  /* the crypto chip or library failed: service this device */
    TROTH_REASON_STORE,   /* storing failed: nothing changed; service this device */
    TROTH_REASON_CONFIG   /* certificate, root, buffer and key of this device do not fit together */
};

struct troth_event {
    uint8_t kind;           /* enum troth_event_kind */
    uint8_t reason;         /* enum troth_reason, of TROTH_EVENT_ABORTED */
    struct troth_span data; /* of TROTH_EVENT_DATA: in the frame that was given to troth_receive */
};

enum troth_peer_state { TROTH_UNPAIRED, TROTH_PEER_WAITS, TROTH_PEER_PENDING, TROTH_PAIRED };

struct troth_peer {
    uint8_t state;          /* enum troth_peer_state */
    bool linked;            /* fresh keys with the paired device: troth_send works */
    struct troth_span cert; /* certificate sequence of the waiting, pending or paired peer */
    uint32_t generation;    /* how often this device has stored a pairing record */
};

/* Begins the life of a device after power-up. TROTH_E_CONFIG: certificate, root, buffer or suites do not fit. The store is
 * read by the first polls; TROTH_EVENT_OPENED follows. */
int troth_open(struct troth *troth, const struct troth_config *config, uint32_t now_ms);

/* Wipes the struct. The pairing stays stored; session keys are gone. */
void troth_close(struct troth *troth);

/* Opens the pairing window for window_ms, at most 12 days (local action of the owner). Begins afresh if one is open. */
int troth_pair(struct troth *troth, uint32_t now_ms, uint32_t window_ms);

/* The owner's answer to TROTH_EVENT_WAITING. TROTH_E_STATE: nobody waits. */
int troth_accept(struct troth *troth);
int troth_refuse(struct troth *troth);

/* Closes the window and drops what is not yet paired, a pending peer too. TROTH_EVENT_CLOSED tells that it is done. */
int troth_cancel(struct troth *troth);

/* Removes the pairing (local action of the owner). TROTH_EVENT_FORGOTTEN tells that it is durable. */
int troth_forget(struct troth *troth);

/* Who the peer is. */
void troth_peer(const struct troth *troth, struct troth_peer *peer);

/* One frame from the wire, which may be anything. Cheap, never a public-key operation; a record is opened in place.
 * TROTH_OK: taken; TROTH_E_FORGED: dropped; TROTH_E_STATE: not now. The device is none the worse. */
int troth_receive(struct troth *troth, uint32_t now_ms, uint8_t *frame, size_t len, struct troth_event *event);

/* Timers, slow work, and one frame to send (out->len 0: none), valid until the next call. */
int troth_poll(struct troth *troth, uint32_t now_ms, struct troth_span *out, struct troth_event *event);

/* Seals data into a frame of data_len + 10 bytes (18 in suite 3). `data` may lie at frame + 2. It arrives at most once; the
 * application repeats what matters. TROTH_E_UNPAIRED, TROTH_E_STATE (not linked now), TROTH_E_SPACE. */
int troth_send(struct troth *troth, const uint8_t *data, size_t data_len, uint8_t *frame, size_t frame_cap,
               size_t *frame_len);

/* How long the caller may sleep if no frame comes: 0 means poll now. At most 12 days, for now_ms wraps. */
uint32_t troth_wait_ms(const struct troth *troth, uint32_t now_ms);

/* An error or a reason in words, with what to do. */
const char *troth_strerror(int result);
const char *troth_strreason(int reason);

#endif
