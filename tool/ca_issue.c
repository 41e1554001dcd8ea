/* tool/ca_issue: device certificates. */
#include "tool/ca.h"

#include "tool/tool.h"

#include <errno.h>
#include <openssl/crypto.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SUBJECT_MAX (CA_NAME_MAX + 2)

/* What is at hand while one certificate is issued. */
struct job {
    const struct ca_order *order;
    const struct ca *ca;
    struct ledger *ledger;
    struct files_stage stage;
    EVP_PKEY *made;         /* NULL: the key came from outside */
    uint8_t public_key[64]; /* empty until a made key is there */
    struct ledger_entry entry;
};

/* A serial number of a device is a file name, a column of the ledger and a word on a label. */
static bool serial_fits(const char *serial)
{
    size_t len = strlen(serial);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)serial[i]) && strchr("-_.:", serial[i]) == NULL) {
            return false;
        }
    }
    return len >= 1 && len <= CA_NAME_MAX && isalnum((unsigned char)serial[0]);
}

/* One key, one certificate: in this ledger, and beside the CA's own. */
static bool key_is_new(const struct job *job)
{
    uint8_t root_key[64];
    const struct ledger_entry *earlier = ledger_key(job->ledger, job->entry.key);
    if (earlier != NULL) {
        tool_fail("this key has certificate %s of \"%s\" already: one key gets one certificate, make another key",
                  earlier->serial, earlier->holder);
        return false;
    }
    bool is_root_key = troth_cert_key(&job->ca->root.first, root_key) == TROTH_OK &&
                       memcmp(root_key, job->public_key, sizeof root_key) == 0;
    if (is_root_key || memcmp(job->ca->signer.public_key, job->public_key, 64) == 0) {
        tool_fail("this is the key of a CA: a device needs a key of its own");
        return false;
    }
    return true;
}

static bool take_key(struct job *job)
{
    if (job->order->pubkey == NULL) {
        job->made = keys_generate();
        if (job->made == NULL || troth_openssl_public_key(job->made, job->public_key) != TROTH_OK) {
            return false;
        }
    } else if (!keys_read_public(job->order->pubkey, job->public_key)) {
        return false;
    }
    return keys_id(job->public_key, job->entry.key);
}

/* The certificate's item, with the issuing CA's behind it; its length, or 0. */
static size_t make_item(struct job *job, uint8_t item[CA_ITEM_MAX])
{
    const struct ca *ca = job->ca;
    uint8_t subject[SUBJECT_MAX];
    uint8_t sequence[TROTH_CERT_MAX];
    uint8_t point[33];
    int subject_len = troth_cert_write_name(job->entry.holder, subject, sizeof subject);
    if (subject_len < 0) {
        return 0;
    }
    point[0] = (uint8_t)(2 + (job->public_key[63] & 1));
    memcpy(point + 1, job->public_key, 32);
    const struct troth_cert_content content = {
        .issuer = ca->own.first.subject,
        .subject = span(subject, (size_t)subject_len),
        .public_key = span(point, sizeof point),
        .not_before = job->entry.epoch,
        .key_usage = ca_device_usage(ca->method),
        .path_len = TROTH_NOT_A_CA,
    };
    size_t len = ca_certify(&ca->signer, content, job->ledger, sequence, job->entry.serial);
    const struct troth_span above = ca->is_root ? span(NULL, 0) : ca->own.sequence[0];
    return len == 0 ? 0 : ca_item_write(span(sequence, len), above, item);
}

/* What a device will say when it meets this certificate. */
static bool device_accepts(const struct job *job, struct troth_span item)
{
    const struct troth_cert_rules rules = {
        .root = span(job->ca->root.bytes, job->ca->root.len),
        .floor = job->entry.epoch,
        .key_usage = ca_device_usage(job->ca->method),
    };
    struct troth_cert_check check = {0};
    struct troth_cert device;
    int result;
    do {
        result = troth_cert_verify(&job->ca->signer.port, &rules, item, &check, &device);
    } while (result == TROTH_AGAIN);
    if (result != TROTH_OK || memcmp(check.key, job->public_key, sizeof check.key) != 0) {
        tool_fail("%s: devices would refuse its certificates: check the files in it", job->ca->dir);
        return false;
    }
    return true;
}

