/* tool/device: the command line of `troth device`. */
#include "tool/device.h"

#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_S     60
#define WINDOW_MAX_S 86400

static const char help_text[] =
    "usage: troth device --store DIR (--serial TTY | --listen ADDR | --connect ADDR) [options]\n"
    "       troth device --store DIR --forget\n"
    "\n"
    "A device as a process. DIR is the folder that `troth ca issue --keygen` made; the pairing is kept in it too "
    "(pair.0,\n"
    "pair.1, and store.key, which is made once). ADDR is tcp:HOST:PORT, udp:HOST:PORT or unix:PATH.\n"
    "  --pair              open the pairing window: the first peer with a valid certificate becomes the paired one "
    "and\n"
    "                      replaces the one before. Do it on both devices\n"
    "  --window SECONDS    how long it stays open; 60 without it\n"
    "  --baud N            speed of the serial line; 115200 without it\n"
    "  --answers           never begin a handshake: the other device does\n"
    "  --forget            remove the pairing, and end\n"
    "\n"
    "Lines on standard input are sent to the paired device as soon as there is a link; each arrives at most once. What "
    "it\n"
    "sends comes out on standard output, line by line, unprintable bytes as \\xNN. Events go to standard error, and "
    "begin\n"
    "with: opened, window, waiting, paired, linked, aborted, forgotten, link. The end of standard input ends nothing:\n"
    "SIGINT (Ctrl-C) or SIGTERM does, or a window that closes on a device that is still unpaired.\n";

struct words {
    const char *dir, *serial, *listen, *connect, *window, *baud;
    bool pair, answers, forget;
};

static bool parse_number(const char *text, unsigned long max, unsigned *value)
{
    char *end;
    unsigned long parsed = strtoul(text, &end, 10);
    *value = (unsigned)parsed;
    return text[0] >= '0' && text[0] <= '9' && strlen(text) < 9 && *end == 0 && parsed > 0 && parsed <= max;
}

static int take_link(const struct words *words, struct link_config *link)
{
    int ways = (words->serial != NULL) + (words->listen != NULL) + (words->connect != NULL);
    if (words->forget) {
        bool alone = ways == 0 && !words->pair && !words->answers && words->baud == NULL;
        return alone ? 0 : tool_misused("device: --forget goes with --store alone");
    }
    if (ways != 1) {
        return tool_misused("device: say how to reach the peer, with one of --serial, --listen and --connect");
    }
    if (words->baud != NULL && (words->serial == NULL || !parse_number(words->baud, 10000000, &link->baud))) {
        return tool_misused("device: --baud is the speed of a --serial line, as in --baud 115200");
    }
    link->role = words->serial != NULL ? LINK_SERIAL : words->listen != NULL ? LINK_LISTEN : LINK_CONNECT;
    link->address = words->serial != NULL ? words->serial : words->listen != NULL ? words->listen : words->connect;
    return 0;
}

static int take(const struct words *words, struct device_order *order)
{
    unsigned window_s = WINDOW_S;
    if (words->dir == NULL) {
        return tool_misused("device: --store is missing: the folder that troth ca issue made");
    }
    if (words->window != NULL && (!words->pair || !parse_number(words->window, WINDOW_MAX_S, &window_s))) {
        return tool_misused("device: --window goes with --pair and is a number of seconds from 1 to %d", WINDOW_MAX_S);
    }
    *order = (struct device_order){
        .dir = words->dir,
        .window_ms = words->pair ? window_s * 1000 : 0,
        .answers = words->answers,
        .forget = words->forget,
    };
    return take_link(words, &order->link);
}

int troth_device_main(int argc, char **argv)
{
    struct words words = {0};
    const struct tool_option options[] = {
        {"--store", &words.dir, NULL},       {"--serial", &words.serial, NULL},   {"--listen", &words.listen, NULL},
        {"--connect", &words.connect, NULL}, {"--window", &words.window, NULL},   {"--baud", &words.baud, NULL},
        {"--pair", NULL, &words.pair},       {"--answers", NULL, &words.answers}, {"--forget", NULL, &words.forget},
    };
    struct device_order order;
    if (tool_wants_help(argc, argv)) {
        fputs(help_text, stdout);
        return EXIT_SUCCESS;
    }
    int status = tool_options(argc, argv, options, sizeof options / sizeof *options, NULL, 0, 0);
    if (status == 0) {
        status = take(&words, &order);
    }
    if (status != 0) {
        return status;
    }
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* whole lines, where two devices share a terminal */
    struct device *device = malloc(sizeof *device);
    if (device == NULL) {
        return tool_fail("out of memory: close other programs");
    }
    status = device_open(device, &order);
    if (status == 0) {
        status = device_run(device);
        device_close(device);
    }
    free(device);
    return status;
}
