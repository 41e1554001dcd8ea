/* edhoc/session: the course of a session, its transcript and its keys (RFC 9528, 4 and 5.1). */
#include "edhoc/session.h"

#include <string.h>

void troth_edhoc_begin(struct troth_edhoc *session, const struct troth_edhoc_profile *profile,
                       enum troth_edhoc_role role, uint8_t method)
{
    wipe(session, sizeof *session);
    session->profile = profile;
    session->role = (uint8_t)role;
    session->method = method;
    session->state = role == TROTH_INITIATOR ? I_START : R_WAIT_1;
}

void troth_edhoc_end(struct troth_edhoc *session)
{
    if (session->profile != NULL && session->state != COMPLETE) {
        session->profile->port.call->forget(session->profile->port.ctx);
    }
    wipe(session, sizeof *session);
}

/* One half of the authentication of message 2 or 3, and behind the second one the way on to TH_3 or TH_4. */
static int authenticate(struct troth_edhoc *s, const struct call *call, bool check, unsigned half)
{
    const struct troth_edhoc_cred *cred = call->cred;
    const struct troth_edhoc_auth *auth = session_auth(s, session_in_message_3(s));
    uint8_t *proof = NULL;
    if (!check) {
        proof = call->data + (s->message_len - cred->ead.len - session_proof_len(s));
    }
    int result = (check ? auth->check[half] : auth->prove[half])(s, cred, proof);
    if (result == TROTH_OK && half == 1) {
        result = check ? session_transcript(s, cred->message, cred) : plaintext_encrypt(s, call);
        memcpy(s->th, s->scratch, sizeof s->th);
    }
    return result;
}

int session_run(struct troth_edhoc *s, const struct process *process, const struct call *call)
{
    if (s->state != process->now) {
        return TROTH_E_STATE;
    }
    int result = TROTH_E_CONFIG;
    if (s->suite_index < s->profile->suites_len) {
        result = s->step < process->own ? process->steps[s->step](s, call)
                                        : authenticate(s, call, process->own == 0, s->step - process->own);
    }
    if (result < 0 && result != TROTH_E_SPACE) {
        troth_edhoc_end(s);
    }
    if (result == TROTH_OK) {
        s->step++;
        if (s->step < process->count) {
            return TROTH_AGAIN;
        }
        s->step = 0;
        s->state = process->next;
        memcpy(s->prk, s->prk_next, sizeof s->prk);
    }
    return result;
}

int session_make(struct troth_edhoc *s, const struct process *process, const struct call *call, size_t *len)
{
    int result = session_run(s, process, call);
    *len = result == TROTH_OK ? message_wrap(call->data, s->message_len - (size_t)WRAP_ROOM) : 0;
    return result;
}

uint8_t troth_edhoc_suite(const struct troth_edhoc *session)
{
    return session->profile->suites[session->suite_index];
}

struct troth_span troth_edhoc_peer_cid(const struct troth_edhoc *session)
{
    return span(session->peer_cid, session->peer_cid_len);
}

size_t session_mac_len(const struct troth_edhoc *s)
{
    uint8_t suite = troth_edhoc_suite(s);
    return suite == 2 ? 8 : suite == 3 ? 16 : 0;
}

/* Methods 0 to 3 (3.2): bit 1 is the Initiator's, bit 0 the Responder's static Diffie-Hellman. */
const struct troth_edhoc_auth *session_auth(const struct troth_edhoc *s, bool initiator)
{
    bool is_static = (s->method & (initiator ? 2 : 1)) != 0;
    return is_static ? s->profile->static_dh : s->profile->signature;
}

size_t session_proof_len(const struct troth_edhoc *s)
{
    return session_auth(s, session_in_message_3(s))->is_static ? session_mac_len(s) : TROTH_SIGNATURE_LEN;
}

bool session_in_message_3(const struct troth_edhoc *s)
{
    return (s->state & IN_MESSAGE_3) != 0;
}

