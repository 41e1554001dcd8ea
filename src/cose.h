/* cose: the two COSE structures that EDHOC authenticates (RFC 9052, 4.4 and 5.3). Each is written in one place only, so
 * they are inline. Includes cbor.h only. */
#ifndef TROTH_SRC_COSE_H
#define TROTH_SRC_COSE_H

#include "cbor.h"

#include <string.h>

/* Enc_structure = [ "Encrypt0", h'', external_aad ] with a 32-byte external_aad. */
#define COSE_ENC_LEN 45
static inline void cose_enc_structure(const uint8_t external_aad[32], uint8_t out[COSE_ENC_LEN])
{
    static const uint8_t head[] = {0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40, 0x58, 0x20};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, external_aad, 32);
}

/* The beginning of Sig_structure = [ "Signature1", protected, external_aad, payload ]: up to the contents of the byte
 * string `protected`, of protected_len bytes. The length written. */
#define COSE_SIG_HEAD_MAX (12 + CBOR_HEAD_MAX)
static inline size_t cose_sig_head(size_t protected_len, uint8_t out[COSE_SIG_HEAD_MAX])
{
    static const uint8_t head[] = {0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'};
    memcpy(out, head, sizeof head);
    return sizeof head + cbor_head(out + sizeof head, CBOR_BYTES, (uint32_t)protected_len);
}

#endif
