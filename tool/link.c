/* tool/link.c: how a device reaches its peer. Includes transport/ and POSIX (with Linux's TCP options).
 * Invariant: `peer` is a stream that is up, or coming up while `connecting`; when it is closed its half frames, in both
 * directions, are gone with it. */
#define _DEFAULT_SOURCE
#include "tool/link.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "transport/serial.h"
#include "transport/udp.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS   3200
#define DEAD_AFTER_S   20 /* a TCP peer that is silent to the kernel's questions for so long has gone */
#define TARGETS_MAX    4
#define READS_MAX      16 /* reads in one call, so that a peer who floods does not hold the caller */

enum link_kind { LINK_TCP, LINK_UDP, LINK_UNIX, LINK_TTY };

struct target {
    struct sockaddr_storage address;
    socklen_t len;
};

struct link {
    enum link_role role;
    enum link_kind kind;
    char *name; /* the address, as it was given */

    struct target target[TARGETS_MAX]; /* what a name stands for; tried in turn */
    size_t targets;
    size_t turn;
    int listener;
    int peer;
    bool connecting;
    struct troth_udp udp;
    struct stat socket_file; /* the one that was made, to remove that one only */
    speed_t speed;
    struct termios tty_before;

    int64_t retry_at_ms;
    int64_t pause_ms;
    unsigned sessions;
    bool complained; /* a failure to connect was told; the same again is no news */
    char news[LINK_TEXT_MAX];
    bool has_news;

    struct troth_serial_decoder decoder;
    uint8_t frame[LINK_FRAME_MAX + TROTH_SERIAL_CRC_LEN];
    uint8_t in[512];
    size_t in_at;
    size_t in_len;
    uint8_t out[4 * TROTH_SERIAL_WIRE_MAX(LINK_FRAME_MAX)];
    size_t out_len;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static void link_tell(struct link *link, const char *format, ...)
{
    va_list words;
    va_start(words, format);
    vsnprintf(link->news, sizeof link->news, format, words);
    va_end(words);
    link->has_news = true;
}

/* Fills in the error; always false. */
__attribute__((format(printf, 2, 3))) static bool refuse(char error[LINK_TEXT_MAX], const char *format, ...)
{
    va_list words;
    va_start(words, format);
    vsnprintf(error, LINK_TEXT_MAX, format, words);
    va_end(words);
    return false;
}

/* What one can do about an errno of opening. */
static const char *advice(int why)
{
    switch (why) {
    case EADDRINUSE:
        return "stop the process that listens there, or choose another address";
    case EACCES:
    case EPERM:
        return "choose a port from 1024 up or a path of your own, or ask for access";
    case EADDRNOTAVAIL:
        return "choose an address of this machine";
    case ENOENT:
    case ENXIO:
    case EIO:
        return "check the path, and that the device is plugged in";
    default:
        return "choose another address";
    }
}

static bool refuse_open(const struct link *link, char error[LINK_TEXT_MAX])
{
    int why = errno;
    return refuse(error, "cannot open %s: %s; %s", link->name, strerror(why), advice(why));
}

/* --- Addresses ------------------------------------------------------------------------------------------------- */

static bool resolve(struct link *link, char error[LINK_TEXT_MAX], const char *host, const char *port, int flags)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | flags,
                             .ai_socktype = link->kind == LINK_UDP ? SOCK_DGRAM : SOCK_STREAM};
    struct addrinfo *list = NULL;
    int result = getaddrinfo(host, port, &hints, &list);
    if (result != 0)
        return refuse(error, "%s: %s; check the host, or give its number", link->name, gai_strerror(result));
    for (const struct addrinfo *at = list; at != NULL && link->targets < TARGETS_MAX; at = at->ai_next) {
        struct target *target = &link->target[link->targets++];
        memcpy(&target->address, at->ai_addr, at->ai_addrlen);
        target->len = at->ai_addrlen;
    }
    freeaddrinfo(list);
    return true;
}

