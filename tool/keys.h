/* tool/keys.h: P-256 keys in files, on OpenSSL. What fails says so itself, in one line. Includes port.h and OpenSSL. */
#ifndef TROTH_TOOL_KEYS_H
#define TROTH_TOOL_KEYS_H

#include <troth/port.h>

#include <openssl/evp.h>

#define KEYS_FILE_MAX 4096
#define KEYS_ID_LEN   65 /* SHA-256 in hexadecimal, and its NUL */

/* A fresh key pair, or NULL. */
EVP_PKEY *keys_generate(void);

/* The private key of a PEM file, or NULL. */
EVP_PKEY *keys_read_private(const char *path);

/* PKCS#8 PEM, unencrypted, into KEYS_FILE_MAX bytes; wipe them. */
bool keys_write_private(EVP_PKEY *key, uint8_t *out, size_t *len);

/* A public key as X || Y, from SubjectPublicKeyInfo in PEM or DER, or from 64 (X, Y), 65 (04, X, Y) or 33 (02 or 03, X)
 * bytes, as they are or in hexadecimal. */
bool keys_read_public(const char *path, uint8_t public_key[64]);

/* The SHA-256 of the key's SubjectPublicKeyInfo (DER, uncompressed), in hexadecimal: what
 * `openssl pkey -pubin -outform DER | sha256sum` says. */
bool keys_id(const uint8_t public_key[64], char id[KEYS_ID_LEN]);

#endif
