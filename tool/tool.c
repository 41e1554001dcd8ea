/* tool/tool: words and options. */
#include "tool/tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 1, 0))) static void say(const char *format, va_list arguments)
{
    fputs("troth: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int tool_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return EXIT_FAILURE;
}

int tool_misused(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return EXIT_USAGE;
}

void tool_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

/* The option that `argument` names, up to its '='; NULL where there is none. */
static const struct tool_option *find(const struct tool_option *option, size_t options, const char *argument)
{
    size_t len = strcspn(argument, "=");
    for (size_t i = 0; i < options; i++) {
        if (strlen(option[i].name) == len && strncmp(option[i].name, argument, len) == 0) {
            return &option[i];
        }
    }
    return NULL;
}

/* Takes the option at argv[*at], and its value, which may be the word after it. */
static int take(int argc, char **argv, int *at, const struct tool_option *option, size_t options)
{
    const char *argument = argv[*at];
    const char *equals = strchr(argument, '=');
    const struct tool_option *found = find(option, options, argument);
    if (found == NULL) {
        return tool_misused("%s: unknown option %s: see --help", argv[0], argument);
    }
    if (found->given != NULL) {
        if (*found->given || equals != NULL) {
            return tool_misused("%s: %s is given once and takes no value", argv[0], found->name);
        }
        *found->given = true;
        return 0;
    }
    const char *value = equals != NULL ? equals + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    if (value == NULL || *value == 0) {
        return tool_misused("%s: %s needs a value", argv[0], found->name);
    }
    if (*found->value != NULL) {
        return tool_misused("%s: %s is given twice", argv[0], found->name);
    }
    *found->value = value;
    return 0;
}

int tool_options(int argc, char **argv, const struct tool_option *option, size_t options, const char **word, size_t min,
                 size_t max)
{
    size_t words = 0;
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != 0) {
            int result = take(argc, argv, &i, option, options);
            if (result != 0) {
                return result;
            }
        } else if (words == max || argv[i][0] == 0) {
            return tool_misused("%s: \"%s\" is one word too many: see --help", argv[0], argv[i]);
        } else {
            word[words++] = argv[i];
        }
    }
    if (words < min) {
        return tool_misused("%s: something is missing: see --help", argv[0]);
    }
    return 0;
}

bool tool_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}
