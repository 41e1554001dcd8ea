/* The store ports: what every store promises, on all of them; then each where it can go wrong. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "port/file/file.h"
#include "port/flash/flash.h"
#include "port/ram/ram.h"
#include "test/support/nor.h"
#include "test/support/store_fault.h"

/* The system calls that the file store depends on, each of which can be made to fail, or to be the process's last. */
static unsigned call_count;
static unsigned call_fail_at;
static unsigned call_die_at;
static char call_trace[64];

static bool call_fails(char name)
{
    size_t len = strlen(call_trace);
    if (len + 1 < sizeof call_trace)
        call_trace[len] = name;
    call_count++;
    if (call_count == call_die_at)
        _exit(0);
    if (call_count != call_fail_at)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (fd > STDERR_FILENO && call_fails('w'))
        return -1;
    return syscall(SYS_write, fd, bytes, len);
}

int fsync(int fd)
{
    struct stat about;
    bool directory = fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
    return call_fails(directory ? 'D' : 'f') ? -1 : (int)syscall(SYS_fsync, fd);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return call_fails('r') ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

static void calls_reset(void)
{
    call_count = call_fail_at = call_die_at = 0;
    memset(call_trace, 0, sizeof call_trace);
}

/* A directory of its own for each test that wants one. */
static char directory[64];
static char path_text[128];

static const char *path(const char *name)
{
    snprintf(path_text, sizeof path_text, "%s/%s", directory, name);
    return path_text;
}

static void directory_make(void)
{
    calls_reset();
    strcpy(directory, "/tmp/test_store.XXXXXX");
    assert_non_null(mkdtemp(directory));
}

static void directory_remove(void)
{
    static const char *const name[] = {"pair.0", "pair.1", "pair.new", "pair.lock", "other"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        if (unlink(path(name[i])) != 0)
            (void)rmdir(path(name[i]));
    }
    assert_int_equal(rmdir(directory), 0);
}

static struct troth_span bytes_of(const char *text)
{
    return (struct troth_span){(const uint8_t *)text, strlen(text)};
}

static int write_text(const struct troth_store *store, void *ctx, unsigned place, const char *text)
{
    struct troth_span part = bytes_of(text);
    return store->write(ctx, place, &part, 1);
}

static bool place_begins(const struct troth_store *store, void *ctx, unsigned place, const void *bytes, size_t len)
{
    struct troth_span there;
    assert_int_equal(store->view(ctx, place, &there), TROTH_OK);
    return there.len >= len && (len == 0 || memcmp(there.data, bytes, len) == 0);
}

static void assert_place(const struct troth_store *store, void *ctx, unsigned place, const char *text)
{
    assert_true(place_begins(store, ctx, place, text, strlen(text)));
}

/* --- What every store promises --------------------------------------------------------------------------------- */

/* Records of every length and cut in parts in many ways, beside a model of both places. */
static void run_against_model(const struct troth_store *store, void *ctx, size_t place_len, unsigned rounds)
{
    static uint8_t model[TROTH_STORE_PLACES][TROTH_FILE_PLACE_MAX];
    size_t model_len[TROTH_STORE_PLACES] = {0, 0};
    uint8_t fresh[TROTH_FILE_PLACE_MAX];
    uint32_t seed = 1;
    for (unsigned round = 0; round < rounds; round++) {
        unsigned place = round % 3 == 2 ? 0 : round % 2;
        size_t len = round * 7 % (place_len + 1);
        struct troth_span part[5];
        size_t at = 0;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525U + 1013904223U;
            fresh[i] = (uint8_t)(seed >> 24);
        }
        for (size_t i = 0; i < 4; i++) {
            size_t piece = i == 3 ? len - at : (len - at) * ((seed >> (8 * i)) % 5) / 4;
            part[i] = (struct troth_span){piece > 0 ? fresh + at : NULL, piece};
            at += piece;
        }
        /* The last part may lie in the other place. */
        struct troth_span other;
        assert_int_equal(store->view(ctx, 1 - place, &other), TROTH_OK);
        size_t borrowed = model_len[1 - place] < place_len - len ? model_len[1 - place] : place_len - len;
        part[4] = (struct troth_span){other.data, borrowed};
        assert_int_equal(store->write(ctx, place, part, 5), TROTH_OK);

        memcpy(model[place], fresh, len);
        memcpy(model[place] + len, model[1 - place], borrowed);
        model_len[place] = len + borrowed;
        assert_true(place_begins(store, ctx, 0, model[0], model_len[0]));
        assert_true(place_begins(store, ctx, 1, model[1], model_len[1]));
    }
}

