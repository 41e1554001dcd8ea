/* port/psa: the crypto port on the PSA Crypto API. */
#include "psa.h"

#include <string.h>

#define POINT_OCTETS (1 + TROTH_POINT_LEN) /* 04, X, Y (SEC 1, 2.3.3) */
#define UNCOMPRESSED 0x04
#define P256_BITS    256
#define SIGN_ALG     PSA_ALG_ECDSA(PSA_ALG_SHA_256)
#define KEY_PAIR     PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)

static void wipe(void *secret, size_t len)
{
    volatile uint8_t *at = secret;
    while (len > 0) {
        *at++ = 0;
        len--;
    }
}

/* What a status means to the core. Outputs that failed are wiped. */
static int answer(psa_status_t status, uint8_t *out, size_t out_len)
{
    if (status == PSA_SUCCESS) {
        return TROTH_OK;
    }
    wipe(out, out_len);
    switch (status) {
    case PSA_ERROR_INVALID_HANDLE:
    case PSA_ERROR_DOES_NOT_EXIST:
    case PSA_ERROR_ALREADY_EXISTS:
    case PSA_ERROR_NOT_PERMITTED:
        return TROTH_E_CONFIG;
    default:
        return TROTH_E_CRYPTO;
    }
}

/* ---- Keys ---- */

/* Attributes of a key; a name makes it a persistent one. */
static psa_key_attributes_t attributes(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t alg,
                                       psa_key_id_t name)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_usage_flags(&attributes, usage);
    psa_set_key_algorithm(&attributes, alg);
    if (name != PSA_KEY_ID_NULL) {
        psa_set_key_id(&attributes, name);
    }
    return attributes;
}

/* Imports `len` bytes as a key, or generates one of so many bytes where data is NULL. */
static psa_status_t make_key(psa_key_attributes_t *attributes, const uint8_t *data, size_t len, psa_key_id_t *key)
{
    psa_key_id_t made = PSA_KEY_ID_NULL;
    psa_status_t status = psa_crypto_init();
    psa_set_key_bits(attributes, 8 * len);
    if (status == PSA_SUCCESS) {
        status = data == NULL ? psa_generate_key(attributes, &made) : psa_import_key(attributes, data, len, &made);
    }
    if (status == PSA_SUCCESS) {
        *key = made;
    }
    return status;
}

static int make_identity(const uint8_t *scalar, enum troth_psa_use use, psa_key_id_t *key)
{
    psa_key_attributes_t wanted = use == TROTH_PSA_SIGN
                                      ? attributes(KEY_PAIR, PSA_KEY_USAGE_SIGN_HASH, SIGN_ALG, *key)
                                      : attributes(KEY_PAIR, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, *key);
    return answer(make_key(&wanted, scalar, P256_BITS / 8, key), NULL, 0);
}

int troth_psa_generate_identity(enum troth_psa_use use, psa_key_id_t *key)
{
    return make_identity(NULL, use, key);
}

int troth_psa_import_identity(const uint8_t scalar[32], enum troth_psa_use use, psa_key_id_t *key)
{
    return make_identity(scalar, use, key);
}

int troth_psa_make_store_key(const uint8_t *bytes, psa_key_id_t *key)
{
    psa_key_attributes_t wanted =
        attributes(PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, PSA_ALG_HMAC(PSA_ALG_SHA_256), *key);
    return answer(make_key(&wanted, bytes, 32, key), NULL, 0);
}

int troth_psa_public_key(psa_key_id_t key, uint8_t public_key[64])
{
    uint8_t point[POINT_OCTETS] = {0};
    size_t len = 0;
    psa_status_t status = psa_export_public_key(key, point, sizeof point, &len);
    if (status == PSA_SUCCESS && (len != sizeof point || point[0] != UNCOMPRESSED)) {
        status = PSA_ERROR_NOT_PERMITTED;
    }
    memcpy(public_key, point + 1, TROTH_POINT_LEN);
    return answer(status, public_key, TROTH_POINT_LEN);
}

static void octets(const uint8_t public_key[64], uint8_t point[POINT_OCTETS])
{
    point[0] = UNCOMPRESSED;
    memcpy(point + 1, public_key, TROTH_POINT_LEN);
}

