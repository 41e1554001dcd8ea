/* troth/cert.h: device certificates: natively signed C509 (draft-ietf-cose-cbor-encoded-cert), P-256 only.
 *
 * Laws
 *  - Memory: nothing is copied; a struct troth_cert points into the bytes it was read from.
 *  - A certificate is given as its unwrapped CBOR sequence (~C509Certificate) or, on the wire and in files, as a
 *    COSE_C509 item: a byte string holding that sequence, or an array of two (device, issuing CA).
 *  - Everything is read strictly: deterministic CBOR, one common name a Name, no surplus bytes. What the product
 *    family asks beyond that (SPEC.md) is a matter of troth_cert_verify.
 *  - Errors: TROTH_E_FORGED for bytes that are no certificate and for signatures that fail; TROTH_E_PEER for a genuine
 *    certificate that is not acceptable here; TROTH_E_CRYPTO where the port failed; TROTH_E_CONFIG where the root or
 *    one's own certificate does not fit.
 *  - Time: the library has none; notBefore is the epoch, a number that only grows from batch to batch.
 */
#ifndef TROTH_CERT_H
#define TROTH_CERT_H

#include <troth/port.h>

#define TROTH_CERT_MAX    192 /* the longest certificate sequence that is read */
#define TROTH_CERT_SERIAL 8   /* certificateSerialNumber: exactly so many bytes, the first not 0, in our profile */

/* keyUsage (draft 3.3): what a key may do; one key never does both of the first two. */
enum troth_key_usage { TROTH_USE_SIGN = 1, TROTH_USE_AGREE = 16, TROTH_USE_CERT_SIGN = 32, TROTH_USE_LIST_SIGN = 64 };

#define TROTH_NOT_A_CA (-2)       /* path_len of a device certificate */
#define TROTH_CA_ANY   (-1)       /* a CA without pathLenConstraint */
#define TROTH_NO_END   UINT32_MAX /* not_after where notAfter is null */

struct troth_cert {
    int8_t path_len;
    bool has_unknown;   /* it holds a critical extension that this library does not know: do not rely on it */
    uint16_t key_usage; /* 0 where the certificate does not say */
    uint32_t not_before;
    uint32_t not_after;
    struct troth_span tbs;        /* the first ten items: what the signature covers */
    struct troth_span serial;     /* certificateSerialNumber, without its head: 1 to 20 bytes */
    struct troth_span issuer;     /* encoded Name; empty where the issuer is the subject */
    struct troth_span subject;    /* encoded Name: the serial number that is printed on the device, or the CA's name */
    struct troth_span public_key; /* 02 or 03 and x, or 04, x and y */
    struct troth_span signature;  /* 64 bytes */
};

/* Reads one certificate sequence of at most TROTH_CERT_MAX bytes. */
int troth_cert_read(struct troth_span sequence, struct troth_cert *cert);

/* The certificates of a COSE_C509 item: 1 or 2 sequences into `sequence`; their number, or TROTH_E_FORGED. */
int troth_cert_split(struct troth_span item, struct troth_span sequence[2]);

/* The subject's public key as X || Y. Takes a square root where the certificate holds a compressed key: slow on a
 * small device. TROTH_E_FORGED where the point is not on the curve. */
int troth_cert_key(const struct troth_cert *cert, uint8_t key[64]);

/* A Name's text or bytes as printable ASCII for people (bytes as lowercase hexadecimal, tag 48 as an EUI-64),
 * NUL-terminated in `out` of `cap` bytes (at least 1); shortened if need be, anything unprintable replaced by '?'. */
void troth_cert_name(struct troth_span name, char *out, size_t cap);

/* What a peer's certificate must fit. */
struct troth_cert_rules {
    struct troth_span root; /* the trust anchor: a COSE_C509 item with one self-signed certificate */
    struct troth_span own;  /* one's own COSE_C509 item: its holder is refused as a peer; empty: nobody is */
    uint32_t floor;         /* the smallest notBefore that is accepted of a device */
    uint16_t key_usage;     /* TROTH_USE_SIGN or TROTH_USE_AGREE */
};

/* A check under way; zero it to begin. */
struct troth_cert_check {
    uint8_t steps_left; /* private */
    uint8_t key_at[3];  /* private */
    uint8_t key[64];    /* when the check is done: the device's public key */
};

/* Checks a peer's COSE_C509 item: device <- (issuing CA <-) root. Everything cheap in the first call: form, profile,
 * names, keyUsage, basicConstraints, floor, oneself; then at most one slow operation a call, TROTH_AGAIN in between: the
 * square root of the root's key where that is compressed, then a signature and a square root for each certificate.
 * The same arguments, and the same bytes in them, until the answer is another one: later calls read no certificate
 * again. The first one fills in `device`, which points into `item` and counts when the answer is TROTH_OK. The root is
 * trusted as it stands: its signature is not looked at. */
int troth_cert_verify(const struct troth_port *port, const struct troth_cert_rules *rules, struct troth_span item,
                      struct troth_cert_check *check, struct troth_cert *device);

/* What goes into a new certificate. Names are given encoded. A device's keyUsage is written as the single int, not
 * critical; a CA's keyUsage and basicConstraints as a pair, both critical. */
struct troth_cert_content {
    struct troth_span serial;
    struct troth_span issuer; /* empty: self-signed */
    struct troth_span subject;
    struct troth_span public_key; /* as in struct troth_cert */
    uint32_t not_before;
    uint32_t not_after; /* TROTH_NO_END in our profile */
    uint16_t key_usage;
    int8_t path_len;
};

/* Writes the first ten items, to be signed (ECDSA over their SHA-256) and completed. The length, or TROTH_E_SPACE. */
int troth_cert_write_tbs(const struct troth_cert_content *content, uint8_t *out, size_t cap);

/* Appends the signature to a tbs of tbs_len bytes that stands in `out`. The sequence's length, or TROTH_E_SPACE. */
int troth_cert_append_signature(uint8_t *out, size_t cap, size_t tbs_len, const uint8_t signature[64]);

/* Encodes text as a Name with a single common name, in its shortest form (draft 3.1: an even number of hexadecimal
 * lowercase digits as bytes, an EUI-64 as tag 48). The length, or TROTH_E_SPACE. */
int troth_cert_write_name(const char *text, uint8_t *out, size_t cap);

#endif
