/* vectors: reading test vector files. What cannot be read ends the program: a missing file is never a passing test. */
#ifndef TROTH_TEST_VECTORS_H
#define TROTH_TEST_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

/* The bytes of a hexadecimal string; their number. Ends the program where they are more than cap, or are not hexadecimal. */
size_t vectors_unhex(const char *hex, uint8_t *out, size_t cap);

/* The same for a member of a JSON object, which must be a string. */
size_t vectors_bytes(const cJSON *object, const char *name, uint8_t *out, size_t cap);

/* A member of a JSON object that must be a string. */
const char *vectors_text(const cJSON *object, const char *name);

/* A member of a JSON object that must be a number of at least 0. */
size_t vectors_number(const cJSON *object, const char *name);

/* A whole JSON file. The caller frees it with cJSON_Delete. */
cJSON *vectors_json(const char *path);

#endif
