/* store: the pairing record, in one of two places. */
#include "store.h"

#include <string.h>

/* version, pins, length (2), generation (4), kids (4), certificate lengths (2), reserved (2). */
#define HEAD_LEN 16
#define VERSION  1

enum { AT_VERSION = 0, AT_LEN = 2, AT_GENERATION = 4, AT_KIDS = 8, AT_CERT_LENS = 12 };

static uint32_t get_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The record that stands in these bytes, by its form alone. The length without the HMAC; 0 where there is none. */
static size_t parse(struct troth_span bytes, struct troth_stored *stored)
{
    const uint8_t *at = bytes.data;
    if (bytes.len < HEAD_LEN + TROTH_HASH_LEN || at[AT_VERSION] != VERSION) {
        return 0;
    }
    size_t len = HEAD_LEN + (size_t)at[AT_CERT_LENS] + at[AT_CERT_LENS + 1];
    if (len != ((size_t)at[AT_LEN] << 8 | at[AT_LEN + 1]) || len + TROTH_HASH_LEN > bytes.len) {
        return 0;
    }
    stored->generation = get_32(at + AT_GENERATION);
    stored->active = (struct troth_pin){{at + HEAD_LEN, at[AT_CERT_LENS]}, at[AT_KIDS], at[AT_KIDS + 1]};
    stored->pending =
        (struct troth_pin){{at + HEAD_LEN + at[AT_CERT_LENS], at[AT_CERT_LENS + 1]}, at[AT_KIDS + 2], at[AT_KIDS + 3]};
    return len;
}

/* What binds a record to this device: the port's HMAC of the hash of these parts. */
static int bind(const struct store *store, const struct troth_span *part, size_t count, uint8_t mac[TROTH_HASH_LEN])
{
    const struct troth_port *port = store->port;
    int result = port->call->sha256(port->ctx, part, count, mac);
    return result == TROTH_OK ? port->call->hmac(port->ctx, mac, mac) : result;
}

int store_look(const struct store *store, unsigned place, struct troth_stored *stored)
{
    struct troth_span bytes;
    struct troth_stored found = {.place = (uint8_t)place};
    uint8_t mac[TROTH_HASH_LEN];
    if (store->call->view(store->ctx, place, &bytes) != TROTH_OK) {
        return TROTH_E_STORE;
    }
    size_t len = parse(bytes, &found);
    if (len == 0 || found.generation <= stored->generation) {
        return TROTH_OK;
    }
    struct troth_span body = span(bytes.data, len);
    int result = bind(store, &body, 1, mac);
    if (result == TROTH_OK && ct_equal(mac, bytes.data + len, sizeof mac)) {
        *stored = found;
    }
    return result;
}

static void put_head(uint8_t head[HEAD_LEN], uint32_t generation, const struct troth_pin *active,
                     const struct troth_pin *pending)
{
    size_t len = HEAD_LEN + active->cert.len + pending->cert.len;
    const uint8_t bytes[HEAD_LEN] = {VERSION,
                                     0,
                                     (uint8_t)(len >> 8),
                                     (uint8_t)len,
                                     (uint8_t)(generation >> 24),
                                     (uint8_t)(generation >> 16),
                                     (uint8_t)(generation >> 8),
                                     (uint8_t)generation,
                                     active->own_kid,
                                     active->peer_kid,
                                     pending->own_kid,
                                     pending->peer_kid,
                                     (uint8_t)active->cert.len,
                                     (uint8_t)pending->cert.len};
    memcpy(head, bytes, HEAD_LEN);
}

int store_write(const struct store *store, struct troth_stored *stored, const struct troth_pin *active,
                const struct troth_pin *pending)
{
    uint8_t head[HEAD_LEN];
    uint8_t mac[TROTH_HASH_LEN];
    unsigned place = stored->place ^ 1U;
    put_head(head, stored->generation + 1, active, pending);
    const struct troth_span part[] = {{head, sizeof head}, active->cert, pending->cert, {mac, sizeof mac}};
    int result = bind(store, part, 3, mac);
    if (result != TROTH_OK) {
        return result;
    }
    struct troth_span bytes;
    if (store->call->write(store->ctx, place, part, 4) != TROTH_OK ||
        store->call->view(store->ctx, place, &bytes) != TROTH_OK || parse(bytes, stored) == 0) {
        return TROTH_E_STORE;
    }
    stored->place = (uint8_t)place;
    return TROTH_OK;
}
