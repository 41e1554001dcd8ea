/* tool/identity: who a device is. */
#include "tool/identity.h"

#include "tool/tool.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <string.h>

void identity_name(struct troth_span sequence, char name[CA_NAME_LEN])
{
    struct troth_cert cert;
    if (troth_cert_read(sequence, &cert) == TROTH_OK) {
        troth_cert_name(cert.subject, name, CA_NAME_LEN);
    } else {
        snprintf(name, CA_NAME_LEN, "?");
    }
}

void identity_configure(const struct identity *identity, struct troth_config *config)
{
    uint16_t usage = identity->certificate.first.key_usage;
    config->auth = usage == TROTH_USE_AGREE ? &troth_edhoc_static_dh : &troth_edhoc_signature;
    config->certs = (struct troth_cert_rules){
        .root = {identity->root.bytes, identity->root.len},
        .own = {identity->certificate.bytes, identity->certificate.len},
        .key_usage = usage,
    };
}

/* Does the certificate lead to the root, and belong to a device? */
static bool is_under_root(const struct identity *identity, const char *dir)
{
    static const uint8_t no_store_key[32];
    struct troth_openssl state;
    const struct troth_port port = {&troth_openssl, &state};
    struct troth_config config = {0};
    struct troth_cert_check check = {0};
    struct troth_cert device;
    identity_configure(identity, &config);
    const struct troth_span item = config.certs.own;
    config.certs.own = (struct troth_span){NULL, 0};
    int result = troth_openssl_open(&state, NULL, no_store_key);
    if (result != TROTH_OK) {
        tool_fail("OpenSSL does not work: check how it is installed");
        return false;
    }
    do {
        result = troth_cert_verify(&port, &config.certs, item, &check, &device);
    } while (result == TROTH_AGAIN);
    troth_openssl_close(&state);
    if (result != TROTH_OK) {
        tool_fail("%s/" CA_OWN ": is not a device's certificate under the " CA_ROOT
                  " beside it: put the right files back",
                  dir);
    }
    return result == TROTH_OK;
}

static bool is_key_of(const struct identity *identity, const char *dir)
{
    uint8_t own[64];
    uint8_t certified[64];
    bool good = troth_openssl_public_key(identity->key, own) == TROTH_OK &&
                troth_cert_key(&identity->certificate.first, certified) == TROTH_OK &&
                memcmp(own, certified, sizeof own) == 0;
    if (!good) {
        tool_fail("%s/" CA_KEY ": is not the key of the " CA_OWN " beside it: put the right file back", dir);
    }
    return good;
}

bool identity_load(struct identity *identity, const char *dir)
{
    char certificate[FILES_PATH_MAX];
    char root[FILES_PATH_MAX];
    char key[FILES_PATH_MAX];
    identity->key = NULL;
    if (!files_path(certificate, dir, CA_OWN) || !files_path(root, dir, CA_ROOT) || !files_path(key, dir, CA_KEY)) {
        return false;
    }
    if (!ca_item_read(&identity->certificate, certificate) || !ca_item_read(&identity->root, root) ||
        !is_under_root(identity, dir)) {
        return false;
    }
    identity->key = keys_read_private(key);
    if (identity->key == NULL || !is_key_of(identity, dir)) {
        identity_free(identity);
        return false;
    }
    troth_cert_name(identity->certificate.first.subject, identity->serial, sizeof identity->serial);
    return true;
}

void identity_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    OPENSSL_cleanse(identity, sizeof *identity);
}
