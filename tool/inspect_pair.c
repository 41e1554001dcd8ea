/* tool/inspect_pair: pairing records (pair.0 and pair.1 of a device), for `troth inspect`. */
#include "tool/inspect.h"

#include "tool/device_store.h"
#include "tool/files.h"
#include "tool/identity.h"
#include "tool/pair_record.h"
#include "tool/tool.h"

#include <openssl/crypto.h>

#include <stdlib.h>

static bool holds_certificates(const struct pair_record *record)
{
    const struct pair_pin *const pins[2] = {&record->active, &record->pending};
    struct troth_cert cert;
    for (int i = 0; i < 2; i++) {
        if (pins[i]->cert.len > 0 && troth_cert_read(pins[i]->cert, &cert) != TROTH_OK) {
            return false;
        }
    }
    return true;
}

static bool recognise(struct troth_span bytes)
{
    struct pair_record record;
    return pair_record_read(bytes, &record) && holds_certificates(&record);
}

static void describe_kid(cJSON *report, const char *name, uint8_t kid)
{
    inspect_part(report, name, 1, cJSON_CreateNumber(kid), NULL);
}

static void describe_pin(cJSON *report, const char *name, const struct pair_pin *pin)
{
    char serial[CA_NAME_LEN];
    if (pin->cert.len == 0) {
        inspect_part(report, name, 0, cJSON_CreateNull(), "nobody");
        return;
    }
    identity_name(pin->cert, serial);
    inspect_certificate_fields(inspect_part(report, name, pin->cert.len, NULL, serial), pin->cert);
}

static bool read_store_key(const char *path, uint8_t key[STORE_KEY_LEN])
{
    size_t len;
    if (!files_read(path, key, STORE_KEY_LEN, &len)) {
        return false;
    }
    if (len != STORE_KEY_LEN) {
        tool_fail("%s: has %zu bytes and not %d: give the " STORE_KEY_NAME " of the device", path, len, STORE_KEY_LEN);
    }
    return len == STORE_KEY_LEN;
}

static void describe_record(cJSON *report, const struct pair_record *record, const char *mac_note)
{
    inspect_part(report, "version", 1, cJSON_CreateNumber(PAIR_RECORD_VERSION), NULL);
    inspect_part(report, "reserved", 1, NULL, NULL);
    inspect_part(report, "length", 2, cJSON_CreateNumber((double)record->body.len), "without the HMAC");
    inspect_part(report, "generation", 4, cJSON_CreateNumber(record->generation),
                 "of two records the higher is in force");
    describe_kid(report, "active: this device's kid", record->active.own_kid);
    describe_kid(report, "active: the peer's kid", record->active.peer_kid);
    describe_kid(report, "pending: this device's kid", record->pending.own_kid);
    describe_kid(report, "pending: the peer's kid", record->pending.peer_kid);
    inspect_part(report, "length of the active certificate", 1, cJSON_CreateNumber((double)record->active.cert.len),
                 NULL);
    inspect_part(report, "length of the pending one", 1, cJSON_CreateNumber((double)record->pending.cert.len), NULL);
    inspect_part(report, "reserved", 2, NULL, NULL);
    describe_pin(report, "active peer", &record->active);
    describe_pin(report, "pending peer", &record->pending);
    inspect_part(report, "HMAC-SHA-256", record->mac.len, inspect_hex(record->mac), mac_note);
}

static int describe(struct troth_span bytes, const struct inspect_options *options, cJSON *report)
{
    struct pair_record record;
    uint8_t key[STORE_KEY_LEN];
    pair_record_read(bytes, &record);
    if (options->store_key == NULL) {
        describe_record(report, &record, "not checked: that takes the device's " STORE_KEY_NAME ", with --store-key");
        return EXIT_SUCCESS;
    }
    if (!read_store_key(options->store_key, key)) {
        return EXIT_FAILURE;
    }
    describe_record(report, &record, NULL);
    bool good = pair_record_is_of(&record, key);
    OPENSSL_cleanse(key, sizeof key);
    inspect_verdict(report, "HMAC", good, good ? "good: written by the device with this key" : "does not verify");
    return good ? EXIT_SUCCESS
                : tool_fail("%s: was not written by the device with %s, or was changed since", options->path,
                            options->store_key);
}

const struct inspect_kind inspect_pairing = {"pairing record", recognise, describe};
