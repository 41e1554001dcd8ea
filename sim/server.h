/* sim/server.h: a chip as a process: state file, one endpoint, clients one after another. Includes chip.h. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "chip.h"

struct server_plan {
    struct chip_options chip; /* bus, part, busy, clock, seed, fault; keep and trace are the server's */
    const char *listen;       /* unix:PATH, tcp:HOST:PORT, pty */
    const char *state;        /* file */
    const char *trace;        /* file, or NULL */
    bool echo;
};

/* Serves until SIGINT or SIGTERM. Prints on stdout where clients can connect, on stderr what goes wrong and, at the
 * end, the totals. Returns 0, or 1 after an error. */
int server_run(const struct server_plan *plan);

#endif