/* HOST:PORT or [HOST]:PORT. */
static bool parse_host_port(struct link *link, char error[LINK_TEXT_MAX], const char *text)
{
    char host[256];
    const char *port = strrchr(text, ':');
    size_t host_len = port == NULL ? 0 : (size_t)(port - text);
    bool bracketed = host_len >= 2 && text[0] == '[' && text[host_len - 1] == ']';
    if (bracketed) {
        text++;
        host_len -= 2;
    }
    bool bare_number = !bracketed && host_len > 0 && memchr(text, ':', host_len) != NULL;
    if (host_len == 0 || host_len >= sizeof host || bare_number)
        return refuse(error,
                      "%s is no address; write HOST:PORT after the colon, as in tcp:127.0.0.1:7000 or tcp:[::1]:7000",
                      link->name);
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    port++;
    size_t digits = strspn(port, "0123456789");
    unsigned long number = digits > 0 && digits <= 5 && port[digits] == '\0' ? strtoul(port, NULL, 10) : 65536;
    if (number > 65535 || (number == 0 && link->role != LINK_LISTEN))
        return refuse(error, "%s: the port is not a number from 1 to 65535; write it last, as in tcp:127.0.0.1:7000",
                      link->name);
    return resolve(link, error, host, port, bracketed ? AI_NUMERICHOST : 0);
}

static bool parse_path(struct link *link, char error[LINK_TEXT_MAX], const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof address.sun_path)
        return refuse(error, "unix:PATH needs a path of 1 to %zu bytes; choose a shorter one",
                      sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len);
    memcpy(&link->target[0].address, &address, sizeof address);
    link->target[0].len = sizeof address;
    link->targets = 1;
    return true;
}

static bool parse_address(struct link *link, char error[LINK_TEXT_MAX])
{
    const char *text = link->name;
    if (strncmp(text, "unix:", 5) == 0) {
        link->kind = LINK_UNIX;
        return parse_path(link, error, text + 5);
    }
    if (strncmp(text, "tcp:", 4) == 0) {
        link->kind = LINK_TCP;
        return parse_host_port(link, error, text + 4);
    }
    if (strncmp(text, "udp:", 4) == 0) {
        link->kind = LINK_UDP;
        return parse_host_port(link, error, text + 4);
    }
    return refuse(error, "%s is no address; write tcp:HOST:PORT, udp:HOST:PORT or unix:PATH", text);
}

static const char *socket_path(const struct link *link)
{
    return ((const struct sockaddr_un *)&link->target[0].address)->sun_path;
}

/* --- Streams --------------------------------------------------------------------------------------------------- */

/* The next attempt comes after a pause that doubles. */
static void retry_later(struct link *link)
{
    link->retry_at_ms = clock_ms() + link->pause_ms;
    link->pause_ms = link->pause_ms * 2 < PAUSE_MAX_MS ? link->pause_ms * 2 : PAUSE_MAX_MS;
}

static void stream_up(struct link *link)
{
    link->connecting = false;
    link->complained = false;
    link->sessions++;
    link->in_at = link->in_len = link->out_len = 0;
    troth_serial_decode(&link->decoder, link->frame, sizeof link->frame);
    link_tell(link, link->role == LINK_LISTEN ? "a peer came to %s" : "connected to %s", link->name);
}

static void stream_close(struct link *link)
{
    if (link->kind == LINK_TTY)
        (void)tcsetattr(link->peer, TCSANOW, &link->tty_before);
    close(link->peer);
    link->peer = -1;
}

/* The peer hung up, or the way to it broke. */
static void stream_lost(struct link *link)
{
    stream_close(link);
    link_tell(link, "%s: the other side hung up; %s", link->name,
              link->role == LINK_LISTEN ? "waiting for the next" : "trying again");
    if (link->role != LINK_LISTEN)
        retry_later(link);
}

