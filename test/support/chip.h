/* test/support/chip: our driver on a simulated chip: the wire between them, parts as provisioning leaves them, and a crypto table
 * that lets the chip's time pass and holds the driver to its laws. */
#ifndef TROTH_TEST_CHIP_H
#define TROTH_TEST_CHIP_H

#include "port/atecc608/slots.h"
#include "sim/chip.h"

#define CHIP_RX_MAX 4096

/* A part after provisioning, to be cloned: chip_image of sim/chip.h and what is known of it. */
struct test_part {
    uint8_t image[CHIP_IMAGE_SIZE];
    uint8_t public_key[64]; /* of the identity */
    int method;             /* 0 or 3 */
};

enum test_bus { TEST_BUS_I2C_400, TEST_BUS_I2C_100, TEST_BUS_I2C_1000, TEST_BUS_SWI, TEST_BUSES };

struct test_chip {
    struct troth_atecc608 port;
    struct troth_atecc608_wire wire;
    struct chip *sim;
    enum test_bus bus;
    uint8_t kept[CHIP_IMAGE_SIZE]; /* what the part holds now */
    uint8_t rx[CHIP_RX_MAX];       /* single wire: characters that the chip has sent */
    size_t rx_len, rx_at;
    uint32_t poll_us;    /* how long the caller waits before it asks again */
    uint32_t polls;      /* answers TROTH_AGAIN in a row */
    uint64_t longest_ns; /* the longest that a call has blocked */
    uint64_t forgot_ns;  /* the chip's clock when `forget` was called last */
    uint32_t commands;   /* that the chip has begun */
    bool unread;         /* it has an answer, or its wake status, that nobody has read */
    uint8_t secret[32];  /* that test_chip_listen waits for */
    bool listens;
    bool overheard;
    const char *broken; /* the law that was broken, or NULL */
};

/* Provisions a fresh part for the method: configuration by slots.h, identity from its scalar or made inside where that is NULL,
 * HMAC key, IO protection key; data zone locked. mode: a ChipMode of slots.h. */
void test_part_make(struct test_part *part, int method, const uint8_t *scalar, const uint8_t hmac_key[32],
                    uint8_t mode);
/* The IO protection key of all of these. */
extern const uint8_t test_io_key[32];

/* A chip of this part on a bus, with a fault plan or NULL, and the driver on it. */
void test_chip_open(struct test_chip *chip, const struct test_part *part, enum test_bus bus, const char *fault);
void test_chip_close(struct test_chip *chip);

/* The MCU is reset: the driver begins anew, the chip goes on. */
void test_chip_reset(struct test_chip *chip, int method);

/* Tables whose ctx is a struct test_chip. One passes TROTH_AGAIN on, after poll_us of the chip's time; the other repeats the
 * call until there is another answer. */
extern const struct troth_crypto chip_ticking;
extern const struct troth_crypto chip_waiting;

/* From now on `overheard` tells whether these bytes stand in what the chip sends. */
void test_chip_listen(struct test_chip *chip, const uint8_t secret[32]);

/* Looks at the laws after something was called beside the tables; `since` is the chip's clock before it. */
int test_chip_law(struct test_chip *chip, uint64_t since_ns, int result);
uint64_t test_chip_clock_ns(const struct test_chip *chip);
void test_chip_pass(struct test_chip *chip, uint64_t us);

#endif
