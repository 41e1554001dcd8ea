/* tool/lines.h: the lines that come on a descriptor, one after the other. Includes nothing of ours.
 *
 * Bounded: when the buffer is full nothing more is read, so that whoever writes waits. A line that is longer than
 * LINES_MAX is dropped, and counted. */
#ifndef TROTH_TOOL_LINES_H
#define TROTH_TOOL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_MAX  1024         /* the longest line, without its end */
#define LINES_ROOM (16 * 1024U) /* what may wait */

struct lines {
    uint8_t bytes[LINES_ROOM];
    size_t len;
    bool ended;    /* nothing more will come */
    bool skipping; /* in the middle of a line that is too long */
    size_t too_long;
};

/* Is there room to read into? */
bool lines_wants(const struct lines *lines);

/* Reads what is there, once. At the end, what came without a line end counts as a line. */
void lines_read(struct lines *lines, int fd);

/* The first line, without its end, until the next call of lines_read or lines_drop; false where none is whole. */
bool lines_first(const struct lines *lines, const uint8_t **line, size_t *len);
void lines_drop(struct lines *lines);

size_t lines_count(const struct lines *lines);

#endif
