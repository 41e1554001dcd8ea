/* edhoc/plaintext: what is inside messages 2 and 3 (RFC 9528, 5.3.2 and 5.4.2):
 *   PLAINTEXT_2 = ( C_R, ID_CRED_R / bstr / -24..23, Signature_or_MAC_2, ? EAD_2 )
 *   PLAINTEXT_3 = ( ID_CRED_I / bstr / -24..23, Signature_or_MAC_3, ? EAD_3 ) */
#include "edhoc/session.h"

#include <string.h>

#define ID_ITEMS_MAX 8 /* of which a COSE_C509 chain or a COSE_CertHash is made */

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

static struct troth_span get_identifier(struct cbor_reader *reader, size_t max)
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

void get_peer_cid(struct cbor_reader *reader, struct troth_edhoc *s)
{
    struct troth_span cid = get_identifier(reader, sizeof s->peer_cid);
    memcpy(s->peer_cid, cid.data, cid.len);
    s->peer_cid_len = (uint8_t)cid.len;
}

void put_room(struct cbor_writer *writer, size_t len)
{
    cbor_put_raw(writer, writer->at, len);
}

void get_ead(struct cbor_reader *reader)
{
    while (cbor_peek(reader) <= CBOR_SIMPLE) {
        cbor_int(reader, 0, INT32_MAX);
        if (cbor_peek(reader) == CBOR_BYTES) {
            cbor_take(reader, CBOR_BYTES, 0, UINT32_MAX);
        }
    }
}

int plaintext_compose(struct troth_edhoc *s, const struct call *call)
{
    const struct troth_edhoc_cred *own = call->cred;
    bool in_message_3 = session_in_message_3(s);
    size_t proof_len = session_proof_len(s);
    size_t cap = call->len < WRAP_ROOM + BODY_MAX ? call->len : WRAP_ROOM + BODY_MAX;
    struct cbor_writer writer = cbor_write(call->data, cap);
    put_room(&writer, WRAP_ROOM);
    if (!in_message_3) {
        put_room(&writer, G_Y_LEN);
        put_identifier(&writer, s->profile->cid);
    }
    if (own->id.label == TROTH_COSE_KID) {
        put_identifier(&writer, own->id.value);
    } else {
        cbor_put_head(&writer, CBOR_MAP, 1);
        cbor_put_int(&writer, own->id.label);
        cbor_put_raw(&writer, own->id.value.data, own->id.value.len);
    }
    cbor_put_head(&writer, CBOR_BYTES, (uint32_t)proof_len);
    put_room(&writer, proof_len);
    cbor_put_raw(&writer, own->ead.data, own->ead.len);
    size_t end = cbor_written(&writer);
    if (in_message_3) {
        put_room(&writer, session_mac_len(s)); /* the tag */
    }
    if (writer.full) {
        return TROTH_E_SPACE;
    }
    s->message_len = (uint16_t)end;
    return TROTH_OK;
}

/* CIPHERTEXT_2 = PLAINTEXT_2 XOR KEYSTREAM_2; CIPHERTEXT_3 under K_3 and IV_3. */
int plaintext_encrypt(struct troth_edhoc *s, const struct call *call)
{
    bool in_message_3 = session_in_message_3(s);
    size_t first = in_message_3 ? WRAP_ROOM : WRAP_ROOM + G_Y_LEN;
    uint8_t *text = call->data + first;
    size_t len = s->message_len - first;
    int result = session_transcript(s, span(text, len), call->cred);
    if (result != TROTH_OK) {
        return result;
    }
    if (in_message_3) {
        s->message_len = (uint16_t)(s->message_len + session_mac_len(s));
        return session_crypt(s, text, len, true);
    }
    return session_kdf_th(s, KEYSTREAM_2, text, len);
}

int plaintext_parse(struct troth_edhoc *s, struct troth_edhoc_cred *peer, struct troth_span text)
{
    struct cbor_reader reader = cbor_read(text.data, text.len);
    size_t proof_len = session_proof_len(s);
    memset(peer, 0, sizeof *peer);
    peer->message = text;
    if (!session_in_message_3(s)) {
        get_peer_cid(&reader, s);
    }
    if (cbor_peek(&reader) == CBOR_MAP) {
        cbor_map(&reader, 1, 1);
        peer->id.label = get_number(&reader);
        if (peer->id.label == TROTH_COSE_KID) {
            return TROTH_E_FORGED;
        }
        peer->id.value = cbor_skip(&reader, ID_ITEMS_MAX);
    } else {
        peer->id.label = TROTH_COSE_KID;
        peer->id.value = get_identifier(&reader, SIZE_MAX);
    }
    peer->proof = cbor_bytes(&reader, proof_len, proof_len);
    peer->ead.data = reader.at;
    get_ead(&reader);
    peer->ead.len = (size_t)(reader.at - peer->ead.data);
    return cbor_done(&reader) ? TROTH_OK : TROTH_E_FORGED;
}
