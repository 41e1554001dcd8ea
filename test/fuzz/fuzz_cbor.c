/* Any bytes into the CBOR reader, by any sequence of calls: it stays inside, the first bad item makes it bad for
 * good, and what it accepts, the writer writes the same. The input is a length, so many calls, and the bytes to be
 * read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One call; what it has read, written again. */
static size_t again(struct cbor_reader *reader, uint8_t call, uint8_t *out, size_t cap)
{
    struct cbor_writer writer = cbor_write(out, cap);
    struct troth_span bytes;
    uint32_t value;
    int32_t limit = INT32_MAX >> (call >> 3);
    switch (call % 8) {
    case 0:
        value = cbor_uint(reader, UINT32_MAX >> (call >> 3));
        assert(value <= UINT32_MAX >> (call >> 3));
        cbor_put_head(&writer, CBOR_UINT, value);
        break;
    case 1:
        cbor_put_int(&writer, cbor_int(reader, -limit - 1, limit));
        break;
    case 2:
        bytes = cbor_bytes(reader, call >> 6, SIZE_MAX >> (call >> 3 & 7));
        cbor_put_bytes(&writer, bytes.data, bytes.len);
        break;
    case 3:
        bytes = cbor_text(reader, SIZE_MAX);
        cbor_put_head(&writer, CBOR_TEXT, (uint32_t)bytes.len);
        cbor_put_raw(&writer, bytes.data, bytes.len);
        break;
    case 4:
        cbor_put_head(&writer, CBOR_ARRAY, (uint32_t)cbor_array(reader, 0, SIZE_MAX));
        break;
    case 5:
        cbor_put_head(&writer, CBOR_MAP, (uint32_t)cbor_map(reader, 0, SIZE_MAX));
        break;
    case 6:
        cbor_simple(reader, call >> 3);
        cbor_put_head(&writer, CBOR_SIMPLE, call >> 3);
        break;
    default:
        bytes = cbor_skip(reader, call >> 3);
        assert(bytes.len > 0 || reader->bad);
        cbor_put_raw(&writer, bytes.data, bytes.len);
    }
    return cbor_written(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096 || size < 1U + data[0] % 32) {
        return 0;
    }
    size_t calls = data[0] % 32;
    size_t len = size - 1 - calls;
    uint8_t *copy = malloc(len > 0 ? len : 1); /* a place of its own, for the sanitizer to see its end */
    uint8_t *out = malloc(len + 5);
    if (copy == NULL || out == NULL) {
        abort();
    }
    memcpy(copy, data + 1 + calls, len);
    struct cbor_reader reader = cbor_read(copy, len);
    for (size_t i = 0; i < calls; i++) {
        const uint8_t *before = reader.at;
        bool was_bad = reader.bad;
        unsigned major = cbor_peek(&reader);
        assert(major <= CBOR_SIMPLE + 1);
        size_t written = again(&reader, data[1 + i], out, len + 5);
        assert(reader.at >= before && reader.at <= reader.end && reader.end == copy + len);
        assert(reader.bad || reader.at > before);
        assert(!was_bad || (reader.bad && reader.at == before));
        if (!reader.bad) {
            assert(written == (size_t)(reader.at - before));
            assert(memcmp(out, before, written) == 0);
        }
    }
    assert(!cbor_done(&reader) || reader.at == copy + len);
    free(copy);
    free(out);
    return 0;
}
