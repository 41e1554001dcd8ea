/* edhoc_pair: an Initiator and a Responder that talk through one buffer, each with a spy before its port, and a
 * table of the calls of an exchange, so that a test can stop, repeat or spoil any of them. Includes edhoc.h, the
 * OpenSSL port and the spy. */
#ifndef TROTH_TEST_EDHOC_PAIR_H
#define TROTH_TEST_EDHOC_PAIR_H

#include <troth/edhoc.h>

#include "port/openssl/openssl.h"
#include "test/support/spy.h"

/* The calls of an exchange, in their order. */
enum pair_call {
    CALL_MAKE_1,
    CALL_TAKE_1,
    CALL_MAKE_2,
    CALL_TAKE_2,
    CALL_VERIFY_2,
    CALL_MAKE_3,
    CALL_TAKE_3,
    CALL_VERIFY_3,
    CALL_MAKE_4,
    CALL_TAKE_4,
    CALL_END
};

enum pair_cred { CRED_CCS, CRED_C509_VALUE, CRED_C509_KID };

#define PAIR_WIRE_MAX 400
#define PAIR_CRED_MAX 160
#define PAIR_CERT_LEN 140

struct party {
    struct troth_openssl openssl;
    struct spy spy;
    struct troth_edhoc_profile profile;
    struct troth_edhoc session;
    struct troth_edhoc_cred own;
    struct troth_edhoc_cred told;  /* of the peer, from take_x, completed for verify_x */
    struct troth_edhoc_cred known; /* what this side holds of the peer */
    uint8_t identity[32];          /* private key */
    uint8_t key[64];               /* its public key */
    uint8_t cred[PAIR_CRED_MAX];   /* bytes of the credential: of a C509 as byte string, head included */
};

struct pair {
    struct party party[2]; /* by role */
    enum pair_cred cred;
    uint8_t method;
    bool checks_id; /* the credential is only found by the right name */
    uint8_t wire[PAIR_WIRE_MAX];
    size_t wire_len;
    size_t cap; /* the room that a make_x is given */
};

/* How a pair is set up; zero is method 0, suite 2, CCS by kid 00 and 01, connection identifiers 00 and 01. */
struct pair_setup {
    uint8_t method;
    const uint8_t *suites[2]; /* NULL: suite 2 */
    size_t suites_len[2];
    enum pair_cred cred;
    struct troth_span kid[2]; /* data NULL: by default */
    struct troth_span cid[2]; /* likewise */
    struct troth_span ead[2];
};

void pair_open(struct pair *pair, const struct pair_setup *setup);
void pair_close(struct pair *pair);

/* Both sessions begin afresh. */
void pair_begin(struct pair *pair);

struct party *pair_actor(struct pair *pair, enum pair_call call);

/* One call to the library with the pair's buffer; may answer TROTH_AGAIN. */
int pair_step(struct pair *pair, enum pair_call call);

/* The same, by a side whose turn it need not be. */
int pair_step_as(struct pair *pair, struct party *party, enum pair_call call);

/* The same until another answer than TROTH_AGAIN. *one_at_a_time becomes false where one call to the library made more
 * than one public-key call; it may be NULL. */
int pair_do(struct pair *pair, enum pair_call call, bool *one_at_a_time);

/* All calls from `first` up to, not including, `end`; the first answer but TROTH_OK. */
int pair_run(struct pair *pair, enum pair_call first, enum pair_call end);

/* Both sides are complete and export the same. */
bool pair_agrees(struct pair *pair);

/* Every byte of a session is zero. */
bool pair_is_wiped(const struct troth_edhoc *session);

/* Random bytes that come again for the same state. */
uint64_t pair_random(uint64_t *state);

#endif
