/* test_edhoc_trace: RFC 9529, the trace "Authentication with Static DH, CCS Identified by 'kid'", byte for byte and
 * in both roles: cipher suite negotiation, messages 1 to 4, and every value in between. What the library keeps to
 * itself is seen through a spy before the crypto port: each hash with its input, so each HMAC with its key; each
 * block of AES with its key; each shared secret.
 *
 * Of the 111 values of this trace 104 are compared. The others are listed in NOT_COMPARED; whatever is in neither
 * set fails the last test. */
#include "test/support/edhoc_pair.h"
#include "test/support/edhoc_rfc9529.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECTION        "Authentication with Static DH"
#define COUNT          111
#define COMPARED_COUNT 104
#define AAD_LEN        45

/* An integer of the COSE registry, written in decimal; and the key update, which this library does not offer. */
static const struct {
    const char *part;
    const char *name;
} NOT_COMPARED[] = {
    {"OSCORE Parameters", "Application AEAD Algorithm (int)"},
    {"Key Update", "context for KeyUpdate (Raw Value) (16 bytes)"},
    {"Key Update", "context for KeyUpdate (CBOR Data Item) (17 bytes)"},
    {"Key Update", "PRK_out after KeyUpdate (Raw Value) (32 bytes)"},
    {"Key Update", "PRK_exporter after KeyUpdate (Raw Value) (32 bytes)"},
    {"Key Update", "OSCORE Master Secret after KeyUpdate (Raw Value) (16 bytes)"},
    {"Key Update", "OSCORE Master Salt after KeyUpdate (Raw Value) (8 bytes)"},
};

static struct rfc9529 trace;

typedef struct rfc9529_value value;

static value *get(const char *part, const char *name)
{
    return rfc9529_find(&trace, SECTION, part, "", name);
}

static value *get_labelled(const char *part, const char *label, const char *name)
{
    return rfc9529_find(&trace, SECTION, part, label, name);
}

static struct troth_span bytes(const value *v)
{
    return (struct troth_span){v->bytes, v->len};
}

/* ---- Ways to compare; each marks what it has compared ---- */

static void is(value *v, const uint8_t *data, size_t len)
{
    assert_int_equal(v->len, len);
    assert_memory_equal(v->bytes, data, len);
    v->checked = 1;
}

/* `outer` holds it there; outer is compared elsewhere. */
static void stands_in(value *v, const value *outer, size_t at)
{
    assert_true(at + v->len <= outer->len);
    assert_memory_equal(v->bytes, outer->bytes + at, v->len);
    v->checked = 1;
}

static void hashes(const struct spy *spy, value *in, value *out)
{
    const struct spy_record *found = spy_hash(spy, in->bytes, in->len);
    assert_non_null(found);
    is(out, found->out, 32);
    in->checked = 1;
}

/* out = HKDF-Extract( salt, ikm ) was computed. */
static void extracts(const struct spy *spy, value *salt, value *ikm, value *out)
{
    const uint8_t *mac = spy_mac(spy, bytes(salt), bytes(ikm));
    assert_non_null(mac);
    is(out, mac, 32);
    salt->checked = 1;
    ikm->checked = 1;
}

/* out = HKDF-Expand( prk, info, length of out ) was computed; out is at most one block. */
static void expands(const struct spy *spy, value *prk, value *info, value *out)
{
    uint8_t message[RFC9529_LEN_MAX + 1];
    memcpy(message, info->bytes, info->len);
    message[info->len] = 1;
    const uint8_t *mac = spy_mac(spy, bytes(prk), (struct troth_span){message, info->len + 1});
    assert_non_null(mac);
    assert_in_range(out->len, 1, 32);
    is(out, mac, out->len);
    prk->checked = 1;
    info->checked = 1;
}

