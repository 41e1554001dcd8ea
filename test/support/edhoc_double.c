/* edhoc_double: a second EDHOC for tests, on OpenSSL alone. */
#include "edhoc_double.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include <stdlib.h>
#include <string.h>

/* ---- CBOR ---- */

void double_clear(struct double_bytes *bytes)
{
    bytes->len = 0;
}

void double_add(struct double_bytes *bytes, const void *data, size_t len)
{
    if (len > sizeof bytes->at - bytes->len) {
        abort();
    }
    if (len > 0) {
        memcpy(bytes->at + bytes->len, data, len);
    }
    bytes->len += len;
}

static void add_head(struct double_bytes *bytes, unsigned major, size_t value)
{
    uint8_t head[3] = {(uint8_t)(major << 5 | (unsigned)value)};
    size_t len = 1;
    if (value >= 256) {
        head[0] = (uint8_t)(major << 5 | 25);
        head[1] = (uint8_t)(value >> 8);
        head[2] = (uint8_t)value;
        len = 3;
    } else if (value >= 24) {
        head[0] = (uint8_t)(major << 5 | 24);
        head[1] = (uint8_t)value;
        len = 2;
    }
    double_add(bytes, head, len);
}

void double_add_uint(struct double_bytes *bytes, size_t value)
{
    add_head(bytes, 0, value);
}

void double_add_bstr(struct double_bytes *bytes, const void *data, size_t len)
{
    add_head(bytes, 2, len);
    double_add(bytes, data, len);
}

static void add_all(struct double_bytes *bytes, const struct double_bytes *more)
{
    double_add(bytes, more->at, more->len);
}

/* ---- Algorithms ---- */

void double_hash(const struct double_bytes *in, uint8_t out[32])
{
    SHA256(in->at, in->len, out);
}

static void hmac(const uint8_t key[32], const struct double_bytes *in, uint8_t out[32])
{
    if (HMAC(EVP_sha256(), key, 32, in->at, in->len, out, NULL) == NULL) {
        abort();
    }
}

static void extract(const uint8_t salt[32], const uint8_t secret[32], uint8_t prk[32])
{
    struct double_bytes in;
    double_clear(&in);
    double_add(&in, secret, 32);
    hmac(salt, &in, prk);
}

void double_kdf(const uint8_t prk[32], unsigned label, const void *context, size_t context_len, uint8_t *out,
                size_t len)
{
    uint8_t block[32];
    struct double_bytes info;
    double_clear(&info);
    double_add_uint(&info, label);
    double_add_bstr(&info, context, context_len);
    double_add_uint(&info, len);
    for (size_t done = 0; done < len; done += 32) {
        struct double_bytes in;
        uint8_t number = (uint8_t)(done / 32 + 1);
        double_clear(&in);
        double_add(&in, block, done == 0 ? 0 : 32);
        add_all(&in, &info);
        double_add(&in, &number, 1);
        hmac(prk, &in, block);
        memcpy(out + done, block, len - done < 32 ? len - done : 32);
    }
}

static void kdf_th(const struct double_edhoc *d, const uint8_t prk[32], unsigned label, uint8_t *out, size_t len)
{
    double_kdf(prk, label, d->th, 32, out, len);
}

bool double_agree(const uint8_t scalar[32], const uint8_t peer_x[32], uint8_t secret[32])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *k = BN_bin2bn(scalar, 32, NULL);
    BIGNUM *x = BN_bin2bn(peer_x, 32, NULL);
    bool good = EC_POINT_set_compressed_coordinates(group, point, x, 0, NULL) == 1 &&
                EC_POINT_mul(group, point, NULL, point, k, NULL) == 1 &&
                EC_POINT_get_affine_coordinates(group, point, x, NULL, NULL) == 1 && BN_bn2binpad(x, secret, 32) == 32;
    BN_free(x);
    BN_free(k);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return good;
}

static EC_KEY *ec_key(const struct double_side *side)
{
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *x = BN_bin2bn(side->key, 32, NULL);
    BIGNUM *y = BN_bin2bn(side->key + 32, 32, NULL);
    if (key == NULL || EC_KEY_set_public_key_affine_coordinates(key, x, y) != 1 ||
        (side->scalar != NULL && EC_KEY_oct2priv(key, side->scalar, 32) != 1)) {
        abort();
    }
    BN_free(x);
    BN_free(y);
    return key;
}

static void sign(const struct double_side *side, const uint8_t hash[32], uint8_t out[64])
{
    EC_KEY *key = ec_key(side);
    ECDSA_SIG *signature = ECDSA_do_sign(hash, 32, key);
    if (signature == NULL || BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32) != 32) {
        abort();
    }
    ECDSA_SIG_free(signature);
    EC_KEY_free(key);
}

