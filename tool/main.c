/* tool/main: the command `troth`. */
#include "tool/tool.h"

#include <troth/troth.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct subcommand {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *what;
} subcommands[] = {
    {"ca", troth_ca_main, "make certification authorities, issue device certificates"},
    {"inspect", troth_inspect_main, "show what is in a file, field by field"},
    {"device", troth_device_main, "be a device: pair, talk, come back"},
    {"demo", troth_demo_main, "see two devices pair, talk and come back, and four attackers fail"},
    {"chip", troth_chip_main, "be an ATECC608, on a socket or a terminal"},
};

#define SUBCOMMANDS (sizeof subcommands / sizeof *subcommands)

static void help(FILE *out)
{
    fputs("usage: troth SUBCOMMAND ...\n\n", out);
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        fprintf(out, "  troth %-8s %s\n", subcommands[i].name, subcommands[i].what);
    }
    fputs("\n  troth SUBCOMMAND --help   says more\n"
          "  troth --version\n",
          out);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            return subcommands[i].main(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("troth " TROTH_VERSION);
        return EXIT_SUCCESS;
    }
    if (tool_wants_help(2, argv) || strcmp(argv[1], "help") == 0) {
        help(stdout);
        return EXIT_SUCCESS;
    }
    return tool_misused("there is no subcommand \"%s\": see troth --help", argv[1]);
}

/* A full disk and a reader that went away are answers of write(), not reasons to die: nobody would tidy up. */
int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    int status = dispatch(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_SUCCESS) {
        return tool_fail("standard output: %s", strerror(errno));
    }
    return status;
}
