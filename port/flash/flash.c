/* port/flash/flash.c: a store in raw NOR flash. Includes port.h; no state, one buffer of a program unit on the stack.
 * Invariant: nothing outside the sectors of the place is erased or programmed, and no unit twice after an erase. */
#include "flash.h"

/* Programs the unit that ends up at `address` and reads it back. */
static int flash_put(const struct troth_flash *flash, uint32_t address, const uint8_t *unit)
{
    if (flash->program(flash->ctx, address, unit, flash->program_unit) != 0)
        return TROTH_E_STORE;
    const uint8_t *there = flash->base + address;
    for (size_t i = 0; i < flash->program_unit; i++) {
        if (there[i] != unit[i])
            return TROTH_E_STORE;
    }
    return TROTH_OK;
}

/* Programs the parts, one after the other, from `address` on. The last unit is filled up with 0xFF. */
static int flash_program(const struct troth_flash *flash, uint32_t address, const struct troth_span *part, size_t count)
{
    uint8_t unit[TROTH_FLASH_UNIT_MAX]; /* public, not wiped */
    size_t fill = 0;
    int result = TROTH_OK;
    for (; count > 0; part++, count--) {
        for (size_t i = 0; i < part->len; i++) {
            unit[fill++] = part->data[i];
            if (fill < flash->program_unit)
                continue;
            result = flash_put(flash, address, unit);
            if (result != TROTH_OK)
                return result;
            address += flash->program_unit;
            fill = 0;
        }
    }
    if (fill == 0)
        return result;
    while (fill < flash->program_unit)
        unit[fill++] = 0xFF;
    return flash_put(flash, address, unit);
}

static int flash_view(void *ctx, unsigned place, struct troth_span *bytes)
{
    const struct troth_flash *flash = ctx;
    if (place >= TROTH_STORE_PLACES)
        return TROTH_E_STATE;
    bytes->len = (size_t)flash->place_sectors * flash->sector_size;
    bytes->data = flash->base + (size_t)flash->first_sector * flash->sector_size + place * bytes->len;
    return TROTH_OK;
}

static int flash_write(void *ctx, unsigned place, const struct troth_span *part, size_t count)
{
    const struct troth_flash *flash = ctx;
    struct troth_span whole;
    int result = flash_view(ctx, place, &whole);
    if (result != TROTH_OK)
        return result;
    if (flash->program_unit - 1U >= TROTH_FLASH_UNIT_MAX)
        return TROTH_E_CONFIG;
    size_t room = whole.len;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len > room)
            return TROTH_E_SPACE;
        room -= part[i].len;
    }
    uint32_t sector = flash->first_sector + place * flash->place_sectors;
    for (unsigned i = 0; i < flash->place_sectors; i++) {
        if (flash->erase(flash->ctx, sector + i) != 0)
            return TROTH_E_STORE;
    }
    return flash_program(flash, sector * flash->sector_size, part, count);
}

const struct troth_store troth_flash_store = {.view = flash_view, .write = flash_write};
