/* cbor: reading and writing deterministic CBOR. */
#include "cbor.h"

#include <string.h>

struct cbor_reader cbor_read(const uint8_t *data, size_t len)
{
    return (struct cbor_reader){data, len == 0 ? data : data + len, false};
}

bool cbor_done(const struct cbor_reader *reader)
{
    return !reader->bad && reader->at == reader->end;
}

unsigned cbor_peek(const struct cbor_reader *reader)
{
    if (reader->bad || reader->at == reader->end) {
        return CBOR_SIMPLE + 1;
    }
    return *reader->at >> 5;
}

static size_t left(const struct cbor_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* The argument of the next head, in its shortest form only; 64-bit arguments, indefinite lengths, floats and simple
 * values above 23, none of which anything here uses, are bad. */
static uint32_t take_head(struct cbor_reader *reader, unsigned major)
{
    if (cbor_peek(reader) != major) {
        reader->bad = true;
        return 0;
    }
    uint32_t value = *reader->at++ & 0x1f;
    if (value < 24) {
        return value;
    }
    size_t width = (size_t)1 << (value - 24);
    if (width > 4 || left(reader) < width) {
        reader->bad = true;
        return 0;
    }
    uint32_t smallest = width == 1 ? 24 : (uint32_t)1 << (4 * width);
    value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | *reader->at++;
    }
    if (value < smallest || major == CBOR_SIMPLE) {
        reader->bad = true;
        return 0;
    }
    return value;
}

static uint32_t take_head_between(struct cbor_reader *reader, unsigned major, uint32_t min, uint32_t max)
{
    uint32_t value = take_head(reader, major);
    if (value < min || value > max) {
        reader->bad = true;
        return 0;
    }
    return value;
}

static struct troth_span take_string(struct cbor_reader *reader, unsigned major, size_t min, size_t max)
{
    uint32_t len = take_head_between(reader, major, (uint32_t)min, (uint32_t)max);
    if (reader->bad || len > left(reader)) {
        reader->bad = true;
        return span(NULL, 0);
    }
    const uint8_t *data = reader->at;
    reader->at += len;
    return span(data, len);
}

uint32_t cbor_uint(struct cbor_reader *reader, uint32_t max)
{
    return take_head_between(reader, CBOR_UINT, 0, max);
}

int32_t cbor_int(struct cbor_reader *reader, int32_t min, int32_t max)
{
    int32_t value;
    if (cbor_peek(reader) == CBOR_NINT) {
        value = -1 - (int32_t)take_head_between(reader, CBOR_NINT, 0, INT32_MAX);
    } else {
        value = (int32_t)take_head_between(reader, CBOR_UINT, 0, INT32_MAX);
    }
    if (reader->bad || value < min || value > max) {
        reader->bad = true;
        return 0;
    }
    return value;
}

struct troth_span cbor_bytes(struct cbor_reader *reader, size_t min, size_t max)
{
    return take_string(reader, CBOR_BYTES, min, max);
}

struct troth_span cbor_text(struct cbor_reader *reader, size_t max)
{
    return take_string(reader, CBOR_TEXT, 0, max);
}

size_t cbor_array(struct cbor_reader *reader, size_t min, size_t max)
{
    return take_head_between(reader, CBOR_ARRAY, (uint32_t)min, (uint32_t)max);
}

size_t cbor_map(struct cbor_reader *reader, size_t min, size_t max)
{
    return take_head_between(reader, CBOR_MAP, (uint32_t)min, (uint32_t)max);
}

void cbor_simple(struct cbor_reader *reader, uint32_t value)
{
    take_head_between(reader, CBOR_SIMPLE, value, value);
}

struct troth_span cbor_skip(struct cbor_reader *reader, size_t items)
{
    const uint8_t *first = reader->at;
    size_t open = 1;
    while (open > 0 && !reader->bad) {
        unsigned major = cbor_peek(reader);
        if (open > items || major > CBOR_SIMPLE) {
            reader->bad = true;
            break;
        }
        items--;
        open--;
        if (major == CBOR_BYTES || major == CBOR_TEXT) {
            take_string(reader, major, 0, left(reader));
            continue;
        }
        uint32_t inside = take_head(reader, major);
        if (major == CBOR_TAG) {
            inside = 1;
        } else if (major != CBOR_ARRAY && major != CBOR_MAP) {
            inside = 0;
        }
        if (inside > items) { /* before the sum, which a size_t of 32 bits may not hold */
            reader->bad = true;
            break;
        }
        open += major == CBOR_MAP ? 2 * (size_t)inside : inside;
    }
    return reader->bad ? span(NULL, 0) : span(first, (size_t)(reader->at - first));
}

struct cbor_writer cbor_write(uint8_t *out, size_t cap)
{
    return (struct cbor_writer){out, out, out + cap, false};
}

size_t cbor_written(const struct cbor_writer *writer)
{
    return (size_t)(writer->at - writer->start);
}

void cbor_put_raw(struct cbor_writer *writer, const uint8_t *data, size_t len)
{
    if (writer->full || (size_t)(writer->end - writer->at) < len) {
        writer->full = true;
        return;
    }
    if (len > 0) {
        memcpy(writer->at, data, len);
    }
    writer->at += len;
}

void cbor_put_head(struct cbor_writer *writer, enum cbor_major major, uint32_t value)
{
    uint8_t head[5];
    size_t width = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : 4;
    unsigned info = value < 24 ? (unsigned)value : width == 1 ? 24U : width == 2 ? 25U : 26U;
    head[0] = (uint8_t)((unsigned)major << 5 | info);
    for (size_t i = width; i > 0; i--) {
        head[i] = (uint8_t)value;
        value >>= 8;
    }
    cbor_put_raw(writer, head, width + 1);
}

void cbor_put_int(struct cbor_writer *writer, int32_t value)
{
    if (value < 0) {
        cbor_put_head(writer, CBOR_NINT, (uint32_t)(-1 - value));
    } else {
        cbor_put_head(writer, CBOR_UINT, (uint32_t)value);
    }
}

void cbor_put_bytes(struct cbor_writer *writer, const uint8_t *data, size_t len)
{
    cbor_put_head(writer, CBOR_BYTES, (uint32_t)len);
    cbor_put_raw(writer, data, len);
}
