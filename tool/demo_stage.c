/* tool/demo_stage: the processes of the demonstration, and the wire between them. Includes POSIX, and Linux's prctl. */
#define _GNU_SOURCE /* pipe2 */
#include "tool/demo.h"

#include "tool/files.h"
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN_MS  100
#define WORDS    16
#define STREAMS  (2 * (DEMO_ACTORS + 1))
#define PROGRAM  "/proc/self/exe"
#define TEMPLATE "troth-demo-XXXXXX"

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

bool stage_is_stopped(void)
{
    return stopped != 0;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Opening and closing ---- */

static bool make_folder(struct stage *stage)
{
    const char *base = getenv("TMPDIR");
    char path[sizeof stage->dir];
    int len = snprintf(path, sizeof path, "%s/" TEMPLATE, base != NULL && *base != 0 ? base : "/tmp");
    if (len < 0 || (size_t)len >= sizeof path || mkdtemp(path) == NULL) {
        tool_fail("no folder for the demonstration can be made in %s: %s: set TMPDIR to one that can be written",
                  base != NULL ? base : "/tmp", strerror(errno));
        return false;
    }
    if (chdir(path) != 0 || getcwd(stage->dir, sizeof stage->dir) == NULL) {
        tool_fail("%s: %s", path, strerror(errno));
        rmdir(path);
        return false;
    }
    return true;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static bool open_plugs(struct stage *stage)
{
    static const char *const address[] = {"unix:left", "unix:right"};
    char error[LINK_TEXT_MAX];
    for (int side = LEFT; side <= RIGHT; side++) {
        const struct link_config config = {LINK_LISTEN, address[side], 0};
        stage->plug[side] = link_open(&config, error);
        if (stage->plug[side] == NULL) {
            tool_fail("%s", error);
            return false;
        }
    }
    return true;
}

static void actor_init(struct actor *actor)
{
    actor->in = actor->out.fd = actor->err.fd = -1;
}

bool stage_open(struct stage *stage)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    memset(stage, 0, sizeof *stage);
    for (size_t i = 0; i < DEMO_ACTORS; i++) {
        actor_init(&stage->actor[i]);
    }
    actor_init(&stage->command);
    stage->route = route_pass;
    if (!make_folder(stage)) {
        return false;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], &action, NULL);
    }
    if (!open_plugs(stage)) {
        stage_close(stage);
        return false;
    }
    return true;
}

