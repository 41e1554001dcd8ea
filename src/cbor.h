/* cbor: reading and writing deterministic CBOR (RFC 8949, 4.2.1). Includes bytes.h only.
 * Invariant: a reader never passes its end; the first bad item makes it bad for good, and everything read
 * after that is zero or empty. A writer that is full writes nothing more and says so. */
#ifndef TROTH_SRC_CBOR_H
#define TROTH_SRC_CBOR_H

#include "bytes.h"

enum cbor_major {
    CBOR_UINT = 0,
    CBOR_NINT = 1,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_SIMPLE = 7
};

#define CBOR_NULL 22
#define CBOR_TRUE 21

struct cbor_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
};

struct cbor_reader cbor_read(const uint8_t *data, size_t len);

/* Nothing bad, and nothing left over. */
bool cbor_done(const struct cbor_reader *reader);

/* The major type of the next item; CBOR_SIMPLE + 1 where there is none. */
unsigned cbor_peek(const struct cbor_reader *reader);

/* Each reads one item of its type; anything else, or anything above max, makes the reader bad. */
uint32_t cbor_uint(struct cbor_reader *reader, uint32_t max);
int32_t cbor_int(struct cbor_reader *reader, int32_t min, int32_t max);
struct troth_span cbor_bytes(struct cbor_reader *reader, size_t min, size_t max);

/* What they are made of: the argument of the item. The contents of a string are passed over too. */
uint32_t cbor_take(struct cbor_reader *reader, unsigned major, uint32_t min, uint32_t max);

/* The len bytes that were passed last. */
static inline struct troth_span cbor_passed(const struct cbor_reader *reader, size_t len)
{
    return span(len == 0 ? reader->at : reader->at - len, len);
}

static inline struct troth_span cbor_text(struct cbor_reader *reader, size_t max)
{
    return cbor_passed(reader, cbor_take(reader, CBOR_TEXT, 0, (uint32_t)max));
}

static inline size_t cbor_array(struct cbor_reader *reader, size_t min, size_t max)
{
    return cbor_take(reader, CBOR_ARRAY, (uint32_t)min, (uint32_t)max);
}

static inline size_t cbor_map(struct cbor_reader *reader, size_t min, size_t max)
{
    return cbor_take(reader, CBOR_MAP, (uint32_t)min, (uint32_t)max);
}

static inline void cbor_simple(struct cbor_reader *reader, uint32_t value)
{
    cbor_take(reader, CBOR_SIMPLE, value, value);
}

/* Passes one whole item, nested ones too, of at most `items` items in all; gives its bytes. */
struct troth_span cbor_skip(struct cbor_reader *reader, size_t items);

/* Writes a head alone; its length. */
#define CBOR_HEAD_MAX 5
size_t cbor_head(uint8_t out[CBOR_HEAD_MAX], enum cbor_major major, uint32_t argument);

struct cbor_writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    bool full;
};

struct cbor_writer cbor_write(uint8_t *out, size_t cap);
size_t cbor_written(const struct cbor_writer *writer);

void cbor_put_head(struct cbor_writer *writer, enum cbor_major major, uint32_t value);
void cbor_put_int(struct cbor_writer *writer, int32_t value);
void cbor_put_raw(struct cbor_writer *writer, const uint8_t *data, size_t len);
void cbor_put_bytes(struct cbor_writer *writer, const uint8_t *data, size_t len);

#endif
