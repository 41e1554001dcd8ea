/* tool/inspect_cert: C509 certificates, field by field, for `troth inspect`. */
#define _POSIX_C_SOURCE 200809L
#include "tool/inspect.h"

#include <troth/cert.h>

#include "port/openssl/openssl.h"
#include "src/cbor.h"
#include "tool/ca.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ITEMS          11
#define ITEM_PARTS_MAX 32
#define ARRAY_HEAD     0x8b
#define NOTE_LEN       128

/* A certificate's 11 items, in their encoded form. */
struct items {
    struct troth_span at[ITEMS];
};

/* Exactly 11 items, the second a byte string: no other sequence that we know begins so. */
static bool split_items(struct troth_span sequence, struct items *items)
{
    struct cbor_reader reader = cbor_read(sequence.data, sequence.len);
    for (unsigned i = 0; i < ITEMS; i++) {
        if (i == 1 && cbor_peek(&reader) != CBOR_BYTES) {
            return false;
        }
        items->at[i] = cbor_skip(&reader, ITEM_PARTS_MAX);
    }
    return cbor_done(&reader);
}

enum form { BARE, ARRAY, COSE_C509 };

struct found {
    enum form form;
    int count;
    struct troth_span sequence[2];
};

/* The certificates in any of the three forms; false where it is none of them. */
static bool find(struct troth_span bytes, struct found *found)
{
    struct items items;
    found->form = COSE_C509;
    found->count = troth_cert_split(bytes, found->sequence);
    if (found->count < 1) {
        size_t head = bytes.len > 0 && bytes.data[0] == ARRAY_HEAD;
        found->form = head == 1 ? ARRAY : BARE;
        found->count = 1;
        found->sequence[0] = span(bytes.data + head, bytes.len - head);
    }
    return split_items(found->sequence[0], &items);
}

static bool recognise(struct troth_span bytes)
{
    struct found found;
    return find(bytes, &found);
}

static cJSON *name_value(struct troth_span name)
{
    char text[2 * TROTH_CERT_MAX];
    troth_cert_name(name, text, sizeof text);
    return cJSON_CreateString(text);
}

static void utc(uint32_t seconds, char out[NOTE_LEN])
{
    time_t time = (time_t)seconds;
    struct tm fields;
    if (gmtime_r(&time, &fields) == NULL || strftime(out, NOTE_LEN, "%Y-%m-%d %H:%M:%S UTC", &fields) == 0) {
        out[0] = 0;
    }
}

static void key_usage_words(uint16_t usage, char out[NOTE_LEN])
{
    static const char *const bit[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                      "dataEncipherment", "keyAgreement",   "keyCertSign",
                                      "cRLSign",          "encipherOnly",   "decipherOnly"};
    size_t len = 0;
    out[0] = 0;
    for (unsigned i = 0; i < sizeof bit / sizeof *bit; i++) {
        if ((usage >> i & 1) != 0) {
            len += (size_t)snprintf(out + len, NOTE_LEN - len, "%s%s", len > 0 ? ", " : "", bit[i]);
        }
    }
}

static void describe_extensions(cJSON *parent, const struct troth_cert *cert, size_t bytes)
{
    char words[NOTE_LEN];
    cJSON *part = inspect_part(parent, "extensions", bytes, cJSON_CreateObject(), NULL);
    cJSON *value = cJSON_GetObjectItemCaseSensitive(part, "value");
    key_usage_words(cert->key_usage, words);
    cJSON_AddNumberToObject(value, "keyUsage", cert->key_usage);
    if (cert->path_len >= 0) {
        cJSON_AddNumberToObject(value, "pathLenConstraint", cert->path_len);
    }
    cJSON_AddBoolToObject(value, "cA", cert->path_len != TROTH_NOT_A_CA);
    if (cert->has_unknown) {
        cJSON_AddBoolToObject(value, "unknownCritical", true);
    }
    cJSON_AddStringToObject(part, "note", words);
}

static void describe_validity(cJSON *parent, const struct troth_cert *cert, const struct items *items)
{
    char words[NOTE_LEN];
    utc(cert->not_before, words);
    inspect_part(parent, "validityNotBefore (epoch)", items->at[4].len, cJSON_CreateNumber(cert->not_before), words);
    if (cert->not_after == TROTH_NO_END) {
        inspect_part(parent, "validityNotAfter", items->at[5].len, cJSON_CreateNull(), "no end");
        return;
    }
    utc(cert->not_after, words);
    inspect_part(parent, "validityNotAfter", items->at[5].len, cJSON_CreateNumber(cert->not_after), words);
}

