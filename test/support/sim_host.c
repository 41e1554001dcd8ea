/* test/support/sim_host: the host's side of the chip's digests. */
#include "test/support/sim_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

const uint8_t host_zero[64];
static const uint8_t serial[3] = {0xEE, 0x01, 0x23}; /* SN[8], SN[0:1], the same in every part */

void host_sha(uint8_t digest[32], ...)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    va_list pieces;
    assert_int_equal(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
    va_start(pieces, digest);
    for (const void *piece = va_arg(pieces, const void *); piece != NULL; piece = va_arg(pieces, const void *)) {
        size_t len = va_arg(pieces, size_t);
        assert_int_equal(EVP_DigestUpdate(hash, piece, len), 1);
    }
    va_end(pieces);
    assert_int_equal(EVP_DigestFinal_ex(hash, digest, NULL), 1);
    EVP_MD_CTX_free(hash);
}

void host_pattern(unsigned slot, uint8_t key[32])
{
    for (unsigned i = 0; i < 32; i++) {
        key[i] = sim_pattern(slot, i);
    }
}

void host_nonce(struct sim_client *client, uint8_t tempkey[32])
{
    uint8_t num_in[20];
    const uint8_t tail[3] = {0x16, 0x00, 0x00};
    for (unsigned i = 0; i < sizeof num_in; i++) {
        num_in[i] = (uint8_t)(i * 11 + 5);
    }
    assert_int_equal(sim_run(client, 0x16, 0x00, 0, num_in, sizeof num_in), 0);
    assert_int_equal(client->len, 32);
    host_sha(tempkey, client->answer, (size_t)32, num_in, sizeof num_in, tail, sizeof tail, NULL);
}

void host_load(struct sim_client *client, const uint8_t tempkey[32])
{
    assert_int_equal(sim_run(client, 0x16, 0x03, 0, tempkey, 32), 0);
}

void host_load_message(struct sim_client *client, const uint8_t *message, size_t len)
{
    assert_int_equal(sim_run(client, 0x16, len == 32 ? 0x43 : 0x63, 0, message, len), 0);
}

uint8_t host_gendig(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32])
{
    const uint8_t head[4] = {0x15, 0x02, (uint8_t)slot, 0};
    uint8_t status = sim_run(client, 0x15, 0x02, slot, NULL, 0);
    if (status == 0) {
        host_sha(tempkey, key, (size_t)32, head, sizeof head, serial, sizeof serial, host_zero, (size_t)25, tempkey,
                 (size_t)32, NULL);
    }
    return status;
}

void host_session(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32])
{
    host_nonce(client, tempkey);
    assert_int_equal(host_gendig(client, slot, key, tempkey), 0);
}

uint8_t host_write(struct sim_client *client, unsigned slot, unsigned block, const uint8_t plain[32],
                   const uint8_t tempkey[32])
{
    uint8_t data[64];
    unsigned address = block << 8 | slot << 3;
    const uint8_t head[4] = {0x12, 0xC2, (uint8_t)address, (uint8_t)(address >> 8)};
    for (unsigned i = 0; i < 32; i++) {
        data[i] = plain[i] ^ tempkey[i];
    }
    host_sha(data + 32, tempkey, (size_t)32, head, sizeof head, serial, sizeof serial, host_zero, (size_t)25, plain,
             (size_t)32, NULL);
    return sim_run(client, 0x12, 0xC2, address, data, sizeof data);
}

uint8_t host_write_public(struct sim_client *client, unsigned slot, const uint8_t point[64])
{
    uint8_t stored[96] = {0};
    uint8_t status = 0;
    memcpy(stored + 4, point, 32);
    memcpy(stored + 40, point + 32, 32);
    for (unsigned block = 0; block < 3 && status == 0; block++) {
        status = sim_run(client, 0x12, 0x82, block << 8 | slot << 3, stored + 32 * block, 32);
    }
    return status;
}

host_key *host_key_make(uint8_t point[64])
{
    uint8_t octets[65];
    size_t len = 0;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof octets, &len), 1);
    assert_int_equal(len, 65);
    memcpy(point, octets + 1, 64);
    return key;
}

void host_key_free(host_key *key)
{
    EVP_PKEY_free(key);
}

static EVP_PKEY *public_key(const uint8_t point[64])
{
    uint8_t octets[65] = {0x04};
    char group[] = "P-256";
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    memcpy(octets + 1, point, 64);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof octets),
        OSSL_PARAM_construct_end(),
    };
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

void host_sign(host_key *key, const uint8_t digest[32], uint8_t signature[64])
{
    uint8_t der[80];
    const uint8_t *at = der;
    size_t len = sizeof der;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, der, &len, digest, 32), 1);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32), 32);
    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(context);
}

void host_agree(host_key *key, const uint8_t point[64], uint8_t secret[32])
{
    size_t len = 32;
    EVP_PKEY *peer = public_key(point);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_derive_init(context), 1);
    assert_int_equal(EVP_PKEY_derive_set_peer(context, peer), 1);
    assert_int_equal(EVP_PKEY_derive(context, secret, &len), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
}

bool host_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64])
{
    uint8_t *der = NULL;
    EVP_PKEY *key = public_key(point);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    int len = i2d_ECDSA_SIG(pair, &der);
    assert_int_equal(EVP_PKEY_verify_init(context), 1);
    bool good = EVP_PKEY_verify(context, der, (size_t)len, digest, 32) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(pair);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}
