/* tool/ca_open: a CA's folder, read and held against itself; what making certificates has in common. */
#define _POSIX_C_SOURCE 200809L
#include "tool/ca.h"

#include "src/cbor.h"
#include "tool/hex.h"
#include "tool/tool.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROFILE_FORMAT "troth-ca 1\nmethod %u\n"

bool ca_item_read(struct ca_item *item, const char *path)
{
    if (!files_read(path, item->bytes, sizeof item->bytes, &item->len)) {
        return false;
    }
    item->count = troth_cert_split(span(item->bytes, item->len), item->sequence);
    if (item->count < 1 || troth_cert_read(item->sequence[0], &item->first) != TROTH_OK) {
        tool_fail("%s: is not a natively signed C509 certificate (COSE_C509): put the right file back", path);
        return false;
    }
    return true;
}

bool ca_signer_open(struct ca_signer *signer, EVP_PKEY *key)
{
    static const uint8_t no_store_key[32]; /* a CA pins nobody */
    memset(signer, 0, sizeof *signer);
    signer->key = key;
    signer->port = (struct troth_port){&troth_openssl, &signer->state};
    if (key == NULL || troth_openssl_public_key(key, signer->public_key) != TROTH_OK ||
        !keys_id(signer->public_key, signer->id)) {
        ca_signer_close(signer);
        return false;
    }
    memcpy(signer->tag, signer->id, CA_TAG_LEN - 1);
    if (troth_openssl_open(&signer->state, key, no_store_key) != TROTH_OK) {
        tool_fail("OpenSSL cannot use the key");
        ca_signer_close(signer);
        return false;
    }
    return true;
}

void ca_signer_close(struct ca_signer *signer)
{
    troth_openssl_close(&signer->state);
    EVP_PKEY_free(signer->key);
    signer->key = NULL;
}

bool ca_signed_by(const struct troth_port *port, const struct troth_cert *cert, const uint8_t key[64])
{
    uint8_t hash[32];
    return port->call->sha256(port->ctx, &cert->tbs, 1, hash) == TROTH_OK &&
           port->call->verify(port->ctx, key, hash, cert->signature.data) == TROTH_OK;
}

uint16_t ca_device_usage(unsigned method)
{
    return method == 0 ? TROTH_USE_SIGN : TROTH_USE_AGREE;
}

size_t ca_profile(unsigned method, char out[CA_PROFILE_MAX])
{
    return (size_t)snprintf(out, CA_PROFILE_MAX, PROFILE_FORMAT, method);
}

static bool read_profile(struct ca *ca)
{
    char path[FILES_PATH_MAX];
    uint8_t text[CA_PROFILE_MAX];
    char expected[CA_PROFILE_MAX];
    size_t len;
    if (!files_path(path, ca->dir, CA_PROFILE) || !files_read(path, text, sizeof text, &len)) {
        return false;
    }
    for (ca->method = 0; ca->method <= 3; ca->method += 3) {
        if (len == ca_profile(ca->method, expected) && memcmp(text, expected, len) == 0) {
            return true;
        }
    }
    tool_fail("%s: is not the profile of a troth CA: put the right file back", path);
    return false;
}

static bool is_self_signed_root(struct ca *ca, const char *path)
{
    const struct troth_cert *root = &ca->root.first;
    uint8_t key[64];
    bool fits = ca->root.count == 1 && root->issuer.len == 0 && root->path_len != TROTH_NOT_A_CA &&
                (root->key_usage & TROTH_USE_CERT_SIGN) != 0 && troth_cert_key(root, key) == TROTH_OK &&
                ca_signed_by(&ca->signer.port, root, key);
    if (!fits) {
        tool_fail("%s: is not a root's certificate: put the right file back", path);
    }
    return fits;
}

static bool is_under_root(struct ca *ca, const char *path)
{
    const struct troth_cert *own = &ca->own.first;
    uint8_t key[64];
    bool fits = ca->own.count == 1 && span_equal(own->issuer, ca->root.first.subject) &&
                own->path_len != TROTH_NOT_A_CA && (own->key_usage & TROTH_USE_CERT_SIGN) != 0 &&
                troth_cert_key(&ca->root.first, key) == TROTH_OK && ca_signed_by(&ca->signer.port, own, key);
    if (!fits) {
        tool_fail("%s: is not an issuing CA's certificate under the %s beside it: put the right files back", path,
                  CA_ROOT);
    }
    return fits;
}

