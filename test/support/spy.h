/* spy: a crypto table that stands in front of a port. It writes down what passes, and on demand says TROTH_AGAIN before
 * slow calls, fails at a chosen call, or keeps the ephemeral key where a test goes on from a copied session.
 * Includes port.h only. */
#ifndef TROTH_TEST_SPY_H
#define TROTH_TEST_SPY_H

#include <troth/port.h>

enum spy_call {
    SPY_RANDOM,
    SPY_SHA256,
    SPY_AES128,
    SPY_GENERATE,
    SPY_AGREE,
    SPY_SIGN,
    SPY_VERIFY,
    SPY_FORGET,
    SPY_HMAC,
    SPY_COUNTER
};

/* One call that was answered with TROTH_OK. */
struct spy_record {
    enum spy_call call;
    uint8_t *in; /* sha256: all parts in a row; aes128: the blocks; agree: the peer's key; sign, verify: the hash */
    size_t in_len;
    uint8_t out[64];
    size_t out_len;
    uint8_t key[16];     /* aes128 */
    enum troth_key name; /* agree */
};

struct spy {
    struct troth_port behind;
    struct spy_record *records;
    size_t count;
    size_t room;
    bool is_quiet;      /* nothing is written down */
    unsigned again;     /* each slow call answers TROTH_AGAIN so often before it is made */
    unsigned waited;    /* of those, given for the outstanding call */
    uint8_t asked[104]; /* the outstanding call and its arguments */
    size_t asked_len;
    bool is_broken;        /* while a call was outstanding, another was made, or the same with other arguments */
    unsigned slow;         /* public-key calls since the caller set it to 0 */
    unsigned long made;    /* calls that can fail, so far */
    unsigned long fail_at; /* of these the one that fails, from 1; 0: none */
    int failure;           /* what it answers */
    unsigned forgets;
    bool keeps;         /* `forget` is counted but not passed on */
    bool has_ephemeral; /* a key was generated and not forgotten */
};

/* The table; its ctx is a struct spy. */
extern const struct troth_crypto spy_table;

void spy_open(struct spy *spy, struct troth_port behind);

/* Forgets the records. */
void spy_clear(struct spy *spy);
void spy_close(struct spy *spy);

/* The record of SHA-256 over exactly these bytes; NULL where there is none. */
const struct spy_record *spy_hash(const struct spy *spy, const uint8_t *in, size_t in_len);

/* What HMAC-SHA-256 gave for this key (at most 64 bytes) and message, as seen by its two hashes; NULL where it was
 * never computed. */
const uint8_t *spy_mac(const struct spy *spy, struct troth_span key, struct troth_span message);

/* The i-th secret that passed: shared secrets, AES keys, HMAC keys that are no transcript hash, and HMAC results. False
 * after the last one. */
bool spy_secret(const struct spy *spy, size_t i, struct troth_span *secret);

/* One of these secrets stands somewhere in the memory. */
bool spy_leaks(const struct spy *spy, const void *memory, size_t len);

#endif
