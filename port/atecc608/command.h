/* port/atecc608/command: one command on the chip, from packet to answer. For the files of this port only. */
#ifndef PORT_ATECC608_COMMAND_H
#define PORT_ATECC608_COMMAND_H

#include "slots.h"

/* What goes over the bus before a packet. The single wire has flags of other values, and nothing to rewind. */
enum word { WORD_REWIND, WORD_SLEEP, WORD_IDLE, WORD_COMMAND };

struct troth_atecc608_bus {
    bool (*write)(struct troth_atecc608 *chip, enum word word, size_t len); /* len bytes of the packet after it */
    bool (*read)(struct troth_atecc608 *chip, size_t len); /* false: nobody answers, the chip is busy or asleep */
    bool acknowledges;                                     /* a lost packet shows at once */
    uint16_t probe; /* with these low bits, the number of polls calls for a wake: does the chip sleep? */
};

enum {
    ONCE = 1,   /* never sent again after it may have run */
    LOADS = 2,  /* the operation goes on with another command */
    SPENDS = 4, /* uses the ephemeral key up */
    KEYED = 8   /* a public key follows the data */
};

/* A kind of command. */
struct row {
    uint8_t head[4]; /* opcode, mode, low and high byte of the parameter */
    uint8_t data;    /* bytes that go with it */
    uint8_t answer;  /* bytes that come back, 1 for a status */
    int8_t refused;  /* what "execution error" means here */
    uint8_t flags;
};

struct troth_atecc608_method {
    struct row generate[2]; /* where there may be a used key; where a fresh one waits */
    struct row agree;
    int (*destroy)(struct troth_atecc608 *chip); /* TROTH_AGAIN, also when it is done: then `dirty` is false */
};

/* What is done before the next operation: an abandoned command is waited for; an ephemeral key is overwritten. */
enum duty { DUTY_NONE, DUTY_DROP, DUTY_WIPE };

/* Duties first, then the command: starts it or looks for its answer, which is TROTH_OK with the bytes at atecc608_answer. */
int atecc608_run(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, const uint8_t *key);

/* The same without duties. */
int atecc608_command(struct troth_atecc608 *chip, const struct row *row, const uint8_t *data, const uint8_t *key);

/* Moves the first out_len bytes of the answer, if there is one, and leaves zeros; the result. */
int atecc608_take(struct troth_atecc608 *chip, int result, uint8_t *out, size_t out_len);

int atecc608_duties(struct troth_atecc608 *chip);
bool atecc608_wake(struct troth_atecc608 *chip);
/* To idle while something volatile is needed, else to sleep. */
void atecc608_park(struct troth_atecc608 *chip);

void atecc608_erase(uint8_t *secret, size_t len);

/* Where the bytes of an answer stand. */
#define ANSWER 2

#endif
