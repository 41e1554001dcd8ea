/* tool/device_run: the life of a device process. Includes POSIX and ppoll.
 * Invariant: the library is polled until it has nothing to do before the process sleeps; signals come through only while it
 * sleeps, so that they never cut a write. */
#define _GNU_SOURCE /* ppoll */
#include "tool/device.h"

#include "tool/text.h"
#include "tool/tool.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 16   /* taken in one go, so that whoever floods does not keep the device from its own work */
#define REKEY_MS   3000 /* after a break of the link a peer that was reset begins anew within this time */

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t now_ms(void)
{
    return (uint32_t)clock_ms();
}

/* ---- Opening and closing ---- */

static bool open_link(struct device *device)
{
    char error[LINK_TEXT_MAX];
    device->link = NULL;
    if (device->order.link.address == NULL) {
        return true;
    }
    device->link = link_open(&device->order.link, error);
    if (device->link == NULL) {
        tool_fail("%s", error);
    }
    return device->link != NULL;
}

/* The library on top of all that is open. */
static bool open_troth(struct device *device)
{
    if (troth_openssl_open(&device->crypto, device->identity.key, device->store.key) != TROTH_OK) {
        tool_fail("OpenSSL does not work: check how it is installed");
        return false;
    }
    device->config = (struct troth_config){
        .port = {&troth_openssl, &device->crypto},
        .store = &troth_file_store,
        .store_ctx = &device->store.file,
        .buffer = device->buffer,
        .buffer_len = sizeof device->buffer,
        .begin = device->order.answers ? TROTH_ANSWERS_ONLY : TROTH_BEGINS,
    };
    identity_configure(&device->identity, &device->config);
    int result = troth_open(&device->troth, &device->config, now_ms());
    if (result != TROTH_OK) {
        tool_fail("%s: %s", device->order.dir, troth_strerror(result));
        troth_openssl_close(&device->crypto);
    }
    return result == TROTH_OK;
}

int device_open(struct device *device, const struct device_order *order)
{
    memset(device, 0, sizeof *device);
    device->order = *order;
    if (!identity_load(&device->identity, order->dir)) {
        return EXIT_FAILURE;
    }
    bool needs_record = order->window_ms == 0 && !order->forget;
    if (device_store_check(order->dir, needs_record) && open_link(device)) {
        if (device_store_open(&device->store, order->dir)) {
            if (open_troth(device)) {
                return 0;
            }
            device_store_close(&device->store);
        }
        if (device->link != NULL) {
            link_close(device->link);
        }
    }
    identity_free(&device->identity);
    return EXIT_FAILURE;
}

void device_close(struct device *device)
{
    troth_close(&device->troth);
    troth_openssl_close(&device->crypto);
    device_store_close(&device->store);
    if (device->link != NULL) {
        link_close(device->link);
    }
    identity_free(&device->identity);
    OPENSSL_cleanse(device, sizeof *device);
}

/* ---- Events ---- */

static void end(struct device *device, int status)
{
    device->done = true;
    device->status = status;
}

static uint8_t peer_of(const struct device *device, char name[CA_NAME_LEN])
{
    struct troth_peer peer;
    troth_peer(&device->troth, &peer);
    identity_name(peer.cert, name);
    return peer.state;
}

/* The store has been read: now the owner's wishes can be followed. */
static void on_opened(struct device *device)
{
    char name[CA_NAME_LEN];
    uint8_t state = peer_of(device, name);
    if (state == TROTH_UNPAIRED) {
        tool_say("opened: this is %s, unpaired", device->identity.serial);
    } else {
        tool_say("opened: this is %s, %s %s", device->identity.serial,
                 state == TROTH_PAIRED ? "paired with" : "about to be paired with", name);
    }
    if (device->order.forget) {
        if (troth_forget(&device->troth) != TROTH_OK) {
            tool_say("forgotten: nothing, there is no pairing");
            end(device, EXIT_SUCCESS);
        }
    } else if (device->order.window_ms > 0) {
        tool_say("window open for %lu seconds", (unsigned long)device->order.window_ms / 1000);
        troth_pair(&device->troth, now_ms(), device->order.window_ms);
    } else if (state == TROTH_UNPAIRED) {
        end(device, tool_fail("%s: there is no pairing yet: start both devices with --pair", device->order.dir));
    }
}

/* The owner's answer. The policy here is the weakest: whoever holds a certificate of the family and comes while the window
 * is open is accepted. A label, a code to compare or a question to the owner would stand here. */
static void on_waiting(struct device *device)
{
    char name[CA_NAME_LEN];
    peer_of(device, name);
    tool_say("waiting: %s has proved that it is genuine; accepted", name);
    troth_accept(&device->troth);
}

static void on_closed(struct device *device)
{
    char name[CA_NAME_LEN];
    tool_say("window closed");
    if (peer_of(device, name) == TROTH_UNPAIRED) {
        end(device, tool_fail("nobody was paired: start both devices with --pair within the same minute"));
    }
}

static void on_data(struct device *device, struct troth_span data)
{
    char text[TEXT_GROWTH * LINK_FRAME_MAX + 1];
    text_harmless(data.data, data.len, text);
    if (puts(text) == EOF || fflush(stdout) != 0) {
        end(device, tool_fail("standard output: %s", strerror(errno)));
    }
    OPENSSL_cleanse(text, sizeof text);
}

