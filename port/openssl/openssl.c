/* port/openssl: the crypto port for hosts, on OpenSSL 3. */
#include "openssl.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#define COORDINATE   32
#define POINT_OCTETS (1 + TROTH_POINT_LEN) /* 04, X, Y (SEC 1, 2.3.3) */
#define DER_MAX      72                    /* SEQUENCE { INTEGER, INTEGER } of 33 bytes each */
#define GROUP        SN_X9_62_prime256v1

/* ---- Keys ---- */

/* A key from its public point, 04 X Y, and, where it is not NULL, its private scalar. NULL where the point is not on the
 * curve. */
static EVP_PKEY *import_key(const uint8_t point[POINT_OCTETS], const BIGNUM *scalar)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    bool built = build != NULL && ctx != NULL &&
                 OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, GROUP, 0) == 1 &&
                 OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_OCTETS) == 1 &&
                 (scalar == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
    if (built) {
        params = OSSL_PARAM_BLD_to_param(build);
    }
    if (params != NULL && EVP_PKEY_fromdata_init(ctx) == 1) {
        int selection = scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
        if (EVP_PKEY_fromdata(ctx, &key, selection, params) != 1) {
            key = NULL;
        }
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *import_public(const uint8_t public_key[64])
{
    uint8_t point[POINT_OCTETS] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, public_key, TROTH_POINT_LEN);
    return import_key(point, NULL);
}

/* 04 X Y of scalar times the base point; false where the scalar is not in 1 .. n - 1. */
static bool multiply_base(const BIGNUM *scalar, uint8_t octets[POINT_OCTETS])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    bool good =
        point != NULL && !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0 &&
        EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, POINT_OCTETS, NULL) == POINT_OCTETS;
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return good;
}

EVP_PKEY *troth_openssl_key(const uint8_t scalar[32])
{
    EVP_PKEY *key = NULL;
    uint8_t point[POINT_OCTETS];
    ERR_set_mark();
    BIGNUM *number = BN_secure_new();
    if (number != NULL && BN_bin2bn(scalar, COORDINATE, number) != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        if (multiply_base(number, point)) {
            key = import_key(point, number);
        }
    }
    BN_clear_free(number);
    ERR_pop_to_mark();
    return key;
}

static bool is_p256(const EVP_PKEY *key)
{
    char name[32];
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1 &&
           strcmp(name, GROUP) == 0;
}

static bool coordinate(const EVP_PKEY *key, const char *name, uint8_t out[COORDINATE])
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(key, name, &number) == 1 && BN_bn2binpad(number, out, COORDINATE) == COORDINATE;
    BN_free(number);
    return good;
}

int troth_openssl_public_key(const EVP_PKEY *key, uint8_t public_key[64])
{
    ERR_set_mark();
    bool good = is_p256(key) && coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, public_key) &&
                coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, public_key + COORDINATE);
    ERR_pop_to_mark();
    if (!good) {
        memset(public_key, 0, TROTH_POINT_LEN);
        return TROTH_E_CONFIG;
    }
    return TROTH_OK;
}

/* ---- Opening and closing ---- */

int troth_openssl_open(struct troth_openssl *port, EVP_PKEY *identity, const uint8_t store_key[32])
{
    memset(port, 0, sizeof *port);
    if (identity != NULL && !is_p256(identity)) {
        return TROTH_E_CONFIG;
    }
    port->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    port->aes128 = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
    port->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bool good = port->sha256 != NULL && port->aes128 != NULL && port->hmac != NULL;
    if (identity != NULL && good && EVP_PKEY_up_ref(identity) == 1) {
        port->identity = identity;
    }
    if (!good || port->identity != identity) {
        troth_openssl_close(port);
        return TROTH_E_CRYPTO;
    }
    memcpy(port->store_key, store_key, sizeof port->store_key);
    return TROTH_OK;
}

static void port_forget(void *ctx)
{
    struct troth_openssl *port = ctx;
    EVP_PKEY_free(port->ephemeral);
    port->ephemeral = NULL;
}

void troth_openssl_close(struct troth_openssl *port)
{
    port_forget(port);
    EVP_PKEY_free(port->identity);
    EVP_MAC_free(port->hmac);
    EVP_CIPHER_free(port->aes128);
    EVP_MD_free(port->sha256);
    OPENSSL_cleanse(port, sizeof *port);
}

