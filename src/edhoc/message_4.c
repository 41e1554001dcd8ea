/* edhoc/message_4 (RFC 9528, 5.5): one byte string, CIPHERTEXT_4; and doing without it. */
#include "edhoc/session.h"

#include <string.h>

/* PRK_out takes the place of PRK_4e3m (4.1.3). It is the last key: the ephemeral one goes (9.8). */
static int complete(struct troth_edhoc *s, const struct call *call)
{
    const struct troth_port *port = &s->profile->port;
    (void)call;
    memset(s->prk_before, 0, sizeof s->prk_before);
    int result = session_kdf_th(s, s->prk, PRK_OUT, s->prk_before, sizeof s->prk_before);
    memcpy(s->prk, s->prk_before, sizeof s->prk);
    wipe(s->prk_before, sizeof s->prk_before);
    port->call->forget(port->ctx);
    return result;
}

static int seal_4(struct troth_edhoc *s, const struct call *call)
{
    if (call->len < WRAP_ROOM + session_mac_len(s)) {
        return TROTH_E_SPACE;
    }
    int result = session_crypt(s, s->prk, K_4, ccm_seal, call->data + WRAP_ROOM, 0);
    s->message_len = (uint16_t)message_wrap(call->data, session_mac_len(s));
    return result == TROTH_OK ? complete(s, call) : result;
}

int troth_edhoc_make_4(struct troth_edhoc *session, uint8_t *out, size_t cap, size_t *len)
{
    static const struct process make_4 = {R_MAKE_4, COMPLETE, 1, {seal_4}};
    const struct call call = {.data = out, .len = cap};
    return session_make(session, &make_4, &call, len);
}

/* PLAINTEXT_4 = ( ? EAD_4 ). Not by session_run: what is forged here must not end the session. */
int troth_edhoc_take_4(struct troth_edhoc *session, uint8_t *message, size_t len)
{
    const struct call call = {.data = message, .len = len};
    struct troth_span plaintext;
    if (session->state != I_WAIT_4) {
        return TROTH_E_STATE;
    }
    int result = session_open(session, &call, K_4, &plaintext);
    if (result == TROTH_E_FORGED) {
        return result;
    }
    struct cbor_reader reader = cbor_read(plaintext.data, plaintext.len);
    get_ead(&reader);
    if (result == TROTH_OK && cbor_done(&reader)) {
        return troth_edhoc_skip_4(session);
    }
    troth_edhoc_end(session);
    return result == TROTH_OK ? TROTH_E_FORGED : result;
}

int troth_edhoc_skip_4(struct troth_edhoc *session)
{
    static const struct process skip_4[] = {{I_WAIT_4, COMPLETE, 1, {complete}}, {R_MAKE_4, COMPLETE, 1, {complete}}};
    return session_run(session, &skip_4[session->role], NULL);
}
