/* cert/verify: a peer's certificate against the root and the rules of the product family. Includes cert.h and bytes.h.
 * Invariant: whatever needs no public-key operation is checked before the first one. */
#include <troth/cert.h>

#include "bytes.h"

/* The certificate at a level of the chain: 0 the root, then the peer's from the issuing CA down to the device. */
static int read_level(const struct troth_cert_rules *rules, const struct troth_span *sequence, unsigned count,
                      unsigned level, struct troth_cert *cert)
{
    struct troth_span root[2];
    if (level > 0) {
        return troth_cert_read(sequence[count - level], cert);
    }
    if (troth_cert_split(rules->root, root) != 1 || troth_cert_read(root[0], cert) != TROTH_OK) {
        return TROTH_E_CONFIG;
    }
    return TROTH_OK;
}

/* The product profile (SPEC.md), for every certificate. */
static bool fits_profile(const struct troth_cert *cert)
{
    return cert->serial.len == TROTH_CERT_SERIAL && cert->not_after == TROTH_NO_END && !cert->has_unknown;
}

/* May it issue, with so many further CAs below it? */
static bool is_issuer(const struct troth_cert *cert, unsigned below)
{
    if (cert->path_len == TROTH_NOT_A_CA || (cert->key_usage & TROTH_USE_CERT_SIGN) == 0) {
        return false;
    }
    return cert->path_len == TROTH_CA_ANY || (unsigned)cert->path_len >= below;
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

/* All that is cheap, from the root down. */
static int check_chain(const struct troth_cert_rules *rules, const struct troth_span *sequence, unsigned count,
                       struct troth_cert *cert)
{
    struct troth_span issuer = {0};
    for (unsigned level = 0; level <= count; level++) {
        int result = read_level(rules, sequence, count, level, cert);
        if (result != TROTH_OK) {
            return result;
        }
        bool fits = level < count ? is_issuer(cert, count - 1 - level) : is_device(cert, rules);
        if (!fits || !fits_profile(cert) || !span_equal(cert->issuer, issuer)) {
            return TROTH_E_PEER;
        }
        issuer = cert->subject;
    }
    return is_other(cert, rules);
}

static int check_signature(const struct troth_port *port, const struct troth_cert *cert, const uint8_t key[64])
{
    uint8_t hash[TROTH_HASH_LEN];
    int result = port->call->sha256(port->ctx, &cert->tbs, 1, hash);
    if (result != TROTH_OK) {
        return result;
    }
    return port->call->verify(port->ctx, key, hash, cert->signature.data);
}

/* One step of the chain. Step 2 n + 1 takes the key of level n, step 2 n checks the signature of level n by the key of
 * the level above. True in *slow: a small device felt it. */
static int take_step(const struct troth_port *port, const struct troth_cert *cert, struct troth_cert_check *check,
                     bool *slow)
{
    *slow = true;
    if (check->step % 2 == 0) {
        return check_signature(port, cert, check->key);
    }
    *slow = cert->public_key.data[0] != 4;
    int result = troth_cert_key(cert, check->key);
    return result != TROTH_OK && check->step == 1 ? TROTH_E_CONFIG : result;
}

int troth_cert_verify(const struct troth_port *port, const struct troth_cert_rules *rules, struct troth_span item,
                      struct troth_cert_check *check, struct troth_cert *device)
{
    struct troth_span sequence[2];
    int count = troth_cert_split(item, sequence);
    if (count < 0) {
        return count;
    }
    if (check->step == 0) {
        int result = check_chain(rules, sequence, (unsigned)count, device);
        if (result != TROTH_OK) {
            return result;
        }
        check->step = 1;
    }
    for (;;) {
        bool slow;
        int result = read_level(rules, sequence, (unsigned)count, check->step / 2, device);
        if (result == TROTH_OK) {
            result = take_step(port, device, check, &slow);
        }
        if (result != TROTH_OK || check->step > 2 * count) {
            return result;
        }
        check->step++;
        if (slow) {
            return TROTH_AGAIN;
        }
    }
}
