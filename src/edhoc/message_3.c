/* edhoc/message_3 (RFC 9528, 5.4): one byte string, CIPHERTEXT_3. */
#include "edhoc/session.h"

int troth_edhoc_make_3(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len)
{
    static const struct process make_3 = {I_MAKE_3, I_WAIT_4, 1, 3, {plaintext_compose}};
    const struct call call = {.cred = own, .data = out, .len = cap};
    return session_make(session, &make_3, &call, len);
}

static int open_3(struct troth_edhoc *s, const struct call *call)
{
    struct troth_span plaintext;
    int result = session_open(s, call, &plaintext);
    return result == TROTH_OK ? plaintext_parse(s, call->told, plaintext) : result;
}

int troth_edhoc_take_3(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer)
{
    static const struct process take_3 = {R_WAIT_3, R_VERIFY_3, 1, 1, {open_3}};
    const struct call call = {.told = peer, .data = message, .len = len};
    return session_run(session, &take_3, &call);
}

int troth_edhoc_verify_3(struct troth_edhoc *session, const struct troth_edhoc_cred *peer)
{
    static const struct process verify_3 = {R_VERIFY_3, R_MAKE_4, 0, 2, {NULL}};
    const struct call call = {.cred = peer, .data = NULL, .len = 0};
    return session_run(session, &verify_3, &call);
}
