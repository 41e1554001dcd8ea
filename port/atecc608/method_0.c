/* port/atecc608/method_0: the ephemeral key in TempKey, which idle keeps and sleep clears. */
#include "command.h"

static int destroy(struct troth_atecc608 *chip)
{
    if (!atecc608_wake(chip)) {
        return TROTH_E_CRYPTO;
    }
    atecc608_park(chip);
    chip->dirty = false;
    return TROTH_AGAIN; /* the chip was woken: enough for this call */
}

#define GENERATE                                              \
    {                                                         \
        {0x40, 0x04, 0xFF, 0xFF}, 0, 64, TROTH_E_CRYPTO, ONCE \
    }

const struct troth_atecc608_method troth_atecc608_method_0 = {
    .generate = {GENERATE, GENERATE},
    .agree = {{0x43, 0x0D, 0, 0}, 64, 32, TROTH_E_CRYPTO, ONCE | SPENDS},
    .destroy = destroy,
};
