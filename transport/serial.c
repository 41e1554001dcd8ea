/* transport/serial.c: frames over any byte stream. Includes serial.h only.
 * Invariant: the decoder never writes beyond `cap`, and each zero byte puts it in the same state. */
#include "serial.h"

#define RUN_MAX     254 /* the longest run that one COBS code stands for */
#define CRC_START   0xFFFF
#define CRC_RESIDUE 0x1D0F /* what the CRC over any content and its complemented CRC is */

enum { BEGIN, MIDDLE, END };

/* One more byte in the CRC, without table: the eight steps of the division folded into shifts. */
static uint16_t serial_crc(uint16_t crc, uint8_t byte)
{
    uint32_t high = (uint32_t)(crc >> 8 ^ byte);
    high ^= high >> 4;
    return (uint16_t)((uint32_t)crc << 8 ^ high << 12 ^ high << 5 ^ high);
}

/* The content, its CRC, and a zero that COBS takes away again. */
static uint8_t serial_at(const struct troth_serial_encoder *encoder, size_t i)
{
    return i < encoder->len ? encoder->frame[i] : encoder->tail[i - encoder->len];
}

void troth_serial_encode(struct troth_serial_encoder *encoder, const uint8_t *frame, size_t len)
{
    uint16_t crc = CRC_START;
    for (size_t i = 0; i < len; i++) {
        crc = serial_crc(crc, frame[i]);
    }
    encoder->frame = frame;
    encoder->len = len;
    encoder->at = 0;
    encoder->tail[0] = (uint8_t)(~crc >> 8);
    encoder->tail[1] = (uint8_t)~crc;
    encoder->tail[2] = 0;
    encoder->left = 0;
    encoder->step = len > 0 ? BEGIN : END;
    encoder->zero = false;
}

/* The code of the next run: its length and 1. A run ends before a zero, which it takes along, or after RUN_MAX
 * bytes. */
static uint8_t serial_code(struct troth_serial_encoder *encoder)
{
    uint8_t run = 0;
    while (run < RUN_MAX && serial_at(encoder, encoder->at + run) != 0) {
        run++;
    }
    encoder->left = run;
    encoder->zero = run < RUN_MAX;
    return (uint8_t)(run + 1);
}

static uint8_t serial_next(struct troth_serial_encoder *encoder)
{
    if (encoder->step == BEGIN) {
        encoder->step = MIDDLE;
        return 0;
    }
    if (encoder->left > 0) {
        encoder->left--;
        return serial_at(encoder, encoder->at++);
    }
    encoder->at += encoder->zero;
    if (encoder->at <= encoder->len + TROTH_SERIAL_CRC_LEN)
        return serial_code(encoder);
    encoder->step = END;
    return 0;
}

size_t troth_serial_emit(struct troth_serial_encoder *encoder, uint8_t *out, size_t cap)
{
    size_t count = 0;
    while (count < cap && encoder->step != END) {
        out[count++] = serial_next(encoder);
    }
    return count;
}

static void serial_begin(struct troth_serial_decoder *decoder)
{
    decoder->len = 0;
    decoder->crc = CRC_START;
    decoder->left = 0;
    decoder->zero = false;
    decoder->skip = false;
}

void troth_serial_decode(struct troth_serial_decoder *decoder, uint8_t *frame, size_t cap)
{
    serial_begin(decoder);
    decoder->frame = frame;
    decoder->cap = cap;
    decoder->skip = true;
}

static void serial_put(struct troth_serial_decoder *decoder, uint8_t byte)
{
    if (decoder->len >= decoder->cap)
        decoder->skip = true;
    if (decoder->skip)
        return;
    decoder->frame[decoder->len++] = byte;
    decoder->crc = serial_crc(decoder->crc, byte);
}

/* At a zero byte: the length of a whole, sound frame, or 0. */
static size_t serial_end(struct troth_serial_decoder *decoder)
{
    bool sound =
        !decoder->skip && decoder->left == 0 && decoder->crc == CRC_RESIDUE && decoder->len > TROTH_SERIAL_CRC_LEN;
    size_t len = sound ? decoder->len - TROTH_SERIAL_CRC_LEN : 0;
    serial_begin(decoder);
    return len;
}

size_t troth_serial_take(struct troth_serial_decoder *decoder, uint8_t byte)
{
    if (byte == 0)
        return serial_end(decoder);
    if (decoder->left > 0) {
        decoder->left--;
        serial_put(decoder, byte);
        return 0;
    }
    if (decoder->zero)
        serial_put(decoder, 0);
    decoder->left = (uint8_t)(byte - 1);
    decoder->zero = byte <= RUN_MAX;
    return 0;
}
