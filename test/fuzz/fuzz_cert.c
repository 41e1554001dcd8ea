/* Arbitrary bytes as a COSE_C509 item and as a certificate sequence: whatever is read lies within them, and what is
 * written from it is what was read. */
#include <troth/cert.h>

#include <stdlib.h>
#include <string.h>

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void must_lie_within(struct troth_span inner, struct troth_span outer)
{
    must(inner.data >= outer.data && inner.len <= outer.len);
    must((size_t)(inner.data - outer.data) <= outer.len - inner.len);
}

static void must_be_a_name(struct troth_span name, struct troth_span sequence)
{
    char full[2 * TROTH_CERT_MAX];
    char cut[8];
    must_lie_within(name, sequence);
    must(name.len > 1);
    troth_cert_name(name, full, sizeof full);
    troth_cert_name(name, cut, sizeof cut);
    must(strlen(full) > 0 && strlen(full) < sizeof full - 1);
    must(strncmp(full, cut, sizeof cut - 1) == 0 && strlen(cut) < sizeof cut);
    for (const char *c = full; *c != 0; c++) {
        must(*c >= 0x20 && *c < 0x7f);
    }
}

/* Certificates of the two shapes that are written come out as they went in. */
static void must_round_trip(const struct troth_cert *cert, struct troth_span sequence)
{
    uint8_t out[TROTH_CERT_MAX];
    const struct troth_cert_content content = {
        .serial = cert->serial,
        .issuer = cert->issuer,
        .subject = cert->subject,
        .public_key = cert->public_key,
        .not_before = cert->not_before,
        .not_after = cert->not_after,
        .key_usage = cert->key_usage,
        .path_len = cert->path_len,
    };
    int tbs_len = troth_cert_write_tbs(&content, out, sizeof out);
    if (tbs_len < 0 || (size_t)tbs_len != cert->tbs.len || cert->key_usage == 0) {
        return;
    }
    size_t shared = (size_t)(cert->public_key.data + cert->public_key.len - sequence.data);
    must(memcmp(out, sequence.data, shared) == 0);
    must(troth_cert_append_signature(out, sizeof out, (size_t)tbs_len, cert->signature.data) == (int)sequence.len);
    must(memcmp(out + tbs_len, sequence.data + tbs_len, sequence.len - (size_t)tbs_len) == 0);
}

static void read_sequence(struct troth_span sequence)
{
    struct troth_cert cert;
    uint8_t key[64];
    int result = troth_cert_read(sequence, &cert);
    must(result == TROTH_OK || result == TROTH_E_FORGED);
    if (result != TROTH_OK) {
        return;
    }
    must(sequence.len <= TROTH_CERT_MAX);
    must(cert.tbs.data == sequence.data && cert.tbs.len + 66 == sequence.len);
    must(cert.serial.len >= 1 && cert.serial.len <= 20 && cert.serial.data[0] != 0);
    must_lie_within(cert.serial, cert.tbs);
    must_lie_within(cert.public_key, cert.tbs);
    must(cert.signature.len == 64);
    must_lie_within(cert.signature, sequence);
    must(cert.path_len >= TROTH_NOT_A_CA && cert.key_usage < 0x200);
    must_be_a_name(cert.subject, cert.tbs);
    if (cert.issuer.len > 0) {
        must_be_a_name(cert.issuer, cert.tbs);
    }
    must_round_trip(&cert, sequence);
    if (troth_cert_key(&cert, key) == TROTH_OK) {
        must(memcmp(key, cert.public_key.data + 1, 32) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct troth_span item = {data, size};
    struct troth_span sequence[2];
    int count = troth_cert_split(item, sequence);
    must(count == 1 || count == 2 || count == TROTH_E_FORGED);
    for (int i = 0; i < count; i++) {
        must_lie_within(sequence[i], item);
        must(sequence[i].len >= 1 && sequence[i].len <= TROTH_CERT_MAX);
        read_sequence(sequence[i]);
    }
    read_sequence(item);
    return 0;
}
