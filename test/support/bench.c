/* support/bench: devices on a test bench. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND_BUFFER 0xa5   /* what stands behind the device's buffer, and must stay */
#define POLLS_AT_ONCE 100000 /* more of them without time passing are a loop */

static void must(bool ok, const char *law)
{
    if (!ok) {
        fprintf(stderr, "bench: broken: %s\n", law);
        abort();
    }
}

void unit_make(struct unit *unit, struct family *family, const char *serial)
{
    unit_make_epoch(unit, family, serial, 1);
}

void unit_clear(struct unit *unit)
{
    memset(unit->memory, 0, sizeof unit->memory);
    troth_ram_open(&unit->ram, unit->memory, sizeof unit->memory);
}

void unit_use_cheap(struct unit *unit, uint8_t side)
{
    uint8_t identity[64];
    must(troth_openssl_public_key(unit->holder.key, identity) == TROTH_OK, "a unit has a key");
    cheap_open(&unit->cheap, identity, side);
    unit->flaky.crypto = &cheap_crypto;
    unit->flaky.crypto_ctx = &unit->cheap;
}

void unit_make_epoch(struct unit *unit, struct family *family, const char *serial, uint32_t epoch)
{
    uint8_t store_key[32];
    memset(unit, 0, sizeof *unit);
    family_issue(family, serial, epoch, &unit->holder);
    memcpy(store_key, unit->holder.scalar, sizeof store_key);
    if (troth_openssl_open(&unit->openssl, unit->holder.key, store_key) != TROTH_OK) {
        abort();
    }
    unit_clear(unit);
    memset(unit->buffer, BEHIND_BUFFER, sizeof unit->buffer);
    unit->accepts = true;
    unit->flaky = (struct flaky){
        .crypto = &troth_openssl,
        .crypto_ctx = &unit->openssl,
        .store = &troth_ram_store,
        .store_ctx = &unit->ram,
    };
    unit->config = (struct troth_config){
        .port = {&flaky_crypto, &unit->flaky},
        .store = &flaky_store,
        .store_ctx = &unit->flaky,
        .auth = family->device_usage == TROTH_USE_AGREE ? &troth_edhoc_static_dh : &troth_edhoc_signature,
        .certs = {.root = {family->root.item, family->root.item_len},
                  .own = {unit->holder.item, unit->holder.item_len},
                  .key_usage = family->device_usage},
        .buffer = unit->buffer,
        .buffer_len = family->line.sequence_len > 0 ? TROTH_BUFFER_CHAIN : TROTH_BUFFER_MIN,
    };
}

void unit_free(struct unit *unit)
{
    unit_off(unit);
    troth_openssl_close(&unit->openssl);
    holder_free(&unit->holder);
}

void unit_on(struct unit *unit, uint32_t now_ms)
{
    if (troth_open(&unit->troth, &unit->config, now_ms) != TROTH_OK) {
        abort();
    }
    unit->on = true;
    unit->flaky.dead = false;
    unit->flaky.asked = 0;
}

void unit_off(struct unit *unit)
{
    troth_close(&unit->troth);
    unit->on = false;
}

static void note(struct unit *unit, const struct troth_event *event)
{
    unit->told[event->kind]++;
    if (event->kind == TROTH_EVENT_ABORTED) {
        unit->last_reason = event->reason;
        unit->reasons[event->reason]++;
    }
    if (event->kind == TROTH_EVENT_DATA) {
        unit->data_len = event->data.len;
        memcpy(unit->data, event->data.data, event->data.len);
    }
    if (event->kind == TROTH_EVENT_WAITING && unit->accepts) {
        troth_accept(&unit->troth);
    }
}

void bench_inject(struct bench *bench, int from, const uint8_t *frame, size_t len)
{
    if (bench->queued < BENCH_QUEUE && len <= BENCH_FRAME_MAX) {
        struct frame_in_flight *slot = &bench->queue[bench->queued++];
        slot->to = 1 - from;
        slot->len = len;
        memcpy(slot->bytes, frame, len);
    }
}

static void put(struct bench *bench, int from, struct troth_span frame)
{
    uint8_t copy[BENCH_FRAME_MAX];
    size_t len = frame.len;
    memcpy(copy, frame.data, len);
    if (bench->tap == NULL || bench->tap(bench, from, copy, &len)) {
        bench_inject(bench, from, copy, len);
    }
}

/* Power that went in the middle of a call. */
static void settle_fate(struct unit *unit)
{
    must(!unit->flaky.restless, "after TROTH_AGAIN the same call");
    for (size_t i = unit->config.buffer_len; i < sizeof unit->buffer; i++) {
        must(unit->buffer[i] == BEHIND_BUFFER, "nothing is written behind the buffer");
    }
    if (unit->flaky.dead) {
        unit_off(unit);
    }
}

