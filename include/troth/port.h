/* troth/port.h: what a board supplies: a crypto port and a store port.
 *
 * Laws
 *  - Memory: the caller owns every buffer; nothing is kept beyond a call unless its comment says so.
 *  - Lengths are in bytes. Public keys are X || Y, 64 bytes; signatures R || S, 64 bytes (RFC 9053, 2.1),
 *    all big-endian P-256.
 *  - Private keys are named (enum troth_key), never passed: no function of this table takes or gives one.
 *  - Results: TROTH_OK; TROTH_AGAIN while a slow chip works; else one of enum troth_result below. One operation
 *    is outstanding at a time: after TROTH_AGAIN the core makes the same call with the same arguments until
 *    it gets another answer, or gives the session up by calling `forget`.
 *  - On any answer but TROTH_OK, outputs are zeroed or untouched, never half a secret.
 *  - Tables are const; `ctx` is the port's own state. Nothing here is called from two threads at once.
 */
#ifndef TROTH_PORT_H
#define TROTH_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a call answers. Negative: it failed, and the name says what the caller can do. */
enum troth_result {
    TROTH_OK = 0,
    TROTH_AGAIN = 1,       /* not finished yet: make the same call again */
    TROTH_E_FORGED = -1,   /* forged, damaged or replayed, all one: drop it */
    TROTH_E_STATE = -2,    /* not now: the call does not fit the state */
    TROTH_E_SPACE = -3,    /* the buffer is too small: give a larger one */
    TROTH_E_CRYPTO = -4,   /* the crypto port failed: try again later, then service the device */
    TROTH_E_STORE = -5,    /* the store failed; what was stored before still holds */
    TROTH_E_PEER = -6,     /* a credential that is not acceptable: foreign CA, wrong use, epoch, oneself */
    TROTH_E_SUITE = -7,    /* EDHOC: another cipher suite is wanted: answer error 2, or start again with it */
    TROTH_E_UNKNOWN = -8,  /* EDHOC: a credential is referenced that is not known here: answer error 3 */
    TROTH_E_CONFIG = -9,   /* the configuration, a certificate or a key of one's own does not fit */
    TROTH_E_UNPAIRED = -10 /* there is no pairing: open a window first */
};

/* A run of bytes that somebody else owns. len 0 is empty, whatever data is. */
struct troth_span {
    const uint8_t *data;
    size_t len;
};

#define TROTH_HASH_LEN      32
#define TROTH_POINT_LEN     64
#define TROTH_SIGNATURE_LEN 64
#define TROTH_SECRET_LEN    32

/* The private keys of a device, by name. */
enum troth_key {
    TROTH_KEY_IDENTITY, /* long-lived; belongs to the device certificate; signs or agrees, never both */
    TROTH_KEY_EPHEMERAL /* made by `generate`, gone after `forget` */
};

/* The crypto port. Public-key functions (generate, agree, sign, verify), random, hmac and counter may answer
 * TROTH_AGAIN; sha256 and aes128 answer at once. */
struct troth_crypto {
    /* out_len (at most 32) random bytes fit for keys. */
    int (*random)(void *ctx, uint8_t *out, size_t out_len);

    /* SHA-256 over the concatenation of `count` parts (FIPS 180-4). `hash` may be the memory of a part. */
    int (*sha256)(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32]);

    /* AES-128 encryption of `count` (1 or 2) independent 16-byte blocks in place (FIPS 197, ECB). */
    int (*aes128)(void *ctx, const uint8_t key[16], uint8_t *block, size_t count);

    /* A fresh ephemeral key pair; replaces one that is there. */
    int (*generate)(void *ctx, uint8_t public_key[64]);

    /* ECDH (SP 800-56A): the x coordinate of key * peer. The core has checked that peer is on the curve.
     * An ephemeral key serves twice where a method needs it (EDHOC methods 1 to 3). */
    int (*agree)(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32]);

    /* ECDSA with the identity key over a SHA-256 hash. */
    int (*sign)(void *ctx, const uint8_t hash[32], uint8_t signature[64]);

    /* ECDSA check. TROTH_E_FORGED where the signature, or the key, is no good. */
    int (*verify)(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64]);

    /* The end of a session, also in the middle of an operation: destroys the ephemeral key and abandons what is
     * outstanding. Never fails, never waits; a chip that is busy does it before anything else. */
    void (*forget)(void *ctx);

    /* HMAC-SHA-256 of 32 bytes, the SHA-256 of what is to be bound, under a key that never leaves the port and
     * belongs to this device alone: it binds the stored pairing to the device. mac may be the memory of hash. */
    int (*hmac)(void *ctx, const uint8_t hash[32], uint8_t mac[32]);

    /* A monotonic counter that no power cut and no flash image turns back: its value, after adding 1 if
     * `increment`. NULL where the board has none: then nothing detects a rollback of the store. */
    int (*counter)(void *ctx, bool increment, uint32_t *value);
};

/* A crypto table with its state, as it travels through the core. */
struct troth_port {
    const struct troth_crypto *call;
    void *ctx;
};

/* The store port: numbered places, each holding one record. A write replaces a whole place; if it is cut short,
 * the place may hold anything, and the core finds that out and uses the other place. TROTH_STORE_LEN bytes are
 * enough for a place. */
#define TROTH_STORE_PLACES 2
#define TROTH_STORE_LEN    560

struct troth_store {
    /* The bytes of a place, at least those last written and perhaps more after them. They stay valid until the
     * next write to the same place. An empty or never written place may give len 0 or arbitrary bytes. */
    int (*view)(void *ctx, unsigned place, struct troth_span *bytes);

    /* Writes the concatenation of `count` parts to a place; durable when it answers TROTH_OK. A part may be bytes
     * that `view` gave of another place. */
    int (*write)(void *ctx, unsigned place, const struct troth_span *part, size_t count);
};

#endif
