/* store: the pairing record, in one of two places. */
#include "store.h"

#include <string.h>

/* version (1), reserved (1), length (2), generation (4), kids (4), certificate lengths (2), reserved (2). */
#define HEAD_LEN 16
#define VERSION  1

enum { AT_VERSION_AND_LEN = 0, AT_GENERATION = 4, AT_KIDS = 8, AT_CERT_LENS = 12 };

static uint32_t get_32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* The length, without the HMAC, of the record that stands in these bytes, by its form alone; 0 where there is none. */
static size_t record_len(struct troth_span bytes)
{
    const uint8_t *at = bytes.data;
    if (bytes.len < HEAD_LEN + TROTH_HASH_LEN) {
        return 0;
    }
    size_t len = HEAD_LEN + (size_t)at[AT_CERT_LENS] + at[AT_CERT_LENS + 1];
    if (get_32(at + AT_VERSION_AND_LEN) != ((uint32_t)VERSION << 24 | len) || len + TROTH_HASH_LEN > bytes.len) {
        return 0;
    }
    return len;
}

static void put_in_force(struct troth_stored *stored, const uint8_t *at)
{
    const uint8_t *kid = at + AT_KIDS;
    struct troth_span active = {at + HEAD_LEN, at[AT_CERT_LENS]};
    struct troth_span pending = {active.data + active.len, at[AT_CERT_LENS + 1]};
    stored->active = (struct troth_pin){active, kid[0], kid[1]};
    stored->pending = (struct troth_pin){pending, kid[2], kid[3]};
}

/* What binds a record to this device: the port's HMAC of the hash of these parts. */
static int bind(const struct store *store, const struct troth_span *part, size_t count, uint8_t mac[TROTH_HASH_LEN])
{
    const struct troth_port *port = store->port;
    int result = hash_spans(port, part, count, mac);
    return result == TROTH_OK ? port->call->hmac(port->ctx, mac, mac) : result;
}

/* store_look, and, where the record was `written` just now, the end of store_write: then it must be there, and is bound. */
static int load(const struct store *store, unsigned place, struct troth_stored *stored, bool written)
{
    struct troth_span body;
    uint8_t mac[TROTH_HASH_LEN];
    if (store->call->view(store->ctx, place, &body) != TROTH_OK) {
        return TROTH_E_STORE;
    }
    body.len = record_len(body);
    if (body.len == 0) {
        return written ? TROTH_E_STORE : TROTH_OK;
    }
    uint32_t generation = get_32(body.data + AT_GENERATION);
    if (!written) {
        if (generation <= stored->generation) {
            return TROTH_OK;
        }
        int result = bind(store, &body, 1, mac);
        if (result != TROTH_OK || !ct_equal(mac, body.data + body.len, sizeof mac)) {
            return result;
        }
    }
    put_in_force(stored, body.data);
    stored->generation = generation;
    stored->place = (uint8_t)place;
    return TROTH_OK;
}

int store_look(const struct store *store, unsigned place, struct troth_stored *stored)
{
    return load(store, place, stored, false);
}

static void put_head(uint8_t head[HEAD_LEN], uint32_t generation, const struct troth_pin *active,
                     const struct troth_pin *pending)
{
    size_t len = HEAD_LEN + active->cert.len + pending->cert.len;
    memset(head, 0, HEAD_LEN);
    put_32(head + AT_VERSION_AND_LEN, (uint32_t)VERSION << 24 | (uint32_t)len);
    put_32(head + AT_GENERATION, generation);
    head[AT_KIDS] = active->own_kid;
    head[AT_KIDS + 1] = active->peer_kid;
    head[AT_KIDS + 2] = pending->own_kid;
    head[AT_KIDS + 3] = pending->peer_kid;
    head[AT_CERT_LENS] = (uint8_t)active->cert.len;
    head[AT_CERT_LENS + 1] = (uint8_t)pending->cert.len;
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
    if (store->call->write(store->ctx, place, part, 4) != TROTH_OK) {
        return TROTH_E_STORE;
    }
    return load(store, place, stored, true);
}
