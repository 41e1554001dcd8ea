/* bytes: comparing, wiping and gathering bytes. Includes port.h only.
 * Invariant: nothing here branches on, or indexes by, the bytes it is given. */
#ifndef TROTH_SRC_BYTES_H
#define TROTH_SRC_BYTES_H

#include <troth/port.h>

/* Equal or not, in time that depends on len alone. */
bool ct_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* Zeroes secrets in a way that the compiler keeps. */
void wipe(void *secret, size_t len);

/* Equality of public bytes. */
bool span_equal(struct troth_span a, struct troth_span b);

static inline struct troth_span span(const uint8_t *data, size_t len)
{
    return (struct troth_span){data, len};
}

/* SHA-256 of the concatenation of `count` spans. */
int hash_spans(const struct troth_port *port, const struct troth_span *part, size_t count, uint8_t hash[32]);

/* A message gathered from parts, without copying. The first two places are left to kdf.c; the second is
 * empty until then. */
#define PARTS_MAX   14
#define PARTS_FIRST 2

struct parts {
    struct troth_span at[PARTS_MAX];
    size_t count;
};

void parts_begin(struct parts *parts);
void parts_add(struct parts *parts, const uint8_t *data, size_t len);
size_t parts_len(const struct parts *parts);

/* SHA-256 of what was gathered. */
int parts_hash(const struct troth_port *port, const struct parts *parts, uint8_t hash[32]);

#endif