static void describe_fields(cJSON *parent, const struct troth_cert *cert, const struct items *items)
{
    const struct troth_span *at = items->at;
    static const char *const forms[] = {"compressed, y even", "compressed, y odd", "uncompressed"};
    inspect_part(parent, "c509CertificateType", at[0].len, cJSON_CreateNumber(2), "natively signed");
    inspect_part(parent, "certificateSerialNumber", at[1].len, inspect_hex(cert->serial), NULL);
    inspect_part(parent, "issuerSignatureAlgorithm", at[2].len, cJSON_CreateNumber(0), "ECDSA with SHA-256");
    if (cert->issuer.len == 0) {
        inspect_part(parent, "issuer", at[3].len, cJSON_CreateNull(), "the subject itself");
    } else {
        inspect_part(parent, "issuer", at[3].len, name_value(cert->issuer), NULL);
    }
    describe_validity(parent, cert, items);
    inspect_part(parent, "subject", at[6].len, name_value(cert->subject), NULL);
    inspect_part(parent, "subjectPublicKeyAlgorithm", at[7].len, cJSON_CreateNumber(1), "EC, P-256");
    inspect_part(parent, "subjectPublicKey", at[8].len, inspect_hex(cert->public_key),
                 forms[cert->public_key.data[0] - 2]);
    describe_extensions(parent, cert, at[9].len);
    inspect_part(parent, "issuerSignatureValue", at[10].len, inspect_hex(cert->signature), NULL);
}

void inspect_certificate_fields(cJSON *parent, struct troth_span sequence)
{
    struct items items;
    struct troth_cert cert;
    if (split_items(sequence, &items) && troth_cert_read(sequence, &cert) == TROTH_OK) {
        describe_fields(parent, &cert, &items);
    }
}

/* ---- Signatures ---- */

static bool is_signed_by(const struct troth_cert *cert, const struct troth_cert *issuer)
{
    static const uint8_t no_store_key[32];
    struct troth_openssl state;
    uint8_t key[64];
    if (troth_cert_key(issuer, key) != TROTH_OK || troth_openssl_open(&state, NULL, no_store_key) != TROTH_OK) {
        return false;
    }
    const struct troth_port port = {&troth_openssl, &state};
    bool good = ca_signed_by(&port, cert, key);
    troth_openssl_close(&state);
    return good;
}

/* Each certificate by the one above it, which must be a CA's, and the last by the root, which may be its own. */
static bool chain_holds(const struct troth_cert *cert, int count, const struct troth_cert *root)
{
    for (int i = 0; i < count; i++) {
        const struct troth_cert *issuer = i + 1 < count ? &cert[i + 1] : root;
        struct troth_span issuer_name = cert[i].issuer.len == 0 ? cert[i].subject : cert[i].issuer;
        bool is_issuer = issuer->path_len != TROTH_NOT_A_CA && (issuer->key_usage & TROTH_USE_CERT_SIGN) != 0;
        if (!is_issuer || !span_equal(issuer_name, issuer->subject) || !is_signed_by(&cert[i], issuer)) {
            return false;
        }
    }
    return true;
}

static int check_chain(const struct troth_cert *cert, int count, const struct inspect_options *options, cJSON *report)
{
    struct ca_item root;
    char words[NOTE_LEN];
    char name[CA_NAME_LEN];
    if (!ca_item_read(&root, options->root)) {
        return EXIT_FAILURE;
    }
    if (root.count != 1 || root.first.issuer.len != 0) {
        return tool_fail("%s: is no root's certificate: give root.c509", options->root);
    }
    troth_cert_name(root.first.subject, name, sizeof name);
    bool holds = chain_holds(cert, count, &root.first);
    snprintf(words, sizeof words, "%s under the root \"%s\"", holds ? "good" : "does not verify", name);
    inspect_verdict(report, "signature", holds, words);
    return holds ? EXIT_SUCCESS : tool_fail("%s: is not signed under %s", options->path, options->root);
}

/* ---- The whole ---- */

static void describe_certificate(cJSON *report, const struct found *found, int index, const struct troth_cert *cert)
{
    struct troth_span sequence = found->sequence[index];
    size_t head = sequence.len < 24 ? 1 : 2;
    struct items items;
    cJSON *parent = report;
    split_items(sequence, &items);
    if (found->form == COSE_C509) {
        const char *what = cert->path_len == TROTH_NOT_A_CA ? "device certificate" : "CA certificate";
        parent = inspect_part(report, what, head + sequence.len, NULL, NULL);
        inspect_part(parent, "byte string head", head, NULL, NULL);
    }
    describe_fields(parent, cert, &items);
}

static int refuse(const char *path, uint8_t first)
{
    if (first == 2) {
        return tool_fail("%s: is a damaged certificate, or one outside the profile: only those of troth ca will do",
                         path);
    }
    return tool_fail("%s: is not natively signed (c509CertificateType 2): troth takes no other type", path);
}

static int describe(struct troth_span bytes, const struct inspect_options *options, cJSON *report)
{
    struct found found;
    struct troth_cert cert[2];
    find(bytes, &found);
    for (int i = 0; i < found.count; i++) {
        if (troth_cert_read(found.sequence[i], &cert[i]) != TROTH_OK) {
            return refuse(options->path, found.sequence[i].data[0]);
        }
    }
    if (found.form == ARRAY || found.count == 2) {
        inspect_part(report, "array head", 1, NULL, NULL);
    }
    for (int i = 0; i < found.count; i++) {
        describe_certificate(report, &found, i, &cert[i]);
    }
    return options->root == NULL ? EXIT_SUCCESS : check_chain(cert, found.count, options, report);
}

const struct inspect_kind inspect_certificate = {"certificate", recognise, describe};
