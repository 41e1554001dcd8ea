/* transport/udp.c: a datagram is a frame. Includes POSIX sockets. */
#define _DEFAULT_SOURCE
#include "udp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

typedef int (*udp_attach)(int fd, const struct sockaddr *address, socklen_t address_len);

static int udp_open(struct troth_udp *udp, udp_attach attach, const struct sockaddr *address, socklen_t address_len,
                    size_t frame_max)
{
    *udp = (struct troth_udp){.fd = socket(address->sa_family, SOCK_DGRAM, 0), .frame_max = frame_max};
    if (udp->fd < 0)
        return -1;
    if (fcntl(udp->fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(udp->fd, F_SETFL, O_NONBLOCK) == 0 &&
        attach(udp->fd, address, address_len) == 0)
        return 0;
    troth_udp_close(udp);
    return -1;
}

int troth_udp_listen(struct troth_udp *udp, const struct sockaddr *address, socklen_t address_len, size_t frame_max)
{
    return udp_open(udp, bind, address, address_len, frame_max);
}

int troth_udp_connect(struct troth_udp *udp, const struct sockaddr *address, socklen_t address_len, size_t frame_max)
{
    int result = udp_open(udp, connect, address, address_len, frame_max);
    udp->connected = true;
    return result;
}

int troth_udp_send(struct troth_udp *udp, const uint8_t *frame, size_t len)
{
    if (len > udp->frame_max) {
        errno = EMSGSIZE;
        return -1;
    }
    if (!udp->connected && udp->peer_len == 0) {
        errno = EDESTADDRREQ;
        return -1;
    }
    const struct sockaddr *to = udp->connected ? NULL : (const struct sockaddr *)&udp->peer;
    return sendto(udp->fd, frame, len, 0, to, udp->peer_len) < 0 ? -1 : 0;
}

ptrdiff_t troth_udp_receive(struct troth_udp *udp, uint8_t *frame)
{
    for (;;) {
        struct iovec where = {frame, udp->frame_max};
        struct msghdr message = {
            .msg_name = &udp->last, .msg_namelen = sizeof udp->last, .msg_iov = &where, .msg_iovlen = 1};
        ssize_t len = recvmsg(udp->fd, &message, 0);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
        if (len == 0 || (message.msg_flags & MSG_TRUNC) != 0)
            continue;
        udp->last_len = message.msg_namelen;
        return len;
    }
}

void troth_udp_adopt(struct troth_udp *udp)
{
    udp->peer = udp->last;
    udp->peer_len = udp->connected ? 0 : udp->last_len;
}

void troth_udp_close(struct troth_udp *udp)
{
    if (udp->fd < 0)
        return;
    int why = errno;
    close(udp->fd);
    errno = why;
    udp->fd = -1;
}
