/* tool/ca_init: new certification authorities: roots, and issuing CAs under them. */
#include "tool/ca.h"

#include "tool/tool.h"

#include <openssl/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_PATH_LEN    1 /* one issuing CA may stand between the root and a device */
#define ISSUING_PATH_LEN 0
#define NAME_ENCODED_MAX (CA_NAME_MAX + 2)

/* 04, X, Y or 02 or 03, X; a struct for the sake of its lifetime. */
struct point {
    uint8_t bytes[65];
};

static struct troth_span whole_point(const uint8_t public_key[64], struct point *point)
{
    point->bytes[0] = 4;
    memcpy(point->bytes + 1, public_key, 64);
    return span(point->bytes, 65);
}

static struct troth_span compressed_point(const uint8_t public_key[64], struct point *point)
{
    point->bytes[0] = (uint8_t)(2 + (public_key[63] & 1));
    memcpy(point->bytes + 1, public_key, 32);
    return span(point->bytes, 33);
}

/* What every CA's folder holds, but for its certificates. */
static bool stage_common(const struct files_stage *stage, const struct ca_signer *signer, unsigned method)
{
    uint8_t pem[KEYS_FILE_MAX];
    char profile[CA_PROFILE_MAX];
    size_t pem_len = 0;
    size_t profile_len = ca_profile(method, profile);
    bool good = files_stage_begin(stage, FILES_PRIVATE) && keys_write_private(signer->key, pem, &pem_len) &&
                files_stage_add(stage, CA_KEY, pem, pem_len, 0600) &&
                files_stage_add(stage, CA_PROFILE, profile, profile_len, 0644) &&
                files_stage_add(stage, LEDGER_NAME, LEDGER_HEADER, strlen(LEDGER_HEADER), 0644) &&
                files_stage_add_folder(stage, CA_DEVICES);
    OPENSSL_cleanse(pem, sizeof pem);
    return good;
}

static bool stage_root(const struct files_stage *stage, const struct ca_signer *signer, const char *name,
                       unsigned method)
{
    uint8_t subject[NAME_ENCODED_MAX];
    uint8_t sequence[TROTH_CERT_MAX];
    uint8_t item[CA_ITEM_MAX];
    char serial[LEDGER_SERIAL_LEN];
    struct point point;
    struct troth_cert_content content = {.key_usage = TROTH_USE_CERT_SIGN, .path_len = ROOT_PATH_LEN};
    int subject_len = troth_cert_write_name(name, subject, sizeof subject);
    if (subject_len < 0 || !ca_epoch_now(0, &content.not_before)) {
        return false;
    }
    content.subject = span(subject, (size_t)subject_len);
    content.public_key = whole_point(signer->public_key, &point);
    size_t len = ca_certify(signer, content, NULL, sequence, serial);
    if (len == 0) {
        return false;
    }
    size_t item_len = ca_item_write(span(sequence, len), span(NULL, 0), item);
    return stage_common(stage, signer, method) && files_stage_add(stage, CA_ROOT, item, item_len, 0644);
}

int ca_init_root(const char *dir, const char *name, unsigned method)
{
    struct ca_signer signer;
    struct files_stage stage = {0};
    if (!ca_signer_open(&signer, keys_generate())) {
        return EXIT_FAILURE;
    }
    bool done = files_stage_name(&stage, dir, signer.tag) && files_stage_is_free(&stage);
    if (done) {
        done = stage_root(&stage, &signer, name, method) && files_stage_finish(&stage);
        if (!done) {
            files_stage_drop(&stage);
        }
    }
    ca_signer_close(&signer);
    if (!done) {
        return EXIT_FAILURE;
    }
    tool_say("made the root \"%s\" in %s: its devices %s (method %u)", name, stage.target,
             method == 0 ? "sign" : "agree", method);
    return EXIT_SUCCESS;
}

/* ---- Issuing CAs ---- */

