/* A store image of arbitrary bytes, or a genuine one with damage, with a genuine HMAC over it or without: reading stays in its
 * place, a device starts from it and goes on, and never links with anybody but the peer whose certificate stands there.
 *
 * The first byte says what the image is, the next two whether an HMAC is put over either place. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "test/support/bench.h"

#define PLACE    600
#define HEAD_LEN 16
#define MAC_LEN  32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct family family;
static struct unit a;
static struct unit b;
static struct unit a_paired;
static struct unit b_paired;
static struct bench bench;

/* A pair, made once. */
static void make(void)
{
    static bool made;
    if (made) {
        return;
    }
    made = true;
    family_make(&family, "acme root", 3, false, 42);
    unit_make(&a, &family, "A-0001");
    unit_make(&b, &family, "B-0001");
    unit_use_cheap(&a, 0);
    unit_use_cheap(&b, 1);
    bench_connect(&bench, &a, &b);
    bool paired = bench_pair(&bench, 60000);
    assert(paired);
    (void)paired;
    unit_off(&a);
    unit_off(&b);
    a_paired = a;
    b_paired = b;
}

static void bind(unsigned place)
{
    uint8_t hash[32];
    uint8_t *at = a.memory + place * PLACE;
    size_t len = HEAD_LEN + (size_t)at[12] + at[13];
    if (len + MAC_LEN > a.ram.used[place]) {
        return;
    }
    at[0] = 1;
    at[1] = 0;
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    const struct troth_span body = {at, len};
    (void)cheap_crypto.sha256(&a.cheap, &body, 1, hash);
    (void)cheap_crypto.hmac(&a.cheap, hash, at + len);
}

/* Bytes over the image: as they are, or as damage to the genuine one: pairs of a position and what is added there. */
static void lay(const uint8_t *data, size_t size)
{
    if (data[0] % 2 == 0) {
        memset(a.memory, 0, sizeof a.memory);
        memcpy(a.memory, data + 3, size - 3 < PLACE ? size - 3 : PLACE);
        if (size - 3 > PLACE) {
            size_t rest = size - 3 - PLACE;
            memcpy(a.memory + PLACE, data + 3 + PLACE, rest < PLACE ? rest : PLACE);
        }
        a.ram.used[0] = data[0] & 2 ? PLACE : size % PLACE;
        a.ram.used[1] = data[0] & 4 ? PLACE : size / 2 % PLACE;
        return;
    }
    for (size_t i = 3; i + 2 < size; i += 3) {
        size_t at = ((size_t)data[i] << 8 | data[i + 1]) % sizeof a.memory;
        a.memory[at] = (uint8_t)(a.memory[at] + data[i + 2]);
    }
}

static void assert_inside(struct troth_span cert, const struct troth_stored *stored)
{
    const uint8_t *place = a.memory + stored->place * PLACE;
    if (cert.len > 0) {
        assert(cert.data >= place + HEAD_LEN && cert.data + cert.len + MAC_LEN <= place + a.ram.used[stored->place]);
    }
}

/* Whether there is anything. */
static bool read_white_box(void)
{
    const struct troth_port port = {&cheap_crypto, &a.cheap};
    const struct store store = {&troth_ram_store, &a.ram, &port};
    struct troth_stored stored = {.place = 1};
    for (unsigned place = 0; place < 2; place++) {
        uint32_t before = stored.generation;
        int result = store_look(&store, place, &stored);
        assert(result == TROTH_OK && stored.generation >= before);
        (void)result;
        (void)before;
    }
    assert_inside(stored.active.cert, &stored);
    assert_inside(stored.pending.cert, &stored);
    return stored.generation > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }
    make();
    a = a_paired;
    b = b_paired;
    bench = (struct bench){.now_ms = 1000};
    lay(data, size);
    for (unsigned place = 0; place < 2; place++) {
        if (data[1 + place] % 2 == 1) {
            bind(place);
        }
    }
    if (!read_white_box() || data[0] >= 16) {
        return 0; /* a whole device takes a hundred times as long */
    }
    bench_connect(&bench, &a, &b);
    bench_run(&bench, 25000);
    if (unit_linked(&a)) {
        assert(unit_knows(&a, &b));
    }
    (void)troth_forget(&a.troth);
    bench_run(&bench, 1000);
    if (a.told[TROTH_EVENT_FORGOTTEN] > 0) {
        assert(unit_peer_state(&a) == TROTH_UNPAIRED);
    }
    unit_off(&a);
    unit_off(&b);
    return 0;
}
