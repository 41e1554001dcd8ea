/* Arbitrary bytes and damaged records into record_open, among good ones in any order. What was not sealed never opens; what was
 * opens once, where the window allows it, and gives its text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "port/soft/soft.h"
#include "record.h"

#define RECORDS  2048
#define TEXT_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct troth_crypto crypto = {.sha256 = troth_soft_sha256, .aes128 = troth_soft_aes128};
static const struct troth_port port = {&crypto, NULL};

static struct troth_records sender;
static struct troth_records receiver;
static bool seen[RECORDS];
static int32_t highest; /* -1: none yet */

/* The next bytes of the input; 0 when it is used up. */
static const uint8_t *input;
static size_t left;

static uint8_t next(void)
{
    if (left == 0) {
        return 0;
    }
    left--;
    return *input++;
}

static size_t seal(uint32_t sequence, uint8_t *frame, size_t len)
{
    size_t frame_len;
    memset(frame + RECORD_HEAD_LEN, (int)(sequence & 0xff), len);
    sender.out_next = sequence;
    int result = record_seal(&sender, &port, 7, frame, len, &frame_len);
    assert(result == TROTH_OK);
    (void)result;
    return frame_len;
}

/* In memory of exactly its length, so that a read or write beyond is noticed. */
static int open_exactly(const uint8_t *frame, size_t frame_len, struct troth_span *text, uint8_t **memory)
{
    *memory = malloc(frame_len > 0 ? frame_len : 1);
    assert(*memory != NULL);
    memcpy(*memory, frame, frame_len);
    return record_open(&receiver, &port, *memory, frame_len, text);
}

static void take_good(uint32_t sequence)
{
    uint8_t frame[TEXT_MAX + 18];
    uint8_t *memory;
    struct troth_span text = {NULL, 0};
    size_t len = sequence % TEXT_MAX;
    size_t frame_len = seal(sequence, frame, len);
    int32_t ahead = (int32_t)sequence - highest;
    bool wanted = (ahead > 0 && ahead <= 127) || (ahead <= 0 && ahead > -32 && !seen[sequence]);
    int result = open_exactly(frame, frame_len, &text, &memory);
    assert((result == TROTH_OK) == wanted);
    if (wanted) {
        assert(text.data == memory + RECORD_HEAD_LEN && text.len == len);
        assert(len == 0 || text.data[len - 1] == (uint8_t)sequence);
        seen[sequence] = true;
        highest = ahead > 0 ? (int32_t)sequence : highest;
        assert(receiver.deaf == 0);
    }
    free(memory);
}

static void refuse(const uint8_t *frame, size_t frame_len)
{
    const struct troth_records before = receiver;
    struct troth_span text;
    uint8_t *memory;
    int result = open_exactly(frame, frame_len, &text, &memory);
    assert(result == TROTH_E_FORGED);
    (void)result;
    assert(receiver.in_next == before.in_next && receiver.in_seen == before.in_seen);
    free(memory);
}

static void refuse_damaged(uint32_t sequence)
{
    uint8_t frame[TEXT_MAX + 18];
    size_t frame_len = seal(sequence, frame, next() % TEXT_MAX);
    size_t at = next() % frame_len;
    uint8_t flip = next();
    if (at == 1) {
        return; /* another sequence number may be the right one after all: 256 apart they look the same */
    }
    frame[at] ^= flip == 0 ? 1 : flip;
    refuse(frame, frame_len);
}

static void refuse_raw(void)
{
    uint8_t frame[64];
    size_t frame_len = next() % sizeof frame;
    for (size_t i = 0; i < frame_len; i++) {
        frame[i] = next();
    }
    refuse(frame, frame_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    left = size;
    size_t tag_len = next() % 2 == 0 ? 8 : 16;
    record_begin(&sender, true, tag_len);
    record_begin(&receiver, false, tag_len);
    for (size_t i = 0; i < sizeof sender.material; i++) {
        sender.material[i] = (uint8_t)(i * 7 + tag_len);
        receiver.material[i] = sender.material[i];
    }
    memset(seen, 0, sizeof seen);
    highest = -1;
    while (left > 0 && receiver.forgeries < 1000) {
        uint8_t what = next();
        int32_t sequence = highest + (int8_t)next();
        if (sequence < 0 || sequence >= RECORDS) {
            continue;
        }
        if (what % 4 == 0) {
            refuse_damaged((uint32_t)sequence);
        } else if (what % 4 == 1) {
            refuse_raw();
        } else {
            take_good((uint32_t)sequence);
        }
    }
    return 0;
}