/* The ephemeral or identity key agreed on this secret with that peer. */
static void agrees(const struct spy *spy, enum troth_key name, const value *peer_x, value *secret)
{
    for (size_t i = 0; i < spy->count; i++) {
        const struct spy_record *at = &spy->records[i];
        if (at->call == SPY_AGREE && at->name == name && memcmp(at->in, peer_x->bytes, 32) == 0) {
            is(secret, at->out, at->out_len);
            return;
        }
    }
    fail_msg("no agreement for %s", secret->name);
}

/* A generated key has this x, and one y of the two. */
static void generates(const struct spy *spy, value *scalar, value *x, value *y)
{
    for (size_t i = 0; i < spy->count; i++) {
        const struct spy_record *at = &spy->records[i];
        if (at->call == SPY_GENERATE && memcmp(at->out, x->bytes, 32) == 0) {
            is(x, at->out, 32);
            if (y != NULL) {
                is(y, at->out + 32, 32);
            }
            scalar->checked = 1;
            return;
        }
    }
    fail_msg("no ephemeral key for %s", x->name);
}

/* The identity key that was made of this scalar is this point. */
static void is_pair(value *scalar, value *x, value *y, const uint8_t key[64])
{
    is(x, key, 32);
    is(y, key + 32, 32);
    scalar->checked = 1;
}

/* The AES calls under this key are CCM (RFC 3610, 2.2) over this nonce, this associated data and this plaintext of
 * at most one block: B_0, three blocks of associated data, the last one with the next counter block, then where
 * there is text that with the tag's. */
static void seals(const struct spy *spy, value *key, value *iv, value *aad, const value *text)
{
    const struct spy_record *call[8];
    size_t count = 0;
    uint8_t first[16] = {0x40 | (8 - 2) / 2 << 3 | 1};
    uint8_t behind[48] = {0, AAD_LEN};
    uint8_t padded[16] = {0};
    for (size_t i = 0; i < spy->count && count < 8; i++) {
        if (spy->records[i].call == SPY_AES128 && memcmp(spy->records[i].key, key->bytes, 16) == 0) {
            call[count++] = &spy->records[i];
        }
    }
    assert_int_equal(count, text == NULL ? 4 : 5);
    assert_int_equal(iv->len, 13);
    memcpy(first + 1, iv->bytes, 13);
    first[15] = text == NULL ? 0 : (uint8_t)text->len;
    assert_memory_equal(call[0]->in, first, 16);
    assert_int_equal(aad->len, AAD_LEN);
    memcpy(behind + 2, aad->bytes, AAD_LEN);
    for (size_t i = 0; i < sizeof behind; i++) {
        assert_int_equal(call[1 + i / 16]->in[i % 16] ^ call[i / 16]->out[i % 16], behind[i]);
    }
    if (text != NULL) {
        memcpy(padded, text->bytes, text->len);
        for (size_t i = 0; i < sizeof padded; i++) {
            assert_int_equal(call[4]->in[i] ^ call[3]->out[i], padded[i]);
        }
    }
    key->checked = 1;
    iv->checked = 1;
    aad->checked = 1;
}

/* ---- The exchange, as the trace tells it ---- */

static struct pair pair;
static const uint8_t suites_i[] = {6, 2};
static const uint8_t suites_r[] = {2};

static void open_identity(struct party *party, const value *scalar, const value *cred, const value *kid_map)
{
    static const uint8_t store_key[32] = {0};
    EVP_PKEY *identity = troth_openssl_key(scalar->bytes);
    assert_non_null(identity);
    troth_openssl_close(&party->openssl);
    assert_int_equal(troth_openssl_open(&party->openssl, identity, store_key), TROTH_OK);
    assert_int_equal(troth_openssl_public_key(identity, party->key), TROTH_OK);
    EVP_PKEY_free(identity);
    party->own.id.value = (struct troth_span){kid_map->bytes + 3, 1};
    party->own.body = bytes(cred);
}

