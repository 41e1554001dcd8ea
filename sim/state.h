/* sim/state.h: the file that is a chip's EEPROM. It is only ever replaced whole, by rename, after the new content is
 * on the disk. One process at a time holds it. Includes POSIX and chip.h. */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "chip.h"

struct state {
    char path[4096];
    char fresh[4096 + 8]; /* the name of the file that becomes it */
    char directory[4096];
    int lock;
};

enum state_found { STATE_FOUND, STATE_MISSING, STATE_ERROR };

/* Takes the file for this process and reads it. On STATE_ERROR `*why` says what is wrong and nothing is held. */
enum state_found state_open(struct state *state, const char *path, uint8_t image[CHIP_IMAGE_SIZE], const char **why);
/* Fits chip_options.keep. */
bool state_keep(void *ctx, const uint8_t image[CHIP_IMAGE_SIZE]);
void state_close(struct state *state);

#endif
