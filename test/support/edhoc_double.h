/* edhoc_double: a second EDHOC (RFC 9528, suites 2 and 3) for tests, written from the RFC's formulas over whole
 * buffers and on OpenSSL alone: none of the library's code is in it. It checks nothing that it is told, so it can
 * also send what a true peer never would. Includes OpenSSL only. */
#ifndef TROTH_TEST_EDHOC_DOUBLE_H
#define TROTH_TEST_EDHOC_DOUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOUBLE_MAX 1024

struct double_bytes {
    uint8_t at[DOUBLE_MAX];
    size_t len;
};

void double_clear(struct double_bytes *bytes);
void double_add(struct double_bytes *bytes, const void *data, size_t len);
void double_add_uint(struct double_bytes *bytes, size_t value);
void double_add_bstr(struct double_bytes *bytes, const void *data, size_t len);

/* One side's long-lived things. */
struct double_side {
    const uint8_t *scalar; /* private key, or NULL where only the public one is known */
    const uint8_t *key;    /* X || Y */
    struct double_bytes cred;
    struct double_bytes id_map;  /* ID_CRED_x as a map */
    struct double_bytes id_wire; /* as it stands in PLAINTEXT_x */
    struct double_bytes ead;
};

struct double_edhoc {
    unsigned method;
    size_t mac_len; /* 8 or 16 */
    uint8_t th[32]; /* H(message_1), then TH_2, TH_3, TH_4 */
    uint8_t prk_2e[32];
    uint8_t prk_3e2m[32];
    uint8_t prk_4e3m[32];
    struct double_bytes c_r; /* as it stands in PLAINTEXT_2 */
};

void double_hash(const struct double_bytes *in, uint8_t out[32]);
void double_kdf(const uint8_t prk[32], unsigned label, const void *context, size_t context_len, uint8_t *out,
                size_t len);

/* The x of scalar times the point with this x; false where there is none. */
bool double_agree(const uint8_t scalar[32], const uint8_t peer_x[32], uint8_t secret[32]);

void double_begin(struct double_edhoc *d, unsigned method, unsigned suite, const uint8_t *message_1, size_t len);

/* TH_2 and PRK_2e, from one's own ephemeral scalar and the peer's G. */
bool double_key_2(struct double_edhoc *d, const uint8_t scalar[32], const uint8_t peer_x[32], const uint8_t g_y[32]);

/* Encrypts or decrypts PLAINTEXT_2. */
void double_crypt_2(const struct double_edhoc *d, uint8_t *text, size_t len);

/* PRK_3e2m (message 2) or PRK_4e3m (message 3) of the method, from the scalar and the point that agree on G_RX or
 * G_IY. */
bool double_mix(struct double_edhoc *d, unsigned message, const uint8_t scalar[32], const uint8_t peer_x[32]);

/* Signature_or_MAC_x; its length. */
size_t double_prove(const struct double_edhoc *d, unsigned message, const struct double_side *side, uint8_t out[64]);
bool double_check(const struct double_edhoc *d, unsigned message, const struct double_side *side, const uint8_t *proof,
                  size_t proof_len);

/* PLAINTEXT_2 or PLAINTEXT_3 of a true peer. */
void double_plaintext(const struct double_edhoc *d, unsigned message, const struct double_side *side,
                      struct double_bytes *out);

/* TH_3 or TH_4: on to the next message. */
void double_transcript(struct double_edhoc *d, const struct double_bytes *plaintext, const struct double_bytes *cred);

/* message_2 (its G_Y goes first), message_3 or message_4 with this plaintext. */
void double_message_2(const struct double_edhoc *d, const uint8_t g_y[32], const struct double_bytes *plaintext,
                      struct double_bytes *out);
void double_seal(const struct double_edhoc *d, unsigned message, const struct double_bytes *plaintext,
                 struct double_bytes *out);

/* The plaintext of message_3 or message_4. */
bool double_open(const struct double_edhoc *d, unsigned message, const uint8_t *in, size_t len,
                 struct double_bytes *out);

void double_export(const struct double_edhoc *d, unsigned label, const void *context, size_t context_len, uint8_t *out,
                   size_t len);

#endif
