/* edhoc_rfc9529: the named values of RFC 9529. */
#include "edhoc_rfc9529.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1 << 20)

static void fail(const char *what, const char *where)
{
    fprintf(stderr, "rfc9529: %s: %s\n", where, what);
    exit(1);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(FILE_MAX, 1);
    if (file == NULL || text == NULL) {
        fail("cannot be read", path);
        return NULL;
    }
    size_t len = fread(text, 1, FILE_MAX - 1, file);
    fclose(file);
    if (len == FILE_MAX - 1) {
        fail("is too long", path);
    }
    return text;
}

static void copy_text(char out[RFC9529_TEXT_MAX], const cJSON *entry, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(entry, key);
    item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, 0) : item;
    if (!cJSON_IsString(item)) {
        return;
    }
    if (strlen(item->valuestring) >= RFC9529_TEXT_MAX) {
        fail("is too long", item->valuestring);
    }
    strcpy(out, item->valuestring);
}

static void copy_bytes(struct rfc9529_value *value, const char *hex)
{
    value->len = strlen(hex) / 2;
    if (strlen(hex) % 2 != 0 || value->len > RFC9529_LEN_MAX) {
        fail("has a wrong length", value->name);
    }
    for (size_t i = 0; i < value->len; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            fail("is not hexadecimal", value->name);
        }
        value->bytes[i] = (uint8_t)byte;
    }
}

struct rfc9529 rfc9529_open(const char *path)
{
    struct rfc9529 rfc9529 = {NULL, 0};
    char *text = read_file(path);
    cJSON *root = cJSON_Parse(text);
    const cJSON *traces = cJSON_GetObjectItemCaseSensitive(root, "traces");
    const cJSON *entry;
    rfc9529.values = calloc((size_t)cJSON_GetArraySize(traces) + 1, sizeof *rfc9529.values);
    if (rfc9529.values == NULL || cJSON_GetArraySize(traces) == 0) {
        fail("has no traces", path);
    }
    cJSON_ArrayForEach(entry, traces)
    {
        struct rfc9529_value *value = &rfc9529.values[rfc9529.count++];
        const cJSON *hex = cJSON_GetObjectItemCaseSensitive(entry, "hex");
        copy_text(value->section, entry, "section");
        copy_text(value->part, entry, "part");
        copy_text(value->label, entry, "label");
        copy_text(value->name, entry, "name");
        if (!cJSON_IsString(hex)) {
            fail("has no value", value->name);
        } else {
            copy_bytes(value, hex->valuestring);
        }
    }
    cJSON_Delete(root);
    free(text);
    return rfc9529;
}

void rfc9529_close(struct rfc9529 *rfc9529)
{
    free(rfc9529->values);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

struct rfc9529_value *rfc9529_find(const struct rfc9529 *rfc9529, const char *section, const char *part,
                                   const char *label, const char *name)
{
    struct rfc9529_value *found = NULL;
    for (size_t i = 0; i < rfc9529->count; i++) {
        struct rfc9529_value *at = &rfc9529->values[i];
        if (begins(at->section, section) && strcmp(at->part, part) == 0 && begins(at->label, label) &&
            begins(at->name, name)) {
            if (found != NULL) {
                fail("is there twice", name);
            }
            found = at;
        }
    }
    if (found == NULL) {
        fail("is not there", name);
    }
    return found;
}
