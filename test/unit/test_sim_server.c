/* The simulator seen from outside: i2c1 frames byte for byte, echo on the single wire, and the process: sockets,
 * pseudo-terminal, several clients, the state file, and kill -9 in the middle of things. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/server.h"
#include "sim/state.h"
#include "sim/wire.h"
#include "test/support/sim_client.h"

#define MS 1000000ULL

/* What a link sends, collected. */
struct sent {
    uint8_t bytes[WIRE_MAX + 100];
    size_t len;
};

static void collect(void *ctx, const uint8_t *bytes, size_t len)
{
    struct sent *sent = ctx;
    assert_true(sent->len + len <= sizeof sent->bytes);
    memcpy(sent->bytes + sent->len, bytes, len);
    sent->len += len;
}

static struct wire wire;
static struct sent sent;

static void open_wire(struct sim_client *client, struct chip_options options, bool echo)
{
    sim_open(client, options);
    memset(&wire, 0, sizeof wire);
    sent.len = 0;
    wire.chip = client->chip;
    wire.swi = options.bus == CHIP_SWI;
    wire.echo = echo;
    wire.send = collect;
    wire.ctx = &sent;
}

static void exchange(const void *request, size_t len, const void *reply, size_t reply_len)
{
    sent.len = 0;
    wire_feed(&wire, request, len);
    assert_int_equal(sent.len, reply_len);
    assert_memory_equal(sent.bytes, reply, reply_len);
}

#define EXCHANGE(request, reply) exchange(request, sizeof(request) - 1, reply, sizeof(reply) - 1)

/* Wake, status, Info, poll, answer, idle: as the facts frame it. */
static void test_frames(void **state)
{
    (void)state;
    struct sim_client client;
    open_wire(&client, (struct chip_options){.busy = CHIP_BUSY_VIRTUAL, .seeded = true}, true);
    EXCHANGE("R\xC1\x04\x00\x64\x00", "\x01\x00\x00");     /* asleep */
    EXCHANGE("W\x00\x01\x00\x90\x01\x00", "\x01\x00\x00"); /* address 0 at 400 kHz: too short */
    EXCHANGE("T\x00\x05\x00\x00\x00", "\x00\x00\x00");
    EXCHANGE("R\xC1\x04\x00\x64\x00", "\x01\x00\x00");
    EXCHANGE("W\x00\x01\x00\x64\x00\x00", "\x01\x00\x00"); /* at 100 kHz: awake in 1.5 ms */
    EXCHANGE("T\x00\x02\x00\x00\x00", "\x00\x00\x00");
    EXCHANGE("R\xC1\x04\x00\x64\x00", "\x00\x04\x00\x04\x11\x33\x43");
    EXCHANGE("W\xC0\x08\x00\x90\x01\x03\x07\x30\x00\x00\x00\x03\x5D", "\x00\x00\x00");
    EXCHANGE("W\xC0\x01\x00\x90\x01\x00", "\x01\x00\x00"); /* busy */
    EXCHANGE("R\xC1\x01\x00\x90\x01", "\x01\x00\x00");
    EXCHANGE("T\x00\x05\x00\x00\x00", "\x00\x00\x00");
    EXCHANGE("W\xC0\x01\x00\x90\x01\x00", "\x00\x00\x00");
    EXCHANGE("R\xC1\x01\x00\x90\x01", "\x00\x01\x00\x07");
    EXCHANGE("R\xC1\x08\x00\x90\x01", "\x00\x08\x00\x00\x00\x60\x03\x83\xBB\xFF\xFF"); /* past the end: FF */
    EXCHANGE("W\xC0\x01\x00\x90\x01\x00", "\x00\x00\x00");                             /* rewind */
    EXCHANGE("R\xC1\x00\x00\x90\x01", "\x00\x00\x00");
    EXCHANGE("R\xC1\x02\x00\x90\x01", "\x00\x02\x00\x07\x00");
    EXCHANGE("W\x6C\x01\x00\x90\x01\x00", "\x01\x00\x00"); /* somebody else */
    EXCHANGE("W\xC0\x01\x00\x90\x01\x09", "\x02\x00\x00"); /* no such word address */
    EXCHANGE("X\xC0\x05\x00\x90\x01", "\xEE\x00\x00");     /* no such op */
    EXCHANGE("W\xC0\x01\x00\x90\x01\x02", "\x00\x00\x00"); /* idle */
    EXCHANGE("W\xC0\x00\x00\x90\x01", "\x01\x00\x00");
    EXCHANGE("K\x00\x3B\x00\x00\x00", "\x00\x00\x00"); /* 59 us */
    EXCHANGE("T\x00\x02\x00\x00\x00", "\x00\x00\x00");
    EXCHANGE("W\xC0\x00\x00\x90\x01", "\x01\x00\x00");
    EXCHANGE("K\x00\x3C\x00\x00\x00", "\x00\x00\x00"); /* 60 us */
    EXCHANGE("T\x00\x02\x00\x00\x00", "\x00\x00\x00");
    EXCHANGE("W\xC0\x00\x00\x90\x01", "\x00\x00\x00");
    EXCHANGE("P\x00\x00\x00\x00\x00", "\x00\x00\x00"); /* power cycle */
    EXCHANGE("W\xC0\x00\x00\x90\x01", "\x01\x00\x00");
    sim_close(&client);
}

