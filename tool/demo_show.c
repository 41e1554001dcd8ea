/* tool/demo_show: what the demonstration shows, for somebody who has never heard of EDHOC. */
#define _POSIX_C_SOURCE 200809L
#include "tool/demo.h"

#include "tool/hex.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INDENT     3
#define BAR        6  /* columns before the left bar of a ladder */
#define ARROW      36 /* columns between its bars */
#define WORDS_MAX  1024
#define SAID_AT    20 /* column where an actor's words begin */
#define BESIDE_AT  34
#define CONTROLS   4 /* records that make a pair */
#define LABEL_MAX  24
#define KIND_DATA  7
#define KIND_WORD  6
#define KIND_ERROR 5

struct look {
    const char *bar, *dash, *to_right, *to_left, *good, *bad;
    const char *bold, *dim, *red, *green, *plain;
};

static const struct look looks[2] = {
    {"|", "-", ">", "<", "ok", "WRONG", "", "", "", "", ""},
    {"│", "─", "▶", "◀", "✓", "✗", "", "", "", "", ""},
};
static struct look look;

void show_begin(void)
{
    const char *terminal = getenv("TERM");
    setlocale(LC_CTYPE, "");
    look = looks[strcmp(nl_langinfo(CODESET), "UTF-8") == 0];
    bool plain =
        !isatty(STDOUT_FILENO) || getenv("NO_COLOR") != NULL || terminal == NULL || strcmp(terminal, "dumb") == 0;
    if (!plain) {
        look.bold = "\033[1m";
        look.dim = "\033[2m";
        look.red = "\033[31m";
        look.green = "\033[32m";
        look.plain = "\033[0m";
    }
}

static void repeat(const char *what, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(what, stdout);
    }
}

/* ---- Words ---- */

static void spaces(const void *ctx)
{
    repeat(" ", *(const size_t *)ctx);
}

static void bars(const void *ctx)
{
    (void)ctx;
    printf("%*s%s%*s%s  ", BAR, "", look.bar, ARROW, "", look.bar);
}

/* Prints words from column `at` on, in lines that end before DEMO_WIDTH; `next` begins each further line. */
static void wrap(const char *words, size_t at, void (*next)(const void *ctx), const void *ctx)
{
    size_t room = DEMO_WIDTH - at;
    while (strlen(words) > room) {
        size_t len = room;
        while (len > 0 && words[len] != ' ') {
            len--;
        }
        len = len == 0 ? room : len;
        printf("%.*s\n", (int)len, words);
        words += len + (words[len] == ' ');
        next(ctx);
    }
    puts(words);
}

static void wrap_at(const char *words, size_t at)
{
    wrap(words, at, spaces, &at);
}

void show_title(const char *text)
{
    printf("\n%s%s%s\n", look.bold, text, look.plain);
}

