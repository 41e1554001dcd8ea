/* sim/state.c: the state file: locked, read, and replaced atomically and durably. Includes POSIX. */
#define _DEFAULT_SOURCE /* flock */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool state_name(struct state *state, const char *path)
{
    size_t len = strlen(path);
    if (len == 0 || len + 6 > sizeof state->path) {
        return false;
    }
    memcpy(state->path, path, len + 1);
    snprintf(state->fresh, sizeof state->fresh, "%s.new", path);
    memcpy(state->directory, path, len + 1);
    char *slash = strrchr(state->directory, '/');
    if (slash == NULL) {
        memcpy(state->directory, ".", 2);
    } else {
        slash[slash == state->directory ? 1 : 0] = '\0';
    }
    return true;
}

static bool state_take(struct state *state)
{
    char name[sizeof state->fresh];
    snprintf(name, sizeof name, "%s.lock", state->path);
    state->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock < 0) {
        return false;
    }
    if (flock(state->lock, LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    close(state->lock);
    errno = EWOULDBLOCK;
    return false;
}

static bool state_read(int fd, uint8_t image[CHIP_IMAGE_SIZE])
{
    uint8_t surplus;
    size_t at = 0;
    while (at < CHIP_IMAGE_SIZE) {
        ssize_t got = read(fd, image + at, CHIP_IMAGE_SIZE - at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += (size_t)got;
    }
    return read(fd, &surplus, 1) == 0;
}

enum state_found state_open(struct state *state, const char *path, uint8_t image[CHIP_IMAGE_SIZE], const char **why)
{
    if (!state_name(state, path)) {
        *why = "its name is too long";
        return STATE_ERROR;
    }
    if (!state_take(state)) {
        *why = errno == EWOULDBLOCK ? "another process has it" : strerror(errno);
        return STATE_ERROR;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return STATE_MISSING;
    }
    *why = fd < 0 ? strerror(errno) : "it is no chip's state";
    bool read = fd >= 0 && state_read(fd, image);
    if (fd >= 0) {
        close(fd);
    }
    if (!read) {
        state_close(state);
        return STATE_ERROR;
    }
    return STATE_FOUND;
}

static bool state_write(int fd, const uint8_t image[CHIP_IMAGE_SIZE])
{
    size_t at = 0;
    while (at < CHIP_IMAGE_SIZE) {
        ssize_t put = write(fd, image + at, CHIP_IMAGE_SIZE - at);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        at += (size_t)put;
    }
    return fsync(fd) == 0;
}

static bool state_sync_directory(const struct state *state)
{
    int fd = open(state->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool good = fsync(fd) == 0;
    close(fd);
    return good;
}

bool state_keep(void *ctx, const uint8_t image[CHIP_IMAGE_SIZE])
{
    struct state *state = ctx;
    int fd = open(state->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = state_write(fd, image);
    good = close(fd) == 0 && good;
    return good && rename(state->fresh, state->path) == 0 && state_sync_directory(state);
}

void state_close(struct state *state)
{
    close(state->lock);
}
