/* port/atecc608: the crypto port on a Microchip ATECC608A or B. Includes port.h and port/soft only.
 *
 * The identity key and the HMAC key never leave the chip, nor does the ephemeral key. SHA-256 and AES-128 are port/soft's;
 * hard.h has them on the chip. slots.h says which slot holds what. docs/coprocessor.md says what this protects, and from whom.
 *
 * Laws
 *  - A call sends one command or looks once whether it is done, and answers TROTH_AGAIN while the chip works. It blocks for
 *    one wake (1.6 ms), or the four bytes of a status, and one packet (at most 136 bytes); longer only after a fault.
 *  - Whenever a call returns, the chip executes, idles or sleeps. While it executes, look at least every half a second: its
 *    watchdog ends a wake after 0.7 s at the earliest, and takes an ephemeral key in TempKey with it.
 *  - An answer that was lost is read again. GenKey, ECDH and the increment of the counter are sent again only when the chip says
 *    that it did not take them. What the chip refuses is not tried again.
 *  - A chip that was reset, or fell asleep, ends the operation with TROTH_E_CRYPTO where its result went with it.
 *  - No static memory. One struct, one chip.
 */
#ifndef TROTH_PORT_ATECC608_H
#define TROTH_PORT_ATECC608_H

#include <troth/port.h>

/* The longest packet: Verify with a signature and a key. */
#define TROTH_ATECC608_PACKET 135

/* What the board supplies: one chip on one bus.
 *
 * I2C. write, read: one transaction with the chip's address, Start to Stop; false if a byte was not acknowledged. wake: holds SDA
 * low for 60 us at least (the address byte 0x00 at 100 kHz does; who acknowledges does not matter), then waits for wait_us.
 *
 * Single wire. A UART at 230400 baud, 7 data bits, no parity, 1 stop bit, joined to one open-drain wire; bytes are its
 * characters. write: drops what was received before, sends, waits until the last character is out and drops their echo. read: false
 * if a character does not begin within 1 ms. wake: one character 0x00 at 115200 baud or slower, then waits for wait_us. */
struct troth_atecc608_wire {
    void *ctx;
    void (*wake)(void *ctx, unsigned wait_us);
    bool (*write)(void *ctx, const uint8_t *bytes, size_t len);
    bool (*read)(void *ctx, uint8_t *bytes, size_t len);
};

/* The two buses, and the two ways of a product family. Those that are not named are not linked. */
struct troth_atecc608_bus;
struct troth_atecc608_method;
extern const struct troth_atecc608_bus troth_atecc608_i2c;
extern const struct troth_atecc608_bus troth_atecc608_swi;

/* Method 0: the identity signs; the ephemeral key lies in TempKey and agrees once. `forget` puts the chip to sleep, which
 * clears it.
 * Method 3: the identity agrees; the ephemeral key lies in a slot and agrees as often as is wanted. `forget` has the chip
 * overwrite it, and so does the first operation after troth_atecc608_open; the key that comes of that is the next session's. So each
 * session costs one write of the slot and each start one, of the 400,000 that it stands. */
extern const struct troth_atecc608_method troth_atecc608_method_0;
extern const struct troth_atecc608_method troth_atecc608_method_3;

/* The port's state; the caller owns the memory. The fields are private. */
struct troth_atecc608 {
    const struct troth_atecc608_bus *bus;
    const struct troth_atecc608_wire *wire;
    const struct troth_atecc608_method *method;
    uint32_t counter; /* before an increment */
    uint16_t waited;  /* polls of the running command */
    uint8_t step;     /* of an operation of several commands */
    uint8_t duty;     /* what is done before anything else */
    uint8_t tries;
    bool executing;
    bool awake;
    bool live;  /* there is an ephemeral key, for a session to use */
    bool dirty; /* the chip may hold one: to be destroyed when no session uses it */
    bool keeps; /* what is volatile is still needed: idle instead of sleep */
    uint8_t packet[1 + TROTH_ATECC608_PACKET];
    const uint8_t *io_key; /* protect.h */
};

/* The table; its ctx is a struct troth_atecc608 that troth_atecc608_open has prepared. */
extern const struct troth_crypto troth_atecc608;

/* Prepares `chip`; nothing goes over the bus yet. Whatever the chip was doing, the first operation waits for its end. */
void troth_atecc608_open(struct troth_atecc608 *chip, const struct troth_atecc608_bus *bus,
                         const struct troth_atecc608_wire *wire, const struct troth_atecc608_method *method);

/* Goes on with what `forget` left to do, for a board that wants to switch the chip off: TROTH_AGAIN while it works, TROTH_OK when
 * the chip sleeps and holds no ephemeral key. Not while an operation is outstanding. */
int troth_atecc608_settle(struct troth_atecc608 *chip);

#endif