void show_words(const char *format, ...)
{
    char words[WORDS_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    printf("%*s", INDENT, "");
    wrap_at(words, INDENT);
}

void show_command(const char *const *argv)
{
    printf("%*s%s$ troth", INDENT, "", look.dim);
    for (size_t i = 0; argv[i] != NULL; i++) {
        printf(" %s", argv[i]);
    }
    printf("%s\n", look.plain);
}

bool show_check(struct stage *stage, bool good, const char *format, ...)
{
    char words[WORDS_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    stage->checks++;
    stage->passed += good;
    const char *mark = good ? look.good : look.bad;
    printf("%*s%s%s%s ", INDENT, "", good ? look.green : look.red, mark, look.plain);
    wrap_at(words, INDENT + (strcmp(mark, "✓") == 0 || strcmp(mark, "✗") == 0 ? 1 : strlen(mark)) + 1);
    return good;
}

void show_said(struct actor *actor)
{
    char line[WORDS_MAX];
    const char *at = actor->err.text + actor->err.shown;
    const char *name = actor->name;
    const char *end;
    while ((end = strchr(at, '\n')) != NULL) {
        const char *words = strncmp(at, "troth: ", 7) == 0 ? at + 7 : at;
        if (strncmp(words, "link: ", 6) != 0) {
            snprintf(line, sizeof line, "%.*s", (int)(end - words), words);
            printf("%*s%-*s", INDENT, "", SAID_AT - INDENT, name);
            wrap_at(line, SAID_AT);
            name = "";
        }
        at = end + 1;
    }
    actor->err.shown = (size_t)(at - actor->err.text);
}

void show_beside(const char *who, const char *line, const struct demo_frame *frame)
{
    char label[BESIDE_AT];
    char hex[2 * DEMO_FRAME_MAX + 1];
    hex_write(frame->bytes, frame->len, hex);
    snprintf(label, sizeof label, "%s says", who);
    printf("%*s%-*s%s%s%s\n", INDENT, "", BESIDE_AT - INDENT, label, look.bold, line, look.plain);
    snprintf(label, sizeof label, "on the wire, %zu bytes", frame->len);
    printf("%*s%-*s%s", INDENT, "", BESIDE_AT - INDENT, label, look.dim);
    wrap_at(hex, BESIDE_AT);
    fputs(look.plain, stdout);
}

/* ---- Ladders ---- */

/* What each message proves; %s is its sender. */
static const char *const by_value[] = {
    "",
    "A key made for this one conversation, in clear. It proves nothing yet.",
    "Another such key. The two seal what follows: certificate and signature of %s. It is genuine, and here now.",
    "Sealed: the certificate of %s and its signature. It is genuine too.",
    "Sealed: %s has come to the same keys. Each now knows who the other is.",
};
static const char *const by_name[] = {
    "",
    "A key made for this one conversation, in clear. It proves nothing yet.",
    "Another such key. Sealed: one byte instead of the certificate, and a signature. This is the paired %s.",
    "Sealed: one byte and a signature. This is the paired %s.",
    "Sealed: %s has come to the same fresh keys.",
};
static const char *const control[CONTROLS] = {
    "Sealed: the owner of %s accepts.",
    "Sealed: %s has stored the new pair, on trial.",
    "Sealed: %s has stored it for good.",
    "Sealed: so has %s. From now on they are a pair.",
};

static bool is_repeated(const struct stage *stage, size_t from, size_t at)
{
    const struct demo_frame *frame = &stage->frame[at];
    for (size_t i = from; i < at; i++) {
        const struct demo_frame *before = &stage->frame[i];
        if (before->side == frame->side && before->len == frame->len &&
            memcmp(before->bytes, frame->bytes, frame->len) == 0) {
            return true;
        }
    }
    return false;
}

/* Control records cannot be told apart without the keys; their order tells: the one who began speaks first. */
static const char *control_words(const struct demo_frame *frame, enum side first, size_t nth)
{
    bool from_first = frame->side == first;
    return nth < CONTROLS && from_first == (nth % 2 == 0) ? control[nth] : "Sealed: a word about the pairing of %s.";
}

static void arrow(const struct demo_frame *frame, const char *name)
{
    char size[LABEL_MAX];
    bool right = frame->side == LEFT;
    int size_len = snprintf(size, sizeof size, "%zu bytes", frame->len);
    size_t fill = ARROW - strlen(name) - (size_t)size_len - 10;
    printf("%*s%s%s", BAR, "", look.bar, right ? look.dash : look.to_left);
    repeat(look.dash, 2);
    printf(" %s ", name);
    repeat(look.dash, fill);
    printf(" %s ", size);
    repeat(look.dash, 2);
    printf("%s%s  ", right ? look.to_right : look.dash, look.bar);
}

static void rung(const struct ladder *ladder, const struct demo_frame *frame, const char *format)
{
    static const char *const name[] = {"",          "message_1", "message_2", "message_3",
                                       "message_4", "error",     "record",    "record"};
    char words[WORDS_MAX];
    /* One of the literals above, each with at most one %s. */
    snprintf(words, sizeof words, "%s", format);
    const char *place = strstr(format, "%s");
    if (place != NULL) {
        snprintf(words, sizeof words, "%.*s%s%s", (int)(place - format), format,
                 frame->side == LEFT ? ladder->left : ladder->right, place + 2);
    }
    arrow(frame, name[frame->bytes[0] <= KIND_DATA ? frame->bytes[0] : 0]);
    wrap(words, BAR + ARROW + 4, bars, NULL);
}

size_t show_ladder(const struct stage *stage, const struct ladder *ladder, size_t from, size_t to)
{
    size_t bytes = 0;
    size_t controls = 0;
    enum side first = stage->frame[from].side;
    size_t right_at = BAR + ARROW + 2 - strlen(ladder->right) / 2;
    printf("\n%*s%s%-*s%s%s\n", INDENT, "", look.bold, (int)right_at - INDENT, ladder->left, ladder->right, look.plain);
    for (size_t i = from; i < to; i++) {
        const struct demo_frame *frame = &stage->frame[i];
        uint8_t kind = frame->bytes[0];
        const char *words = "Sealed: a line of %s.";
        if (is_repeated(stage, from, i)) {
            words = "The same again: there was no answer in time.";
        } else if (kind < KIND_ERROR) {
            words = ladder->by_value ? by_value[kind] : by_name[kind];
        } else if (kind == KIND_ERROR) {
            words = "In clear, and nobody relies on it: %s gives up.";
        } else if (kind == KIND_WORD) {
            words = control_words(frame, first, controls++);
        }
        rung(ladder, frame, words);
        bytes += frame->len;
    }
    putchar('\n');
    return bytes;
}