static bool stage_device(struct job *job)
{
    uint8_t item[CA_ITEM_MAX];
    uint8_t pem[KEYS_FILE_MAX];
    size_t pem_len = 0;
    size_t item_len = make_item(job, item);
    if (item_len == 0 || !device_accepts(job, span(item, item_len)) ||
        !files_stage_begin(&job->stage, job->made != NULL ? FILES_PRIVATE : FILES_PUBLIC)) {
        return false;
    }
    bool good = files_stage_add(&job->stage, CA_OWN, item, item_len, 0644) &&
                files_stage_add(&job->stage, CA_ROOT, job->ca->root.bytes, job->ca->root.len, 0644);
    if (good && job->made != NULL) {
        good = keys_write_private(job->made, pem, &pem_len) && files_stage_add(&job->stage, CA_KEY, pem, pem_len, 0600);
        OPENSSL_cleanse(pem, sizeof pem);
    }
    return good;
}

/* The place of the certificate: DEVDIR, or DIR/devices/SERIAL. */
static bool name_stage(struct job *job)
{
    char devices[FILES_PATH_MAX];
    char target[FILES_PATH_MAX];
    if (job->order->out != NULL) {
        return files_stage_name(&job->stage, job->order->out, job->ca->signer.tag);
    }
    if (!files_path(devices, job->ca->dir, CA_DEVICES) || !files_path(target, devices, job->order->serial)) {
        return false;
    }
    if (mkdir(devices, FILES_PUBLIC) != 0 && errno != EEXIST) {
        tool_fail("%s: cannot be made: %s", devices, strerror(errno));
        return false;
    }
    return files_stage_name(&job->stage, target, job->ca->signer.tag);
}

static bool choose_epoch(struct job *job)
{
    if (job->order->epoch != NULL) {
        job->entry.epoch = *job->order->epoch;
        return true;
    }
    return ca_epoch_now(ledger_epoch(job->ledger), &job->entry.epoch);
}

/* An entry for this serial number is there: it may be this very order, cut short. A key from outside must then be the
 * one of the entry. */
static int issue_again(struct job *job, const struct ledger_entry *earlier)
{
    if (job->order->pubkey != NULL) {
        if (!take_key(job)) {
            return EXIT_FAILURE;
        }
        if (strcmp(job->entry.key, earlier->key) != 0) {
            return tool_fail("\"%s\" has certificate %s for another key already: choose another serial number",
                             earlier->holder, earlier->serial);
        }
    }
    return ca_resume(&job->stage, earlier);
}

static int issue(struct job *job)
{
    if (!name_stage(job)) {
        return EXIT_FAILURE;
    }
    snprintf(job->entry.holder, sizeof job->entry.holder, "%s", job->order->serial);
    const struct ledger_entry *earlier = ledger_holder(job->ledger, job->entry.holder);
    if (earlier != NULL) {
        return issue_again(job, earlier);
    }
    if (!take_key(job) || !key_is_new(job) || !files_stage_is_free(&job->stage) || !choose_epoch(job)) {
        return EXIT_FAILURE;
    }
    if (!stage_device(job)) {
        files_stage_drop(&job->stage);
        return EXIT_FAILURE;
    }
    int result = ca_commit(&job->stage, job->ledger, &job->entry);
    if (result == EXIT_SUCCESS) {
        tool_say("issued certificate %s for \"%s\" (epoch %lu)", job->entry.serial, job->entry.holder,
                 (unsigned long)job->entry.epoch);
    }
    return result;
}

int ca_issue(const struct ca_order *order)
{
    struct ca ca;
    struct ledger ledger;
    if (!serial_fits(order->serial)) {
        return tool_misused(
            "ca issue: a serial number has 1 to %d letters, digits or -_.: and begins with a letter or digit",
            CA_NAME_MAX);
    }
    if (!ca_open(&ca, order->dir)) {
        return EXIT_FAILURE;
    }
    int result = EXIT_FAILURE;
    if (ledger_open(&ledger, order->dir)) {
        struct job job = {.order = order, .ca = &ca, .ledger = &ledger};
        result = issue(&job);
        if (result == EXIT_SUCCESS) {
            puts(job.stage.target);
        }
        EVP_PKEY_free(job.made);
        ledger_close(&ledger);
    }
    ca_close(&ca);
    return result;
}
