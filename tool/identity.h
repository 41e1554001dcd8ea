/* tool/identity.h: who a device is: the three files that `troth ca issue` puts into its folder, held against each other.
 *
 * What fails says so itself, in one line. Includes the tool's files and keys, and troth.h. Nothing here writes. */
#ifndef TROTH_TOOL_IDENTITY_H
#define TROTH_TOOL_IDENTITY_H

#include <troth/troth.h>

#include "tool/ca.h"

struct identity {
    EVP_PKEY *key;
    struct ca_item certificate; /* the device's, and the issuing CA's where there is one */
    struct ca_item root;
    char serial[CA_NAME_LEN]; /* the number that is printed on the device */
};

/* Reads DIR/certificate.c509, root.c509 and key.pem: the certificate is a device's, issued under the root, and the key is
 * its key. The struct needs freeing only after true. */
bool identity_load(struct identity *identity, const char *dir);
void identity_free(struct identity *identity);

/* Fills in what troth_open asks of a device of this family: auth and certs, which point into the identity. */
void identity_configure(const struct identity *identity, struct troth_config *config);

/* The subject of a certificate sequence, for people; "?" where it is none. */
void identity_name(struct troth_span sequence, char name[CA_NAME_LEN]);

#endif
