/* sim/zones.c: the EEPROM's layout and what the configuration says. Includes libc, and crypto for the image's digest. */
#include "zones.h"

#include <string.h>

#include "crypto.h"
#include "packet.h"

static const char image_magic[16] = "ATECC608 image 1";

static unsigned get_pair(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

/* ASSUMPTION: SlotConfig and KeyConfig of a fresh part; no public sheet of the 608 lists them. */
static const uint8_t fresh_slot_config[32] = {0x83, 0x20, 0x87, 0x20, 0x87, 0x20, 0x87, 0x2F, 0x87, 0x2F, 0x8F,
                                              0x8F, 0x9F, 0x8F, 0xAF, 0x8F, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                              0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xAF, 0x8F};
static const uint8_t fresh_key_config[32] = {0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x33, 0x00, 0x1C,
                                             0x00, 0x1C, 0x00, 0x1C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00,
                                             0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x3C, 0x00, 0x1C, 0x00};

void zones_fresh(struct memory *memory, enum chip_part part, enum chip_bus bus, const uint8_t serial[6])
{
    uint8_t *config = memory->config;
    memset(memory, 0, sizeof *memory);
    memset(memory->otp, 0xFF, sizeof memory->otp);
    memset(memory->data, 0xFF, sizeof memory->data);
    config[0] = 0x01;
    config[1] = 0x23;
    memcpy(config + 2, serial, 2);
    config[CONFIG_REVISION + 2] = 0x60;
    config[CONFIG_REVISION + 3] = part == CHIP_608A ? 0x02 : 0x03;
    memcpy(config + 8, serial + 2, 4);
    config[12] = 0xEE;
    config[CONFIG_AES_ENABLE] = part == CHIP_608A ? 0x01 : 0x61;
    config[CONFIG_I2C_ENABLE] = part == CHIP_608A ? 0x01 : 0x59;
    if (bus == CHIP_SWI) {
        config[CONFIG_I2C_ENABLE] &= 0xFE;
    }
    config[CONFIG_I2C_ADDRESS] = 0xC0;
    memcpy(config + CONFIG_SLOT_CONFIG, fresh_slot_config, sizeof fresh_slot_config);
    zones_counter_encode(config + CONFIG_COUNTER, 0);
    zones_counter_encode(config + CONFIG_COUNTER + 8, 0);
    config[CONFIG_LOCK_VALUE] = ZONE_UNLOCKED;
    config[CONFIG_LOCK_CONFIG] = ZONE_UNLOCKED;
    config[CONFIG_SLOT_LOCKED] = 0xFF;
    config[CONFIG_SLOT_LOCKED + 1] = 0xFF;
    memcpy(config + CONFIG_KEY_CONFIG, fresh_key_config, sizeof fresh_key_config);
}

/* Where the parts lie in the image; the rest up to the digest is zero. */
#define IMAGE_CONFIG (sizeof image_magic)
#define IMAGE_OTP    (IMAGE_CONFIG + CONFIG_SIZE)
#define IMAGE_DATA   (IMAGE_OTP + OTP_SIZE)
#define IMAGE_WEAR   (IMAGE_DATA + DATA_SIZE)
#define IMAGE_STARTS (IMAGE_WEAR + 4U * CHIP_PLACES)
#define IMAGE_DIGEST (CHIP_IMAGE_SIZE - DIGEST)
_Static_assert(IMAGE_STARTS + 4 <= IMAGE_DIGEST, "the image has no room for its parts");

static void put_word(uint8_t *at, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(word >> 8 * i);
    }
}

static uint32_t get_word(const uint8_t *at)
{
    return (uint32_t)get_pair(at) | (uint32_t)get_pair(at + 2) << 16;
}

static void image_digest(const uint8_t image[CHIP_IMAGE_SIZE], uint8_t digest[DIGEST])
{
    struct hash hash;
    hash_begin(&hash);
    hash_add(&hash, image, IMAGE_DIGEST);
    hash_end(&hash, digest);
}

void zones_pack(const struct memory *memory, uint8_t image[CHIP_IMAGE_SIZE])
{
    memset(image, 0, CHIP_IMAGE_SIZE);
    memcpy(image, image_magic, sizeof image_magic);
    memcpy(image + IMAGE_CONFIG, memory->config, CONFIG_SIZE);
    memcpy(image + IMAGE_OTP, memory->otp, OTP_SIZE);
    memcpy(image + IMAGE_DATA, memory->data, DATA_SIZE);
    for (unsigned i = 0; i < CHIP_PLACES; i++) {
        put_word(image + IMAGE_WEAR + 4U * i, memory->wear[i]);
    }
    put_word(image + IMAGE_STARTS, memory->starts);
    image_digest(image, image + IMAGE_DIGEST);
}

bool zones_unpack(struct memory *memory, const uint8_t image[CHIP_IMAGE_SIZE])
{
    uint8_t digest[DIGEST];
    image_digest(image, digest);
    if (memcmp(image, image_magic, sizeof image_magic) != 0 || memcmp(image + IMAGE_DIGEST, digest, DIGEST) != 0) {
        return false;
    }
    memcpy(memory->config, image + IMAGE_CONFIG, CONFIG_SIZE);
    memcpy(memory->otp, image + IMAGE_OTP, OTP_SIZE);
    memcpy(memory->data, image + IMAGE_DATA, DATA_SIZE);
    for (unsigned i = 0; i < CHIP_PLACES; i++) {
        memory->wear[i] = get_word(image + IMAGE_WEAR + 4U * i);
    }
    memory->starts = get_word(image + IMAGE_STARTS);
    return true;
}

