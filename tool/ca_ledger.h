/* tool/ca_ledger.h: what a certification authority has issued: a text file that only grows, one line a certificate, its
 * columns parted by tabs. A line is on the disk before the certificate leaves its stage. While a ledger is open nobody
 * else has it. What fails says so itself, in one line. Includes keys.h and files.h. */
#ifndef TROTH_TOOL_CA_LEDGER_H
#define TROTH_TOOL_CA_LEDGER_H

#include "tool/files.h"
#include "tool/keys.h"

#define LEDGER_NAME       "ledger"
#define LEDGER_HEADER     "certificate\tholder\tkey-sha256\tepoch\n"
#define LEDGER_SERIAL_LEN 17 /* 8 bytes in hexadecimal, and a NUL */
#define LEDGER_HOLDER_LEN 40
#define LEDGER_CA_PREFIX  "ca/" /* before the name of an issuing CA; no device's serial number holds a '/' */

struct ledger_entry {
    char serial[LEDGER_SERIAL_LEN];
    char holder[LEDGER_HOLDER_LEN];
    char key[KEYS_ID_LEN];
    uint32_t epoch;
};

struct ledger {
    char path[FILES_PATH_MAX];
    int fd;
    struct ledger_entry *entry;
    size_t entries;
    size_t len; /* of the file */
};

/* Opens the ledger of a CA's folder, waits until nobody else has it, and reads it. */
bool ledger_open(struct ledger *ledger, const char *dir);
void ledger_close(struct ledger *ledger);

/* The entry with this serial number, holder or key; NULL where there is none. */
const struct ledger_entry *ledger_serial(const struct ledger *ledger, const char *serial);
const struct ledger_entry *ledger_holder(const struct ledger *ledger, const char *holder);
const struct ledger_entry *ledger_key(const struct ledger *ledger, const char *key);

/* The largest epoch in it; 0 where it is empty. */
uint32_t ledger_epoch(const struct ledger *ledger);

/* Adds a line and brings it to the disk; the file is as it was where that fails. */
bool ledger_append(struct ledger *ledger, const struct ledger_entry *entry);

#endif
