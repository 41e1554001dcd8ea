/* hmac_key: the keys and salts of test vectors, made to fit src/kdf. */
#include "hmac_key.h"

#include <string.h>

#include "port/soft/soft.h"

bool hmac_key_fit(const uint8_t *bytes, size_t len, uint8_t key[32])
{
    const struct troth_span whole = {bytes, len};
    if (len > 64) {
        return troth_soft_sha256(NULL, &whole, 1, key) == TROTH_OK;
    }
    if (len > 32) {
        return false;
    }
    memset(key, 0, 32);
    memcpy(key, bytes, len);
    return true;
}