static int open_pair(void **state)
{
    (void)state;
    trace = rfc9529_open(TROTH_VECTORS "/rfc9529/rfc9529.json");
    value *c_i = get("message_1 (first time)", "C_I (Raw");
    value *c_r = get("message_2", "C_R (raw");
    const struct pair_setup setup = {.method = 3,
                                     .suites = {suites_i, suites_r},
                                     .suites_len = {sizeof suites_i, sizeof suites_r},
                                     .cid = {bytes(c_i), bytes(c_r)}};
    pair_open(&pair, &setup);
    struct party *i = &pair.party[TROTH_INITIATOR];
    struct party *r = &pair.party[TROTH_RESPONDER];
    open_identity(i, get("message_3", "SK_I"), get("message_3", "CRED_I"), get("message_3", "ID_CRED_I"));
    open_identity(r, get("message_2", "SK_R"), get("message_2", "CRED_R"), get("message_2", "ID_CRED_R"));
    i->known = r->own;
    r->known = i->own;
    pair.checks_id = true;
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    pair_close(&pair);
    rfc9529_close(&trace);
    return 0;
}

static void test_message_1_first(void **state)
{
    (void)state;
    const char *part = "message_1 (first time)";
    struct party *i = &pair.party[TROTH_INITIATOR];
    value *x = get(part, "X (");
    value *g_x = get(part, "G_X (Raw");
    value *message = get(part, "message_1");
    troth_openssl_fix_ephemeral(&i->openssl, x->bytes);
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    is(message, pair.wire, pair.wire_len);
    generates(&i->spy, x, g_x, NULL);
    stands_in(get(part, "METHOD"), message, 0);
    stands_in(get(part, "SUITES_I"), message, 1);
    stands_in(get(part, "G_X (CBOR"), message, 2);
    stands_in(g_x, message, 4);
    stands_in(get(part, "C_I (CBOR"), message, 36);
    is(get(part, "C_I (Raw"), i->profile.cid.data, i->profile.cid.len);
}

static void test_error(void **state)
{
    (void)state;
    struct party *i = &pair.party[TROTH_INITIATOR];
    struct party *r = &pair.party[TROTH_RESPONDER];
    value *error = get("error", "error");
    uint8_t out[8];
    int code;
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_E_SUITE);
    int len = troth_edhoc_make_error(&r->profile, 2, NULL, out, sizeof out);
    is(error, out, (size_t)len);
    stands_in(get("error", "SUITES_R"), error, 1);
    assert_int_equal(troth_edhoc_take_error(&i->session, out, (size_t)len, &code), TROTH_OK);
    assert_int_equal(code, 2);
    troth_edhoc_begin(&r->session, &r->profile, TROTH_RESPONDER, 0);
    spy_clear(&i->spy);
    spy_clear(&r->spy);
}

static void test_message_1_second(void **state)
{
    (void)state;
    const char *part = "message_1 (second time)";
    struct party *i = &pair.party[TROTH_INITIATOR];
    value *x = get(part, "X (");
    value *g_x = get(part, "G_X (Raw");
    value *message = get(part, "message_1");
    i->profile.cid = bytes(get(part, "C_I (Raw")); /* the trace takes another one now */
    troth_openssl_fix_ephemeral(&i->openssl, x->bytes);
    assert_int_equal(pair_do(&pair, CALL_MAKE_1, NULL), TROTH_OK);
    is(message, pair.wire, pair.wire_len);
    generates(&i->spy, x, g_x, get_labelled(part, "Initiator's ephemeral public key, one 'y'", "(Raw"));
    stands_in(get(part, "METHOD"), message, 0);
    stands_in(get(part, "SUITES_I"), message, 1);
    stands_in(get(part, "G_X (CBOR"), message, 4);
    stands_in(g_x, message, 6);
    stands_in(get(part, "C_I (CBOR"), message, 38);
    is(get(part, "C_I (Raw"), i->profile.cid.data, i->profile.cid.len);
    stands_in(get(part, "EAD_1"), message, message->len);
    assert_int_equal(get(part, "EAD_1")->len, 0);
}

