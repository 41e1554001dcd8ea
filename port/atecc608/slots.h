/* port/atecc608/slots: which slot holds what, the configuration that goes with it, and the way to public contents.
 *
 * Identity, IO protection key, certificate and root lie where a TrustFLEX part (TFLXTLS) has room for them.
 * Rights follow the one use of a key. Nothing here is needed by the port itself but the numbers. */
#ifndef TROTH_PORT_ATECC608_SLOTS_H
#define TROTH_PORT_ATECC608_SLOTS_H

#include "atecc608.h"

enum troth_atecc608_slot {
    TROTH_ATECC608_IDENTITY = 0,    /* P-256, made inside, for good */
    TROTH_ATECC608_EPHEMERAL = 2,   /* method 3: P-256, made anew for each session */
    TROTH_ATECC608_HMAC_KEY = 5,    /* 32 bytes: binds the pairing record */
    TROTH_ATECC608_IO_KEY = 6,      /* 32 bytes, known to the MCU too: encrypts the output of ECDH on the bus */
    TROTH_ATECC608_CERTIFICATE = 8, /* the device's COSE_C509 item, 416 bytes at most */
    TROTH_ATECC608_ROOT = 9         /* the root's COSE_C509 item, in 9 and 10 as if they were one: 144 bytes at most */
};

/* SlotConfig. A private key of the identity cannot be replaced; the ephemeral one can, by GenKey alone. */
#define TROTH_ATECC608_SLOT_SIGN      0x0081 /* method 0: secret, signs what it is given */
#define TROTH_ATECC608_SLOT_AGREE     0x0084 /* method 3: secret, agrees */
#define TROTH_ATECC608_SLOT_EPHEMERAL 0x2084 /* the same, and GenKey may replace it */
#define TROTH_ATECC608_SLOT_KEY       0x8F8F /* a symmetric key: never read, never written after the data lock */
#define TROTH_ATECC608_SLOT_PUBLIC    0x0F0F /* anybody reads and writes; locked when it is final */

/* KeyConfig. The ephemeral slot cannot be locked, which would end method 3. */
#define TROTH_ATECC608_KEY_IDENTITY  0x0033 /* P-256, private, shows its public key, lockable */
#define TROTH_ATECC608_KEY_EPHEMERAL 0x0013
#define TROTH_ATECC608_KEY_SECRET    0x001C /* no elliptic curve, not lockable */
#define TROTH_ATECC608_KEY_DATA      0x003C /* no elliptic curve, lockable */

/* ChipOptions: the IO protection key is on and lies in its slot. */
#define TROTH_ATECC608_CHIP_OPTIONS (0x0002 | TROTH_ATECC608_IO_KEY << 12)

/* ChipMode: the clock of ECC. Slower is 14, 6 and 3 mA; M2 runs longer than the short watchdog lets it. */
#define TROTH_ATECC608_MODE_M0 0x00
#define TROTH_ATECC608_MODE_M1 0x28
#define TROTH_ATECC608_MODE_M2 0x6C /* with the long watchdog */

/* Bytes of a slot. */
#define TROTH_ATECC608_SLOT_LEN(slot) ((slot) < 8 ? 36U : (slot) == 8 ? 416U : 72U)

/* These answer TROTH_AGAIN like the functions of the table; repeat the call with the same arguments. One operation at a time,
 * theirs and the table's together. */

/* `len` bytes from the begin of a slot that may be read, on into the slots after it. 5 ms for each 32 bytes. */
int troth_atecc608_read(struct troth_atecc608 *chip, unsigned slot, uint8_t *out, size_t len);

/* Writes `len` bytes to a slot that may be written, on into the slots after it; the rest of the last 32 bytes becomes zero. 45 ms
 * for each 32 bytes. */
int troth_atecc608_write(struct troth_atecc608 *chip, unsigned slot, const uint8_t *data, size_t len);

/* X || Y of the identity, computed from its private key. */
int troth_atecc608_public_key(struct troth_atecc608 *chip, uint8_t public_key[64]);

#endif
