/* bytes: comparing, wiping and gathering bytes. */
#include "bytes.h"

#include <string.h>

bool ct_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t different = 0;
    for (size_t i = 0; i < len; i++) {
        different |= (uint8_t)(a[i] ^ b[i]);
    }
    return different == 0;
}

void wipe(void *secret, size_t len)
{
    memset(secret, 0, len);
    __asm__ volatile("" : : "r"(secret) : "memory"); /* whatever the compiler thinks: somebody reads it */
}

bool span_equal(struct troth_span a, struct troth_span b)
{
    return a.len == b.len && ct_equal(a.data, b.data, a.len);
}

void parts_begin(struct parts *parts)
{
    parts->at[1] = span(NULL, 0);
    parts->count = PARTS_FIRST;
}

void parts_add(struct parts *parts, const uint8_t *data, size_t len)
{
    parts->at[parts->count++] = span(data, len);
}

size_t parts_len(const struct parts *parts)
{
    size_t len = 0;
    for (size_t i = PARTS_FIRST; i < parts->count; i++) {
        len += parts->at[i].len;
    }
    return len;
}

int hash_spans(const struct troth_port *port, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    return port->call->sha256(port->ctx, part, count, hash);
}

int parts_hash(const struct troth_port *port, const struct parts *parts, uint8_t hash[32])
{
    return hash_spans(port, parts->at + PARTS_FIRST, parts->count - PARTS_FIRST, hash);
}
