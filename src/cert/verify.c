/* cert/verify: a peer's certificate against the root and the rules of the product family. Includes cert.h, c509.h and
 * bytes.h.
 * Invariant: whatever needs no public-key operation is checked before the first one. */
#include <troth/cert.h>

#include "bytes.h"
#include "cert/c509.h"

/* The sequences from the device up to the root: device, (issuing CA,) root. */
#define DEVICE    0
#define CHAIN_MAX 4 /* one more than is good: a root's item that holds two certificates */

/* The product profile (SPEC.md), for every certificate. */
static bool fits_profile(const struct troth_cert *cert)
{
    return cert->serial.len == TROTH_CERT_SERIAL && cert->not_after == TROTH_NO_END && !cert->has_unknown;
}

/* May it issue, with so many further CAs below it? As an unsigned number TROTH_CA_ANY is above all of them. */
static bool is_issuer(const struct troth_cert *cert, unsigned below)
{
    return cert->path_len != TROTH_NOT_A_CA && (unsigned)cert->path_len >= below &&
           (cert->key_usage & TROTH_USE_CERT_SIGN) != 0;
}

static bool is_device(const struct troth_cert *cert, const struct troth_cert_rules *rules)
{
    return cert->path_len == TROTH_NOT_A_CA && cert->key_usage == rules->key_usage && cert->not_before >= rules->floor;
}

/* The same key (the same x: its holder has both points) or the same subject as one's own. */
static int is_other(const struct troth_cert *device, const struct troth_cert_rules *rules)
{
    struct troth_span sequence[2];
    struct troth_cert own;
    if (rules->own.len == 0) {
        return TROTH_OK;
    }
    if (troth_cert_split(rules->own, sequence) < 0 || troth_cert_read(sequence[0], &own) != TROTH_OK) {
        return TROTH_E_CONFIG;
    }
    if (ct_equal(device->public_key.data + 1, own.public_key.data + 1, TROTH_POINT_LEN / 2)) {
        return TROTH_E_PEER;
    }
    return span_equal(device->subject, own.subject) ? TROTH_E_PEER : TROTH_OK;
}

/* All that is cheap, from the root down. Leaves the device's certificate in *cert, and in *check where the keys are. */
static int check_chain(const struct troth_cert_rules *rules, const struct troth_span *chain, unsigned root,
                       struct troth_cert_check *check, struct troth_cert *cert)
{
    struct troth_span issuer = span(NULL, 0);
    for (unsigned i = root + 1; i-- > DEVICE;) {
        int result = troth_cert_read(chain[i], cert);
        if (result != TROTH_OK) {
            return i == root ? TROTH_E_CONFIG : result;
        }
        bool fits = i == DEVICE ? is_device(cert, rules) : is_issuer(cert, i - 1);
        if (!fits || !fits_profile(cert) || !span_equal(cert->issuer, issuer)) {
            return TROTH_E_PEER;
        }
        issuer = cert->subject;
        check->key_at[i] = (uint8_t)(cert->public_key.data - chain[i].data);
    }
    return is_other(cert, rules);
}

/* A certificate that was read ends in its signature, a byte string with a head of two bytes. */
static int check_signature(const struct troth_port *port, struct troth_span sequence, const uint8_t key[64])
{
    uint8_t hash[TROTH_HASH_LEN];
    struct troth_span tbs = span(sequence.data, sequence.len - C509_SIGNATURE_ITEM_LEN);
    int result = port->call->sha256(port->ctx, &tbs, 1, hash);
    if (result != TROTH_OK) {
        return result;
    }
    return port->call->verify(port->ctx, key, hash, tbs.data + tbs.len + 2);
}

/* The next of 2 n + 1 steps with n certificates: step 2 i + 1 takes the key of chain[i], step 2 i + 2 checks the
 * signature of chain[i] by the key above. True in *slow: a small device felt it. */
static int take_step(const struct troth_port *port, const struct troth_span *chain, struct troth_cert_check *check,
                     bool *slow)
{
    unsigned i = (check->steps_left - 1U) / 2;
    *slow = true;
    if (check->steps_left % 2 == 0) {
        return check_signature(port, chain[i], check->key);
    }
    const uint8_t *point = chain[i].data + check->key_at[i];
    *slow = *point != C509_UNCOMPRESSED;
    return cert_take_key(point, check->key);
}

int troth_cert_verify(const struct troth_port *port, const struct troth_cert_rules *rules, struct troth_span item,
                      struct troth_cert_check *check, struct troth_cert *device)
{
    struct troth_span chain[CHAIN_MAX];
    int root = troth_cert_split(item, chain);
    if (root < 0) {
        return root;
    }
    if (troth_cert_split(rules->root, chain + root) != 1) {
        return TROTH_E_CONFIG;
    }
    if (check->steps_left == 0) {
        int result = check_chain(rules, chain, (unsigned)root, check, device);
        if (result != TROTH_OK) {
            return result;
        }
        check->steps_left = (uint8_t)(2 * root + 1);
    }
    bool slow;
    do {
        int result = take_step(port, chain, check, &slow);
        if (result != TROTH_OK) {
            return check->steps_left > 2 * root ? TROTH_E_CONFIG : result;
        }
        check->steps_left--;
    } while (!slow && check->steps_left > 0);
    return check->steps_left == 0 ? TROTH_OK : TROTH_AGAIN;
}
