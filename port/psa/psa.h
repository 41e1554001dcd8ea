/* port/psa: the crypto port on the PSA Crypto API: Mbed TLS 2.28 and later, TF-PSA-Crypto 1.x, or a vendor's own.
 * Includes port.h and psa/crypto.h only; it calls psa_* functions and nothing else.
 *
 * The private keys stay behind the API and are named by their psa_key_id_t. Every answer comes at once: no function says
 * TROTH_AGAIN. There is no counter (the entry is NULL): nothing detects that a store was rolled back; a board that has a
 * monotonic counter copies the table and puts its own function there.
 *
 * The library needs SHA-256, HMAC, AES in ECB mode without padding, ECDH and ECDSA on P-256, and a random generator. */
#ifndef TROTH_PORT_PSA_H
#define TROTH_PORT_PSA_H

#include <troth/port.h>

#include <psa/crypto.h>

/* The port's state; the caller owns the memory. The fields are private. */
struct troth_psa {
    psa_key_id_t identity;
    psa_key_id_t store_key;
    psa_key_id_t ephemeral;
    psa_algorithm_t sign_alg; /* as the policy of the identity key wants it */
    uint8_t fixed_scalar[32];
    bool is_fixed;
};

/* The table; its ctx is a struct troth_psa that troth_psa_open has prepared. */
extern const struct troth_crypto troth_psa;

/* What the identity key is for. One key never does both. */
enum troth_psa_use { TROTH_PSA_SIGN, TROTH_PSA_AGREE };

/* Prepares `port` and initialises the library. identity: a P-256 key pair with an ECDSA (SHA-256) or an ECDH policy, or
 * PSA_KEY_ID_NULL for a port that cannot sign or agree in its own name. store_key: an HMAC key for SHA-256 that belongs
 * to this device alone. Both stay the caller's. TROTH_E_CONFIG where a key is absent or of another kind. */
int troth_psa_open(struct troth_psa *port, psa_key_id_t identity, psa_key_id_t store_key);

/* Ends the session and wipes the state. The identity and the store key stay in the library. */
void troth_psa_close(struct troth_psa *port);

/* Making keys. *key: PSA_KEY_ID_NULL asks for a key that lasts until reset, and becomes its name; any other value is the
 * name of a key to be kept in the library's storage. TROTH_E_CONFIG where there is a key of that name already. */

/* A fresh identity key: the normal way on a device; its private half never leaves the library. */
int troth_psa_generate_identity(enum troth_psa_use use, psa_key_id_t *key);

/* An identity key from its private scalar (big-endian, 1 to n - 1), for a factory that makes keys elsewhere. */
int troth_psa_import_identity(const uint8_t scalar[32], enum troth_psa_use use, psa_key_id_t *key);

/* The key of `hmac`, from 32 bytes, or fresh where bytes is NULL. */
int troth_psa_make_store_key(const uint8_t *bytes, psa_key_id_t *key);

/* X || Y of a P-256 key pair, for the certificate request. */
int troth_psa_public_key(psa_key_id_t key, uint8_t public_key[64]);

/* FOR TEST VECTORS ONLY: the next `generate` takes this scalar instead of a random one. A key that somebody else knows
 * protects nothing. */
void troth_psa_fix_ephemeral(struct troth_psa *port, const uint8_t scalar[32]);

#endif
