/* device/handshake: EDHOC as these devices use it: one table of steps; what is not in it is dropped before any crypto. */
#include "device/device.h"

#include <string.h>

enum handshake_state {
    IDLE = 0,
    I_MAKE_1,
    I_WAIT_2,
    I_TAKE_2,
    I_FIND,
    I_VERIFY_2,
    I_MAKE_3,
    I_WAIT_4,
    R_TAKE_1,
    R_MAKE_2,
    R_WAIT_3,
    R_TAKE_3,
    R_FIND,
    R_VERIFY_3,
    R_MAKE_4,
    R_DONE
};

#define C509_ARRAY 0x8b /* the head of a C509 certificate in its array form, CRED_x */

#define WORK FRAME_NONE /* the event of a step that poll makes by itself */

#define RESENDS_REFUSED (RESENDS + 1) /* the peer, or somebody, says that it refused message_3 */

struct row {
    uint8_t state;
    uint8_t event; /* WORK or the kind of a frame */
    uint8_t next;
    int (*step)(struct troth *t, uint8_t *frame, size_t len);
};

static uint8_t *body(struct troth *t)
{
    return t->config->buffer + FRAME_HEAD_LEN;
}

static size_t body_len(const struct troth *t)
{
    return t->private_.message_len - (size_t)FRAME_HEAD_LEN;
}

/* The room for a message: what a candidate's certificate at the end of the buffer leaves. */
static size_t body_cap(const struct troth *t)
{
    return t->config->buffer_len - FRAME_HEAD_LEN - t->private_.candidate.cert.len;
}

void handshake_schedule(struct troth *t, uint32_t in_ms)
{
    t->private_.at_ms[TIMER_HANDSHAKE] = t->private_.now_ms + in_ms;
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
    p->candidate = NO_PIN;
    p->profile.cid = span(&cid[role], 1);
    choose_target(p);
    troth_edhoc_begin(&p->edhoc, &p->profile, role, t->config->auth->is_static ? 3 : 0);
}

/* The message of `kind` in the buffer goes out, and again while there is no answer. */
static void send(struct troth *t, enum frame_kind kind, size_t len)
{
    struct troth_private *p = &t->private_;
    t->config->buffer[0] = (uint8_t)kind;
    p->message_len = (uint16_t)(FRAME_HEAD_LEN + len);
    p->send_message = true;
    p->handshake_resends = 0;
    handshake_schedule(t, p->edhoc.role == TROTH_INITIATOR ? resend_ms(t, 0) : HALF_OPEN_MS);
}

static int keep(struct troth *t, uint8_t *frame, size_t len)
{
    if (len > t->config->buffer_len) {
        return TROTH_E_SPACE;
    }
    memcpy(t->config->buffer, frame, len);
    t->private_.message_len = (uint16_t)len;
    t->private_.send_message = false;
    return TROTH_OK;
}

/* CRED_x is a certificate in its array form, of oneself or of the peer: only one of them is needed at a time. */
static void credential(struct troth *t, struct troth_span cert)
{
    struct troth_edhoc_cred *cred = &t->private_.cred;
    cred->head[0] = C509_ARRAY;
    cred->head_len = 1;
    cred->body = cert;
    cred->key = t->private_.check.key;
}

/* The steps of poll. */

/* A message was made: out with it. */
static int made(struct troth *t, int result, enum frame_kind kind, size_t len)
{
    if (result == TROTH_OK) {
        send(t, kind, len);
    }
    return result;
}

static int make_1(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    int result = troth_edhoc_make_1(&t->private_.edhoc, body(t), body_cap(t), &len);
    return made(t, result, FRAME_MESSAGE_1, len);
}

static int take_1(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    return troth_edhoc_take_1(&t->private_.edhoc, body(t), body_len(t));
}

/* With one's own credential: the certificate for a pairing, else the kid under which the peer has pinned it. */
static int make(struct troth *t, enum frame_kind kind,
                int (*make_x)(struct troth_edhoc *, const struct troth_edhoc_cred *, uint8_t *, size_t, size_t *))
{
    struct troth_private *p = &t->private_;
    size_t len;
    credential(t, p->own);
    if (p->by_value) {
        p->cred.id = (struct troth_edhoc_id){TROTH_COSE_C5C, t->config->certs.own};
    } else {
        p->cred.id = (struct troth_edhoc_id){TROTH_COSE_KID, span(&device_target(t)->own_kid, 1)};
    }
    p->cred.ead.len = 0;
    int result = make_x(&p->edhoc, &p->cred, body(t), body_cap(t), &len);
    return made(t, result, kind, len);
}

