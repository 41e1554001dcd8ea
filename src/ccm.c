/* ccm: AES-CCM on the port's AES-128.
 * Two blocks go to the port at a time: the CBC-MAC and the next counter block. */
#include "ccm.h"

#include <string.h>

#define BLOCK 16

struct work {
    uint8_t block[2 * BLOCK]; /* CBC-MAC, then keystream */
    uint8_t counter[BLOCK];
};

static int encrypt(const struct ccm *ccm, uint8_t *block, size_t count)
{
    return ccm->port->call->aes128(ccm->port->ctx, ccm->key, block, count);
}

/* B_0 and its encryption, the aad behind its two-byte length, and A_0 (RFC 3610, 2.2 and 2.3). */
static int begin(const struct ccm *ccm, struct work *work, size_t len)
{
    size_t nonce_len = ccm->nonce.len;
    unsigned width = (unsigned)(BLOCK - 1 - nonce_len);
    memset(work, 0, sizeof *work);
    work->counter[0] = (uint8_t)(width - 1);
    memcpy(work->counter + 1, ccm->nonce.data, nonce_len);
    memcpy(work->block, work->counter, BLOCK);
    work->block[0] |= (uint8_t)((ccm->aad.len > 0 ? 0x40U : 0U) | (unsigned)(ccm->tag_len - 2) / 2 << 3);
    work->block[BLOCK - 2] = (uint8_t)(len >> 8);
    work->block[BLOCK - 1] = (uint8_t)len;
    int result = encrypt(ccm, work->block, 1);
    if (ccm->aad.len == 0) {
        return result;
    }
    work->block[0] ^= (uint8_t)(ccm->aad.len >> 8);
    work->block[1] ^= (uint8_t)ccm->aad.len;
    size_t at = 2;
    for (size_t i = 0; i < ccm->aad.len && result == TROTH_OK; i++) {
        work->block[at++] ^= ccm->aad.data[i];
        if (at == BLOCK || i + 1 == ccm->aad.len) {
            result = encrypt(ccm, work->block, 1);
            at = 0;
        }
    }
    return result;
}

/* The next counter block, as keystream to be; the message counter never passes 16 bits. */
static void count_up(struct work *work)
{
    if (++work->counter[BLOCK - 1] == 0) {
        work->counter[BLOCK - 2]++;
    }
    memcpy(work->block + BLOCK, work->counter, BLOCK);
}

/* Encrypts or decrypts the text; the CBC-MAC runs over the plaintext either way, one block behind the keystream. */
static int crypt(const struct ccm *ccm, struct work *work, uint8_t *text, size_t len, bool seal)
{
    int result = TROTH_OK;
    count_up(work);
    if (len > 0) {
        result = encrypt(ccm, work->block + BLOCK, 1);
    }
    while (len > 0 && result == TROTH_OK) {
        size_t take = len < BLOCK ? len : BLOCK;
        for (size_t i = 0; i < take; i++) {
            uint8_t before = text[i];
            text[i] ^= work->block[BLOCK + i];
            work->block[i] ^= seal ? before : text[i];
        }
        text += take;
        len -= take;
        count_up(work);
        result = encrypt(ccm, work->block, 2);
    }
    return result;
}

/* The tag into the first bytes of the work: CBC-MAC XOR E(A_0). */
static int finish(const struct ccm *ccm, struct work *work)
{
    work->counter[BLOCK - 2] = 0;
    work->counter[BLOCK - 1] = 0;
    memcpy(work->block + BLOCK, work->counter, BLOCK);
    int result = encrypt(ccm, work->block + BLOCK, 1);
    for (size_t i = 0; i < BLOCK; i++) {
        work->block[i] ^= work->block[BLOCK + i];
    }
    return result;
}

static int run(const struct ccm *ccm, struct work *work, uint8_t *text, size_t len, bool seal)
{
    int result = begin(ccm, work, len);
    if (result == TROTH_OK) {
        result = crypt(ccm, work, text, len, seal);
    }
    if (result == TROTH_OK) {
        result = finish(ccm, work);
    }
    return result;
}

int ccm_seal(const struct ccm *ccm, uint8_t *text, size_t len)
{
    struct work work;
    int result = run(ccm, &work, text, len, true);
    if (result == TROTH_OK) {
        memcpy(text + len, work.block, ccm->tag_len);
    } else {
        wipe(text, len);
    }
    wipe(&work, sizeof work);
    return result;
}

int ccm_open(const struct ccm *ccm, uint8_t *text, size_t len)
{
    struct work work;
    int result = run(ccm, &work, text, len, false);
    if (result == TROTH_OK && !ct_equal(work.block, text + len, ccm->tag_len)) {
        result = TROTH_E_FORGED;
    }
    if (result != TROTH_OK) {
        wipe(text, len);
    }
    wipe(&work, sizeof work);
    return result;
}
