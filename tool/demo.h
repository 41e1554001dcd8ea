/* tool/demo.h: the demonstration: device processes, the wire between them, which passes through this process, attackers on
 * it, and what is shown of all that.
 *
 * Invariant: what is shown was seen: frames by the wire, words on a device's standard error, lines on its standard output.
 * Nothing waits for a time to pass, only for something to happen, and for that no longer than DEMO_WAIT_MS. */
#ifndef TROTH_TOOL_DEMO_H
#define TROTH_TOOL_DEMO_H

#include <sys/types.h>

#include <troth/troth.h>

#include "port/ram/ram.h"
#include "tool/identity.h"
#include "tool/link.h"

#define DEMO_WAIT_MS    15000
#define DEMO_TEXT_MAX   16384
#define DEMO_FRAMES_MAX 256
#define DEMO_FRAME_MAX  600
#define DEMO_ACTORS     3
#define DEMO_WIDTH      100

/* ---- Processes ---- */

/* What a process writes on one descriptor. */
struct demo_stream {
    int fd; /* -1: closed */
    char text[DEMO_TEXT_MAX];
    size_t len;
    size_t mark;  /* what is waited for comes after this */
    size_t shown; /* what was shown comes before this */
};

/* A process; as a device, its serial number is the name of its folder too. */
struct actor {
    const char *name;
    pid_t pid; /* 0: it does not run */
    int in;
    struct demo_stream out;
    struct demo_stream err;
};

/* ---- The wire ---- */

enum side { LEFT, RIGHT };

/* A frame as a device sent it, or, if it is forged, as an attacker sent it to the device at `side`. */
struct demo_frame {
    enum side side;
    bool forged;
    size_t len;
    uint8_t bytes[DEMO_FRAME_MAX];
};

struct stage;
typedef void demo_route(struct stage *stage, enum side from, uint8_t *frame, size_t len);

/* ---- Attackers ---- */

/* Somebody on the wire who uses the library as any device does, with whatever certificate and key he could get. */
struct intruder {
    struct troth troth;
    struct troth_config config;
    struct troth_openssl crypto;
    struct troth_ram store;
    struct ca_item certificate;
    struct ca_item root;
    uint8_t memory[TROTH_STORE_PLACES * TROTH_STORE_LEN];
    uint8_t buffer[TROTH_BUFFER_CHAIN];
    bool open;
    bool got_in; /* a device took him for genuine */
};

/* Begins with the certificate of one folder and the key of another (NULL: a fresh one), in an open window. */
bool intruder_open(struct intruder *intruder, const char *certificate_dir, const char *key_dir, const char *root_dir,
                   enum troth_begin begin);
void intruder_close(struct intruder *intruder);

void intruder_take(struct intruder *intruder, uint8_t *frame, size_t len);

/* The next frame that he sends, until the next call; len 0: none now. */
struct troth_span intruder_next(struct intruder *intruder);
int intruder_wait_ms(const struct intruder *intruder);

/* ---- The stage ---- */

struct stage {
    char dir[256]; /* this process stands in it */
    struct actor actor[DEMO_ACTORS];
    struct actor command; /* what runs to its end at once */
    struct link *plug[2];
    struct demo_frame frame[DEMO_FRAMES_MAX];
    size_t frames;
    demo_route *route;
    struct intruder intruder[2];
    unsigned checks;
    unsigned passed;
};

/* A fresh folder, and the wire; false after having said why. */
bool stage_open(struct stage *stage);

/* Ends what runs and removes the folder. */
void stage_close(struct stage *stage);

/* Was the demonstration interrupted? */
bool stage_is_stopped(void);

/* One round: everything that is there is read, and passed on. Waits until something happens, at most max_ms. */
void stage_turn(struct stage *stage, int max_ms);

/* Rounds until `happened` says yes; false if it does not within max_ms. */
bool stage_wait(struct stage *stage, bool (*happened)(const void *ctx), const void *ctx, int max_ms);

/* Starts `troth argv[1] ...`. What is heard and read from now on comes after the mark. */
bool stage_start(struct stage *stage, struct actor *actor, const char *const *argv);

/* Ends a process with a signal; false if it does not end as it should: by SIGKILL, else with exit status 0. */
bool stage_end(struct stage *stage, struct actor *actor, int signal);

/* Runs a command to its end; true if its exit status is 0. */
bool stage_run(struct stage *stage, const char *const *argv);

/* From now on what an actor says and prints is new. */
void stage_mark(struct actor *actor);

/* Waits until an actor says something new that contains the words, or prints exactly these lines. */
bool stage_hears(struct stage *stage, struct actor *actor, const char *words);
bool stage_reads(struct stage *stage, struct actor *actor, const char *lines);

/* Has it said that, in a whole line? */
bool stage_heard(const struct actor *actor, const char *words);

/* Gives an actor a line. */
bool stage_tell(struct actor *actor, const char *line);

/* Routes: passes everything on; lets two intruders answer. */
demo_route route_pass;
demo_route route_intruders;

/* Sends a frame to the device at a side, as an attacker. */
void stage_forge(struct stage *stage, enum side to, const uint8_t *frame, size_t len);

/* ---- What is shown ---- */

void show_begin(void);
void show_title(const char *text);
__attribute__((format(printf, 1, 2))) void show_words(const char *format, ...);
void show_command(const char *const *argv);

/* Frames `from` up to `to` as a ladder of messages, each with its size and what it proves; the bytes in all. */
struct ladder {
    const char *left;
    const char *right;
    bool by_value; /* certificates are shown, not only named */
};
size_t show_ladder(const struct stage *stage, const struct ladder *ladder, size_t from, size_t to);

/* What an actor has said that was not shown yet. */
void show_said(struct actor *actor);

/* A line beside what passed on the wire for it. */
void show_beside(const char *who, const char *line, const struct demo_frame *frame);

/* Counts a check, and shows it. */
__attribute__((format(printf, 3, 4))) bool show_check(struct stage *stage, bool good, const char *format, ...);

/* ---- The acts, in their order: false where the story cannot go on ---- */

bool act_factory(struct stage *stage);
bool act_pair(struct stage *stage);
bool act_talk(struct stage *stage);
bool act_reset(struct stage *stage);
bool act_replace(struct stage *stage);
bool act_eavesdrop(struct stage *stage);
bool act_middle(struct stage *stage);
bool act_foreign(struct stage *stage);
bool act_replay(struct stage *stage);

#endif
