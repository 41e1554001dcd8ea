/* tool/demo_attacks: four attackers, each with the wire in his hands. */
#include "tool/demo_cast.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define RUN_LEN   6 /* that many bytes in a row are no chance */
#define INSIST_MS 300
#define INSIST    50

enum { KIND_1 = 1, KIND_2 = 2, KIND_3 = 3, KIND_DATA = 7 };

const char *const cast_lines[CAST_LINES] = {
    [OPEN] = "open the door",           [IS_OPEN] = "the door is open",     [CLOSE] = "close the door",
    [IS_CLOSED] = "the door is closed", [STATE] = "how are you, new door?", [LOCK] = "unlock for ten seconds",
    [KNOCK] = "ring the bell",
};

/* ---- The eavesdropper ---- */

/* How often any RUN_LEN bytes in a row of the text are in the frame. */
static size_t runs_in(const struct demo_frame *frame, const char *text)
{
    size_t found = 0;
    size_t len = strlen(text);
    for (size_t i = 0; i + RUN_LEN <= frame->len; i++) {
        for (size_t j = 0; j + RUN_LEN <= len; j++) {
            found += memcmp(frame->bytes + i, text + j, RUN_LEN) == 0;
        }
    }
    return found;
}

/* What an eavesdropper who recorded everything has. */
struct haul {
    size_t frames;
    size_t bytes;
    size_t found; /* runs of what was said, or of a serial number */
};

static struct haul search(const struct stage *stage)
{
    struct haul haul = {0, 0, 0};
    for (size_t i = 0; i < stage->frames; i++) {
        const struct demo_frame *frame = &stage->frame[i];
        haul.frames++;
        haul.bytes += frame->len;
        for (size_t j = 0; j < CAST_LINES; j++) {
            haul.found += runs_in(frame, cast_lines[j]);
        }
        for (size_t j = 0; j < DEMO_ACTORS; j++) {
            haul.found += runs_in(frame, stage->actor[j].name);
        }
    }
    return haul;
}

bool act_eavesdrop(struct stage *stage)
{
    const struct haul haul = search(stage);
    show_title("6. First attacker: the eavesdropper");
    show_words(
        "He has recorded all %zu frames so far, %zu bytes. He knows how much was said and when. In what he has, we "
        "look for the lines that were said and for the serial numbers of the devices, any %d bytes in a row of "
        "them: found %zu times.",
        haul.frames, haul.bytes, RUN_LEN, haul.found);
    return show_check(stage, haul.found == 0 && haul.frames > 0, "he has read nothing");
}

/* ---- The man in the middle ---- */

/* Changes one bit of the door's signature. */
static void route_flip(struct stage *stage, enum side from, uint8_t *frame, size_t len)
{
    if (from == RIGHT && frame[0] == KIND_2) {
        frame[len - 1] ^= 1;
    }
    route_pass(stage, from, frame, len);
}

/* Neither device took anybody for genuine since the mark. */
static bool nobody_got_in(const struct stage *stage)
{
    return !stage_heard(&stage->actor[REMOTE], "waiting: ") && !stage_heard(&stage->actor[SPARE], "waiting: ") &&
           !stage->intruder[LEFT].got_in && !stage->intruder[RIGHT].got_in;
}

static void mark_both(struct stage *stage)
{
    stage_mark(&stage->actor[REMOTE]);
    stage_mark(&stage->actor[SPARE]);
}

static void show_both(struct stage *stage)
{
    show_said(&stage->actor[REMOTE]);
    show_said(&stage->actor[SPARE]);
}

/* Intruders in both directions until both devices have refused them for this reason. */
static bool intrude(struct stage *stage, int reason)
{
    const char *words = troth_strreason(reason);
    mark_both(stage);
    stage->route = route_intruders;
    bool refused = stage_hears(stage, &stage->actor[REMOTE], words) && stage_hears(stage, &stage->actor[SPARE], words);
    bool good = refused && nobody_got_in(stage);
    intruder_close(&stage->intruder[LEFT]);
    intruder_close(&stage->intruder[RIGHT]);
    show_both(stage);
    return good;
}

bool act_middle(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *spare = &stage->actor[SPARE];
    show_title("7. Second attacker: a man in the middle, without a certificate");
    show_words(
        "He waits for the best moment: the owner has opened the window on both devices again. First he changes one "
        "bit of what the door answers.");
    stage->route = route_flip;
    bool good = stage_end(stage, remote, SIGTERM) && cast_enter(stage, spare, RIGHT, CAST_PAIRS | CAST_ANSWERS) &&
                cast_enter(stage, remote, LEFT, CAST_PAIRS) &&
                stage_hears(stage, remote, troth_strreason(TROTH_REASON_FORGED)) && nobody_got_in(stage);
    show_both(stage);
    if (!show_check(stage, good, "one bit is enough to be refused")) {
        return false;
    }
    show_words("Then he answers each of them in the name of the other. He has copied both certificates, which are no "
               "secret; what he lacks are the keys.");
    good = intruder_open(&stage->intruder[LEFT], spare->name, NULL, remote->name, TROTH_ANSWERS_ONLY) &&
           intruder_open(&stage->intruder[RIGHT], remote->name, NULL, remote->name, TROTH_BEGINS) &&
           intrude(stage, TROTH_REASON_FORGED);
    return show_check(stage, good, "a certificate without its key is worth nothing");
}

/* ---- Another family ---- */

