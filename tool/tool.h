/* tool/tool.h: what all subcommands of `troth` share: manners, options, and the subcommands themselves.
 *
 * Data goes to stdout, words to stderr. A subcommand answers 0, EXIT_FAILURE, or EXIT_USAGE where the command line is
 * no good. An error is one line: what is wrong with what, and what to do; and nothing was changed.
 * Includes nothing of the library.
 */
#ifndef TROTH_TOOL_TOOL_H
#define TROTH_TOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#define EXIT_USAGE 2

/* Each takes its own name as argv[0]. */
int troth_ca_main(int argc, char **argv);
int troth_inspect_main(int argc, char **argv);
int troth_chip_main(int argc, char **argv);
int troth_device_main(int argc, char **argv);
int troth_demo_main(int argc, char **argv);

/* "troth: ..." and a newline to stderr; EXIT_FAILURE. */
__attribute__((format(printf, 1, 2))) int tool_fail(const char *format, ...);

/* The same for a command line that is no good; EXIT_USAGE. */
__attribute__((format(printf, 1, 2))) int tool_misused(const char *format, ...);

/* Words for people: "troth: ..." and a newline to stderr. */
__attribute__((format(printf, 1, 2))) void tool_say(const char *format, ...);

/* An option: --name VALUE or --name=VALUE into *value, or --name into *given. */
struct tool_option {
    const char *name;
    const char **value;
    bool *given;
};

/* Sorts argv[1..] into options (each at most once, anywhere before "--") and other words, of which there must be
 * between min and max. 0, or what tool_misused says. */
int tool_options(int argc, char **argv, const struct tool_option *option, size_t options, const char **word, size_t min,
                 size_t max);

/* Is there a --help or -h? */
bool tool_wants_help(int argc, char **argv);

#endif
