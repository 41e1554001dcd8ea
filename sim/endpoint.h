/* sim/endpoint.h: where clients come in: a Unix socket, TCP on the loopback, or a pseudo-terminal. Includes POSIX. */
#ifndef SIM_ENDPOINT_H
#define SIM_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

struct endpoint {
    int listener;        /* -1: a pseudo-terminal */
    int client;          /* -1: nobody */
    char path[4096];     /* of the Unix socket; empty: none */
    char name[4096 + 8]; /* what a client connects to */
};

/* Opens `unix:PATH`, `tcp:HOST:PORT` (loopback only; port 0 chooses one) or `pty`. */
bool endpoint_open(struct endpoint *endpoint, const char *where, const char **why);
/* Takes the next client; the listener is ready. */
bool endpoint_accept(struct endpoint *endpoint);
bool endpoint_send(const struct endpoint *endpoint, const void *bytes, size_t len);
/* The client is gone. */
void endpoint_drop(struct endpoint *endpoint);
void endpoint_close(struct endpoint *endpoint);

#endif