/* One poll of one unit; how long it may sleep then. */
static uint32_t poll(struct bench *bench, int which)
{
    struct unit *unit = bench->unit[which];
    struct troth_span out;
    struct troth_event event;
    unsigned operations = unit->flaky.public_key_operations;
    unsigned writes = unit->flaky.writes;
    unit->polls++;
    troth_poll(&unit->troth, bench->now_ms, &out, &event);
    operations = unit->flaky.public_key_operations - operations;
    must(operations + unit->flaky.writes - writes <= 1, "one slow operation in a poll");
    settle_fate(unit);
    if (!unit->on) {
        return UINT32_MAX;
    }
    if (out.len > 0) {
        put(bench, which, out);
    }
    note(unit, &event);
    return troth_wait_ms(&unit->troth, bench->now_ms);
}

static void deliver(struct bench *bench)
{
    struct frame_in_flight first = bench->queue[0];
    struct unit *unit = bench->unit[first.to];
    struct troth_event event;
    bench->queued--;
    memmove(bench->queue, bench->queue + 1, bench->queued * sizeof bench->queue[0]);
    if (unit != NULL && unit->on) {
        bench->frames++;
        unsigned before = unit->flaky.public_key_operations;
        troth_receive(&unit->troth, bench->now_ms, first.bytes, first.len, &event);
        must(unit->flaky.public_key_operations == before, "no public-key operation in troth_receive");
        settle_fate(unit);
        if (unit->on) {
            note(unit, &event);
        }
    }
}

/* Polls both until neither has anything to do now and the wire is empty; the time until the next timer. */
static uint32_t settle(struct bench *bench)
{
    uint32_t wait_ms;
    unsigned turns = 0;
    do {
        wait_ms = UINT32_MAX;
        must(turns++ < POLLS_AT_ONCE, "no busy loop");
        for (int i = 0; i < 2; i++) {
            if (bench->unit[i] != NULL && bench->unit[i]->on) {
                uint32_t left_ms = poll(bench, i);
                wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
            }
        }
        if (bench->queued > 0) {
            deliver(bench);
            wait_ms = 0;
        }
    } while (wait_ms == 0);
    return wait_ms;
}

void bench_run(struct bench *bench, uint32_t ms)
{
    uint32_t end_ms = bench->now_ms + ms;
    for (;;) {
        uint32_t wait_ms = settle(bench);
        uint32_t left_ms = end_ms - bench->now_ms;
        if (left_ms == 0) {
            return;
        }
        bench->now_ms += wait_ms < left_ms ? wait_ms : left_ms;
    }
}

bool unit_linked(const struct unit *unit)
{
    struct troth_peer peer;
    troth_peer(&unit->troth, &peer);
    return unit->on && peer.linked;
}

uint8_t unit_peer_state(const struct unit *unit)
{
    struct troth_peer peer;
    troth_peer(&unit->troth, &peer);
    return peer.state;
}

bool unit_knows(const struct unit *unit, const struct unit *peer)
{
    struct troth_peer known;
    troth_peer(&unit->troth, &known);
    return known.cert.len == peer->holder.sequence_len &&
           memcmp(known.cert.data, peer->holder.sequence, known.cert.len) == 0;
}

uint64_t unit_stored(const struct unit *unit)
{
    uint64_t mark = 14695981039346656037U;
    for (size_t i = 0; i < sizeof unit->memory; i++) {
        mark = (mark ^ unit->memory[i]) * 1099511628211U;
    }
    return mark ^ unit->ram.used[0] ^ unit->ram.used[1] << 16;
}

void bench_connect(struct bench *bench, struct unit *first, struct unit *second)
{
    bench->unit[0] = first;
    bench->unit[1] = second;
    bench->queued = 0;
    for (int i = 0; i < 2; i++) {
        if (!bench->unit[i]->on) {
            unit_on(bench->unit[i], bench->now_ms);
        }
    }
    bench_run(bench, 0);
}

void bench_reset(struct bench *bench, struct unit *unit)
{
    unit_off(unit);
    unit_on(unit, bench->now_ms);
}

bool bench_pair(struct bench *bench, uint32_t ms)
{
    bench_run(bench, 0);
    for (int i = 0; i < 2; i++) {
        troth_pair(&bench->unit[i]->troth, bench->now_ms, ms);
    }
    bench_run(bench, ms);
    return unit_linked(bench->unit[0]) && unit_linked(bench->unit[1]);
}

int bench_send(struct bench *bench, int from, const char *text)
{
    uint8_t frame[BENCH_FRAME_MAX];
    size_t frame_len;
    struct unit *unit = bench->unit[from];
    int result = troth_send(&unit->troth, (const uint8_t *)text, strlen(text), frame, sizeof frame, &frame_len);
    if (result == TROTH_OK) {
        put(bench, from, (struct troth_span){frame, frame_len});
    }
    return result;
}

bool bench_talks(struct bench *bench)
{
    static unsigned count;
    char text[24];
    for (int from = 0; from < 2; from++) {
        struct unit *to = bench->unit[1 - from];
        int len = snprintf(text, sizeof text, "words %u", ++count);
        to->data_len = 0;
        if (bench_send(bench, from, text) != TROTH_OK) {
            return false;
        }
        bench_run(bench, 0);
        if (to->data_len != (size_t)len || memcmp(to->data, text, to->data_len) != 0) {
            return false;
        }
    }
    return true;
}
