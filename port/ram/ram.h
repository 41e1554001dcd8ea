/* port/ram/ram.h: a store in the caller's memory: nothing of it survives a reset.
 *
 * For tests, for simulations, and for memory that keeps its content by other means. May include port.h, nothing else.
 */
#ifndef TROTH_RAM_H
#define TROTH_RAM_H

#include <troth/port.h>

/* One store; its address is the `ctx` of troth_ram_store. */
struct troth_ram {
    uint8_t *memory; /* TROTH_STORE_PLACES times place_len bytes, the caller's */
    size_t place_len;
    size_t used[TROTH_STORE_PLACES]; /* bytes that are written in each place */
};

extern const struct troth_store troth_ram_store;

/* Begins with empty places in memory_len bytes; each place gets its equal share. */
void troth_ram_open(struct troth_ram *ram, uint8_t *memory, size_t memory_len);

#endif
