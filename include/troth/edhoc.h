/* troth/edhoc.h: EDHOC, RFC 9528, without I/O, clock or heap. It stands on its own: who wants no more than an
 * authenticated key exchange takes this header, port.h and src/edhoc.
 *
 *   Initiator                             Responder
 *   begin, make_1  -- message_1 -->       begin, take_1, make_2
 *   take_2         <-- message_2 --
 *   (decide on the credential)
 *   verify_2, make_3  -- message_3 -->    take_3
 *                                         (decide on the credential)
 *   take_4         <-- message_4 --       verify_3, make_4
 *   export, end                           export, end
 *
 * Laws
 *  - Memory: the caller owns everything. A session keeps a pointer to its profile, which must outlive it. take_2 and
 *    take_3 decrypt in the caller's buffer, and what they tell of the peer points into it: leave it alone until the
 *    verify_x that follows has answered.
 *  - TROTH_AGAIN: not finished; make the same call again with the same arguments. Each call does at most one
 *    public-key operation, so a call never takes longer than that.
 *  - A negative answer ends the session: every secret is wiped, and only `begin` or `end` are of use. What does not
 *    end it: TROTH_E_STATE, TROTH_E_SPACE, a message_4 that does not verify, and whatever `export` and take_error
 *    answer. TROTH_E_FORGED is one for all that is wrong with a message.
 *  - Nothing is proved about the peer before verify_2 or verify_3 says TROTH_OK; nothing about the Responder holding
 *    the keys before take_4 does.
 *  - Threads: one session, one thread; sessions share nothing.
 */
#ifndef TROTH_EDHOC_H
#define TROTH_EDHOC_H

#include <troth/port.h>

#define TROTH_CID_MAX    8  /* the longest connection identifier, in bytes */
#define TROTH_SUITES_MAX 16 /* the longest SUITES_I or SUITES_R that is read */

enum troth_edhoc_role { TROTH_INITIATOR, TROTH_RESPONDER };

/* COSE header parameters that name a credential. */
enum troth_cose_label { TROTH_COSE_KID = 4, TROTH_COSE_C5C = 25 };

struct troth_edhoc;
struct troth_edhoc_cred;

/* How a side proves that it holds its key: link those that are needed. Only is_static is for users. Proving (of one's
 * own credential, into proof) and checking (of the peer's; proof is NULL) have two halves each. */
struct troth_edhoc_auth {
    bool is_static;
    int (*prove[2])(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *proof);
    int (*check[2])(struct troth_edhoc *session, const struct troth_edhoc_cred *peer, uint8_t *proof);
};
extern const struct troth_edhoc_auth troth_edhoc_signature; /* ES256 */
extern const struct troth_edhoc_auth troth_edhoc_static_dh;

/* What all sessions of a device share (RFC 9528, 3.9). */
struct troth_edhoc_profile {
    struct troth_port port;
    const struct troth_edhoc_auth *signature; /* NULL: no method that needs it */
    const struct troth_edhoc_auth *static_dh; /* NULL: likewise */
    const uint8_t *suites;                    /* cipher suites in order of preference; 2 and 3 can be completed */
    size_t suites_len;
    struct troth_span cid; /* one's own connection identifier, at most TROTH_CID_MAX bytes */
    uint8_t methods;       /* what a Responder accepts: bit m for method m */
};

/* ID_CRED_x, the map of one entry { label : value } (3.5.3). For TROTH_COSE_KID value is the kid itself, else the
 * value as encoded CBOR. */
struct troth_edhoc_id {
    int32_t label;
    struct troth_span value;
};

/* A credential, one's own or a peer's. CRED_x is head || body, so that a certificate can stay where it is:
 *   C509 (array form)   head 8b, body the unwrapped sequence
 *   CCS                 head empty, body the map
 * take_2 and take_3 fill in id and ead; the caller adds head, body and key for verify_x. */
struct troth_edhoc_cred {
    struct troth_edhoc_id id;
    uint8_t head[4];
    uint8_t head_len;
    struct troth_span body;
    const uint8_t *key;        /* a peer's public key, X || Y, on the curve; not read for one's own */
    struct troth_span ead;     /* EAD_2 or EAD_3 as it is encoded; own: to be sent (empty: none) */
    struct troth_span proof;   /* private: Signature_or_MAC_x */
    struct troth_span message; /* private: PLAINTEXT_x */
};

