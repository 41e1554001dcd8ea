/* store: the pairing record, in one of two places. Includes bytes.h and troth/private.h.
 * Invariant: the place in force is never written; the other one is, whole, with the next generation and an HMAC, under
 * the port's key, of its SHA-256. So a cut leaves the old record or the new one. The bytes are in SPEC.md. */
#ifndef TROTH_SRC_STORE_H
#define TROTH_SRC_STORE_H

#include <troth/private.h>

#include "bytes.h"

/* A store with the port whose key binds it to the device. */
struct store {
    const struct troth_store *call;
    void *ctx;
    const struct troth_port *port;
};

/* Looks at one place: if it holds a whole record of this device with a higher generation than `stored`, that one is
 * now in force. TROTH_AGAIN as the port's hmac. Zero `stored`, then look at each place in turn. */
int store_look(const struct store *store, unsigned place, struct troth_stored *stored);

/* Makes {active, pending} durable and puts it in force. The pins' certificates may lie in the place in force. TROTH_AGAIN:
 * again with the same arguments; TROTH_E_STORE: look at both places afresh to know what is stored. */
int store_write(const struct store *store, struct troth_stored *stored, const struct troth_pin *active,
                const struct troth_pin *pending);

#endif
