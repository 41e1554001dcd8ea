/* device/handshake: EDHOC as these devices use it: one table of steps; what is not in it is dropped before any crypto. */
#include "device/device.h"

#include <string.h>

/* In this order: at rest; waiting for a frame or the timer; work for poll. */
enum handshake_state {
    IDLE = 0,
    R_DONE,
    I_WAIT_2,
    I_WAIT_4,
    R_WAIT_3,
    I_MAKE_1,
    I_TAKE_2,
    I_FIND,
    I_VERIFY_2,
    I_MAKE_3,
    R_TAKE_1,
    R_MAKE_2,
    R_TAKE_3,
    R_FIND,
    R_VERIFY_3,
    R_MAKE_4
};

#define RESTS_TO R_DONE
#define WAITS_TO R_WAIT_3

#define C509_ARRAY 0x8b /* the head of a C509 certificate in its array form, CRED_x */

#define RESENDS_REFUSED (RESENDS + 1) /* the peer, or somebody, says that it refused message_3 */

/* A step gets the body of the frame that is its event; as WORK, of the message in the buffer; or, where it makes a message,
 * the room for that. */
struct row {
    uint8_t state;
    uint8_t event; /* WORK or the kind of a frame */
    uint8_t next;
    uint8_t makes; /* the kind of frame that goes out */
    int (*step)(struct troth *t, uint8_t *message, size_t len);
};

static uint8_t *body(const struct troth *t)
{
    return t->config->buffer + FRAME_HEAD_LEN;
}

/* The room for a message: what a candidate's certificate at the end of the buffer leaves. */
static size_t body_cap(const struct troth *t)
{
    return t->config->buffer_len - FRAME_HEAD_LEN - t->private_.candidate.cert.len;
}

void handshake_reset(struct troth *t)
{
    struct troth_private *p = &t->private_;
    troth_edhoc_end(&p->edhoc);
    wipe(&p->check, sizeof p->check);
    p->handshake = IDLE;
    p->by_value = false;
}

/* A pending pin is tried first, then each in turn. */
static void choose_target(struct troth_private *p)
{
    bool pending = p->stored.pending.cert.len > 0 && (p->turn % 2 == 0 || p->stored.active.cert.len == 0);
    p->target = pending ? LINK_PENDING : LINK_ACTIVE;
    p->turn++;
}

static void begin(struct troth *t, enum troth_edhoc_role role)
{
    static const uint8_t cid[2] = {0x00, 0x01}; /* the Initiator's, the Responder's */
    struct troth_private *p = &t->private_;
    handshake_reset(t);
    p->candidate.cert.len = 0;
    p->profile.cid = span(&cid[role], 1);
    choose_target(p);
    troth_edhoc_begin(&p->edhoc, &p->profile, role, t->config->auth->is_static ? 3 : 0);
}

static int keep(struct troth *t, uint8_t *message, size_t len)
{
    if (len > body_cap(t)) {
        return TROTH_E_SPACE;
    }
    memcpy(body(t), message, len);
    t->private_.message_len = len;
    t->private_.send_message = false;
    return TROTH_OK;
}

/* The steps of poll. */

static int make_1(struct troth *t, uint8_t *message, size_t cap)
{
    return troth_edhoc_make_1(&t->private_.edhoc, message, cap, &t->private_.message_len);
}

static int take_1(struct troth *t, uint8_t *message, size_t len)
{
    return troth_edhoc_take_1(&t->private_.edhoc, message, len);
}

/* message_2 or 3, with one's own credential: the certificate for a pairing, else the kid under which the peer has pinned
 * it. */
static int make(struct troth *t, uint8_t *message, size_t cap)
{
    struct troth_private *p = &t->private_;
    bool initiator = p->edhoc.role == TROTH_INITIATOR;
    p->cred.body = p->own;
    if (p->by_value) {
        p->cred.id = (struct troth_edhoc_id){TROTH_COSE_C5C, t->config->certs.own};
    } else {
        p->cred.id = (struct troth_edhoc_id){TROTH_COSE_KID, span(&device_target(t)->own_kid, 1)};
    }
    p->cred.ead.len = 0;
    int result =
        (initiator ? troth_edhoc_make_3 : troth_edhoc_make_2)(&p->edhoc, &p->cred, message, cap, &p->message_len);
    if (result == TROTH_OK && initiator) {
        /* The peer takes new keys when it sees this message, whether its answer arrives or not. */
        device_drop_keys(t);
    }
    return result;
}

static int take_2(struct troth *t, uint8_t *message, size_t len)
{
    return troth_edhoc_take_2(&t->private_.edhoc, message, len, &t->private_.cred);
}

