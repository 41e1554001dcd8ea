/* tool/inspect_edhoc: what goes over the wire, as far as it can be read without keys: EDHOC messages (RFC 9528, 5 and 6),
 * bare or as frames with their kind, and records. */
#include "tool/inspect.h"

#include <troth/edhoc.h>

#include "src/cbor.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINT_X_LEN 32
#define POINT_MAX   133 /* the longest ephemeral key of any cipher suite */
#define MESSAGE_MAX 65535
#define NOTE_LEN    160
#define ITEMS_MAX   64 /* in one EAD value or list of suites */
#define METHODS     4
#define HEAD_LEN    2 /* of a record: its kind and the sequence number */
#define TAG_MIN     8

/* The first byte of a frame, as src/frame.h has it; a bare message has none. */
enum kind { BARE, MESSAGE_1, MESSAGE_2, MESSAGE_3, MESSAGE_4, ERROR, CONTROL, DATA, UNKNOWN_MESSAGE };

struct found {
    enum kind kind;
    bool is_frame;
    struct troth_span message; /* without the kind */
};

/* ---- Which one it is ---- */

static void pass_suites(struct cbor_reader *reader)
{
    if (cbor_peek(reader) != CBOR_ARRAY) {
        cbor_int(reader, INT32_MIN, INT32_MAX);
        return;
    }
    size_t count = cbor_array(reader, 2, TROTH_SUITES_MAX);
    for (size_t i = 0; i < count; i++) {
        cbor_int(reader, INT32_MIN, INT32_MAX);
    }
}

/* An identifier: a byte string, but where that would be one byte that encodes an int from -24 to 23, that int (3.3.2). */
static void pass_identifier(struct cbor_reader *reader)
{
    if (cbor_peek(reader) != CBOR_BYTES) {
        cbor_int(reader, -24, 23);
        return;
    }
    struct troth_span bytes = cbor_bytes(reader, 0, MESSAGE_MAX);
    if (bytes.len == 1) {
        struct cbor_reader inside = cbor_read(bytes.data, 1);
        cbor_int(&inside, -24, 23);
        reader->bad = reader->bad || !inside.bad;
    }
}

static bool is_at_end(const struct cbor_reader *reader)
{
    return reader->at == reader->end;
}

/* EAD_1: pairs of a label and, perhaps, a byte string (3.8). */
static void pass_ead(struct cbor_reader *reader)
{
    while (!is_at_end(reader) && !reader->bad) {
        cbor_int(reader, INT32_MIN, INT32_MAX);
        if (cbor_peek(reader) == CBOR_BYTES) {
            cbor_bytes(reader, 0, MESSAGE_MAX);
        }
    }
}

static bool is_message_1(struct troth_span bytes)
{
    struct cbor_reader reader = cbor_read(bytes.data, bytes.len);
    cbor_uint(&reader, METHODS - 1);
    pass_suites(&reader);
    cbor_bytes(&reader, POINT_X_LEN, POINT_MAX);
    pass_identifier(&reader);
    pass_ead(&reader);
    return cbor_done(&reader);
}

static bool is_one_string(struct troth_span bytes, size_t min)
{
    struct cbor_reader reader = cbor_read(bytes.data, bytes.len);
    cbor_bytes(&reader, min, MESSAGE_MAX);
    return cbor_done(&reader);
}

static bool is_error(struct troth_span bytes)
{
    struct cbor_reader reader = cbor_read(bytes.data, bytes.len);
    uint32_t code = cbor_uint(&reader, 3);
    switch (code) {
    case 1:
        cbor_text(&reader, MESSAGE_MAX);
        break;
    case 2:
        pass_suites(&reader);
        break;
    case 3:
        cbor_simple(&reader, CBOR_TRUE);
        break;
    default:
        return false;
    }
    return cbor_done(&reader);
}

static bool find_frame(struct troth_span bytes, struct found *found)
{
    if (bytes.len < 2) {
        return false;
    }
    *found = (struct found){(enum kind)bytes.data[0], true, {bytes.data + 1, bytes.len - 1}};
    switch (bytes.data[0]) {
    case MESSAGE_1:
        return is_message_1(found->message);
    case MESSAGE_2:
        return is_one_string(found->message, POINT_X_LEN + 1);
    case MESSAGE_3:
    case MESSAGE_4:
        return is_one_string(found->message, TAG_MIN);
    case ERROR:
        return is_error(found->message);
    default:
        return false;
    }
}