void session_add_hash(struct parts *parts, const uint8_t hash[32])
{
    static const uint8_t head[2] = {0x58, TROTH_HASH_LEN};
    parts_add(parts, head, sizeof head);
    parts_add(parts, hash, TROTH_HASH_LEN);
}

static void add_cred(struct parts *parts, const struct troth_edhoc_cred *cred)
{
    parts_add(parts, cred->head, cred->head_len);
    parts_add(parts, cred->body.data, cred->body.len);
}

void session_add_context(struct parts *parts, const struct troth_edhoc *s, const struct troth_edhoc_cred *cred)
{
    session_add_hash(parts, s->th);
    add_cred(parts, cred);
    parts_add(parts, cred->ead.data, cred->ead.len);
}

int session_transcript(struct troth_edhoc *s, struct troth_span plaintext, const struct troth_edhoc_cred *cred)
{
    struct parts parts;
    parts_begin(&parts);
    session_add_hash(&parts, s->th);
    parts_add(&parts, plaintext.data, plaintext.len);
    add_cred(&parts, cred);
    return parts_hash(&s->profile->port, &parts, s->scratch);
}

void session_begin_parts(struct parts *parts)
{
    parts_begin(parts);
    parts_add(parts, NULL, 0);
}

/* info = ( info_label, context : bstr, length ) (4.1.2) */
int session_kdf(const struct troth_edhoc *s, const uint8_t prk[32], uint32_t label, struct parts *info, uint8_t *out,
                size_t len)
{
    uint8_t front[2 * CBOR_HEAD_MAX];
    uint8_t back[CBOR_HEAD_MAX];
    size_t label_len = cbor_head(front, CBOR_UINT, label);
    size_t front_len = label_len + cbor_head(front + label_len, CBOR_BYTES, (uint32_t)parts_len(info));
    info->at[PARTS_FIRST] = span(front, front_len);
    parts_add(info, back, cbor_head(back, CBOR_UINT, (uint32_t)len));
    return kdf_expand_xor(&s->profile->port, prk, info, out, len);
}

int session_kdf_th(const struct troth_edhoc *s, enum info_label label, uint8_t *out, size_t len)
{
    struct parts info;
    session_begin_parts(&info);
    parts_add(&info, s->th, sizeof s->th);
    return session_kdf(s, s->prk, label, &info, out, len);
}

void session_add_id(struct parts *parts, struct cbor_writer *head, const struct troth_edhoc_id *id)
{
    cbor_put_head(head, CBOR_MAP, 1);
    cbor_put_int(head, id->label);
    if (id->label == TROTH_COSE_KID) {
        cbor_put_head(head, CBOR_BYTES, (uint32_t)id->value.len);
    }
    parts_add(parts, head->start, cbor_written(head));
    parts_add(parts, id->value.data, id->value.len);
}

/* context_2 = << C_R, ID_CRED_R, TH_2, CRED_R, ? EAD_2 >>, context_3 the same without C_R. */
int session_mac(const struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *mac, size_t mac_len)
{
    bool in_message_3 = session_in_message_3(s);
    struct parts info;
    uint8_t head[CID_ITEM_MAX + ID_HEAD_MAX];
    struct cbor_writer writer = cbor_write(head, sizeof head);
    session_begin_parts(&info);
    if (s->state == R_MAKE_2) {
        put_identifier(&writer, s->profile->cid);
    } else if (s->state == I_VERIFY_2) {
        put_identifier(&writer, troth_edhoc_peer_cid(s));
    }
    session_add_id(&info, &writer, &cred->id);
    session_add_context(&info, s, cred);
    memset(mac, 0, mac_len);
    return session_kdf(s, s->prk_next, in_message_3 ? MAC_3 : MAC_2, &info, mac, mac_len);
}

