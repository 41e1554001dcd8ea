/* tool/files: whole files and whole folders. */
#define _POSIX_C_SOURCE 200809L
#include "tool/files.h"

#include "tool/tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool files_path(char out[FILES_PATH_MAX], const char *dir, const char *name)
{
    int len = snprintf(out, FILES_PATH_MAX, "%s/%s", dir, name);
    if (len < 0 || len >= FILES_PATH_MAX) {
        tool_fail("%.60s...: the path is too long", dir);
        return false;
    }
    return true;
}

bool files_read(const char *path, uint8_t *out, size_t cap, size_t *len)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;
    uint8_t more;
    *len = 0;
    if (fd < 0) {
        tool_fail("%s: cannot be read: %s: check the name, and who may read it", path, strerror(errno));
        return false;
    }
    do {
        bool full = *len == cap;
        got = read(fd, full ? &more : out + *len, full ? 1 : cap - *len);
        *len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && *len <= cap);
    if (got < 0) {
        tool_fail("%s: cannot be read: %s: check the name, and who may read it", path, strerror(errno));
    } else if (*len > cap) {
        tool_fail("%s: is longer than %zu bytes: give another file", path, cap);
    }
    close(fd);
    return got == 0;
}

bool files_write_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        at += put;
        len -= (size_t)put;
    }
    return true;
}

/* ---- Stages ---- */

/* All that the tool puts into folders of its own. */
static const char *const own_names[] = {"key.pem", "certificate.c509", "root.c509", "profile", "ledger", "devices"};

bool files_stage_name(struct files_stage *stage, const char *target, const char *tag)
{
    size_t len = strlen(target);
    while (len > 1 && target[len - 1] == '/') {
        len--;
    }
    int path_len = snprintf(stage->path, sizeof stage->path, "%.*s.part-%s", (int)len, target, tag);
    if (path_len < 0 || path_len >= FILES_PATH_MAX) {
        tool_fail("%.60s...: the path is too long", target);
        return false;
    }
    memcpy(stage->target, stage->path, len);
    stage->target[len] = 0;
    return true;
}

static bool is_empty_folder(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool empty = folder != NULL;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            empty = false;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return empty;
}

bool files_stage_is_free(const struct files_stage *stage)
{
    struct stat status;
    if (lstat(stage->target, &status) == 0) {
        if (S_ISDIR(status.st_mode) && is_empty_folder(stage->target)) {
            return true;
        }
        tool_fail("%s: exists already and is never overwritten: choose another place", stage->target);
        return false;
    }
    if (errno != ENOENT) {
        tool_fail("%s: %s", stage->target, strerror(errno));
        return false;
    }
    return true;
}

bool files_stage_begin(const struct files_stage *stage, unsigned mode)
{
    files_stage_drop(stage);
    if (mkdir(stage->path, (mode_t)mode) != 0) {
        tool_fail("%s: cannot be made: %s", stage->path, strerror(errno));
        return false;
    }
    return true;
}

bool files_stage_add(const struct files_stage *stage, const char *name, const void *data, size_t len, unsigned mode)
{
    char path[FILES_PATH_MAX];
    if (!files_path(path, stage->path, name)) {
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    bool good = fd >= 0 && files_write_all(fd, data, len) && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && good) {
        error = errno;
        good = false;
    }
    if (!good) {
        tool_fail("%s: cannot be written: %s", path, strerror(error));
    }
    return good;
}

bool files_stage_add_folder(const struct files_stage *stage, const char *name)
{
    char path[FILES_PATH_MAX];
    if (!files_path(path, stage->path, name)) {
        return false;
    }
    if (mkdir(path, FILES_PUBLIC) != 0) {
        tool_fail("%s: cannot be made: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

bool files_stage_finish(const struct files_stage *stage)
{
    char parent[FILES_PATH_MAX];
    memcpy(parent, stage->target, sizeof parent);
    char *slash = strrchr(parent, '/');
    if (slash == NULL) {
        strcpy(parent, ".");
    } else {
        slash[slash == parent] = 0;
    }
    if (!sync_folder(stage->path) || rename(stage->path, stage->target) != 0 || !sync_folder(parent)) {
        tool_fail("%s: cannot be put in place: %s", stage->target, strerror(errno));
        return false;
    }
    return true;
}

/* Through the folder itself, so that a link in its place leads nowhere. */
void files_stage_drop(const struct files_stage *stage)
{
    int fd = open(stage->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++) {
        if (unlinkat(fd, own_names[i], 0) != 0) {
            unlinkat(fd, own_names[i], AT_REMOVEDIR);
        }
    }
    close(fd);
    rmdir(stage->path);
}
