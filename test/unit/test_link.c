/* The link of the tool: every kind of way, both directions, and what happens when a peer goes. Loopback only. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "tool/link.c"    /* first, for what it asks of the C library; white-box, for names with two addresses */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "transport/serial.h"

static char directory[64];

static const char *path(const char *name)
{
    static char text[4][128];
    static unsigned turn;
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof text[turn], "%s/%s", directory, name);
    return text[turn];
}

static int directory_make(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/test_link.XXXXXX");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

/* Fails where a test left something behind. */
static int directory_remove(void **state)
{
    (void)state;
    return rmdir(directory);
}

/* If wished, each connection comes from the very address that it goes to, as now and then by chance. */
static bool connect_to_oneself;

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    if (connect_to_oneself)
        assert_int_equal(bind(fd, address, len), 0);
    return (int)syscall(SYS_connect, fd, address, len);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct link *must_open(enum link_role role, const char *address)
{
    char error[LINK_TEXT_MAX] = "";
    struct link_config config = {role, address, 0};
    struct link *link = link_open(&config, error);
    if (link == NULL)
        fail_msg("%s", error);
    return link;
}

static const char *must_refuse(enum link_role role, const char *address, unsigned baud)
{
    static char error[LINK_TEXT_MAX];
    struct link_config config = {role, address, baud};
    error[0] = '\0';
    assert_null(link_open(&config, error));
    assert_null(strchr(error, '\n'));
    assert_true(strlen(error) > 20);
    return error;
}

/* Sends again and again, as the library would, until `to` has it. Both links make progress meanwhile. */
static void must_pass(struct link *from, struct link *to, const uint8_t *frame, size_t len)
{
    uint8_t got[LINK_FRAME_MAX];
    int64_t end_ms = now_ms() + 5000;
    while (now_ms() < end_ms) {
        link_send(from, frame, len);
        struct pollfd watch = link_watch(to);
        (void)poll(&watch, 1, 20);
        (void)link_receive(from, got);
        size_t got_len;
        while ((got_len = link_receive(to, got)) > 0) {
            if (got_len == len && memcmp(got, frame, len) == 0)
                return;
        }
    }
    fail_msg("a frame of %zu bytes does not arrive", len);
}

static void must_pass_text(struct link *from, struct link *to, const char *text)
{
    must_pass(from, to, (const uint8_t *)text, strlen(text));
}

static void open_pair(const char *address, struct link **listener, struct link **caller)
{
    char text[LINK_TEXT_MAX];
    *listener = must_open(LINK_LISTEN, address);
    link_address(*listener, text);
    *caller = must_open(LINK_CONNECT, text);
}

static void run_both_ways(struct link *listener, struct link *caller)
{
    uint8_t frame[LINK_FRAME_MAX];
    for (size_t i = 0; i < sizeof frame; i++) {
        frame[i] = (uint8_t)(i * i >> 3);
    }
    for (size_t len = 1; len <= sizeof frame; len = len * 3 / 2 + 1) {
        frame[0] = (uint8_t)len;
        must_pass(caller, listener, frame, len);
        must_pass(listener, caller, frame, len);
    }
    must_pass(caller, listener, frame, LINK_FRAME_MAX);
    must_pass(listener, caller, frame, LINK_FRAME_MAX);
    assert_false(link_send(caller, frame, LINK_FRAME_MAX + 1));
    assert_false(link_send(caller, frame, 0));
}

static void test_every_kind(void **state)
{
    (void)state;
    char unix_address[160];
    snprintf(unix_address, sizeof unix_address, "unix:%s", path("socket"));
    const char *const address[] = {"tcp:127.0.0.1:0", "udp:127.0.0.1:0", unix_address, "tcp:localhost:0"};
    for (size_t i = 0; i < sizeof address / sizeof *address; i++) {
        struct link *listener;
        struct link *caller;
        open_pair(address[i], &listener, &caller);
        assert_non_null(strstr(link_news(listener), "listening at "));
        assert_null(link_news(listener));
        run_both_ways(listener, caller);
        link_close(caller);
        link_close(listener);
    }
    assert_int_not_equal(access(path("socket"), F_OK), 0);
}

static void test_ipv6(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct stat about;
    if (probe < 0 || stat("/proc/net/if_inet6", &about) != 0) {
        skip(); /* a machine without IPv6 */
    }
    close(probe);
    static const char *const address[] = {"tcp:[::1]:0", "udp:[::1]:0"};
    for (size_t i = 0; i < 2; i++) {
        struct link *listener;
        struct link *caller;
        char text[LINK_TEXT_MAX];
        open_pair(address[i], &listener, &caller);
        link_address(listener, text);
        assert_int_equal(strncmp(text, address[i], 10), 0);
        run_both_ways(listener, caller);
        link_close(caller);
        link_close(listener);
    }
}

static void test_bad_addresses(void **state)
{
    (void)state;
    /* What is wrong, and a word that the error must hold. */
    static const struct {
        enum link_role role;
        const char *address;
        unsigned baud;
        const char *word;
    } row[] = {
        {LINK_LISTEN, "", 0, "tcp:HOST:PORT"},                                /* 1 */
        {LINK_LISTEN, "127.0.0.1:7000", 0, "tcp:HOST:PORT"},                  /* 2: no kind */
        {LINK_CONNECT, "TCP:127.0.0.1:7000", 0, "tcp:HOST:PORT"},             /* 3 */
        {LINK_CONNECT, "tcp:127.0.0.1", 0, "HOST:PORT"},                      /* 4: no port */
        {LINK_CONNECT, "tcp::7000", 0, "HOST:PORT"},                          /* 5: no host */
        {LINK_CONNECT, "tcp:::1:7000", 0, "[::1]"},                           /* 6: IPv6 without brackets */
        {LINK_CONNECT, "tcp:[::1:7000", 0, "[::1]"},                          /* 7 */
        {LINK_CONNECT, "tcp:127.0.0.1:", 0, "port"},                          /* 8 */
        {LINK_CONNECT, "tcp:127.0.0.1:http", 0, "port"},                      /* 9 */
        {LINK_CONNECT, "tcp:127.0.0.1:65536", 0, "port"},                     /* 10 */
        {LINK_CONNECT, "tcp:127.0.0.1:100000000000000000000", 0, "port"},     /* 11 */
        {LINK_CONNECT, "tcp:127.0.0.1:-1", 0, "port"},                        /* 12 */
        {LINK_CONNECT, "udp:127.0.0.1:0", 0, "port"},                         /* 13: 0 only to listen */
        {LINK_CONNECT, "tcp:[::g]:7000", 0, "check the host"},                /* 14 */
        {LINK_LISTEN, "tcp:192.0.2.1:0", 0, "of this machine"},               /* 15 */
        {LINK_LISTEN, "unix:", 0, "PATH"},                                    /* 16 */
        {LINK_LISTEN, "unix:/no/such/directory/socket", 0, "check the path"}, /* 17 */
        {LINK_SERIAL, "/dev/null", 0, "no terminal"},                         /* 18 */
        {LINK_SERIAL, "/no/such/tty", 0, "check the path"},                   /* 19 */
        {LINK_SERIAL, "/dev/null", 12345, "choose one of"},                   /* 20 */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *error = must_refuse(row[i].role, row[i].address, row[i].baud);
        if (strstr(error, row[i].word) == NULL)
            fail_msg("row %zu: %s", i + 1, error);
    }
    char address[300];
    memset(address, 'a', sizeof address - 1);
    address[sizeof address - 1] = '\0';
    memcpy(address, "unix:", 5);
    assert_non_null(strstr(must_refuse(LINK_CONNECT, address, 0), "shorter"));
    memcpy(address, "tcp:", 4);
    must_refuse(LINK_CONNECT, address, 0);
}

static void test_address_in_use(void **state)
{
    (void)state;
    static const char *const address[] = {"tcp:127.0.0.1:0", "udp:127.0.0.1:0"};
    for (size_t i = 0; i < 2; i++) {
        char text[LINK_TEXT_MAX];
        struct link *listener = must_open(LINK_LISTEN, address[i]);
        link_address(listener, text);
        assert_non_null(strstr(must_refuse(LINK_LISTEN, text, 0), "stop the process"));
        link_close(listener);
    }
}

/* One is served; the next waits until that one hangs up; half a frame that he left is not mixed with what follows. */
static void test_next_client(void **state)
{
    (void)state;
    char text[LINK_TEXT_MAX];
    uint8_t frame[LINK_FRAME_MAX];
    struct link *listener;
    struct link *first;
    open_pair("tcp:127.0.0.1:0", &listener, &first);
    link_address(listener, text);
    must_pass_text(first, listener, "first");
    struct link *second = must_open(LINK_CONNECT, text);
    for (int i = 0; i < 10; i++) {
        link_send(second, (const uint8_t *)"too early", 9);
        assert_int_equal(link_receive(listener, frame), 0);
        usleep(2000);
    }
    must_pass_text(listener, first, "still you");
    struct pollfd raw = link_watch(first);
    assert_int_equal(write(raw.fd, "\0\x09half", 6), 6);
    link_close(first);
    must_pass_text(second, listener, "second");
    must_pass_text(listener, second, "now you");
    assert_non_null(strstr(link_news(listener), "a peer came"));
    link_close(second);
    link_close(listener);
}

/* The caller is there before the listener, and outlives it; frames in between are dropped, not kept. */
static void run_reconnect(const char *address)
{
    uint8_t frame[LINK_FRAME_MAX];
    struct link *caller = must_open(LINK_CONNECT, address);
    for (int round = 0; round < 3; round++) {
        bool complained = false;
        for (int i = 0; i < 20 && !complained; i++) {
            assert_int_equal(link_receive(caller, frame), 0);
            (void)link_send(caller, (const uint8_t *)"nobody hears", 12);
            const char *news = link_news(caller);
            complained = news != NULL && strstr(news, "cannot reach") != NULL;
            usleep(20000);
        }
        assert_true(complained);
        struct link *listener = must_open(LINK_LISTEN, address);
        must_pass_text(caller, listener, "back");
        must_pass_text(listener, caller, "welcome");
        link_close(listener);
    }
    assert_true(link_wait_ms(caller) <= 3200);
    link_close(caller);
}

static void test_reconnect(void **state)
{
    (void)state;
    char address[LINK_TEXT_MAX];
    static const char *const kind[] = {"tcp:127.0.0.1:0", "udp:127.0.0.1:0"};
    for (size_t i = 0; i < 2; i++) {
        struct link *listener = must_open(LINK_LISTEN, kind[i]);
        link_address(listener, address);
        link_close(listener);
        run_reconnect(address);
    }
    snprintf(address, sizeof address, "unix:%s", path("socket"));
    run_reconnect(address);
}

/* Pauses grow while nobody is there, and the caller is told how long it may sleep. */
static void test_back_off(void **state)
{
    (void)state;
    char address[160];
    uint8_t frame[LINK_FRAME_MAX];
    snprintf(address, sizeof address, "unix:%s", path("socket"));
    struct link *caller = must_open(LINK_CONNECT, address);
    assert_int_equal(link_wait_ms(caller), 0);
    int longest = 0;
    for (int i = 0; i < 4; i++) {
        link_receive(caller, frame);
        int wait_ms = link_wait_ms(caller);
        assert_true(wait_ms > longest);
        assert_int_equal(link_watch(caller).fd, -1);
        longest = wait_ms;
        usleep((useconds_t)wait_ms * 1000 + 2000);
    }
    assert_true(longest > 500);
    link_close(caller);
}

static void test_not_oneself(void **state)
{
    (void)state;
    char address[LINK_TEXT_MAX];
    uint8_t frame[LINK_FRAME_MAX];
    struct link *listener = must_open(LINK_LISTEN, "tcp:127.0.0.1:0");
    link_address(listener, address);
    link_close(listener);
    struct link *caller = must_open(LINK_CONNECT, address);
    connect_to_oneself = true;
    assert_int_equal(link_receive(caller, frame), 0);
    connect_to_oneself = false;
    assert_non_null(strstr(link_news(caller), "cannot reach"));
    listener = must_open(LINK_LISTEN, address); /* nobody is in the way */
    must_pass_text(caller, listener, "found");
    link_close(caller);
    link_close(listener);
}

static void make_stale_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void test_socket_file(void **state)
{
    (void)state;
    char address[160];
    struct stat about;
    const char *name = path("socket");
    snprintf(address, sizeof address, "unix:%s", name);
    /* 1: left over from a process that died */
    make_stale_socket(name);
    struct link *listener = must_open(LINK_LISTEN, address);
    assert_int_equal(stat(name, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700 & about.st_mode); /* for its owner only */
    /* 2: in use */
    assert_non_null(strstr(must_refuse(LINK_LISTEN, address, 0), "another process"));
    struct link *caller = must_open(LINK_CONNECT, address);
    must_pass_text(caller, listener, "still there");
    link_close(caller);
    /* 3: in use by one who has no time */
    assert_int_equal(unlink(name), 0);
    link_close(listener);
    struct sockaddr_un busy = {.sun_family = AF_UNIX};
    snprintf(busy.sun_path, sizeof busy.sun_path, "%s", name);
    int busy_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int caller_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(busy_fd, (struct sockaddr *)&busy, sizeof busy), 0);
    assert_int_equal(listen(busy_fd, 0), 0);
    assert_int_equal(connect(caller_fd, (struct sockaddr *)&busy, sizeof busy), 0);
    assert_non_null(strstr(must_refuse(LINK_LISTEN, address, 0), "another process"));
    close(caller_fd);
    close(busy_fd);
    listener = must_open(LINK_LISTEN, address);
    /* 4: what somebody else put there in the meantime stays */
    assert_int_equal(unlink(name), 0);
    make_stale_socket(name);
    link_close(listener);
    assert_int_equal(unlink(name), 0);
    /* 5: never anything but a socket */
    int fd = open(name, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    close(fd);
    assert_non_null(strstr(must_refuse(LINK_LISTEN, address, 0), "no socket"));
    assert_int_equal(stat(name, &about), 0);
    assert_int_equal(about.st_size, 8);
    assert_int_equal(unlink(name), 0);
    /* 6: a link to a socket is not a socket */
    assert_int_equal(symlink("elsewhere", name), 0);
    assert_non_null(strstr(must_refuse(LINK_LISTEN, address, 0), "no socket"));
    assert_int_equal(unlink(name), 0);
}

/* A peer who does not read: frames are dropped whole, never in part, and the way is sound when he reads again. */
static void test_full_way(void **state)
{
    (void)state;
    static uint8_t frame[LINK_FRAME_MAX];
    static uint8_t got[LINK_FRAME_MAX];
    struct link *listener;
    struct link *caller;
    char address[160];
    snprintf(address, sizeof address, "unix:%s", path("socket"));
    open_pair(address, &listener, &caller);
    must_pass_text(caller, listener, "begin");
    unsigned sent = 0;
    memset(frame, 7, sizeof frame);
    while (link_send(caller, frame, sizeof frame)) {
        sent++;
        assert_true(sent < 1000000);
    }
    assert_int_equal(link_watch(caller).events, POLLIN | POLLOUT);
    unsigned received = 0;
    unsigned idle = 0;
    while (idle < 3) {
        size_t len = link_receive(listener, got);
        if (len == sizeof frame) {
            assert_memory_equal(got, frame, len);
            received++;
        }
        /* Repeats of "begin" may still be under way; nothing else. */
        assert_true(len == 0 || len == sizeof frame || len == 5);
        idle = len == 0 ? idle + 1 : 0;
        (void)link_receive(caller, got);
    }
    assert_int_equal(received, sent);
    assert_int_equal(link_watch(caller).events, POLLIN);
    must_pass_text(caller, listener, "and on");
    link_close(caller);
    link_close(listener);
}

/* What could not be sent to one peer is not sent to the next. */
static void test_nothing_is_left_over(void **state)
{
    (void)state;
    static uint8_t frame[LINK_FRAME_MAX];
    struct link *listener;
    struct link *caller;
    char address[160];
    snprintf(address, sizeof address, "unix:%s", path("socket"));
    open_pair(address, &listener, &caller);
    must_pass_text(caller, listener, "begin");
    while (link_send(listener, frame, sizeof frame)) {
    }
    /* He says that he is done, but takes nothing from the way that is full. */
    struct pollfd raw = link_watch(caller);
    assert_int_equal(shutdown(raw.fd, SHUT_WR), 0);
    assert_int_equal(link_receive(listener, frame), 0);
    assert_non_null(strstr(link_news(listener), "hung up"));
    link_close(caller);
    caller = must_open(LINK_CONNECT, address);
    for (int i = 0; i < 10; i++) {
        (void)link_receive(listener, frame);
        assert_int_equal(link_receive(caller, frame), 0);
    }
    must_pass_text(listener, caller, "fresh");
    link_close(caller);
    link_close(listener);
}

/* A name may stand for several addresses, and the peer be at one of them only. */
static void test_second_address(void **state)
{
    (void)state;
    static const char *const kind[] = {"tcp", "udp"};
    for (size_t i = 0; i < 2; i++) {
        char address[LINK_TEXT_MAX];
        snprintf(address, sizeof address, "%s:127.0.0.1:0", kind[i]);
        struct link *listener = must_open(LINK_LISTEN, address);
        link_address(listener, address);
        struct link *caller = must_open(LINK_CONNECT, address);
        caller->target[1] = caller->target[0];
        ((struct sockaddr_in *)&caller->target[0].address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
        caller->targets = 2;
        if (caller->kind == LINK_UDP) {
            troth_udp_close(&caller->udp);
            assert_true(udp_open(caller, address));
        }
        must_pass_text(caller, listener, "found");
        must_pass_text(listener, caller, "found too");
        link_close(caller);
        link_close(listener);
    }
}

/* What a peer sent before it hung up still arrives, even if we wrote to it in between. */
static void test_last_words(void **state)
{
    (void)state;
    uint8_t frame[LINK_FRAME_MAX];
    struct link *listener;
    struct link *caller;
    char address[160];
    snprintf(address, sizeof address, "unix:%s", path("socket"));
    open_pair(address, &listener, &caller);
    must_pass_text(caller, listener, "begin");
    while (link_receive(listener, frame) > 0) {
    }
    assert_true(link_send(caller, (const uint8_t *)"farewell", 8));
    link_close(caller);
    (void)link_send(listener, (const uint8_t *)"to nobody", 9);
    assert_int_equal(link_receive(listener, frame), 8);
    assert_memory_equal(frame, "farewell", 8);
    assert_int_equal(link_receive(listener, frame), 0);
    assert_non_null(strstr(link_news(listener), "hung up"));
    link_close(listener);
}

/* Bytes that are no frames, without end: each call comes back. */
static void test_flood(void **state)
{
    (void)state;
    uint8_t frame[LINK_FRAME_MAX];
    static uint8_t noise[65536];
    memset(noise, 0x55, sizeof noise);
    struct link *listener;
    struct link *caller;
    open_pair("tcp:127.0.0.1:0", &listener, &caller);
    must_pass_text(caller, listener, "begin");
    while (link_receive(listener, frame) > 0) {
    }
    int fd = link_watch(caller).fd;
    while (send(fd, noise, sizeof noise, MSG_DONTWAIT) > 0) {
    }
    assert_int_equal(link_receive(listener, frame), 0);
    struct pollfd watch = link_watch(listener);
    assert_int_equal(poll(&watch, 1, 0), 1); /* there is more, and poll says so */
    while (poll(&watch, 1, 20) == 1) {
        assert_int_equal(link_receive(listener, frame), 0);
    }
    must_pass_text(caller, listener, "after the flood");
    link_close(caller);
    link_close(listener);
}

/* --- Terminals ------------------------------------------------------------------------------------------------- */

static int pty_make(char *name, size_t cap)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    snprintf(name, cap, "%s", ptsname(master));
    return master;
}

static void master_send(int master, const char *noise, size_t noise_len, const char *text)
{
    uint8_t wire[128];
    struct troth_serial_encoder encoder;
    troth_serial_encode(&encoder, (const uint8_t *)text, strlen(text));
    memcpy(wire, noise, noise_len);
    size_t len = noise_len + troth_serial_emit(&encoder, wire + noise_len, sizeof wire - noise_len);
    assert_int_equal(write(master, wire, len), len);
}

static void link_must_hear(struct link *link, const char *text)
{
    uint8_t frame[LINK_FRAME_MAX];
    int64_t end_ms = now_ms() + 5000;
    while (now_ms() < end_ms) {
        struct pollfd watch = link_watch(link);
        (void)poll(&watch, 1, 10);
        size_t len = link_receive(link, frame);
        if (len == 0)
            continue;
        assert_int_equal(len, strlen(text));
        assert_memory_equal(frame, text, len);
        return;
    }
    fail_msg("\"%s\" does not arrive", text);
}

static void test_serial_line(void **state)
{
    (void)state;
    char name[64];
    struct termios before;
    struct termios after;
    int master = pty_make(name, sizeof name);
    assert_int_equal(tcgetattr(master, &before), 0);
    struct link *link = must_open(LINK_SERIAL, name);
    assert_int_equal(tcgetattr(master, &after), 0);
    assert_int_equal(cfgetospeed(&after), B115200);
    assert_int_equal(after.c_lflag & (ICANON | ECHO | ISIG), 0);
    assert_non_null(strstr(must_refuse(LINK_SERIAL, name, 0), "in use"));

    /* Raw: what a terminal would make something of arrives as it is, between noise. */
    master_send(master, "login: \r\n\x11\x03\x04\x1a\xff", 14, "first");
    link_must_hear(link, "first");
    master_send(master, "", 0, "\r\n\x03\x04\x11\x13\x1a\x7f\xff");
    link_must_hear(link, "\r\n\x03\x04\x11\x13\x1a\x7f\xff");

    /* And the other way. */
    uint8_t wire[64];
    uint8_t frame[64];
    struct troth_serial_decoder decoder;
    size_t len = 0;
    assert_true(link_send(link, (const uint8_t *)"a\nb\r\0\x03", 6));
    troth_serial_decode(&decoder, frame, sizeof frame);
    ssize_t wire_len = read(master, wire, sizeof wire);
    for (ssize_t i = 0; i < wire_len && len == 0; i++) {
        len = troth_serial_take(&decoder, wire[i]);
    }
    assert_int_equal(len, 6);
    assert_memory_equal(frame, "a\nb\r\0\x03", 6);

    link_close(link);
    assert_int_equal(tcgetattr(master, &after), 0);
    assert_int_equal(after.c_lflag, before.c_lflag); /* left as it was found */
    close(master);

    struct link_config config = {LINK_SERIAL, name, 9600};
    char error[LINK_TEXT_MAX];
    master = pty_make(name, sizeof name);
    config.address = name;
    link = link_open(&config, error);
    assert_non_null(link);
    assert_int_equal(tcgetattr(master, &after), 0);
    assert_int_equal(cfgetospeed(&after), B9600);
    link_close(link);
    close(master);
}

/* The adapter is pulled out and plugged in again. */
static void test_serial_hangup(void **state)
{
    (void)state;
    char name[64];
    uint8_t frame[LINK_FRAME_MAX];
    int master = pty_make(name, sizeof name);
    assert_int_equal(symlink(name, path("tty")), 0);
    struct link *link = must_open(LINK_SERIAL, path("tty"));
    master_send(master, "", 0, "one");
    link_must_hear(link, "one");
    close(master);
    assert_int_equal(unlink(path("tty")), 0);
    assert_int_equal(link_receive(link, frame), 0);
    assert_non_null(strstr(link_news(link), "hung up"));
    assert_int_equal(link_watch(link).fd, -1);
    assert_false(link_send(link, (const uint8_t *)"x", 1));
    master = pty_make(name, sizeof name);
    assert_int_equal(symlink(name, path("tty")), 0);
    while (link_watch(link).fd < 0) {
        usleep((useconds_t)link_wait_ms(link) * 1000 + 1000);
        assert_int_equal(link_receive(link, frame), 0);
    }
    assert_non_null(strstr(link_news(link), "connected to"));
    master_send(master, "", 0, "two");
    link_must_hear(link, "two");
    link_close(link);
    close(master);
    assert_int_equal(unlink(path("tty")), 0);
}

#define ON_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, directory_make, directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {ON_DIRECTORY(test_every_kind),         cmocka_unit_test(test_ipv6),
                                       cmocka_unit_test(test_bad_addresses),  cmocka_unit_test(test_address_in_use),
                                       cmocka_unit_test(test_next_client),    ON_DIRECTORY(test_reconnect),
                                       ON_DIRECTORY(test_back_off),           cmocka_unit_test(test_not_oneself),
                                       ON_DIRECTORY(test_socket_file),        ON_DIRECTORY(test_full_way),
                                       ON_DIRECTORY(test_last_words),         ON_DIRECTORY(test_nothing_is_left_over),
                                       cmocka_unit_test(test_second_address), cmocka_unit_test(test_flood),
                                       cmocka_unit_test(test_serial_line),    ON_DIRECTORY(test_serial_hangup)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
