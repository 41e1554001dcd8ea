/* edhoc/session: what the messages of EDHOC share. Includes ccm.h, cose.h, kdf.h and troth/edhoc.h only.
 * Invariant: a session moves on by session_run, by what completes it (message_4.c) and by error 2, nowhere else; any
 * failure ends it. */
#ifndef TROTH_SRC_EDHOC_SESSION_H
#define TROTH_SRC_EDHOC_SESSION_H

#include <troth/edhoc.h>

#include "ccm.h"
#include "cose.h"
#include "kdf.h"

/* Where a session stands: what it will do next. 0, the zeroed struct, is an ended one. IN_MESSAGE_3: it is message 3,
 * with the Initiator's authentication, that is being made, read or verified. */
#define IN_MESSAGE_3 0x10
enum state {
    ENDED = 0,
    I_START = 1,
    I_WAIT_2 = 2,
    I_VERIFY_2 = 3,
    I_MAKE_3 = 4 | IN_MESSAGE_3,
    I_WAIT_4 = 5,
    R_WAIT_1 = 6,
    R_MAKE_2 = 7,
    R_WAIT_3 = 8 | IN_MESSAGE_3,
    R_VERIFY_3 = 9 | IN_MESSAGE_3,
    R_MAKE_4 = 10,
    COMPLETE = 11
};

/* info_label of EDHOC_KDF (RFC 9528, figure 6). */
enum info_label {
    KEYSTREAM_2 = 0,
    SALT_3E2M = 1,
    MAC_2 = 2,
    K_3 = 3,
    IV_3 = 4,
    SALT_4E3M = 5,
    MAC_3 = 6,
    PRK_OUT = 7,
    K_4 = 8,
    IV_4 = 9,
    PRK_EXPORTER = 10,
    SALT_TH_2 = 0xff /* no label: TH_2 itself is the salt of PRK_2e */
};

/* The arguments of a call, as its steps see them. */
struct call {
    union {
        const struct troth_edhoc_cred *cred; /* make_x: one's own; verify_x: the peer's */
        struct troth_edhoc_cred *told;       /* take_x: the peer's, to be filled in */
    };
    union {
        uint8_t *data;           /* the message, coming or going */
        const uint8_t *received; /* message_1, only to be read */
    };
    size_t len; /* of the message, or the room for it */
};

typedef int (*step)(struct troth_edhoc *s, const struct call *call);

/* What a call does: in state `now` it makes `count` steps, one each time it is called, and leaves the session in
 * `next`. Behind its own steps come the two halves of the authentication of message 2 or 3: proving it in make_x;
 * checking it in verify_x, which has no steps of its own. */
struct process {
    uint8_t now;
    uint8_t next;
    uint8_t own;
    uint8_t count; /* of all steps */
    step steps[2];
};

int session_run(struct troth_edhoc *s, const struct process *process, const struct call *call);

/* The same for make_2 and make_3, whose result is a message. */
int session_make(struct troth_edhoc *s, const struct process *process, const struct call *call, size_t *len);

/* The bytes of a MAC of the selected suite; also of its AEAD's tag. 0 for a suite that we cannot complete. */
size_t session_mac_len(const struct troth_edhoc *s);

/* How the Initiator or the Responder authenticates; NULL where this build cannot. */
const struct troth_edhoc_auth *session_auth(const struct troth_edhoc *s, bool initiator);

/* By the state, see above: else it is message 2 (or 4, which has no authentication). */
bool session_in_message_3(const struct troth_edhoc *s);

/* The length of Signature_or_MAC_x in the message in hand. */
size_t session_proof_len(const struct troth_edhoc *s);

/* Begins parts whose first place is left free: for a head that needs their length. */
void session_begin_parts(struct parts *parts);

/* EDHOC_KDF (4.1.2), XORed into out. What was added to `info`, begun by session_begin_parts, is the context. */
int session_kdf(const struct troth_edhoc *s, const uint8_t prk[32], uint32_t label, struct parts *info, uint8_t *out,
                size_t len);

/* The same from the PRK of the message in hand, with its transcript hash as context. */
int session_kdf_th(const struct troth_edhoc *s, enum info_label label, uint8_t *out, size_t len);

/* MAC_2 or MAC_3 (5.3.2, 5.4.2) of the side in question. */
int session_mac(const struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *mac, size_t mac_len);

