/* tool/inspect.h: the kinds of files that `troth inspect` knows, and the report they fill.
 *
 * A new kind is a struct inspect_kind in a file of its own, and a line in the table of inspect.c. It describes what it
 * recognises once, as parts with their sizes; text and JSON are made from that. Includes port.h and cJSON.
 */
#ifndef TROTH_TOOL_INSPECT_H
#define TROTH_TOOL_INSPECT_H

#include <troth/port.h>

#include <cjson/cJSON.h>

struct inspect_options {
    const char *path;
    const char *root;      /* a file with a root's certificate, or NULL */
    const char *store_key; /* a file with a device's store key, or NULL */
};

struct inspect_kind {
    const char *name;

    /* Is it one? Cheap, and sure enough that no other kind can claim the same bytes. */
    bool (*recognise)(struct troth_span bytes);

    /* Fills the report; 0, or EXIT_FAILURE after having said why. */
    int (*describe)(struct troth_span bytes, const struct inspect_options *options, cJSON *report);
};

extern const struct inspect_kind inspect_certificate;
extern const struct inspect_kind inspect_pairing;
extern const struct inspect_kind inspect_message;
extern const struct inspect_kind inspect_record; /* the last: it says yes to much */

/* Adds a part of so many bytes to the report, or to another part. The value becomes the part's own (NULL: it consists
 * of parts); the note, NULL or words for people, is copied. */
cJSON *inspect_part(cJSON *parent, const char *name, size_t bytes, cJSON *value, const char *note);

/* Adds the fields of a certificate sequence that troth_cert_read takes. */
void inspect_certificate_fields(cJSON *parent, struct troth_span sequence);

/* Adds the outcome of a check. */
void inspect_verdict(cJSON *report, const char *check, bool passed, const char *words);

/* Bytes as a value, in hexadecimal. */
cJSON *inspect_hex(struct troth_span bytes);

/* Text as a value, with everything that a terminal might obey made harmless. */
cJSON *inspect_text(struct troth_span text);

#endif