static int take_3(struct troth *t, uint8_t *message, size_t len)
{
    t->private_.by_value = false; /* what the Initiator says decides */
    return troth_edhoc_take_3(&t->private_.edhoc, message, len, &t->private_.cred);
}

/* The key of the pinned peer. */
static int find_pinned(struct troth *t, const struct troth_pin *pin)
{
    struct troth_private *p = &t->private_;
    struct troth_cert cert;
    p->cred.body = pin->cert;
    bool good = troth_cert_read(pin->cert, &cert) == TROTH_OK && troth_cert_key(&cert, p->check.key) == TROTH_OK;
    return good ? TROTH_OK : TROTH_E_UNKNOWN;
}

/* Decides on the credential: in a window a certificate asks for a pairing; otherwise only the pinned peer will do, by its
 * kid or by exactly the pinned certificate. */
static int find(struct troth *t, uint8_t *message, size_t len)
{
    (void)message;
    (void)len;
    struct troth_private *p = &t->private_;
    const struct troth_pin *pin = device_target(t);
    const struct troth_edhoc_id *id = &p->cred.id;
    struct troth_span sequence[2];
    struct troth_cert device;
    bool known;
    if (id->label == TROTH_COSE_KID) {
        known = id->value.len == 1 && id->value.data[0] == pin->peer_kid;
    } else if (id->label != TROTH_COSE_C5C || troth_cert_split(id->value, sequence) < 0) {
        return TROTH_E_PEER;
    } else if (p->window) {
        p->by_value = true;
        p->cred.body = sequence[0];
        return troth_cert_verify(port_of(t), &t->config->certs, id->value, &p->check, &device);
    } else {
        known = span_equal(sequence[0], pin->cert);
    }
    return known ? find_pinned(t, pin) : TROTH_E_UNKNOWN;
}

/* The peer is the one of the credential. A new peer's certificate moves to the end of the buffer, out of the next message's
 * way. */
static int verify(struct troth *t, uint8_t *message, size_t len)
{
    (void)message;
    (void)len;
    struct troth_private *p = &t->private_;
    bool initiator = p->edhoc.role == TROTH_INITIATOR;
    int result = (initiator ? troth_edhoc_verify_2 : troth_edhoc_verify_3)(&p->edhoc, &p->cred);
    if (result == TROTH_OK && p->by_value) {
        uint8_t *at = t->config->buffer + t->config->buffer_len - p->cred.body.len;
        memmove(at, p->cred.body.data, p->cred.body.len);
        p->candidate.cert = span(at, p->cred.body.len);
    }
    return result;
}

/* The last message was made or taken. Where that is so, the handshake is verified: fresh keys go to the records, and nothing
 * of EDHOC stays. */
static int finish(struct troth *t, int result)
{
    struct troth_private *p = &t->private_;
    if (result != TROTH_OK) {
        return result;
    }
    record_begin(&p->records, p->edhoc.role == TROTH_INITIATOR, troth_edhoc_suite(&p->edhoc) == 3 ? 16 : 8);
    result = troth_edhoc_export(&p->edhoc, EXPORT_RECORDS, span(&p->by_value, 1), p->records.material,
                                sizeof p->records.material);
    if (result != TROTH_OK) {
        device_unlink(t);
        return result;
    }
    p->attempt = 0;
    p->linked = p->target;
    if (p->by_value) {
        p->linked = LINK_CANDIDATE;
        commit_offer(t);
    } else if (p->target == LINK_PENDING) {
        p->pairing = R_WRITE; /* stands for COMMIT */
    } else {
        p->pairing = PAIRING_IDLE;
        device_tell(t, TROTH_EVENT_LINKED);
    }
    handshake_reset(t);
    handshake_schedule(t, p->window ? WINDOW_RETRY_MS : BACKOFF_MS);
    return TROTH_OK;
}

static int make_4(struct troth *t, uint8_t *message, size_t cap)
{
    return finish(t, troth_edhoc_make_4(&t->private_.edhoc, message, cap, &t->private_.message_len));
}

static int take_4(struct troth *t, uint8_t *message, size_t len)
{
    return finish(t, troth_edhoc_take_4(&t->private_.edhoc, message, len));
}

/* The steps on a frame: TROTH_OK moves on, anything else drops the frame. */

static bool may_answer(const struct troth *t)
{
    const struct troth_private *p = &t->private_;
    bool free = p->loading == 0 && p->candidate.cert.len == 0 && !commit_works(t);
    return free && (p->window || (device_paired(t) && reached(p->now_ms, p->at_ms[TIMER_QUIET])));
}

