/* edhoc_rfc9529: the named values of RFC 9529, from test/vectors/rfc9529. */
#ifndef TROTH_TEST_EDHOC_RFC9529_H
#define TROTH_TEST_EDHOC_RFC9529_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFC9529_TEXT_MAX 120
#define RFC9529_LEN_MAX  400

struct rfc9529_value {
    char section[RFC9529_TEXT_MAX];
    char part[RFC9529_TEXT_MAX];
    char label[RFC9529_TEXT_MAX];
    char name[RFC9529_TEXT_MAX];
    uint8_t bytes[RFC9529_LEN_MAX];
    size_t len;
    unsigned checked; /* for the test: by whom */
};

struct rfc9529 {
    struct rfc9529_value *values;
    size_t count;
};

/* Reads the file; ends the program where it is not there or not as expected. */
struct rfc9529 rfc9529_open(const char *path);
void rfc9529_close(struct rfc9529 *rfc9529);

/* The value whose section, part, label and name begin with these; ends the program where there is not exactly one. */
struct rfc9529_value *rfc9529_find(const struct rfc9529 *rfc9529, const char *section, const char *part,
                                   const char *label, const char *name);

#endif
