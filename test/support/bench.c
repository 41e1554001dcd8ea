/* support/bench: devices on a test bench. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

void unit_make(struct unit *unit, struct family *family, const char *serial)
{
    uint8_t store_key[32];
    memset(unit, 0, sizeof *unit);
    family_issue(family, serial, 1, &unit->holder);
    memcpy(store_key, unit->holder.scalar, sizeof store_key);
    if (troth_openssl_open(&unit->openssl, unit->holder.key, store_key) != TROTH_OK) {
        abort();
    }
    troth_ram_open(&unit->ram, unit->memory, sizeof unit->memory);
    unit->accepts = true;
    unit->config = (struct troth_config){
        .port = {&troth_openssl, &unit->openssl},
        .store = &troth_ram_store,
        .store_ctx = &unit->ram,
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

static void deliver(struct bench *bench)
{
    struct frame_in_flight first = bench->queue[0];
    struct unit *unit = bench->unit[first.to];
    struct troth_event event;
    bench->queued--;
    memmove(bench->queue, bench->queue + 1, bench->queued * sizeof bench->queue[0]);
    if (unit != NULL && unit->on) {
        bench->frames++;
        troth_receive(&unit->troth, bench->now_ms, first.bytes, first.len, &event);
        note(unit, &event);
    }
}

/* Polls both until neither has anything to do now and the wire is empty; the time until the next timer. */
static uint32_t settle(struct bench *bench)
{
    uint32_t wait_ms;
    do {
        wait_ms = UINT32_MAX;
        for (int i = 0; i < 2; i++) {
            struct unit *unit = bench->unit[i];
            if (unit == NULL || !unit->on) {
                continue;
            }
            struct troth_span out;
            struct troth_event event;
            troth_poll(&unit->troth, bench->now_ms, &out, &event);
            if (out.len > 0) {
                put(bench, i, out);
            }
            note(unit, &event);
            uint32_t left_ms = troth_wait_ms(&unit->troth, bench->now_ms);
            wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
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
        if (wait_ms >= left_ms) {
            bench->now_ms = end_ms;
            return;
        }
        bench->now_ms += wait_ms;
    }
}

bool unit_linked(const struct unit *unit)
{
    struct troth_peer peer;
    troth_peer(&unit->troth, &peer);
    return unit->on && peer.linked;
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
