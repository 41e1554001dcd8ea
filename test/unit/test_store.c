/* The pairing record: every byte of it, in two places, and all that a store or an attacker with a programmer may do to it. White
 * box: src/store.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "port/ram/ram.h"
#include "store.h"
#include "test/support/cheap.h"
#include "test/support/flaky.h"

#define HEAD_LEN 16
#define MAC_LEN  32
#define PLACE    600

static struct cheap cheap;
static struct flaky flaky;
static struct troth_ram ram;
static uint8_t memory[2 * PLACE];
static struct troth_port port;
static struct store store;

/* Certificates as far as the store knows them: some bytes. */
static uint8_t cert_a[140];
static uint8_t cert_b[TROTH_CERT_MAX];
static const struct troth_pin none;

static int begin(void **state)
{
    const uint8_t identity[64] = {1};
    (void)state;
    memset(memory, 0xff, sizeof memory);
    troth_ram_open(&ram, memory, sizeof memory);
    cheap_open(&cheap, identity, 0);
    flaky = (struct flaky){.crypto = &cheap_crypto, .crypto_ctx = &cheap, .store = &troth_ram_store, .store_ctx = &ram};
    port = (struct troth_port){&flaky_crypto, &flaky};
    store = (struct store){&flaky_store, &flaky, &port};
    for (size_t i = 0; i < sizeof cert_a; i++) {
        cert_a[i] = (uint8_t)(i + 1);
    }
    for (size_t i = 0; i < sizeof cert_b; i++) {
        cert_b[i] = (uint8_t)(200 - i);
    }
    return 0;
}

static struct troth_pin pin_a(void)
{
    return (struct troth_pin){{cert_a, sizeof cert_a}, 0, 1};
}

static struct troth_pin pin_b(void)
{
    return (struct troth_pin){{cert_b, sizeof cert_b}, 1, 0};
}

/* Reads both places as a device does. */
static int look(struct troth_stored *stored)
{
    *stored = (struct troth_stored){.place = TROTH_STORE_PLACES - 1};
    for (unsigned place = 0; place < TROTH_STORE_PLACES; place++) {
        int result;
        do {
            result = store_look(&store, place, stored);
        } while (result == TROTH_AGAIN);
        if (result != TROTH_OK) {
            return result;
        }
    }
    return TROTH_OK;
}

static int put(struct troth_stored *stored, struct troth_pin active, struct troth_pin pending)
{
    int result;
    do {
        result = store_write(&store, stored, &active, &pending);
    } while (result == TROTH_AGAIN);
    return result;
}

static void assert_pin(const struct troth_pin *found, struct troth_pin wanted)
{
    assert_int_equal(found->cert.len, wanted.cert.len);
    if (wanted.cert.len > 0) {
        assert_memory_equal(found->cert.data, wanted.cert.data, wanted.cert.len);
    }
    assert_int_equal(found->own_kid, wanted.own_kid);
    assert_int_equal(found->peer_kid, wanted.peer_kid);
}

static void assert_empty(void)
{
    struct troth_stored stored;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(stored.generation, 0);
    assert_int_equal(stored.active.cert.len, 0);
    assert_int_equal(stored.pending.cert.len, 0);
    assert_int_equal(stored.place, 1);
}

/* The HMAC of whatever stands in a place, over its first len bytes. */
static void bind_again(unsigned place, size_t len)
{
    uint8_t hash[32];
    uint8_t *at = memory + place * PLACE;
    const struct troth_span body = {at, len};
    assert_int_equal(cheap_crypto.sha256(&cheap, &body, 1, hash), TROTH_OK);
    assert_int_equal(cheap_crypto.hmac(&cheap, hash, at + len), TROTH_OK);
    ram.used[place] = ram.used[place] > len + MAC_LEN ? ram.used[place] : len + MAC_LEN;
}

/* Every byte that is written (SPEC.md, "the pairing record"). */
static void every_byte(void **state)
{
    const uint8_t head[HEAD_LEN] = {
        1,   0,   0x01, 0x5c, 0, 0, 0, 1, /* version, 0, length without the HMAC, generation */
        0,   1,   1,    0,                /* kids: own and peer's, of the active and of the pending peer */
        140, 192, 0,    0                 /* lengths of the two certificates, 0 */
    };
    uint8_t expected[HEAD_LEN + 140 + 192 + MAC_LEN];
    struct troth_stored stored;
    (void)state;
    assert_empty();
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(put(&stored, pin_a(), pin_b()), TROTH_OK);
    assert_int_equal(ram.used[0], sizeof expected);
    assert_int_equal(ram.used[1], 0);
    memcpy(expected, head, HEAD_LEN);
    memcpy(expected + HEAD_LEN, cert_a, 140);
    memcpy(expected + HEAD_LEN + 140, cert_b, 192);
    const struct troth_span body = {expected, HEAD_LEN + 332};
    uint8_t hash[32];
    cheap_crypto.sha256(&cheap, &body, 1, hash);
    cheap_crypto.hmac(&cheap, hash, expected + body.len);
    assert_memory_equal(memory, expected, sizeof expected);
    assert_true(sizeof expected <= TROTH_STORE_LEN);
}

