/* test/support/nor.c: a strict NOR flash in memory. */
#include "test/support/nor.h"

#include <assert.h>
#include <string.h>

static uint8_t nor_random(struct nor *nor)
{
    nor->seed = nor->seed * 1664525U + 1013904223U;
    return (uint8_t)(nor->seed >> 24);
}

static int nor_refuse(struct nor *nor, const char *rule)
{
    if (nor->broken == NULL)
        nor->broken = rule;
    return -1;
}

/* Counts an operation. Whether it is to be only half done. */
static bool nor_disturbed(struct nor *nor)
{
    nor->operations++;
    if (nor->operations == nor->cut_at)
        nor->off = true;
    return nor->operations == nor->cut_at || nor->operations == nor->fail_at;
}

/* A half-erased sector: some bytes old, some erased, some neither. */
static void nor_tear_sector(struct nor *nor, uint8_t *sector)
{
    for (uint32_t i = 0; i < nor->sector_size; i++) {
        switch (nor_random(nor) % 3) {
        case 0:
            break;
        case 1:
            sector[i] = 0xFF;
            break;
        default:
            sector[i] |= nor_random(nor);
        }
    }
    memset(nor->used + (size_t)(sector - nor->memory) / nor->unit, true, nor->sector_size / nor->unit);
}

static int nor_erase(void *ctx, uint32_t sector)
{
    struct nor *nor = ctx;
    if (nor->off)
        return -1;
    if (sector >= nor->sectors)
        return nor_refuse(nor, "erase of a sector that does not exist");
    uint8_t *at = nor->memory + sector * nor->sector_size;
    if (nor_disturbed(nor)) {
        nor_tear_sector(nor, at);
        return -1;
    }
    memset(at, 0xFF, nor->sector_size);
    memset(nor->used + sector * nor->sector_size / nor->unit, false, nor->sector_size / nor->unit);
    if (nor->operations == nor->lie_at)
        at[0] = 0;
    return 0;
}

static int nor_program(void *ctx, uint32_t address, const uint8_t *bytes, size_t len)
{
    struct nor *nor = ctx;
    if (nor->off)
        return -1;
    if (len != nor->unit || address % nor->unit != 0)
        return nor_refuse(nor, "program of something that is not one unit");
    if (address >= nor->sectors * nor->sector_size)
        return nor_refuse(nor, "program of an address that does not exist");
    if (nor->used[address / nor->unit])
        return nor_refuse(nor, "program of a unit twice without an erase");
    bool disturbed = nor_disturbed(nor);
    nor->used[address / nor->unit] = true;
    for (size_t i = 0; i < len; i++) {
        /* Bits only go from 1 to 0; in a torn unit only some of them have. */
        uint8_t undone = disturbed ? nor_random(nor) : 0;
        nor->memory[address + i] &= (uint8_t)(bytes[i] | undone);
    }
    if (nor->operations == nor->lie_at)
        nor->memory[address + nor_random(nor) % len] ^= 1;
    return disturbed ? -1 : 0;
}

void nor_open(struct nor *nor, uint32_t sector_size, uint32_t sectors, uint32_t unit, uint32_t seed)
{
    assert(sector_size * sectors <= NOR_SIZE_MAX && sector_size % unit == 0);
    memset(nor, 0, sizeof *nor);
    memset(nor->memory, 0xFF, sizeof nor->memory);
    nor->sector_size = sector_size;
    nor->sectors = sectors;
    nor->unit = unit;
    nor->seed = seed;
}

void nor_power_on(struct nor *nor)
{
    nor->off = false;
    nor->operations = nor->fail_at = nor->cut_at = nor->lie_at = 0;
}

struct troth_flash nor_flash(struct nor *nor, uint16_t first_sector, uint8_t place_sectors)
{
    return (struct troth_flash){.base = nor->memory,
                                .sector_size = nor->sector_size,
                                .first_sector = first_sector,
                                .place_sectors = place_sectors,
                                .program_unit = (uint8_t)nor->unit,
                                .ctx = nor,
                                .erase = nor_erase,
                                .program = nor_program};
}
