/* test/support/cheap: a crypto port that is quick and always does the same, for sweeps and fuzzing: nobody's secret.
 *
 * Hashes and AES are real (port/soft). Ephemeral keys come in turn from a fixed few; agreeing and signing are hashes of public
 * keys. What is not signed so is checked by OpenSSL, once: certificates are real. The struct holds no pointer to itself and may
 * be copied. */
#ifndef TROTH_TEST_CHEAP_H
#define TROTH_TEST_CHEAP_H

#include <troth/port.h>

#define CHEAP_KEYS  256
#define CHEAP_SIDES 4

struct cheap {
    uint8_t identity[64];  /* the device's public key */
    uint8_t store_key[32]; /* of hmac */
    uint32_t drawn;        /* random bytes so far; it is their seed too */
    uint32_t generated;    /* ephemeral keys so far; they come again after CHEAP_KEYS / CHEAP_SIDES */
    uint8_t side;
    bool has_ephemeral;
};

extern const struct troth_crypto cheap_crypto;

/* Devices that meet need different sides, below CHEAP_SIDES: their ephemeral keys are others. */
void cheap_open(struct cheap *cheap, const uint8_t identity[64], uint8_t side);

#endif
