/* tool/pair_record: a pairing record in a file. */
#include "tool/pair_record.h"

#include "port/openssl/openssl.h"

#include <openssl/crypto.h>

#define HEAD_LEN 16

static uint32_t get_16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

bool pair_record_read(struct troth_span bytes, struct pair_record *record)
{
    const uint8_t *at = bytes.data;
    if (bytes.len < HEAD_LEN + TROTH_HASH_LEN || at[0] != PAIR_RECORD_VERSION) {
        return false;
    }
    size_t body_len = HEAD_LEN + (size_t)at[12] + at[13];
    if (get_16(at + 2) != body_len || body_len + TROTH_HASH_LEN != bytes.len) {
        return false;
    }
    *record = (struct pair_record){
        .generation = get_16(at + 4) << 16 | get_16(at + 6),
        .active = {{at + HEAD_LEN, at[12]}, at[8], at[9]},
        .pending = {{at + HEAD_LEN + at[12], at[13]}, at[10], at[11]},
        .body = {at, body_len},
        .mac = {at + body_len, TROTH_HASH_LEN},
    };
    return true;
}

bool pair_record_is_of(const struct pair_record *record, const uint8_t store_key[32])
{
    struct troth_openssl port;
    uint8_t mac[TROTH_HASH_LEN];
    if (troth_openssl_open(&port, NULL, store_key) != TROTH_OK) {
        return false;
    }
    bool good = troth_openssl.sha256(&port, &record->body, 1, mac) == TROTH_OK &&
                troth_openssl.hmac(&port, mac, mac) == TROTH_OK &&
                CRYPTO_memcmp(mac, record->mac.data, sizeof mac) == 0;
    troth_openssl_close(&port);
    return good;
}
