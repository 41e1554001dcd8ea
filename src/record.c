/* record: messages between paired devices. */
#include "record.h"

#include <string.h>

#include "ccm.h"

#define WINDOW   32
#define SIDE_LEN (CCM_KEY_LEN + CCM_NONCE_LEN)

void record_begin(struct troth_records *records, bool initiator, size_t tag_len)
{
    wipe(records, sizeof *records);
    records->tag_len = (uint8_t)tag_len;
    records->own = initiator ? 0 : SIDE_LEN;
}

/* Seals len bytes behind the head of a frame with one's own key, or opens them with the peer's. The nonce is the IV with the
 * whole sequence number XORed into its end; the kind is authenticated too. */
static int crypt(const struct troth_records *records, const struct troth_port *port, bool seal, uint32_t sequence,
                 uint8_t *frame, size_t len)
{
    const uint8_t *key = records->material + (seal ? records->own : SIDE_LEN - records->own);
    uint8_t nonce[CCM_NONCE_LEN];
    const struct ccm ccm = {port, key, {nonce, sizeof nonce}, {frame, 1}, records->tag_len};
    memcpy(nonce, key + CCM_KEY_LEN, sizeof nonce);
    for (size_t i = 1; i <= 4; i++) {
        nonce[CCM_NONCE_LEN - i] ^= (uint8_t)sequence;
        sequence >>= 8;
    }
    return ccm_run(&ccm, frame + RECORD_HEAD_LEN, len, seal);
}

int record_seal(struct troth_records *records, const struct troth_port *port, uint8_t kind, uint8_t *frame, size_t len,
                size_t *frame_len)
{
    if (records->tag_len == 0 || records->out_next >= RECORD_LIMIT) {
        return TROTH_E_STATE;
    }
    uint32_t sequence = records->out_next++;
    frame[0] = kind;
    frame[1] = (uint8_t)sequence;
    int result = crypt(records, port, true, sequence, frame, len);
    *frame_len = result == TROTH_OK ? RECORD_HEAD_LEN + len + records->tag_len : 0;
    return result;
}

/* The sequence number with these low 8 bits that lies nearest to the highest verified one: 128 below to 127 above.
 * False where it is out of range, behind the window, or was seen. */
static bool complete(const struct troth_records *records, uint8_t low, uint32_t *sequence)
{
    uint32_t highest = records->in_next - 1;
    int32_t ahead = (int8_t)(uint8_t)(low - (uint8_t)highest);
    *sequence = highest + (uint32_t)ahead;
    if (*sequence >= RECORD_LIMIT) {
        return false;
    }
    return ahead > 0 || (-ahead < WINDOW && (records->in_seen >> -ahead & 1) == 0);
}

static void mark_seen(struct troth_records *records, uint32_t sequence)
{
    if (sequence >= records->in_next) {
        uint32_t ahead = sequence + 1 - records->in_next;
        records->in_seen = ahead < WINDOW ? records->in_seen << ahead : 0;
        records->in_next = sequence + 1;
    }
    records->in_seen |= UINT32_C(1) << (records->in_next - 1 - sequence);
}

int record_open(struct troth_records *records, const struct troth_port *port, uint8_t *frame, size_t frame_len,
                struct troth_span *text)
{
    uint32_t sequence;
    size_t extra = RECORD_HEAD_LEN + (size_t)records->tag_len;
    if (records->tag_len == 0 || records->forgeries >= RECORD_FORGERY_LIMIT) {
        return TROTH_E_STATE;
    }
    if (records->deaf < RECORD_DEAF_LIMIT) {
        records->deaf++;
    }
    if (frame_len < extra || !complete(records, frame[1], &sequence)) {
        return TROTH_E_FORGED;
    }
    *text = span(frame + RECORD_HEAD_LEN, frame_len - extra);
    int result = crypt(records, port, false, sequence, frame, text->len);
    if (result == TROTH_OK) {
        mark_seen(records, sequence);
        records->deaf = 0;
    } else if (result == TROTH_E_FORGED) {
        records->forgeries++;
    }
    return result;
}

bool record_spent(const struct troth_records *records)
{
    return records->tag_len != 0 && (records->out_next >= RECORD_LIMIT || records->in_next >= RECORD_LIMIT ||
                                     records->forgeries >= RECORD_FORGERY_LIMIT || records->deaf >= RECORD_DEAF_LIMIT);
}
