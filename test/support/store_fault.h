/* test/support/store_fault.h: any store, with an operation (a write or, if wished, a view) that goes wrong. */
#ifndef TROTH_TEST_STORE_FAULT_H
#define TROTH_TEST_STORE_FAULT_H

#include <troth/port.h>

#define STORE_FAULT_LEN_MAX 4096

enum store_fault_kind {
    STORE_REFUSES, /* nothing is written; TROTH_E_STORE */
    STORE_TEARS,   /* some first bytes are new, the rest is random; TROTH_E_STORE */
    STORE_DENIES   /* all is written, and yet TROTH_E_STORE */
};

/* Its address is the `ctx` of store_fault. */
struct store_fault {
    const struct troth_store *inner;
    void *inner_ctx;
    enum store_fault_kind kind;
    bool views_too;      /* count and fail views as well; a failing view just answers TROTH_E_STORE */
    bool stays_broken;   /* after the fault all operations fail: the power is gone */
    unsigned fail_at;    /* the operation that goes wrong, from 1; 0: none */
    unsigned operations; /* how many there were */
    uint32_t seed;
};

extern const struct troth_store store_fault;

#endif
