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

/* Where the proof stands in a message that is being made: before its EAD and, in message 3, its tag. */
static uint8_t *proof_of(const struct troth_edhoc *s, const struct call *call)
{
    size_t behind = call->cred->ead.len + session_proof_len(s);
    if (session_in_message_3(s)) {
        behind += session_mac_len(s);
    }
    return call->data + s->message_len - behind;
}

/* The two halves are the first two steps of verify_x, follow one step in make_3 and two in make_2. */
static int authenticate(struct troth_edhoc *s, const struct call *call)
{
    bool in_message_3 = session_in_message_3(s);
    const struct troth_edhoc_auth *auth = session_auth(s, in_message_3);
    if (s->state == I_VERIFY_2 || s->state == R_VERIFY_3) {
        return auth->check[s->step](s, call->cred);
    }
    return auth->prove[s->step - (in_message_3 ? 1 : 2)](s, call->cred, proof_of(s, call));
}

int session_run(struct troth_edhoc *s, const struct process *process, const struct call *call)
{
    if (s->state != process->now) {
        return TROTH_E_STATE;
    }
    int result = TROTH_E_CONFIG;
    if (s->suite_index < s->profile->suites_len) {
        step next = process->steps[s->step];
        result = next != NULL ? next(s, call) : authenticate(s, call);
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
    *len = result == TROTH_OK ? s->message_len : 0;
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
    return s->state == I_MAKE_3 || s->state == R_WAIT_3 || s->state == R_VERIFY_3;
}

static const uint8_t hash_head[2] = {0x58, TROTH_HASH_LEN};

static void add_th(struct parts *parts, const struct troth_edhoc *s)
{
    parts_add(parts, hash_head, sizeof hash_head);
    parts_add(parts, s->th, sizeof s->th);
}

static void add_cred(struct parts *parts, const struct troth_edhoc_cred *cred)
{
    parts_add(parts, cred->head, cred->head_len);
    parts_add(parts, cred->body.data, cred->body.len);
}

void session_add_context(struct parts *parts, const struct troth_edhoc *s, const struct troth_edhoc_cred *cred)
{
    add_th(parts, s);
    add_cred(parts, cred);
    parts_add(parts, cred->ead.data, cred->ead.len);
}

int session_transcript(const struct troth_edhoc *s, struct troth_span plaintext, const struct troth_edhoc_cred *cred,
                       uint8_t th[32])
{
    struct parts parts;
    parts_begin(&parts);
    add_th(&parts, s);
    parts_add(&parts, plaintext.data, plaintext.len);
    add_cred(&parts, cred);
    return parts_hash(&s->profile->port, &parts, th);
}

int step_transcript(struct troth_edhoc *s, const struct call *call)
{
    return session_transcript(s, call->cred->message, call->cred, s->th);
}

void info_begin(struct parts *info)
{
    parts_begin(info);
    parts_add(info, NULL, 0); /* the front, when the length of the context is known */
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
    info_begin(&info);
    parts_add(&info, s->th, sizeof s->th);
    return session_kdf(s, s->prk, label, &info, out, len);
}

void session_add_id(struct parts *parts, const struct troth_edhoc_id *id, uint8_t head[ID_HEAD_MAX])
{
    struct cbor_writer writer = cbor_write(head, ID_HEAD_MAX);
    cbor_put_head(&writer, CBOR_MAP, 1);
    cbor_put_int(&writer, id->label);
    if (id->label == TROTH_COSE_KID) {
        cbor_put_head(&writer, CBOR_BYTES, (uint32_t)id->value.len);
    }
    parts_add(parts, head, cbor_written(&writer));
    parts_add(parts, id->value.data, id->value.len);
}

/* context_2 = << C_R, ID_CRED_R, TH_2, CRED_R, ? EAD_2 >>, context_3 the same without C_R. */
int session_mac(const struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *mac, size_t mac_len)
{
    bool in_message_3 = session_in_message_3(s);
    struct parts info;
    uint8_t c_r[TROTH_CID_MAX + 1];
    uint8_t head[ID_HEAD_MAX];
    info_begin(&info);
    if (!in_message_3) {
        struct cbor_writer writer = cbor_write(c_r, sizeof c_r);
        put_identifier(&writer, s->role == TROTH_RESPONDER ? s->profile->cid : span(s->peer_cid, s->peer_cid_len));
        parts_add(&info, c_r, cbor_written(&writer));
    }
    session_add_id(&info, &cred->id, head);
    session_add_context(&info, s, cred);
    memset(mac, 0, mac_len);
    return session_kdf(s, s->prk_next, in_message_3 ? MAC_3 : MAC_2, &info, mac, mac_len);
}

int session_extract(struct troth_edhoc *s, enum troth_key key, const uint8_t *peer_key, enum info_label salt_label)
{
    const struct troth_port *port = &s->profile->port;
    uint8_t secret[TROTH_SECRET_LEN];
    uint8_t salt[TROTH_HASH_LEN] = {0};
    int result = port->call->agree(port->ctx, key, peer_key, secret);
    if (result == TROTH_OK && ct_equal(secret, salt, sizeof secret)) { /* all zero, as the salt still is (9.2) */
        result = TROTH_E_FORGED;
    }
    if (salt_label == SALT_TH_2) {
        memcpy(salt, s->th, sizeof salt);
    } else if (result == TROTH_OK) {
        result = session_kdf_th(s, salt_label, salt, sizeof salt);
    }
    if (result == TROTH_OK) {
        result = kdf_extract(port, salt, span(secret, sizeof secret), s->prk_next);
    }
    wipe(secret, sizeof secret);
    wipe(salt, sizeof salt);
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

size_t get_suites(struct cbor_reader *reader, const struct troth_edhoc_profile *profile, size_t *before)
{
    size_t last = profile->suites_len;
    size_t count = cbor_peek(reader) == CBOR_ARRAY ? cbor_array(reader, 2, TROTH_SUITES_MAX) : 1;
    *before = last;
    for (; count > 0; count--) {
        int32_t suite = cbor_int(reader, INT16_MIN, INT16_MAX);
        *before = last < *before ? last : *before;
        for (last = 0; last < profile->suites_len && profile->suites[last] != suite;) {
            last++;
        }
    }
    return last;
}

/* One of the 48 integers with a one-byte encoding. */
static bool is_small_int(uint8_t byte)
{
    return (byte & 0xdf) < 24;
}

void put_identifier(struct cbor_writer *writer, struct troth_span id)
{
    if (id.len == 1 && is_small_int(id.data[0])) {
        cbor_put_raw(writer, id.data, 1);
    } else {
        cbor_put_bytes(writer, id.data, id.len);
    }
}

struct troth_span get_identifier(struct cbor_reader *reader, size_t max)
{
    const uint8_t *at = reader->at;
    if (cbor_peek(reader) <= CBOR_NINT) {
        cbor_int(reader, -24, 23);
        return span(at, reader->bad ? 0 : 1);
    }
    struct troth_span id = cbor_bytes(reader, 0, max);
    if (id.len == 1 && is_small_int(id.data[0])) {
        reader->bad = true;
    }
    return id;
}

void put_authentication(struct cbor_writer *writer, const struct troth_edhoc *s, const struct troth_edhoc_cred *own)
{
    size_t proof_len = session_proof_len(s);
    if (own->id.label == TROTH_COSE_KID) {
        put_identifier(writer, own->id.value);
    } else {
        cbor_put_head(writer, CBOR_MAP, 1);
        cbor_put_int(writer, own->id.label);
        cbor_put_raw(writer, own->id.value.data, own->id.value.len);
    }
    cbor_put_head(writer, CBOR_BYTES, (uint32_t)proof_len);
    if ((size_t)(writer->end - writer->at) < proof_len + own->ead.len) {
        writer->full = true;
        return;
    }
    memset(writer->at, 0, proof_len);
    writer->at += proof_len;
    cbor_put_raw(writer, own->ead.data, own->ead.len);
}

#define ID_ITEMS_MAX 8 /* of which a COSE_C509 chain or a COSE_CertHash is made */

int get_authentication(struct cbor_reader *reader, const struct troth_edhoc *s, struct troth_edhoc_cred *peer)
{
    size_t proof_len = session_proof_len(s);
    memset(peer, 0, sizeof *peer);
    if (cbor_peek(reader) == CBOR_MAP) {
        cbor_map(reader, 1, 1);
        peer->id.label = cbor_int(reader, INT16_MIN, INT16_MAX);
        if (peer->id.label == TROTH_COSE_KID) {
            return TROTH_E_FORGED;
        }
        peer->id.value = cbor_skip(reader, ID_ITEMS_MAX);
    } else {
        peer->id.label = TROTH_COSE_KID;
        peer->id.value = get_identifier(reader, SIZE_MAX);
    }
    peer->proof = cbor_bytes(reader, proof_len, proof_len);
    peer->ead = get_ead(reader);
    return cbor_done(reader) ? TROTH_OK : TROTH_E_FORGED;
}

struct troth_span get_ead(struct cbor_reader *reader)
{
    const uint8_t *first = reader->at;
    while (!reader->bad && reader->at != reader->end) {
        cbor_int(reader, 0, INT32_MAX);
        if (cbor_peek(reader) == CBOR_BYTES) {
            cbor_bytes(reader, 0, SIZE_MAX);
        }
    }
    return span(first, (size_t)(reader->at - first));
}

struct cbor_writer message_write(const struct call *call, size_t behind)
{
    size_t cap = call->len < WRAP_ROOM + BODY_MAX ? call->len : WRAP_ROOM + BODY_MAX;
    if (cap < WRAP_ROOM + behind) {
        return cbor_write(call->data, 0);
    }
    return cbor_write(call->data + WRAP_ROOM, cap - WRAP_ROOM - behind);
}

size_t message_wrap(uint8_t *message, size_t body_len)
{
    struct cbor_writer writer = cbor_write(message, WRAP_ROOM);
    uint8_t *body = message + WRAP_ROOM;
    cbor_put_head(&writer, CBOR_BYTES, (uint32_t)body_len);
    memmove(writer.at, body, body_len);
    return cbor_written(&writer) + body_len;
}

bool message_unwrap(uint8_t *message, size_t len, size_t min, uint8_t **body, size_t *body_len)
{
    struct cbor_reader reader = cbor_read(message, len);
    struct troth_span bytes = cbor_bytes(&reader, min, BODY_MAX);
    *body = message + (len - bytes.len);
    *body_len = bytes.len;
    return cbor_done(&reader);
}

/* The key and nonce of an AEAD, with its Enc_structure. */
struct aead {
    uint8_t key[CCM_KEY_LEN];
    uint8_t iv[CCM_NONCE_LEN];
    uint8_t aad[COSE_ENC_LEN];
};

int session_crypt(const struct troth_edhoc *s, enum info_label label, ccm_way way, uint8_t *text, size_t len)
{
    struct aead aead = {0};
    const struct ccm ccm = {
        &s->profile->port, aead.key, {aead.iv, sizeof aead.iv}, {aead.aad, sizeof aead.aad}, session_mac_len(s)};
    cose_enc_structure(s->th, aead.aad);
    int result = session_kdf_th(s, label, aead.key, sizeof aead.key);
    if (result == TROTH_OK) {
        result = session_kdf_th(s, label + 1, aead.iv, sizeof aead.iv);
    }
    if (result == TROTH_OK) {
        result = way(&ccm, text, len);
    }
    wipe(&aead, sizeof aead);
    return result;
}

int session_open(const struct troth_edhoc *s, const struct call *call, enum info_label label,
                 struct troth_span *plaintext)
{
    uint8_t *body;
    size_t tag_len = session_mac_len(s);
    if (!message_unwrap(call->data, call->len, tag_len, &body, &plaintext->len)) {
        return TROTH_E_FORGED;
    }
    plaintext->data = body;
    plaintext->len -= tag_len;
    return session_crypt(s, label, ccm_open, body, plaintext->len);
}
