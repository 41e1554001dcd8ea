/* tool/device_store.h: where a device process keeps its pairing: pair.0 and pair.1 in its folder, and store.key, the 32
 * secret bytes that bind them to this device.
 *
 * What fails says so itself, in one line. Invariant: store.key is made once, whole, and never written again; nothing is
 * written before all that is there was found to belong together. */
#ifndef TROTH_TOOL_DEVICE_STORE_H
#define TROTH_TOOL_DEVICE_STORE_H

#include <stdbool.h>

#include "port/file/file.h"

#define STORE_KEY_LEN  32
#define STORE_KEY_NAME "store.key"

struct device_store {
    struct troth_file file; /* the ctx of troth_file_store */
    uint8_t key[STORE_KEY_LEN];
};

/* Reads what is there, without writing: the records, if any, are this device's; if one is needed, it is there. */
bool device_store_check(const char *dir, bool needs_record);

/* Takes the folder for this process alone; makes the key where there is none. The struct needs closing only after true. */
bool device_store_open(struct device_store *store, const char *dir);
void device_store_close(struct device_store *store);

#endif
