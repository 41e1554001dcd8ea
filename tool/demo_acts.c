/* tool/demo_acts: the life of a pair, act by act. The attackers are in demo_attacks.c. Includes POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "tool/demo_cast.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define KIND_DATA 7

bool cast_enter(struct stage *stage, struct actor *actor, enum side side, unsigned how)
{
    const char *argv[10] = {"device", "--store", actor->name, "--connect", side == LEFT ? "unix:left" : "unix:right"};
    size_t words = 5;
    if ((how & CAST_PAIRS) != 0) {
        argv[words++] = "--pair";
    }
    if ((how & CAST_ANSWERS) != 0) {
        argv[words++] = "--answers";
    }
    if ((how & CAST_SILENTLY) == 0) {
        show_command(argv);
    }
    return stage_start(stage, actor, argv) && stage_hears(stage, actor, "opened: ") &&
           stage_hears(stage, actor, "connected to");
}

bool cast_link(struct stage *stage, struct actor *a, struct actor *b)
{
    char words[2][64];
    snprintf(words[0], sizeof words[0], "linked with %s\n", b->name);
    snprintf(words[1], sizeof words[1], "linked with %s\n", a->name);
    return stage_hears(stage, a, words[0]) && stage_hears(stage, b, words[1]);
}

/* The last record of data from a side, from frame `from` on; NULL: there is none. */
static const struct demo_frame *last_data(const struct stage *stage, enum side side, size_t from)
{
    for (size_t i = stage->frames; i > from; i--) {
        const struct demo_frame *frame = &stage->frame[i - 1];
        if (!frame->forged && frame->side == side && frame->bytes[0] == KIND_DATA) {
            return frame;
        }
    }
    return NULL;
}

bool cast_say(struct stage *stage, enum side side, struct actor *from, struct actor *to, const char *line)
{
    char expected[64];
    size_t before = stage->frames;
    stage_mark(to);
    snprintf(expected, sizeof expected, "%s\n", line);
    bool arrived = stage_tell(from, line) && stage_reads(stage, to, expected);
    const struct demo_frame *frame = last_data(stage, side, before);
    if (arrived && frame != NULL) {
        show_beside(from->name, line, frame);
    }
    return show_check(stage, arrived && frame != NULL, "%s received exactly \"%s\"", to->name, line);
}

/* ---- Acts ---- */

static long file_len(const char *dir, const char *name)
{
    char path[FILES_PATH_MAX];
    struct stat about;
    return files_path(path, dir, name) && stat(path, &about) == 0 ? (long)about.st_size : -1;
}

static bool show_and_run(struct stage *stage, const char *const *argv)
{
    show_command(argv);
    return stage_run(stage, argv);
}

bool act_factory(struct stage *stage)
{
    static const char *const init[] = {"ca", "init", "factory", NULL};
    static const char *const names[DEMO_ACTORS] = {"remote-0041", "door-0107", "door-0230"};
    show_title("1. The factory makes three devices");
    bool good = show_and_run(stage, init);
    for (size_t i = 0; i < DEMO_ACTORS && good; i++) {
        const char *const issue[] = {"ca",       "issue", "factory", "--serial", names[i],
                                     "--keygen", "--out", names[i],  NULL};
        stage->actor[i].name = names[i];
        good = show_and_run(stage, issue);
    }
    if (good) {
        show_words(
            "Each gets a key of its own, and a certificate of %ld bytes in which the factory signs who holds that "
            "key. They have never met, and have no network.",
            file_len(names[REMOTE], CA_OWN));
    }
    return show_check(stage, good, "a factory and three certified devices");
}

/* The ladder of what passed since frame `from`, and what was said meanwhile. */
static void show_meeting(struct stage *stage, bool by_value, struct actor *left, struct actor *right, size_t from)
{
    const struct ladder ladder = {left->name, right->name, by_value};
    show_words("%s", by_value
                         ? "On the wire: the four messages of EDHOC (RFC 9528), then records. Sealed means encrypted, "
                           "so that nobody can read it, or change a bit unnoticed."
                         : "On the wire:");
    size_t bytes = show_ladder(stage, &ladder, from, stage->frames);
    show_words("%zu bytes in all. What the two said meanwhile:", bytes);
    show_said(left);
    show_said(right);
}

bool act_pair(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *door = &stage->actor[DOOR];
    size_t from = stage->frames;
    show_title("2. The owner opens the pairing window on a remote control and on a door");
    bool good = cast_enter(stage, door, RIGHT, CAST_PAIRS | CAST_ANSWERS) &&
                cast_enter(stage, remote, LEFT, CAST_PAIRS) && cast_link(stage, remote, door);
    if (good) {
        show_meeting(stage, true, remote, door, from);
    }
    return show_check(stage, good, "both are paired, each with the other");
}

bool act_talk(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *door = &stage->actor[DOOR];
    show_title("3. They talk; beside it, what an eavesdropper sees");
    return cast_say(stage, LEFT, remote, door, cast_lines[OPEN]) &&
           cast_say(stage, RIGHT, door, remote, cast_lines[IS_OPEN]);
}

bool act_reset(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *door = &stage->actor[DOOR];
    show_title("4. The door loses its power, and comes back");
    show_words("$ kill -9 %d", (int)door->pid);
    bool good = stage_end(stage, door, SIGKILL);
    size_t from = stage->frames;
    stage_mark(remote);
    good = good && cast_enter(stage, door, RIGHT, 0) && cast_link(stage, remote, door);
    if (good) {
        show_meeting(stage, false, remote, door, from);
    }
    return show_check(stage, good, "they found each other again, with fresh keys, and nobody had to do anything") &&
           cast_say(stage, LEFT, remote, door, cast_lines[CLOSE]) &&
           cast_say(stage, RIGHT, door, remote, cast_lines[IS_CLOSED]);
}

/* The door that was replaced comes back, with all that it knows. */
static bool old_door_returns(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *door = &stage->actor[DOOR];
    char linked[64];
    snprintf(linked, sizeof linked, "linked with %s", door->name);
    show_words("Somebody repairs the old door, and it comes back:");
    bool good = stage_end(stage, &stage->actor[SPARE], SIGTERM);
    stage_mark(remote);
    good = good && cast_enter(stage, door, RIGHT, 0) && stage_hears(stage, door, troth_strreason(TROTH_REASON_UNKNOWN));
    show_said(door);
    show_said(remote);
    good = show_check(stage, good && !stage_heard(remote, linked), "the old door is out; the remote has forgotten it");
    return stage_end(stage, door, SIGTERM) && good;
}

bool act_replace(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *spare = &stage->actor[SPARE];
    show_title("5. The door breaks, and another takes its place");
    show_words("Only the owner can do that, by opening the window again on what is left, and on the new one.");
    bool good = stage_end(stage, &stage->actor[DOOR], SIGTERM) && stage_end(stage, remote, SIGTERM) &&
                cast_enter(stage, spare, RIGHT, CAST_PAIRS | CAST_ANSWERS) &&
                cast_enter(stage, remote, LEFT, CAST_PAIRS) && cast_link(stage, remote, spare);
    show_said(remote);
    show_said(spare);
    return show_check(stage, good, "the remote control is now paired with %s", spare->name) &&
           cast_say(stage, LEFT, remote, spare, cast_lines[STATE]) && old_door_returns(stage);
}
