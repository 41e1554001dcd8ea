/* tool/device_store: where a device process keeps its pairing. Includes POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "tool/device_store.h"

#include "tool/files.h"
#include "tool/pair_record.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_NEW_NAME STORE_KEY_NAME ".new"

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

/* The key that is there; false where it cannot be read, or is none. */
static bool read_key(const char *dir, uint8_t key[STORE_KEY_LEN])
{
    char path[FILES_PATH_MAX];
    size_t len;
    if (!files_path(path, dir, STORE_KEY_NAME) || !files_read(path, key, STORE_KEY_LEN, &len)) {
        return false;
    }
    if (len != STORE_KEY_LEN) {
        tool_fail("%s: has %zu bytes and not %d: put the right file back", path, len, STORE_KEY_LEN);
        return false;
    }
    return true;
}

/* Is this file, if it is there, a record under this key (NULL: there is none)? Counts those that are there. */
static bool check_place(const char *dir, unsigned place, const uint8_t *key, unsigned *records)
{
    char path[FILES_PATH_MAX];
    char name[] = "pair.0";
    uint8_t bytes[TROTH_FILE_PLACE_MAX];
    struct pair_record record;
    size_t len;
    name[5] = (char)('0' + place);
    if (!files_path(path, dir, name)) {
        return false;
    }
    if (!is_there(path)) {
        return true;
    }
    ++*records;
    if (!files_read(path, bytes, sizeof bytes, &len)) {
        return false;
    }
    if (key == NULL) {
        tool_fail("%s: belongs to a " STORE_KEY_NAME " that is missing: put that file back", path);
        return false;
    }
    bool good = pair_record_read((struct troth_span){bytes, len}, &record) && pair_record_is_of(&record, key);
    if (!good) {
        tool_fail("%s: is damaged or another device's: put the right file back, or remove pair.0 and pair.1 to be "
                  "unpaired",
                  path);
    }
    return good;
}

bool device_store_check(const char *dir, bool needs_record)
{
    char path[FILES_PATH_MAX];
    uint8_t key[STORE_KEY_LEN];
    if (!files_path(path, dir, STORE_KEY_NAME)) {
        return false;
    }
    unsigned records = 0;
    bool has_key = is_there(path);
    bool good = !has_key || read_key(dir, key);
    for (unsigned place = 0; place < TROTH_STORE_PLACES && good; place++) {
        good = check_place(dir, place, has_key ? key : NULL, &records);
    }
    OPENSSL_cleanse(key, sizeof key);
    if (good && needs_record && records == 0) {
        tool_fail("%s: there is no pairing yet: start both devices with --pair", dir);
        return false;
    }
    return good;
}

/* Brings a fresh key to the disk under a name of its own, then gives it its name, which nobody has yet. */
static bool make_key(int folder)
{
    uint8_t key[STORE_KEY_LEN];
    bool good = RAND_priv_bytes(key, sizeof key) == 1;
    int fd = good ? openat(folder, KEY_NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    good = fd >= 0 && files_write_all(fd, key, sizeof key) && fsync(fd) == 0;
    if (fd >= 0) {
        good = close(fd) == 0 && good;
    }
    good = good && linkat(folder, KEY_NEW_NAME, folder, STORE_KEY_NAME, 0) == 0;
    int error = errno;
    if (fd >= 0) {
        unlinkat(folder, KEY_NEW_NAME, 0);
    }
    OPENSSL_cleanse(key, sizeof key);
    errno = error;
    return good && fsync(folder) == 0;
}

bool device_store_open(struct device_store *store, const char *dir)
{
    char path[FILES_PATH_MAX];
    if (!files_path(path, dir, STORE_KEY_NAME)) {
        return false;
    }
    int result = troth_file_open(&store->file, dir);
    if (result == TROTH_E_STATE) {
        tool_fail("%s: is in use by another process: stop that one first", dir);
        return false;
    }
    if (result != TROTH_OK) {
        tool_fail("%s: cannot keep a pairing: %s: give a folder that can be written", dir, strerror(errno));
        return false;
    }
    bool good = is_there(path) || make_key(store->file.directory);
    if (!good) {
        tool_fail("%s: cannot be made: %s: give a folder that can be written", path, strerror(errno));
    }
    if (!good || !read_key(dir, store->key)) {
        device_store_close(store);
        return false;
    }
    return true;
}

void device_store_close(struct device_store *store)
{
    troth_file_close(&store->file);
    OPENSSL_cleanse(store, sizeof *store);
}