static int make_2(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    return make(t, FRAME_MESSAGE_2, troth_edhoc_make_2);
}

static int make_3(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    int result = make(t, FRAME_MESSAGE_3, troth_edhoc_make_3);
    if (result == TROTH_OK) {
        /* The peer takes new keys when it sees this message, whether its answer arrives or not. */
        wipe(&t->private_.records, sizeof t->private_.records);
        t->private_.linked = UNLINKED;
    }
    return result;
}

static int take_2(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    struct troth_private *p = &t->private_;
    return troth_edhoc_take_2(&p->edhoc, body(t), body_len(t), &p->cred);
}

static int take_3(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    struct troth_private *p = &t->private_;
    p->by_value = false; /* what the Initiator says decides */
    return troth_edhoc_take_3(&p->edhoc, body(t), body_len(t), &p->cred);
}

/* The key of the pinned peer. */
static int find_pinned(struct troth *t, const struct troth_pin *pin)
{
    struct troth_private *p = &t->private_;
    struct troth_cert cert;
    credential(t, pin->cert);
    bool good = troth_cert_read(pin->cert, &cert) == TROTH_OK && troth_cert_key(&cert, p->check.key) == TROTH_OK;
    return good ? TROTH_OK : TROTH_E_UNKNOWN;
}

/* Decides on the credential: in a window a certificate asks for a pairing; otherwise only the pinned peer will do, by its
 * kid or by exactly the pinned certificate. */
static int find(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    struct troth_private *p = &t->private_;
    const struct troth_pin *pin = device_target(t);
    struct troth_span value = p->cred.id.value;
    struct troth_span sequence[2];
    struct troth_cert device;
    bool known;
    if (p->cred.id.label == TROTH_COSE_KID) {
        known = value.len == 1 && value.data[0] == pin->peer_kid;
    } else if (p->cred.id.label != TROTH_COSE_C5C || troth_cert_split(value, sequence) < 0) {
        return TROTH_E_PEER;
    } else if (p->window) {
        p->by_value = true;
        credential(t, sequence[0]);
        return troth_cert_verify(port_of(t), &t->config->certs, value, &p->check, &device);
    } else {
        known = span_equal(sequence[0], pin->cert);
    }
    return known ? find_pinned(t, pin) : TROTH_E_UNKNOWN;
}

/* The peer is the one of the credential. A new peer's certificate moves to the end of the buffer, out of the next message's
 * way. */
static int verify(struct troth *t, int (*verify_x)(struct troth_edhoc *, const struct troth_edhoc_cred *))
{
    struct troth_private *p = &t->private_;
    int result = verify_x(&p->edhoc, &p->cred);
    if (result == TROTH_OK && p->by_value) {
        uint8_t *at = t->config->buffer + t->config->buffer_len - p->cred.body.len;
        memmove(at, p->cred.body.data, p->cred.body.len);
        p->candidate.cert = span(at, p->cred.body.len);
    }
    return result;
}

static int verify_2(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    return verify(t, troth_edhoc_verify_2);
}

static int verify_3(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    return verify(t, troth_edhoc_verify_3);
}

/* The handshake is verified: fresh keys go to the records, and nothing of EDHOC stays. */
static int finish(struct troth *t, bool initiator)
{
    struct troth_private *p = &t->private_;
    const uint8_t kind = p->by_value;
    record_begin(&p->records, initiator, troth_edhoc_suite(&p->edhoc) == 3 ? 16 : 8);
    int result =
        troth_edhoc_export(&p->edhoc, EXPORT_RECORDS, span(&kind, 1), p->records.material, sizeof p->records.material);
    if (result != TROTH_OK) {
        device_unlink(t);
        return result;
    }
    handshake_reset(t);
    handshake_schedule(t, p->window ? WINDOW_RETRY_MS : BACKOFF_MS);
    p->attempt = 0;
    if (kind != 0) {
        p->linked = LINK_CANDIDATE;
        commit_offer(t, initiator);
    } else if (p->target == LINK_PENDING) {
        p->linked = LINK_PENDING;
        commit_promote(t);
    } else {
        p->linked = LINK_ACTIVE;
        p->pairing = PAIRING_IDLE;
        device_tell(t, TROTH_EVENT_LINKED);
    }
    return TROTH_OK;
}