static void run_promises(const struct troth_store *store, void *ctx, size_t place_len, unsigned rounds)
{
    struct troth_span view;
    struct troth_span again;
    uint8_t *filled = malloc(place_len + 1);
    assert_non_null(filled);
    memset(filled, 0x5A, place_len + 1);

    assert_int_equal(write_text(store, ctx, 0, "first"), TROTH_OK);
    assert_int_equal(store->view(ctx, 0, &view), TROTH_OK);
    assert_int_equal(write_text(store, ctx, 1, "second"), TROTH_OK);
    assert_int_equal(store->view(ctx, 0, &again), TROTH_OK);
    assert_ptr_equal(view.data, again.data); /* a view lasts until the next write to the same place */
    assert_place(store, ctx, 0, "first");
    assert_place(store, ctx, 1, "second");

    struct troth_span too_long[2] = {{filled, place_len}, {filled, 1}};
    assert_int_equal(store->write(ctx, 0, too_long, 2), TROTH_E_SPACE);
    struct troth_span overflowing[2] = {{filled, 2}, {filled, SIZE_MAX}};
    assert_int_equal(store->write(ctx, 0, overflowing, 2), TROTH_E_SPACE);
    assert_int_equal(store->view(ctx, 2, &view), TROTH_E_STATE);
    assert_int_equal(store->write(ctx, 2, too_long, 1), TROTH_E_STATE);
    assert_place(store, ctx, 0, "first");

    assert_int_equal(store->write(ctx, 0, too_long, 1), TROTH_OK); /* exactly full */
    assert_true(place_begins(store, ctx, 0, filled, place_len));
    assert_place(store, ctx, 1, "second");
    assert_int_equal(store->write(ctx, 0, NULL, 0), TROTH_OK); /* and empty */
    assert_false(place_begins(store, ctx, 0, filled, place_len));
    free(filled);
    assert_int_equal(write_text(store, ctx, 1, ""), TROTH_OK);
    run_against_model(store, ctx, place_len, rounds);
}

static void test_ram_promises(void **state)
{
    (void)state;
    uint8_t memory[2 * 300 + 1];
    struct troth_ram ram;
    memory[600] = 0xA5;
    troth_ram_open(&ram, memory, sizeof memory);
    run_promises(&troth_ram_store, &ram, 300, 1000);
    assert_int_equal(memory[600], 0xA5);
}

static void test_file_promises(void **state)
{
    (void)state;
    directory_make();
    static struct troth_file file;
    assert_int_equal(troth_file_open(&file, directory), TROTH_OK);
    run_promises(&troth_file_store, &file, TROTH_FILE_PLACE_MAX, 60);
    troth_file_close(&file);
    directory_remove();
}

/* Numbered geometries: sector size, sectors of a place, unit. */
static const struct {
    uint32_t sector_size;
    uint8_t place_sectors;
    uint32_t unit;
} geometry[] = {
    {512, 1, 1},  /* 1 */
    {256, 2, 2},  /* 2: SAMD-like, two rows */
    {1024, 1, 4}, /* 3: the 32 KiB device */
    {512, 2, 8},  /* 4: with ECC, 64-bit units */
    {384, 1, 12}, /* 5: no power of two */
    {512, 1, 16}, /* 6: the widest unit */
    {64, 5, 16},  /* 7: many small sectors */
};
#define GEOMETRIES (sizeof geometry / sizeof *geometry)
#define GUARD      2 /* sectors on both sides that the store must not touch */

static struct nor nor;

