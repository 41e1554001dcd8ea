/* port/atecc608/slots: the way to what lies in the clear in slots. */
#include "command.h"

#include <string.h>

#define BLOCK 32

/* One block of a run of slots. */
struct place {
    unsigned slot;
    unsigned block; /* in it */
    size_t at;      /* where its bytes stand in the whole */
    size_t len;     /* how many there are */
};

/* The block that is next: steps are even, for each block stands on its own. */
static struct place next(const struct troth_atecc608 *chip, unsigned slot, size_t len)
{
    struct place place = {slot, 0, 0, 0};
    size_t left = TROTH_ATECC608_SLOT_LEN(slot);
    for (unsigned blocks = chip->step / 2U; blocks > 0; blocks--) {
        size_t part = left < BLOCK ? left : BLOCK;
        place.at += part;
        place.block++;
        left -= part;
        if (left == 0) {
            place.slot++;
            place.block = 0;
            left = TROTH_ATECC608_SLOT_LEN(place.slot);
        }
    }
    place.len = left < BLOCK ? left : BLOCK;
    place.len = len - place.at < place.len ? len - place.at : place.len;
    return place;
}

static void aim(struct row *row, const struct place *place)
{
    row->head[2] = (uint8_t)(place->slot << 3);
    row->head[3] = (uint8_t)place->block;
}

static int go_on(struct troth_atecc608 *chip, uint8_t step, int result, bool is_last)
{
    if (result != TROTH_OK || is_last) {
        return result;
    }
    chip->step = (uint8_t)(step + 2);
    return TROTH_AGAIN;
}

int troth_atecc608_read(struct troth_atecc608 *chip, unsigned slot, uint8_t *out, size_t len)
{
    struct row row = {{0x02, 0x82, 0, 0}, 0, BLOCK, TROTH_E_CONFIG, 0};
    struct place place = next(chip, slot, len);
    uint8_t step = chip->step;
    aim(&row, &place);
    int result = atecc608_take(chip, atecc608_run(chip, &row, out, NULL), out + place.at, place.len);
    return go_on(chip, step, result, place.at + place.len == len);
}

int troth_atecc608_write(struct troth_atecc608 *chip, unsigned slot, const uint8_t *data, size_t len)
{
    struct row row = {{0x12, 0x82, 0, 0}, BLOCK, 1, TROTH_E_CONFIG, 0};
    struct place place = next(chip, slot, len);
    uint8_t bytes[BLOCK] = {0};
    uint8_t step = chip->step;
    aim(&row, &place);
    memcpy(bytes, data + place.at, place.len);
    return go_on(chip, step, atecc608_run(chip, &row, bytes, NULL), place.at + place.len == len);
}

int troth_atecc608_public_key(struct troth_atecc608 *chip, uint8_t public_key[64])
{
    static const struct row row = {{0x40, 0x00, TROTH_ATECC608_IDENTITY, 0}, 0, 64, TROTH_E_CONFIG, 0};
    return atecc608_take(chip, atecc608_run(chip, &row, public_key, NULL), public_key, TROTH_POINT_LEN);
}