/* Both began: the larger message_1 stands, the smaller one's sender answers it. As often as it happens: a limit would leave
 * two that have used theirs up waiting for each other. One's own come back is a reflection. */
static bool yields(const struct troth *t, const uint8_t *message, size_t len)
{
    const struct troth_private *p = &t->private_;
    size_t both = len < p->message_len ? len : p->message_len;
    int order = memcmp(message, body(t), both);
    return order > 0 || (order == 0 && len > p->message_len);
}

/* message_1 begins a session that changes nothing durable. While another one is half open: the same message_1 again, the same
 * message_2 again; another message_1 only when that session has been idle for a while. */
static int answer(struct troth *t, uint8_t *message, size_t len)
{
    struct troth_private *p = &t->private_;
    uint32_t mark = frame_mark(message, len);
    if (p->handshake == R_WAIT_3 && mark == p->answered_mark) {
        p->send_message = true;
        return TROTH_E_FORGED;
    }
    bool busy =
        (p->handshake == I_WAIT_2 && !yields(t, message, len)) ||
        (p->handshake == R_WAIT_3 && !reached(p->now_ms, p->at_ms[TIMER_HANDSHAKE] - HALF_OPEN_MS + HALF_OPEN_KEEP_MS));
    if (busy || !may_answer(t) || keep(t, message, len) != TROTH_OK) {
        return TROTH_E_FORGED;
    }
    begin(t, TROTH_RESPONDER);
    p->by_value = p->window;
    p->answered_mark = mark;
    p->at_ms[TIMER_QUIET] = p->now_ms + QUIET_MS;
    return TROTH_OK;
}

/* message_3 again, as far as one can tell without a key: message_4 again. */
static int resend(struct troth *t, uint8_t *message, size_t len)
{
    (void)message;
    (void)len;
    t->private_.send_message = t->config->buffer[0] == FRAME_MESSAGE_4;
    return TROTH_OK;
}

/* Nobody vouches for an error: at most it ends the attempt, or has another suite tried. */
static int take_error(struct troth *t, uint8_t *message, size_t len)
{
    int code;
    struct troth_private *p = &t->private_;
    int result = troth_edhoc_take_error(&p->edhoc, message, len, &code);
    if (result == TROTH_E_FORGED) {
        return result;
    }
    if (p->handshake == I_WAIT_4) {
        p->handshake_resends = RESENDS_REFUSED; /* the true message_4 may still come, but nothing is sent again */
        return TROTH_OK;
    }
    if (result == TROTH_OK && code == 2) {
        return TROTH_OK;
    }
    device_abort(t, result == TROTH_E_SUITE ? TROTH_REASON_SUITE : TROTH_REASON_PEER);
    return TROTH_E_FORGED;
}

static const struct row rows[] = {
    {I_MAKE_1, WORK, I_WAIT_2, FRAME_MESSAGE_1, make_1},
    {I_WAIT_2, FRAME_MESSAGE_2, I_TAKE_2, FRAME_NONE, keep},
    {I_TAKE_2, WORK, I_FIND, FRAME_NONE, take_2},
    {I_FIND, WORK, I_VERIFY_2, FRAME_NONE, find},
    {I_VERIFY_2, WORK, I_MAKE_3, FRAME_NONE, verify},
    {I_MAKE_3, WORK, I_WAIT_4, FRAME_MESSAGE_3, make},
    {I_WAIT_4, FRAME_MESSAGE_4, IDLE, FRAME_NONE, take_4},
    {I_WAIT_2, FRAME_MESSAGE_1, R_TAKE_1, FRAME_NONE, answer},
    {I_WAIT_2, FRAME_ERROR, I_MAKE_1, FRAME_NONE, take_error},
    {I_WAIT_4, FRAME_ERROR, I_WAIT_4, FRAME_NONE, take_error},
    {IDLE, FRAME_MESSAGE_1, R_TAKE_1, FRAME_NONE, answer},
    {R_DONE, FRAME_MESSAGE_1, R_TAKE_1, FRAME_NONE, answer},
    {R_TAKE_1, WORK, R_MAKE_2, FRAME_NONE, take_1},
    {R_MAKE_2, WORK, R_WAIT_3, FRAME_MESSAGE_2, make},
    {R_WAIT_3, FRAME_MESSAGE_1, R_TAKE_1, FRAME_NONE, answer},
    {R_WAIT_3, FRAME_MESSAGE_3, R_TAKE_3, FRAME_NONE, keep},
    {R_TAKE_3, WORK, R_FIND, FRAME_NONE, take_3},
    {R_FIND, WORK, R_VERIFY_3, FRAME_NONE, find},
    {R_VERIFY_3, WORK, R_MAKE_4, FRAME_NONE, verify},
    {R_MAKE_4, WORK, R_DONE, FRAME_MESSAGE_4, make_4},
    {R_DONE, FRAME_MESSAGE_3, R_DONE, FRAME_NONE, resend},
};

