/* tool/ca_ledger: what a certification authority has issued. */
#define _DEFAULT_SOURCE
#include "tool/ca_ledger.h"

#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_LEN 160

/* Takes a column up to `end` from *at: 1 to cap - 1 characters out of 0x20 to 0x7e. */
static bool take_column(const char **at, char end, char *out, size_t cap)
{
    size_t len = 0;
    while (**at >= 0x20 && **at < 0x7f && len + 1 < cap) {
        out[len++] = *(*at)++;
    }
    out[len] = 0;
    if (len == 0 || **at != end) {
        return false;
    }
    ++*at;
    return true;
}

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* Reads the line at *at and passes it; false where it is none of ours. */
static bool read_line(const char **at, struct ledger_entry *entry)
{
    char epoch[11];
    char *end;
    bool good = take_column(at, '\t', entry->serial, sizeof entry->serial) &&
                take_column(at, '\t', entry->holder, sizeof entry->holder) &&
                take_column(at, '\t', entry->key, sizeof entry->key) && take_column(at, '\n', epoch, sizeof epoch);
    if (!good || !is_hex(entry->serial, LEDGER_SERIAL_LEN - 1) || !is_hex(entry->key, KEYS_ID_LEN - 1)) {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(epoch, &end, 10);
    entry->epoch = (uint32_t)value;
    return epoch[0] >= '0' && epoch[0] <= '9' && *end == 0 && errno == 0 && value <= UINT32_MAX;
}

static bool read_lines(struct ledger *ledger, const char *text)
{
    const char *at = text + strlen(LEDGER_HEADER);
    size_t lines = 0;
    for (const char *c = at; *c != 0; c++) {
        lines += *c == '\n';
    }
    ledger->entry = calloc(lines + 1, sizeof *ledger->entry);
    if (ledger->entry == NULL) {
        tool_fail("%s: there is not enough memory", ledger->path);
        return false;
    }
    while (*at != 0) {
        if (strchr(at, '\n') == NULL) {
            tool_fail(
                "%s: line %zu was cut off: its certificate was never handed out; remove that line, then try again",
                ledger->path, ledger->entries + 2);
            return false;
        }
        if (!read_line(&at, &ledger->entry[ledger->entries])) {
            tool_fail("%s: line %zu is damaged: put the right file back", ledger->path, ledger->entries + 2);
            return false;
        }
        ledger->entries++;
    }
    return true;
}

static bool read_ledger(struct ledger *ledger)
{
    struct stat status;
    if (fstat(ledger->fd, &status) != 0) {
        tool_fail("%s: cannot be read: %s", ledger->path, strerror(errno));
        return false;
    }
    ledger->len = (size_t)status.st_size;
    char *text = calloc(1, ledger->len + 1);
    bool good = text != NULL && pread(ledger->fd, text, ledger->len, 0) == (ssize_t)ledger->len;
    if (!good) {
        tool_fail("%s: cannot be read", ledger->path);
    } else if (strncmp(text, LEDGER_HEADER, strlen(LEDGER_HEADER)) != 0 || strlen(text) != ledger->len) {
        tool_fail("%s: is not the ledger of a troth CA: put the right file back", ledger->path);
        good = false;
    } else {
        good = read_lines(ledger, text);
    }
    free(text);
    return good;
}

bool ledger_open(struct ledger *ledger, const char *dir)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->fd = -1;
    if (!files_path(ledger->path, dir, LEDGER_NAME)) {
        return false;
    }
    ledger->fd = open(ledger->path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (ledger->fd < 0) {
        tool_fail("%s: cannot be opened: %s", ledger->path, strerror(errno));
        return false;
    }
    while (flock(ledger->fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            tool_fail("%s: cannot be locked: %s", ledger->path, strerror(errno));
            ledger_close(ledger);
            return false;
        }
    }
    if (!read_ledger(ledger)) {
        ledger_close(ledger);
        return false;
    }
    return true;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger->fd >= 0) {
        close(ledger->fd);
        ledger->fd = -1;
    }
    free(ledger->entry);
    ledger->entry = NULL;
    ledger->entries = 0;
}

const struct ledger_entry *ledger_serial(const struct ledger *ledger, const char *serial)
{
    for (size_t i = 0; i < ledger->entries; i++) {
        if (strcmp(ledger->entry[i].serial, serial) == 0) {
            return &ledger->entry[i];
        }
    }
    return NULL;
}

const struct ledger_entry *ledger_holder(const struct ledger *ledger, const char *holder)
{
    for (size_t i = 0; i < ledger->entries; i++) {
        if (strcmp(ledger->entry[i].holder, holder) == 0) {
            return &ledger->entry[i];
        }
    }
    return NULL;
}

const struct ledger_entry *ledger_key(const struct ledger *ledger, const char *key)
{
    for (size_t i = 0; i < ledger->entries; i++) {
        if (strcmp(ledger->entry[i].key, key) == 0) {
            return &ledger->entry[i];
        }
    }
    return NULL;
}

uint32_t ledger_epoch(const struct ledger *ledger)
{
    uint32_t epoch = 0;
    for (size_t i = 0; i < ledger->entries; i++) {
        epoch = ledger->entry[i].epoch > epoch ? ledger->entry[i].epoch : epoch;
    }
    return epoch;
}

bool ledger_append(struct ledger *ledger, const struct ledger_entry *entry)
{
    char line[LINE_MAX_LEN];
    int len = snprintf(line, sizeof line, "%s\t%s\t%s\t%" PRIu32 "\n", entry->serial, entry->holder, entry->key,
                       entry->epoch);
    if (len < 0 || (size_t)len >= sizeof line) {
        return false;
    }
    if (!files_write_all(ledger->fd, line, (size_t)len) || fsync(ledger->fd) != 0) {
        int error = errno;
        if (ftruncate(ledger->fd, (off_t)ledger->len) != 0) {
            tool_fail("%s: its last line is unfinished: remove it", ledger->path);
        }
        tool_fail("%s: cannot be written: %s: nothing was issued", ledger->path, strerror(error));
        return false;
    }
    ledger->len += (size_t)len;
    return true;
}
