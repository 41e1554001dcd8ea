/* sim/fault.h: faults on demand: a plan read from text, asked at each bus operation and each command.
 * Includes nothing but libc. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_NACK,     /* the operation is not acknowledged and has no effect */
    FAULT_LOST,     /* byte `value` is lost (the last one by default) */
    FAULT_CORRUPT,  /* one bit of byte `value` is wrong (of the middle one by default) */
    FAULT_LATE,     /* the chip is busy `value` ms longer */
    FAULT_STUCK,    /* busy until power goes */
    FAULT_RESET,    /* power fails in the middle of the command; at once if no command begins here */
    FAULT_WATCHDOG, /* the watchdog fires there */
    FAULT_STATUS    /* the command, or the wake, answers status `value` and does nothing */
};

/* How far a command had come when power failed. */
enum fault_cut { CUT_BEFORE, CUT_TORN, CUT_AFTER };

#define FAULT_DEFAULT 0xFFFFFFFFU

struct fault_hit {
    enum fault_kind kind;
    uint32_t value; /* FAULT_DEFAULT: not given; for FAULT_RESET and FAULT_WATCHDOG an enum fault_cut */
};

enum fault_where { WHERE_AT, WHERE_FROM, WHERE_EVERY, WHERE_CHANCE, WHERE_COMMAND };

struct fault_rule {
    struct fault_hit hit;
    enum fault_where where;
    uint32_t number;  /* of the operation, or of the command of that name; 0: each */
    char command[16]; /* lower case */
    uint32_t seen;    /* commands of that name so far */
};

#define FAULT_RULES 16

struct fault_plan {
    struct fault_rule rule[FAULT_RULES];
    size_t count;
    uint32_t worn;          /* bit n: slot n does not take writes any more */
    uint32_t worn_reported; /* bit n: and the chip notices */
    uint32_t worn_after[16];
    uint32_t watchdog_ms; /* 0: the typical time */
    uint64_t chance;      /* state of the rules by chance */
};

/* Reads a plan; NULL is the empty one. False: it cannot be read. */
bool fault_parse(struct fault_plan *plan, const char *text);
struct fault_hit fault_at_operation(struct fault_plan *plan, uint32_t operation);
struct fault_hit fault_at_command(struct fault_plan *plan, const char *name);
/* One more write to the slot, the `count`-th since it was new: does it hold? */
bool fault_slot_worn(const struct fault_plan *plan, unsigned slot, uint32_t count);
const char *fault_name(enum fault_kind kind);

#endif
