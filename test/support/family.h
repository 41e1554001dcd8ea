/* support/family: a product family for tests: a root, issuing CAs and device certificates, all made on the spot. */
#ifndef TROTH_TEST_FAMILY_H
#define TROTH_TEST_FAMILY_H

#include <troth/cert.h>

#include <openssl/evp.h>

#define FAMILY_ITEM_MAX (2 * TROTH_CERT_MAX + 8)

/* One certificate with its key: sequence is ~C509Certificate, item the COSE_C509 that is sent. */
struct holder {
    EVP_PKEY *key;
    uint8_t scalar[32];
    uint8_t name[32];
    size_t name_len;
    uint8_t sequence[TROTH_CERT_MAX];
    size_t sequence_len;
    uint8_t item[FAMILY_ITEM_MAX];
    size_t item_len;
};

struct family {
    struct holder root;
    struct holder line; /* an issuing CA; sequence_len 0: none */
    uint16_t device_usage;
    uint32_t seed;
};

/* A root called `name`, for method 0 or 3; with an issuing CA under it if `chain`. The same seed gives the same keys. */
void family_make(struct family *family, const char *name, int method, bool chain, uint32_t seed);
void family_free(struct family *family);

/* A device certificate. */
void family_issue(struct family *family, const char *serial, uint32_t epoch, struct holder *holder);
void holder_free(struct holder *holder);

#endif
