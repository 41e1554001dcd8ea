/* port/ram/ram.c: a store in the caller's memory. Includes port.h and string.h.
 * Invariant: a write that is refused changes nothing. */
#include "ram.h"

#include <string.h>

static int ram_view(void *ctx, unsigned place, struct troth_span *bytes)
{
    const struct troth_ram *ram = ctx;
    if (place >= TROTH_STORE_PLACES)
        return TROTH_E_STATE;
    bytes->data = ram->memory + place * ram->place_len;
    bytes->len = ram->used[place];
    return TROTH_OK;
}

static int ram_write(void *ctx, unsigned place, const struct troth_span *part, size_t count)
{
    struct troth_ram *ram = ctx;
    if (place >= TROTH_STORE_PLACES)
        return TROTH_E_STATE;
    size_t room = ram->place_len;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len > room)
            return TROTH_E_SPACE;
        room -= part[i].len;
    }
    uint8_t *to = ram->memory + place * ram->place_len;
    for (size_t i = 0; i < count; i++) {
        if (part[i].len == 0)
            continue;
        memcpy(to, part[i].data, part[i].len);
        to += part[i].len;
    }
    ram->used[place] = ram->place_len - room;
    return TROTH_OK;
}

const struct troth_store troth_ram_store = {.view = ram_view, .write = ram_write};

void troth_ram_open(struct troth_ram *ram, uint8_t *memory, size_t memory_len)
{
    *ram = (struct troth_ram){.memory = memory, .place_len = memory_len / TROTH_STORE_PLACES};
}