static void test_message_2(void **state)
{
    (void)state;
    const char *part = "message_2";
    struct party *i = &pair.party[TROTH_INITIATOR];
    struct party *r = &pair.party[TROTH_RESPONDER];
    value *y = get(part, "Y (");
    value *message = get(part, "message_2");
    value *plaintext = get(part, "PLAINTEXT_2");
    assert_int_equal(pair_do(&pair, CALL_TAKE_1, NULL), TROTH_OK);
    troth_openssl_fix_ephemeral(&r->openssl, y->bytes);
    assert_int_equal(pair_do(&pair, CALL_MAKE_2, NULL), TROTH_OK);
    is(message, pair.wire, pair.wire_len);
    generates(&r->spy, y, get(part, "G_Y (Raw"),
              get_labelled(part, "Responder's ephemeral public key, one 'y'", "(Raw"));
    stands_in(get(part, "CIPHERTEXT_2"), message, 2 + 32);
    is(get(part, "C_R (raw"), r->profile.cid.data, r->profile.cid.len);
    assert_int_equal(pair_do(&pair, CALL_TAKE_2, NULL), TROTH_OK);
    is(plaintext, pair.wire + 2 + 32, pair.wire_len - 2 - 32); /* decrypted in place */
    stands_in(get(part, "C_R (CBOR"), plaintext, 0);
    stands_in(get(part, "MAC_2 (CBOR"), plaintext, 2);
    stands_in(get(part, "Signature_or_MAC_2 (CBOR"), plaintext, 2);
    stands_in(get(part, "Signature_or_MAC_2 (Raw"), plaintext, 3);
    assert_int_equal(pair_do(&pair, CALL_VERIFY_2, NULL), TROTH_OK);
    is_pair(get(part, "SK_R"), get_labelled(part, "Responder's public authentication key, 'x'", "(Raw"),
            get_labelled(part, "Responder's public authentication key, 'y'", "(Raw"), r->key);
    assert_int_equal(troth_edhoc_suite(&i->session), 2);
}

static void test_message_3(void **state)
{
    (void)state;
    const char *part = "message_3";
    struct party *i = &pair.party[TROTH_INITIATOR];
    value *message = get(part, "message_3");
    value *plaintext = get(part, "PLAINTEXT_3");
    assert_int_equal(pair_do(&pair, CALL_MAKE_3, NULL), TROTH_OK);
    is(message, pair.wire, pair.wire_len);
    stands_in(get(part, "CIPHERTEXT_3"), message, 1);
    assert_int_equal(pair_do(&pair, CALL_TAKE_3, NULL), TROTH_OK);
    is(plaintext, pair.wire + 1, pair.wire_len - 1 - 8);
    stands_in(get(part, "MAC_3 (CBOR"), plaintext, 1);
    stands_in(get(part, "Signature_or_MAC_3 (CBOR"), plaintext, 1);
    stands_in(get(part, "Signature_or_MAC_3 (Raw"), plaintext, 2);
    assert_int_equal(pair_do(&pair, CALL_VERIFY_3, NULL), TROTH_OK);
    is_pair(get(part, "SK_I"), get_labelled(part, "Initiator's public authentication key, 'x'", "(Raw"),
            get_labelled(part, "Initiator's public authentication key, 'y'", "(Raw"), i->key);
}

static void test_message_4(void **state)
{
    (void)state;
    value *message = get("message_4", "message_4");
    assert_int_equal(pair_do(&pair, CALL_MAKE_4, NULL), TROTH_OK);
    is(message, pair.wire, pair.wire_len);
    stands_in(get("message_4", "CIPHERTEXT_4"), message, 1);
    assert_int_equal(pair_do(&pair, CALL_TAKE_4, NULL), TROTH_OK);
}

