/* device/commit: from a verified handshake to a stored pair: src/pairing.h says what, this does it. */
#include "device/device.h"

#include <string.h>

/* Seals a control message, to go out with the next poll. */
static void send(struct troth *t, enum pairing_message message)
{
    struct troth_private *p = &t->private_;
    size_t frame_len = 0;
    uint8_t kid = message == MESSAGE_PREPARED ? p->stored.pending.own_kid : p->candidate.own_kid;
    size_t len = pairing_put(message, kid, p->control + RECORD_HEAD_LEN);
    p->send_control = record_seal(&p->records, port_of(t), FRAME_CONTROL, p->control, len, &frame_len) == TROTH_OK;
    p->control_len = (uint8_t)frame_len;
    p->at_ms[TIMER_CONTROL] = p->now_ms + resend_ms(t, p->control_resends);
}

void commit_offer(struct troth *t)
{
    struct troth_private *p = &t->private_;
    bool paired = p->stored.active.cert.len > 0;
    p->candidate.own_kid = paired ? p->stored.active.own_kid ^ 1 : 0;
    p->pairing = p->edhoc.role == TROTH_INITIATOR ? I_OFFER : R_OFFER;
    p->control_resends = 0;
    p->at_ms[TIMER_CONTROL] = p->now_ms + resend_ms(t, 0);
    device_tell(t, TROTH_EVENT_WAITING);
}

static int store(struct troth *t)
{
    static const struct troth_pin none;
    struct troth_private *p = &t->private_;
    const struct store store = {t->config->store, t->config->store_ctx, port_of(t)};
    const struct troth_pin *active = &none;
    switch (p->pairing) {
    case I_WRITE:
        active = &p->candidate;
        break;
    case R_WRITE:
        active = &p->stored.pending;
        break;
    case FORGET:
        break;
    default:
        active = &p->stored.active;
        break;
    }
    return store_write(&store, &p->stored, active, p->pairing == R_WRITE_PENDING ? &p->candidate : &none);
}

/* What has been stored is told: to the owner, then by the rule for ON_WRITTEN to the peer. */
static void stored(struct troth *t)
{
    struct troth_private *p = &t->private_;
    p->candidate.cert.len = 0; /* it is in the store now; the buffer is free */
    if (p->pairing == R_WRITE_PENDING) {
        p->linked = LINK_PENDING;
    } else if (p->pairing == DROP_PENDING) {
        device_tell(t, TROTH_EVENT_CLOSED);
    } else if (p->pairing == FORGET) {
        device_tell(t, TROTH_EVENT_FORGOTTEN);
    } else {
        p->linked = LINK_ACTIVE;
        p->window = false;
        device_tell(t, TROTH_EVENT_PAIRED);
        if (p->pairing == R_WRITE) {
            device_tell(t, TROTH_EVENT_LINKED);
        }
    }
    commit_event(t, ON_WRITTEN);
}

void commit_work(struct troth *t)
{
    struct troth_private *p = &t->private_;
    int result = store(t);
    if (result == TROTH_OK) {
        stored(t);
    } else if (result != TROTH_AGAIN) {
        device_unlink(t);
        device_abort(t, result == TROTH_E_STORE ? TROTH_REASON_STORE : TROTH_REASON_CRYPTO);
        p->loading = TROTH_STORE_PLACES; /* what is stored now, the store alone knows */
    }
}

void commit_event(struct troth *t, enum pairing_event event)
{
    struct troth_private *p = &t->private_;
    const struct pairing_rule *rule = pairing_rule((enum pairing_state)p->pairing, event);
    if (rule == NULL) {
        return;
    }
    if (rule->next != rule->state) {
        p->control_resends = 0;
    }
    p->pairing = rule->next;
    switch (rule->action) {
    case DO_SEND:
        send(t, (enum pairing_message)rule->message);
        break;
    case DO_FINISH:
        device_tell(t, TROTH_EVENT_LINKED);
        break;
    case DO_ABORT:
        device_unlink(t);
        device_abort(t, TROTH_REASON_REFUSED);
        break;
    default:
        break;
    }
}

void commit_receive(struct troth *t, struct troth_span text)
{
    struct troth_private *p = &t->private_;
    uint8_t peer_kid = p->candidate.peer_kid;
    enum pairing_event event = pairing_read(text, &peer_kid);
    if (event != ON_NOTHING && !commit_works(t)) {
        if (commit_undecided(t) && p->control_resends > RESENDS_HEARD) {
            p->control_resends = RESENDS_HEARD;
        }
        p->candidate.peer_kid = peer_kid;
        commit_event(t, event);
    }
}

void commit_refuse(struct troth *t)
{
    if (commit_undecided(t)) {
        send(t, MESSAGE_REFUSE);
        device_unlink(t);
        handshake_schedule(t, 0);
    }
}

/* Sends again. An owner may take long to accept, for the peer is heard now and then; silence means that the session is dead.
 * While undecided a new attempt may follow then; afterwards the next handshake heals the pair. */
void commit_timer(struct troth *t)
{
    struct troth_private *p = &t->private_;
    if (p->control_resends >= RESENDS) {
        bool undecided = commit_undecided(t);
        device_unlink(t);
        handshake_schedule(t, 0);
        if (undecided) {
            device_abort(t, TROTH_REASON_TIMEOUT);
        }
        return;
    }
    p->control_resends++;
    send(t, pairing_waits_on((enum pairing_state)p->pairing));
}
