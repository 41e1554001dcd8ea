/* edhoc/session: what the messages of EDHOC share. Includes ccm.h, cose.h, kdf.h and troth/edhoc.h only.
 * Invariant: a session moves from state to state by session_run alone; any failure ends it. */
#ifndef TROTH_SRC_EDHOC_SESSION_H
#define TROTH_SRC_EDHOC_SESSION_H

#include <troth/edhoc.h>

#include "ccm.h"
#include "cose.h"
#include "kdf.h"

/* Where a session stands: what it will do next. 0, the zeroed struct, is an ended one. */
enum state {
    ENDED,
    I_START,
    I_WAIT_2,
    I_VERIFY_2,
    I_MAKE_3,
    I_WAIT_4,
    R_WAIT_1,
    R_MAKE_2,
    R_WAIT_3,
    R_VERIFY_3,
    R_MAKE_4,
    COMPLETE
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
 * `next`. A NULL step is half of the authentication of message 2 or 3: proving it in make_x, checking it in
 * verify_x. */
struct process {
    uint8_t now;
    uint8_t next;
    uint8_t count;
    step steps[5];
};

int session_run(struct troth_edhoc *s, const struct process *process, const struct call *call);

/* The same for make_x, whose result is a message. */
int session_make(struct troth_edhoc *s, const struct process *process, const struct call *call, size_t *len);

/* The bytes of a MAC of the selected suite; also of its AEAD's tag. 0 for a suite that we cannot complete. */
size_t session_mac_len(const struct troth_edhoc *s);

/* How the Initiator or the Responder authenticates; NULL where this build cannot. */
const struct troth_edhoc_auth *session_auth(const struct troth_edhoc *s, bool initiator);

/* It is message 3, with the Initiator's authentication, that is being made, read or verified; else message 2. */
bool session_in_message_3(const struct troth_edhoc *s);

/* The length of Signature_or_MAC_x in that message. */
size_t session_proof_len(const struct troth_edhoc *s);

/* The last step of verify_x: the transcript goes on. */
int step_transcript(struct troth_edhoc *s, const struct call *call);

/* TH_x = H(TH_y, PLAINTEXT, CRED), to replace TH_y when that is no longer needed. */
int session_transcript(const struct troth_edhoc *s, struct troth_span plaintext, const struct troth_edhoc_cred *cred,
                       uint8_t th[32]);

/* EDHOC_KDF (4.1.2), XORed into out. info_begin, and what is added to the parts then, is the context. */
void info_begin(struct parts *info);
int session_kdf(const struct troth_edhoc *s, const uint8_t prk[32], uint32_t label, struct parts *info, uint8_t *out,
                size_t len);

/* The same from the PRK of the message in hand, with its transcript hash as context. */
int session_kdf_th(const struct troth_edhoc *s, enum info_label label, uint8_t *out, size_t len);

/* MAC_2 or MAC_3 (5.3.2, 5.4.2) of the side in question. */
int session_mac(const struct troth_edhoc *s, const struct troth_edhoc_cred *cred, uint8_t *mac, size_t mac_len);

/* Adds ID_CRED_x as a whole map; `head` is room for its first bytes. */
#define ID_HEAD_MAX 12
void session_add_id(struct parts *parts, const struct troth_edhoc_id *id, uint8_t head[ID_HEAD_MAX]);

/* Adds TH_x, CRED_x, ? EAD_x. */
void session_add_context(struct parts *parts, const struct troth_edhoc *s, const struct troth_edhoc_cred *cred);

/* The secret of ECDH with one's ephemeral or identity key goes into a PRK: prk_next = EDHOC_Extract(salt, secret). The
 * slow call comes first: while the port works on it, nothing else may be asked of the port. */
int session_extract(struct troth_edhoc *s, enum troth_key key, const uint8_t *peer_key, enum info_label salt_label);

/* Cipher suites (5.2.1): the first `count` of one's own are written; of those read, the last one as an index into one's
 * own, and the best of those before it. An index is suites_len where there is none. */
void put_suites(struct cbor_writer *writer, const struct troth_edhoc_profile *profile, size_t count);
size_t get_suites(struct cbor_reader *reader, const struct troth_edhoc_profile *profile, size_t *before);

/* A byte string that is sent as an integer where it looks like one (3.3.2). */
void put_identifier(struct cbor_writer *writer, struct troth_span id);
struct troth_span get_identifier(struct cbor_reader *reader, size_t max);

/* The ID_CRED_x, Signature_or_MAC_x and EAD_x of a plaintext, in this order. */
void put_authentication(struct cbor_writer *writer, const struct troth_edhoc *s, const struct troth_edhoc_cred *own);
int get_authentication(struct cbor_reader *reader, const struct troth_edhoc *s, struct troth_edhoc_cred *peer);

/* EAD (3.8): any number of items, none of them critical, for nothing here understands one. */
struct troth_span get_ead(struct cbor_reader *reader);

/* Messages 2 to 4 are one byte string each, of at most BODY_MAX bytes: G_Y and as much plaintext as there is
 * keystream (9.8). write: the contents are to be written WRAP_ROOM bytes into the message, `behind` bytes will
 * follow them. wrap: so written, they become the whole message; its length. unwrap: the contents, of at least min
 * bytes. */
#define WRAP_ROOM 3
#define BODY_MAX  (32 + 255 * TROTH_HASH_LEN)
struct cbor_writer message_write(const struct call *call, size_t behind);
size_t message_wrap(uint8_t *message, size_t body_len);
bool message_unwrap(uint8_t *message, size_t len, size_t min, uint8_t **body, size_t *body_len);

/* COSE_Encrypt0 of messages 3 and 4: ccm_seal or ccm_open with K and IV with label and label + 1, TH as external_aad.
 * open: a whole message. */
typedef int (*ccm_way)(const struct ccm *ccm, uint8_t *text, size_t len);
int session_crypt(const struct troth_edhoc *s, enum info_label label, ccm_way way, uint8_t *text, size_t len);
int session_open(const struct troth_edhoc *s, const struct call *call, enum info_label label,
                 struct troth_span *plaintext);

#endif
