/* cert/c509: the numbers of draft-ietf-cose-cbor-encoded-cert that natively signed P-256 certificates use, and what
 * their files share. Includes cert.h. */
#ifndef TROTH_SRC_CERT_C509_H
#define TROTH_SRC_CERT_C509_H

#include <troth/cert.h>

#define C509_NATIVE            2 /* c509CertificateType */
#define C509_ECDSA_WITH_SHA256 0 /* signature algorithms registry */
#define C509_EC_P256           1 /* public key algorithms registry */
#define C509_KEY_USAGE         2 /* extensions registry */
#define C509_BASIC_CONSTRAINTS 4
#define C509_MAC_ADDRESS       48 /* CBOR tag of an EUI-48 or EUI-64 (RFC 9542, 2.4) */
#define C509_EUI_48_LEN        6
#define C509_EUI_64_LEN        8
#define C509_UNCOMPRESSED      4 /* the first byte of a key that holds x and y */

#define C509_SIGNATURE_ITEM_LEN 66 /* the last item, its head of two bytes included */

/* The key X || Y of a point, 33 or 65 bytes as its first one says, that was read. TROTH_E_FORGED where it is not on the
 * curve. */
int cert_take_key(const uint8_t *point, uint8_t key[64]);

#endif
