/* bench/pair: two devices pair, talk and come back; every frame is printed, for bench.py to add up.
 *
 *     pair METHOD SUITE [chain]       method 0 or 3; cipher suite 2 or 3; certificates of an issuing CA
 *
 * Lines: `certificate LENGTH`; `PHASE FROM KIND LENGTH` for a frame, PHASE being pair or reconnect and KIND its first
 * byte (SPEC.md); `record EXTRA` for what a message of data grows by on its way. The pairing itself runs inside
 * measured_pairing, which is how callgrind finds it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/support/bench.h"

#define LIMIT_MS 60000

bool measured_pairing(struct bench *bench);

static const char *phase = "pair";

static bool print_frame(struct bench *bench, int from, uint8_t *frame, size_t *len)
{
    (void)bench;
    printf("%s %d %u %zu\n", phase, from, (unsigned)frame[0], *len);
    return true;
}

__attribute__((noinline)) bool measured_pairing(struct bench *bench)
{
    bool paired = bench_pair(bench, LIMIT_MS);
    __asm__ volatile(""); /* keeps this a call of its own, which a tail call would not be */
    return paired;
}

static void stop(const char *words)
{
    fprintf(stderr, "pair: %s\n", words);
    exit(1);
}

static void reconnect(struct bench *bench)
{
    phase = "reconnect";
    unit_off(bench->unit[0]);
    unit_on(bench->unit[0], bench->now_ms);
    bench_run(bench, LIMIT_MS);
    if (!unit_linked(bench->unit[0]) || !unit_linked(bench->unit[1])) {
        stop("the devices did not come back to each other");
    }
}

static void send(struct bench *bench)
{
    static const char text[] = "twenty bytes of data";
    uint8_t frame[BENCH_FRAME_MAX];
    size_t len;
    if (troth_send(&bench->unit[0]->troth, (const uint8_t *)text, strlen(text), frame, sizeof frame, &len) !=
        TROTH_OK) {
        stop("nothing can be sent");
    }
    printf("record %zu\n", len - strlen(text));
}

int main(int argc, char **argv)
{
    static struct family family;
    static struct unit unit[2];
    static struct bench bench;
    static uint8_t suites[] = {2};
    if (argc < 3) {
        stop("usage: pair METHOD SUITE [chain]");
    }
    int method = argv[1][0] - '0';
    suites[0] = (uint8_t)(argv[2][0] - '0');
    family_make(&family, "Acme Root CA One", method, argc > 3, 1); /* a certificate of 140 bytes */
    for (int i = 0; i < 2; i++) {
        unit_make(&unit[i], &family, i == 0 ? "0123456789ab" : "0123456789ac");
        unit[i].config.suites = suites;
        unit[i].config.suites_len = sizeof suites;
        unit[i].config.begin = i == 0 ? TROTH_BEGINS : TROTH_ANSWERS_ONLY;
        unit_on(&unit[i], bench.now_ms);
        bench.unit[i] = &unit[i];
        printf("certificate %zu\n", unit[i].holder.sequence_len);
    }
    bench.tap = print_frame;
    if (!measured_pairing(&bench)) {
        stop("the devices did not pair");
    }
    reconnect(&bench);
    send(&bench);
    for (int i = 0; i < 2; i++) {
        unit_free(&unit[i]);
    }
    family_free(&family);
    return 0;
}
