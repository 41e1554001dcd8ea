/* edhoc/signature: authentication by an ES256 signature (RFC 9528, 5.3.2 and 5.4.2; RFC 9053, 2.1). */
#include "edhoc/session.h"

/* The two places that are left free until the lengths of ID_CRED_x and of the external_aad are known. */
enum { SIG_HEAD = PARTS_FIRST, AAD_HEAD = SIG_HEAD + 1 + ID_PARTS };

int signature_hash(struct troth_edhoc *s, const struct troth_edhoc_cred *cred)
{
    struct parts parts;
    uint8_t sig_head[COSE_SIG_HEAD_MAX];
    uint8_t id_head[ID_HEAD_MAX];
    struct cbor_writer writer = cbor_write(id_head, sizeof id_head);
    uint8_t aad_head[CBOR_HEAD_MAX];
    session_begin_parts(&parts);
    session_add_id(&parts, &writer, &cred->id);
    size_t id_len = parts_len(&parts);
    parts_add(&parts, NULL, 0);
    session_add_context(&parts, s, cred);
    size_t aad_len = parts_len(&parts) - id_len;
    parts.at[SIG_HEAD] = span(sig_head, cose_sig_head(id_len, sig_head));
    parts.at[AAD_HEAD] = span(aad_head, cbor_head(aad_head, CBOR_BYTES, (uint32_t)aad_len));
    session_add_hash(&parts, s->scratch);
    return parts_hash(&s->profile->port, &parts, s->scratch);
}

/* MAC_2 or MAC_3 into scratch, then the hash of what is to be signed over it. Two functions, so that the frame of the
 * second is not there while the first derives its key. */
static int hash(struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *proof)
{
    (void)proof;
    int result = session_mac(s, cred, s->scratch, sizeof s->scratch);
    return result == TROTH_OK ? signature_hash(s, cred) : result;
}

static int prove(struct troth_edhoc *s, const struct troth_edhoc_cred *own, uint8_t *proof)
{
    (void)own;
    const struct troth_port *port = &s->profile->port;
    return port->call->sign(port->ctx, s->scratch, proof);
}

static int check(struct troth_edhoc *s, const struct troth_edhoc_cred *peer, uint8_t *proof)
{
    (void)proof;
    const struct troth_port *port = &s->profile->port;
    return port->call->verify(port->ctx, peer->key, s->scratch, peer->proof.data);
}

const struct troth_edhoc_auth troth_edhoc_signature = {false, {hash, prove}, {hash, check}};
