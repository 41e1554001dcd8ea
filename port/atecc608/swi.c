/* port/atecc608/swi: the chip on a single wire, which a UART drives: a character carries one bit, lowest bit first. A flag comes
 * before each packet; the transmit flag asks for the output. Nothing is acknowledged; a busy or sleeping chip is silent. */
#include "command.h"

#define BIT_ONE  0x7F
#define BIT_ZERO 0x7D
#define TRANSMIT 0x88

static void put(const struct troth_atecc608 *chip, unsigned byte)
{
    uint8_t bits[8];
    for (unsigned i = 0; i < 8; i++) {
        bits[i] = (byte >> i & 1) != 0 ? BIT_ONE : BIT_ZERO;
    }
    chip->wire->write(chip->wire->ctx, bits, sizeof bits);
}

/* An edge that comes late smears into the next bit: 0x7E is a one as well. */
static bool get(const struct troth_atecc608 *chip, uint8_t *byte)
{
    uint8_t bits[8];
    unsigned value = 0;
    if (!chip->wire->read(chip->wire->ctx, bits, sizeof bits)) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        value |= (unsigned)((bits[i] ^ BIT_ONE) < 2) << i;
    }
    *byte = (uint8_t)value;
    return true;
}

static bool swi_write(struct troth_atecc608 *chip, enum word word, size_t len)
{
    static const uint8_t flags[] = {[WORD_SLEEP] = 0xCC, [WORD_IDLE] = 0xBB, [WORD_COMMAND] = 0x77};
    if (word == WORD_REWIND) {
        return true;
    }
    put(chip, flags[word]);
    for (size_t i = 1; i <= len; i++) {
        put(chip, chip->packet[i]);
    }
    return true;
}

/* Silence at the begin is a busy chip; later, an answer with a gap. */
static bool swi_read(struct troth_atecc608 *chip, size_t len)
{
    uint8_t *at = chip->packet + 1;
    put(chip, TRANSMIT);
    if (!get(chip, at)) {
        return false;
    }
    for (size_t i = 1; i < len && i < at[0] && get(chip, at + i); i++) {
    }
    return true;
}

/* A wake would hide an answer that has just come. */
#define NO_PROBE 0xFFFF

const struct troth_atecc608_bus troth_atecc608_swi = {swi_write, swi_read, false, NO_PROBE};
