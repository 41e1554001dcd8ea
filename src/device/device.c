/* device: the API of troth.h. */
#include "device/device.h"

#include <string.h>

struct troth_pin *device_target(struct troth *t)
{
    struct troth_private *p = &t->private_;
    return p->target == LINK_PENDING ? &p->stored.pending : &p->stored.active;
}

void device_drop_keys(struct troth *t)
{
    wipe(&t->private_.records, sizeof t->private_.records);
    t->private_.linked = UNLINKED;
}

void device_unlink(struct troth *t)
{
    device_drop_keys(t);
    t->private_.pairing = PAIRING_IDLE;
    t->private_.candidate.cert.len = 0;
}

bool device_paired(const struct troth *t)
{
    return t->private_.stored.active.cert.len > 0 || t->private_.stored.pending.cert.len > 0;
}

/* Until the next handshake: short in a window or after having answered, else a pause that doubles. What differs from device
 * to device in a certificate, the end of its signature, keeps two devices out of step. */
static uint32_t pause_ms(const struct troth_private *p)
{
    uint32_t jitter_ms = (uint32_t)p->own.data[p->own.len - 1] << 2;
    if (p->window || p->edhoc.role == TROTH_RESPONDER) {
        return WINDOW_RETRY_MS + jitter_ms;
    }
    return ((uint32_t)BACKOFF_MS << (p->attempt > 0 ? p->attempt - 1 : 0)) + jitter_ms;
}

void device_abort(struct troth *t, enum troth_reason reason)
{
    struct troth_private *p = &t->private_;
    uint32_t in_ms = pause_ms(p);
    if (!commit_undecided(t)) {
        p->candidate.cert.len = 0;
    }
    handshake_reset(t);
    handshake_schedule(t, in_ms);
    p->reason = (uint8_t)reason;
    device_tell(t, TROTH_EVENT_ABORTED);
}

static bool reads(struct troth_span item, struct troth_span sequence[2], struct troth_cert *cert)
{
    return troth_cert_split(item, sequence) >= 1 && troth_cert_read(sequence[0], cert) == TROTH_OK;
}

/* Root, certificate, buffer and suites of this device belong together; sequence[0] is its certificate then. */
static bool fits(const struct troth_config *config, struct troth_span sequence[2])
{
    struct troth_cert cert;
    if (config->buffer_len < TROTH_BUFFER_MIN || config->buffer_len > UINT16_MAX) {
        return false;
    }
    for (size_t i = 0; i < config->suites_len; i++) {
        if ((config->suites[i] | 1) != 3) {
            return false;
        }
    }
    return reads(config->certs.root, sequence, &cert) && reads(config->certs.own, sequence, &cert) &&
           cert.key_usage == config->certs.key_usage;
}

int troth_open(struct troth *troth, const struct troth_config *config, uint32_t now_ms)
{
    static const uint8_t suites[2] = {2, 3};
    struct troth_private *p = &troth->private_;
    struct troth_span sequence[2];
    wipe(troth, sizeof *troth);
    if (!fits(config, sequence)) {
        return TROTH_E_CONFIG;
    }
    p->own = sequence[0];
    troth->config = config;
    p->profile.port = config->port;
    if (config->auth->is_static) {
        p->profile.static_dh = config->auth;
        p->profile.methods = 1U << 3;
    } else {
        p->profile.signature = config->auth;
        p->profile.methods = 1U << 0;
    }
    p->profile.suites = suites;
    p->profile.suites_len = sizeof suites;
    if (config->suites_len > 0) {
        p->profile.suites = config->suites;
        p->profile.suites_len = config->suites_len;
    }
    p->now_ms = now_ms;
    p->at_ms[TIMER_QUIET] = now_ms;
    p->loading = TROTH_STORE_PLACES;
    handshake_schedule(troth, 0);
    return TROTH_OK;
}

void troth_close(struct troth *troth)
{
    troth_edhoc_end(&troth->private_.edhoc);
    wipe(troth, sizeof *troth);
}

/* What is being paired and not yet stored comes to nothing. */
static void drop_attempt(struct troth *t)
{
    commit_refuse(t);
    if (t->private_.by_value) {
        handshake_reset(t);
    }
}

/* The owner's wish can be followed now: nothing is being read or written. */
static bool ready(const struct troth *t)
{
    return t->config != NULL && t->private_.loading == 0 && !commit_works(t);
}

/* What time it is. A timer that is due stays due: half a turn of the clock later it would seem to lie ahead. */
static void set_now(struct troth_private *p, uint32_t now_ms)
{
    p->now_ms = now_ms;
    for (unsigned i = TIMER_WINDOW; i <= TIMER_QUIET; i++) {
        if (reached(now_ms, p->at_ms[i])) {
            p->at_ms[i] = now_ms;
        }
    }
}