/* A factory of his own, with the serial numbers of our devices. */
static bool forge_family(struct stage *stage)
{
    static const char *const init[] = {"ca", "init", "another-factory", NULL};
    show_command(init);
    bool good = stage_run(stage, init);
    for (int i = 0; i < 2 && good; i++) {
        const struct actor *victim = &stage->actor[i == 0 ? REMOTE : SPARE];
        const char *const issue[] = {
            "ca",         "issue",    "another-factory", "--serial",
            victim->name, "--keygen", "--out",           i == 0 ? "false-remote" : "false-door",
            NULL};
        show_command(issue);
        good = stage_run(stage, issue);
    }
    return good;
}

bool act_foreign(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *spare = &stage->actor[SPARE];
    show_title("8. Third attacker: devices of another factory, with the same serial numbers");
    bool good = forge_family(stage) &&
                intruder_open(&stage->intruder[LEFT], "false-door", "false-door", remote->name, TROTH_ANSWERS_ONLY) &&
                intruder_open(&stage->intruder[RIGHT], "false-remote", "false-remote", remote->name, TROTH_BEGINS);
    show_words("Their certificates are real, and their keys are their own. The window is still open on both of ours.");
    good = good && intrude(stage, TROTH_REASON_FOREIGN);
    if (!show_check(stage, good, "whoever the factory has not signed is a stranger")) {
        return false;
    }
    show_words("The attackers leave, and the two true devices meet in the same window:");
    mark_both(stage);
    stage->route = route_pass;
    good = cast_link(stage, remote, spare);
    show_both(stage);
    return show_check(stage, good, "the attackers could delay the pairing, not spoil it");
}

/* ---- The replayer ---- */

/* The last frame of a kind that a device sent from a side; NULL: there is none. */
static const struct demo_frame *last_of(const struct stage *stage, enum side side, uint8_t kind)
{
    for (size_t i = stage->frames; i > 0; i--) {
        const struct demo_frame *frame = &stage->frame[i - 1];
        if (!frame->forged && frame->side == side && frame->bytes[0] == kind) {
            return frame;
        }
    }
    return NULL;
}

/* Sends all data that ever went to the right once more; how many frames that are. */
static size_t replay_data(struct stage *stage)
{
    size_t replayed = 0;
    size_t frames = stage->frames;
    for (size_t i = 0; i < frames; i++) {
        const struct demo_frame frame = stage->frame[i];
        if (!frame.forged && frame.side == LEFT && frame.bytes[0] == KIND_DATA) {
            stage_forge(stage, RIGHT, frame.bytes, frame.len);
            replayed++;
        }
    }
    return replayed;
}

struct answer {
    const struct stage *stage;
    size_t from;
};

static bool has_answered(const void *ctx)
{
    const struct answer *answer = ctx;
    for (size_t i = answer->from; i < answer->stage->frames; i++) {
        const struct demo_frame *frame = &answer->stage->frame[i];
        if (!frame->forged && frame->side == RIGHT && frame->bytes[0] == KIND_2) {
            return true;
        }
    }
    return false;
}

/* The replayer keeps the answers to himself. */
static void route_swallow(struct stage *stage, enum side from, uint8_t *frame, size_t len)
{
    if (from == LEFT) {
        route_pass(stage, from, frame, len);
    }
}

/* Plays the remote's part of the last handshake to the door again. A device answers at most once a second. */
static bool replay_handshake(struct stage *stage)
{
    const struct demo_frame *first = last_of(stage, LEFT, KIND_1);
    const struct demo_frame *third = last_of(stage, LEFT, KIND_3);
    const struct answer answer = {stage, stage->frames};
    if (first == NULL || third == NULL) {
        return false;
    }
    const struct demo_frame message_1 = *first;
    const struct demo_frame message_3 = *third;
    bool answered = false;
    for (int i = 0; i < INSIST && !answered && !stage_is_stopped(); i++) {
        stage_forge(stage, RIGHT, message_1.bytes, message_1.len);
        answered = stage_wait(stage, has_answered, &answer, INSIST_MS);
    }
    stage_forge(stage, RIGHT, message_3.bytes, message_3.len);
    return answered && stage_hears(stage, &stage->actor[SPARE], troth_strreason(TROTH_REASON_FORGED));
}

/* Both end when they are told to. */
static bool end_both(struct stage *stage)
{
    bool remote_ended = stage_end(stage, &stage->actor[REMOTE], SIGTERM);
    return stage_end(stage, &stage->actor[SPARE], SIGTERM) && remote_ended;
}

bool act_replay(struct stage *stage)
{
    struct actor *remote = &stage->actor[REMOTE];
    struct actor *spare = &stage->actor[SPARE];
    char expected[64];
    show_title("9. Fourth attacker: the replayer");
    if (!cast_say(stage, LEFT, remote, spare, cast_lines[LOCK])) {
        return false;
    }
    mark_both(stage);
    stage->route = route_swallow;
    size_t replayed = replay_data(stage);
    show_words("He sends that frame to the door once more, and with it all that the remote control has ever said: %zu "
               "frames. Then he plays the remote's part of their last handshake again.",
               replayed);
    bool good = replay_handshake(stage);
    show_said(spare);
    show_check(stage, good, "an old handshake leads nowhere: the door has made a new key for this one");
    stage->route = route_pass;
    snprintf(expected, sizeof expected, "%s\n", cast_lines[KNOCK]);
    good = stage_tell(remote, cast_lines[KNOCK]) && stage_reads(stage, spare, expected);
    show_check(stage, good && replayed > 0, "of all that, the door took nothing: what it received next was \"%s\"",
               cast_lines[KNOCK]);
    show_check(stage, !stage_heard(remote, "aborted"), "the remote control noticed nothing, and the link held");
    show_check(stage, end_both(stage), "both devices end when they are told to");
    return show_check(stage, search(stage).found == 0, "and nothing that was said is in any of the %zu frames of today",
                      stage->frames);
}
