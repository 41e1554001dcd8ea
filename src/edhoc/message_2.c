/* edhoc/message_2 (RFC 9528, 5.3): one byte string, G_Y and CIPHERTEXT_2. */
#include "edhoc/session.h"

#include <string.h>

#include "p256.h"

#define G_Y_LEN 32

/* TH_2 = H( G_Y, H(message_1) ). */
static int transcript_2(struct troth_edhoc *s, const uint8_t g_y[G_Y_LEN])
{
    static const uint8_t head[2] = {0x58, 32};
    struct parts parts;
    parts_begin(&parts);
    parts_add(&parts, head, sizeof head);
    parts_add(&parts, g_y, G_Y_LEN);
    parts_add(&parts, head, sizeof head);
    parts_add(&parts, s->th, sizeof s->th);
    return parts_hash(&s->profile->port, &parts, s->th);
}

/* The whole message with its lengths, then G_Y and TH_2; the proof and the encryption are still missing. */
static int compose_2(struct troth_edhoc *s, const struct call *call)
{
    const struct troth_port *port = &s->profile->port;
    uint8_t g_y[TROTH_POINT_LEN] = {0};
    struct cbor_writer writer = message_write(call, 0);
    cbor_put_raw(&writer, g_y, G_Y_LEN);
    put_identifier(&writer, s->profile->cid);
    put_authentication(&writer, s, call->cred);
    if (writer.full) {
        return TROTH_E_SPACE;
    }
    int result = port->call->generate(port->ctx, g_y);
    if (result != TROTH_OK) {
        return result;
    }
    memcpy(call->data + WRAP_ROOM, g_y, G_Y_LEN);
    s->message_len = (uint16_t)message_wrap(call->data, cbor_written(&writer));
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

/* CIPHERTEXT_2 = PLAINTEXT_2 XOR KEYSTREAM_2, and TH_3 of the plaintext. */
static int encrypt(struct troth_edhoc *s, const struct call *call)
{
    uint8_t *body;
    size_t body_len;
    uint8_t th_3[TROTH_HASH_LEN];
    message_unwrap(call->data, s->message_len, G_Y_LEN, &body, &body_len);
    int result = session_transcript(s, span(body + G_Y_LEN, body_len - G_Y_LEN), call->cred, th_3);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, KEYSTREAM_2, body + G_Y_LEN, body_len - G_Y_LEN);
    }
    memcpy(s->th, th_3, sizeof s->th);
    return result;
}

int troth_edhoc_make_2(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len)
{
    static const struct process make_2 = {R_MAKE_2, R_WAIT_3, 5, {compose_2, agree, NULL, NULL, encrypt}};
    const struct call call = {.cred = own, .data = out, .len = cap};
    return session_make(session, &make_2, &call, len);
}

/* G_Y is a point of the curve; TH_2. */
static int parse_2(struct troth_edhoc *s, const struct call *call)
{
    uint8_t *body;
    size_t body_len;
    if (session_mac_len(s) == 0) {
        return TROTH_E_CONFIG;
    }
    if (!message_unwrap(call->data, call->len, G_Y_LEN + 1, &body, &body_len)) {
        return TROTH_E_FORGED;
    }
    return p256_decompress(body, 0, s->g_peer) ? transcript_2(s, body) : TROTH_E_FORGED;
}

/* PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2, ? EAD_2 ). */
static int decrypt(struct troth_edhoc *s, const struct call *call)
{
    uint8_t *body;
    size_t body_len;
    message_unwrap(call->data, call->len, G_Y_LEN, &body, &body_len);
    struct troth_span plaintext = span(body + G_Y_LEN, body_len - G_Y_LEN);
    int result = agree(s, call);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, KEYSTREAM_2, body + G_Y_LEN, plaintext.len);
    }
    if (result != TROTH_OK) {
        return result;
    }
    struct cbor_reader reader = cbor_read(plaintext.data, plaintext.len);
    struct troth_span c_r = get_identifier(&reader, TROTH_CID_MAX);
    result = get_authentication(&reader, s, call->told);
    call->told->message = plaintext;
    if (result == TROTH_OK) {
        memcpy(s->peer_cid, c_r.data, c_r.len);
        s->peer_cid_len = (uint8_t)c_r.len;
    }
    return result;
}

int troth_edhoc_take_2(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer)
{
    static const struct process take_2 = {I_WAIT_2, I_VERIFY_2, 2, {parse_2, decrypt}};
    const struct call call = {.told = peer, .data = message, .len = len};
    return session_run(session, &take_2, &call);
}

int troth_edhoc_verify_2(struct troth_edhoc *session, const struct troth_edhoc_cred *peer)
{
    static const struct process verify_2 = {I_VERIFY_2, I_MAKE_3, 3, {NULL, NULL, step_transcript}};
    const struct call call = {.cred = peer};
    return session_run(session, &verify_2, &call);
}
