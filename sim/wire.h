/* sim/wire.h: the two kinds of byte stream that reach a chip from outside: i2c1, transactions with a header, and swi,
 * bare UART characters. Includes chip.h only. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "chip.h"

#define WIRE_HEADER 6
#define WIRE_REPLY  3
#define WIRE_MAX    65535

struct wire {
    struct chip *chip;
    bool swi;
    bool echo; /* swi: the wire shows the host its own characters */
    void (*send)(void *ctx, const uint8_t *bytes, size_t len);
    void *ctx;
    uint8_t request[WIRE_HEADER + WIRE_MAX];
    size_t have;
    uint8_t reply[WIRE_REPLY + WIRE_MAX];
};

/* A client came: what an earlier one left unfinished is forgotten, the chip stays as it is. */
void wire_reset(struct wire *wire);
/* Takes bytes from the client in any portions and sends what answers them. Nothing is sent once the chip is dead. */
void wire_feed(struct wire *wire, const uint8_t *bytes, size_t len);

#endif
