/* test/support/chip: our driver on a simulated chip. */
#include "test/support/chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "test/support/sim_client.h"

#define ADDRESS  0xC0
#define LATE_US  1000 /* how long the single wire's read waits for a character */
#define POLL_US  1000
#define NS_IN_US 1000ULL

static const unsigned khz[TEST_BUSES] = {400, 100, 1000, 0};
const uint8_t test_io_key[32] = "the IO protection key of a chip";

/* ---- The wire ---- */

static void swi_put(struct test_chip *chip, uint8_t character)
{
    static uint8_t answer[CHIP_SWI_ANSWER];
    size_t len = chip_swi(chip->sim, character, answer);
    if (chip->rx_len + len > sizeof chip->rx) {
        abort();
    }
    memcpy(chip->rx + chip->rx_len, answer, len);
    chip->rx_len += len;
}

static void wire_wake(void *ctx, unsigned wait_us)
{
    struct test_chip *chip = ctx;
    static const uint8_t zero = 0;
    if (chip->bus == TEST_BUS_SWI) {
        swi_put(chip, 0);
    } else {
        chip_i2c_write(chip->sim, 0, &zero, 0, 100);
    }
    chip_advance(chip->sim, wait_us * NS_IN_US);
}

static bool wire_write(void *ctx, const uint8_t *bytes, size_t len)
{
    struct test_chip *chip = ctx;
    bool done = true;
    ERR_set_mark(); /* the simulator's errors are not its host's */
    if (chip->bus != TEST_BUS_SWI) {
        done = chip_i2c_write(chip->sim, ADDRESS, bytes, len, khz[chip->bus]) == CHIP_ACK;
    } else {
        chip->rx_len = 0;
        chip->rx_at = 0;
        for (size_t i = 0; i < len; i++) {
            swi_put(chip, bytes[i]);
        }
    }
    ERR_pop_to_mark();
    return done;
}

static bool wire_read(void *ctx, uint8_t *bytes, size_t len)
{
    struct test_chip *chip = ctx;
    if (chip->bus != TEST_BUS_SWI) {
        return chip_i2c_read(chip->sim, ADDRESS, bytes, len, khz[chip->bus]) == CHIP_ACK;
    }
    size_t there = chip->rx_len - chip->rx_at;
    memcpy(bytes, chip->rx + chip->rx_at, len < there ? len : there);
    chip->rx_at += len < there ? len : there;
    if (there < len) {
        chip_advance(chip->sim, LATE_US * NS_IN_US);
    }
    return there >= len;
}

/* ---- Parts ---- */

static void put_16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void configuration_of(uint8_t config[128], int method, uint8_t mode)
{
    static const struct {
        unsigned slot, slot_config, key_config;
    } plan[] = {
        {TROTH_ATECC608_HMAC_KEY, TROTH_ATECC608_SLOT_KEY, TROTH_ATECC608_KEY_SECRET},
        {TROTH_ATECC608_IO_KEY, TROTH_ATECC608_SLOT_KEY, TROTH_ATECC608_KEY_SECRET},
        {TROTH_ATECC608_EPHEMERAL, TROTH_ATECC608_SLOT_EPHEMERAL, TROTH_ATECC608_KEY_EPHEMERAL},
    };
    static const uint8_t fresh_counter[8] = {0xFF, 0xFF, 0xFF, 0xFF};
    memset(config, 0, 128);
    config[16] = ADDRESS;
    config[19] = mode;
    memcpy(config + 52, fresh_counter, sizeof fresh_counter);
    memcpy(config + 60, fresh_counter, sizeof fresh_counter);
    put_16(config + 88, 0xFFFF);
    put_16(config + 90, TROTH_ATECC608_CHIP_OPTIONS);
    for (unsigned slot = 0; slot < 16; slot++) {
        put_16(config + 20 + 2 * (size_t)slot, TROTH_ATECC608_SLOT_PUBLIC);
        put_16(config + 96 + 2 * (size_t)slot, TROTH_ATECC608_KEY_DATA);
    }
    for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
        put_16(config + 20 + 2 * (size_t)plan[i].slot, plan[i].slot_config);
        put_16(config + 96 + 2 * (size_t)plan[i].slot, plan[i].key_config);
    }
    put_16(config + 20, method == 0 ? TROTH_ATECC608_SLOT_SIGN : TROTH_ATECC608_SLOT_AGREE);
    put_16(config + 96, TROTH_ATECC608_KEY_IDENTITY);
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "chip: %s\n", what);
        abort();
    }
}

