/* Any bytes into the serial decoder. Whatever frame comes out fits the buffer, and encoded again it comes out again. */
#include <assert.h>
#include <string.h>

#include "transport/serial.h"

#define FRAME_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const uint8_t *frame, size_t len)
{
    struct troth_serial_encoder encoder;
    struct troth_serial_decoder decoder;
    uint8_t wire[7];
    uint8_t copy[FRAME_MAX + TROTH_SERIAL_CRC_LEN];
    size_t found = 0;
    size_t wire_len = 0;
    size_t piece;
    troth_serial_encode(&encoder, frame, len);
    troth_serial_decode(&decoder, copy, sizeof copy);
    while ((piece = troth_serial_emit(&encoder, wire, sizeof wire)) > 0) {
        for (size_t i = 0; i < piece; i++) {
            size_t got = troth_serial_take(&decoder, wire[i]);
            assert(got == 0 || (got == len && memcmp(copy, frame, len) == 0));
            found += got > 0;
        }
        wire_len += piece;
    }
    assert(found == 1);
    assert(wire_len <= TROTH_SERIAL_WIRE_MAX(len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct troth_serial_decoder decoder;
    uint8_t frame[FRAME_MAX + TROTH_SERIAL_CRC_LEN];
    troth_serial_decode(&decoder, frame, sizeof frame);
    for (size_t i = 0; i < size; i++) {
        size_t len = troth_serial_take(&decoder, data[i]);
        assert(len <= FRAME_MAX);
        if (len > 0)
            again(frame, len);
    }
    /* The input as a frame of its own, so that a frame is met in every run. */
    if (size > 0 && size <= FRAME_MAX)
        again(data, size);
    return 0;
}
