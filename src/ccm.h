/* ccm: AES-CCM (RFC 3610, NIST SP 800-38C) on the port's AES-128. Includes bytes.h only. */
#ifndef TROTH_SRC_CCM_H
#define TROTH_SRC_CCM_H

#include "bytes.h"

#define CCM_KEY_LEN   16
#define CCM_NONCE_LEN 13

/* What a message is sealed with. nonce 7 to 13 bytes; tag_len 4 to 16, even; aad below 65,280 bytes. */
struct ccm {
    const struct troth_port *port;
    const uint8_t *key;
    struct troth_span nonce;
    struct troth_span aad;
    size_t tag_len;
};

/* Seals or opens, in place: see below. */
int ccm_run(const struct ccm *ccm, uint8_t *text, size_t len, bool seal);

/* Encrypts len bytes (below 65,536) in place and puts tag_len bytes after them. */
static inline int ccm_seal(const struct ccm *ccm, uint8_t *text, size_t len)
{
    return ccm_run(ccm, text, len, true);
}

/* Checks and decrypts in place: len bytes of ciphertext, then tag_len bytes of tag. TROTH_E_FORGED where it was not
 * sealed so; then the text is zeroed. */
static inline int ccm_open(const struct ccm *ccm, uint8_t *text, size_t len)
{
    return ccm_run(ccm, text, len, false);
}

#endif