/* A session: at most 256 bytes on a 32-bit device. Every field is private. */
struct troth_edhoc {
    const struct troth_edhoc_profile *profile;
    uint8_t role;
    uint8_t method;
    uint8_t suite_index; /* the selected suite, in profile->suites */
    uint8_t state;
    uint8_t step;
    uint8_t peer_cid_len;
    uint16_t message_len; /* as far as it has come */
    uint8_t peer_cid[TROTH_CID_MAX];
    uint8_t th[32];       /* H(message_1), then TH_2, TH_3, TH_4 */
    uint8_t prk[32];      /* of the message in hand: PRK_2e, then PRK_3e2m, PRK_4e3m, PRK_out */
    uint8_t prk_next[32]; /* the same after its authentication: of its MAC, and of the next message */
    uint8_t scratch[32];  /* MAC_x, then the hash to be signed; then the next TH */
    uint8_t g_peer[64];   /* the peer's ephemeral key */
};

/* A new session; for an Initiator with its method (0 to 3). Forgets whatever the struct held. */
void troth_edhoc_begin(struct troth_edhoc *session, const struct troth_edhoc_profile *profile,
                       enum troth_edhoc_role role, uint8_t method);

/* message_1 (5.2.2). After take_error of code 2 it may be called again: a new key, the suite that the peer asked
 * for. */
int troth_edhoc_make_1(struct troth_edhoc *session, uint8_t *out, size_t cap, size_t *len);

/* message_1 (5.2.3). TROTH_E_SUITE: answer with make_error of code 2. */
int troth_edhoc_take_1(struct troth_edhoc *session, const uint8_t *message, size_t len);

/* message_2 (5.3.2). out may be the memory of message_1. Like make_3 it may want two bytes more room than the
 * message takes, and answers TROTH_E_SPACE to an EAD or a credential that makes the message longer than 8,192 bytes. */
int troth_edhoc_make_2(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len);

/* message_2 (5.3.3), first half: decrypts in place and tells who the peer says it is. */
int troth_edhoc_take_2(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer);

/* message_2, second half: the peer holds the key of this credential. */
int troth_edhoc_verify_2(struct troth_edhoc *session, const struct troth_edhoc_cred *peer);

/* message_3 (5.4.2). out may be the memory of message_2. */
int troth_edhoc_make_3(struct troth_edhoc *session, const struct troth_edhoc_cred *own, uint8_t *out, size_t cap,
                       size_t *len);

/* message_3 (5.4.3), likewise in two halves. */
int troth_edhoc_take_3(struct troth_edhoc *session, uint8_t *message, size_t len, struct troth_edhoc_cred *peer);
int troth_edhoc_verify_3(struct troth_edhoc *session, const struct troth_edhoc_cred *peer);

/* message_4 (5.5). take_4 overwrites the message; a message_4 that does not verify is TROTH_E_FORGED and leaves the
 * session waiting for the true one. */
int troth_edhoc_make_4(struct troth_edhoc *session, uint8_t *out, size_t cap, size_t *len);
int troth_edhoc_take_4(struct troth_edhoc *session, uint8_t *message, size_t len);

/* Where the application profile does without message_4 (3.9): the session is complete after message_3. */
int troth_edhoc_skip_4(struct troth_edhoc *session);

/* EDHOC_Exporter (4.2.1) of a complete session. TROTH_E_SPACE for a len above 8,160 bytes, the most that HKDF-Expand
 * gives (RFC 5869, 2.3). */
int troth_edhoc_export(const struct troth_edhoc *session, uint32_t label, struct troth_span context, uint8_t *out,
                       size_t len);

/* An error message (6): code 1 with a text, code 2 with one's own suites, code 3. The length, or TROTH_E_SPACE. */
int troth_edhoc_make_error(const struct troth_edhoc_profile *profile, int code, const char *text, uint8_t *out,
                           size_t cap);

/* Reads an error message; nobody vouches for it. TROTH_OK: the code is given; the session should end, except after
 * code 2 answering message_1 where make_1 goes on with another suite (6.3.1). TROTH_E_SUITE: code 2 without a suite
 * that this side has. TROTH_E_FORGED: no error message. In none of these does the session end by itself. */
int troth_edhoc_take_error(struct troth_edhoc *session, const uint8_t *message, size_t len, int *code);

/* The selected cipher suite, for applications that use its algorithms. */
uint8_t troth_edhoc_suite(const struct troth_edhoc *session);

/* The peer's connection identifier: C_R from take_2 on, C_I from take_1 on. It stays valid as long as the session. */
struct troth_span troth_edhoc_peer_cid(const struct troth_edhoc *session);

/* Wipes the session and tells the port to forget the ephemeral key. A complete session has no such key any more: the
 * port may be busy with another session by then. */
void troth_edhoc_end(struct troth_edhoc *session);

#endif
