/* edhoc/message_1 (RFC 9528, 5.2): METHOD, SUITES_I, G_X, C_I, ? EAD_1. */
#include "edhoc/session.h"

#include <string.h>

#include "p256.h"

#define METHOD_MAX 3
#define G_X_LEN    32

/* Both sides' authentication is linked, and one's own identifier fits. */
static bool can_do(const struct troth_edhoc *s)
{
    return session_auth(s, true) != NULL && session_auth(s, false) != NULL && s->profile->cid.len <= TROTH_CID_MAX;
}

static int compose_1(struct troth_edhoc *s, const struct call *call)
{
    const struct troth_port *port = &s->profile->port;
    uint8_t g_x[TROTH_POINT_LEN];
    if (s->method > METHOD_MAX || !can_do(s)) {
        return TROTH_E_CONFIG;
    }
    struct cbor_writer writer = cbor_write(call->data, call->len);
    cbor_put_int(&writer, s->method);
    put_suites(&writer, s->profile, s->suite_index + 1U); /* 5.2.2: up to the selected one */
    cbor_put_head(&writer, CBOR_BYTES, G_X_LEN);
    uint8_t *g_x_at = writer.at;
    put_room(&writer, G_X_LEN);
    put_identifier(&writer, s->profile->cid);
    if (writer.full) {
        return TROTH_E_SPACE;
    }
    int result = port->call->generate(port->ctx, g_x);
    if (result != TROTH_OK) {
        return result;
    }
    memcpy(g_x_at, g_x, G_X_LEN);
    struct troth_span message = span(call->data, cbor_written(&writer));
    s->message_len = (uint16_t)message.len;
    return hash_spans(port, &message, 1, s->th);
}

int troth_edhoc_make_1(struct troth_edhoc *session, uint8_t *out, size_t cap, size_t *len)
{
    static const struct process make_1 = {I_START, I_WAIT_2, 1, 1, {compose_1}};
    const struct call call = {.data = out, .len = cap};
    int result = session_run(session, &make_1, &call);
    *len = result == TROTH_OK ? session->message_len : 0;
    return result;
}

static int parse_1(struct troth_edhoc *s, const struct call *call)
{
    struct cbor_reader reader = cbor_read(call->received, call->len);
    s->method = (uint8_t)cbor_uint(&reader, METHOD_MAX);
    size_t before;
    size_t selected = get_suites(&reader, s->profile, &before);
    struct troth_span g_x = cbor_bytes(&reader, 1, SIZE_MAX);
    get_peer_cid(&reader, s);
    get_ead(&reader);
    if (!cbor_done(&reader)) {
        return TROTH_E_FORGED;
    }
    if (selected == s->profile->suites_len || before != s->profile->suites_len) {
        return TROTH_E_SUITE; /* 5.2.3: the last is to be the first one that is supported here */
    }
    s->suite_index = (uint8_t)selected;
    if (g_x.len != G_X_LEN || (s->profile->methods >> s->method & 1) == 0) {
        return TROTH_E_FORGED;
    }
    if (!can_do(s) || session_mac_len(s) == 0) {
        return TROTH_E_CONFIG;
    }
    memcpy(s->g_peer, g_x.data, G_X_LEN);
    const struct troth_span message = span(call->received, call->len);
    return hash_spans(&s->profile->port, &message, 1, s->th);
}

/* 5.2.3 and 9.2: G_X is a point of the curve. */
static int decompress(struct troth_edhoc *s, const struct call *call)
{
    (void)call;
    return p256_decompress(s->g_peer, 0, s->g_peer) ? TROTH_OK : TROTH_E_FORGED;
}

int troth_edhoc_take_1(struct troth_edhoc *session, const uint8_t *message, size_t len)
{
    static const struct process take_1 = {R_WAIT_1, R_MAKE_2, 2, 2, {parse_1, decompress}};
    const struct call call = {.received = message, .len = len};
    return session_run(session, &take_1, &call);
}