int troth_pair(struct troth *troth, uint32_t now_ms, uint32_t window_ms)
{
    struct troth_private *p = &troth->private_;
    if (!ready(troth)) {
        return TROTH_E_STATE;
    }
    set_now(p, now_ms);
    drop_attempt(troth);
    p->window = true;
    p->at_ms[TIMER_WINDOW] = now_ms + (window_ms < WINDOW_MAX_MS ? window_ms : WINDOW_MAX_MS);
    handshake_schedule(troth, 0);
    return TROTH_OK;
}

int troth_accept(struct troth *troth)
{
    if (pairing_rule((enum pairing_state)troth->private_.pairing, ON_LOCAL_ACCEPT) == NULL) {
        return TROTH_E_STATE;
    }
    commit_event(troth, ON_LOCAL_ACCEPT);
    return TROTH_OK;
}

static void close_window(struct troth *t)
{
    t->private_.window = false;
    drop_attempt(t);
    device_tell(t, TROTH_EVENT_CLOSED);
}

int troth_refuse(struct troth *troth)
{
    if (!commit_undecided(troth)) {
        return TROTH_E_STATE;
    }
    close_window(troth);
    return TROTH_OK;
}

/* The window is closed and the link is down; what the owner wants is stored by the polls that follow. */
static int change(struct troth *t, enum pairing_state wish)
{
    t->private_.window = false;
    commit_refuse(t);
    handshake_reset(t); /* of any kind: what it is for may be gone when it ends */
    device_unlink(t);
    t->private_.pairing = (uint8_t)wish;
    return TROTH_OK;
}

int troth_cancel(struct troth *troth)
{
    if (!ready(troth)) {
        return TROTH_E_STATE;
    }
    if (troth->private_.stored.pending.cert.len > 0) {
        return change(troth, DROP_PENDING);
    }
    close_window(troth);
    return TROTH_OK;
}

int troth_forget(struct troth *troth)
{
    if (!ready(troth)) {
        return TROTH_E_STATE;
    }
    return device_paired(troth) ? change(troth, FORGET) : TROTH_E_UNPAIRED;
}

static bool data_flows(const struct troth_private *p)
{
    return p->linked == LINK_ACTIVE && p->pairing == PAIRING_IDLE;
}

void troth_peer(const struct troth *troth, struct troth_peer *peer)
{
    const struct troth_private *p = &troth->private_;
    const struct troth_pin *pin = &p->stored.active;
    enum troth_peer_state state = pin->cert.len > 0 ? TROTH_PAIRED : TROTH_UNPAIRED;
    if (commit_undecided(troth)) {
        pin = &p->candidate;
        state = TROTH_PEER_WAITS;
    } else if (p->stored.pending.cert.len > 0 && (p->linked == LINK_PENDING || state == TROTH_UNPAIRED)) {
        pin = &p->stored.pending;
        state = TROTH_PEER_PENDING;
    }
    peer->state = (uint8_t)state;
    peer->linked = state == TROTH_PAIRED && data_flows(p);
    peer->cert = pin->cert;
    peer->generation = p->stored.generation;
}

/* The first event that is still to be told. */
static void tell(struct troth *t, struct troth_event *event)
{
    struct troth_private *p = &t->private_;
    uint8_t kind = 1;
    if (p->events == 0) {
        return;
    }
    while ((p->events >> kind & 1) == 0) {
        kind++;
    }
    p->events ^= (uint16_t)(1U << kind);
    event->kind = kind;
    if (kind == TROTH_EVENT_ABORTED) {
        event->reason = p->reason;
    }
}

/* A record that verifies is data for the application or a word about the pairing. */
static int receive_record(struct troth *t, enum frame_kind kind, uint8_t *frame, size_t len, struct troth_event *event)
{
    struct troth_private *p = &t->private_;
    struct troth_span text;
    int result = record_open(&p->records, port_of(t), frame, len, &text);
    if (result != TROTH_OK) {
        handshake_nudge(t);
        return result;
    }
    if (kind == FRAME_CONTROL) {
        commit_receive(t, text);
    } else if (p->linked == LINK_ACTIVE) {
        event->kind = TROTH_EVENT_DATA;
        event->data = text;
    }
    return TROTH_OK;
}

int troth_receive(struct troth *troth, uint32_t now_ms, uint8_t *frame, size_t len, struct troth_event *event)
{
    *event = (struct troth_event){0};
    if (troth->config == NULL) {
        return TROTH_E_STATE;
    }
    set_now(&troth->private_, now_ms);
    enum frame_kind kind = frame_kind(frame, len);
    if (kind == FRAME_NONE) {
        return TROTH_E_FORGED;
    }
    if (kind >= FRAME_CONTROL) {
        return receive_record(troth, kind, frame, len, event);
    }
    return handshake_step(troth, kind, frame + FRAME_HEAD_LEN, len - FRAME_HEAD_LEN);
}