/* No bare message is a frame too, nor the other way round: what follows the first int differs in type. */
static bool find(struct troth_span bytes, struct found *found)
{
    if (find_frame(bytes, found)) {
        return true;
    }
    *found = (struct found){BARE, false, bytes};
    if (is_message_1(bytes)) {
        found->kind = MESSAGE_1;
    } else if (is_error(bytes)) {
        found->kind = ERROR;
    } else if (is_one_string(bytes, TAG_MIN)) {
        found->kind = UNKNOWN_MESSAGE;
    }
    return found->kind != BARE;
}

static bool recognise(struct troth_span bytes)
{
    struct found found;
    return find(bytes, &found);
}

/* ---- Its fields ---- */

static const char *suite_words(int32_t suite)
{
    switch (suite) {
    case 2:
        return "P-256, ES256, SHA-256, AES-CCM with a tag of 8 bytes";
    case 3:
        return "P-256, ES256, SHA-256, AES-CCM with a tag of 16 bytes";
    default:
        return "a suite that troth does not use";
    }
}

/* A list of cipher suites; the words tell of its last (SUITES_I ends with the one that is selected), or are given. */
static void describe_suites(cJSON *parent, const char *name, struct troth_span item, const char *words)
{
    struct cbor_reader reader = cbor_read(item.data, item.len);
    size_t count = cbor_peek(&reader) == CBOR_ARRAY ? cbor_array(&reader, 0, TROTH_SUITES_MAX) : 1;
    cJSON *list = cJSON_CreateArray();
    int32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last = cbor_int(&reader, INT32_MIN, INT32_MAX);
        cJSON_AddItemToArray(list, cJSON_CreateNumber(last));
    }
    inspect_part(parent, name, item.len, list, words != NULL ? words : suite_words(last));
}

static void describe_identifier(cJSON *parent, const char *name, struct troth_span item)
{
    struct cbor_reader reader = cbor_read(item.data, item.len);
    bool is_string = cbor_peek(&reader) == CBOR_BYTES;
    struct troth_span value = is_string ? cbor_bytes(&reader, 0, MESSAGE_MAX) : item;
    inspect_part(parent, name, item.len, inspect_hex(value), is_string ? NULL : "one byte, as an int");
}

static void describe_ead(cJSON *parent, struct cbor_reader *reader)
{
    while (!is_at_end(reader)) {
        struct troth_span item = cbor_skip(reader, 1);
        struct cbor_reader label = cbor_read(item.data, item.len);
        int32_t number = cbor_int(&label, INT32_MIN, INT32_MAX);
        cJSON *part =
            inspect_part(parent, "EAD_1 label", item.len, cJSON_CreateNumber(number), number < 0 ? "critical" : NULL);
        if (part != NULL && cbor_peek(reader) == CBOR_BYTES) {
            const uint8_t *start = reader->at;
            struct troth_span value = cbor_bytes(reader, 0, MESSAGE_MAX);
            inspect_part(parent, "EAD_1 value", (size_t)(reader->at - start), inspect_hex(value), NULL);
        }
    }
}

static void describe_message_1(cJSON *report, struct troth_span message)
{
    static const char *const methods[METHODS] = {
        "both sign",
        "the Initiator signs, the Responder agrees",
        "the Initiator agrees, the Responder signs",
        "both agree (static Diffie-Hellman)",
    };
    struct cbor_reader reader = cbor_read(message.data, message.len);
    uint32_t method = cbor_uint(&reader, METHODS - 1);
    inspect_part(report, "METHOD", 1, cJSON_CreateNumber(method), methods[method]);
    describe_suites(report, "SUITES_I (the last is selected)", cbor_skip(&reader, ITEMS_MAX), NULL);
    const uint8_t *start = reader.at;
    struct troth_span g_x = cbor_bytes(&reader, POINT_X_LEN, POINT_MAX);
    inspect_part(report, "G_X", (size_t)(reader.at - start), inspect_hex(g_x), "the Initiator's ephemeral key, x");
    describe_identifier(report, "C_I", cbor_skip(&reader, 1));
    describe_ead(report, &reader);
}

/* A message that is one byte string: its head, then its parts. */
static struct troth_span describe_head(cJSON *report, struct troth_span message)
{
    struct cbor_reader reader = cbor_read(message.data, message.len);
    struct troth_span content = cbor_bytes(&reader, 0, MESSAGE_MAX);
    inspect_part(report, "byte string head", message.len - content.len, NULL, NULL);
    return content;
}

