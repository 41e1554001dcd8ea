/* port/flash/flash.h: a store in raw, memory-mapped NOR flash, behind two functions that the board supplies.
 *
 * The port keeps no state and no copy: the table below may be `const` and lie in flash itself, and `view` points into
 * the flash. Freestanding; may include port.h, nothing else.
 *
 * What it does: a write erases all sectors of the place, then programs the record from its first byte on, unit by unit,
 * and reads each unit back. No unit is ever programmed twice without an erase in between (flash with its own error
 * correction forbids it). The other place is not touched, so whatever a power cut leaves, one place is whole.
 *
 * What the board must see to: the sectors belong to this store alone; `program` and `erase` return when the flash can
 * be read again and the caches over it, if any, show the new content; on flash that cannot be read while it is being
 * written they run from RAM; and a unit that a power cut left half programmed can be read, with whatever content (where
 * the flash's error correction raises a fault on such a unit, its handler returns).
 */
#ifndef TROTH_FLASH_H
#define TROTH_FLASH_H

#include <troth/port.h>

#define TROTH_FLASH_UNIT_MAX 16

/* One store; its address is the `ctx` of troth_flash_store. Numbers are in bytes where nothing else is said. */
struct troth_flash {
    const uint8_t *base;   /* where the flash is mapped for reading: the first byte of sector 0 */
    uint32_t sector_size;  /* the smallest erasable piece; a multiple of program_unit */
    uint16_t first_sector; /* place 0 begins here, place 1 directly after it */
    uint8_t place_sectors; /* sectors of one place */
    uint8_t program_unit;  /* the smallest programmable piece, 1 to TROTH_FLASH_UNIT_MAX */
    void *ctx;             /* handed to both functions */

    /* Sets all bits of a sector to 1. 0, or anything else where it failed. */
    int (*erase)(void *ctx, uint32_t sector);

    /* Programs one unit: `len` is program_unit, `address` a multiple of it that counts from `base`. 0, or anything
     * else where it failed. `bytes` lie in RAM, without alignment. */
    int (*program)(void *ctx, uint32_t address, const uint8_t *bytes, size_t len);
};

/* A place reads as all its sectors: the record, then 0xFF. TROTH_E_SPACE: the record is longer than a place;
 * TROTH_E_CONFIG: program_unit is out of range; both before anything is erased. TROTH_E_STORE: the flash failed. */
extern const struct troth_store troth_flash_store;

#endif
