/* tool/keys: P-256 keys in files. */
#include "tool/keys.h"

#include "port/openssl/openssl.h"
#include "tool/files.h"
#include "tool/hex.h"
#include "tool/tool.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string.h>

#define POINT_MAX    65
#define SPKI_HEAD    26
#define SPKI_MAX     (SPKI_HEAD + POINT_MAX)
#define AT_OUTER_LEN 1 /* places in the head that depend on the length of the point */
#define AT_BITS_LEN  24

/* SubjectPublicKeyInfo (RFC 5480) up to the point: SEQUENCE, { id-ecPublicKey, secp256r1 }, BIT STRING. */
static const uint8_t spki_head[SPKI_HEAD] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                             0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                             0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

EVP_PKEY *keys_generate(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (key == NULL) {
        tool_fail("OpenSSL cannot make a P-256 key");
    }
    return key;
}

/* Nobody is asked for a password. */
static int no_password(char *out, int cap, int for_writing, void *ctx)
{
    (void)out;
    (void)cap;
    (void)for_writing;
    (void)ctx;
    return -1;
}

static bool is_p256(const EVP_PKEY *key, uint8_t public_key[64])
{
    return key != NULL && troth_openssl_public_key(key, public_key) == TROTH_OK;
}

EVP_PKEY *keys_read_private(const char *path)
{
    uint8_t text[KEYS_FILE_MAX];
    uint8_t public_key[64];
    size_t len;
    if (!files_read(path, text, sizeof text, &len)) {
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    OPENSSL_cleanse(text, sizeof text);
    ERR_clear_error();
    if (!is_p256(key, public_key)) {
        tool_fail("%s: is not an unencrypted P-256 private key in PEM: put the right file back", path);
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

bool keys_write_private(EVP_PKEY *key, uint8_t *out, size_t *len)
{
    const char *text = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool good = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long text_len = good ? BIO_get_mem_data(bio, &text) : 0;
    good = good && text_len > 0 && text_len <= KEYS_FILE_MAX;
    if (good) {
        memcpy(out, text, (size_t)text_len);
        *len = (size_t)text_len;
    } else {
        tool_fail("OpenSSL cannot write a private key");
    }
    BIO_free(bio);
    return good;
}

/* SubjectPublicKeyInfo around a point of 33 or 65 bytes; its length. */
static size_t wrap_point(const uint8_t *point, size_t len, uint8_t out[SPKI_MAX])
{
    memcpy(out, spki_head, SPKI_HEAD);
    out[AT_OUTER_LEN] = (uint8_t)(SPKI_HEAD - 2 + len);
    out[AT_BITS_LEN] = (uint8_t)(1 + len);
    memcpy(out + SPKI_HEAD, point, len);
    return SPKI_HEAD + len;
}

/* A bare point in one of its three lengths. */
static EVP_PKEY *read_point(const uint8_t *data, size_t len)
{
    uint8_t point[POINT_MAX] = {4};
    uint8_t spki[SPKI_MAX];
    if (len == TROTH_POINT_LEN) {
        memcpy(point + 1, data, TROTH_POINT_LEN);
        data = point;
        len = POINT_MAX;
    }
    bool whole = len == POINT_MAX && data[0] == 4;
    bool compressed = len == 33 && (data[0] == 2 || data[0] == 3);
    if (!whole && !compressed) {
        return NULL;
    }
    size_t spki_len = wrap_point(data, len, spki);
    const uint8_t *at = spki;
    return d2i_PUBKEY(NULL, &at, (long)spki_len);
}

static EVP_PKEY *read_any(const uint8_t *data, size_t len)
{
    uint8_t bytes[KEYS_FILE_MAX];
    size_t bytes_len;
    BIO *bio = BIO_new_mem_buf(data, (int)len);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    if (key == NULL) {
        const uint8_t *at = data;
        key = d2i_PUBKEY(NULL, &at, (long)len);
        if (key != NULL && at != data + len) {
            EVP_PKEY_free(key);
            key = NULL;
        }
    }
    if (key == NULL) {
        key = read_point(data, len);
    }
    if (key == NULL && hex_read(data, len, bytes, &bytes_len)) {
        key = read_point(bytes, bytes_len);
    }
    ERR_clear_error();
    return key;
}

bool keys_read_public(const char *path, uint8_t public_key[64])
{
    uint8_t data[KEYS_FILE_MAX];
    size_t len;
    if (!files_read(path, data, sizeof data, &len)) {
        return false;
    }
    EVP_PKEY *key = read_any(data, len);
    bool good = is_p256(key, public_key);
    EVP_PKEY_free(key);
    if (!good) {
        tool_fail("%s: is not a P-256 public key: give PEM or DER (openssl pkey -pubout), or the point in hexadecimal",
                  path);
    }
    OPENSSL_cleanse(data, sizeof data);
    return good;
}

bool keys_id(const uint8_t public_key[64], char id[KEYS_ID_LEN])
{
    uint8_t point[POINT_MAX] = {4};
    uint8_t spki[SPKI_MAX];
    uint8_t hash[32];
    memcpy(point + 1, public_key, TROTH_POINT_LEN);
    size_t len = wrap_point(point, sizeof point, spki);
    if (EVP_Q_digest(NULL, "SHA256", NULL, spki, len, hash, NULL) != 1) {
        tool_fail("OpenSSL cannot make a SHA-256 hash");
        return false;
    }
    hex_write(hash, sizeof hash, id);
    return true;
}