static void test_export(void **state)
{
    (void)state;
    const char *part = "OSCORE Parameters";
    for (unsigned role = 0; role < 2; role++) {
        struct troth_edhoc *session = &pair.party[role].session;
        struct troth_span cid = troth_edhoc_peer_cid(session);
        uint8_t out[16];
        assert_int_equal(troth_edhoc_export(session, 0, (struct troth_span){NULL, 0}, out, 16), TROTH_OK);
        is(get(part, "OSCORE Master Secret"), out, 16);
        assert_int_equal(troth_edhoc_export(session, 1, (struct troth_span){NULL, 0}, out, 8), TROTH_OK);
        is(get(part, "OSCORE Master Salt"), out, 8);
        is(get(part, role == TROTH_INITIATOR ? "Client's OSCORE Sender ID" : "Server's OSCORE Sender ID"), cid.data,
           cid.len);
    }
}

/* ---- What happened inside, on each side ---- */

static void check_message_2(const struct spy *spy, unsigned role)
{
    const char *part = "message_2";
    bool is_initiator = role == TROTH_INITIATOR;
    value *th_2_input = get(part, "Input to calculate TH_2");
    value *th_3_input = get("message_3", "Input to calculate TH_3");
    value *context = get(part, "context_2 (CBOR Sequence");
    value *info = get(part, "info for MAC_2");
    value *prk_2e = get(part, "PRK_2e");
    value *g_x = get("message_1 (second time)", "G_X (Raw");
    value *g_y = get(part, "G_Y (Raw");
    value *pk_r = get_labelled(part, "Responder's public authentication key, 'x'", "(Raw");
    hashes(spy, get("message_1 (second time)", "message_1"), get(part, "H(message_1) (Raw"));
    hashes(spy, th_2_input, get(part, "TH_2 (Raw"));
    stands_in(get(part, "G_Y (CBOR"), th_2_input, 0);
    stands_in(get(part, "H(message_1) (CBOR"), th_2_input, 34);
    stands_in(get(part, "TH_2 (CBOR"), th_3_input, 0);
    agrees(spy, TROTH_KEY_EPHEMERAL, is_initiator ? g_y : g_x, get(part, "G_XY"));
    is(get(part, "salt"), get(part, "TH_2 (Raw")->bytes, 32);
    extracts(spy, get(part, "salt"), get(part, "G_XY"), prk_2e);
    expands(spy, prk_2e, get(part, "info for SALT_3e2m"), get(part, "SALT_3e2m"));
    agrees(spy, is_initiator ? TROTH_KEY_EPHEMERAL : TROTH_KEY_IDENTITY, is_initiator ? pk_r : g_x, get(part, "G_RX"));
    extracts(spy, get(part, "SALT_3e2m"), get(part, "G_RX"), get(part, "PRK_3e2m"));
    expands(spy, get(part, "PRK_3e2m"), info, get(part, "MAC_2 (Raw"));
    stands_in(get(part, "context_2 (CBOR byte string"), info, 1);
    stands_in(context, info, 3);
    stands_in(get(part, "ID_CRED_R"), context, 1);
    stands_in(get(part, "CRED_R"), context, 1 + 4 + 34);
    stands_in(get(part, "EAD_2"), context, context->len);
    expands(spy, prk_2e, get(part, "info for KEYSTREAM_2"), get(part, "KEYSTREAM_2"));
    hashes(spy, th_3_input, get("message_3", "TH_3 (Raw"));
    stands_in(get(part, "PLAINTEXT_2"), th_3_input, 34);
}

