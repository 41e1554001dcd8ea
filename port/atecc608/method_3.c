/* port/atecc608/method_3: the ephemeral key in a slot, which outlives sleep and loss of power: only GenKey destroys it. What destroys
 * a key makes the next one, which then only has to show its public half. */
#include "command.h"

/* As the first `generate`, but a lost answer has it overwritten once more, which does no harm but a write. */
static const struct row wipe = {{0x40, 0x04, TROTH_ATECC608_EPHEMERAL, 0}, 0, 64, TROTH_E_CRYPTO, 0};

static int destroy(struct troth_atecc608 *chip)
{
    chip->duty = DUTY_WIPE;
    int result = atecc608_command(chip, &wipe, chip->packet, NULL);
    if (result == TROTH_OK) {
        chip->dirty = false;
        return TROTH_AGAIN; /* an answer has been read: enough for this call */
    }
    return result;
}

const struct troth_atecc608_method troth_atecc608_method_3 = {
    .generate = {{{0x40, 0x04, TROTH_ATECC608_EPHEMERAL, 0}, 0, 64, TROTH_E_CRYPTO, ONCE},
                 {{0x40, 0x00, TROTH_ATECC608_EPHEMERAL, 0}, 0, 64, TROTH_E_CRYPTO, 0}},
    .agree = {{0x43, 0x0C, TROTH_ATECC608_EPHEMERAL, 0}, 64, 32, TROTH_E_CRYPTO, ONCE},
    .destroy = destroy,
};
