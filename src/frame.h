/* frame: what one frame on the wire is: a kind, then a body. Includes bytes.h only; it has nothing to do with keys. */
#ifndef TROTH_SRC_FRAME_H
#define TROTH_SRC_FRAME_H

#include "bytes.h"

enum frame_kind {
    FRAME_NONE = 0,
    FRAME_MESSAGE_1 = 1,
    FRAME_MESSAGE_2 = 2,
    FRAME_MESSAGE_3 = 3,
    FRAME_MESSAGE_4 = 4,
    FRAME_ERROR = 5,
    FRAME_CONTROL = 6, /* a record of the pairing itself */
    FRAME_DATA = 7     /* a record of the application */
};

#define FRAME_HEAD_LEN 1
#define FRAME_MAX      UINT16_MAX /* a record of CCM with a nonce of 13 bytes cannot be longer */

/* The kind of a frame whose length that kind can have; FRAME_NONE for anything else. */
enum frame_kind frame_kind(const uint8_t *frame, size_t len);

/* A fingerprint of public bytes, to tell a resent frame from a new one. Nothing rests on it. */
uint32_t frame_mark(const uint8_t *frame, size_t len);

#endif
