/* tool/link.h: how a device reaches its peer: one abstraction over tcp, udp, Unix sockets and terminals.
 *
 * Frames in, frames out, never blocking; the link mends itself. On a stream the frames are those of transport/serial.
 * A listening link serves one peer at a time and takes the next when that one hangs up; a connecting one, and a
 * terminal, try again with growing pauses. A frame that cannot be sent now is dropped: the library sends again what
 * matters. Includes transport/ and POSIX, nothing of the library.
 */
#ifndef TROTH_TOOL_LINK_H
#define TROTH_TOOL_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_FRAME_MAX 1400 /* fits a datagram on Ethernet */
#define LINK_TEXT_MAX  256  /* room for an error, a piece of news or an address */
#define LINK_BAUD      115200

enum link_role { LINK_LISTEN, LINK_CONNECT, LINK_SERIAL };

struct link_config {
    enum link_role role;
    const char *address; /* tcp:HOST:PORT, udp:HOST:PORT, unix:PATH; of LINK_SERIAL the path of a terminal */
    unsigned baud;       /* of LINK_SERIAL; 0: LINK_BAUD */
};

struct link;

/* Opens a link, or gives NULL and one line that says what is wrong and what to do. A peer that is not there yet is not
 * an error. */
struct link *link_open(const struct link_config *config, char error[LINK_TEXT_MAX]);

/* What to poll for, and how long at most (-1: as long as one likes). Then call link_receive until it gives 0. */
struct pollfd link_watch(const struct link *link);
int link_wait_ms(const struct link *link);

/* The next frame, into a buffer of LINK_FRAME_MAX bytes: its length; 0: none now. */
size_t link_receive(struct link *link, uint8_t *frame);

/* Sends a frame of at most LINK_FRAME_MAX bytes. False: it was dropped, because nobody is there or the way is full. */
bool link_send(struct link *link, const uint8_t *frame, size_t len);

/* What changed since the last call, in a line for people ("connected to ..."); NULL: nothing. */
const char *link_news(struct link *link);

/* How often the way to a peer came up: where two answers differ, there was a break in between. Of udp always the same. */
unsigned link_sessions(const struct link *link);

/* The address that a listening link is bound to, with the port that was chosen where 0 was asked for. */
void link_address(const struct link *link, char text[LINK_TEXT_MAX]);

void link_close(struct link *link);

#endif
