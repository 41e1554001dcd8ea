/* tool/pair_record.h: a pairing record in a file, as SPEC.md has it, for those who only look. Includes port.h. */
#ifndef TROTH_TOOL_PAIR_RECORD_H
#define TROTH_TOOL_PAIR_RECORD_H

#include <troth/port.h>

#define PAIR_RECORD_VERSION 1

/* The keys of both ends under which a pinned peer is named, and its certificate sequence; cert.len 0: nobody. */
struct pair_pin {
    struct troth_span cert;
    uint8_t own_kid;
    uint8_t peer_kid;
};

struct pair_record {
    uint32_t generation;
    struct pair_pin active;
    struct pair_pin pending;
    struct troth_span body; /* what the HMAC covers */
    struct troth_span mac;
};

/* Reads a record that fills `bytes`; false where it is none. */
bool pair_record_read(struct troth_span bytes, struct pair_record *record);

/* Was it written by the device with this store key? */
bool pair_record_is_of(const struct pair_record *record, const uint8_t store_key[32]);

#endif