/* SHA-256 of Sig_structure = [ "Signature1", << ID_CRED_x >>, << TH_x, CRED_x, ? EAD_x >>, MAC_x ] (5.3.2, 5.4.2): in
 * scratch it takes the place of MAC_x. */
int signature_hash(struct troth_edhoc *s, const struct troth_edhoc_cred *cred);

/* Adds ID_CRED_x as a whole map, in ID_PARTS parts. Its first bytes, ID_HEAD_MAX at most, go into `head`, and what
 * stands there already comes before them. */
#define ID_HEAD_MAX 12
#define ID_PARTS    2
void session_add_id(struct parts *parts, struct cbor_writer *head, const struct troth_edhoc_id *id);

/* Adds a byte string of 32 bytes: TH_x, G_Y or a MAC. */
void session_add_hash(struct parts *parts, const uint8_t hash[32]);

/* Adds TH_x, CRED_x, ? EAD_x. */
void session_add_context(struct parts *parts, const struct troth_edhoc *s, const struct troth_edhoc_cred *cred);

/* The secret of ECDH with one's ephemeral or identity key goes into a PRK: prk_next = EDHOC_Extract(salt, secret). The
 * slow call comes first: while the port works on it, nothing else may be asked of the port. */
int session_extract(struct troth_edhoc *s, enum troth_key key, const uint8_t *peer_key, enum info_label salt_label);

/* A number that a registry has given: of a suite, a COSE label, an error. */
int32_t get_number(struct cbor_reader *reader);

/* Cipher suites (5.2.1): the first `count` of one's own are written; of those read, the last one as an index into one's
 * own, and the best of those before it. An index is suites_len where there is none. */
void put_suites(struct cbor_writer *writer, const struct troth_edhoc_profile *profile, size_t count);
size_t get_suites(struct cbor_reader *reader, const struct troth_edhoc_profile *profile, size_t *before);

/* A byte string that is sent as an integer where it looks like one (3.3.2); get_peer_cid: C_I or C_R. */
#define CID_ITEM_MAX (1 + TROTH_CID_MAX)
void put_identifier(struct cbor_writer *writer, struct troth_span id);
void get_peer_cid(struct cbor_reader *reader, struct troth_edhoc *s);

/* Leaves room for what is not known yet; the bytes that are there stay. */
void put_room(struct cbor_writer *writer, size_t len);

/* EAD (3.8): any number of items, none of them critical, for nothing here understands one. */
void get_ead(struct cbor_reader *reader);

/* Messages 2 to 4 are one byte string each, of at most BODY_MAX bytes: G_Y and as much plaintext as there is
 * keystream (9.8). The contents of one that is being made stand WRAP_ROOM bytes into its memory; wrap puts the head
 * before them, so that they move up to it, and gives the length of the whole. unwrap: the length of the contents, which
 * end the message; 0 where it is none, or has less than min bytes (min is not 0). */
#define WRAP_ROOM 3
#define G_Y_LEN   32
#define BODY_MAX  (G_Y_LEN + 255 * TROTH_HASH_LEN)
size_t message_wrap(uint8_t *message, size_t body_len);
size_t message_unwrap(const struct call *call, size_t min);

/* PLAINTEXT_2 and PLAINTEXT_3. compose: with room for G_Y, the proof and the tag; message_len tells where the plaintext
 * ends. encrypt: TH_3 or TH_4 into scratch, then the ciphertext; message_len is that of the contents and WRAP_ROOM.
 * parse: what the peer says of itself. */
int plaintext_compose(struct troth_edhoc *s, const struct call *call);
int plaintext_encrypt(struct troth_edhoc *s, const struct call *call);
int plaintext_parse(struct troth_edhoc *s, struct troth_edhoc_cred *peer, struct troth_span text);

/* TH_x = H(TH_y, PLAINTEXT, CRED), into scratch: TH_y may still be needed. */
int session_transcript(struct troth_edhoc *s, struct troth_span plaintext, const struct troth_edhoc_cred *cred);

/* COSE_Encrypt0 of messages 3 and 4 (5.4.2, 5.5.2), with TH as external_aad. open: a whole message. */
int session_crypt(const struct troth_edhoc *s, uint8_t *text, size_t len, bool seal);
int session_open(const struct troth_edhoc *s, const struct call *call, struct troth_span *plaintext);

#endif