static bool verify(const struct double_side *side, const uint8_t hash[32], const uint8_t signature[64])
{
    EC_KEY *key = ec_key(side);
    ECDSA_SIG *parsed = ECDSA_SIG_new();
    ECDSA_SIG_set0(parsed, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    bool good = ECDSA_do_verify(hash, 32, parsed, key) == 1;
    ECDSA_SIG_free(parsed);
    EC_KEY_free(key);
    return good;
}

/* ---- EDHOC ---- */

void double_begin(struct double_edhoc *d, unsigned method, unsigned suite, const uint8_t *message_1, size_t len)
{
    memset(d, 0, sizeof *d);
    d->method = method;
    d->mac_len = suite == 3 ? 16 : 8;
    SHA256(message_1, len, d->th);
}

/* 5.3.2: TH_2 = H( G_Y, H(message_1) ); 4.1.1.1: PRK_2e = EDHOC_Extract( TH_2, G_XY ). */
bool double_key_2(struct double_edhoc *d, const uint8_t scalar[32], const uint8_t peer_x[32], const uint8_t g_y[32])
{
    struct double_bytes in;
    uint8_t g_xy[32];
    double_clear(&in);
    double_add_bstr(&in, g_y, 32);
    double_add_bstr(&in, d->th, 32);
    double_hash(&in, d->th);
    if (!double_agree(scalar, peer_x, g_xy)) {
        return false;
    }
    extract(d->th, g_xy, d->prk_2e);
    return true;
}

void double_crypt_2(const struct double_edhoc *d, uint8_t *text, size_t len)
{
    uint8_t keystream[DOUBLE_MAX];
    kdf_th(d, d->prk_2e, 0, keystream, len);
    for (size_t i = 0; i < len; i++) {
        text[i] ^= keystream[i];
    }
}

static bool is_static(const struct double_edhoc *d, unsigned message)
{
    return message == 2 ? d->method == 1 || d->method == 3 : d->method == 2 || d->method == 3;
}

/* 4.1.1.2 and 4.1.1.3 */
bool double_mix(struct double_edhoc *d, unsigned message, const uint8_t scalar[32], const uint8_t peer_x[32])
{
    const uint8_t *before = message == 2 ? d->prk_2e : d->prk_3e2m;
    uint8_t *after = message == 2 ? d->prk_3e2m : d->prk_4e3m;
    uint8_t salt[32];
    uint8_t secret[32];
    if (!is_static(d, message)) {
        memcpy(after, before, 32);
        return true;
    }
    kdf_th(d, before, message == 2 ? 1 : 5, salt, 32);
    if (!double_agree(scalar, peer_x, secret)) {
        return false;
    }
    extract(salt, secret, after);
    return true;
}

/* MAC_2 or MAC_3 over context_2 or context_3. */
static void mac(const struct double_edhoc *d, unsigned message, const struct double_side *side, uint8_t *out,
                size_t len)
{
    struct double_bytes context;
    double_clear(&context);
    if (message == 2) {
        add_all(&context, &d->c_r);
    }
    add_all(&context, &side->id_map);
    double_add_bstr(&context, d->th, 32);
    add_all(&context, &side->cred);
    add_all(&context, &side->ead);
    double_kdf(message == 2 ? d->prk_3e2m : d->prk_4e3m, message == 2 ? 2 : 6, context.at, context.len, out, len);
}

/* The hash of [ "Signature1", << ID_CRED_x >>, << TH_x, CRED_x, ? EAD_x >>, MAC_x ]. */
static void to_be_signed(const struct double_edhoc *d, unsigned message, const struct double_side *side,
                         uint8_t hash[32])
{
    struct double_bytes aad;
    struct double_bytes all;
    uint8_t mac_x[32];
    double_clear(&aad);
    double_add_bstr(&aad, d->th, 32);
    add_all(&aad, &side->cred);
    add_all(&aad, &side->ead);
    double_clear(&all);
    add_head(&all, 4, 4);
    add_head(&all, 3, 10);
    double_add(&all, "Signature1", 10);
    double_add_bstr(&all, side->id_map.at, side->id_map.len);
    double_add_bstr(&all, aad.at, aad.len);
    mac(d, message, side, mac_x, sizeof mac_x);
    double_add_bstr(&all, mac_x, sizeof mac_x);
    double_hash(&all, hash);
}

size_t double_prove(const struct double_edhoc *d, unsigned message, const struct double_side *side, uint8_t out[64])
{
    uint8_t hash[32];
    if (is_static(d, message)) {
        mac(d, message, side, out, d->mac_len);
        return d->mac_len;
    }
    to_be_signed(d, message, side, hash);
    sign(side, hash, out);
    return 64;
}

bool double_check(const struct double_edhoc *d, unsigned message, const struct double_side *side, const uint8_t *proof,
                  size_t proof_len)
{
    uint8_t expected[64];
    if (is_static(d, message)) {
        mac(d, message, side, expected, d->mac_len);
        return proof_len == d->mac_len && memcmp(proof, expected, proof_len) == 0;
    }
    to_be_signed(d, message, side, expected);
    return proof_len == 64 && verify(side, expected, proof);
}

void double_plaintext(const struct double_edhoc *d, unsigned message, const struct double_side *side,
                      struct double_bytes *out)
{
    uint8_t proof[64];
    size_t proof_len = double_prove(d, message, side, proof);
    double_clear(out);
    if (message == 2) {
        add_all(out, &d->c_r);
    }
    add_all(out, &side->id_wire);
    double_add_bstr(out, proof, proof_len);
    add_all(out, &side->ead);
}

void double_transcript(struct double_edhoc *d, const struct double_bytes *plaintext, const struct double_bytes *cred)
{
    struct double_bytes in;
    double_clear(&in);
    double_add_bstr(&in, d->th, 32);
    add_all(&in, plaintext);
    add_all(&in, cred);
    double_hash(&in, d->th);
}

void double_message_2(const struct double_edhoc *d, const uint8_t g_y[32], const struct double_bytes *plaintext,
                      struct double_bytes *out)
{
    struct double_bytes body;
    double_clear(&body);
    double_add(&body, g_y, 32);
    add_all(&body, plaintext);
    double_crypt_2(d, body.at + 32, plaintext->len);
    double_clear(out);
    double_add_bstr(out, body.at, body.len);
}

/* AES-CCM with K, IV and A of message 3 or 4, either way. */
static bool ccm(const struct double_edhoc *d, unsigned message, bool seal, const uint8_t *in, size_t len, uint8_t *out,
                uint8_t *tag)
{
    const uint8_t *prk = message == 3 ? d->prk_3e2m : d->prk_4e3m;
    uint8_t key[16];
    uint8_t iv[13];
    struct double_bytes aad;
    int done;
    int encrypt = seal ? 1 : 0;
    kdf_th(d, prk, message == 3 ? 3 : 8, key, sizeof key);
    kdf_th(d, prk, message == 3 ? 4 : 9, iv, sizeof iv);
    double_clear(&aad);
    add_head(&aad, 4, 3);
    add_head(&aad, 3, 8);
    double_add(&aad, "Encrypt0", 8);
    double_add_bstr(&aad, NULL, 0);
    double_add_bstr(&aad, d->th, 32);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good = EVP_CipherInit_ex(c, EVP_aes_128_ccm(), NULL, NULL, NULL, encrypt) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, sizeof iv, NULL) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, (int)d->mac_len, seal ? NULL : tag) == 1 &&
                EVP_CipherInit_ex(c, NULL, NULL, key, iv, encrypt) == 1 &&
                EVP_CipherUpdate(c, NULL, &done, NULL, (int)len) == 1 &&
                EVP_CipherUpdate(c, NULL, &done, aad.at, (int)aad.len) == 1 &&
                EVP_CipherUpdate(c, out, &done, in, (int)len) == 1;
    if (seal && good) {
        good = EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)d->mac_len, tag) == 1;
    }
    EVP_CIPHER_CTX_free(c);
    return good;
}