static void describe_message_2(cJSON *report, struct troth_span message)
{
    struct troth_span content = describe_head(report, message);
    struct troth_span sealed = {content.data + POINT_X_LEN, content.len - POINT_X_LEN};
    inspect_part(report, "G_Y", POINT_X_LEN, inspect_hex((struct troth_span){content.data, POINT_X_LEN}),
                 "the Responder's ephemeral key, x");
    inspect_part(report, "CIPHERTEXT_2", sealed.len, inspect_hex(sealed),
                 "encrypted: C_R, ID_CRED_R, Signature_or_MAC_2, EAD_2");
}

static void describe_sealed(cJSON *report, struct troth_span message, const char *name, const char *note)
{
    struct troth_span content = describe_head(report, message);
    inspect_part(report, name, content.len, inspect_hex(content), note);
}

static void describe_error(cJSON *report, struct troth_span message)
{
    static const char *const codes[] = {"success", "unspecified", "wrong selected cipher suite",
                                        "unknown credential referenced"};
    struct cbor_reader reader = cbor_read(message.data, message.len);
    uint32_t code = cbor_uint(&reader, 3);
    inspect_part(report, "ERR_CODE", 1, cJSON_CreateNumber(code), codes[code]);
    struct troth_span info = {reader.at, (size_t)(reader.end - reader.at)};
    if (code == 2) {
        describe_suites(report, "SUITES_R", info, "what the Responder supports");
    } else if (code == 3) {
        inspect_part(report, "ERR_INFO", info.len, cJSON_CreateTrue(), NULL);
    } else {
        inspect_part(report, "ERR_INFO", info.len, inspect_text(cbor_text(&reader, MESSAGE_MAX)), NULL);
    }
}

static int describe(struct troth_span bytes, const struct inspect_options *options, cJSON *report)
{
    static const char *const names[] = {
        [MESSAGE_1] = "EDHOC message_1", [MESSAGE_2] = "EDHOC message_2", [MESSAGE_3] = "EDHOC message_3",
        [MESSAGE_4] = "EDHOC message_4", [ERROR] = "EDHOC error",         [UNKNOWN_MESSAGE] = "EDHOC message_2, 3 or 4",
    };
    struct found found;
    (void)options;
    find(bytes, &found);
    cJSON_ReplaceItemInObjectCaseSensitive(report, "kind", cJSON_CreateString(names[found.kind]));
    if (found.is_frame) {
        inspect_part(report, "frame kind", 1, cJSON_CreateNumber(found.kind), NULL);
    }
    switch (found.kind) {
    case MESSAGE_1:
        describe_message_1(report, found.message);
        break;
    case MESSAGE_2:
        describe_message_2(report, found.message);
        break;
    case MESSAGE_3:
        describe_sealed(report, found.message, "CIPHERTEXT_3",
                        "encrypted: ID_CRED_I, Signature_or_MAC_3, EAD_3; the last 8 or 16 bytes are the tag");
        break;
    case MESSAGE_4:
        describe_sealed(report, found.message, "CIPHERTEXT_4", "encrypted: EAD_4; the last 8 or 16 bytes are the tag");
        break;
    case ERROR:
        describe_error(report, found.message);
        break;
    default:
        describe_sealed(report, found.message, "content",
                        "bare, the three look alike: 02, 03 or 04 in front, as in a frame, tells them apart");
        break;
    }
    return EXIT_SUCCESS;
}

const struct inspect_kind inspect_message = {"EDHOC message", recognise, describe};

/* ---- Records ---- */

static bool recognise_record(struct troth_span bytes)
{
    return bytes.len >= HEAD_LEN + TAG_MIN && (bytes.data[0] == CONTROL || bytes.data[0] == DATA);
}

static int describe_record(struct troth_span bytes, const struct inspect_options *options, cJSON *report)
{
    struct troth_span sealed = {bytes.data + HEAD_LEN, bytes.len - HEAD_LEN};
    (void)options;
    inspect_part(report, "frame kind", 1, cJSON_CreateNumber(bytes.data[0]),
                 bytes.data[0] == DATA ? "data of the application" : "a word about the pairing");
    inspect_part(report, "sequence number", 1, cJSON_CreateNumber(bytes.data[1]), "its low 8 bits");
    inspect_part(report, "ciphertext", sealed.len, inspect_hex(sealed),
                 "the last 8 bytes (16 in suite 3) are the tag, the rest is as long as what was said");
    return EXIT_SUCCESS;
}

const struct inspect_kind inspect_record = {"record (by its first byte)", recognise_record, describe_record};
