/* port/atecc608/i2c: the chip on I2C. The word address is the first byte of a write; a busy or sleeping chip does not acknowledge
 * its address. */
#include "command.h"

static bool i2c_write(struct troth_atecc608 *chip, enum word word, size_t len)
{
    chip->packet[0] = (uint8_t)word;
    return chip->wire->write(chip->wire->ctx, chip->packet, 1 + len);
}

static bool i2c_read(struct troth_atecc608 *chip, size_t len)
{
    return chip->wire->read(chip->wire->ctx, chip->packet + 1, len);
}

const struct troth_atecc608_bus troth_atecc608_i2c = {i2c_write, i2c_read, true, 7};