static int make_4(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    int result = troth_edhoc_make_4(&t->private_.edhoc, body(t), body_cap(t), &len);
    return made(t, result, FRAME_MESSAGE_4, len) == TROTH_OK ? finish(t, false) : result;
}

/* The steps on a frame: TROTH_OK moves on, anything else drops the frame. */

static bool may_answer(const struct troth *t)
{
    const struct troth_private *p = &t->private_;
    bool free = p->loading == 0 && p->candidate.cert.len == 0 && !commit_works(t);
    return free && (p->window || (device_paired(t) && reached(p->now_ms, p->at_ms[TIMER_QUIET])));
}

/* message_1 begins a session that changes nothing durable. */
static int answer(struct troth *t, uint8_t *frame, size_t len)
{
    struct troth_private *p = &t->private_;
    if (!may_answer(t) || keep(t, frame, len) != TROTH_OK) {
        return TROTH_E_FORGED;
    }
    begin(t, TROTH_RESPONDER);
    p->by_value = p->window;
    p->answered_mark = frame_mark(frame, len);
    p->at_ms[TIMER_QUIET] = p->now_ms + QUIET_MS;
    return TROTH_OK;
}

/* Both began: the larger message_1 stands, the smaller one's sender answers it. As often as it happens: a limit would leave
 * two that have used theirs up waiting for each other. One's own come back is a reflection. */
static int yield(struct troth *t, uint8_t *frame, size_t len)
{
    struct troth_private *p = &t->private_;
    size_t both = len < p->message_len ? len : p->message_len;
    int order = memcmp(frame, t->config->buffer, both);
    bool larger = order > 0 || (order == 0 && len > p->message_len);
    return larger ? answer(t, frame, len) : TROTH_E_FORGED;
}

/* The same message_1 again: the same message_2 again. Another one only when this one has been idle for a while. */
static int answer_again(struct troth *t, uint8_t *frame, size_t len)
{
    struct troth_private *p = &t->private_;
    if (frame_mark(frame, len) == p->answered_mark) {
        p->send_message = true;
        return TROTH_E_FORGED;
    }
    bool idle = reached(p->now_ms, p->at_ms[TIMER_HANDSHAKE] - HALF_OPEN_MS + HALF_OPEN_KEEP_MS);
    return idle ? answer(t, frame, len) : TROTH_E_FORGED;
}

/* message_3 again, as far as one can tell without a key: message_4 again. */
static int resend(struct troth *t, uint8_t *frame, size_t len)
{
    (void)frame;
    (void)len;
    t->private_.send_message = t->config->buffer[0] == FRAME_MESSAGE_4;
    return TROTH_OK;
}

static int take_4(struct troth *t, uint8_t *frame, size_t len)
{
    int result = troth_edhoc_take_4(&t->private_.edhoc, frame + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN);
    return result == TROTH_OK ? finish(t, true) : result;
}

