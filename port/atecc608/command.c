/* port/atecc608/command: one command on the chip, from packet to answer.
 *
 * Before a command the chip's output is the wake status, or an answer that was read, and the bus acknowledges: so an answer that
 * is there without the command having been taken shows. */
#include "command.h"

#include <string.h>

/* Statuses of the chip; BUSY is ours. After EXPIRING and what is above it, a command that did not come through, the command
 * was not taken. LOST is the wake status, or an answer that cannot be read. */
enum { BUSY = -1, OK = 0x00, MISMATCH = 0x01, REFUSED = 0x0F, LOST = 0x11, EXPIRING = 0xEE };

#define FRAME 3 /* the count and the CRC around the data of an answer */
#define HEAD  5 /* count, opcode, mode and param of a command */
#define READS 3 /* of one answer */
#define WAKES 3
#define TRIES 2 /* again, after the first time */

#define READY_US 1536 /* from the end of a wake pulse: 1.5 ms and a little */

/* Polls until the chip is taken for slow, and until it is given up. A poll of a slow chip takes at least READY_US, all of them 3 s:
 * more than the slowest command. */
#define POLLS_FAST 8192
#define POLLS_MAX  10240
#define DUTY_PROBE 7

/* Polynomial 0x8005, the bits of each byte from the lowest; in the upper half of a word. */
static unsigned crc(const uint8_t *bytes, size_t len)
{
    uint32_t crc = 0;
    for (; len > 0; len--) {
        for (unsigned bits = *bytes++ | 0x100U; bits > 1; bits >>= 1) {
            crc ^= (uint32_t)bits << 31;
            crc = crc << 1 ^ (crc >> 31 != 0 ? 0x80050000U : 0);
        }
    }
    return crc >> 16;
}

/* The status of the answer, OK where it is data. The count is 0 where it cannot be read. */
static int collect(struct troth_atecc608 *chip, size_t answer_len)
{
    uint8_t *at = chip->packet + 1;
    size_t len = answer_len + FRAME;
    if (!chip->bus->read(chip, len)) {
        return BUSY;
    }
    for (unsigned reads = READS;;) {
        if (at[0] == 1 + FRAME || at[0] == len) {
            size_t end = (size_t)at[0] - 2;
            if (crc(at, end) == (at[end] | (unsigned)at[end + 1] << 8)) {
                return at[0] == 1 + FRAME ? at[1] : OK;
            }
        }
        at[0] = 0;
        if (--reads == 0) {
            return LOST;
        }
        chip->bus->write(chip, WORD_REWIND, 0);
        chip->bus->read(chip, len);
    }
}

void atecc608_park(struct troth_atecc608 *chip)
{
    bool is_needed = chip->live | chip->keeps;
    chip->awake = false;
    for (unsigned tries = 0; tries <= TRIES; tries++) {
        if (chip->bus->write(chip, is_needed ? WORD_IDLE : WORD_SLEEP, 0)) {
            return;
        }
    }
}

/* A chip that is awake against expectation may show an old answer instead of the wake status: it is sent to idle first. One that
 * should be awake gets no second chance: if it does not answer at once, what was loaded is gone. */
bool atecc608_wake(struct troth_atecc608 *chip)
{
    for (unsigned wakes = chip->awake ? 1 : WAKES; wakes > 0; wakes--) {
        chip->wire->wake(chip->wire->ctx, READY_US);
        if (collect(chip, 1) == LOST && chip->packet[1] != 0) {
            chip->awake = true;
            return true;
        }
        chip->bus->write(chip, WORD_IDLE, 0);
    }
    return false;
}

/* The answer of what runs. When nobody answers, the chip is busy, or asleep without our doing. A wake, which a busy chip ignores,
 * tells: some time later it answers with the wake status, which no command gives. */
