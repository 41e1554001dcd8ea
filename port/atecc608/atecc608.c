/* port/atecc608: the crypto port on a Microchip ATECC608A or B: what each function of the table asks of the chip. */
#include "command.h"

#include "port/soft/soft.h"

#include <string.h>

/* Nonce loads the message digest buffer, so an ephemeral key in TempKey stays. */
#define LOAD                                             \
    {                                                    \
        {0x16, 0x43, 0, 0}, 32, 1, TROTH_E_CRYPTO, LOADS \
    }

/* Two rows: what loads, and what is done with it. The chip refuses to verify with a key that is not on the curve. The MAC goes to
 * the output alone. */
static const struct row sign[] = {LOAD, {{0x41, 0xA0, TROTH_ATECC608_IDENTITY, 0}, 0, 64, TROTH_E_CONFIG, 0}};
static const struct row verify[] = {LOAD, {{0x45, 0x22, 4, 0}, 64, 1, TROTH_E_FORGED, KEYED}};
static const struct row hmac[] = {{{0x47, 0x04, TROTH_ATECC608_HMAC_KEY, 0}, 0, 1, TROTH_E_CONFIG, LOADS},
                                  {{0x47, 0xC2, 32, 0}, 32, 32, TROTH_E_CRYPTO, 0}};
static const struct row agree = {{0x43, 0x0C, TROTH_ATECC608_IDENTITY, 0}, 64, 32, TROTH_E_CONFIG, ONCE};
static const struct row random = {{0x1B, 0, 0, 0}, 0, 32, TROTH_E_CRYPTO, 0};
static const struct row counter[] = {{{0x24, 0, 1, 0}, 0, 4, TROTH_E_CRYPTO, 0},
                                     {{0x24, 1, 1, 0}, 0, 4, TROTH_E_CRYPTO, ONCE}};

void troth_atecc608_open(struct troth_atecc608 *chip, const struct troth_atecc608_bus *bus,
                         const struct troth_atecc608_wire *wire, const struct troth_atecc608_method *method)
{
    memset(chip, 0, sizeof *chip);
    chip->bus = bus;
    chip->wire = wire;
    chip->method = method;
    chip->executing = true;
    chip->duty = DUTY_DROP;
    chip->dirty = true;
}

static int port_random(void *ctx, uint8_t *out, size_t out_len)
{
    return atecc608_take(ctx, atecc608_run(ctx, &random, out, NULL), out, out_len);
}

/* The key counts as there from the begin: GenKey replaces one that was to be destroyed. */
static int port_generate(void *ctx, uint8_t public_key[64])
{
    struct troth_atecc608 *chip = ctx;
    chip->live = true;
    int result = atecc608_run(chip, &chip->method->generate[!chip->dirty], public_key, NULL);
    if (result != TROTH_AGAIN) {
        chip->dirty = true;
        chip->live = result == TROTH_OK;
    }
    return atecc608_take(chip, result, public_key, TROTH_POINT_LEN);
}

static int port_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    struct troth_atecc608 *chip = ctx;
    const struct row *row = key == TROTH_KEY_IDENTITY ? &agree : &chip->method->agree;
    if (key == TROTH_KEY_EPHEMERAL && !chip->live) {
        return TROTH_E_STATE;
    }
    return atecc608_take(chip, atecc608_run(chip, row, peer, NULL), secret, TROTH_SECRET_LEN);
}

static int run_both(struct troth_atecc608 *chip, const struct row row[2], const uint8_t hash[32], const uint8_t *data,
                    const uint8_t *key)
{
    if (chip->step == 0) {
        int result = atecc608_run(chip, &row[0], hash, NULL);
        if (result != TROTH_OK) {
            return result;
        }
    }
    return atecc608_run(chip, &row[1], data, key);
}

static int run_both_on(struct troth_atecc608 *chip, const struct row row[2], const uint8_t hash[32], uint8_t *out)
{
    return atecc608_take(chip, run_both(chip, row, hash, hash, NULL), out, row[1].answer);
}

static int port_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    return run_both_on(ctx, sign, hash, signature);
}

static int port_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    return run_both(ctx, verify, hash, signature, public_key);
}

static void port_forget(void *ctx)
{
    struct troth_atecc608 *chip = ctx;
    chip->live = false;
    chip->step = 0;
    chip->tries = 0;
    if (!chip->executing) {
        (void)atecc608_duties(chip);
    } else if (chip->duty == DUTY_NONE) {
        chip->duty = DUTY_DROP;
    }
}

static int port_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    return run_both_on(ctx, hmac, hash, mac);
}

/* Low byte first. */
static uint32_t number(const struct troth_atecc608 *chip)
{
    uint32_t value = 0;
    for (size_t i = 4; i > 0; i--) {
        value = value << 8 | chip->packet[ANSWER + i - 1];
    }
    return value;
}

/* An increment reads first. Whatever comes of it, the value after it tells whether it was done, so it is never done twice.
 * Steps are even: a repeated command goes back to none. */
enum { COUNT = 0, INCREMENT = 2, COUNT_AGAIN = 4 };

static int port_counter(void *ctx, bool is_increment, uint32_t *value)
{
    struct troth_atecc608 *chip = ctx;
    unsigned step = chip->step;
    int result = atecc608_run(chip, &counter[step == INCREMENT], chip->packet, NULL);
    if (result == TROTH_AGAIN || (result < 0 && step != INCREMENT)) {
        return result;
    }
    uint32_t now = number(chip);
    if (step == INCREMENT || (step == COUNT && is_increment)) {
        if (step == COUNT) {
            chip->counter = now;
        }
        chip->step = (uint8_t)(step + 2);
        return TROTH_AGAIN;
    }
    if (step != COUNT && now == chip->counter) {
        return TROTH_E_CRYPTO;
    }
    *value = now;
    return TROTH_OK;
}

int troth_atecc608_settle(struct troth_atecc608 *chip)
{
    return atecc608_duties(chip);
}

const struct troth_crypto troth_atecc608 = {
    .random = port_random,
    .sha256 = troth_soft_sha256,
    .aes128 = troth_soft_aes128,
    .generate = port_generate,
    .agree = port_agree,
    .sign = port_sign,
    .verify = port_verify,
    .forget = port_forget,
    .hmac = port_hmac,
    .counter = port_counter,
};
