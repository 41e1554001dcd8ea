/* test/support/flaky: a crypto port and a store with a fault in them: one operation fails, is cut by a loss of power, or a slow
 * chip asks to be asked again. Operations of all the wrappers that share a plan are counted together, from 1. */
#ifndef TROTH_TEST_FLAKY_H
#define TROTH_TEST_FLAKY_H

#include <troth/port.h>

#define FLAKY_WRITE_MAX 1024

enum flaky_kind {
    FLAKY_FAILS,  /* the operation does nothing and says so */
    FLAKY_DENIES, /* it is done, and yet it says that it failed */
    FLAKY_TEARS,  /* a write leaves a mixture of old, new and random bytes and says that it failed; others just fail */
    FLAKY_CUT_BEFORE, /* the power goes before the operation */
    FLAKY_CUT_WITHIN, /* in the middle of it: a write leaves a mixture */
    FLAKY_CUT_AFTER   /* when it is done */
};

struct flaky_plan {
    unsigned operations; /* how many there were */
    unsigned fault_at;   /* the one that goes wrong; 0: none */
    enum flaky_kind kind;
    uint32_t seed;
    bool spares_hashes; /* hashing and AES, which are many, go well and are not counted */
    bool struck;        /* it came to the fault */
};

struct flaky {
    const struct troth_crypto *crypto;
    void *crypto_ctx;
    const struct troth_store *store;
    void *store_ctx;
    struct flaky_plan *plan; /* NULL: all goes well */
    bool dead;               /* the power is gone: nothing works any more */
    unsigned public_key_operations;
    unsigned writes;
    unsigned forgets;
    unsigned again;        /* each operation that may be slow answers TROTH_AGAIN so many times first */
    unsigned asked;        /* how often the one that is outstanding was */
    const void *asked_for; /* which one that is */
    uint32_t asked_mark;   /* with which arguments */
    bool restless;         /* a repeated call was not the same call: port.h forbids it */
};

/* Both tables take a struct flaky as ctx. */
extern const struct troth_crypto flaky_crypto;
extern const struct troth_store flaky_store;

#endif