bool zones_config_locked(const struct memory *memory)
{
    return memory->config[CONFIG_LOCK_CONFIG] != ZONE_UNLOCKED;
}

bool zones_data_locked(const struct memory *memory)
{
    return memory->config[CONFIG_LOCK_VALUE] != ZONE_UNLOCKED;
}

bool zones_slot_locked(const struct memory *memory, unsigned slot)
{
    return (get_pair(memory->config + CONFIG_SLOT_LOCKED) >> slot & 1) == 0;
}

unsigned zones_slot_config(const struct memory *memory, unsigned slot)
{
    return get_pair(memory->config + CONFIG_SLOT_CONFIG + 2 * (size_t)slot);
}

unsigned zones_key_config(const struct memory *memory, unsigned slot)
{
    return get_pair(memory->config + CONFIG_KEY_CONFIG + 2 * (size_t)slot);
}

unsigned zones_chip_options(const struct memory *memory)
{
    return get_pair(memory->config + CONFIG_CHIP_OPTIONS);
}

unsigned zones_io_key_slot(const struct memory *memory)
{
    return zones_chip_options(memory) >> 12;
}

uint8_t zones_address(const struct memory *memory)
{
    bool other = (memory->config[CONFIG_CHIP_MODE] & 1) != 0 && memory->config[CONFIG_USER_EXTRA_ADD] != 0;
    return memory->config[other ? CONFIG_USER_EXTRA_ADD : CONFIG_I2C_ADDRESS] & 0xFE;
}

size_t zones_slot_size(unsigned slot)
{
    if (slot < 8) {
        return 36;
    }
    return slot == 8 ? 416 : 72;
}

const uint8_t *zones_slot(const struct memory *memory, unsigned slot)
{
    size_t at = slot <= 8 ? 36U * slot : 8U * 36 + 416 + 72U * (slot - 9);
    return memory->data + at;
}

bool zones_slot_p256(const struct memory *memory, unsigned slot)
{
    return (zones_key_config(memory, slot) >> 2 & 7) == KEY_TYPE_P256;
}

bool zones_slot_private(const struct memory *memory, unsigned slot)
{
    return zones_slot_p256(memory, slot) && (zones_key_config(memory, slot) & KEY_PRIVATE) != 0;
}

bool zones_slot_public(const struct memory *memory, unsigned slot)
{
    return zones_slot_p256(memory, slot) && (zones_key_config(memory, slot) & KEY_PRIVATE) == 0 &&
           zones_slot_size(slot) >= 72;
}

const uint8_t *zones_private_key(const struct memory *memory, unsigned slot)
{
    return zones_slot(memory, slot) + 4;
}

void zones_public_key(const struct memory *memory, unsigned slot, uint8_t point[64])
{
    const uint8_t *stored = zones_slot(memory, slot);
    memcpy(point, stored + 4, 32);
    memcpy(point + 32, stored + 40, 32);
}

bool zones_public_valid(const struct memory *memory, unsigned slot)
{
    return zones_slot(memory, slot)[0] >> 4 == 5;
}

static unsigned counter_zeros(const uint8_t *linear)
{
    unsigned zeros = 0;
    for (unsigned bit = 0; bit < 16; bit++) {
        zeros += (linear[bit / 8] >> bit % 8 & 1) == 0;
    }
    return zeros;
}

uint32_t zones_counter(const struct memory *memory, unsigned id)
{
    const uint8_t *bytes = memory->config + CONFIG_COUNTER + 8 * (size_t)id;
    unsigned high_a = (unsigned)bytes[4] << 8 | bytes[5];
    unsigned high_b = (unsigned)bytes[6] << 8 | bytes[7];
    return 32U * high_a + counter_zeros(bytes) + (high_a == high_b ? counter_zeros(bytes + 2) : 0);
}

void zones_counter_encode(uint8_t bytes[8], uint32_t value)
{
    uint32_t low_a = value % 32;
    uint32_t low_b = value < 16 ? 0 : (value - 16) % 32;
    unsigned word[4] = {low_a >= 16 ? 0 : 0xFFFFU >> low_a, low_b >= 16 ? 0 : 0xFFFFU >> low_b, value / 32,
                        value < 16 ? 0 : (value - 16) / 32};
    for (unsigned i = 0; i < 4; i++) {
        bytes[2 * i] = (uint8_t)(word[i] >> 8);
        bytes[2 * i + 1] = (uint8_t)word[i];
    }
}

uint16_t zones_config_crc(const struct memory *memory)
{
    return packet_crc(0, memory->config, CONFIG_SIZE);
}

uint16_t zones_data_crc(const struct memory *memory)
{
    uint16_t crc = 0;
    for (unsigned slot = 0; slot < ZONE_SLOTS; slot++) {
        if (!zones_slot_private(memory, slot)) {
            crc = packet_crc(crc, zones_slot(memory, slot), zones_slot_size(slot));
        }
    }
    return packet_crc(crc, memory->otp, OTP_SIZE);
}