/* ---- Opening and closing ---- */

/* The algorithm that the key's policy wants for a signature over a SHA-256 hash; 0 where it does not sign. */
static psa_algorithm_t signing(psa_algorithm_t policy)
{
    if (!PSA_ALG_IS_ECDSA(policy)) {
        return 0;
    }
    return PSA_ALG_IS_DETERMINISTIC_ECDSA(policy) ? PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256) : SIGN_ALG;
}

/* The key exists and is of the type; its policy's algorithm. */
static psa_status_t look_up(psa_key_id_t key, psa_key_type_t type, psa_algorithm_t *alg)
{
    psa_key_attributes_t found = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = psa_get_key_attributes(key, &found);
    if (status == PSA_SUCCESS && (psa_get_key_type(&found) != type || psa_get_key_bits(&found) != P256_BITS)) {
        status = PSA_ERROR_NOT_PERMITTED;
    }
    *alg = psa_get_key_algorithm(&found);
    psa_reset_key_attributes(&found);
    return status;
}

int troth_psa_open(struct troth_psa *port, psa_key_id_t identity, psa_key_id_t store_key)
{
    psa_algorithm_t alg = 0;
    memset(port, 0, sizeof *port);
    psa_status_t status = psa_crypto_init();
    if (status == PSA_SUCCESS && identity != PSA_KEY_ID_NULL) {
        status = look_up(identity, KEY_PAIR, &alg);
    }
    port->sign_alg = signing(alg);
    if (status == PSA_SUCCESS) {
        status = look_up(store_key, PSA_KEY_TYPE_HMAC, &alg);
    }
    if (status == PSA_SUCCESS) {
        port->identity = identity;
        port->store_key = store_key;
    }
    return answer(status, NULL, 0);
}

static void port_forget(void *ctx)
{
    struct troth_psa *port = ctx;
    if (port->ephemeral != PSA_KEY_ID_NULL) {
        (void)psa_destroy_key(port->ephemeral);
        port->ephemeral = PSA_KEY_ID_NULL;
    }
}

void troth_psa_close(struct troth_psa *port)
{
    port_forget(port);
    wipe(port, sizeof *port);
}

void troth_psa_fix_ephemeral(struct troth_psa *port, const uint8_t scalar[32])
{
    memcpy(port->fixed_scalar, scalar, sizeof port->fixed_scalar);
    port->is_fixed = true;
}

/* ---- The table ---- */

static int port_random(void *ctx, uint8_t *out, size_t out_len)
{
    (void)ctx;
    return answer(psa_generate_random(out, out_len), out, out_len);
}

static int port_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    size_t len = 0;
    (void)ctx;
    psa_status_t status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    for (size_t i = 0; i < count && status == PSA_SUCCESS; i++) {
        status = psa_hash_update(&operation, part[i].data, part[i].len);
    }
    if (status == PSA_SUCCESS) {
        status = psa_hash_finish(&operation, hash, TROTH_HASH_LEN, &len);
    }
    (void)psa_hash_abort(&operation);
    return answer(status, hash, TROTH_HASH_LEN);
}

static int port_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    uint8_t out[32];
    size_t len = 0;
    psa_key_id_t name = PSA_KEY_ID_NULL;
    psa_key_attributes_t wanted =
        attributes(PSA_KEY_TYPE_AES, PSA_KEY_USAGE_ENCRYPT, PSA_ALG_ECB_NO_PADDING, PSA_KEY_ID_NULL);
    (void)ctx;
    psa_status_t status = psa_import_key(&wanted, key, 16, &name);
    if (status == PSA_SUCCESS) {
        status = psa_cipher_encrypt(name, PSA_ALG_ECB_NO_PADDING, block, 16 * count, out, sizeof out, &len);
        psa_status_t end = psa_destroy_key(name);
        status = status == PSA_SUCCESS ? end : status;
    }
    if (status == PSA_SUCCESS) {
        memcpy(block, out, 16 * count);
    }
    wipe(out, sizeof out);
    return answer(status, block, 16 * count);
}