static struct troth_flash flash_make(size_t number, uint32_t seed)
{
    uint8_t sectors = geometry[number].place_sectors;
    nor_open(&nor, geometry[number].sector_size, 2U * sectors + 2 * GUARD, geometry[number].unit, seed);
    memset(nor.memory, 0x3C, GUARD * nor.sector_size);
    memset(nor.memory + (GUARD + 2U * sectors) * nor.sector_size, 0x3C, GUARD * nor.sector_size);
    return nor_flash(&nor, GUARD, sectors);
}

static void assert_nor_kept(const struct troth_flash *flash)
{
    if (nor.broken != NULL)
        fail_msg("%s", nor.broken);
    for (uint32_t i = 0; i < GUARD * nor.sector_size; i++) {
        assert_int_equal(nor.memory[i], 0x3C);
        assert_int_equal(nor.memory[(GUARD + 2U * flash->place_sectors) * nor.sector_size + i], 0x3C);
    }
}

static void test_flash_promises(void **state)
{
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        struct troth_flash flash = flash_make(g, 1);
        run_promises(&troth_flash_store, &flash, geometry[g].sector_size * geometry[g].place_sectors, 500);
        assert_nor_kept(&flash);
    }
}

/* --- Flash ----------------------------------------------------------------------------------------------------- */

static const char old_record[] = "the old record, which was there before and is a little longer than the new one";
static const char other_record[] = "the other place";
static const char new_record[] = "the new record: whole, or not at all reported";

enum disturbance { CUT, FAIL, LIE };

/* One write with its operation n disturbed. Whether the write went well. */
static bool flash_disturb(size_t number, enum disturbance kind, unsigned n, uint32_t seed)
{
    struct troth_flash flash = flash_make(number, seed);
    const struct troth_store *store = &troth_flash_store;
    assert_int_equal(write_text(store, &flash, 0, old_record), TROTH_OK);
    assert_int_equal(write_text(store, &flash, 1, other_record), TROTH_OK);
    static struct nor before;
    before = nor;
    nor_power_on(&nor);
    *(kind == CUT ? &nor.cut_at : kind == FAIL ? &nor.fail_at : &nor.lie_at) = n;

    int result = write_text(store, &flash, 0, new_record);
    size_t place_len = flash.place_sectors * flash.sector_size;
    size_t other = (size_t)(GUARD * flash.sector_size) + place_len;
    assert_memory_equal(nor.memory + other, before.memory + other, place_len);
    assert_nor_kept(&flash);
    if (result == TROTH_OK) {
        assert_place(store, &flash, 0, new_record);
        if (kind != LIE)
            assert_true(nor.operations < n);
        return true;
    }
    assert_int_equal(result, TROTH_E_STORE);
    assert_true(nor.operations >= n);
    if (kind == FAIL)
        assert_int_equal(nor.operations, n); /* nothing more is tried */

    nor_power_on(&nor);
    assert_place(store, &flash, 1, other_record);
    assert_int_equal(write_text(store, &flash, 0, new_record), TROTH_OK); /* a torn place heals by the next write */
    assert_place(store, &flash, 0, new_record);
    assert_place(store, &flash, 1, other_record);
    assert_nor_kept(&flash);
    return false;
}

static void sweep_flash(enum disturbance kind)
{
    unsigned cases = 0;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        unsigned units = (unsigned)((sizeof new_record - 1 + geometry[g].unit - 1) / geometry[g].unit);
        unsigned operations = geometry[g].place_sectors + units;
        for (unsigned n = 1; n <= operations; n++) {
            for (uint32_t seed = 1; seed <= 20; seed++, cases++) {
                bool well = flash_disturb(g, kind, n, seed * 7919);
                /* A lie in an erase is found out only where it matters to what is programmed. */
                if (kind != LIE || n > geometry[g].place_sectors)
                    assert_false(well);
            }
        }
        assert_true(flash_disturb(g, kind, operations + 1, 1));
    }
    print_message("           %u cases\n", cases);
}

static void test_flash_power_cut(void **state)
{
    (void)state;
    sweep_flash(CUT);
}

static void test_flash_operation_fails(void **state)
{
    (void)state;
    sweep_flash(FAIL);
}

static void test_flash_reads_back(void **state)
{
    (void)state;
    sweep_flash(LIE);
}

