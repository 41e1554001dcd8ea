/* sim/chip.h: an ATECC608A or B, simulated at the level of its pins: power, bus and time.
 *
 * Laws. One `struct chip` is one part; it shares nothing with another. Time is virtual and counted in nanoseconds:
 * the bus, the wake delay and (with CHIP_BUSY_NONE) the commands move it, chip_advance moves it further; nothing else
 * does. With CHIP_BUSY_REAL only chip_advance moves it. What a command changes for good is handed to `keep` before the
 * chip acknowledges anything after it; when `keep` fails, the chip is dead: it acknowledges nothing any more.
 * Includes nothing but libc. */
#ifndef SIM_CHIP_H
#define SIM_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_IMAGE_SIZE 1536 /* bytes of non-volatile state, as chip_image writes them */
#define CHIP_COMMANDS   22
#define CHIP_PLACES     19 /* slots 0 to 15, then configuration, OTP, counters */

enum chip_part { CHIP_608B, CHIP_608A };
enum chip_bus { CHIP_I2C, CHIP_SWI };
enum chip_busy { CHIP_BUSY_NONE, CHIP_BUSY_VIRTUAL, CHIP_BUSY_REAL };
enum chip_clock { CHIP_CLOCK_CONFIG, CHIP_CLOCK_M0, CHIP_CLOCK_M1, CHIP_CLOCK_M2 };
enum chip_ack { CHIP_ACK = 0, CHIP_NO_ADDRESS = 1, CHIP_NO_DATA = 2 };

enum chip_event_kind {
    CHIP_EVENT_POWER,    /* power-up */
    CHIP_EVENT_WAKE,     /* a wake that was taken */
    CHIP_EVENT_IDLE,     /* to idle, asked by the host */
    CHIP_EVENT_SLEEP,    /* to sleep, asked by the host */
    CHIP_EVENT_WATCHDOG, /* to sleep, by the watchdog or the input timeout */
    CHIP_EVENT_WRITE,    /* bytes that the chip received */
    CHIP_EVENT_READ,     /* bytes that the chip gave */
    CHIP_EVENT_REFUSED,  /* a transaction without acknowledge */
    CHIP_EVENT_COMMAND,  /* a command begins: name, time; bytes is the packet */
    CHIP_EVENT_ANSWER,   /* its answer is ready: bytes is the packet */
    CHIP_EVENT_FAULT     /* a fault of the plan happens: name */
};

struct chip_event {
    enum chip_event_kind kind;
    uint32_t operation; /* number of the bus operation, from 1 */
    uint64_t clock_ns;
    uint64_t time_ns; /* COMMAND: how long it will run */
    const char *name; /* COMMAND and FAULT, else NULL */
    const uint8_t *bytes;
    size_t len;
};

struct chip_options {
    enum chip_part part; /* of a fresh part; an image carries its own */
    enum chip_bus bus;
    enum chip_busy busy;
    enum chip_clock clock; /* CHIP_CLOCK_CONFIG: what ChipMode says */
    bool seeded;
    uint64_t seed;
    const char *fault; /* a plan, see docs/simulator.md; NULL: none */
    bool (*keep)(void *ctx, const uint8_t image[CHIP_IMAGE_SIZE]);
    void *keep_ctx;
    void (*trace)(void *ctx, const struct chip_event *event);
    void *trace_ctx;
};

struct chip_report {
    uint64_t clock_ns;
    uint64_t execution_ns;
    uint64_t bus_ns;
    uint64_t wake_ns; /* waiting after wakes */
    uint32_t operations;
    uint32_t refused;
    uint32_t wakes;
    uint32_t watchdogs;
    uint32_t bytes_in, bytes_out;
    struct {
        const char *name;
        uint32_t count;
        uint64_t execution_ns;
    } command[CHIP_COMMANDS];
};

struct chip;

/* Builds a chip from an image, or a fresh part without one. NULL: no memory, a damaged image or a fault plan that
 * cannot be read; `*why` then says which. The chip is powered and asleep. */
struct chip *chip_make(const struct chip_options *options, const uint8_t *image, const char **why);
void chip_free(struct chip *chip);

/* The non-volatile state as it is now. */
void chip_image(const struct chip *chip, uint8_t image[CHIP_IMAGE_SIZE]);

/* Power off and on: a running command is lost, and all that is volatile, the latch too. */
void chip_power_cycle(struct chip *chip);

/* Lets time pass; running commands end, the watchdog fires. */
void chip_advance(struct chip *chip, uint64_t ns);

/* Nanoseconds until something happens by itself (a command ends, the watchdog fires); UINT64_MAX: never. */
uint64_t chip_next(const struct chip *chip);

/* False once `keep` has failed. */
bool chip_alive(const struct chip *chip);

/* True while SDA or the wire would be unanswered because a command runs. */
bool chip_is_busy(const struct chip *chip);

void chip_report(const struct chip *chip, struct chip_report *report);

/* How often a place of the EEPROM was written (CHIP_PLACES). */
uint32_t chip_wear(const struct chip *chip, unsigned place);

/* I2C transactions. `address` is the byte on the bus without regard to bit 0; khz 0 counts as 100. */
enum chip_ack chip_i2c_write(struct chip *chip, uint8_t address, const uint8_t *bytes, size_t len, unsigned khz);
enum chip_ack chip_i2c_read(struct chip *chip, uint8_t address, uint8_t *bytes, size_t len, unsigned khz);
void chip_i2c_low(struct chip *chip, unsigned us); /* SDA held low */

/* One UART character to a single-wire part; the characters that it answers go to `answer`, their number is returned
 * (the echo is not among them). */
#define CHIP_SWI_ANSWER 2048
size_t chip_swi(struct chip *chip, uint8_t character, uint8_t answer[CHIP_SWI_ANSWER]);

#endif
