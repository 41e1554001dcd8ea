/* edhoc/message_3 (RFC 9528, 5.4): one byte string, CIPHERTEXT_3. */
#include "edhoc/session.h"

#include <string.h>

/* The whole message with its lengths; the proof and the encryption are still missing. */
static int compose_3(struct troth_edhoc *s, const struct call *call)
{
    struct cbor_writer writer = message_write(call, session_mac_len(s));
    put_authentication(&writer, s, call->cred);
    if (writer.full) {
        return TROTH_E_SPACE;
    }
    s->message_len = (uint16_t)message_wrap(call->data, cbor_written(&writer) + session_mac_len(s));
    return TROTH_OK;
}

/* CIPHERTEXT_3 under K_3 and IV_3, from PRK_3e2m; TH_4 of the plaintext. */
static int seal(struct troth_edhoc *s, const struct call *call)
{
    uint8_t *body;
    size_t body_len;
    uint8_t th_4[TROTH_HASH_LEN];
    message_unwrap(call->data, s->message_len, 0, &body, &body_len);
    size_t text_len = body_len - session_mac_len(s);
    int result = session_transcript(s, span(body, text_len), call->cred, th_4);
    if (result == TROTH_OK) {
        result = session_crypt(s, K_3, ccm_seal, body, text_len);
    }
    memcpy(s->th, th_4, sizeof s->th);
    return result;
}

int troth_edhoc_make_3(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len)
{
    static const struct process make_3 = {I_MAKE_3, I_WAIT_4, 4, {compose_3, NULL, NULL, seal}};
    const struct call call = {.cred = own, .data = out, .len = cap};
    return session_make(session, &make_3, &call, len);
}

/* PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 ). */
static int open_3(struct troth_edhoc *s, const struct call *call)
{
    struct troth_span plaintext;
    int result = session_open(s, call, K_3, &plaintext);
    if (result != TROTH_OK) {
        return result;
    }
    struct cbor_reader reader = cbor_read(plaintext.data, plaintext.len);
    result = get_authentication(&reader, s, call->told);
    call->told->message = plaintext;
    return result;
}

int troth_edhoc_take_3(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer)
{
    static const struct process take_3 = {R_WAIT_3, R_VERIFY_3, 1, {open_3}};
    const struct call call = {.told = peer, .data = message, .len = len};
    return session_run(session, &take_3, &call);
}

int troth_edhoc_verify_3(struct troth_edhoc *session, const struct troth_edhoc_cred *peer)
{
    static const struct process verify_3 = {R_VERIFY_3, R_MAKE_4, 3, {NULL, NULL, step_transcript}};
    const struct call call = {.cred = peer};
    return session_run(session, &verify_3, &call);
}
