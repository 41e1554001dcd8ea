/* transport/serial.h: frames over any byte stream: tty, pty, TCP, Unix socket, UART interrupt.
 *
 * On the wire a frame is 00, COBS(content, CRC), 00. COBS (Cheshire and Baker, 1999) rewrites the content so that it
 * holds no zero byte: a zero is always the end of a frame, and after any noise or loss the next one begins a sound
 * frame again. The zero in front separates a frame from noise before it. Cost: 5 bytes, and 1 more in every 254.
 *
 * The CRC (CRC-16/GENIBUS: polynomial 1021, start FFFF, unreflected, complemented, high byte first; over the content)
 * is there to drop damage cheaply, not to protect: what the frames hold is authenticated, and nobody is kept from
 * computing a CRC. It is complemented because a sound frame would else stay sound with a zero byte appended, which is
 * what COBS makes of a single flipped bit in the closing zero.
 * Up to 4,093 bytes it sees every change of one to three bits of the content; a frame damaged otherwise, and one whose
 * damage hits COBS itself, passes with a probability of 2^-16. Four bytes would lower that to 2^-32 and change nothing
 * else: a frame that passes wrongly is refused by what reads it.
 *
 * No input, no output, no keys, no allocation; freestanding. Includes nothing of the library. Empty frames do not
 * exist: they are neither sent nor delivered.
 */
#ifndef TROTH_SERIAL_H
#define TROTH_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TROTH_SERIAL_CRC_LEN 2

/* The most bytes on the wire for a frame of len bytes. */
#define TROTH_SERIAL_WIRE_MAX(len) ((len) + TROTH_SERIAL_CRC_LEN + ((len) + TROTH_SERIAL_CRC_LEN) / 254 + 3)

/* A frame on its way out; all private. */
struct troth_serial_encoder {
    const uint8_t *frame;
    size_t len;
    size_t at;
    uint8_t tail[TROTH_SERIAL_CRC_LEN + 1];
    uint8_t left;
    uint8_t step;
    bool zero;
};

/* Begins to encode a frame, which must stay where it is until its last byte was emitted. */
void troth_serial_encode(struct troth_serial_encoder *encoder, const uint8_t *frame, size_t len);

/* The next bytes for the wire, at most cap; their number, less than cap only at the end of the frame. */
size_t troth_serial_emit(struct troth_serial_encoder *encoder, uint8_t *out, size_t cap);

/* What comes in; all private. */
struct troth_serial_decoder {
    uint8_t *frame;
    size_t cap;
    size_t len;
    uint16_t crc;
    uint8_t left;
    bool zero;
    bool skip;
};

/* Begins to decode into a buffer of cap bytes: the longest frame and TROTH_SERIAL_CRC_LEN. What comes before the first
 * zero byte is dropped. */
void troth_serial_decode(struct troth_serial_decoder *decoder, uint8_t *frame, size_t cap);

/* Takes a byte from the wire. The length of the frame that it completes, which stays in the buffer until the next byte
 * is taken; else 0. What is damaged, or too long for the buffer, is dropped without a word. */
size_t troth_serial_take(struct troth_serial_decoder *decoder, uint8_t byte);

#endif
