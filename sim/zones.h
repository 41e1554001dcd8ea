/* sim/zones.h: the EEPROM: configuration, OTP, 16 slots, and what the configuration says about them. Read-only rules;
 * who may write is the commands' business. Includes nothing but libc. */
#ifndef SIM_ZONES_H
#define SIM_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chip.h"

#define ZONE_SLOTS  16
#define CONFIG_SIZE 128
#define OTP_SIZE    64
#define DATA_SIZE   1208
#define ZONE_BLOCK  32
#define ZONE_WORD   4

/* Places of wear beside the slots. */
#define PLACE_CONFIG   16
#define PLACE_OTP      17
#define PLACE_COUNTERS 18

/* Offsets in the configuration zone. */
#define CONFIG_REVISION       4
#define CONFIG_AES_ENABLE     13
#define CONFIG_I2C_ENABLE     14
#define CONFIG_I2C_ADDRESS    16
#define CONFIG_COUNT_MATCH    18
#define CONFIG_CHIP_MODE      19
#define CONFIG_SLOT_CONFIG    20
#define CONFIG_COUNTER        52
#define CONFIG_VOLATILE_KEY   69
#define CONFIG_SECURE_BOOT    70
#define CONFIG_KDF_IV_LOC     72
#define CONFIG_KDF_IV_STR     73
#define CONFIG_USER_EXTRA     84
#define CONFIG_USER_EXTRA_ADD 85
#define CONFIG_LOCK_VALUE     86
#define CONFIG_LOCK_CONFIG    87
#define CONFIG_SLOT_LOCKED    88
#define CONFIG_CHIP_OPTIONS   90
#define CONFIG_KEY_CONFIG     96

#define ZONE_UNLOCKED 0x55

/* SlotConfig of a private key: bits 0 to 3 are rights; of any slot: bits 4 to 7. */
#define SLOT_SIGN_EXTERNAL 0x0001
#define SLOT_SIGN_INTERNAL 0x0002
#define SLOT_ECDH          0x0004
#define SLOT_ECDH_TO_SLOT  0x0008
#define SLOT_NO_MAC        0x0010
#define SLOT_LIMITED_USE   0x0020
#define SLOT_ENCRYPT_READ  0x0040
#define SLOT_IS_SECRET     0x0080
#define SLOT_WRITE_1       0x1000 /* the public key may be written only while invalid */
#define SLOT_WRITE_2       0x2000 /* GenKey (private) or DeriveKey (other) allowed */
#define SLOT_WRITE_ENCRYPT 0x4000
#define SLOT_WRITE_8       0x8000

#define KEY_PRIVATE            0x0001
#define KEY_PUB_INFO           0x0002
#define KEY_LOCKABLE           0x0020
#define KEY_REQ_RANDOM         0x0040
#define KEY_REQ_AUTH           0x0080
#define KEY_PERSISTENT_DISABLE 0x1000
#define KEY_TYPE_P256          4
#define KEY_TYPE_AES           6

#define OPTION_SELF_TEST 0x0001
#define OPTION_IO_KEY    0x0002
#define OPTION_KDF_AES   0x0004

#define COUNTER_MAX 2097151U

struct memory {
    uint8_t config[CONFIG_SIZE];
    uint8_t otp[OTP_SIZE];
    uint8_t data[DATA_SIZE];
    uint32_t wear[CHIP_PLACES];
    uint32_t starts; /* of the process, not of the part: makes a seed's stream go on */
};

/* A part as it comes from the factory. `serial` holds the six bytes that differ from part to part. */
void zones_fresh(struct memory *memory, enum chip_part part, enum chip_bus bus, const uint8_t serial[6]);

/* The image of the state file: a fixed layout with a digest at its end. */
void zones_pack(const struct memory *memory, uint8_t image[CHIP_IMAGE_SIZE]);
bool zones_unpack(struct memory *memory, const uint8_t image[CHIP_IMAGE_SIZE]);

bool zones_config_locked(const struct memory *memory);
bool zones_data_locked(const struct memory *memory);
bool zones_slot_locked(const struct memory *memory, unsigned slot);
unsigned zones_slot_config(const struct memory *memory, unsigned slot);
unsigned zones_key_config(const struct memory *memory, unsigned slot);
unsigned zones_chip_options(const struct memory *memory);
unsigned zones_io_key_slot(const struct memory *memory);
uint8_t zones_address(const struct memory *memory); /* the I2C address that the next wake takes */

size_t zones_slot_size(unsigned slot);
const uint8_t *zones_slot(const struct memory *memory, unsigned slot);
bool zones_slot_p256(const struct memory *memory, unsigned slot);
bool zones_slot_private(const struct memory *memory, unsigned slot);
bool zones_slot_public(const struct memory *memory, unsigned slot); /* P-256, not private, 72 bytes or more */

/* The private key's 32 bytes, and the public key's X and Y out of its padded form. */
const uint8_t *zones_private_key(const struct memory *memory, unsigned slot);
void zones_public_key(const struct memory *memory, unsigned slot, uint8_t point[64]);
bool zones_public_valid(const struct memory *memory, unsigned slot); /* the top nibble says so */

uint32_t zones_counter(const struct memory *memory, unsigned id);
void zones_counter_encode(uint8_t bytes[8], uint32_t value);

/* What Lock compares: over the configuration, or over all slots without private keys and OTP. */
uint16_t zones_config_crc(const struct memory *memory);
uint16_t zones_data_crc(const struct memory *memory);

#endif