static void write_key(struct sim_client *client, unsigned slot, const uint8_t key[32])
{
    must(sim_run(client, 0x12, 0x82, slot << 3, key, 32) == 0, "a key is written");
}

void test_part_make(struct test_part *part, int method, const uint8_t *scalar, const uint8_t hmac_key[32], uint8_t mode)
{
    static struct sim_client client;
    uint8_t config[128];
    uint8_t private_key[68] = {0};
    configuration_of(config, method, mode);
    sim_open(&client, (struct chip_options){.busy = CHIP_BUSY_NONE});
    sim_configure(&client, config);
    if (scalar != NULL) {
        memcpy(private_key + 4, scalar, 32);
        must(sim_run(&client, 0x46, 0x00, TROTH_ATECC608_IDENTITY, private_key, 68) == 0, "the identity is written");
    }
    write_key(&client, TROTH_ATECC608_HMAC_KEY, hmac_key);
    write_key(&client, TROTH_ATECC608_IO_KEY, test_io_key);
    must(sim_run(&client, 0x17, 0x81, 0, NULL, 0) == 0, "the data zone is locked");
    must(sim_run(&client, 0x40, 0x00, TROTH_ATECC608_IDENTITY, NULL, 0) == 0 && client.len == 64, "a public key");
    memcpy(part->public_key, client.answer, 64);
    memcpy(part->image, client.kept, sizeof part->image);
    part->method = method;
    sim_close(&client);
}

/* ---- The driver on a chip ---- */

static bool keep(void *ctx, const uint8_t image[CHIP_IMAGE_SIZE])
{
    struct test_chip *chip = ctx;
    memcpy(chip->kept, image, CHIP_IMAGE_SIZE);
    return true;
}

static void note(void *ctx, const struct chip_event *event)
{
    struct test_chip *chip = ctx;
    if (event->kind == CHIP_EVENT_ANSWER || event->kind == CHIP_EVENT_WAKE) {
        chip->unread = true;
    } else if (event->kind == CHIP_EVENT_READ) {
        chip->unread = false;
        for (size_t at = 0; chip->listens && at + sizeof chip->secret <= event->len; at++) {
            chip->overheard = chip->overheard || memcmp(event->bytes + at, chip->secret, sizeof chip->secret) == 0;
        }
    } else if (event->kind == CHIP_EVENT_COMMAND) {
        chip->commands++;
    }
}

void test_chip_listen(struct test_chip *chip, const uint8_t secret[32])
{
    memcpy(chip->secret, secret, sizeof chip->secret);
    chip->listens = true;
}

void test_chip_reset(struct test_chip *chip, int method)
{
    troth_atecc608_open(&chip->port, chip->bus == TEST_BUS_SWI ? &troth_atecc608_swi : &troth_atecc608_i2c, &chip->wire,
                        method == 0 ? &troth_atecc608_method_0 : &troth_atecc608_method_3);
}

void test_chip_open(struct test_chip *chip, const struct test_part *part, enum test_bus bus, const char *fault)
{
    const char *why = NULL;
    memset(chip, 0, sizeof *chip);
    const struct chip_options options = {.bus = bus == TEST_BUS_SWI ? CHIP_SWI : CHIP_I2C,
                                         .busy = CHIP_BUSY_VIRTUAL,
                                         .fault = fault,
                                         .keep = keep,
                                         .keep_ctx = chip,
                                         .trace = note,
                                         .trace_ctx = chip};
    chip->sim = chip_make(&options, part->image, &why);
    must(chip->sim != NULL, why != NULL ? why : "a chip is made");
    chip->bus = bus;
    chip->poll_us = POLL_US;
    chip->wire = (struct troth_atecc608_wire){chip, wire_wake, wire_write, wire_read};
    test_chip_reset(chip, part->method);
}

void test_chip_close(struct test_chip *chip)
{
    chip_free(chip->sim);
    chip->sim = NULL;
}

uint64_t test_chip_clock_ns(const struct test_chip *chip)
{
    struct chip_report report;
    chip_report(chip->sim, &report);
    return report.clock_ns;
}

