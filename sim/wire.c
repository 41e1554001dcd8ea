/* sim/wire.c: framing of i2c1 requests and replies, and the characters of swi. Includes libc and chip.h. */
#include "wire.h"

#include <string.h>

enum { STATUS_MALFORMED = 0xEE };

static unsigned get_pair(const uint8_t *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static void wire_send(struct wire *wire, const uint8_t *bytes, size_t len)
{
    if (len > 0 && chip_alive(wire->chip)) {
        wire->send(wire->ctx, bytes, len);
    }
}

/* The whole request is there: op, address, n, kHz, and for a write its n bytes. */
static void wire_transact(struct wire *wire)
{
    const uint8_t *request = wire->request;
    unsigned n = get_pair(request + 2);
    unsigned khz = get_pair(request + 4);
    unsigned status = CHIP_ACK;
    size_t len = 0;
    switch (request[0]) {
    case 'W':
        status = chip_i2c_write(wire->chip, request[1], request + WIRE_HEADER, n, khz);
        break;
    case 'R':
        status = chip_i2c_read(wire->chip, request[1], wire->reply + WIRE_REPLY, n, khz);
        len = status == CHIP_ACK ? n : 0;
        break;
    case 'K':
        chip_i2c_low(wire->chip, n);
        break;
    case 'P':
        chip_power_cycle(wire->chip);
        break;
    case 'T':
        chip_advance(wire->chip, n * 1000000ULL);
        break;
    default:
        status = STATUS_MALFORMED;
        break;
    }
    wire->reply[0] = (uint8_t)status;
    wire->reply[1] = (uint8_t)len;
    wire->reply[2] = (uint8_t)(len >> 8);
    wire_send(wire, wire->reply, WIRE_REPLY + len);
}

/* Bytes that the request in hand needs in all, as far as its header tells. */
static size_t wire_wanted(const struct wire *wire)
{
    bool payload = wire->have >= WIRE_HEADER && wire->request[0] == 'W';
    return WIRE_HEADER + (payload ? get_pair(wire->request + 2) : 0);
}

static void wire_feed_i2c1(struct wire *wire, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        size_t part = wire_wanted(wire) - wire->have;
        part = part < len ? part : len;
        memcpy(wire->request + wire->have, bytes, part);
        wire->have += part;
        bytes += part;
        len -= part;
        if (wire->have >= WIRE_HEADER && wire->have == wire_wanted(wire)) {
            wire_transact(wire);
            wire->have = 0;
        }
    }
}

static void wire_feed_swi(struct wire *wire, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t answer = chip_swi(wire->chip, bytes[i], wire->reply);
        if (wire->echo) {
            wire_send(wire, &bytes[i], 1);
        }
        wire_send(wire, wire->reply, answer);
    }
}

void wire_reset(struct wire *wire)
{
    wire->have = 0;
}

void wire_feed(struct wire *wire, const uint8_t *bytes, size_t len)
{
    if (wire->swi) {
        wire_feed_swi(wire, bytes, len);
    } else {
        wire_feed_i2c1(wire, bytes, len);
    }
}
