/* kdf: HMAC and HKDF on the port's SHA-256. */
#include "kdf.h"

#define BLOCK 64
#define IPAD  0x36
#define OPAD  0x5c

enum { KEY_PART, PREVIOUS_PART }; /* the places in front of the caller's parts */

/* H(K XOR opad || H(K XOR ipad || message)). The inner hash goes behind the key block: so the outer hash has one
 * part, and nothing of a failure comes to mac. */
int kdf_hmac(const struct troth_port *port, const uint8_t key[KDF_KEY_LEN], struct parts *message, uint8_t mac[32])
{
    uint8_t block[BLOCK + TROTH_HASH_LEN];
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] = (uint8_t)(IPAD ^ (i < KDF_KEY_LEN ? key[i] : 0));
    }
    message->at[KEY_PART] = span(block, BLOCK);
    int result = hash_spans(port, message->at, message->count, block + BLOCK);
    for (size_t i = 0; i < BLOCK; i++) {
        block[i] ^= IPAD ^ OPAD;
    }
    if (result == TROTH_OK) {
        message->at[KEY_PART].len = sizeof block;
        result = hash_spans(port, message->at, 1, mac);
    }
    wipe(block, sizeof block);
    return result;
}

int kdf_extract(const struct troth_port *port, const uint8_t salt[KDF_KEY_LEN], struct troth_span ikm, uint8_t prk[32])
{
    struct parts message;
    parts_begin(&message);
    parts_add(&message, ikm.data, ikm.len);
    return kdf_hmac(port, salt, &message, prk);
}

/* RFC 5869, 2.3: T(i) = HMAC(PRK, T(i-1) || info || i), T(0) empty. */
int kdf_expand_xor(const struct troth_port *port, const uint8_t prk[KDF_KEY_LEN], struct parts *info, uint8_t *out,
                   size_t len)
{
    uint8_t t[TROTH_HASH_LEN];
    uint8_t counter = 0;
    int result = TROTH_OK;
    parts_add(info, &counter, 1);
    for (size_t i = 0; i < len; i++) {
        if (i % sizeof t == 0) {
            counter++;
            result = kdf_hmac(port, prk, info, t);
            info->at[PREVIOUS_PART] = span(t, sizeof t);
        }
        if (result != TROTH_OK) {
            break;
        }
        out[i] ^= t[i % sizeof t];
    }
    wipe(t, sizeof t);
    return result;
}