static const struct row *row_of(const struct troth *t, enum frame_kind event)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].state == t->private_.handshake && rows[i].event == event) {
            return &rows[i];
        }
    }
    return NULL;
}

static enum troth_reason reason_of(int result)
{
    switch (result) {
    case TROTH_E_FORGED:
        return TROTH_REASON_FORGED;
    case TROTH_E_PEER:
        return TROTH_REASON_FOREIGN;
    case TROTH_E_UNKNOWN:
        return TROTH_REASON_UNKNOWN;
    case TROTH_E_SUITE:
        return TROTH_REASON_SUITE;
    case TROTH_E_CRYPTO:
        return TROTH_REASON_CRYPTO;
    default:
        return TROTH_REASON_CONFIG;
    }
}

/* A step failed: the session is over, and the peer is told that much (RFC 9528, 6). */
static void fail(struct troth *t, int result)
{
    enum troth_reason reason = reason_of(result);
    int code = reason == TROTH_REASON_SUITE ? 2 : reason == TROTH_REASON_UNKNOWN ? 3 : 1;
    device_abort(t, reason);
    int len = troth_edhoc_make_error(&t->private_.profile, code, "refused", body(t), body_cap(t));
    t->config->buffer[0] = FRAME_ERROR;
    t->private_.message_len = (size_t)len;
    t->private_.send_message = len > 0;
}

bool handshake_works(const struct troth *t)
{
    return t->private_.handshake > WAITS_TO;
}

int handshake_step(struct troth *t, enum frame_kind event, uint8_t *message, size_t len)
{
    struct troth_private *p = &t->private_;
    const struct row *row = row_of(t, event);
    if (row == NULL) {
        return TROTH_E_STATE;
    }
    if (event == WORK) {
        /* CRED_x is a certificate in its array form, of oneself or of the peer: only one of them is needed at a time. */
        p->cred.head[0] = C509_ARRAY;
        p->cred.head_len = 1;
        p->cred.key = p->check.key;
        message = body(t);
        len = row->makes == FRAME_NONE ? p->message_len : body_cap(t);
        /* For the state that waits then. A Responder sends again on a duplicate only. */
        p->handshake_resends = 0;
        handshake_schedule(t, p->edhoc.role == TROTH_INITIATOR ? resend_ms(t, 0) : HALF_OPEN_MS);
    }
    int result = row->step(t, message, len);
    if (result == TROTH_OK) {
        p->handshake = row->next;
        if (row->makes != FRAME_NONE) {
            t->config->buffer[0] = row->makes;
            p->send_message = true;
        }
    } else if (result == TROTH_E_CRYPTO || (event == WORK && result < 0)) {
        fail(t, result);
    }
    return result;
}

/* There is a peer to meet, and nothing else to be done first. */
static bool needs_handshake(const struct troth *t)
{
    const struct troth_private *p = &t->private_;
    bool free = p->loading == 0 && p->pairing == PAIRING_IDLE && p->handshake <= RESTS_TO;
    return free && (p->window || (device_paired(t) && (p->linked == UNLINKED || record_spent(&p->records))));
}

/* Also a device that only answers begins here: its peer, which has keys of the last session, never would. */
void handshake_nudge(struct troth *t)
{
    if (needs_handshake(t) && reached(t->private_.now_ms, t->private_.at_ms[TIMER_HANDSHAKE])) {
        handshake_timer(t);
    }
}

bool handshake_timed(const struct troth *t)
{
    if (t->private_.handshake <= RESTS_TO) {
        return t->config->begin == TROTH_BEGINS && needs_handshake(t);
    }
    return !handshake_works(t);
}

void handshake_timer(struct troth *t)
{
    struct troth_private *p = &t->private_;
    if (p->handshake <= RESTS_TO) {
        begin(t, TROTH_INITIATOR);
        p->handshake = I_MAKE_1;
        if (p->attempt <= BACKOFF_DOUBLINGS) {
            p->attempt++;
        }
    } else if (p->handshake == R_WAIT_3 || p->handshake_resends >= RESENDS) {
        device_abort(t, p->handshake_resends == RESENDS_REFUSED ? TROTH_REASON_PEER : TROTH_REASON_TIMEOUT);
    } else {
        p->handshake_resends++;
        p->send_message = true;
        handshake_schedule(t, resend_ms(t, p->handshake_resends));
    }
}