/* Each write goes to the other place, with the next generation; the highest wins, in whichever place it stands. */
static void places_take_turns(void **state)
{
    struct troth_stored stored;
    (void)state;
    assert_int_equal(look(&stored), TROTH_OK);
    for (uint32_t generation = 1; generation < 9; generation++) {
        struct troth_pin active = generation % 3 == 0 ? none : generation % 2 == 0 ? pin_b() : pin_a();
        struct troth_pin pending = generation % 4 == 3 ? pin_a() : none;
        assert_int_equal(put(&stored, active, pending), TROTH_OK);
        for (int reset = 0; reset < 2; reset++) {
            assert_int_equal(stored.generation, generation);
            assert_int_equal(stored.place, (generation - 1) % 2);
            assert_pin(&stored.active, active);
            assert_pin(&stored.pending, pending);
            assert_int_equal(look(&stored), TROTH_OK);
        }
    }
}

/* A pending peer becomes the active one: its certificate is read from the place in force while the other is written. */
static void promotes_from_the_place_in_force(void **state)
{
    struct troth_stored stored;
    (void)state;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(put(&stored, pin_a(), pin_b()), TROTH_OK);
    for (int i = 0; i < 3; i++) {
        struct troth_pin active = stored.active;
        struct troth_pin pending = stored.pending;
        assert_int_equal(store_write(&store, &stored, &stored.pending, &stored.active), TROTH_OK);
        assert_int_equal(stored.active.own_kid, pending.own_kid);
        assert_int_equal(stored.pending.own_kid, active.own_kid);
        assert_pin(&stored.active, i % 2 == 0 ? pin_b() : pin_a());
        assert_pin(&stored.pending, i % 2 == 0 ? pin_a() : pin_b());
    }
}

