/* tool/device.h: one device as a process: the library, a store in a folder, a link, and lines on standard input. */
#ifndef TROTH_TOOL_DEVICE_H
#define TROTH_TOOL_DEVICE_H

#include <troth/troth.h>

#include "tool/device_store.h"
#include "tool/identity.h"
#include "tool/lines.h"
#include "tool/link.h"

/* What the command line asked for. */
struct device_order {
    const char *dir;
    struct link_config link; /* address NULL: none, only the store is worked on */
    uint32_t window_ms;      /* 0: opens no window */
    bool answers;            /* never begins a handshake */
    bool forget;
};

struct device {
    struct device_order order;
    struct identity identity;
    struct device_store store;
    struct troth_openssl crypto;
    struct troth_config config;
    struct troth troth;
    uint8_t buffer[TROTH_BUFFER_CHAIN];
    struct link *link;
    struct lines lines;
    uint8_t held[TROTH_BUFFER_CHAIN]; /* a frame that had nobody to go to */
    size_t held_len;
    unsigned session; /* of the link, as last seen */
    unsigned linked_session;
    int64_t session_ms; /* when it came up */
    bool told_waiting;
    bool done;
    int status;
};

/* Reads and checks everything, and writes nothing until all fits together. 0, or EXIT_FAILURE with nothing to close. */
int device_open(struct device *device, const struct device_order *order);

/* Runs until a signal ends it, or there is nothing more to do; its exit status. */
int device_run(struct device *device);

/* Closes and wipes everything. */
void device_close(struct device *device);

#endif