void test_chip_pass(struct test_chip *chip, uint64_t us)
{
    chip_advance(chip->sim, us * NS_IN_US);
}

/* chip_next is finite for a chip that is awake: its watchdog runs. It may have ended a command since it was
 * asked, or not have been heard. */
int test_chip_law(struct test_chip *chip, uint64_t since_ns, int result)
{
    uint64_t blocked_ns = test_chip_clock_ns(chip) - since_ns;
    chip->longest_ns = blocked_ns > chip->longest_ns ? blocked_ns : chip->longest_ns;
    if (!chip_is_busy(chip->sim) && !chip->unread && chip_next(chip->sim) != UINT64_MAX) {
        chip->broken = "a call returns with the chip executing, idle or asleep";
    }
    chip->polls = result == TROTH_AGAIN ? chip->polls + 1 : 0;
    if (result == TROTH_AGAIN) {
        test_chip_pass(chip, chip->poll_us);
    }
    return result;
}

/* ---- The tables ---- */

static int ticking_random(void *ctx, uint8_t *out, size_t out_len)
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.random(&chip->port, out, out_len));
}

static int ticking_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct test_chip *chip = ctx;
    return troth_atecc608.sha256(&chip->port, part, count, hash);
}

static int ticking_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct test_chip *chip = ctx;
    return troth_atecc608.aes128(&chip->port, key, block, count);
}

static int ticking_generate(void *ctx, uint8_t public_key[64])
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.generate(&chip->port, public_key));
}

static int ticking_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.agree(&chip->port, key, peer, secret));
}

static int ticking_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.sign(&chip->port, hash, signature));
}

static int ticking_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.verify(&chip->port, public_key, hash, signature));
}

static void ticking_forget(void *ctx)
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    chip->forgot_ns = since_ns;
    troth_atecc608.forget(&chip->port);
    test_chip_law(chip, since_ns, TROTH_OK);
}

static int ticking_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.hmac(&chip->port, hash, mac));
}

static int ticking_counter(void *ctx, bool increment, uint32_t *value)
{
    struct test_chip *chip = ctx;
    uint64_t since_ns = test_chip_clock_ns(chip);
    return test_chip_law(chip, since_ns, troth_atecc608.counter(&chip->port, increment, value));
}

const struct troth_crypto chip_ticking = {
    .random = ticking_random,
    .sha256 = ticking_sha256,
    .aes128 = ticking_aes128,
    .generate = ticking_generate,
    .agree = ticking_agree,
    .sign = ticking_sign,
    .verify = ticking_verify,
    .forget = ticking_forget,
    .hmac = ticking_hmac,
    .counter = ticking_counter,
};

/* Until another answer than TROTH_AGAIN. */
#define WAIT_FOR(call)               \
    int result;                      \
    do {                             \
        result = call;               \
    } while (result == TROTH_AGAIN); \
    return result

static int waiting_random(void *ctx, uint8_t *out, size_t out_len)
{
    WAIT_FOR(ticking_random(ctx, out, out_len));
}

static int waiting_generate(void *ctx, uint8_t public_key[64])
{
    WAIT_FOR(ticking_generate(ctx, public_key));
}

static int waiting_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    WAIT_FOR(ticking_agree(ctx, key, peer, secret));
}

static int waiting_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    WAIT_FOR(ticking_sign(ctx, hash, signature));
}

static int waiting_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    WAIT_FOR(ticking_verify(ctx, public_key, hash, signature));
}

static int waiting_hmac(void *ctx, const uint8_t hash[32], uint8_t mac[32])
{
    WAIT_FOR(ticking_hmac(ctx, hash, mac));
}

static int waiting_counter(void *ctx, bool increment, uint32_t *value)
{
    WAIT_FOR(ticking_counter(ctx, increment, value));
}

const struct troth_crypto chip_waiting = {
    .random = waiting_random,
    .sha256 = ticking_sha256,
    .aes128 = ticking_aes128,
    .generate = waiting_generate,
    .agree = waiting_agree,
    .sign = waiting_sign,
    .verify = waiting_verify,
    .forget = ticking_forget,
    .hmac = waiting_hmac,
    .counter = waiting_counter,
};