void stage_close(struct stage *stage)
{
    for (size_t i = 0; i < DEMO_ACTORS; i++) {
        stage_end(stage, &stage->actor[i], SIGKILL);
    }
    stage_end(stage, &stage->command, SIGKILL);
    for (int side = LEFT; side <= RIGHT; side++) {
        intruder_close(&stage->intruder[side]);
        if (stage->plug[side] != NULL) {
            link_close(stage->plug[side]);
        }
    }
    if (chdir("/") != 0 || nftw(stage->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0) {
        tool_say("%s: cannot be removed: %s", stage->dir, strerror(errno));
    }
}

/* ---- Processes ---- */

/* In the child: becomes `troth` with these words. It dies with this process. */
static void become(const char *const *argv, const int in[2], const int out[2], const int err[2])
{
    char *words[WORDS + 1] = {strdup("troth")};
    for (size_t i = 0; argv[i] != NULL && i + 1 < WORDS; i++) {
        words[i + 1] = strdup(argv[i]);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0 && dup2(err[1], STDERR_FILENO) >= 0) {
        execv(PROGRAM, words);
    }
    _exit(EXIT_FAILURE);
}

static void close_both(const int pair[2])
{
    if (pair[0] >= 0) {
        close(pair[0]);
        close(pair[1]);
    }
}

bool stage_start(struct stage *stage, struct actor *actor, const char *const *argv)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    int err[2] = {-1, -1};
    (void)stage;
    fflush(stdout);
    bool good = pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0;
    pid_t pid = good ? fork() : -1;
    if (pid < 0) {
        close_both(in);
        close_both(out);
        close_both(err);
        return false;
    }
    if (pid == 0) {
        become(argv, in, out, err);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    actor->pid = pid;
    actor->in = in[1];
    actor->out.fd = out[0];
    actor->err.fd = err[0];
    stage_mark(actor);
    return true;
}

static void stream_read(struct demo_stream *stream)
{
    char in[1024];
    ssize_t got = read(stream->fd, in, sizeof in);
    if (got < 0 && errno == EINTR) {
        return;
    }
    if (got <= 0) {
        close(stream->fd);
        stream->fd = -1;
        return;
    }
    size_t room = sizeof stream->text - 1 - stream->len;
    size_t taken = (size_t)got < room ? (size_t)got : room;
    memcpy(stream->text + stream->len, in, taken);
    stream->len += taken;
    stream->text[stream->len] = 0;
}

static bool is_silent(const void *ctx)
{
    const struct actor *actor = ctx;
    return actor->out.fd < 0 && actor->err.fd < 0;
}

/* What is left of a process that has closed its streams, or is to be killed. */
static int bury(struct stage *stage, struct actor *actor)
{
    int status = -1;
    if (!stage_wait(stage, is_silent, actor, DEMO_WAIT_MS)) {
        kill(actor->pid, SIGKILL);
    }
    waitpid(actor->pid, &status, 0);
    if (actor->in >= 0) {
        close(actor->in);
    }
    for (int i = 0; i < 2; i++) {
        struct demo_stream *stream = i == 0 ? &actor->out : &actor->err;
        if (stream->fd >= 0) {
            close(stream->fd);
            stream->fd = -1;
        }
    }
    actor->in = -1;
    actor->pid = 0;
    return status;
}

bool stage_end(struct stage *stage, struct actor *actor, int signal)
{
    if (actor->pid == 0) {
        return true;
    }
    kill(actor->pid, signal);
    int status = bury(stage, actor);
    return signal == SIGKILL ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool stage_run(struct stage *stage, const char *const *argv)
{
    if (!stage_start(stage, &stage->command, argv)) {
        return false;
    }
    int status = bury(stage, &stage->command);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void stage_mark(struct actor *actor)
{
    actor->out.mark = actor->out.len;
    actor->err.mark = actor->err.len;
}

bool stage_tell(struct actor *actor, const char *line)
{
    return files_write_all(actor->in, line, strlen(line)) && files_write_all(actor->in, "\n", 1);
}

/* ---- The wire ---- */

static void record(struct stage *stage, enum side side, bool forged, const uint8_t *bytes, size_t len)
{
    if (stage->frames < DEMO_FRAMES_MAX && len <= DEMO_FRAME_MAX) {
        struct demo_frame *frame = &stage->frame[stage->frames++];
        frame->side = side;
        frame->forged = forged;
        frame->len = len;
        memcpy(frame->bytes, bytes, len);
    }
}

void stage_forge(struct stage *stage, enum side to, const uint8_t *frame, size_t len)
{
    record(stage, to, true, frame, len);
    link_send(stage->plug[to], frame, len);
}

void route_pass(struct stage *stage, enum side from, uint8_t *frame, size_t len)
{
    link_send(stage->plug[from == LEFT ? RIGHT : LEFT], frame, len);
}

void route_intruders(struct stage *stage, enum side from, uint8_t *frame, size_t len)
{
    if (stage->intruder[from].open) {
        intruder_take(&stage->intruder[from], frame, len);
    }
}

/* ---- One round ---- */

static void work(struct stage *stage, enum side side)
{
    uint8_t frame[LINK_FRAME_MAX];
    struct troth_span out;
    size_t len;
    while ((len = link_receive(stage->plug[side], frame)) > 0) {
        record(stage, side, false, frame, len);
        stage->route(stage, side, frame, len);
    }
    while (stage->intruder[side].open && (out = intruder_next(&stage->intruder[side])).len > 0) {
        stage_forge(stage, side, out.data, out.len);
    }
}

static int shorter_ms(int a_ms, int b_ms)
{
    return b_ms >= 0 && b_ms < a_ms ? b_ms : a_ms;
}

void stage_turn(struct stage *stage, int max_ms)
{
    struct pollfd watch[STREAMS + 2];
    struct demo_stream *stream[STREAMS];
    for (size_t i = 0; i <= DEMO_ACTORS; i++) {
        struct actor *actor = i < DEMO_ACTORS ? &stage->actor[i] : &stage->command;
        stream[2 * i] = &actor->out;
        stream[2 * i + 1] = &actor->err;
    }
    for (size_t i = 0; i < STREAMS; i++) {
        watch[i] = (struct pollfd){.fd = stream[i]->fd, .events = POLLIN};
    }
    for (int side = LEFT; side <= RIGHT; side++) {
        work(stage, (enum side)side);
        watch[STREAMS + side] = link_watch(stage->plug[side]);
        max_ms = shorter_ms(max_ms, link_wait_ms(stage->plug[side]));
        if (stage->intruder[side].open) {
            max_ms = shorter_ms(max_ms, intruder_wait_ms(&stage->intruder[side]));
        }
    }
    if (poll(watch, STREAMS + 2, max_ms) <= 0) {
        return;
    }
    for (size_t i = 0; i < STREAMS; i++) {
        if (watch[i].fd >= 0 && watch[i].revents != 0) {
            stream_read(stream[i]);
        }
    }
    for (int side = LEFT; side <= RIGHT; side++) {
        work(stage, (enum side)side);
    }
}

bool stage_wait(struct stage *stage, bool (*happened)(const void *ctx), const void *ctx, int max_ms)
{
    int64_t end_ms = clock_ms() + max_ms;
    while (!happened(ctx)) {
        if (stopped || clock_ms() > end_ms) {
            return false;
        }
        stage_turn(stage, TURN_MS);
    }
    return true;
}

/* ---- Waiting for words ---- */

struct expectation {
    const struct actor *actor;
    const char *words;
};

static bool was_heard(const void *ctx)
{
    const struct expectation *expected = ctx;
    return stage_heard(expected->actor, expected->words) || expected->actor->err.fd < 0;
}

static bool was_read(const void *ctx)
{
    const struct expectation *expected = ctx;
    const struct demo_stream *out = &expected->actor->out;
    return out->len - out->mark >= strlen(expected->words) || out->fd < 0;
}

bool stage_heard(const struct actor *actor, const char *words)
{
    const char *found = strstr(actor->err.text + actor->err.mark, words);
    return found != NULL && strchr(found, '\n') != NULL;
}

bool stage_hears(struct stage *stage, struct actor *actor, const char *words)
{
    const struct expectation expected = {actor, words};
    return stage_wait(stage, was_heard, &expected, DEMO_WAIT_MS) && stage_heard(actor, words);
}

bool stage_reads(struct stage *stage, struct actor *actor, const char *lines)
{
    const struct expectation expected = {actor, lines};
    return stage_wait(stage, was_read, &expected, DEMO_WAIT_MS) &&
           strcmp(actor->out.text + actor->out.mark, lines) == 0;
}
