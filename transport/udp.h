/* transport/udp.h: a datagram is a frame. For hosts; includes the C library's sockets and nothing of ours.
 *
 * A connected socket talks to one address, and the kernel drops datagrams from any other. A listening socket answers to
 * whoever it was told to: troth_udp_adopt takes the sender of the datagram just received. Whoever calls it after each
 * datagram, as `troth device --listen udp:` does, knows what an attacker gains who can send datagrams to it, or forge
 * their sender's address:
 *  - the frames that follow go to the attacker's address, until the next datagram of the real peer brings them back.
 *    They are as readable to him as to anybody on the way: not. Lost ones are sent again;
 *  - an answer can be steered to a third party (at most one, and no longer than a frame, for each datagram that he
 *    sends). The library limits how often it answers outside a pairing window.
 * Nothing durable comes of it: what a frame may do, its authentication decides, never its sender's address.
 */
#ifndef TROTH_UDP_H
#define TROTH_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct troth_udp {
    int fd; /* to poll for reading; -1: closed */
    bool connected;
    size_t frame_max;
    struct sockaddr_storage peer; /* whom a listening socket sends to */
    socklen_t peer_len;           /* 0: nobody yet */
    struct sockaddr_storage last; /* who sent what was received last */
    socklen_t last_len;
};

/* Opens a nonblocking socket that is bound, or connected, to an address, for frames of at most frame_max bytes. 0,
 * or -1 and errno. */
int troth_udp_listen(struct troth_udp *udp, const struct sockaddr *address, socklen_t address_len, size_t frame_max);
int troth_udp_connect(struct troth_udp *udp, const struct sockaddr *address, socklen_t address_len, size_t frame_max);

/* Sends a frame. 0, or -1 and errno: EMSGSIZE above frame_max, EDESTADDRREQ where nobody was adopted yet, ECONNREFUSED
 * where nobody listens at the address that the socket is connected to. */
int troth_udp_send(struct troth_udp *udp, const uint8_t *frame, size_t len);

/* Receives a frame into a buffer of frame_max bytes: its length; 0 if there is none now; -1 and errno. Empty datagrams
 * and ones that are too long are dropped. */
ptrdiff_t troth_udp_receive(struct troth_udp *udp, uint8_t *frame);

/* From now on a listening socket sends to who sent the frame received last. */
void troth_udp_adopt(struct troth_udp *udp);

void troth_udp_close(struct troth_udp *udp);

#endif