void double_seal(const struct double_edhoc *d, unsigned message, const struct double_bytes *plaintext,
                 struct double_bytes *out)
{
    uint8_t body[DOUBLE_MAX];
    uint8_t tag[16];
    if (plaintext->len + d->mac_len > sizeof body || !ccm(d, message, true, plaintext->at, plaintext->len, body, tag)) {
        abort();
    }
    memcpy(body + plaintext->len, tag, d->mac_len);
    double_clear(out);
    double_add_bstr(out, body, plaintext->len + d->mac_len);
}

bool double_open(const struct double_edhoc *d, unsigned message, const uint8_t *in, size_t len,
                 struct double_bytes *out)
{
    uint8_t tag[16];
    size_t head = (in[0] & 0x1f) < 24 ? 1 : (in[0] & 0x1f) == 24 ? 2 : 3;
    if (len < head + d->mac_len || len - head - d->mac_len > sizeof out->at) {
        return false;
    }
    out->len = len - head - d->mac_len;
    memcpy(tag, in + len - d->mac_len, d->mac_len);
    return ccm(d, message, false, in + head, out->len, out->at, tag);
}

void double_export(const struct double_edhoc *d, unsigned label, const void *context, size_t context_len, uint8_t *out,
                   size_t len)
{
    uint8_t prk_out[32];
    uint8_t prk_exporter[32];
    kdf_th(d, d->prk_4e3m, 7, prk_out, 32);
    double_kdf(prk_out, 10, NULL, 0, prk_exporter, 32);
    double_kdf(prk_exporter, label, context, context_len, out, len);
}