/* One place of the store a call. A store that cannot be read is no empty store: it is tried again. */
static void load(struct troth *t)
{
    struct troth_private *p = &t->private_;
    const struct store store = {t->config->store, t->config->store_ctx, port_of(t)};
    if (p->loading == TROTH_STORE_PLACES) {
        p->stored = (struct troth_stored){.place = TROTH_STORE_PLACES - 1};
    }
    int result = store_look(&store, TROTH_STORE_PLACES - p->loading, &p->stored);
    if (result == TROTH_OK) {
        p->loading--;
    } else if (result != TROTH_AGAIN) {
        device_abort(t, result == TROTH_E_STORE ? TROTH_REASON_STORE : TROTH_REASON_CRYPTO);
        p->loading = TROTH_STORE_PLACES;
    }
    if (p->loading == 0) {
        handshake_schedule(t, 0);
        device_tell(t, TROTH_EVENT_OPENED);
    }
}

static bool timer_runs(const struct troth *t, enum timer timer)
{
    switch (timer) {
    case TIMER_WINDOW:
        return t->private_.window;
    case TIMER_CONTROL:
        return pairing_waits_on((enum pairing_state)t->private_.pairing) != MESSAGE_NONE;
    default:
        return t->private_.loading > 0 || handshake_timed(t);
    }
}

/* Until this timer fires; SLEEP_MAX_MS, at least, where it does not run. */
static uint32_t left_ms(const struct troth *t, enum timer timer, uint32_t now_ms)
{
    uint32_t at_ms = t->private_.at_ms[timer];
    if (!timer_runs(t, timer)) {
        return SLEEP_MAX_MS;
    }
    return reached(now_ms, at_ms) ? 0 : at_ms - now_ms;
}

static void on_handshake_timer(struct troth *t)
{
    if (t->private_.loading > 0) {
        load(t);
    } else {
        handshake_timer(t);
    }
}

static void (*const on_timer[])(struct troth *t) = {close_window, commit_timer, on_handshake_timer};

/* The one piece of slow work, or the timer, that is due. */
static void work(struct troth *t)
{
    struct troth_private *p = &t->private_;
    if (commit_works(t)) {
        if (handshake_works(t)) {
            handshake_reset(t); /* one operation of the port at a time, and this one matters more */
        }
        commit_work(t);
        return;
    }
    if (handshake_works(t)) {
        handshake_step(t, WORK, NULL, 0);
        return;
    }
    for (unsigned i = TIMER_WINDOW; i <= TIMER_HANDSHAKE; i++) {
        if (left_ms(t, (enum timer)i, p->now_ms) == 0) {
            on_timer[i](t);
            return;
        }
    }
}

int troth_poll(struct troth *troth, uint32_t now_ms, struct troth_span *out, struct troth_event *event)
{
    struct troth_private *p = &troth->private_;
    *event = (struct troth_event){0};
    *out = span(NULL, 0);
    if (troth->config == NULL) {
        return TROTH_E_STATE;
    }
    set_now(p, now_ms);
    work(troth);
    tell(troth, event);
    if (p->send_control) {
        p->send_control = false;
        *out = span(p->control, p->control_len);
    } else if (p->send_message) {
        p->send_message = false;
        *out = span(troth->config->buffer, FRAME_HEAD_LEN + p->message_len);
    }
    return TROTH_OK;
}

int troth_send(struct troth *troth, const uint8_t *data, size_t data_len, uint8_t *frame, size_t frame_cap,
               size_t *frame_len)
{
    struct troth_private *p = &troth->private_;
    *frame_len = 0;
    if (troth->config == NULL) {
        return TROTH_E_STATE;
    }
    if (!device_paired(troth)) {
        return TROTH_E_UNPAIRED;
    }
    int result = TROTH_E_STATE;
    size_t extra = RECORD_HEAD_LEN + (size_t)p->records.tag_len;
    size_t cap = frame_cap < FRAME_MAX ? frame_cap : FRAME_MAX;
    if (cap < extra || data_len > cap - extra) {
        return TROTH_E_SPACE;
    }
    if (data_flows(p)) {
        memmove(frame + RECORD_HEAD_LEN, data, data_len);
        result = record_seal(&p->records, port_of(troth), FRAME_DATA, frame, data_len, frame_len);
    }
    if (result == TROTH_E_STATE) {
        handshake_nudge(troth);
    }
    return result;
}

uint32_t troth_wait_ms(const struct troth *troth, uint32_t now_ms)
{
    const struct troth_private *p = &troth->private_;
    uint32_t wait_ms = SLEEP_MAX_MS;
    if (troth->config == NULL) {
        return wait_ms;
    }
    if (p->events != 0 || p->send_control || p->send_message || commit_works(troth) || handshake_works(troth)) {
        return 0;
    }
    for (unsigned i = TIMER_WINDOW; i <= TIMER_HANDSHAKE; i++) {
        uint32_t timer_ms = left_ms(troth, (enum timer)i, now_ms);
        wait_ms = timer_ms < wait_ms ? timer_ms : wait_ms;
    }
    return wait_ms;
}
