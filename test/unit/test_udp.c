/* A datagram is a frame; who is answered, and who is not. */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "transport/udp.h"

#define FRAME_MAX 64

static struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct sockaddr_in address_of(const struct troth_udp *udp)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(udp->fd, (struct sockaddr *)&address, &len), 0);
    return address;
}

static void listen_any(struct troth_udp *udp)
{
    struct sockaddr_in address = loopback();
    assert_int_equal(troth_udp_listen(udp, (struct sockaddr *)&address, sizeof address, FRAME_MAX), 0);
}

static void connect_to(struct troth_udp *udp, const struct troth_udp *listener, size_t frame_max)
{
    struct sockaddr_in address = address_of(listener);
    assert_int_equal(troth_udp_connect(udp, (struct sockaddr *)&address, sizeof address, frame_max), 0);
}

static void send_text(struct troth_udp *udp, const char *text)
{
    assert_int_equal(troth_udp_send(udp, (const uint8_t *)text, strlen(text)), 0);
}

/* What arrives within a moment; "" is nothing. */
static const char *receive_text(struct troth_udp *udp, int wait_ms)
{
    static char text[FRAME_MAX + 1];
    struct pollfd watch = {.fd = udp->fd, .events = POLLIN};
    (void)poll(&watch, 1, wait_ms);
    ptrdiff_t len = troth_udp_receive(udp, (uint8_t *)text);
    assert_true(len >= 0);
    text[len] = '\0';
    return text;
}

static void test_both_ways(void **state)
{
    (void)state;
    struct troth_udp listener;
    struct troth_udp caller;
    listen_any(&listener);
    connect_to(&caller, &listener, FRAME_MAX);
    assert_string_equal(receive_text(&listener, 0), "");
    assert_int_equal(troth_udp_send(&listener, (const uint8_t *)"x", 1), -1);
    assert_int_equal(errno, EDESTADDRREQ);
    send_text(&caller, "one");
    send_text(&caller, "two");
    assert_string_equal(receive_text(&listener, 1000), "one");
    troth_udp_adopt(&listener);
    assert_string_equal(receive_text(&listener, 1000), "two");
    send_text(&listener, "answer");
    assert_string_equal(receive_text(&caller, 1000), "answer");
    troth_udp_close(&caller);
    troth_udp_close(&listener);
    troth_udp_close(&listener);
    assert_int_equal(listener.fd, -1);
}

static void test_lengths(void **state)
{
    (void)state;
    struct troth_udp listener;
    struct troth_udp caller;
    char text[FRAME_MAX + 2];
    memset(text, 'a', sizeof text);
    listen_any(&listener);
    connect_to(&caller, &listener, FRAME_MAX + 1);
    text[FRAME_MAX + 1] = '\0';
    send_text(&caller, text); /* one byte too long: dropped */
    send_text(&caller, "");   /* empty: dropped */
    text[FRAME_MAX] = '\0';
    send_text(&caller, text); /* exactly as long */
    assert_string_equal(receive_text(&listener, 1000), text);
    assert_string_equal(receive_text(&listener, 0), "");
    assert_int_equal(troth_udp_send(&caller, (const uint8_t *)text, FRAME_MAX + 2), -1);
    assert_int_equal(errno, EMSGSIZE);
    troth_udp_close(&caller);
    troth_udp_close(&listener);
}

/* A stranger is answered only where somebody said so, and the real peer's next datagram brings the answers back. */
static void test_strangers(void **state)
{
    (void)state;
    struct troth_udp listener;
    struct troth_udp peer;
    struct troth_udp stranger;
    listen_any(&listener);
    connect_to(&peer, &listener, FRAME_MAX);
    connect_to(&stranger, &listener, FRAME_MAX);
    send_text(&peer, "hello");
    assert_string_equal(receive_text(&listener, 1000), "hello");
    troth_udp_adopt(&listener);

    send_text(&stranger, "me too");
    assert_string_equal(receive_text(&listener, 1000), "me too");
    send_text(&listener, "for the peer");
    assert_string_equal(receive_text(&peer, 1000), "for the peer");
    assert_string_equal(receive_text(&stranger, 0), "");

    troth_udp_adopt(&listener);
    send_text(&listener, "diverted");
    assert_string_equal(receive_text(&stranger, 1000), "diverted");
    send_text(&peer, "again");
    assert_string_equal(receive_text(&listener, 1000), "again");
    troth_udp_adopt(&listener);
    send_text(&listener, "back");
    assert_string_equal(receive_text(&peer, 1000), "back");

    /* A connected socket hears its one address only. */
    struct sockaddr_in to = address_of(&peer);
    struct troth_udp forger;
    listen_any(&forger);
    assert_int_equal(sendto(forger.fd, "forged", 6, 0, (struct sockaddr *)&to, sizeof to), 6);
    assert_string_equal(receive_text(&peer, 50), "");
    troth_udp_close(&forger);
    troth_udp_close(&stranger);
    troth_udp_close(&peer);
    troth_udp_close(&listener);
}

static void test_refusals(void **state)
{
    (void)state;
    struct troth_udp listener;
    struct troth_udp second;
    struct troth_udp caller;
    listen_any(&listener);
    struct sockaddr_in address = address_of(&listener);
    assert_int_equal(troth_udp_listen(&second, (struct sockaddr *)&address, sizeof address, FRAME_MAX), -1);
    assert_int_equal(errno, EADDRINUSE);
    assert_int_equal(second.fd, -1);
    connect_to(&caller, &listener, FRAME_MAX);
    troth_udp_close(&listener);
    send_text(&caller, "nobody hears"); /* the kernel says so at the next call */
    uint8_t frame[FRAME_MAX];
    struct pollfd watch = {.fd = caller.fd, .events = POLLIN};
    assert_int_equal(poll(&watch, 1, 1000), 1);
    assert_int_equal(troth_udp_receive(&caller, frame), -1);
    assert_int_equal(errno, ECONNREFUSED);
    assert_int_equal(troth_udp_listen(&listener, (struct sockaddr *)&address, sizeof address, FRAME_MAX), 0);
    send_text(&caller, "now"); /* and it works again when somebody listens */
    assert_string_equal(receive_text(&listener, 1000), "now");
    troth_udp_close(&caller);
    troth_udp_close(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways), cmocka_unit_test(test_lengths),
                                       cmocka_unit_test(test_strangers), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
