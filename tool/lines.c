/* tool/lines: the lines that come on a descriptor. Includes POSIX. */
#include "tool/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool lines_wants(const struct lines *lines)
{
    return !lines->ended && lines->len < LINES_ROOM;
}

/* Where the last, unfinished line begins. */
static size_t tail_at(const struct lines *lines)
{
    size_t at = lines->len;
    while (at > 0 && lines->bytes[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* Takes one byte into the buffer, if it belongs to a line that is not too long. */
static void put(struct lines *lines, uint8_t byte, size_t *line_len)
{
    if (byte == '\n' && lines->skipping) {
        lines->skipping = false;
        *line_len = 0;
        return;
    }
    if (lines->skipping) {
        return;
    }
    if (byte != '\n' && *line_len == LINES_MAX) {
        lines->len -= LINES_MAX;
        lines->skipping = true;
        lines->too_long++;
        return;
    }
    lines->bytes[lines->len++] = byte;
    *line_len = byte == '\n' ? 0 : *line_len + 1;
}

void lines_read(struct lines *lines, int fd)
{
    uint8_t in[1024];
    size_t room = LINES_ROOM - lines->len;
    ssize_t got = read(fd, in, room < sizeof in ? room : sizeof in);
    if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
        return;
    }
    size_t line_len = lines->len - tail_at(lines);
    for (ssize_t i = 0; i < got; i++) {
        put(lines, in[i], &line_len);
    }
    if (got <= 0) {
        lines->ended = true;
        lines->skipping = false;
    }
}

bool lines_first(const struct lines *lines, const uint8_t **line, size_t *len)
{
    const uint8_t *end = memchr(lines->bytes, '\n', lines->len);
    if (end == NULL && !(lines->ended && lines->len > 0)) {
        return false;
    }
    *line = lines->bytes;
    *len = end == NULL ? lines->len : (size_t)(end - lines->bytes);
    return true;
}

void lines_drop(struct lines *lines)
{
    const uint8_t *line;
    size_t len;
    if (!lines_first(lines, &line, &len)) {
        return;
    }
    size_t taken = len < lines->len ? len + 1 : len;
    lines->len -= taken;
    memmove(lines->bytes, lines->bytes + taken, lines->len);
}

size_t lines_count(const struct lines *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines->len; i++) {
        count += lines->bytes[i] == '\n';
    }
    return count + (lines->ended && tail_at(lines) < lines->len);
}
