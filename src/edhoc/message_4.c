/* edhoc/message_4 (RFC 9528, 5.5): one byte string, CIPHERTEXT_4; and doing without it. */
#include "edhoc/session.h"

#include <string.h>

/* The end of message 4, done or failed: PRK_out takes the place of PRK_4e3m (4.1.3). It is the last key: the ephemeral
 * one goes (9.8). */
static int complete(struct troth_edhoc *s, int result)
{
    const struct troth_port *port = &s->profile->port;
    memset(s->prk_next, 0, sizeof s->prk_next);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, PRK_OUT, s->prk_next, sizeof s->prk_next);
    }
    if (result != TROTH_OK) {
        troth_edhoc_end(s);
        return result;
    }
    memcpy(s->prk, s->prk_next, sizeof s->prk);
    wipe(s->prk_next, sizeof s->prk_next);
    port->call->forget(port->ctx);
    s->state = COMPLETE;
    return TROTH_OK;
}

int troth_edhoc_make_4(struct troth_edhoc *session, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    if (session->state != R_MAKE_4) {
        return TROTH_E_STATE;
    }
    size_t tag_len = session_mac_len(session);
    if (cap < WRAP_ROOM + tag_len) {
        return TROTH_E_SPACE;
    }
    int result = complete(session, session_crypt(session, out + WRAP_ROOM, 0, true));
    if (result == TROTH_OK) {
        *len = message_wrap(out, tag_len);
    }
    return result;
}

/* PLAINTEXT_4 = ( ? EAD_4 ). What is forged here does not end the session, but a sealed EAD that is none does. */
int troth_edhoc_take_4(struct troth_edhoc *session, uint8_t *message, size_t len)
{
    const struct call call = {.data = message, .len = len};
    struct troth_span plaintext;
    if (session->state != I_WAIT_4) {
        return TROTH_E_STATE;
    }
    int result = session_open(session, &call, &plaintext);
    if (result == TROTH_E_FORGED) {
        return result;
    }
    struct cbor_reader reader = cbor_read(plaintext.data, plaintext.len);
    get_ead(&reader);
    if (result == TROTH_OK && !cbor_done(&reader)) {
        result = TROTH_E_FORGED;
    }
    return complete(session, result);
}

int troth_edhoc_skip_4(struct troth_edhoc *session)
{
    if (session->state != I_WAIT_4 && session->state != R_MAKE_4) {
        return TROTH_E_STATE;
    }
    return complete(session, TROTH_OK);
}
