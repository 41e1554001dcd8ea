/* tool/chip: `troth chip`, a simulated ATECC608 as a process. Includes the simulator and nothing of the library. */
#include "tool/tool.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/server.h"

static const char help[] =
    "usage: troth chip --link i2c1|swi --listen unix:PATH|tcp:HOST:PORT|pty --state FILE [options]\n"
    "\n"
    "  --link i2c1|swi              I2C transactions, or the characters of a single-wire UART\n"
    "  --listen unix:PATH           serve clients, one after another, on a Unix socket,\n"
    "           tcp:HOST:PORT       on a TCP port of the loopback (0: any free one),\n"
    "           pty                 or on a new pseudo-terminal\n"
    "  --state FILE                 the chip's EEPROM; a missing file is a fresh part\n"
    "  --echo on|off                single wire: the host sees its own characters (on)\n"
    "  --part 608a|608b             of a fresh part (608b)\n"
    "  --busy none|virtual|real     commands end at once, when the chip's clock says so,\n"
    "                               or after as much real time (virtual)\n"
    "  --clock m0|m1|m2             clock divider, instead of the configuration's\n"
    "  --seed N                     the same seed gives the same random numbers\n"
    "  --fault SPEC                 faults, see docs/simulator.md\n"
    "  --trace FILE                 append all that happens to FILE\n"
    "\n"
    "Where to connect is printed on standard output. SIGTERM ends it and prints the times.\n";

struct choice {
    const char *word;
    int value;
};

/* One of the words, or the default where the option was not given; false: another word. */
static bool choose(const char *word, const struct choice *choice, size_t choices, int *value)
{
    for (size_t i = 0; i < choices && word != NULL; i++) {
        if (strcmp(word, choice[i].word) == 0) {
            *value = choice[i].value;
            return true;
        }
    }
    return word == NULL;
}

#define CHOOSE(word, list, value) choose(word, list, sizeof(list) / sizeof *(list), value)

static bool read_seed(const char *text, struct chip_options *options)
{
    char *end = NULL;
    if (text == NULL) {
        return true;
    }
    errno = 0;
    options->seed = strtoull(text, &end, 0);
    options->seeded = true;
    return end != text && *end == '\0' && errno == 0 && *text != '-';
}

struct words {
    const char *link, *listen, *state, *echo, *part, *busy, *clock, *seed, *fault, *trace;
};

static int take(const struct words *words, struct server_plan *plan)
{
    static const struct choice links[] = {{"i2c1", CHIP_I2C}, {"swi", CHIP_SWI}};
    static const struct choice echoes[] = {{"on", true}, {"off", false}};
    static const struct choice parts[] = {{"608a", CHIP_608A}, {"608b", CHIP_608B}};
    static const struct choice busies[] = {
        {"none", CHIP_BUSY_NONE}, {"virtual", CHIP_BUSY_VIRTUAL}, {"real", CHIP_BUSY_REAL}};
    static const struct choice clocks[] = {{"m0", CHIP_CLOCK_M0}, {"m1", CHIP_CLOCK_M1}, {"m2", CHIP_CLOCK_M2}};
    int bus = CHIP_I2C;
    int echo = true;
    int part = CHIP_608B;
    int busy = CHIP_BUSY_VIRTUAL;
    int clock = CHIP_CLOCK_CONFIG;
    if (words->link == NULL || words->listen == NULL || words->state == NULL) {
        return tool_misused("chip needs --link, --listen and --state: see troth chip --help");
    }
    if (!CHOOSE(words->link, links, &bus)) {
        return tool_misused("--link is i2c1 or swi");
    }
    if (!CHOOSE(words->echo, echoes, &echo)) {
        return tool_misused("--echo is on or off");
    }
    if (!CHOOSE(words->part, parts, &part)) {
        return tool_misused("--part is 608a or 608b");
    }
    if (!CHOOSE(words->busy, busies, &busy)) {
        return tool_misused("--busy is none, virtual or real");
    }
    if (!CHOOSE(words->clock, clocks, &clock)) {
        return tool_misused("--clock is m0, m1 or m2");
    }
    if (!read_seed(words->seed, &plan->chip)) {
        return tool_misused("--seed is a whole number below 2^64");
    }
    plan->chip.bus = (enum chip_bus)bus;
    plan->chip.part = (enum chip_part)part;
    plan->chip.busy = (enum chip_busy)busy;
    plan->chip.clock = (enum chip_clock)clock;
    plan->chip.fault = words->fault;
    plan->listen = words->listen;
    plan->state = words->state;
    plan->trace = words->trace;
    plan->echo = echo;
    return EXIT_SUCCESS;
}

int troth_chip_main(int argc, char **argv)
{
    struct words words = {0};
    const struct tool_option options[] = {
        {"--link", &words.link, NULL},   {"--listen", &words.listen, NULL}, {"--state", &words.state, NULL},
        {"--echo", &words.echo, NULL},   {"--part", &words.part, NULL},     {"--busy", &words.busy, NULL},
        {"--clock", &words.clock, NULL}, {"--seed", &words.seed, NULL},     {"--fault", &words.fault, NULL},
        {"--trace", &words.trace, NULL},
    };
    struct server_plan plan = {0};
    if (tool_wants_help(argc, argv)) {
        fputs(help, stdout);
        return EXIT_SUCCESS;
    }
    int status = tool_options(argc, argv, options, sizeof options / sizeof *options, NULL, 0, 0);
    if (status == EXIT_SUCCESS) {
        status = take(&words, &plan);
    }
    return status == EXIT_SUCCESS ? server_run(&plan) : status;
}
