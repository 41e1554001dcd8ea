/* sim/endpoint.c: sockets and pseudo-terminals. Includes POSIX. */
#define _GNU_SOURCE /* accept4, posix_openpt, cfmakeraw */
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define BACKLOG 8

static bool endpoint_listen(struct endpoint *endpoint, const struct sockaddr *address, socklen_t len)
{
    int on = 1;
    endpoint->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (endpoint->listener < 0) {
        return false;
    }
    setsockopt(endpoint->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(endpoint->listener, address, len) == 0 && listen(endpoint->listener, BACKLOG) == 0) {
        return true;
    }
    int why = errno;
    close(endpoint->listener);
    errno = why;
    return false;
}

/* A socket file whose process is gone may be taken away; a living one, or another kind of file, may not. */
static bool endpoint_stale(const struct sockaddr_un *address)
{
    struct stat about;
    if (lstat(address->sun_path, &about) != 0 || !S_ISSOCK(about.st_mode)) {
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return false;
    }
    bool refused = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(probe);
    return refused;
}

static bool endpoint_open_unix(struct endpoint *endpoint, const char *path, const char **why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof address.sun_path) {
        *why = "the path of a Unix socket has 1 to 107 bytes";
        return false;
    }
    memcpy(address.sun_path, path, len + 1);
    if (endpoint_stale(&address)) {
        unlink(path);
    }
    mode_t mask = umask(0077);
    bool good = endpoint_listen(endpoint, (struct sockaddr *)&address, sizeof address);
    *why = good ? NULL : strerror(errno);
    umask(mask);
    if (good) {
        memcpy(endpoint->path, path, len + 1);
        snprintf(endpoint->name, sizeof endpoint->name, "unix:%s", path);
    }
    return good;
}

static bool endpoint_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
    }
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static void endpoint_name_tcp(struct endpoint *endpoint)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[64] = "";
    char port[16] = "";
    if (getsockname(endpoint->listener, (struct sockaddr *)&address, &len) == 0) {
        getnameinfo((struct sockaddr *)&address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    }
    snprintf(endpoint->name, sizeof endpoint->name, "tcp:%s:%s", host, port);
}

static bool endpoint_open_tcp(struct endpoint *endpoint, const char *where, const char **why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char host[256];
    const char *colon = strrchr(where, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - where);
    if (len == 0 || len >= sizeof host) {
        *why = "TCP is given as tcp:HOST:PORT";
        return false;
    }
    memcpy(host, where, len);
    host[len] = '\0';
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        *why = "no such host or port";
        return false;
    }
    bool local = endpoint_is_loopback(found->ai_addr);
    bool good = local && endpoint_listen(endpoint, found->ai_addr, found->ai_addrlen);
    *why = local ? strerror(errno) : "only loopback addresses are served";
    freeaddrinfo(found);
    if (good) {
        endpoint_name_tcp(endpoint);
    }
    return good;
}

static bool endpoint_open_pty(struct endpoint *endpoint, const char **why)
{
    struct termios raw;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    bool good = master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 && tcgetattr(master, &raw) == 0 &&
                ptsname_r(master, endpoint->name, sizeof endpoint->name) == 0;
    if (good) {
        cfmakeraw(&raw);
        good = tcsetattr(master, TCSANOW, &raw) == 0;
    }
    *why = good ? NULL : strerror(errno);
    if (!good && master >= 0) {
        close(master);
    }
    endpoint->client = good ? master : -1;
    return good;
}

bool endpoint_open(struct endpoint *endpoint, const char *where, const char **why)
{
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->listener = -1;
    endpoint->client = -1;
    if (strncmp(where, "unix:", 5) == 0) {
        return endpoint_open_unix(endpoint, where + 5, why);
    }
    if (strncmp(where, "tcp:", 4) == 0) {
        return endpoint_open_tcp(endpoint, where + 4, why);
    }
    if (strcmp(where, "pty") == 0) {
        return endpoint_open_pty(endpoint, why);
    }
    *why = "it is unix:PATH, tcp:HOST:PORT or pty";
    return false;
}

bool endpoint_accept(struct endpoint *endpoint)
{
    int on = 1;
    endpoint->client = accept4(endpoint->listener, NULL, NULL, SOCK_CLOEXEC);
    if (endpoint->client < 0) {
        return errno == EINTR || errno == ECONNABORTED || errno == EAGAIN;
    }
    /* an answer goes out at once; a Unix socket refuses the option, which is as well */
    setsockopt(endpoint->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
}

bool endpoint_send(const struct endpoint *endpoint, const void *bytes, size_t len)
{
    const char *from = bytes;
    while (len > 0) {
        ssize_t put = endpoint->listener < 0 ? write(endpoint->client, from, len)
                                             : send(endpoint->client, from, len, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        from += put;
        len -= (size_t)put;
    }
    return true;
}

void endpoint_drop(struct endpoint *endpoint)
{
    if (endpoint->listener >= 0 && endpoint->client >= 0) {
        close(endpoint->client);
        endpoint->client = -1;
    }
}

void endpoint_close(struct endpoint *endpoint)
{
    if (endpoint->client >= 0) {
        close(endpoint->client);
    }
    if (endpoint->listener >= 0) {
        close(endpoint->listener);
    }
    if (endpoint->path[0] != '\0') {
        unlink(endpoint->path);
    }
}