/* Makes the certificate and everything else of the new folder; *entry becomes the line of the root's ledger. */
static bool stage_issuing(const struct files_stage *stage, const struct ca *root, const struct ledger *ledger,
                          const char *name, struct ledger_entry *entry)
{
    uint8_t subject[NAME_ENCODED_MAX];
    uint8_t sequence[TROTH_CERT_MAX];
    uint8_t item[CA_ITEM_MAX];
    struct point point;
    struct ca_signer signer;
    struct troth_cert_content content = {.key_usage = TROTH_USE_CERT_SIGN, .path_len = ISSUING_PATH_LEN};
    int subject_len = troth_cert_write_name(name, subject, sizeof subject);
    if (subject_len < 0 || !ca_epoch_now(ledger_epoch(ledger), &content.not_before)) {
        return false;
    }
    if (!ca_signer_open(&signer, keys_generate())) {
        return false;
    }
    content.issuer = root->own.first.subject;
    content.subject = span(subject, (size_t)subject_len);
    content.public_key = compressed_point(signer.public_key, &point);
    size_t len = ca_certify(&root->signer, content, ledger, sequence, entry->serial);
    bool good = false;
    if (len > 0) {
        size_t item_len = ca_item_write(span(sequence, len), span(NULL, 0), item);
        good = stage_common(stage, &signer, root->method) &&
               files_stage_add(stage, CA_ROOT, root->root.bytes, root->root.len, 0644) &&
               files_stage_add(stage, CA_OWN, item, item_len, 0644);
        memcpy(entry->key, signer.id, sizeof entry->key);
        entry->epoch = content.not_before;
    }
    ca_signer_close(&signer);
    return good;
}

/* May this root have an issuing CA of this name and method? */
static bool root_fits(const struct ca *root, const char *name, const unsigned *method)
{
    if (!root->is_root || root->root.first.path_len == 0) {
        tool_fail("%s: is no root: give the folder of the root itself with --under", root->dir);
        return false;
    }
    if (strcmp(name, root->name) == 0) {
        tool_fail("\"%s\" is the name of the root: choose another with --name", name);
        return false;
    }
    if (method != NULL && *method != root->method) {
        tool_fail("the family of %s uses method %u: one family has one method, leave --method out", root->dir,
                  root->method);
        return false;
    }
    return true;
}

static int init_under(const struct ca *root, struct ledger *ledger, const char *dir, const char *name)
{
    struct files_stage stage = {0};
    struct ledger_entry entry = {0};
    if (!files_stage_name(&stage, dir, root->signer.tag)) {
        return EXIT_FAILURE;
    }
    snprintf(entry.holder, sizeof entry.holder, LEDGER_CA_PREFIX "%s", name);
    const struct ledger_entry *earlier = ledger_holder(ledger, entry.holder);
    if (earlier != NULL) {
        return ca_resume(&stage, earlier);
    }
    if (!files_stage_is_free(&stage)) {
        return EXIT_FAILURE;
    }
    if (!stage_issuing(&stage, root, ledger, name, &entry)) {
        files_stage_drop(&stage);
        return EXIT_FAILURE;
    }
    int result = ca_commit(&stage, ledger, &entry);
    if (result == EXIT_SUCCESS) {
        tool_say("made the issuing CA \"%s\" in %s under the root \"%s\" (method %u)", name, stage.target, root->name,
                 root->method);
    }
    return result;
}

int ca_init_under(const char *dir, const char *root_dir, const char *name, const unsigned *method)
{
    struct ca root;
    struct ledger ledger;
    int result = EXIT_FAILURE;
    if (!ca_open(&root, root_dir)) {
        return EXIT_FAILURE;
    }
    if (root_fits(&root, name, method) && ledger_open(&ledger, root_dir)) {
        result = init_under(&root, &ledger, dir, name);
        ledger_close(&ledger);
    }
    ca_close(&root);
    return result;
}