/* Nobody vouches for an error: at most it ends the attempt, or has another suite tried. */
static int take_error(struct troth *t, uint8_t *frame, size_t len)
{
    int code;
    struct troth_private *p = &t->private_;
    int result = troth_edhoc_take_error(&p->edhoc, frame + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN, &code);
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
    {I_MAKE_1, WORK, I_WAIT_2, make_1},
    {I_WAIT_2, FRAME_MESSAGE_2, I_TAKE_2, keep},
    {I_TAKE_2, WORK, I_FIND, take_2},
    {I_FIND, WORK, I_VERIFY_2, find},
    {I_VERIFY_2, WORK, I_MAKE_3, verify_2},
    {I_MAKE_3, WORK, I_WAIT_4, make_3},
    {I_WAIT_4, FRAME_MESSAGE_4, IDLE, take_4},
    {I_WAIT_2, FRAME_MESSAGE_1, R_TAKE_1, yield},
    {I_WAIT_2, FRAME_ERROR, I_MAKE_1, take_error},
    {I_WAIT_4, FRAME_ERROR, I_WAIT_4, take_error},
    {IDLE, FRAME_MESSAGE_1, R_TAKE_1, answer},
    {R_DONE, FRAME_MESSAGE_1, R_TAKE_1, answer},
    {R_TAKE_1, WORK, R_MAKE_2, take_1},
    {R_MAKE_2, WORK, R_WAIT_3, make_2},
    {R_WAIT_3, FRAME_MESSAGE_1, R_TAKE_1, answer_again},
    {R_WAIT_3, FRAME_MESSAGE_3, R_TAKE_3, keep},
    {R_TAKE_3, WORK, R_FIND, take_3},
    {R_FIND, WORK, R_VERIFY_3, find},
    {R_VERIFY_3, WORK, R_MAKE_4, verify_3},
    {R_MAKE_4, WORK, R_DONE, make_4},
    {R_DONE, FRAME_MESSAGE_3, R_DONE, resend},
};

static const struct row *row_of(const struct troth *t, uint8_t event)
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
    int code = result == TROTH_E_SUITE ? 2 : result == TROTH_E_UNKNOWN ? 3 : 1;
    device_abort(t, reason_of(result));
    int len = troth_edhoc_make_error(&t->private_.profile, code, "refused", body(t), body_cap(t));
    t->config->buffer[0] = FRAME_ERROR;
    t->private_.message_len = (uint16_t)(FRAME_HEAD_LEN + len);
    t->private_.send_message = len > 0;
}

/* In the states without a WORK row the device waits for a frame or a timer. */
bool handshake_works(const struct troth *t)
{
    const uint16_t waiting = 1U << IDLE | 1U << I_WAIT_2 | 1U << I_WAIT_4 | 1U << R_WAIT_3 | 1U << R_DONE;
    return (waiting >> t->private_.handshake & 1) == 0;
}

void handshake_work(struct troth *t)
{
    const struct row *row = row_of(t, WORK);
    int result = row->step(t, NULL, 0);
    if (result < 0) {
        fail(t, result);
    } else if (result == TROTH_OK) {
        t->private_.handshake = row->next;
    }
}

int handshake_receive(struct troth *t, enum frame_kind kind, uint8_t *frame, size_t len)
{
    const struct row *row = row_of(t, (uint8_t)kind);
    if (row == NULL) {
        return TROTH_E_STATE;
    }
    int result = row->step(t, frame, len);
    if (result == TROTH_OK) {
        t->private_.handshake = row->next;
    } else if (result == TROTH_E_CRYPTO) {
        fail(t, result);
    }
    return result;
}

/* There is a peer to meet, and nothing else to be done first. */
static bool needs_handshake(const struct troth *t)
{
    const struct troth_private *p = &t->private_;
    bool unheard = p->linked == UNLINKED || record_spent(&p->records);
    bool free = p->loading == 0 && p->pairing == PAIRING_IDLE && (p->handshake == IDLE || p->handshake == R_DONE);
    return free && (p->window || (device_paired(t) && unheard));
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
    switch (t->private_.handshake) {
    case IDLE:
    case R_DONE:
        return t->config->begin == TROTH_BEGINS && needs_handshake(t);
    case I_WAIT_2:
    case I_WAIT_4:
    case R_WAIT_3:
        return true;
    default:
        return false;
    }
}

void handshake_timer(struct troth *t)
{
    struct troth_private *p = &t->private_;
    if (p->handshake == IDLE || p->handshake == R_DONE) {
        begin(t, TROTH_INITIATOR);
        p->handshake = I_MAKE_1;
        p->attempt++;
    } else if (p->handshake == R_WAIT_3 || p->handshake_resends >= RESENDS) {
        device_abort(t, p->handshake_resends == RESENDS_REFUSED ? TROTH_REASON_PEER : TROTH_REASON_TIMEOUT);
    } else {
        p->handshake_resends++;
        p->send_message = true;
        handshake_schedule(t, resend_ms(t, p->handshake_resends));
    }
}