/* Any bit of the newer record flipped, or the record cut short anywhere: the older one is in force. */
static void damage_leaves_the_older_one(void **state)
{
    struct troth_stored stored;
    (void)state;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(put(&stored, pin_a(), none), TROTH_OK);
    assert_int_equal(put(&stored, pin_b(), pin_a()), TROTH_OK);
    size_t used = ram.used[1];
    for (size_t bit = 0; bit < 8 * used; bit++) {
        memory[PLACE + bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(look(&stored), TROTH_OK);
        assert_int_equal(stored.generation, 1);
        assert_int_equal(stored.place, 0);
        assert_pin(&stored.active, pin_a());
        memory[PLACE + bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (ram.used[1] = 0; ram.used[1] < used; ram.used[1]++) {
        assert_int_equal(look(&stored), TROTH_OK);
        assert_int_equal(stored.generation, 1);
    }
    ram.used[1] = PLACE; /* more bytes after it do no harm */
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(stored.generation, 2);
    memory[0] ^= 1; /* and now the older one, too */
    memory[PLACE] ^= 1;
    assert_empty();
}

/* Another device's record, or one of this device under another key, is none. */
static void foreign_records_are_none(void **state)
{
    struct troth_stored stored;
    (void)state;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(put(&stored, pin_a(), pin_b()), TROTH_OK);
    cheap.store_key[31] ^= 1;
    assert_empty();
    cheap.store_key[31] ^= 1;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(stored.generation, 1);
}

/* Heads that lie, under a genuine HMAC: none reaches beyond the place or is taken for something else. */
static const struct lie {
    const char *what;
    uint8_t at;
    uint8_t value;
    uint16_t body_len; /* what the HMAC is over */
    bool good;
} lies[] = {
    {"1 the truth", 0, 1, 16 + 140, true},
    {"2 another version", 0, 2, 16 + 140, false},
    {"3 version 0", 0, 0, 16 + 140, false},
    {"4 shorter than its certificates", 3, 16 + 139, 16 + 139, false},
    {"5 longer than its certificates", 3, 16 + 141, 16 + 141, false},
    {"6 longer by 256", 2, 1, 16 + 140, false},
    {"7 a longer certificate", 12, 141, 16 + 140, false},
    {"8 a shorter certificate", 12, 139, 16 + 140, false},
    {"9 a second one from nowhere", 13, 1, 16 + 140, false},
    {"10 the longest of all", 12, 255, 16 + 140, false},
    {"11 generation 2 instead", 7, 2, 16 + 140, true},
};

static void lying_heads(void **state)
{
    struct troth_stored stored;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        begin(state);
        assert_int_equal(look(&stored), TROTH_OK);
        assert_int_equal(put(&stored, pin_a(), none), TROTH_OK);
        memory[lies[i].at] = lies[i].value;
        bind_again(0, lies[i].body_len);
        assert_int_equal(look(&stored), TROTH_OK);
        if ((stored.generation != 0) != lies[i].good) {
            fail_msg("lie %s", lies[i].what);
        }
    }
}

/* Two certificates of every length, and one byte of the HMAC missing; the same with it. */
static void every_length_ends_in_the_place(void **state)
{
    struct troth_stored stored;
    (void)state;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(put(&stored, pin_a(), none), TROTH_OK);
    for (size_t second = 0; second < 256; second++) {
        size_t len = HEAD_LEN + 255 + second;
        memory[2] = (uint8_t)(len >> 8);
        memory[3] = (uint8_t)len;
        memory[12] = 255;
        memory[13] = (uint8_t)second;
        bind_again(0, len);
        ram.used[0] = len + MAC_LEN - 1;
        assert_empty();
        ram.used[0]++;
        assert_int_equal(look(&stored), TROTH_OK);
        assert_int_equal(stored.pending.cert.len, second);
    }
}

/* Empty and arbitrary places, also NULL ones. */
static int view_nothing(void *ctx, unsigned place, struct troth_span *bytes)
{
    (void)ctx;
    *bytes = (struct troth_span){NULL, 0};
    return place < 2 ? TROTH_OK : TROTH_E_STATE;
}

static void empty_places(void **state)
{
    static const struct troth_store nothing = {.view = view_nothing};
    (void)state;
    for (unsigned fill = 0; fill < 256; fill++) {
        memset(memory, (int)fill, sizeof memory);
        for (size_t used = 0; used < 100; used += 7) {
            ram.used[0] = used;
            ram.used[1] = PLACE - used;
            assert_empty();
        }
    }
    store.call = &nothing;
    assert_empty();
}

/* Every call of store and port failing in turn while the third record is written: the second or the third is in force. */
static void calls_fail(void **state)
{
    static const enum flaky_kind kinds[] = {FLAKY_FAILS, FLAKY_DENIES, FLAKY_TEARS, FLAKY_CUT_WITHIN};
    unsigned tried = 0;
    for (size_t k = 0; k < 4; k++) {
        for (uint32_t seed = 0; seed < 60; seed++) {
            bool struck = true;
            for (unsigned at = 1; struck; at++) {
                struct troth_stored stored;
                begin(state);
                assert_int_equal(look(&stored), TROTH_OK);
                assert_int_equal(put(&stored, pin_a(), none), TROTH_OK);
                assert_int_equal(put(&stored, pin_a(), pin_b()), TROTH_OK);
                struct flaky_plan plan = {.fault_at = at, .kind = kinds[k], .seed = seed * 77 + at};
                flaky.plan = &plan;
                int result = put(&stored, pin_b(), none);
                struck = plan.struck;
                tried += struck;
                assert_int_equal(result == TROTH_OK, !struck);
                assert_true(!struck || result == TROTH_E_STORE || result == TROTH_E_CRYPTO);
                flaky.plan = NULL;
                flaky.dead = false;
                assert_int_equal(look(&stored), TROTH_OK);
                assert_in_range(stored.generation, struck ? 2 : 3, 3);
                assert_pin(&stored.active, stored.generation == 2 ? pin_a() : pin_b());
                assert_pin(&stored.pending, stored.generation == 2 ? pin_b() : none);
                assert_int_equal(put(&stored, none, none), TROTH_OK); /* and it goes on */
            }
        }
    }
    assert_true(tried >= 4 * 60 * 4);
}

/* A store that cannot be read is not an empty one; a slow HMAC is asked again with the same. */
static void reading_fails_or_takes_long(void **state)
{
    struct troth_stored stored;
    (void)state;
    flaky.again = 3;
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(store_write(&store, &stored, &(struct troth_pin){{cert_a, 140}, 0, 1}, &none), TROTH_AGAIN);
    assert_int_equal(ram.used[0], 0);
    assert_int_equal(put(&stored, pin_a(), none), TROTH_OK);
    assert_int_equal(put(&stored, pin_b(), none), TROTH_OK);
    stored = (struct troth_stored){.place = 1};
    assert_int_equal(store_look(&store, 0, &stored), TROTH_AGAIN);
    assert_int_equal(stored.generation, 0);
    assert_int_equal(look(&stored), TROTH_OK);
    assert_int_equal(stored.generation, 2);
    assert_false(flaky.restless);
    flaky.again = 0;
    for (unsigned at = 1; at <= 4; at++) {
        struct flaky_plan plan = {.fault_at = at, .kind = FLAKY_FAILS, .spares_hashes = true};
        flaky.plan = &plan;
        int result = look(&stored);
        assert_int_equal(result, at % 2 == 1 ? TROTH_E_STORE : TROTH_E_CRYPTO);
        assert_true(plan.struck);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_byte, begin),
        cmocka_unit_test_setup(places_take_turns, begin),
        cmocka_unit_test_setup(promotes_from_the_place_in_force, begin),
        cmocka_unit_test_setup(damage_leaves_the_older_one, begin),
        cmocka_unit_test_setup(foreign_records_are_none, begin),
        cmocka_unit_test_setup(lying_heads, begin),
        cmocka_unit_test_setup(every_length_ends_in_the_place, begin),
        cmocka_unit_test_setup(empty_places, begin),
        cmocka_unit_test_setup(calls_fail, begin),
        cmocka_unit_test_setup(reading_fails_or_takes_long, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
