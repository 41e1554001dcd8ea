/* cose: the two COSE structures that EDHOC authenticates (RFC 9052, 4.4 and 5.3). Includes cbor.h only. */
#ifndef TROTH_SRC_COSE_H
#define TROTH_SRC_COSE_H

#include "cbor.h"

/* Enc_structure = [ "Encrypt0", h'', external_aad ] with a 32-byte external_aad. */
#define COSE_ENC_LEN 45
void cose_enc_structure(const uint8_t external_aad[32], uint8_t out[COSE_ENC_LEN]);

/* The beginning of Sig_structure = [ "Signature1", protected, external_aad, payload ]: up to the contents of the byte
 * string `protected`, of protected_len bytes. The length written. */
#define COSE_SIG_HEAD_MAX (12 + CBOR_HEAD_MAX)
size_t cose_sig_head(size_t protected_len, uint8_t out[COSE_SIG_HEAD_MAX]);

#endif
