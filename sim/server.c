/* sim/server.c: the process around a chip. Includes POSIX and the simulator's own rooms. */
#define _GNU_SOURCE /* ppoll */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "endpoint.h"
#include "wire.h"
#include "state.h"
#include "trace.h"

#define NAP_NS 20000000LL /* between two looks at a pseudo-terminal that nobody has open */

struct server {
    struct endpoint endpoint;
    struct state state;
    FILE *trace;
    struct chip *chip;
    struct wire *wire;
    bool real; /* real time drives the chip's clock */
    bool gone; /* the client cannot be written to */
    struct timespec last;
};

static volatile sig_atomic_t server_stop;

static void server_on_signal(int signal)
{
    (void)signal;
    server_stop = 1;
}

static void server_on_event(void *ctx, const struct chip_event *event)
{
    struct server *server = ctx;
    trace_event(server->trace, event);
}

static void server_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct server *server = ctx;
    server->gone = server->gone || !endpoint_send(&server->endpoint, bytes, len);
}

static void server_pass_time(struct server *server)
{
    struct timespec now;
    if (!server->real) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (int64_t)(now.tv_sec - server->last.tv_sec) * 1000000000 + (now.tv_nsec - server->last.tv_nsec);
    server->last = now;
    chip_advance(server->chip, (uint64_t)ns);
}

static void server_end_client(struct server *server)
{
    endpoint_drop(&server->endpoint);
    wire_reset(server->wire);
    server->gone = false;
}

static bool server_read(struct server *server)
{
    uint8_t bytes[4096];
    ssize_t got = read(server->endpoint.client, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return true;
    }
    if (got <= 0) {
        server_end_client(server);
        return true;
    }
    server_pass_time(server);
    wire_feed(server->wire, bytes, (size_t)got);
    if (server->gone) {
        server_end_client(server);
    }
    return chip_alive(server->chip);
}

/* How long to wait at most: until the chip does something by itself, when real time drives it. */
static const struct timespec *server_timeout(const struct server *server, struct timespec *timeout)
{
    uint64_t next = server->real ? chip_next(server->chip) : UINT64_MAX;
    if (next == UINT64_MAX) {
        return NULL;
    }
    timeout->tv_sec = (time_t)(next / 1000000000);
    timeout->tv_nsec = (long)(next % 1000000000);
    return timeout;
}

/* One turn: wait, then serve whoever came or spoke. False: something is wrong that cannot be mended. */
static bool server_turn(struct server *server, const sigset_t *unblocked)
{
    struct timespec timeout;
    bool waiting = server->endpoint.client < 0;
    struct pollfd one = {.fd = waiting ? server->endpoint.listener : server->endpoint.client, .events = POLLIN};
    int ready = ppoll(&one, 1, server_timeout(server, &timeout), unblocked);
    server_pass_time(server);
    if (ready < 0) {
        return errno == EINTR;
    }
    if (ready == 0) {
        return chip_alive(server->chip);
    }
    if (waiting) {
        return endpoint_accept(&server->endpoint);
    }
    if ((one.revents & POLLIN) != 0) {
        return server_read(server);
    }
    server_end_client(server);
    if (server->endpoint.listener < 0) {
        const struct timespec nap = {.tv_nsec = NAP_NS};
        ppoll(NULL, 0, &nap, unblocked);
    }
    return true;
}

static void server_catch_signals(sigset_t *unblocked)
{
    struct sigaction action = {.sa_handler = server_on_signal};
    sigset_t blocked;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, unblocked);
    sigdelset(unblocked, SIGINT);
    sigdelset(unblocked, SIGTERM);
}

static bool server_open_chip(struct server *server, const struct server_plan *plan, const uint8_t *image)
{
    const char *why = NULL;
    struct chip_options options = plan->chip;
    options.keep = state_keep;
    options.keep_ctx = &server->state;
    if (server->trace != NULL) {
        options.trace = server_on_event;
        options.trace_ctx = server;
    }
    server->chip = chip_make(&options, image, &why);
    server->wire = calloc(1, sizeof *server->wire);
    if (server->chip == NULL || server->wire == NULL) {
        fprintf(stderr, "chip: %s: %s\n", plan->state, why == NULL ? "no memory" : why);
        return false;
    }
    server->wire->chip = server->chip;
    server->wire->swi = plan->chip.bus == CHIP_SWI;
    server->wire->echo = plan->echo;
    server->wire->send = server_send;
    server->wire->ctx = server;
    server->real = plan->chip.busy == CHIP_BUSY_REAL;
    return true;
}

static int server_serve(struct server *server, const struct server_plan *plan)
{
    struct chip_report report;
    sigset_t unblocked;
    server_catch_signals(&unblocked);
    printf("%s\n", server->endpoint.name);
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &server->last);
    bool good = true;
    while (good && !server_stop) {
        good = server_turn(server, &unblocked);
    }
    if (good) {
        chip_advance(server->chip, chip_next(server->chip) == UINT64_MAX ? 0 : chip_next(server->chip));
    }
    if (!chip_alive(server->chip)) {
        fprintf(stderr, "chip: %s: cannot be written, the chip stops here\n", plan->state);
    } else if (!good) {
        fprintf(stderr, "chip: %s: %s\n", server->endpoint.name, strerror(errno));
    }
    chip_report(server->chip, &report);
    trace_report(stderr, &report);
    return good && chip_alive(server->chip) ? 0 : 1;
}

int server_run(const struct server_plan *plan)
{
    struct server server = {0};
    uint8_t image[CHIP_IMAGE_SIZE];
    const char *why = NULL;
    int result = 1;
    enum state_found found = state_open(&server.state, plan->state, image, &why);
    if (found == STATE_ERROR) {
        fprintf(stderr, "chip: %s: %s\n", plan->state, why);
        return 1;
    }
    if (plan->trace != NULL && (server.trace = fopen(plan->trace, "a")) == NULL) {
        fprintf(stderr, "chip: %s: %s\n", plan->trace, strerror(errno));
    } else if (server_open_chip(&server, plan, found == STATE_FOUND ? image : NULL)) {
        if (endpoint_open(&server.endpoint, plan->listen, &why)) {
            result = server_serve(&server, plan);
            endpoint_close(&server.endpoint);
        } else {
            fprintf(stderr, "chip: %s: %s\n", plan->listen, why);
        }
    }
    free(server.wire);
    chip_free(server.chip);
    if (server.trace != NULL) {
        fclose(server.trace);
    }
    state_close(&server.state);
    return result;
}