/* The same requests whole, byte by byte and all at once give the same; the longest read and write fit. */
static void test_portions(void **state)
{
    (void)state;
    static const char request[] = "W\x00\x01\x00\x64\x00\x00"
                                  "T\x00\x02\x00\x00\x00"
                                  "R\xC1\x04\x00\x64\x00"
                                  "Z\x00\x00\x00\x00\x00"
                                  "R\xC1\x04\x00\x64\x00";
    static const char reply[] = "\x01\x00\x00"
                                "\x00\x00\x00"
                                "\x00\x04\x00\x04\x11\x33\x43"
                                "\xEE\x00\x00"
                                "\x00\x04\x00\xFF\xFF\xFF\xFF";
    for (size_t portion = 1; portion < sizeof request; portion++) {
        struct sim_client client;
        open_wire(&client, (struct chip_options){.busy = CHIP_BUSY_VIRTUAL}, true);
        for (size_t at = 0; at < sizeof request - 1; at += portion) {
            size_t rest = sizeof request - 1 - at;
            wire_feed(&wire, (const uint8_t *)request + at, rest < portion ? rest : portion);
        }
        assert_int_equal(sent.len, sizeof reply - 1);
        assert_memory_equal(sent.bytes, reply, sent.len);
        sim_close(&client);
    }
    struct sim_client client;
    static uint8_t longest[WIRE_HEADER + WIRE_MAX] = {'W', 0xC0, 0xFF, 0xFF, 0xE8, 0x03, 0x00};
    open_wire(&client, (struct chip_options){.busy = CHIP_BUSY_NONE}, true);
    EXCHANGE("K\x00\x3C\x00\x00\x00", "\x00\x00\x00");
    exchange(longest, sizeof longest, "\x00\x00\x00", 3);
    sent.len = 0;
    wire_feed(&wire, (const uint8_t *)"R\xC1\xFF\xFF\xE8\x03", 6);
    assert_int_equal(sent.len, WIRE_REPLY + WIRE_MAX);
    assert_memory_equal(sent.bytes, "\x00\xFF\xFF\x04\x11\x33\x43\xFF", 8);
    wire_feed(&wire, (const uint8_t *)"W\xC0\x02", 3); /* a client that goes in the middle of a request */
    wire_reset(&wire);
    EXCHANGE("X\xC0\x05\x00\x90\x01", "\xEE\x00\x00");
    sim_close(&client);
}

/* Rule 3: the wire shows the host each character that it sends, in its place. */
static void test_echo(void **state)
{
    (void)state;
    static const uint8_t transmit[8] = {0x7D, 0x7D, 0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7F};
    for (unsigned echo = 0; echo < 2; echo++) {
        struct sim_client client;
        open_wire(&client, (struct chip_options){.bus = CHIP_SWI, .busy = CHIP_BUSY_NONE}, echo);
        exchange("\x00", 1, "\x00", echo);
        sent.len = 0;
        wire_feed(&wire, transmit, 8);
        assert_int_equal(sent.len, 32 + 8 * echo);
        if (echo) {
            assert_memory_equal(sent.bytes, transmit, 8);
        }
        assert_int_equal(sent.bytes[8 * echo + 2], 0x7F); /* 04 */
        assert_int_equal(sent.bytes[8 * echo + 3], 0x7D);
        sim_close(&client);
    }
}

/* ---- the process ---- */

static char folder[] = "/tmp/test_sim_XXXXXX";