/* There was no way to the peer; the next try goes to the next address of the same name. */
static void stream_refused(struct link *link, int why)
{
    if (link->peer >= 0)
        close(link->peer);
    link->peer = -1;
    link->connecting = false;
    link->turn = (link->turn + 1) % link->targets;
    if (!link->complained)
        link_tell(link, "cannot reach %s yet: %s; trying again", link->name, strerror(why));
    link->complained = true;
    retry_later(link);
}

static bool socket_prepare(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* Small frames at once, and a peer that went away without a word is noticed. Failing is no harm. */
static void tcp_prepare(int fd)
{
    static const struct {
        int level;
        int name;
        int value;
    } option[] = {{IPPROTO_TCP, TCP_NODELAY, 1},
                  {SOL_SOCKET, SO_KEEPALIVE, 1},
                  {IPPROTO_TCP, TCP_KEEPIDLE, DEAD_AFTER_S / 2},
                  {IPPROTO_TCP, TCP_KEEPINTVL, DEAD_AFTER_S / 4},
                  {IPPROTO_TCP, TCP_KEEPCNT, 2},
                  {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_AFTER_S * 1000}};
    for (size_t i = 0; i < sizeof option / sizeof *option; i++) {
        (void)setsockopt(fd, option[i].level, option[i].name, &option[i].value, sizeof option[i].value);
    }
}

static void stream_accept(struct link *link)
{
    link->peer = accept(link->listener, NULL, NULL);
    if (link->peer < 0)
        return;
    if (!socket_prepare(link->peer)) {
        stream_close(link);
        return;
    }
    if (link->kind == LINK_TCP)
        tcp_prepare(link->peer);
    stream_up(link);
}

static void stream_connect(struct link *link)
{
    const struct target *target = &link->target[link->turn];
    link->peer = socket(target->address.ss_family, SOCK_STREAM, 0);
    if (link->peer < 0 || !socket_prepare(link->peer)) {
        stream_refused(link, errno);
        return;
    }
    if (link->kind == LINK_TCP)
        tcp_prepare(link->peer);
    link->connecting = true;
    if (connect(link->peer, (const struct sockaddr *)&target->address, target->len) != 0 && errno != EINPROGRESS)
        stream_refused(link, errno);
}

/* Who tries a port of the same machine where nobody listens for long may be given that very port to try it from, and
 * then TCP connects him to himself. Such a connection is reset when it is closed, or it would keep the port. */
static bool is_oneself(int fd)
{
    struct target here = {.len = sizeof here.address};
    struct target there = {.len = sizeof there.address};
    static const struct linger reset = {.l_onoff = 1};
    return getsockname(fd, (struct sockaddr *)&here.address, &here.len) == 0 &&
           getpeername(fd, (struct sockaddr *)&there.address, &there.len) == 0 && here.len == there.len &&
           memcmp(&here.address, &there.address, here.len) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0;
}

/* Has a connection that is coming up come up? */
static void stream_connected(struct link *link)
{
    struct pollfd watch = {.fd = link->peer, .events = POLLOUT};
    if (poll(&watch, 1, 0) != 1)
        return;
    int why = 0;
    socklen_t len = sizeof why;
    if (getsockopt(link->peer, SOL_SOCKET, SO_ERROR, &why, &len) != 0)
        why = errno;
    if (why == 0 && link->kind == LINK_TCP && is_oneself(link->peer))
        why = ECONNREFUSED;
    if (why == 0)
        stream_up(link);
    else
        stream_refused(link, why);
}

/* Writes what waits. If that fails the bytes are gone; that the peer is gone too, reading tells, after the last frame
 * that he may have sent. */
static void stream_flush(struct link *link)
{
    size_t done = 0;
    while (done < link->out_len) {
        ssize_t now = link->kind == LINK_TTY ? write(link->peer, link->out + done, link->out_len - done)
                                             : send(link->peer, link->out + done, link->out_len - done, MSG_NOSIGNAL);
        if (now >= 0)
            done += (size_t)now;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else if (errno != EINTR)
            done = link->out_len;
    }
    link->out_len -= done;
    memmove(link->out, link->out + done, link->out_len);
}

/* --- Terminals ------------------------------------------------------------------------------------------------- */

static const struct {
    unsigned baud;
    speed_t speed;
} speed_table[] = {{1200, B1200},     {2400, B2400},     {4800, B4800},     {9600, B9600},
                   {19200, B19200},   {38400, B38400},   {57600, B57600},   {115200, B115200},
                   {230400, B230400}, {460800, B460800}, {921600, B921600}, {1000000, B1000000}};

static bool find_speed(struct link *link, unsigned baud, char error[LINK_TEXT_MAX])
{
    for (size_t i = 0; i < sizeof speed_table / sizeof *speed_table; i++) {
        if (speed_table[i].baud == baud) {
            link->speed = speed_table[i].speed;
            return true;
        }
    }
    return refuse(error, "%u is no speed of a serial line; choose one of 1200, 2400, 4800 ... 115200 ... 1000000",
                  baud);
}

/* Takes the terminal for us alone, and all its bytes as they are. */
static bool tty_prepare(struct link *link, int fd, char error[LINK_TEXT_MAX])
{
    if (tcgetattr(fd, &link->tty_before) != 0)
        return refuse(error, "%s is no terminal; give the path of a serial line", link->name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return refuse(error, "%s is in use by another process; stop that one first", link->name);
    struct termios raw = link->tty_before;
    cfmakeraw(&raw);
    raw.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    raw.c_cflag |= CLOCAL | CREAD;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (cfsetispeed(&raw, link->speed) != 0 || cfsetospeed(&raw, link->speed) != 0 || tcsetattr(fd, TCSANOW, &raw) != 0)
        return refuse_open(link, error);
    return true;
}

static bool tty_open(struct link *link, char error[LINK_TEXT_MAX])
{
    int fd = open(link->name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refuse_open(link, error);
    if (!tty_prepare(link, fd, error)) {
        close(fd);
        return false;
    }
    link->peer = fd;
    stream_up(link);
    return true;
}

static void tty_reopen(struct link *link)
{
    char error[LINK_TEXT_MAX];
    if (!tty_open(link, error))
        retry_later(link);
}

/* --- Opening and closing --------------------------------------------------------------------------------------- */

/* A socket file that nobody listens at is left over from a process that died: it goes. Anything else stays. */
static bool clear_path(struct link *link, char error[LINK_TEXT_MAX])
{
    struct stat about;
    const char *path = socket_path(link);
    if (lstat(path, &about) != 0)
        return errno == ENOENT || refuse_open(link, error);
    if (!S_ISSOCK(about.st_mode))
        return refuse(error, "%s exists and is no socket; choose another path", path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return refuse_open(link, error);
    bool stale = connect(probe, (const struct sockaddr *)&link->target[0].address, link->target[0].len) != 0 &&
                 errno == ECONNREFUSED;
    close(probe);
    if (!stale)
        return refuse(error, "another process listens at %s; stop it, or choose another path", path);
    return unlink(path) == 0 || refuse_open(link, error);
}

static bool stream_listen(struct link *link, char error[LINK_TEXT_MAX])
{
    const struct target *target = &link->target[link->turn];
    if (link->kind == LINK_UNIX && !clear_path(link, error))
        return false;
    link->listener = socket(target->address.ss_family, SOCK_STREAM, 0);
    if (link->listener < 0 || !socket_prepare(link->listener))
        return refuse_open(link, error);
    if (link->kind == LINK_TCP)
        (void)setsockopt(link->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    mode_t before = umask(0077); /* a socket file is for its owner */
    bool bound = bind(link->listener, (const struct sockaddr *)&target->address, target->len) == 0;
    umask(before);
    if (!bound || listen(link->listener, 1) != 0)
        return refuse_open(link, error);
    if (link->kind == LINK_UNIX && lstat(socket_path(link), &link->socket_file) != 0)
        return refuse_open(link, error);
    return true;
}

static bool udp_open(struct link *link, char error[LINK_TEXT_MAX])
{
    const struct target *target = &link->target[link->turn];
    const struct sockaddr *address = (const struct sockaddr *)&target->address;
    int result = link->role == LINK_LISTEN ? troth_udp_listen(&link->udp, address, target->len, LINK_FRAME_MAX)
                                           : troth_udp_connect(&link->udp, address, target->len, LINK_FRAME_MAX);
    return result == 0 || refuse_open(link, error);
}

/* What there is to open at once, at the first address of the name that allows it. */
static bool open_target(struct link *link, char error[LINK_TEXT_MAX])
{
    for (; link->turn < link->targets; link->turn++) {
        if (link->kind == LINK_UDP ? udp_open(link, error) : stream_listen(link, error))
            return true;
        if (link->listener >= 0)
            close(link->listener);
        link->listener = -1;
    }
    return false;
}

static bool open_role(struct link *link, unsigned baud, char error[LINK_TEXT_MAX])
{
    if (link->role == LINK_SERIAL) {
        link->kind = LINK_TTY;
        return find_speed(link, baud == 0 ? LINK_BAUD : baud, error) && tty_open(link, error);
    }
    if (!parse_address(link, error))
        return false;
    if (link->kind != LINK_UDP && link->role == LINK_CONNECT)
        return true;
    if (!open_target(link, error))
        return false;
    if (link->role == LINK_LISTEN) {
        char address[LINK_TEXT_MAX];
        link_address(link, address);
        link_tell(link, "listening at %.200s", address);
    }
    return true;
}

struct link *link_open(const struct link_config *config, char error[LINK_TEXT_MAX])
{
    struct link *link = calloc(1, sizeof *link);
    if (link != NULL)
        link->name = strdup(config->address);
    if (link == NULL || link->name == NULL) {
        free(link);
        refuse(error, "out of memory; close other programs");
        return NULL;
    }
    link->role = config->role;
    link->listener = link->peer = link->udp.fd = -1;
    link->pause_ms = PAUSE_FIRST_MS;
    if (open_role(link, config->baud, error))
        return link;
    link_close(link);
    return NULL;
}

void link_close(struct link *link)
{
    struct stat about;
    if (link->peer >= 0)
        stream_close(link);
    if (link->listener >= 0)
        close(link->listener);
    if (link->socket_file.st_ino != 0 && lstat(socket_path(link), &about) == 0 &&
        about.st_ino == link->socket_file.st_ino && about.st_dev == link->socket_file.st_dev)
        unlink(socket_path(link));
    troth_udp_close(&link->udp);
    free(link->name);
    free(link);
}

/* --- In use ---------------------------------------------------------------------------------------------------- */

struct pollfd link_watch(const struct link *link)
{
    struct pollfd watch = {.fd = link->peer, .events = POLLIN};
    if (link->kind == LINK_UDP)
        watch.fd = link->udp.fd;
    else if (link->connecting)
        watch.events = POLLOUT;
    else if (link->peer < 0)
        watch.fd = link->listener;
    else if (link->out_len > 0)
        watch.events |= POLLOUT;
    return watch;
}

int link_wait_ms(const struct link *link)
{
    if (link->in_at < link->in_len)
        return 0;
    if (link->kind == LINK_UDP || link->role == LINK_LISTEN || link->peer >= 0)
        return -1;
    int64_t wait_ms = link->retry_at_ms - clock_ms();
    return wait_ms > 0 ? (int)wait_ms : 0;
}

/* Brings the stream up, or on, as far as it goes now. */
static void stream_step(struct link *link)
{
    if (link->peer < 0 && link->role == LINK_LISTEN)
        stream_accept(link);
    else if (link->peer < 0 && clock_ms() >= link->retry_at_ms)
        link->kind == LINK_TTY ? tty_reopen(link) : stream_connect(link);
    if (link->connecting)
        stream_connected(link);
    else if (link->peer >= 0 && link->out_len > 0)
        stream_flush(link);
}

/* Reads more bytes. False: there are none now. */
static bool stream_read(struct link *link)
{
    ssize_t len;
    do {
        len = read(link->peer, link->in, sizeof link->in);
    } while (len < 0 && errno == EINTR);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    if (len <= 0) {
        stream_lost(link);
        return true;
    }
    link->in_at = 0;
    link->in_len = (size_t)len;
    return true;
}

static size_t stream_receive(struct link *link, uint8_t *frame)
{
    for (int reads = 0; reads < READS_MAX; reads++) {
        stream_step(link);
        while (link->in_at < link->in_len) {
            size_t len = troth_serial_take(&link->decoder, link->in[link->in_at++]);
            if (len == 0)
                continue;
            memcpy(frame, link->frame, len);
            link->pause_ms = PAUSE_FIRST_MS;
            return len;
        }
        if (link->peer < 0 || link->connecting || !stream_read(link))
            return 0;
    }
    return 0;
}

/* There was no way to the peer; the next frame goes to the next address of the same name. */
static void udp_refused(struct link *link)
{
    char error[LINK_TEXT_MAX];
    if (!link->complained)
        link_tell(link, "cannot reach %s yet: %s; trying again", link->name, strerror(errno));
    link->complained = true;
    if (link->targets < 2)
        return;
    troth_udp_close(&link->udp);
    link->turn = (link->turn + 1) % link->targets;
    (void)udp_open(link, error);
}

size_t link_receive(struct link *link, uint8_t *frame)
{
    if (link->kind != LINK_UDP)
        return stream_receive(link, frame);
    ptrdiff_t len = troth_udp_receive(&link->udp, frame);
    if (len < 0)
        udp_refused(link);
    if (len <= 0)
        return 0;
    link->complained = false;
    if (link->role == LINK_LISTEN)
        troth_udp_adopt(&link->udp);
    return (size_t)len;
}

static bool link_send_udp(struct link *link, const uint8_t *frame, size_t len)
{
    if (troth_udp_send(&link->udp, frame, len) == 0)
        return true;
    /* What is refused was a datagram before this one: this one has not been tried yet. */
    if (errno != ECONNREFUSED)
        return false;
    udp_refused(link);
    return troth_udp_send(&link->udp, frame, len) == 0;
}

bool link_send(struct link *link, const uint8_t *frame, size_t len)
{
    if (len == 0 || len > LINK_FRAME_MAX)
        return false;
    if (link->kind == LINK_UDP)
        return link_send_udp(link, frame, len);
    stream_step(link);
    if (link->peer < 0 || link->connecting || sizeof link->out - link->out_len < TROTH_SERIAL_WIRE_MAX(len))
        return false;
    struct troth_serial_encoder encoder;
    troth_serial_encode(&encoder, frame, len);
    link->out_len += troth_serial_emit(&encoder, link->out + link->out_len, sizeof link->out - link->out_len);
    stream_flush(link);
    return true;
}

const char *link_news(struct link *link)
{
    bool has_news = link->has_news;
    link->has_news = false;
    return has_news ? link->news : NULL;
}

unsigned link_sessions(const struct link *link)
{
    return link->sessions;
}

void link_address(const struct link *link, char text[LINK_TEXT_MAX])
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[128];
    char port[8];
    int fd = link->kind == LINK_UDP ? link->udp.fd : link->listener;
    bool numbered = link->kind == LINK_TCP || link->kind == LINK_UDP;
    if (!numbered || getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(text, LINK_TEXT_MAX, "%s", link->name);
        return;
    }
    bool brackets = address.ss_family == AF_INET6;
    snprintf(text, LINK_TEXT_MAX, "%s:%s%s%s:%s", link->kind == LINK_UDP ? "udp" : "tcp", brackets ? "[" : "", host,
             brackets ? "]" : "", port);
}
