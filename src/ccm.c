/* ccm: AES-CCM on the port's AES-128.
 * Two blocks go to the port at a time: the CBC-MAC, whose last input waits there XORed but not yet encrypted, and a counter
 * block. So a message of n blocks costs n + 1 calls, and one more for each block of aad. */
#include "ccm.h"

#include <string.h>

#define BLOCK 16

struct work {
    uint8_t mac[BLOCK];
    uint8_t keystream[BLOCK];
    const struct ccm *ccm;
    int result; /* the first failure of the port */
};

static void encrypt(struct work *work, size_t count)
{
    const struct troth_port *port = work->ccm->port;
    if (work->result == TROTH_OK) {
        work->result = port->call->aes128(port->ctx, work->ccm->key, work->mac, count);
    }
}

/* B_0 or A_i (RFC 3610, 2.2 and 2.3): flags, nonce, and a number that never passes 16 bits. */
static void set_block(const struct work *work, uint8_t *block, unsigned flags, size_t number)
{
    struct troth_span nonce = work->ccm->nonce;
    for (size_t i = 0; i < BLOCK - 1; i++) {
        block[i + 1] = i < nonce.len ? nonce.data[i] : 0;
    }
    block[0] = (uint8_t)(flags + BLOCK - 2 - nonce.len);
    block[BLOCK - 2] = (uint8_t)(number >> 8);
    block[BLOCK - 1] = (uint8_t)number;
}

/* The next block of keystream, and of the CBC-MAC. */
static void next(struct work *work, size_t number)
{
    set_block(work, work->keystream, 0, number);
    encrypt(work, 2);
}

/* The aad goes into the CBC-MAC behind its two-byte length. */
static void absorb_aad(struct work *work)
{
    struct troth_span aad = work->ccm->aad;
    size_t at = 2;
    encrypt(work, 1);
    work->mac[0] ^= (uint8_t)(aad.len >> 8);
    work->mac[1] ^= (uint8_t)aad.len;
    for (size_t i = 0; i < aad.len; i++) {
        if (at == BLOCK) {
            encrypt(work, 1);
            at = 0;
        }
        work->mac[at++] ^= aad.data[i];
    }
}

/* The tag is the CBC-MAC under A_0: it goes behind the text, or is compared with what is there. Nothing of a failed run
 * stays. */
static int finish(struct work *work, uint8_t *text, size_t len, bool seal)
{
    size_t tag_len = work->ccm->tag_len;
    int result = work->result;
    for (size_t i = 0; i < BLOCK; i++) {
        work->mac[i] ^= work->keystream[i];
    }
    if (result == TROTH_OK) {
        if (seal) {
            memcpy(text + len, work->mac, tag_len);
        } else if (!ct_equal(work->mac, text + len, tag_len)) {
            result = TROTH_E_FORGED;
        }
    }
    if (result != TROTH_OK) {
        wipe(text, len);
    }
    wipe(work, sizeof *work);
    return result;
}

/* Seals or opens. The CBC-MAC runs over the plaintext either way. */
int ccm_run(const struct ccm *ccm, uint8_t *text, size_t len, bool seal)
{
    struct work work = {.ccm = ccm, .result = TROTH_OK};
    set_block(&work, work.mac, (unsigned)(ccm->tag_len - 2) << 2, len);
    if (ccm->aad.len > 0) {
        work.mac[0] |= 0x40;
        absorb_aad(&work);
    }
    for (size_t i = 0; i < len; i++) {
        if (i % BLOCK == 0) {
            next(&work, i / BLOCK + 1);
        }
        uint8_t before = text[i];
        text[i] ^= work.keystream[i % BLOCK];
        work.mac[i % BLOCK] ^= seal ? before : text[i];
    }
    next(&work, 0);
    return finish(&work, text, len, seal);
}
