/* device: the room that sees all others: EDHOC, records, pairing, store, certificates. Only here keys pass from one to the
 * other. Includes everything below.
 * Invariant: what is stored changes in commit_work alone: after a handshake was verified to its last message and the owner
 * accepted, or when the owner cancels or forgets. */
#ifndef TROTH_SRC_DEVICE_H
#define TROTH_SRC_DEVICE_H

#include <troth/troth.h>

#include "bytes.h"
#include "frame.h"
#include "pairing.h"
#include "record.h"
#include "store.h"

#define WORK FRAME_NONE /* the event of a step of the handshake that poll makes by itself */

/* Whom the records of the session are with. */
enum link { UNLINKED, LINK_CANDIDATE, LINK_PENDING, LINK_ACTIVE };

/* The window closes; the last control message is sent again; the handshake begins, resends or gives up; and, a time only:
 * outside a window no message_1 is answered before. */
enum timer { TIMER_WINDOW, TIMER_CONTROL, TIMER_HANDSHAKE, TIMER_QUIET };

/* Times are compared by their difference, which must stay below 2^31 ms. */
#define WINDOW_MAX_MS (UINT32_C(1) << 30)
#define SLEEP_MAX_MS  (UINT32_C(1) << 30)

#define RESEND_MS 1000 /* first resend, where the configuration says nothing */
#define RESENDS   4    /* each after twice the time: about 31 times resend_ms in all */
#define RESENDS_HEARD \
    2 /* what is left of them when an undecided peer was heard: 24 times resend_ms of silence end it */
#define HALF_OPEN_MS      10000 /* how long a Responder waits for message_3 */
#define HALF_OPEN_KEEP_MS 2000  /* how long it does not take another message_1 instead */
#define WINDOW_RETRY_MS   1000  /* between two attempts in a window */
#define BACKOFF_MS        10000 /* between two handshakes by reference; it doubles */
#define BACKOFF_DOUBLINGS 5
#define QUIET_MS          1000 /* between two answers to message_1 outside a window */

#define EXPORT_RECORDS 32768 /* exporter label of the record keys: private use (RFC 9528, 10.1) */

static inline bool reached(uint32_t now_ms, uint32_t at_ms)
{
    return (int32_t)(now_ms - at_ms) >= 0;
}

static inline uint32_t resend_ms(const struct troth *t, uint8_t resends)
{
    return (t->config->resend_ms != 0 ? t->config->resend_ms : RESEND_MS) << resends;
}

static inline const struct troth_port *port_of(const struct troth *t)
{
    return &t->config->port;
}

static inline void handshake_schedule(struct troth *t, uint32_t in_ms)
{
    t->private_.at_ms[TIMER_HANDSHAKE] = t->private_.now_ms + in_ms;
}

static inline bool commit_undecided(const struct troth *t)
{
    return pairing_undecided(t->private_.pairing);
}

static inline bool commit_works(const struct troth *t)
{
    return pairing_stores(t->private_.pairing);
}

static inline void device_tell(struct troth *t, enum troth_event_kind event)
{
    t->private_.events |= (uint16_t)(1U << event);
}

/* A handshake is over before its end: tells why, and plans the next. The link that there is stays. */
void device_abort(struct troth *t, enum troth_reason reason);

/* Wipes the session's keys: there is no link. */
void device_drop_keys(struct troth *t);

/* The session's keys are gone, and a pairing in progress with them. */
void device_unlink(struct troth *t);

/* Something is stored to have a link with. */
bool device_paired(const struct troth *t);

/* The pin that a handshake by reference is for; its cert.len is 0 where there is none. */
struct troth_pin *device_target(struct troth *t);

/* handshake.c */
void handshake_reset(struct troth *t);
bool handshake_works(const struct troth *t); /* poll has a step to make */
bool handshake_timed(const struct troth *t); /* its timer runs */
void handshake_timer(struct troth *t);
void handshake_nudge(struct troth *t); /* a record cannot be sent or read for want of keys */

/* A step: on WORK, or on the body of a frame of that kind. */
int handshake_step(struct troth *t, enum frame_kind event, uint8_t *message, size_t len);

/* commit.c */
void commit_offer(struct troth *t); /* a handshake by value is complete */
void commit_work(struct troth *t);
void commit_timer(struct troth *t);
void commit_event(struct troth *t, enum pairing_event event);
void commit_receive(struct troth *t, struct troth_span text);
void commit_refuse(struct troth *t); /* drops a candidate, and tells it */

#endif