static void check_message_3(const struct spy *spy, unsigned role)
{
    const char *part = "message_3";
    bool is_initiator = role == TROTH_INITIATOR;
    value *th_4_input = get(part, "Input to calculate TH_4");
    value *context = get(part, "context_3 (CBOR Sequence");
    value *info = get(part, "info for MAC_3");
    value *prk_3e2m = get("message_2", "PRK_3e2m");
    value *g_y = get("message_2", "G_Y (Raw");
    value *pk_i = get_labelled(part, "Initiator's public authentication key, 'x'", "(Raw");
    stands_in(get(part, "TH_3 (CBOR"), th_4_input, 0);
    expands(spy, prk_3e2m, get(part, "info for SALT_4e3m"), get(part, "SALT_4e3m"));
    agrees(spy, is_initiator ? TROTH_KEY_IDENTITY : TROTH_KEY_EPHEMERAL, is_initiator ? g_y : pk_i, get(part, "G_IY"));
    extracts(spy, get(part, "SALT_4e3m"), get(part, "G_IY"), get(part, "PRK_4e3m"));
    expands(spy, get(part, "PRK_4e3m"), info, get(part, "MAC_3 (Raw"));
    stands_in(get(part, "context_3 (CBOR byte string"), info, 1);
    stands_in(context, info, 3);
    stands_in(get(part, "ID_CRED_I"), context, 0);
    stands_in(get(part, "CRED_I"), context, 4 + 34);
    stands_in(get(part, "EAD_3"), context, context->len);
    expands(spy, prk_3e2m, get(part, "info for K_3"), get(part, "K_3"));
    expands(spy, prk_3e2m, get(part, "info for IV_3"), get(part, "IV_3"));
    seals(spy, get(part, "K_3"), get(part, "IV_3"), get(part, "A_3"), get(part, "PLAINTEXT_3"));
    hashes(spy, th_4_input, get(part, "TH_4 (Raw"));
    stands_in(get(part, "PLAINTEXT_3"), th_4_input, 34);
}

static void check_message_4(const struct spy *spy)
{
    const char *part = "message_4";
    value *prk_4e3m = get("message_3", "PRK_4e3m");
    value *info = get("PRK_out and PRK_exporter", "info for PRK_out");
    expands(spy, prk_4e3m, get(part, "info for K_4"), get(part, "K_4"));
    expands(spy, prk_4e3m, get(part, "info for IV_4"), get(part, "IV_4"));
    seals(spy, get(part, "K_4"), get(part, "IV_4"), get(part, "A_4"), NULL);
    stands_in(get("message_3", "TH_4 (CBOR"), info, 1);
}

static void check_output(const struct spy *spy)
{
    const char *part = "PRK_out and PRK_exporter";
    value *prk_out = get(part, "PRK_out");
    value *prk_exporter = get(part, "PRK_exporter");
    expands(spy, get("message_3", "PRK_4e3m"), get(part, "info for PRK_out"), prk_out);
    expands(spy, prk_out, get(part, "info for PRK_exporter"), prk_exporter);
    part = "OSCORE Parameters";
    expands(spy, prk_exporter, get(part, "info for OSCORE Master Secret"), get(part, "OSCORE Master Secret"));
    expands(spy, prk_exporter, get(part, "info for OSCORE Master Salt"), get(part, "OSCORE Master Salt"));
}

static void test_inside(void **state)
{
    (void)state;
    for (unsigned role = 0; role < 2; role++) {
        const struct spy *spy = &pair.party[role].spy;
        check_message_2(spy, role);
        check_message_3(spy, role);
        check_message_4(spy);
        check_output(spy);
    }
}

static bool is_left_out(const value *v)
{
    for (size_t i = 0; i < sizeof NOT_COMPARED / sizeof *NOT_COMPARED; i++) {
        if (strcmp(v->part, NOT_COMPARED[i].part) == 0 && strcmp(v->name, NOT_COMPARED[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    size_t count = 0;
    size_t compared = 0;
    for (size_t i = 0; i < trace.count; i++) {
        const value *v = &trace.values[i];
        if (strncmp(v->section, SECTION, strlen(SECTION)) == 0) {
            count++;
            compared += v->checked;
            if ((v->checked == 1) == is_left_out(v)) {
                fail_msg("%s, %s: %s", v->part, v->name, v->checked == 1 ? "compared after all" : "not compared");
            }
        }
    }
    assert_int_equal(count, COUNT);
    assert_int_equal(compared, COMPARED_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_1_first),  cmocka_unit_test(test_error),
        cmocka_unit_test(test_message_1_second), cmocka_unit_test(test_message_2),
        cmocka_unit_test(test_message_3),        cmocka_unit_test(test_message_4),
        cmocka_unit_test(test_export),           cmocka_unit_test(test_inside),
        cmocka_unit_test(test_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, open_pair, close_pair);
}