int session_extract(struct troth_edhoc *s, enum troth_key key, const uint8_t *peer_key, enum info_label salt_label)
{
    const struct troth_port *port = &s->profile->port;
    uint8_t secret[TROTH_SECRET_LEN];
    uint8_t *salt = s->prk_next; /* until the PRK takes its place */
    int result = port->call->agree(port->ctx, key, peer_key, secret);
    if (result == TROTH_OK) {
        memset(salt, 0, TROTH_HASH_LEN);
        if (ct_equal(secret, salt, sizeof secret)) { /* all zero (9.2) */
            result = TROTH_E_FORGED;
        } else if (salt_label == SALT_TH_2) {
            memcpy(salt, s->th, TROTH_HASH_LEN);
        } else {
            result = session_kdf_th(s, salt_label, salt, TROTH_HASH_LEN);
        }
    }
    if (result == TROTH_OK) {
        result = kdf_extract(port, salt, span(secret, sizeof secret), s->prk_next);
    }
    wipe(secret, sizeof secret);
    return result;
}

void put_suites(struct cbor_writer *writer, const struct troth_edhoc_profile *profile, size_t count)
{
    if (count > 1) {
        cbor_put_head(writer, CBOR_ARRAY, (uint32_t)count);
    }
    for (size_t i = 0; i < count; i++) {
        cbor_put_int(writer, profile->suites[i]);
    }
}

int32_t get_number(struct cbor_reader *reader)
{
    return cbor_int(reader, INT16_MIN, INT16_MAX);
}

size_t get_suites(struct cbor_reader *reader, const struct troth_edhoc_profile *profile, size_t *before)
{
    size_t last = profile->suites_len;
    size_t count = cbor_peek(reader) == CBOR_ARRAY ? cbor_array(reader, 2, TROTH_SUITES_MAX) : 1;
    *before = last;
    for (; count > 0; count--) {
        int32_t suite = get_number(reader);
        *before = last < *before ? last : *before;
        for (last = 0; last < profile->suites_len && profile->suites[last] != suite;) {
            last++;
        }
    }
    return last;
}

size_t message_wrap(uint8_t *message, size_t body_len)
{
    size_t head_len = cbor_head(message, CBOR_BYTES, (uint32_t)body_len);
    memmove(message + head_len, message + WRAP_ROOM, body_len);
    return head_len + body_len;
}

size_t message_unwrap(const struct call *call, size_t min)
{
    struct cbor_reader reader = cbor_read(call->data, call->len);
    size_t body_len = cbor_take(&reader, CBOR_BYTES, (uint32_t)min, BODY_MAX);
    return cbor_done(&reader) ? body_len : 0;
}

/* The key and nonce of an AEAD, with its Enc_structure. */
struct aead {
    uint8_t key[CCM_KEY_LEN];
    uint8_t iv[CCM_NONCE_LEN];
    uint8_t aad[COSE_ENC_LEN];
};

int session_crypt(const struct troth_edhoc *s, uint8_t *text, size_t len, bool seal)
{
    enum info_label label = session_in_message_3(s) ? K_3 : K_4; /* IV_x is the next one */
    struct aead aead = {0};
    const struct ccm ccm = {
        &s->profile->port, aead.key, {aead.iv, sizeof aead.iv}, {aead.aad, sizeof aead.aad}, session_mac_len(s)};
    cose_enc_structure(s->th, aead.aad);
    int result = session_kdf_th(s, label, aead.key, sizeof aead.key);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, label + 1, aead.iv, sizeof aead.iv);
    }
    if (result == TROTH_OK) {
        result = ccm_run(&ccm, text, len, seal);
    }
    wipe(&aead, sizeof aead);
    return result;
}

int session_open(const struct troth_edhoc *s, const struct call *call, struct troth_span *plaintext)
{
    size_t tag_len = session_mac_len(s);
    size_t body_len = message_unwrap(call, tag_len);
    if (body_len == 0) {
        return TROTH_E_FORGED;
    }
    uint8_t *text = call->data + (call->len - body_len);
    *plaintext = span(text, body_len - tag_len);
    return session_crypt(s, text, plaintext->len, false);
}