/* What is behind the record reads as erased, in the last unit as well: nothing old, nothing accidental. */
static void test_flash_pads(void **state)
{
    (void)state;
    for (size_t g = 0; g < GEOMETRIES; g++) {
        struct troth_flash flash = flash_make(g, 1);
        struct troth_span view;
        assert_int_equal(write_text(&troth_flash_store, &flash, 0, old_record), TROTH_OK);
        assert_int_equal(write_text(&troth_flash_store, &flash, 0, "seventeen letters"), TROTH_OK);
        assert_int_equal(troth_flash_store.view(&flash, 0, &view), TROTH_OK);
        for (size_t i = strlen("seventeen letters"); i < view.len; i++) {
            assert_int_equal(view.data[i], 0xFF);
        }
    }
}

static void test_flash_refuses_unit(void **state)
{
    (void)state;
    static const uint8_t wrong[] = {0, TROTH_FLASH_UNIT_MAX + 1, 255};
    for (size_t i = 0; i < sizeof wrong; i++) {
        struct troth_flash flash = flash_make(0, 1);
        flash.program_unit = wrong[i];
        assert_int_equal(write_text(&troth_flash_store, &flash, 0, "x"), TROTH_E_CONFIG);
        assert_int_equal(nor.operations, 0);
    }
}

/* The simulated flash itself refuses what real flash does not forgive. */
static void test_nor_is_strict(void **state)
{
    (void)state;
    static const uint8_t zeros[16] = {0};
    struct troth_flash flash = flash_make(3, 1);
    uint32_t first = GUARD * flash.sector_size;
    assert_int_equal(flash.erase(&nor, GUARD), 0);
    assert_int_equal(flash.program(&nor, first, zeros, 8), 0);
    assert_null(nor.broken);
    assert_int_not_equal(flash.program(&nor, first, zeros, 8), 0); /* twice */
    assert_non_null(nor.broken);
    const struct {
        uint32_t address;
        size_t len;
    } bad[] = {{first + 4, 8}, {first + 8, 4}, {first + 8, 16}, {flash.sector_size * nor.sectors, 8}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nor.broken = NULL;
        assert_int_not_equal(flash.program(&nor, bad[i].address, zeros, bad[i].len), 0);
        assert_non_null(nor.broken);
    }
    nor.broken = NULL;
    assert_int_not_equal(flash.erase(&nor, nor.sectors), 0);
    assert_non_null(nor.broken);
}

/* --- File ------------------------------------------------------------------------------------------------------ */

static struct troth_file file;
static const struct troth_store *const file_store = &troth_file_store;

static void file_make(void)
{
    directory_make();
    assert_int_equal(troth_file_open(&file, directory), TROTH_OK);
}

static void file_reopen(void)
{
    troth_file_close(&file);
    calls_reset();
    assert_int_equal(troth_file_open(&file, directory), TROTH_OK);
}

static void file_remove(void)
{
    troth_file_close(&file);
    directory_remove();
}

static size_t place_len(unsigned place)
{
    struct troth_span view;
    assert_int_equal(file_store->view(&file, place, &view), TROTH_OK);
    return view.len;
}

