/* tool/demo_intruder: an attacker with the whole protocol at his command, but not with the keys. */
#define _POSIX_C_SOURCE 200809L
#include "tool/demo.h"

#include "tool/keys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define WINDOW_MS 600000
#define RESEND_MS 200 /* he is in a hurry */

static uint32_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

static bool read_item(struct ca_item *item, const char *dir, const char *name)
{
    char path[FILES_PATH_MAX];
    return files_path(path, dir, name) && ca_item_read(item, path);
}

static EVP_PKEY *read_key(const char *dir)
{
    char path[FILES_PATH_MAX];
    if (dir == NULL) {
        return keys_generate();
    }
    return files_path(path, dir, CA_KEY) ? keys_read_private(path) : NULL;
}

/* Reads his store, which is empty, and opens his window. */
static bool begin(struct intruder *intruder)
{
    struct troth_event event = {0};
    struct troth_span out;
    if (troth_open(&intruder->troth, &intruder->config, now_ms()) != TROTH_OK) {
        return false;
    }
    while (event.kind != TROTH_EVENT_OPENED) {
        if (event.kind == TROTH_EVENT_ABORTED || troth_poll(&intruder->troth, now_ms(), &out, &event) != TROTH_OK) {
            troth_close(&intruder->troth);
            return false;
        }
    }
    return troth_pair(&intruder->troth, now_ms(), WINDOW_MS) == TROTH_OK;
}

bool intruder_open(struct intruder *intruder, const char *certificate_dir, const char *key_dir, const char *root_dir,
                   enum troth_begin how)
{
    static const uint8_t store_key[32] = {1};
    memset(intruder, 0, sizeof *intruder);
    if (!read_item(&intruder->certificate, certificate_dir, CA_OWN) || !read_item(&intruder->root, root_dir, CA_ROOT)) {
        return false;
    }
    EVP_PKEY *key = read_key(key_dir);
    int result = key == NULL ? TROTH_E_CONFIG : troth_openssl_open(&intruder->crypto, key, store_key);
    EVP_PKEY_free(key);
    if (result != TROTH_OK) {
        return false;
    }
    troth_ram_open(&intruder->store, intruder->memory, sizeof intruder->memory);
    intruder->config = (struct troth_config){
        .port = {&troth_openssl, &intruder->crypto},
        .store = &troth_ram_store,
        .store_ctx = &intruder->store,
        .auth = &troth_edhoc_signature,
        .certs = {.root = {intruder->root.bytes, intruder->root.len},
                  .own = {intruder->certificate.bytes, intruder->certificate.len},
                  .key_usage = TROTH_USE_SIGN},
        .buffer = intruder->buffer,
        .buffer_len = sizeof intruder->buffer,
        .resend_ms = RESEND_MS,
        .begin = (uint8_t)how,
    };
    intruder->open = begin(intruder);
    if (!intruder->open) {
        troth_openssl_close(&intruder->crypto);
    }
    return intruder->open;
}

void intruder_close(struct intruder *intruder)
{
    if (intruder->open) {
        troth_close(&intruder->troth);
        troth_openssl_close(&intruder->crypto);
        intruder->open = false;
    }
}

/* He accepts whatever he can get. */
static void on_event(struct intruder *intruder, const struct troth_event *event)
{
    if (event->kind == TROTH_EVENT_WAITING) {
        intruder->got_in = true;
        troth_accept(&intruder->troth);
    }
}

void intruder_take(struct intruder *intruder, uint8_t *frame, size_t len)
{
    struct troth_event event;
    troth_receive(&intruder->troth, now_ms(), frame, len, &event);
    on_event(intruder, &event);
}

struct troth_span intruder_next(struct intruder *intruder)
{
    struct troth_span out;
    struct troth_event event;
    do {
        troth_poll(&intruder->troth, now_ms(), &out, &event);
        on_event(intruder, &event);
    } while (out.len == 0 && troth_wait_ms(&intruder->troth, now_ms()) == 0);
    return out;
}

int intruder_wait_ms(const struct intruder *intruder)
{
    uint32_t wait_ms = troth_wait_ms(&intruder->troth, now_ms());
    return wait_ms > INT32_MAX ? -1 : (int)wait_ms;
}