static char *in_folder(const char *name)
{
    static char path[32][128];
    static unsigned next;
    char *to = path[next++ % 32];
    snprintf(to, 128, "%s/%s", folder, name);
    return to;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"state", "state.lock", "state.new",   "swi",   "swi.lock",  "link",
                                        "trace", "broken",     "broken.lock", "other", "other.lock"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(in_folder(names[i]));
    }
    return rmdir(folder);
}

/* Starts a chip and waits for the line that says where it is. */
static pid_t start(const struct server_plan *plan, char where[128])
{
    int out[2];
    assert_int_equal(pipe(out), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        _exit(server_run(plan));
    }
    close(out[1]);
    size_t len = 0;
    while (len < 127 && read(out[0], where + len, 1) == 1 && where[len] != '\n') {
        len++;
    }
    where[len] = '\0';
    close(out[0]);
    return child;
}

static int stop(pid_t child, int signal)
{
    int status = 0;
    kill(child, signal);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int connect_to(const char *where)
{
    int fd;
    if (strncmp(where, "unix:", 5) == 0) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", where + 5);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    } else if (strncmp(where, "tcp:", 4) == 0) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        address.sin_port = htons((uint16_t)atoi(strrchr(where, ':') + 1));
        fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    } else {
        fd = open(where, O_RDWR | O_NOCTTY);
        assert_true(fd >= 0);
    }
    return fd;
}

static void receive(int fd, uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, bytes, len);
        assert_true(got > 0);
        bytes += got;
        len -= (size_t)got;
    }
}

static uint8_t transact(int fd, char op, uint8_t address, const uint8_t *payload, uint8_t *reply, size_t n,
                        unsigned khz)
{
    uint8_t request[300] = {(uint8_t)op, address, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)khz, (uint8_t)(khz >> 8)};
    uint8_t head[3];
    size_t len = 6;
    if (op == 'W') {
        memcpy(request + 6, payload, n);
        len += n;
    }
    assert_int_equal(write(fd, request, len), len);
    receive(fd, head, 3);
    receive(fd, reply, (size_t)(head[1] | head[2] << 8));
    return head[0];
}

/* A command over i2c1 to the end: the answer's data length, the data in `data`. */
static size_t command(int fd, uint8_t opcode, uint8_t mode, unsigned param, const void *in, size_t len, uint8_t *data)
{
    uint8_t packet[257] = {0x03};
    uint8_t answer[256] = {0};
    const uint8_t idle = 0x02;
    const uint8_t zero = 0;
    transact(fd, 'W', 0x00, &zero, answer, 1, 100);
    transact(fd, 'T', 0, NULL, answer, 2, 0);
    size_t size = sim_packet(packet + 1, opcode, mode, param, in, len);
    assert_int_equal(transact(fd, 'W', 0xC0, packet, answer, size + 1, 400), 0);
    while (transact(fd, 'R', 0xC0, NULL, answer, 1, 400) != 0) {
        transact(fd, 'T', 0, NULL, answer, 2, 0);
    }
    assert_int_equal(transact(fd, 'R', 0xC0, NULL, answer + 1, answer[0] - 1U, 400), 0);
    assert_int_equal(sim_crc(answer, answer[0] - 2U), answer[answer[0] - 2] | answer[answer[0] - 1] << 8);
    memcpy(data, answer + 1, answer[0] - 3U);
    transact(fd, 'W', 0xC0, &idle, answer + 1, 1, 400);
    return answer[0] - 3U;
}

static struct server_plan plan_for(const char *listen)
{
    struct server_plan plan = {.listen = listen, .state = in_folder("state"), .echo = true};
    plan.chip.busy = CHIP_BUSY_VIRTUAL;
    return plan;
}

