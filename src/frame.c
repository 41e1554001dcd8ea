/* frame: what one frame on the wire is. */
#include "frame.h"

enum frame_kind frame_kind(const uint8_t *frame, size_t len)
{
    /* The shortest frame of each kind: the kind itself, then message_1 37, message_2 with a kid 45, message_3 19, message_4 9,
     * error 2 bytes, records a sequence number and a tag. */
    static const uint8_t shortest[] = {0xff, 38, 46, 20, 10, 3, 10, 10};
    if (len == 0 || len > FRAME_MAX || frame[0] >= sizeof shortest || len < shortest[frame[0]]) {
        return FRAME_NONE;
    }
    return (enum frame_kind)frame[0];
}

/* FNV-1a. */
uint32_t frame_mark(const uint8_t *frame, size_t len)
{
    uint32_t mark = 2166136261U;
    for (size_t i = 0; i < len; i++) {
        mark = (mark ^ frame[i]) * 16777619U;
    }
    return mark;
}
