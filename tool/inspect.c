/* tool/inspect: the command line of `troth inspect`, and its report as text or JSON. */
#include "tool/inspect.h"

#include "src/bytes.h"
#include "tool/files.h"
#include "tool/hex.h"
#include "tool/text.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_LEN 65536
#define INDENT       2
#define DEPTH_MAX    8
#define NAME_COLUMN  34

static const struct inspect_kind *const kinds[] = {&inspect_certificate, &inspect_pairing, &inspect_message,
                                                   &inspect_record, NULL};

static const char help_text[] =
    "usage: troth inspect FILE [--root FILE] [--store-key FILE] [--json]\n"
    "\n"
    "Shows what is in FILE (\"-\": standard input), which may be binary or hexadecimal text: each part with its size "
    "in\n"
    "bytes. It knows: certificates (C509; alone, as an array, or as a COSE_C509 item); EDHOC messages and errors, bare "
    "or\n"
    "as frames with their kind in front, as far as they can be read without keys; records; and what a device stores "
    "of\n"
    "its pairing (pair.0, pair.1).\n"
    "  --root FILE        check a certificate's signatures up to this root's too; exit status 1 where they fail\n"
    "  --store-key FILE   check a pairing record with this device's store.key too; exit status 1 where it fails\n"
    "  --json             one line of JSON\n";

/* ---- The report ---- */

cJSON *inspect_part(cJSON *parent, const char *name, size_t bytes, cJSON *value, const char *note)
{
    cJSON *parts = cJSON_GetObjectItemCaseSensitive(parent, "parts");
    if (parts == NULL) {
        parts = cJSON_AddArrayToObject(parent, "parts");
    }
    cJSON *part = cJSON_CreateObject();
    cJSON_AddStringToObject(part, "name", name);
    cJSON_AddNumberToObject(part, "bytes", (double)bytes);
    if (value != NULL) {
        cJSON_AddItemToObject(part, "value", value);
    }
    if (note != NULL) {
        cJSON_AddStringToObject(part, "note", note);
    }
    cJSON_AddItemToArray(parts, part);
    return part;
}

void inspect_verdict(cJSON *report, const char *check, bool passed, const char *words)
{
    cJSON *verdicts = cJSON_GetObjectItemCaseSensitive(report, "verdicts");
    if (verdicts == NULL) {
        verdicts = cJSON_AddArrayToObject(report, "verdicts");
    }
    cJSON *verdict = cJSON_CreateObject();
    cJSON_AddStringToObject(verdict, "check", check);
    cJSON_AddBoolToObject(verdict, "passed", passed);
    cJSON_AddStringToObject(verdict, "words", words);
    cJSON_AddItemToArray(verdicts, verdict);
}

cJSON *inspect_hex(struct troth_span bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL) {
        return NULL;
    }
    hex_write(bytes.data, bytes.len, text);
    cJSON *value = cJSON_CreateString(text);
    free(text);
    return value;
}

cJSON *inspect_text(struct troth_span text)
{
    char *harmless = malloc(TEXT_GROWTH * text.len + 1);
    if (harmless == NULL) {
        return NULL;
    }
    text_harmless(text.data, text.len, harmless);
    cJSON *value = cJSON_CreateString(harmless);
    free(harmless);
    return value;
}

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL ? text : "";
}

static double number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void print_value(const cJSON *value)
{
    const char *string = cJSON_GetStringValue(value);
    if (string != NULL) {
        fputs(string, stdout);
    } else if (value != NULL) {
        char *text = cJSON_PrintUnformatted(value);
        fputs(text != NULL ? text : "", stdout);
        cJSON_free(text);
    }
}

static void print_part(const cJSON *part, int depth)
{
    int indent = INDENT * depth;
    const char *note = text_of(part, "note");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(part, "value");
    printf("%*s%-*s %4.0f", indent, "", NAME_COLUMN - indent, text_of(part, "name"), number_of(part, "bytes"));
    if (value != NULL || *note != 0) {
        fputs("  ", stdout);
    }
    print_value(value);
    printf(*note != 0 && value != NULL ? " (%s)" : "%s", note);
    putchar('\n');
}

static const cJSON *first_part(const cJSON *parent)
{
    const cJSON *parts = cJSON_GetObjectItemCaseSensitive(parent, "parts");
    return parts == NULL ? NULL : parts->child;
}

/* Depth first; parts that are nested deeper than DEPTH_MAX are left out. */
static void print_parts(const cJSON *report)
{
    const cJSON *next[DEPTH_MAX] = {first_part(report)};
    int depth = 0;
    while (depth >= 0) {
        const cJSON *part = next[depth];
        if (part == NULL) {
            depth--;
            continue;
        }
        next[depth] = part->next;
        print_part(part, depth + 1);
        if (depth + 1 < DEPTH_MAX) {
            next[++depth] = first_part(part);
        }
    }
}

static void print_text(const cJSON *report)
{
    const cJSON *verdict;
    printf("%s: %s, %.0f bytes\n", text_of(report, "file"), text_of(report, "kind"), number_of(report, "bytes"));
    print_parts(report);
    cJSON_ArrayForEach(verdict, cJSON_GetObjectItemCaseSensitive(report, "verdicts"))
    {
        printf("%s: %s\n", text_of(verdict, "check"), text_of(verdict, "words"));
    }
}

static void print_report(const cJSON *report, bool json)
{
    char *text = json ? cJSON_PrintUnformatted(report) : NULL;
    if (text != NULL) {
        puts(text);
    } else {
        print_text(report);
    }
    cJSON_free(text);
}

/* ---- The command ---- */

static int inspect(struct troth_span bytes, const struct inspect_options *options, bool json)
{
    for (size_t i = 0; kinds[i] != NULL; i++) {
        if (!kinds[i]->recognise(bytes)) {
            continue;
        }
        cJSON *report = cJSON_CreateObject();
        cJSON_AddStringToObject(report, "file", options->path);
        cJSON_AddStringToObject(report, "kind", kinds[i]->name);
        cJSON_AddNumberToObject(report, "bytes", (double)bytes.len);
        int result = kinds[i]->describe(bytes, options, report);
        if (cJSON_HasObjectItem(report, "parts")) {
            print_report(report, json);
        }
        cJSON_Delete(report);
        return result;
    }
    return tool_fail("%s: is nothing that troth knows: see troth inspect --help", options->path);
}

int troth_inspect_main(int argc, char **argv)
{
    static uint8_t data[FILE_MAX_LEN];
    struct inspect_options options = {0};
    bool json = false;
    size_t len;
    size_t bytes_len;
    if (tool_wants_help(argc, argv)) {
        fputs(help_text, stdout);
        return EXIT_SUCCESS;
    }
    const struct tool_option option[] = {
        {"--root", &options.root, NULL}, {"--store-key", &options.store_key, NULL}, {"--json", NULL, &json}};
    int result = tool_options(argc, argv, option, sizeof option / sizeof *option, &options.path, 1, 1);
    if (result != 0) {
        return result;
    }
    if (!files_read(options.path, data, sizeof data, &len)) {
        return EXIT_FAILURE;
    }
    if (hex_read(data, len, data, &bytes_len)) {
        len = bytes_len;
    }
    return inspect(span(data, len), &options, json);
}
