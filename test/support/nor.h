/* test/support/nor.h: a strict NOR flash in memory, for the flash store and for sweeps over it.
 *
 * What real flash does not forgive is refused and remembered in `broken`: a unit programmed twice without an erase, an
 * address or a length that is no unit, a sector outside. Operations (an erase, a unit) are counted from 1; one of them
 * may fail, be cut by a loss of power, or lie. What a disturbed operation leaves is random, from a seed.
 */
#ifndef TROTH_TEST_NOR_H
#define TROTH_TEST_NOR_H

#include "port/flash/flash.h"

#define NOR_SIZE_MAX 16384

struct nor {
    uint8_t memory[NOR_SIZE_MAX];
    bool used[NOR_SIZE_MAX]; /* by unit: programmed, wholly or in part, since the last whole erase of its sector */
    uint32_t sector_size;
    uint32_t sectors;
    uint32_t unit;
    uint32_t seed;

    unsigned operations; /* how many there were */
    unsigned fail_at;    /* this operation is half done and says so; 0: none */
    unsigned cut_at;     /* during this one the power goes; all later ones are refused; 0: none */
    unsigned lie_at;     /* this one leaves a bit wrong and says that all is well; 0: none */
    bool off;            /* the power is gone */
    const char *broken;  /* the first rule that was broken, or NULL */
};

/* A new chip, all ones. */
void nor_open(struct nor *nor, uint32_t sector_size, uint32_t sectors, uint32_t unit, uint32_t seed);

/* Power again, nothing planned, operations counted anew; the content stays. */
void nor_power_on(struct nor *nor);

/* A store over it. */
struct troth_flash nor_flash(struct nor *nor, uint16_t first_sector, uint8_t place_sectors);

#endif