static int look(struct troth_atecc608 *chip, size_t answer_len)
{
    unsigned probe = chip->duty != DUTY_NONE ? DUTY_PROBE : chip->bus->probe;
    int status = collect(chip, answer_len);
    if (status == BUSY) {
        unsigned waited = ++chip->waited;
        if (waited >= POLLS_MAX) {
            chip->tries = TRIES;
            status = LOST;
        } else if (waited >= POLLS_FAST) {
            chip->wire->wake(chip->wire->ctx, READY_US);
        } else if ((waited & probe) == probe) {
            chip->wire->wake(chip->wire->ctx, 0);
        }
    }
    return status;
}

/* Builds the packet and sends it. */
static bool start(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, const uint8_t *key)
{
    uint8_t *at = chip->packet + 1;
    size_t len = (size_t)HEAD + row->data;
    if (!(chip->awake && chip->bus->acknowledges) && !atecc608_wake(chip)) {
        return false;
    }
    memcpy(at + HEAD, data, row->data);
    if ((row->flags & KEYED) != 0) {
        memcpy(at + len, key, TROTH_POINT_LEN);
        len += TROTH_POINT_LEN;
    }
    at[0] = (uint8_t)(len + 2);
    memcpy(at + 1, row->head, sizeof row->head);
    unsigned check = crc(at, len);
    at[len] = (uint8_t)check;
    at[len + 1] = (uint8_t)(check >> 8);
    chip->waited = 0;
    return chip->bus->write(chip, WORD_COMMAND, len + 2);
}

/* A command that is over, one way or the other. */
static int finish(struct troth_atecc608 *chip, const struct row *row, int status)
{
    unsigned flags = row->flags;
    int result = TROTH_OK;
    chip->executing = false;
    if (status == OK && (flags & LOADS) != 0) {
        chip->step = 1;
        return result;
    }
    if ((status >= EXPIRING || (status == LOST && (flags & ONCE) == 0)) && chip->tries < TRIES) {
        chip->tries++;
        chip->step &= (uint8_t)~1U; /* with what was loaded before it */
        result = TROTH_AGAIN;
    } else {
        chip->tries = 0;
        chip->duty = DUTY_NONE;
        chip->step = 0;
        if ((flags & SPENDS) != 0) {
            chip->live = false;
            chip->dirty = false;
        }
        if (status == MISMATCH || status == REFUSED) {
            result = row->refused;
        } else if (status != OK) {
            result = TROTH_E_CRYPTO;
        }
    }
    atecc608_park(chip);
    return result;
}

int atecc608_command(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, const uint8_t *key)
{
    int status = BUSY;
    if (!chip->executing) {
        chip->executing = start(chip, row, data, key);
        status = chip->executing ? BUSY : LOST;
    } else {
        status = look(chip, row->answer);
        if (status == OK && chip->packet[1] != row->answer + FRAME) {
            status = LOST;
        }
    }
    return status == BUSY ? TROTH_AGAIN : finish(chip, row, status);
}

/* While a command of one's own runs there are none: one does not begin before they are done. */
int atecc608_duties(struct troth_atecc608 *chip)
{
    if (chip->duty == DUTY_DROP) {
        if (look(chip, 1) == BUSY) {
            return TROTH_AGAIN;
        }
        chip->executing = false;
        chip->duty = DUTY_NONE;
        chip->tries = 0;
        atecc608_park(chip);
    }
    if (chip->dirty && !chip->live) {
        return chip->method->destroy(chip);
    }
    return TROTH_OK;
}

int atecc608_run(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, const uint8_t *key)
{
    int result = atecc608_duties(chip);
    return result == TROTH_OK ? atecc608_command(chip, row, data, key) : result;
}

int atecc608_take(struct troth_atecc608 *chip, int result, uint8_t *out, size_t out_len)
{
    if (result == TROTH_OK) {
        memcpy(out, chip->packet + ANSWER, out_len);
        memset(chip->packet + ANSWER, 0, out_len);
    }
    return result;
}

void atecc608_erase(uint8_t *secret, size_t len)
{
    volatile uint8_t *at = secret;
    for (; len > 0; len--) {
        *at++ = 0;
    }
}