void troth_openssl_fix_ephemeral(struct troth_openssl *port, const uint8_t scalar[32])
{
    memcpy(port->fixed_scalar, scalar, sizeof port->fixed_scalar);
    port->is_fixed = true;
}

/* ---- The table ---- */

/* What a call answers; an output that failed is wiped. */
static int answer(bool good, int otherwise, uint8_t *out, size_t out_len)
{
    if (good) {
        return TROTH_OK;
    }
    OPENSSL_cleanse(out, out_len);
    return otherwise;
}

static int port_random(void *ctx, uint8_t *out, size_t out_len)
{
    (void)ctx;
    ERR_set_mark();
    bool good = RAND_priv_bytes(out, (int)out_len) == 1;
    ERR_pop_to_mark();
    return answer(good, TROTH_E_CRYPTO, out, out_len);
}

static int port_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    const struct troth_openssl *port = ctx;
    ERR_set_mark();
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = md != NULL && EVP_DigestInit_ex2(md, port->sha256, NULL) == 1;
    for (size_t i = 0; i < count && good; i++) {
        good = EVP_DigestUpdate(md, part[i].data, part[i].len) == 1;
    }
    good = good && EVP_DigestFinal_ex(md, hash, NULL) == 1;
    EVP_MD_CTX_free(md);
    ERR_pop_to_mark();
    return answer(good, TROTH_E_CRYPTO, hash, TROTH_HASH_LEN);
}

static int port_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    const struct troth_openssl *port = ctx;
    int len = 0;
    ERR_set_mark();
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good = cipher != NULL && EVP_EncryptInit_ex2(cipher, port->aes128, key, NULL, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(cipher, 0) == 1 &&
                EVP_EncryptUpdate(cipher, block, &len, block, (int)count * 16) == 1 && len == (int)count * 16;
    EVP_CIPHER_CTX_free(cipher);
    ERR_pop_to_mark();
    return answer(good, TROTH_E_CRYPTO, block, count * 16);
}

static int port_generate(void *ctx, uint8_t public_key[64])
{
    struct troth_openssl *port = ctx;
    port_forget(port);
    ERR_set_mark();
    if (port->is_fixed) {
        port->ephemeral = troth_openssl_key(port->fixed_scalar);
        OPENSSL_cleanse(port->fixed_scalar, sizeof port->fixed_scalar);
        port->is_fixed = false;
    } else {
        port->ephemeral = EVP_EC_gen(GROUP);
    }
    bool good = port->ephemeral != NULL && troth_openssl_public_key(port->ephemeral, public_key) == TROTH_OK;
    ERR_pop_to_mark();
    if (!good) {
        port_forget(port);
    }
    return answer(good, TROTH_E_CRYPTO, public_key, TROTH_POINT_LEN);
}

/* The shared secret; false where the port or the library fails. */
static bool derive(EVP_PKEY *key, EVP_PKEY *peer, uint8_t secret[32])
{
    size_t len = TROTH_SECRET_LEN;
    EVP_PKEY_CTX *derivation = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool good = derivation != NULL && EVP_PKEY_derive_init(derivation) == 1 &&
                EVP_PKEY_derive_set_peer(derivation, peer) == 1 && EVP_PKEY_derive(derivation, secret, &len) == 1 &&
                len == TROTH_SECRET_LEN;
    EVP_PKEY_CTX_free(derivation);
    return good;
}

static int port_agree(void *ctx, enum troth_key name, const uint8_t peer[64], uint8_t secret[32])
{
    static const uint8_t zero[TROTH_SECRET_LEN];
    const struct troth_openssl *port = ctx;
    EVP_PKEY *key = name == TROTH_KEY_IDENTITY ? port->identity : port->ephemeral;
    if (key == NULL) {
        return answer(false, name == TROTH_KEY_IDENTITY ? TROTH_E_CONFIG : TROTH_E_STATE, secret, TROTH_SECRET_LEN);
    }
    int result = TROTH_OK;
    ERR_set_mark();
    EVP_PKEY *point = import_public(peer);
    if (point == NULL) {
        result = TROTH_E_FORGED;
    } else if (!derive(key, point, secret)) {
        result = TROTH_E_CRYPTO;
    } else if (CRYPTO_memcmp(secret, zero, sizeof zero) == 0) {
        result = TROTH_E_FORGED;
    }
    EVP_PKEY_free(point);
    ERR_pop_to_mark();
    return answer(result == TROTH_OK, result, secret, TROTH_SECRET_LEN);
}

