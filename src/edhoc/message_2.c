/* edhoc/message_2 (RFC 9528, 5.3): one byte string, G_Y and CIPHERTEXT_2. */
#include "edhoc/session.h"

#include <string.h>

#include "p256.h"

/* TH_2 = H( G_Y, H(message_1) ). */
static int transcript_2(struct troth_edhoc *s, const uint8_t g_y[G_Y_LEN])
{
    struct parts parts;
    parts_begin(&parts);
    session_add_hash(&parts, g_y);
    session_add_hash(&parts, s->th);
    return parts_hash(&s->profile->port, &parts, s->th);
}

/* The whole message but for the proof and the encryption; TH_2. */
static int compose_2(struct troth_edhoc *s, const struct call *call)
{
    const struct troth_port *port = &s->profile->port;
    uint8_t g_y[TROTH_POINT_LEN];
    int result = plaintext_compose(s, call);
    if (result == TROTH_OK) {
        result = port->call->generate(port->ctx, g_y);
    }
    if (result != TROTH_OK) {
        return result;
    }
    memcpy(call->data + WRAP_ROOM, g_y, G_Y_LEN);
    return transcript_2(s, g_y);
}

/* PRK_2e = EDHOC_Extract( TH_2, G_XY ). */
static int agree(struct troth_edhoc *s, const struct call *call)
{
    (void)call;
    int result = session_extract(s, TROTH_KEY_EPHEMERAL, s->g_peer, SALT_TH_2);
    memcpy(s->prk, s->prk_next, sizeof s->prk);
    return result;
}

int troth_edhoc_make_2(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len)
{
    static const struct process make_2 = {R_MAKE_2, R_WAIT_3, 2, 4, {compose_2, agree}};
    const struct call call = {.cred = own, .data = out, .len = cap};
    return session_make(session, &make_2, &call, len);
}

/* G_Y is a point of the curve; TH_2. */
static int parse_2(struct troth_edhoc *s, const struct call *call)
{
    if (session_mac_len(s) == 0) {
        return TROTH_E_CONFIG;
    }
    size_t body_len = message_unwrap(call, G_Y_LEN + 1);
    if (body_len == 0) {
        return TROTH_E_FORGED;
    }
    const uint8_t *g_y = call->data + (call->len - body_len);
    return p256_decompress(g_y, 0, s->g_peer) ? transcript_2(s, g_y) : TROTH_E_FORGED;
}

/* PLAINTEXT_2 = CIPHERTEXT_2 XOR KEYSTREAM_2 */
static int decrypt(struct troth_edhoc *s, const struct call *call)
{
    size_t body_len = message_unwrap(call, G_Y_LEN + 1);
    if (body_len == 0) {
        return TROTH_E_FORGED;
    }
    size_t len = body_len - G_Y_LEN;
    uint8_t *text = call->data + (call->len - len);
    int result = agree(s, call);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, KEYSTREAM_2, text, len);
    }
    return result == TROTH_OK ? plaintext_parse(s, call->told, span(text, len)) : result;
}

int troth_edhoc_take_2(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer)
{
    static const struct process take_2 = {I_WAIT_2, I_VERIFY_2, 2, 2, {parse_2, decrypt}};
    const struct call call = {.told = peer, .data = message, .len = len};
    return session_run(session, &take_2, &call);
}

int troth_edhoc_verify_2(struct troth_edhoc *session, const struct troth_edhoc_cred *peer)
{
    static const struct process verify_2 = {I_VERIFY_2, I_MAKE_3, 0, 2, {NULL}};
    const struct call call = {.cred = peer, .data = NULL, .len = 0};
    return session_run(session, &verify_2, &call);
}
