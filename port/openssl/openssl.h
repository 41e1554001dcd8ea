/* port/openssl: the crypto port for hosts, on OpenSSL 3 (libcrypto). Includes port.h and OpenSSL only.
 *
 * Every answer comes at once: no function says TROTH_AGAIN. Keys live in the memory of the process, so they are as safe
 * as the process is. There is no counter (the entry is NULL): nothing detects that a store was rolled back.
 * Invariant: the library's error queue is left as it was found. */
#ifndef TROTH_PORT_OPENSSL_H
#define TROTH_PORT_OPENSSL_H

#include <troth/port.h>

#include <openssl/evp.h>

/* The port's state; the caller owns the memory. The fields are private. */
struct troth_openssl {
    EVP_MD *sha256;
    EVP_CIPHER *aes128;
    EVP_MAC *hmac;
    EVP_PKEY *identity;
    EVP_PKEY *ephemeral;
    uint8_t store_key[32];
    uint8_t fixed_scalar[32];
    bool is_fixed;
};

/* The table; its ctx is a struct troth_openssl that troth_openssl_open has prepared. */
extern const struct troth_crypto troth_openssl;

/* Prepares `port`. identity: a P-256 key pair, to which one reference is taken, or NULL for a port that cannot sign or
 * agree in its own name. store_key: 32 secret bytes of this device alone, under which `hmac` works; they are copied.
 * TROTH_E_CONFIG where identity is no P-256 key; then, and on any failure, nothing is held. */
int troth_openssl_open(struct troth_openssl *port, EVP_PKEY *identity, const uint8_t store_key[32]);

/* Ends the session, frees what `open` took and wipes the state. */
void troth_openssl_close(struct troth_openssl *port);

/* The key pair of a private scalar (big-endian, 1 to n - 1); NULL where there is none, or no memory. The caller frees it
 * with EVP_PKEY_free. */
EVP_PKEY *troth_openssl_key(const uint8_t scalar[32]);

/* X || Y of a P-256 key; TROTH_E_CONFIG where it is another kind of key. */
int troth_openssl_public_key(const EVP_PKEY *key, uint8_t public_key[64]);

/* FOR TEST VECTORS ONLY: the next `generate` takes this scalar instead of a random one. A key that somebody else knows
 * protects nothing. */
void troth_openssl_fix_ephemeral(struct troth_openssl *port, const uint8_t scalar[32]);

#endif
