/* kdf: HMAC and HKDF on the port's SHA-256. */
#include "kdf.h"

#include <string.h>

#define BLOCK    64
#define KEY_PART 1 /* where HMAC puts its key block: just before the caller's parts */

/* H(key block XOR pad || what stands from part `first` on), the key block written to the part before it. */
static int padded_hash(const struct troth_port *port, const uint8_t block[BLOCK], uint8_t pad, struct troth_span *part,
                       size_t count, uint8_t hash[32])
{
    uint8_t padded[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        padded[i] = block[i] ^ pad;
    }
    part[0] = span(padded, BLOCK);
    int result = port->call->sha256(port->ctx, part, count, hash);
    wipe(padded, sizeof padded);
    return result;
}

static int hmac(const struct troth_port *port, struct troth_span key, struct troth_span *part, size_t count,
                uint8_t mac[32])
{
    uint8_t block[BLOCK] = {0};
    int result = TROTH_OK;
    if (key.len > BLOCK) {
        result = port->call->sha256(port->ctx, &key, 1, block);
    } else if (key.len > 0) {
        memcpy(block, key.data, key.len);
    }
    if (result == TROTH_OK) {
        result = padded_hash(port, block, 0x36, part, count, mac);
    }
    if (result == TROTH_OK) {
        struct troth_span outer[2] = {{0}, {mac, TROTH_HASH_LEN}};
        result = padded_hash(port, block, 0x5c, outer, 2, mac);
    }
    if (result != TROTH_OK) {
        wipe(mac, TROTH_HASH_LEN); /* the inner hash may stand there */
    }
    wipe(block, sizeof block);
    return result;
}

int kdf_hmac(const struct troth_port *port, struct troth_span key, struct parts *message, uint8_t mac[32])
{
    return hmac(port, key, message->at + KEY_PART, message->count - KEY_PART, mac);
}

int kdf_extract(const struct troth_port *port, struct troth_span salt, struct troth_span ikm, uint8_t prk[32])
{
    struct parts message;
    parts_begin(&message);
    parts_add(&message, ikm.data, ikm.len);
    return kdf_hmac(port, salt, &message, prk);
}

/* RFC 5869, 2.3: T(i) = HMAC(PRK, T(i-1) || info || i), T(0) empty. Places: key block, T(i-1), info, i. */
int kdf_expand_xor(const struct troth_port *port, const uint8_t prk[32], struct parts *info, uint8_t *out, size_t len)
{
    uint8_t t[TROTH_HASH_LEN] = {0};
    uint8_t counter = 0;
    int result = TROTH_OK;
    info->at[1] = span(t, 0);
    info->at[info->count] = span(&counter, 1);
    while (len > 0 && result == TROTH_OK) {
        size_t take = len < sizeof t ? len : sizeof t;
        counter++;
        result = hmac(port, span(prk, TROTH_HASH_LEN), info->at, info->count + 1, t);
        for (size_t i = 0; i < take && result == TROTH_OK; i++) {
            *out++ ^= t[i];
        }
        info->at[1].len = sizeof t;
        len -= take;
    }
    wipe(t, sizeof t);
    return result;
}
