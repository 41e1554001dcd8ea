/* sim/fault.c: the text of a fault plan, and when its rules strike. Includes nothing but libc.
 *
 *   plan  = rule *("," rule)
 *   rule  = kind "@" where ["=" value] | "worn=" slot [":" writes] [":report"] | "watchdog=" ms
 *   where = n | n "-" | "%" n | "~" n | command [":" n]
 */
#include "fault.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum fault_kind kind;
} kinds[] = {{"nack", FAULT_NACK},   {"lost", FAULT_LOST},   {"corrupt", FAULT_CORRUPT},   {"late", FAULT_LATE},
             {"stuck", FAULT_STUCK}, {"reset", FAULT_RESET}, {"watchdog", FAULT_WATCHDOG}, {"status", FAULT_STATUS}};

#define KINDS (sizeof kinds / sizeof kinds[0])

const char *fault_name(enum fault_kind kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].name;
        }
    }
    return "none";
}

static bool read_number(const char **text, int base, uint32_t *number)
{
    char *end = NULL;
    if (!isxdigit((unsigned char)**text)) {
        return false;
    }
    unsigned long value = strtoul(*text, &end, base);
    if (end == *text || value > 0x7FFFFFFF) {
        return false;
    }
    *text = end;
    *number = (uint32_t)value;
    return true;
}

static bool read_word(const char **text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*text, word, len) != 0) {
        return false;
    }
    *text += len;
    return true;
}

static bool read_command(struct fault_rule *rule, const char **text)
{
    size_t len = 0;
    while (isalpha((unsigned char)**text) && len < sizeof rule->command - 1) {
        rule->command[len++] = (char)tolower((unsigned char)*(*text)++);
    }
    rule->where = WHERE_COMMAND;
    if (read_word(text, ":")) {
        return len > 0 && read_number(text, 10, &rule->number) && rule->number > 0;
    }
    return len > 0;
}

static bool read_where(struct fault_rule *rule, const char **text)
{
    if (isalpha((unsigned char)**text)) {
        return read_command(rule, text);
    }
    if (read_word(text, "%")) {
        rule->where = WHERE_EVERY;
    } else if (read_word(text, "~")) {
        rule->where = WHERE_CHANCE;
    }
    if (!read_number(text, 10, &rule->number) || rule->number == 0) {
        return false;
    }
    if (rule->where == WHERE_AT && read_word(text, "-")) {
        rule->where = WHERE_FROM;
    }
    return true;
}

static bool read_value(struct fault_rule *rule, const char **text)
{
    bool cut = rule->hit.kind == FAULT_RESET || rule->hit.kind == FAULT_WATCHDOG;
    rule->hit.value = cut ? CUT_BEFORE : FAULT_DEFAULT;
    if (!read_word(text, "=")) {
        return rule->hit.kind != FAULT_LATE && rule->hit.kind != FAULT_STATUS;
    }
    if (!cut) {
        return read_number(text, rule->hit.kind == FAULT_STATUS ? 16 : 10, &rule->hit.value);
    }
    if (read_word(text, "torn")) {
        rule->hit.value = CUT_TORN;
    } else if (read_word(text, "after")) {
        rule->hit.value = CUT_AFTER;
    } else {
        return read_word(text, "before");
    }
    return true;
}

static bool read_worn(struct fault_plan *plan, const char **text)
{
    uint32_t slot = 0;
    if (!read_number(text, 10, &slot) || slot > 15) {
        return false;
    }
    plan->worn |= 1U << slot;
    if (read_word(text, ":report")) {
        plan->worn_reported |= 1U << slot;
        return true;
    }
    if (!read_word(text, ":")) {
        return true;
    }
    if (!read_number(text, 10, &plan->worn_after[slot])) {
        return false;
    }
    if (read_word(text, ":report")) {
        plan->worn_reported |= 1U << slot;
    }
    return true;
}

static bool read_rule(struct fault_plan *plan, const char **text)
{
    if (read_word(text, "worn=")) {
        return read_worn(plan, text);
    }
    if (read_word(text, "watchdog=")) {
        return read_number(text, 10, &plan->watchdog_ms) && plan->watchdog_ms > 0;
    }
    if (plan->count == FAULT_RULES) {
        return false;
    }
    struct fault_rule *rule = &plan->rule[plan->count++];
    for (size_t i = 0; i < KINDS; i++) {
        if (read_word(text, kinds[i].name)) {
            rule->hit.kind = kinds[i].kind;
            return read_word(text, "@") && read_where(rule, text) && read_value(rule, text);
        }
    }
    return false;
}

bool fault_parse(struct fault_plan *plan, const char *text)
{
    memset(plan, 0, sizeof *plan);
    plan->chance = 1;
    if (text == NULL || *text == '\0') {
        return true;
    }
    do {
        if (!read_rule(plan, &text)) {
            return false;
        }
    } while (read_word(&text, ","));
    return *text == '\0';
}

/* A plain generator (splitmix64): the faults by chance come the same way each time. */
static bool chance_of(struct fault_plan *plan, uint32_t one_in)
{
    uint64_t z = plan->chance += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return (z ^ z >> 31) % one_in == 0;
}

struct fault_hit fault_at_operation(struct fault_plan *plan, uint32_t operation)
{
    struct fault_hit hit = {FAULT_NONE, FAULT_DEFAULT};
    for (size_t i = 0; i < plan->count; i++) {
        const struct fault_rule *rule = &plan->rule[i];
        bool strikes = (rule->where == WHERE_AT && operation == rule->number) ||
                       (rule->where == WHERE_FROM && operation >= rule->number) ||
                       (rule->where == WHERE_EVERY && operation % rule->number == 0) ||
                       (rule->where == WHERE_CHANCE && chance_of(plan, rule->number));
        if (strikes && hit.kind == FAULT_NONE) {
            hit = rule->hit;
        }
    }
    return hit;
}

static bool same_name(const char *lower, const char *name)
{
    size_t len = strlen(lower);
    for (size_t i = 0; i < len; i++) {
        if (tolower((unsigned char)name[i]) != lower[i]) {
            return false;
        }
    }
    return name[len] == '\0';
}

struct fault_hit fault_at_command(struct fault_plan *plan, const char *name)
{
    struct fault_hit hit = {FAULT_NONE, FAULT_DEFAULT};
    for (size_t i = 0; i < plan->count; i++) {
        struct fault_rule *rule = &plan->rule[i];
        if (rule->where != WHERE_COMMAND || !same_name(rule->command, name)) {
            continue;
        }
        rule->seen++;
        if ((rule->number == 0 || rule->number == rule->seen) && hit.kind == FAULT_NONE) {
            hit = rule->hit;
        }
    }
    return hit;
}

bool fault_slot_worn(const struct fault_plan *plan, unsigned slot, uint32_t count)
{
    return (plan->worn >> slot & 1) != 0 && count > plan->worn_after[slot];
}
