/* vectors: reading test vector files. */
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void end(const char *what, const char *which)
{
    fprintf(stderr, "test vectors: %s: %s\n", what, which);
    exit(1);
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

size_t vectors_unhex(const char *hex, uint8_t *out, size_t cap)
{
    size_t len = strlen(hex);
    if (len % 2 != 0 || len / 2 > cap) {
        end("wrong length", hex);
    }
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit(hex[2 * i]);
        int low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            end("no hexadecimal", hex);
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return len / 2;
}

const char *vectors_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    if (text == NULL) {
        end("no string", name);
    }
    return text;
}

size_t vectors_bytes(const cJSON *object, const char *name, uint8_t *out, size_t cap)
{
    return vectors_unhex(vectors_text(object, name), out, cap);
}

size_t vectors_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || item->valueint < 0) {
        end("no number", name);
    }
    return (size_t)item->valueint;
}

cJSON *vectors_json(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        end("cannot read", path);
    }
    long len = ftell(file);
    char *text = len < 0 ? NULL : malloc((size_t)len);
    rewind(file);
    if (text == NULL || fread(text, 1, (size_t)len, file) != (size_t)len) {
        end("cannot read", path);
    }
    cJSON *root = cJSON_ParseWithLength(text, (size_t)len);
    if (root == NULL) {
        end("no JSON", path);
    }
    free(text);
    fclose(file);
    return root;
}