static void test_clients_in_turn(void **state)
{
    (void)state;
    char listen[140];
    char where[128];
    uint8_t serial[32];
    uint8_t seen[128];
    struct stat about;
    snprintf(listen, sizeof listen, "unix:%s", in_folder("link"));
    struct server_plan plan = plan_for(listen);
    plan.trace = in_folder("trace");
    pid_t child = start(&plan, where);
    assert_string_equal(where, listen);
    assert_int_equal(stat(in_folder("link"), &about), 0);
    assert_int_equal(about.st_mode & 077, 0); /* for this user only */
    int first = connect_to(where);
    int second = connect_to(where); /* waits until the first has gone */
    assert_int_equal(command(first, 0x02, 0x80, 0, NULL, 0, serial), 32);
    const uint8_t load[32] = {1};
    assert_int_equal(command(first, 0x16, 0x03, 0, load, 32, seen), 1);
    assert_int_equal(write(first, "W\xC0\x09", 3), 3); /* goes in the middle of a request */
    close(first);
    assert_int_equal(command(second, 0x30, 2, 0, NULL, 0, seen), 4);
    assert_int_equal(seen[1] & 0x80, 0x80); /* TempKey is what the first left */
    close(second);
    assert_true(WIFEXITED(stop(child, SIGTERM)));
    assert_int_equal(access(in_folder("link"), F_OK), -1);
    assert_int_equal(access(in_folder("trace"), F_OK), 0);
    child = start(&plan, where);
    first = connect_to(where);
    assert_int_equal(command(first, 0x02, 0x80, 0, NULL, 0, seen), 32);
    assert_memory_equal(seen, serial, 32); /* the same part */
    assert_int_equal(command(first, 0x30, 2, 0, NULL, 0, seen), 4);
    assert_int_equal(seen[1] & 0x80, 0); /* power was off */
    close(first);
    stop(child, SIGTERM);
}

static uint32_t counter(int fd, uint8_t mode)
{
    uint8_t data[256];
    assert_int_equal(command(fd, 0x24, mode, 1, NULL, 0, data), 4);
    return data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16;
}

/* kill -9 at any moment: every increment whose answer was read is there; at most the one under way is there as well. */
static void test_killed(void **state)
{
    (void)state;
    char listen[140];
    char where[128];
    uint8_t data[256];
    uint32_t last = 0;
    snprintf(listen, sizeof listen, "unix:%s", in_folder("link"));
    struct server_plan plan = plan_for(listen);
    pid_t child = start(&plan, where);
    int fd = connect_to(where);
    assert_int_equal(command(fd, 0x17, 0x80, 0, NULL, 0, data), 1);
    assert_int_equal(data[0], 0);
    for (unsigned round = 0; round < 12; round++) {
        uint8_t packet[9] = {0x03};
        uint8_t reply[16];
        const uint8_t zero = 0;
        for (unsigned i = 0; i <= round % 3; i++) {
            last = counter(fd, 1);
        }
        transact(fd, 'W', 0x00, &zero, reply, 1, 100);
        transact(fd, 'T', 0, NULL, reply, 2, 0);
        sim_packet(packet + 1, 0x24, 1, 1, NULL, 0);
        transact(fd, 'W', 0xC0, packet, reply, 8, 400);
        if (round % 2 == 1) { /* its time passes, its answer is never read */
            transact(fd, 'T', 0, NULL, reply, 25, 0);
        }
        assert_true(WIFSIGNALED(stop(child, SIGKILL)));
        close(fd);
        child = start(&plan, where); /* the socket that was left behind is no obstacle */
        fd = connect_to(where);
        uint32_t now = counter(fd, 0);
        assert_int_equal(now, last + round % 2);
    }
    close(fd);
    stop(child, SIGTERM);
}

/* In real time a command that nobody asks after is kept when its time is over. */
static void test_real_time(void **state)
{
    (void)state;
    char listen[140];
    char where[128];
    uint8_t reply[16];
    uint8_t packet[9] = {0x03};
    const uint8_t zero = 0;
    snprintf(listen, sizeof listen, "unix:%s", in_folder("link"));
    struct server_plan plan = plan_for(listen);
    plan.chip.busy = CHIP_BUSY_REAL;
    pid_t child = start(&plan, where);
    int fd = connect_to(where);
    uint32_t before = counter(fd, 0);
    transact(fd, 'W', 0x00, &zero, reply, 1, 100);
    usleep(5000);
    sim_packet(packet + 1, 0x24, 1, 1, NULL, 0);
    assert_int_equal(transact(fd, 'W', 0xC0, packet, reply, 8, 400), 0);
    assert_int_equal(transact(fd, 'R', 0xC0, NULL, reply, 1, 400), 1); /* busy for 25 ms */
    usleep(300000);
    stop(child, SIGKILL);
    close(fd);
    child = start(&plan, where);
    fd = connect_to(where);
    assert_int_equal(counter(fd, 0), before + 1);
    close(fd);
    stop(child, SIGTERM);
}

