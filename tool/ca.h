/* tool/ca.h: certification authorities in folders.
 *
 * A CA's folder holds key.pem (its private key), root.c509 (the root's certificate), of an issuing CA certificate.c509
 * (its own, signed by the root), profile (what the product family has decided), ledger, and devices/.
 * What fails says so itself, in one line. Includes cert.h, bytes.h, keys.h and files.h. */
#ifndef TROTH_TOOL_CA_H
#define TROTH_TOOL_CA_H

#include <troth/cert.h>

#include "port/openssl/openssl.h"
#include "src/bytes.h"
#include "tool/ca_ledger.h"
#include "tool/files.h"
#include "tool/keys.h"

#define CA_NAME_MAX    31 /* two names of this length still fit a certificate of TROTH_CERT_MAX bytes */
#define CA_NAME_LEN    (CA_NAME_MAX + 1)
#define CA_ITEM_MAX    (1 + 2 * (2 + TROTH_CERT_MAX)) /* a COSE_C509 item of two certificates */
#define CA_TAG_LEN     9
#define CA_KEY         "key.pem"
#define CA_ROOT        "root.c509"
#define CA_OWN         "certificate.c509"
#define CA_PROFILE     "profile"
#define CA_DEVICES     "devices"
#define CA_PROFILE_MAX 64

/* A file with one COSE_C509 item, and its certificates. */
struct ca_item {
    uint8_t bytes[CA_ITEM_MAX];
    size_t len;
    struct troth_span sequence[2];
    int count;
    struct troth_cert first; /* points into bytes: an item is not copied */
};

/* What signs: an open key, with the port that uses it. */
struct ca_signer {
    EVP_PKEY *key;
    struct troth_openssl state;
    struct troth_port port;
    uint8_t public_key[64];
    char id[KEYS_ID_LEN];
    char tag[CA_TAG_LEN]; /* the beginning of id: names the stages, which nobody else then uses */
};

struct ca {
    const char *dir;
    unsigned method; /* of EDHOC: 0 or 3 */
    struct ca_item root;
    struct ca_item own; /* the root's again where this is the root */
    bool is_root;
    char name[CA_NAME_LEN];
    struct ca_signer signer;
};

/* Reads a file that must hold a COSE_C509 item. */
bool ca_item_read(struct ca_item *item, const char *path);

/* Takes the key into the signer, which owns it from now on, even on failure. */
bool ca_signer_open(struct ca_signer *signer, EVP_PKEY *key);
void ca_signer_close(struct ca_signer *signer);

/* Opens a CA's folder: everything in it is read, and must fit together. */
bool ca_open(struct ca *ca, const char *dir);
void ca_close(struct ca *ca);

/* The keyUsage of devices under a method. */
uint16_t ca_device_usage(unsigned method);

/* The text of a profile; its length. */
size_t ca_profile(unsigned method, char out[CA_PROFILE_MAX]);

/* Makes a certificate: `content` without its serial number, which is drawn until `ledger` (NULL: none) does not hold
 * it. serial_hex tells it. The length of the sequence; 0 where it failed. */
size_t ca_certify(const struct ca_signer *signer, struct troth_cert_content content, const struct ledger *ledger,
                  uint8_t out[TROTH_CERT_MAX], char serial_hex[LEDGER_SERIAL_LEN]);

/* Is a certificate's signature that of this key? */
bool ca_signed_by(const struct troth_port *port, const struct troth_cert *cert, const uint8_t key[64]);

/* The COSE_C509 item of a certificate and, unless it is empty, the one above it; its length. */
size_t ca_item_write(struct troth_span first, struct troth_span second, uint8_t out[CA_ITEM_MAX]);

/* Does a name that comes from the command line fit a certificate, a ledger and a terminal? */
bool ca_name_fits(const char *name);

/* The time of the clock as an epoch, which must not lie before `last`; false where it does. */
bool ca_epoch_now(uint32_t last, uint32_t *epoch);

/* From a stage into the ledger, and only then into place: a certificate that somebody has is in the ledger. A run that
 * is cut in between leaves a line and a stage; a second run with the same arguments finds both, and completes. 0, or
 * EXIT_FAILURE. */
int ca_commit(const struct files_stage *stage, struct ledger *ledger, const struct ledger_entry *entry);

/* What to do where the ledger has an entry for this holder already: complete what a cut run staged, or say no. */
int ca_resume(const struct files_stage *stage, const struct ledger_entry *entry);

/* The subcommands' work. */
int ca_init_root(const char *dir, const char *name, unsigned method);
int ca_init_under(const char *dir, const char *root_dir, const char *name, const unsigned *method);

struct ca_order {
    const char *dir;
    const char *serial;
    const char *pubkey;    /* NULL: make a key */
    const char *out;       /* NULL: DIR/devices/SERIAL */
    const uint32_t *epoch; /* NULL: now */
};

int ca_issue(const struct ca_order *order);

#endif
