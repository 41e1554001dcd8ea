/* kdf: HMAC (RFC 2104) and HKDF (RFC 5869) on the port's SHA-256, with keys and salts of one hash length, for others are not
 * needed here. Includes bytes.h only.
 * The two first places of a struct parts belong to these functions: HMAC puts its key block, HKDF-Expand its previous block
 * there, and Expand adds one part, so that the parts serve it once. */
#ifndef TROTH_SRC_KDF_H
#define TROTH_SRC_KDF_H

#include "bytes.h"

#define KDF_KEY_LEN 32

int kdf_hmac(const struct troth_port *port, const uint8_t key[KDF_KEY_LEN], struct parts *message, uint8_t mac[32]);

/* HKDF-Extract: prk = HMAC(salt, ikm); prk may be the memory of either. */
int kdf_extract(const struct troth_port *port, const uint8_t salt[KDF_KEY_LEN], struct troth_span ikm, uint8_t prk[32]);

/* HKDF-Expand, XORed into out: zero it first to have the plain output. len at most 255 * 32. Where the port failed, out
 * is left partly XORed: the caller wipes it. */
int kdf_expand_xor(const struct troth_port *port, const uint8_t prk[KDF_KEY_LEN], struct parts *info, uint8_t *out,
                   size_t len);

#endif