/* The root's certificate, one's own where there is one, and whether the key belongs to it. */
static bool read_certificates(struct ca *ca)
{
    char path[FILES_PATH_MAX];
    uint8_t key[64];
    if (!files_path(path, ca->dir, CA_ROOT) || !ca_item_read(&ca->root, path) || !is_self_signed_root(ca, path)) {
        return false;
    }
    if (!files_path(path, ca->dir, CA_OWN)) {
        return false;
    }
    FILE *own = fopen(path, "rb");
    ca->is_root = own == NULL;
    if (own != NULL) {
        fclose(own);
        if (!ca_item_read(&ca->own, path) || !is_under_root(ca, path)) {
            return false;
        }
    } else if (!files_path(path, ca->dir, CA_ROOT) || !ca_item_read(&ca->own, path)) {
        return false;
    }
    if (troth_cert_key(&ca->own.first, key) != TROTH_OK || memcmp(key, ca->signer.public_key, 64) != 0) {
        tool_fail("%s/%s: is not the key of %s: put the right file back", ca->dir, CA_KEY, path);
        return false;
    }
    troth_cert_name(ca->own.first.subject, ca->name, sizeof ca->name);
    return true;
}

bool ca_open(struct ca *ca, const char *dir)
{
    char path[FILES_PATH_MAX];
    memset(ca, 0, sizeof *ca);
    ca->dir = dir;
    if (!read_profile(ca) || !files_path(path, dir, CA_KEY)) {
        return false;
    }
    EVP_PKEY *key = keys_read_private(path);
    if (key == NULL || !ca_signer_open(&ca->signer, key)) {
        return false;
    }
    if (!read_certificates(ca)) {
        ca_close(ca);
        return false;
    }
    return true;
}

void ca_close(struct ca *ca)
{
    ca_signer_close(&ca->signer);
}

/* 8 random bytes, the first not 0, that the ledger does not hold. */
static bool draw_serial(const struct ledger *ledger, uint8_t serial[TROTH_CERT_SERIAL], char hex[LEDGER_SERIAL_LEN])
{
    do {
        if (RAND_bytes(serial, TROTH_CERT_SERIAL) != 1) {
            tool_fail("OpenSSL cannot make random numbers");
            return false;
        }
        hex_write(serial, TROTH_CERT_SERIAL, hex);
    } while (serial[0] == 0 || (ledger != NULL && ledger_serial(ledger, hex) != NULL));
    return true;
}

size_t ca_certify(const struct ca_signer *signer, struct troth_cert_content content, const struct ledger *ledger,
                  uint8_t out[TROTH_CERT_MAX], char serial_hex[LEDGER_SERIAL_LEN])
{
    uint8_t serial[TROTH_CERT_SERIAL];
    uint8_t hash[32];
    uint8_t signature[64];
    if (!draw_serial(ledger, serial, serial_hex)) {
        return 0;
    }
    content.serial = span(serial, sizeof serial);
    content.not_after = TROTH_NO_END;
    int tbs_len = troth_cert_write_tbs(&content, out, TROTH_CERT_MAX);
    const struct troth_span tbs = span(out, tbs_len > 0 ? (size_t)tbs_len : 0);
    const struct troth_port *port = &signer->port;
    if (tbs_len < 0 || port->call->sha256(port->ctx, &tbs, 1, hash) != TROTH_OK ||
        port->call->sign(port->ctx, hash, signature) != TROTH_OK) {
        tool_fail("the certificate could not be made");
        return 0;
    }
    int len = troth_cert_append_signature(out, TROTH_CERT_MAX, (size_t)tbs_len, signature);
    if (len < 0) {
        tool_fail("the certificate would be longer than %d bytes: choose shorter names", TROTH_CERT_MAX);
        return 0;
    }
    return (size_t)len;
}

size_t ca_item_write(struct troth_span first, struct troth_span second, uint8_t out[CA_ITEM_MAX])
{
    struct cbor_writer writer = cbor_write(out, CA_ITEM_MAX);
    if (second.len > 0) {
        cbor_put_head(&writer, CBOR_ARRAY, 2);
    }
    cbor_put_bytes(&writer, first.data, first.len);
    if (second.len > 0) {
        cbor_put_bytes(&writer, second.data, second.len);
    }
    return cbor_written(&writer);
}

bool ca_name_fits(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (name[i] < 0x20 || name[i] > 0x7e) {
            return false;
        }
    }
    return len >= 1 && len <= CA_NAME_MAX && name[0] != ' ' && name[len - 1] != ' ';
}

bool ca_epoch_now(uint32_t last, uint32_t *epoch)
{
    time_t now = time(NULL);
    *epoch = now > 0 && now <= UINT32_MAX ? (uint32_t)now : 0;
    if (*epoch >= last && *epoch != 0) {
        return true;
    }
    tool_fail("the clock of this computer is behind the last certificate (epoch %lu): set it, or give --epoch",
              (unsigned long)last);
    return false;
}
