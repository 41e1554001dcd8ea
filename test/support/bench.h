/* support/bench: devices on a test bench: a virtual clock, and a wire that a test can listen to, cut and forge.
 *
 * Devices use the public API alone. Every frame passes `tap` if there is one, which may change it, drop it or keep it.
 * The bench sleeps exactly as long as troth_wait_ms says, so a wrong answer stalls it; and it ends the program where a law of
 * troth.h is broken: two public-key operations in a poll, one anywhere else, a poll that is asked for again and again. A unit
 * whose power goes in the middle of a call says nothing more and is off. */
#ifndef TROTH_TEST_BENCH_H
#define TROTH_TEST_BENCH_H

#include <troth/troth.h>

#include "port/openssl/openssl.h"
#include "port/ram/ram.h"
#include "test/support/cheap.h"
#include "test/support/family.h"
#include "test/support/flaky.h"

#define BENCH_FRAME_MAX 600
#define BENCH_QUEUE     64
#define BENCH_EVENTS    256

/* A device with all that it needs. */
struct unit {
    struct troth troth;
    struct troth_config config;
    struct holder holder;
    struct troth_openssl openssl;
    struct cheap cheap;
    struct flaky flaky; /* between the device and its ports */
    struct troth_ram ram;
    uint8_t memory[2 * 600];
    uint8_t buffer[600];
    bool on;
    bool accepts;         /* accepts whoever waits, at once */
    unsigned told[16];    /* how often each kind of event was told */
    uint8_t last_reason;  /* of the last abort */
    unsigned reasons[16]; /* how often each was given */
    uint8_t data[BENCH_FRAME_MAX];
    size_t data_len; /* the last data that arrived */
    unsigned polls;
};

struct frame_in_flight {
    int to;
    size_t len;
    uint8_t bytes[BENCH_FRAME_MAX];
};

struct bench {
    uint32_t now_ms;
    struct unit *unit[2]; /* the two ends of the wire */
    struct frame_in_flight queue[BENCH_QUEUE];
    size_t queued;
    unsigned frames;                                                         /* delivered in all */
    bool (*tap)(struct bench *bench, int from, uint8_t *frame, size_t *len); /* false: the frame is lost */
    void *tap_ctx;
};

/* A unit with a certificate of the family and an empty RAM store; not switched on. Its config may be changed before. Its
 * epoch is 1, or given. */
void unit_make(struct unit *unit, struct family *family, const char *serial);
void unit_make_epoch(struct unit *unit, struct family *family, const char *serial, uint32_t epoch);

/* The quick crypto port instead of OpenSSL; a unit that meets it needs it too, and another side. */
void unit_use_cheap(struct unit *unit, uint8_t side);

/* The store as it was made: nothing in it. */
void unit_clear(struct unit *unit);
void unit_free(struct unit *unit);

/* Power on (troth_open) and off (the struct is lost, the store stays). */
void unit_on(struct unit *unit, uint32_t now_ms);
void unit_off(struct unit *unit);

/* Puts a frame on the wire as if `from` (0 or 1) had sent it; the tap does not see it. */
void bench_inject(struct bench *bench, int from, const uint8_t *frame, size_t len);

/* Lets ms milliseconds of virtual time pass: polls, delivers, sleeps as troth_wait_ms says. */
void bench_run(struct bench *bench, uint32_t ms);

/* Opens both windows and runs until both are paired and linked, at most ms. Whether they are. */
bool bench_pair(struct bench *bench, uint32_t ms);

bool unit_linked(const struct unit *unit);

/* What troth_peer says: its state, and whether the peer is this one. */
uint8_t unit_peer_state(const struct unit *unit);
bool unit_knows(const struct unit *unit, const struct unit *peer);

/* The bytes of the store as a number: the same number, the same bytes. */
uint64_t unit_stored(const struct unit *unit);

/* Both on, with their stores read, on either end of the wire; what was on it is gone. */
void bench_connect(struct bench *bench, struct unit *first, struct unit *second);

/* Off and on again. */
void bench_reset(struct bench *bench, struct unit *unit);

/* Sends data from one end; TROTH_OK when it went on the wire. */
int bench_send(struct bench *bench, int from, const char *text);

/* Sends from each end and looks whether it arrives at the other. */
bool bench_talks(struct bench *bench);

#endif