static void test_tcp(void **state)
{
    (void)state;
    char where[128];
    uint8_t data[128];
    struct server_plan plan = plan_for("tcp:127.0.0.1:0");
    pid_t child = start(&plan, where);
    assert_memory_equal(where, "tcp:127.0.0.1:", 14);
    assert_true(atoi(where + 14) > 0);
    int fd = connect_to(where);
    assert_int_equal(command(fd, 0x30, 0, 0, NULL, 0, data), 4);
    close(fd);
    stop(child, SIGTERM);
    static const char *const refused[] = {"tcp:0.0.0.0:0", "tcp:192.0.2.1:9", "tcp:127.0.0.1", "udp:127.0.0.1:1",
                                          "unix:"};
    for (size_t i = 0; i < 5; i++) {
        plan = plan_for(refused[i]);
        child = start(&plan, where);
        int status = stop(child, SIGTERM);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_int_equal(where[0], '\0');
    }
}

/* The single wire on a pseudo-terminal, twice: what one client did not finish does not hurt the next. */
static void test_pty(void **state)
{
    (void)state;
    char where[128];
    struct server_plan plan = plan_for("pty");
    plan.chip.bus = CHIP_SWI;
    plan.chip.busy = CHIP_BUSY_NONE;
    plan.state = in_folder("swi");
    pid_t child = start(&plan, where);
    assert_memory_equal(where, "/dev/", 5);
    for (unsigned times = 0; times < 2; times++) {
        static const uint8_t ask[9] = {0x00, 0x7D, 0x7D, 0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7F};
        uint8_t seen[41];
        int fd = connect_to(where);
        assert_int_equal(write(fd, ask, sizeof ask), sizeof ask);
        receive(fd, seen, sizeof seen);
        assert_memory_equal(seen, ask, sizeof ask); /* every value passes as it is, 0x00 too */
        static const uint8_t four[8] = {0x7D, 0x7D, 0x7F, 0x7D, 0x7D, 0x7D, 0x7D, 0x7D};
        assert_memory_equal(seen + 9, four, 8);
        assert_int_equal(write(fd, ask + 1, 3), 3);
        receive(fd, seen, 3);
        close(fd);
    }
    stop(child, SIGTERM);
}

/* The state file: one process at a time; what is no state is refused and left as it is. */
static void test_state_file(void **state)
{
    (void)state;
    uint8_t image[CHIP_IMAGE_SIZE + 1] = {1};
    uint8_t read_back[CHIP_IMAGE_SIZE];
    const char *why = NULL;
    struct state first;
    struct state second;
    struct stat about;
    unlink(in_folder("other"));
    assert_int_equal(state_open(&first, in_folder("other"), read_back, &why), STATE_MISSING);
    assert_int_equal(state_open(&second, in_folder("other"), read_back, &why), STATE_ERROR);
    assert_non_null(strstr(why, "another process"));
    assert_true(state_keep(&first, image));
    image[7] = 7;
    assert_true(state_keep(&first, image));
    assert_int_equal(stat(in_folder("other"), &about), 0);
    assert_int_equal(about.st_mode & 077, 0);
    state_close(&first);
    assert_int_equal(state_open(&first, in_folder("other"), read_back, &why), STATE_FOUND);
    assert_memory_equal(read_back, image, CHIP_IMAGE_SIZE);
    state_close(&first);
    for (size_t len = CHIP_IMAGE_SIZE - 1; len <= CHIP_IMAGE_SIZE + 1; len += 2) {
        FILE *file = fopen(in_folder("broken"), "w");
        assert_int_equal(fwrite(image, 1, len, file), len);
        fclose(file);
        assert_int_equal(state_open(&first, in_folder("broken"), read_back, &why), STATE_ERROR);
    }
    char where[128];
    struct server_plan plan = plan_for("pty");
    plan.state = in_folder("broken");
    int status = stop(start(&plan, where), SIGTERM);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(stat(in_folder("broken"), &about), 0);
    assert_int_equal(about.st_size, CHIP_IMAGE_SIZE + 1);
    plan.state = in_folder("no/such/folder");
    status = stop(start(&plan, where), SIGTERM);
    assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),     cmocka_unit_test(test_portions),
        cmocka_unit_test(test_echo),       cmocka_unit_test(test_clients_in_turn),
        cmocka_unit_test(test_killed),     cmocka_unit_test(test_real_time),
        cmocka_unit_test(test_tcp),        cmocka_unit_test(test_pty),
        cmocka_unit_test(test_state_file),
    };
    return cmocka_run_group_tests_name("sim server", tests, make_folder, remove_folder);
}
