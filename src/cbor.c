/* cbor: reading and writing deterministic CBOR. */
#include "cbor.h"

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
    return reader->bad || reader->at == reader->end ? CBOR_SIMPLE + 1 : *reader->at >> 5;
}

static size_t left(const struct cbor_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* The next head, in its shortest form only; 64-bit arguments, indefinite lengths, floats and simple values above 23, none of
 * which anything here uses, are bad. */
static bool take_head(struct cbor_reader *reader, unsigned major, uint32_t *argument)
{
    if (cbor_peek(reader) != major) {
        return false;
    }
    uint32_t value = *reader->at++ & 0x1f;
    uint32_t smallest = 0;
    if (value >= 24) {
        size_t width = (size_t)1 << (value - 24);
        if (width > 4 || left(reader) < width || major == CBOR_SIMPLE) {
            return false;
        }
        smallest = value == 24 ? 24 : (uint32_t)1 << (4 * width);
        value = 0;
        for (; width > 0; width--) {
            value = value << 8 | *reader->at++;
        }
    }
    *argument = value;
    return value >= smallest;
}

uint32_t cbor_take(struct cbor_reader *reader, unsigned major, uint32_t min, uint32_t max)
{
    uint32_t value;
    if (take_head(reader, major, &value) && value >= min && value <= max) {
        size_t contents = major == CBOR_BYTES || major == CBOR_TEXT ? value : 0;
        if (contents <= left(reader)) {
            reader->at += contents;
            return value;
        }
    }
    reader->bad = true;
    return 0;
}

uint32_t cbor_uint(struct cbor_reader *reader, uint32_t max)
{
    return cbor_take(reader, CBOR_UINT, 0, max);
}

int32_t cbor_int(struct cbor_reader *reader, int32_t min, int32_t max)
{
    bool negative = cbor_peek(reader) == CBOR_NINT;
    int32_t value = (int32_t)cbor_take(reader, negative ? CBOR_NINT : CBOR_UINT, 0, INT32_MAX);
    if (negative) {
        value = -1 - value;
    }
    if (reader->bad || value < min || value > max) {
        reader->bad = true;
        return 0;
    }
    return value;
}

struct troth_span cbor_bytes(struct cbor_reader *reader, size_t min, size_t max)
{
    return cbor_passed(reader, cbor_take(reader, CBOR_BYTES, (uint32_t)min, (uint32_t)max));
}

struct troth_span cbor_skip(struct cbor_reader *reader, size_t items)
{
    const uint8_t *first = reader->at;
    for (size_t open = 1; open > 0; open--) {
        unsigned major = cbor_peek(reader);
        if (open > items || major > CBOR_SIMPLE) {
            reader->bad = true;
            return span(first, 0);
        }
        items--;
        bool holds_items = major == CBOR_ARRAY || major == CBOR_MAP;
        size_t inside = cbor_take(reader, major, 0, holds_items ? (uint32_t)items : UINT32_MAX);
        if (major == CBOR_TAG) {
            inside = 1;
        } else if (!holds_items) {
            inside = 0;
        }
        open += major == CBOR_MAP ? 2 * inside : inside;
    }
    return span(first, reader->bad ? 0 : (size_t)(reader->at - first));
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
    if ((size_t)(writer->end - writer->at) < len) {
        writer->full = true;
        writer->end = writer->at;
        return;
    }
    while (len > 0) {
        *writer->at++ = *data++;
        len--;
    }
}

size_t cbor_head(uint8_t out[CBOR_HEAD_MAX], enum cbor_major major, uint32_t argument)
{
    size_t width = 0;
    uint32_t info = argument;
    if (argument >= 24) {
        width = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
        info = 24 + (uint32_t)width / 2;
    }
    out[0] = (uint8_t)((uint32_t)major << 5 | info);
    for (size_t i = width; i > 0; i--) {
        out[i] = (uint8_t)argument;
        argument >>= 8;
    }
    return width + 1;
}

void cbor_put_head(struct cbor_writer *writer, enum cbor_major major, uint32_t value)
{
    uint8_t head[CBOR_HEAD_MAX];
    cbor_put_raw(writer, head, cbor_head(head, major, value));
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