/* R || S from the DER that the library writes. */
static bool unwrap_signature(const uint8_t *der, size_t der_len, uint8_t signature[64])
{
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool good = parsed != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), signature, COORDINATE) == COORDINATE &&
                BN_bn2binpad(ECDSA_SIG_get0_s(parsed), signature + COORDINATE, COORDINATE) == COORDINATE;
    ECDSA_SIG_free(parsed);
    return good;
}

static int port_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    const struct troth_openssl *port = ctx;
    uint8_t der[DER_MAX];
    size_t der_len = sizeof der;
    if (port->identity == NULL) {
        return answer(false, TROTH_E_CONFIG, signature, TROTH_SIGNATURE_LEN);
    }
    ERR_set_mark();
    EVP_PKEY_CTX *signing = EVP_PKEY_CTX_new_from_pkey(NULL, port->identity, NULL);
    bool good = signing != NULL && EVP_PKEY_sign_init(signing) == 1 &&
                EVP_PKEY_sign(signing, der, &der_len, hash, TROTH_HASH_LEN) == 1 &&
                unwrap_signature(der, der_len, signature);
    EVP_PKEY_CTX_free(signing);
    ERR_pop_to_mark();
    return answer(good, TROTH_E_CRYPTO, signature, TROTH_SIGNATURE_LEN);
}

/* R || S as the DER that the library reads; its length, or 0. */
static size_t wrap_signature(const uint8_t signature[64], uint8_t der[DER_MAX])
{
    int len = 0;
    BIGNUM *r = BN_bin2bn(signature, COORDINATE, NULL);
    BIGNUM *s = BN_bin2bn(signature + COORDINATE, COORDINATE, NULL);
    ECDSA_SIG *parts = ECDSA_SIG_new();
    if (r != NULL && s != NULL && parts != NULL && ECDSA_SIG_set0(parts, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(parts, &der);
    }
    ECDSA_SIG_free(parts);
    BN_free(r);
    BN_free(s);
    return len > 0 ? (size_t)len : 0;
}

static int port_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    uint8_t der[DER_MAX];
    int result = TROTH_E_CRYPTO;
    (void)ctx;
    ERR_set_mark();
    EVP_PKEY *key = import_public(public_key);
    EVP_PKEY_CTX *verifying = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    size_t der_len = wrap_signature(signature, der);
    if (key == NULL) {
        result = TROTH_E_FORGED;
    } else if (verifying != NULL && der_len > 0 && EVP_PKEY_verify_init(verifying) == 1) {
        bool good = EVP_PKEY_verify(verifying, der, der_len, hash, TROTH_HASH_LEN) == 1;
        result = good ? TROTH_OK : TROTH_E_FORGED;
    }
    EVP_PKEY_CTX_free(verifying);
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    return result;
}

static int port_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    struct troth_openssl *port = ctx;
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    ERR_set_mark();
    EVP_MAC_CTX *hmac = EVP_MAC_CTX_new(port->hmac);
    bool good = hmac != NULL && EVP_MAC_init(hmac, port->store_key, sizeof port->store_key, params) == 1 &&
                EVP_MAC_update(hmac, hash, TROTH_HASH_LEN) == 1 && EVP_MAC_final(hmac, mac, NULL, TROTH_HASH_LEN) == 1;
    EVP_MAC_CTX_free(hmac);
    ERR_pop_to_mark();
    return answer(good, TROTH_E_CRYPTO, mac, TROTH_HASH_LEN);
}

const struct troth_crypto troth_openssl = {
    .random = port_random,
    .sha256 = port_sha256,
    .aes128 = port_aes128,
    .generate = port_generate,
    .agree = port_agree,
    .sign = port_sign,
    .verify = port_verify,
    .forget = port_forget,
    .hmac = port_hmac,
    .counter = NULL,
};
