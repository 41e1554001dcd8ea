/* test/support/store_fault.c: any store, with an operation that goes wrong. */
#include "test/support/store_fault.h"

#include <assert.h>
#include <string.h>

/* Counts an operation: 0 it is sound, 1 it is the faulty one, 2 it comes after that and the power is gone. */
static int store_fault_count(struct store_fault *fault)
{
    fault->operations++;
    if (fault->fail_at == 0 || fault->operations < fault->fail_at)
        return 0;
    if (fault->operations == fault->fail_at)
        return 1;
    return fault->stays_broken ? 2 : 0;
}

static int store_fault_view(void *ctx, unsigned place, struct troth_span *bytes)
{
    struct store_fault *fault = ctx;
    if (fault->views_too && store_fault_count(fault) != 0)
        return TROTH_E_STORE;
    return fault->inner->view(fault->inner_ctx, place, bytes);
}

static void store_fault_tear(struct store_fault *fault, unsigned place, const struct troth_span *part, size_t count)
{
    uint8_t torn[STORE_FAULT_LEN_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        assert(len + part[i].len <= sizeof torn);
        if (part[i].len > 0)
            memcpy(torn + len, part[i].data, part[i].len);
        len += part[i].len;
    }
    fault->seed = fault->seed * 1664525U + 1013904223U;
    for (size_t i = len > 0 ? (fault->seed >> 8) % len : 0; i < len; i++) {
        fault->seed = fault->seed * 1664525U + 1013904223U;
        torn[i] = (uint8_t)(fault->seed >> 24);
    }
    struct troth_span whole = {torn, len};
    int result = fault->inner->write(fault->inner_ctx, place, &whole, 1);
    assert(result == TROTH_OK);
    (void)result;
}

static int store_fault_write(void *ctx, unsigned place, const struct troth_span *part, size_t count)
{
    struct store_fault *fault = ctx;
    switch (store_fault_count(fault)) {
    case 0:
        return fault->inner->write(fault->inner_ctx, place, part, count);
    case 1:
        if (fault->kind == STORE_TEARS)
            store_fault_tear(fault, place, part, count);
        if (fault->kind == STORE_DENIES)
            (void)fault->inner->write(fault->inner_ctx, place, part, count);
        return TROTH_E_STORE;
    default:
        return TROTH_E_STORE;
    }
}

const struct troth_store store_fault = {.view = store_fault_view, .write = store_fault_write};