static void test_file_lasts(void **state)
{
    (void)state;
    struct stat about;
    file_make();
    assert_int_equal(place_len(0), 0);
    assert_int_equal(place_len(1), 0);
    assert_int_equal(write_text(file_store, &file, 1, "kept"), TROTH_OK);
    assert_string_equal(call_trace, "wfrD"); /* content, its fsync, rename, fsync of the directory: in this order */
    file_reopen();
    assert_int_equal(place_len(0), 0);
    assert_int_equal(place_len(1), 4);
    assert_place(file_store, &file, 1, "kept");
    assert_int_equal(stat(path("pair.1"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_not_equal(stat(path("pair.new"), &about), 0);
    file_remove();
}

/* Each system call of a write fails in turn. */
static void test_file_call_fails(void **state)
{
    (void)state;
    struct stat about;
    static const char calls[] = "wfrD";
    for (unsigned n = 1; n <= 4; n++) {
        file_make();
        assert_int_equal(write_text(file_store, &file, 0, old_record), TROTH_OK);
        assert_int_equal(write_text(file_store, &file, 1, other_record), TROTH_OK);
        calls_reset();
        call_fail_at = n;
        assert_int_equal(write_text(file_store, &file, 0, new_record), TROTH_E_STORE);
        assert_int_equal(errno, ENOSPC);
        assert_int_equal(call_trace[n - 1], calls[n - 1]);
        assert_int_not_equal(stat(path("pair.new"), &about), 0);
        /* What is shown is what is there; new only where nothing but the directory's fsync failed. */
        const char *expected = calls[n - 1] == 'D' ? new_record : old_record;
        for (int round = 0; round < 2; round++) {
            assert_int_equal(place_len(0), strlen(expected));
            assert_place(file_store, &file, 0, expected);
            assert_place(file_store, &file, 1, other_record);
            file_reopen();
        }
        assert_int_equal(write_text(file_store, &file, 0, new_record), TROTH_OK);
        file_remove();
    }
}

/* The process ends at each system call of a write in turn: the place is old or new, never torn. */
static void test_file_process_dies(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 5; n++) {
        file_make();
        assert_int_equal(write_text(file_store, &file, 0, old_record), TROTH_OK);
        assert_int_equal(write_text(file_store, &file, 1, other_record), TROTH_OK);
        troth_file_close(&file);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            if (troth_file_open(&file, directory) != TROTH_OK)
                _exit(1);
            calls_reset();
            call_die_at = n;
            _exit(write_text(file_store, &file, 0, new_record) == TROTH_OK ? 2 : 3);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(WEXITSTATUS(status), n <= 4 ? 0 : 2);
        assert_int_equal(troth_file_open(&file, directory), TROTH_OK); /* its lock died with it */
        const char *expected = n <= 3 ? old_record : new_record;       /* the fourth is the directory's fsync */
        assert_int_equal(place_len(0), strlen(expected));
        assert_place(file_store, &file, 0, expected);
        assert_place(file_store, &file, 1, other_record);
        assert_int_equal(write_text(file_store, &file, 0, "x"), TROTH_OK); /* what it left behind is in nobody's way */
        file_remove();
    }
}

/* A disk that takes only the first bytes. */
static void test_file_disk_full(void **state)
{
    (void)state;
    struct rlimit unlimited;
    file_make();
    assert_int_equal(write_text(file_store, &file, 0, old_record), TROTH_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < strlen(new_record); room += 11) {
        struct rlimit limit = {room, unlimited.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        int result = write_text(file_store, &file, 0, new_record);
        int why = errno;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
        assert_int_equal(result, TROTH_E_STORE);
        assert_int_equal(why, EFBIG);
        assert_place(file_store, &file, 0, old_record);
    }
    signal(SIGXFSZ, before);
    file_reopen();
    assert_place(file_store, &file, 0, old_record);
    file_remove();
}

static void test_file_lock(void **state)
{
    (void)state;
    file_make();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static struct troth_file second;
        _exit(troth_file_open(&second, directory) == TROTH_E_STATE ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 0);
    static struct troth_file same;
    assert_int_equal(troth_file_open(&same, directory), TROTH_E_STATE);
    assert_int_equal(write_text(file_store, &file, 0, "still mine"), TROTH_OK);
    troth_file_close(&file);
    assert_int_equal(troth_file_open(&same, directory), TROTH_OK);
    assert_place(file_store, &same, 0, "still mine");
    troth_file_close(&same);
    directory_remove();
}

static void test_file_bad_places(void **state)
{
    (void)state;
    static struct troth_file other;
    directory_make();
    /* 1: no such directory, or none at all */
    assert_int_equal(troth_file_open(&other, path("missing")), TROTH_E_STORE);
    assert_int_equal(errno, ENOENT);
    int fd = open(path("other"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(troth_file_open(&other, path("other")), TROTH_E_STORE);
    assert_int_equal(errno, ENOTDIR);
    /* 2: a place that cannot be read is not an empty one */
    assert_int_equal(mkdir(path("pair.0"), 0700), 0);
    assert_int_equal(troth_file_open(&other, directory), TROTH_E_STORE);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir(path("pair.0")), 0);
    /* 3: links are not followed, neither to read nor to write */
    assert_int_equal(symlink("other", path("pair.0")), 0);
    assert_int_equal(troth_file_open(&other, directory), TROTH_E_STORE);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(unlink(path("pair.0")), 0);
    assert_int_equal(symlink("other", path("pair.new")), 0);
    assert_int_equal(troth_file_open(&other, directory), TROTH_OK);
    assert_int_equal(write_text(file_store, &other, 0, "secret"), TROTH_E_STORE);
    struct stat about;
    assert_int_equal(stat(path("other"), &about), 0);
    assert_int_equal(about.st_size, 0);
    /* 4: which is out of the way then */
    assert_int_equal(write_text(file_store, &other, 0, "record"), TROTH_OK);
    troth_file_close(&other);
    /* 5: of a file that is too long the beginning is read */
    assert_int_equal(truncate(path("pair.1"), 0), -1);
    fd = open(path("pair.1"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, TROTH_FILE_PLACE_MAX + 100), 0);
    close(fd);
    assert_int_equal(troth_file_open(&other, directory), TROTH_OK);
    struct troth_span view;
    assert_int_equal(file_store->view(&other, 1, &view), TROTH_OK);
    assert_int_equal(view.len, TROTH_FILE_PLACE_MAX);
    troth_file_close(&other);
    directory_remove();
}

/* --- The faulty store of the sweeps ---------------------------------------------------------------------------- */

static void test_store_fault(void **state)
{
    (void)state;
    /* kind, stays broken -> the place begins with the new record, the next write works */
    static const struct {
        enum store_fault_kind kind;
        bool stays_broken;
        bool is_new;
        bool is_old;
    } row[] = {
        {STORE_REFUSES, false, false, true}, /* 1 */
        {STORE_REFUSES, true, false, true},  /* 2 */
        {STORE_TEARS, false, false, false},  /* 3 */
        {STORE_TEARS, true, false, false},   /* 4 */
        {STORE_DENIES, false, true, false},  /* 5 */
        {STORE_DENIES, true, true, false},   /* 6 */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t memory[400];
        struct troth_ram ram;
        troth_ram_open(&ram, memory, sizeof memory);
        struct store_fault fault = {.inner = &troth_ram_store,
                                    .inner_ctx = &ram,
                                    .kind = row[i].kind,
                                    .stays_broken = row[i].stays_broken,
                                    .fail_at = 2,
                                    .seed = 1};
        assert_int_equal(write_text(&store_fault, &fault, 0, old_record), TROTH_OK);
        assert_int_equal(write_text(&store_fault, &fault, 0, new_record), TROTH_E_STORE);
        assert_int_equal(place_begins(&store_fault, &fault, 0, new_record, strlen(new_record)), row[i].is_new);
        assert_int_equal(place_begins(&store_fault, &fault, 0, old_record, strlen(old_record)), row[i].is_old);
        assert_int_equal(write_text(&store_fault, &fault, 1, "x"), row[i].stays_broken ? TROTH_E_STORE : TROTH_OK);
        assert_int_equal(fault.operations, 3);
        fault.views_too = true;
        fault.fail_at = 4;
        struct troth_span view;
        assert_int_equal(store_fault.view(&fault, 0, &view), TROTH_E_STORE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ram_promises),
        cmocka_unit_test(test_file_promises),
        cmocka_unit_test(test_flash_promises),
        cmocka_unit_test(test_flash_power_cut),
        cmocka_unit_test(test_flash_operation_fails),
        cmocka_unit_test(test_flash_reads_back),
        cmocka_unit_test(test_flash_pads),
        cmocka_unit_test(test_flash_refuses_unit),
        cmocka_unit_test(test_nor_is_strict),
        cmocka_unit_test(test_file_lasts),
        cmocka_unit_test(test_file_call_fails),
        cmocka_unit_test(test_file_process_dies),
        cmocka_unit_test(test_file_disk_full),
        cmocka_unit_test(test_file_lock),
        cmocka_unit_test(test_file_bad_places),
        cmocka_unit_test(test_store_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
