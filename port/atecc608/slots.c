/* port/atecc608/slots: the way to what lies in the clear in slots. */
#include "command.h"

#include <string.h>

#define BLOCK 32

/* Block `block` of the slots from `slot` on as the parameter of Read and Write; *room: what of it is real. */
static int16_t place(unsigned slot, unsigned block, size_t *room)
{
    unsigned blocks = (TROTH_ATECC608_SLOT_LEN(slot) + BLOCK - 1) / BLOCK;
    while (block >= blocks) {
        block -= blocks;
        slot++;
        blocks = (TROTH_ATECC608_SLOT_LEN(slot) + BLOCK - 1) / BLOCK;
    }
    size_t left = TROTH_ATECC608_SLOT_LEN(slot) - (size_t)block * BLOCK;
    *room = left < BLOCK ? left : BLOCK;
    return (int16_t)(block << 8 | slot << 3);
}

/* How many bytes lie before a block. */
static size_t offset(unsigned slot, unsigned block)
{
    size_t sum = 0;
    for (unsigned i = 0; i < block; i++) {
        size_t room;
        (void)place(slot, i, &room);
        sum += room;
    }
    return sum;
}

/* One block more of a read or a write; steps are even, for each block stands on its own. */
static int next_block(struct troth_atecc608 *chip, int result, size_t end, size_t len, unsigned block)
{
    if (result == TROTH_OK && end < len) {
        chip->step = (uint8_t)(2 * (block + 1));
        return TROTH_AGAIN;
    }
    return result;
}

int troth_atecc608_read(struct troth_atecc608 *chip, unsigned slot, uint8_t *out, size_t len)
{
    struct row row = {0x02, 0x82, 0, 0, BLOCK, TROTH_E_CONFIG, 0};
    unsigned block = chip->step / 2U;
    size_t room;
    row.param = place(slot, block, &room);
    size_t at = offset(slot, block);
    size_t part = len - at < room ? len - at : room;
    int result = atecc608_take(chip, atecc608_run(chip, &row, out, NULL), out + at, part);
    return next_block(chip, result, at + part, len, block);
}

int troth_atecc608_write(struct troth_atecc608 *chip, unsigned slot, const uint8_t *data, size_t len)
{
    struct row row = {0x12, 0x82, 0, BLOCK, 1, TROTH_E_CONFIG, 0};
    uint8_t bytes[BLOCK] = {0};
    unsigned block = chip->step / 2U;
    size_t room;
    row.param = place(slot, block, &room);
    size_t at = offset(slot, block);
    size_t part = len - at < room ? len - at : room;
    memcpy(bytes, data + at, part);
    return next_block(chip, atecc608_run(chip, &row, bytes, NULL), at + part, len, block);
}

int troth_atecc608_public_key(struct troth_atecc608 *chip, uint8_t public_key[64])
{
    static const struct row row = {0x40, 0x00, TROTH_ATECC608_IDENTITY, 0, 64, TROTH_E_CONFIG, 0};
    return atecc608_take(chip, atecc608_run(chip, &row, public_key, NULL), public_key, TROTH_POINT_LEN);
}
