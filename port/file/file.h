/* port/file/file.h: a store in a directory: one file a place (`pair.0`, `pair.1`), and `pair.lock`.
 *
 * A write makes a new file beside the old one, brings it to the disk, renames it over the old one and brings the
 * directory to the disk: at any moment the place is the old record or the new one, whole. One process at a time holds
 * the directory. For POSIX hosts; may include port.h and the C library, nothing else.
 */
#ifndef TROTH_FILE_H
#define TROTH_FILE_H

#include <troth/port.h>

#define TROTH_FILE_PLACE_MAX 4096 /* the longest record; of a longer file only so much is read */

/* One store; its address is the `ctx` of troth_file_store. */
struct troth_file {
    int directory; /* private, all of them */
    int lock;
    size_t used[TROTH_STORE_PLACES];
    uint8_t bytes[TROTH_STORE_PLACES][TROTH_FILE_PLACE_MAX];
};

/* TROTH_E_STORE from a write: errno says why, and the old file stands; only where bringing the directory to the disk
 * failed may the new one. TROTH_E_SPACE: the record is longer than a place. */
extern const struct troth_store troth_file_store;

/* Takes the directory, which must exist, and reads both places; a missing file is an empty place, one that cannot be
 * read is an error. TROTH_E_STATE: another process holds the directory; TROTH_E_STORE: errno says why. The struct needs
 * closing only after TROTH_OK. */
int troth_file_open(struct troth_file *file, const char *directory);

/* Gives the directory back; there is nothing left to be saved. */
void troth_file_close(struct troth_file *file);

#endif