static int port_generate(void *ctx, uint8_t public_key[64])
{
    struct troth_psa *port = ctx;
    psa_key_attributes_t wanted = attributes(KEY_PAIR, PSA_KEY_USAGE_DERIVE, PSA_ALG_ECDH, PSA_KEY_ID_NULL);
    port_forget(port);
    psa_status_t status =
        make_key(&wanted, port->is_fixed ? port->fixed_scalar : NULL, P256_BITS / 8, &port->ephemeral);
    wipe(port->fixed_scalar, sizeof port->fixed_scalar);
    port->is_fixed = false;
    if (status != PSA_SUCCESS) {
        return answer(status, public_key, TROTH_POINT_LEN);
    }
    int result = troth_psa_public_key(port->ephemeral, public_key);
    if (result != TROTH_OK) {
        port_forget(port);
    }
    return result;
}

static bool is_zero(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum |= data[i];
    }
    return sum == 0;
}

static int port_agree(void *ctx, enum troth_key name, const uint8_t peer[64], uint8_t secret[32])
{
    const struct troth_psa *port = ctx;
    uint8_t point[POINT_OCTETS];
    size_t len = 0;
    if (name == TROTH_KEY_EPHEMERAL && port->ephemeral == PSA_KEY_ID_NULL) {
        wipe(secret, TROTH_SECRET_LEN);
        return TROTH_E_STATE;
    }
    octets(peer, point);
    psa_key_id_t key = name == TROTH_KEY_IDENTITY ? port->identity : port->ephemeral;
    psa_status_t status = psa_raw_key_agreement(PSA_ALG_ECDH, key, point, sizeof point, secret, TROTH_SECRET_LEN, &len);
    if (status == PSA_ERROR_INVALID_ARGUMENT || (status == PSA_SUCCESS && is_zero(secret, TROTH_SECRET_LEN))) {
        wipe(secret, TROTH_SECRET_LEN);
        return TROTH_E_FORGED;
    }
    return answer(status, secret, TROTH_SECRET_LEN);
}

static int port_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    const struct troth_psa *port = ctx;
    size_t len = 0;
    if (port->sign_alg == 0) {
        wipe(signature, TROTH_SIGNATURE_LEN);
        return TROTH_E_CONFIG;
    }
    psa_status_t status =
        psa_sign_hash(port->identity, port->sign_alg, hash, TROTH_HASH_LEN, signature, TROTH_SIGNATURE_LEN, &len);
    return answer(status, signature, TROTH_SIGNATURE_LEN);
}

static int port_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    uint8_t point[POINT_OCTETS];
    psa_key_id_t key = PSA_KEY_ID_NULL;
    psa_key_attributes_t wanted = attributes(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1),
                                             PSA_KEY_USAGE_VERIFY_HASH, SIGN_ALG, PSA_KEY_ID_NULL);
    (void)ctx;
    octets(public_key, point);
    psa_status_t status = psa_import_key(&wanted, point, sizeof point, &key);
    if (status == PSA_SUCCESS) {
        status = psa_verify_hash(key, SIGN_ALG, hash, TROTH_HASH_LEN, signature, TROTH_SIGNATURE_LEN);
        (void)psa_destroy_key(key);
    }
    if (status == PSA_ERROR_INVALID_SIGNATURE || status == PSA_ERROR_INVALID_ARGUMENT) {
        return TROTH_E_FORGED;
    }
    return answer(status, NULL, 0);
}

/* In several parts, for those copy their input: the buffers of psa_mac_compute must not overlap. */
static int port_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    const struct troth_psa *port = ctx;
    psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
    size_t len = 0;
    psa_status_t status = psa_mac_sign_setup(&operation, port->store_key, PSA_ALG_HMAC(PSA_ALG_SHA_256));
    if (status == PSA_SUCCESS) {
        status = psa_mac_update(&operation, hash, TROTH_HASH_LEN);
    }
    if (status == PSA_SUCCESS) {
        status = psa_mac_sign_finish(&operation, mac, TROTH_HASH_LEN, &len);
    }
    (void)psa_mac_abort(&operation);
    return answer(status, mac, TROTH_HASH_LEN);
}

const struct troth_crypto troth_psa = {
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