static void on_event(struct device *device, const struct troth_event *event)
{
    char name[CA_NAME_LEN];
    switch (event->kind) {
    case TROTH_EVENT_OPENED:
        on_opened(device);
        break;
    case TROTH_EVENT_WAITING:
        on_waiting(device);
        break;
    case TROTH_EVENT_PAIRED:
        peer_of(device, name);
        tool_say("paired with %s", name);
        break;
    case TROTH_EVENT_LINKED:
        peer_of(device, name);
        tool_say("linked with %s", name);
        device->linked_session = device->session;
        device->told_waiting = false;
        break;
    case TROTH_EVENT_DATA:
        on_data(device, event->data);
        break;
    case TROTH_EVENT_ABORTED:
        device->held_len = 0;
        tool_say("aborted: %s", troth_strreason(event->reason));
        break;
    case TROTH_EVENT_CLOSED:
        on_closed(device);
        break;
    case TROTH_EVENT_FORGOTTEN:
        tool_say("forgotten: this device is unpaired");
        end(device, EXIT_SUCCESS);
        break;
    default:
        break;
    }
}

/* ---- The loop ---- */

static void tell_news(struct device *device)
{
    const char *news;
    while ((news = link_news(device->link)) != NULL) {
        tool_say("link: %s", news);
    }
    if (link_sessions(device->link) != device->session) {
        device->session = link_sessions(device->link);
        device->session_ms = clock_ms();
    }
}

static void take_frames(struct device *device)
{
    uint8_t frame[LINK_FRAME_MAX];
    struct troth_event event;
    size_t len;
    for (int i = 0; i < FRAMES_MAX && !device->done && (len = link_receive(device->link, frame)) > 0; i++) {
        tell_news(device);
        troth_receive(&device->troth, now_ms(), frame, len, &event);
        on_event(device, &event);
    }
    tell_news(device);
    OPENSSL_cleanse(frame, sizeof frame);
}

/* A frame that nobody is there to take waits for the peer to come; the next one takes its place. */
static void send_frame(struct device *device, struct troth_span out)
{
    if (device->link != NULL && !link_send(device->link, out.data, out.len) && out.len <= sizeof device->held) {
        memcpy(device->held, out.data, out.len);
        device->held_len = out.len;
    } else {
        device->held_len = 0;
    }
}

static void work(struct device *device)
{
    struct troth_span out;
    struct troth_event event;
    if (device->held_len > 0 && link_send(device->link, device->held, device->held_len)) {
        device->held_len = 0;
    }
    do {
        troth_poll(&device->troth, now_ms(), &out, &event);
        if (out.len > 0) {
            send_frame(device, out);
        }
        on_event(device, &event);
    } while (!device->done && troth_wait_ms(&device->troth, now_ms()) == 0);
}

/* How long lines have still to wait: 0 if they can go, -1 if there is no link (to try tells the library to make one). After a break of the link the peer may
 * have lost its keys: it gets time to begin anew before anything is sent to it. */
static int lines_wait_ms(const struct device *device)
{
    struct troth_peer peer;
    troth_peer(&device->troth, &peer);
    if (!peer.linked) {
        return -1;
    }
    int64_t left_ms = device->session_ms + REKEY_MS - clock_ms();
    return device->session == device->linked_session || left_ms <= 0 ? 0 : (int)left_ms;
}

static bool send_line(struct device *device, const uint8_t *line, size_t len)
{
    uint8_t frame[LINES_MAX + TROTH_RECORD_EXTRA];
    size_t frame_len;
    return troth_send(&device->troth, line, len, frame, sizeof frame, &frame_len) == TROTH_OK &&
           link_send(device->link, frame, frame_len);
}

static void send_lines(struct device *device)
{
    const uint8_t *line;
    size_t len;
    if (device->lines.too_long > 0) {
        tool_say("a line of more than %d bytes was dropped: send shorter ones", LINES_MAX);
        device->lines.too_long = 0;
    }
    while (lines_first(&device->lines, &line, &len)) {
        if (lines_wait_ms(device) > 0 || !send_line(device, line, len)) {
            if (!device->told_waiting) {
                tool_say("link: not there yet; what is to be sent waits");
            }
            device->told_waiting = true;
            return;
        }
        lines_drop(&device->lines);
    }
}

static int shorter_ms(int a_ms, int b_ms)
{
    return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

static int wait_ms(const struct device *device)
{
    uint32_t troth_ms = troth_wait_ms(&device->troth, now_ms());
    int wait = troth_ms > INT32_MAX ? -1 : (int)troth_ms;
    if (device->link != NULL) {
        wait = shorter_ms(wait, link_wait_ms(device->link));
    }
    return device->lines.len > 0 ? shorter_ms(wait, lines_wait_ms(device)) : wait;
}

static void sleep_until_needed(struct device *device)
{
    struct pollfd watch[2] = {{.fd = -1}, {.fd = -1}};
    sigset_t none;
    int left_ms = wait_ms(device);
    const struct timespec timeout = {left_ms / 1000, left_ms % 1000 * 1000000L};
    if (device->link != NULL) {
        watch[0] = link_watch(device->link);
        watch[1] = (struct pollfd){.fd = lines_wants(&device->lines) ? STDIN_FILENO : -1, .events = POLLIN};
    }
    sigemptyset(&none);
    if (ppoll(watch, 2, left_ms < 0 ? NULL : &timeout, &none) > 0 && watch[1].revents != 0) {
        lines_read(&device->lines, STDIN_FILENO);
    }
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t all;
    sigemptyset(&all);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaddset(&all, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], &action, NULL);
    }
}

int device_run(struct device *device)
{
    catch_signals();
    if (device->link != NULL) {
        tell_news(device);
    }
    while (!stopped && !device->done) {
        if (device->link != NULL) {
            take_frames(device);
        }
        if (!device->done) {
            work(device);
        }
        send_lines(device);
        if (!device->done) {
            sleep_until_needed(device);
        }
    }
    size_t unsent = lines_count(&device->lines);
    if (unsent > 0) {
        tool_say("%zu line%s could not be sent: there was no link", unsent, unsent == 1 ? "" : "s");
    }
    return device->status;
}
