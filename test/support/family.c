/* support/family: certificates for tests. */
#include "family.h"

#include <stdlib.h>
#include <string.h>

#include "port/openssl/openssl.h"

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void make_key(struct family *family, struct holder *holder)
{
    for (size_t i = 0; i < sizeof holder->scalar; i++) {
        holder->scalar[i] = (uint8_t)next(&family->seed);
    }
    holder->scalar[0] &= 0x7f; /* below the order of the curve */
    holder->key = troth_openssl_key(holder->scalar);
    must(holder->key != NULL);
}

/* Signs with the key of `issuer`, which may be the holder itself. */
static void certify(struct family *family, const struct holder *issuer, struct holder *holder, uint16_t usage,
                    int8_t path_len, uint32_t epoch)
{
    static const uint8_t store_key[32];
    struct troth_openssl signer;
    uint8_t key[65] = {0x04};
    uint8_t serial[TROTH_CERT_SERIAL];
    uint8_t hash[32];
    uint8_t signature[64];
    must(troth_openssl_public_key(holder->key, key + 1) == TROTH_OK);
    bool compressed = issuer != holder;
    if (compressed) {
        key[0] = key[64] & 1 ? 0x03 : 0x02;
    }
    for (size_t i = 0; i < sizeof serial; i++) {
        serial[i] = (uint8_t)(next(&family->seed) | 1);
    }
    const struct troth_cert_content content = {
        .serial = {serial, sizeof serial},
        .issuer = {compressed ? issuer->name : NULL, compressed ? issuer->name_len : 0},
        .subject = {holder->name, holder->name_len},
        .public_key = {key, compressed ? 33 : 65},
        .not_before = epoch,
        .not_after = TROTH_NO_END,
        .key_usage = usage,
        .path_len = path_len,
    };
    int tbs_len = troth_cert_write_tbs(&content, holder->sequence, sizeof holder->sequence);
    must(tbs_len > 0);
    const struct troth_span tbs = {holder->sequence, (size_t)tbs_len};
    must(troth_openssl_open(&signer, issuer->key, store_key) == TROTH_OK);
    must(troth_openssl.sha256(&signer, &tbs, 1, hash) == TROTH_OK);
    must(troth_openssl.sign(&signer, hash, signature) == TROTH_OK);
    troth_openssl_close(&signer);
    int len = troth_cert_append_signature(holder->sequence, sizeof holder->sequence, tbs.len, signature);
    must(len > 0);
    holder->sequence_len = (size_t)len;
}

static size_t put_bytes(uint8_t *out, const uint8_t *data, size_t len)
{
    out[0] = 0x58;
    out[1] = (uint8_t)len;
    memcpy(out + 2, data, len);
    return len + 2;
}

static void make_item(struct holder *holder, const struct holder *line)
{
    size_t at = 0;
    if (line != NULL) {
        holder->item[at++] = 0x82;
    }
    at += put_bytes(holder->item + at, holder->sequence, holder->sequence_len);
    if (line != NULL) {
        at += put_bytes(holder->item + at, line->sequence, line->sequence_len);
    }
    holder->item_len = at;
}

static void set_name(struct holder *holder, const char *name)
{
    int len = troth_cert_write_name(name, holder->name, sizeof holder->name);
    must(len > 0);
    holder->name_len = (size_t)len;
}

void family_make(struct family *family, const char *name, int method, bool chain, uint32_t seed)
{
    memset(family, 0, sizeof *family);
    family->seed = seed;
    family->device_usage = method == 3 ? TROTH_USE_AGREE : TROTH_USE_SIGN;
    set_name(&family->root, name);
    make_key(family, &family->root);
    certify(family, &family->root, &family->root, TROTH_USE_CERT_SIGN | TROTH_USE_LIST_SIGN, TROTH_CA_ANY, 1);
    make_item(&family->root, NULL);
    if (chain) {
        set_name(&family->line, "line 1");
        make_key(family, &family->line);
        certify(family, &family->root, &family->line, TROTH_USE_CERT_SIGN, 0, 1);
    }
}

void family_issue(struct family *family, const char *serial, uint32_t epoch, struct holder *holder)
{
    bool chain = family->line.sequence_len > 0;
    memset(holder, 0, sizeof *holder);
    set_name(holder, serial);
    make_key(family, holder);
    certify(family, chain ? &family->line : &family->root, holder, family->device_usage, TROTH_NOT_A_CA, epoch);
    make_item(holder, chain ? &family->line : NULL);
}

void holder_free(struct holder *holder)
{
    EVP_PKEY_free(holder->key);
    memset(holder, 0, sizeof *holder);
}

void family_free(struct family *family)
{
    holder_free(&family->root);
    holder_free(&family->line);
}
