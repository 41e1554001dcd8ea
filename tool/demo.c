/* tool/demo: `troth demo`: the story. */
#include "tool/demo.h"

#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char help_text[] = "usage: troth demo\n"
                                "\n"
                                "Makes a factory and three devices in a temporary folder, runs the devices as "
                                "processes, and shows how two of them\n"
                                "pair, talk, come back after a reset, and how one is replaced; then four attackers "
                                "try. All that is shown happens:\n"
                                "it takes a few seconds, and the folder is removed at the end. The exit status is 0 if "
                                "everything went as it should.\n";

static bool (*const acts[])(struct stage *stage) = {
    act_factory, act_pair, act_talk, act_reset, act_replace, act_eavesdrop, act_middle, act_foreign, act_replay,
};

#define ACTS (sizeof acts / sizeof *acts)

static double seconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What the devices said last, where the story broke off. */
static void show_last_words(struct stage *stage)
{
    show_words("The story ends here: something did not happen. What the devices said last:");
    for (size_t i = 0; i < DEMO_ACTORS; i++) {
        if (stage->actor[i].name != NULL) {
            show_said(&stage->actor[i]);
        }
    }
    fputs(stage->command.err.text + stage->command.err.mark, stdout);
}

static int play(struct stage *stage)
{
    double began = seconds();
    size_t played = 0;
    show_begin();
    show_title("troth demo: two devices pair, talk and come back; then four attackers try");
    show_words("Everything below happens now, in real processes. The wire between them passes through this one, which "
               "sees every byte, as an attacker would. The files are in %s.",
               stage->dir);
    while (played < ACTS && acts[played](stage)) {
        fflush(stdout);
        played++;
    }
    if (stage_is_stopped()) {
        return tool_fail("demo: interrupted");
    }
    if (played < ACTS) {
        show_last_words(stage);
    }
    bool good = played == ACTS && stage->passed == stage->checks;
    char line[128];
    snprintf(line, sizeof line, "%u of %u checks passed%s, in %.1f seconds.", stage->passed, stage->checks,
             good ? ": all went as it should" : "", seconds() - began);
    show_title(line);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int troth_demo_main(int argc, char **argv)
{
    if (tool_wants_help(argc, argv)) {
        fputs(help_text, stdout);
        return EXIT_SUCCESS;
    }
    int status = tool_options(argc, argv, NULL, 0, NULL, 0, 0);
    if (status != 0) {
        return status;
    }
    struct stage *stage = malloc(sizeof *stage);
    if (stage == NULL) {
        return tool_fail("out of memory: close other programs");
    }
    status = EXIT_FAILURE;
    if (stage_open(stage)) {
        status = play(stage);
        stage_close(stage);
    }
    free(stage);
    return status;
}
