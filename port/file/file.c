/* port/file/file.c: a store in a directory. Includes port.h and POSIX.
 * Invariant: `pair.N` is only ever replaced by rename, after the new content is on the disk; `bytes` shows what
 * `pair.N` holds. */
#define _DEFAULT_SOURCE /* flock */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *const place_name[TROTH_STORE_PLACES] = {"pair.0", "pair.1"};
static const char new_name[] = "pair.new";
static const char lock_name[] = "pair.lock";

static void file_close(int fd)
{
    int why = errno;
    close(fd);
    errno = why;
}

static int file_write_all(int fd, struct troth_span part)
{
    while (part.len > 0) {
        ssize_t done = write(fd, part.data, part.len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return TROTH_E_STORE;
        part.data += done;
        part.len -= (size_t)done;
    }
    return TROTH_OK;
}

/* The parts, on the disk, under the new name. */
static int file_make_new(const struct troth_file *file, const struct troth_span *part, size_t count)
{
    int fd = openat(file->directory, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return TROTH_E_STORE;
    int result = TROTH_OK;
    for (size_t i = 0; i < count && result == TROTH_OK; i++) {
        result = file_write_all(fd, part[i]);
    }
    if (result == TROTH_OK && fsync(fd) != 0)
        result = TROTH_E_STORE;
    file_close(fd);
    return result;
}

static void file_cache(struct troth_file *file, unsigned place, const struct troth_span *part, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len == 0)
            continue;
        memcpy(file->bytes[place] + used, part[i].data, part[i].len);
        used += part[i].len;
    }
    file->used[place] = used;
}

static int file_view(void *ctx, unsigned place, struct troth_span *bytes)
{
    const struct troth_file *file = ctx;
    if (place >= TROTH_STORE_PLACES)
        return TROTH_E_STATE;
    *bytes = (struct troth_span){file->bytes[place], file->used[place]};
    return TROTH_OK;
}

static int file_write(void *ctx, unsigned place, const struct troth_span *part, size_t count)
{
    struct troth_file *file = ctx;
    if (place >= TROTH_STORE_PLACES)
        return TROTH_E_STATE;
    size_t room = TROTH_FILE_PLACE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len > room)
            return TROTH_E_SPACE;
        room -= part[i].len;
    }
    if (file_make_new(file, part, count) != TROTH_OK ||
        renameat(file->directory, new_name, file->directory, place_name[place]) != 0) {
        int why = errno;
        unlinkat(file->directory, new_name, 0);
        errno = why;
        return TROTH_E_STORE;
    }
    file_cache(file, place, part, count);
    return fsync(file->directory) == 0 ? TROTH_OK : TROTH_E_STORE;
}

const struct troth_store troth_file_store = {.view = file_view, .write = file_write};

static int file_read(struct troth_file *file, unsigned place)
{
    int fd = openat(file->directory, place_name[place], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? TROTH_OK : TROTH_E_STORE;
    ssize_t done = 0;
    do {
        done = read(fd, file->bytes[place] + file->used[place], TROTH_FILE_PLACE_MAX - file->used[place]);
        if (done > 0)
            file->used[place] += (size_t)done;
    } while (done > 0 || (done < 0 && errno == EINTR));
    file_close(fd);
    return done == 0 ? TROTH_OK : TROTH_E_STORE;
}

static int file_take_lock(struct troth_file *file)
{
    file->lock = openat(file->directory, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->lock < 0)
        return TROTH_E_STORE;
    if (flock(file->lock, LOCK_EX | LOCK_NB) == 0)
        return TROTH_OK;
    return errno == EWOULDBLOCK ? TROTH_E_STATE : TROTH_E_STORE;
}

int troth_file_open(struct troth_file *file, const char *directory)
{
    *file = (struct troth_file){.directory = -1, .lock = -1};
    file->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->directory < 0)
        return TROTH_E_STORE;
    int result = file_take_lock(file);
    for (unsigned place = 0; place < TROTH_STORE_PLACES && result == TROTH_OK; place++) {
        result = file_read(file, place);
    }
    if (result != TROTH_OK)
        troth_file_close(file);
    return result;
}

void troth_file_close(struct troth_file *file)
{
    if (file->lock >= 0)
        file_close(file->lock);
    if (file->directory >= 0)
        file_close(file->directory);
    file->lock = -1;
    file->directory = -1;
}
