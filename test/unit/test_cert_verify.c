/* The rules of troth_cert_verify, one by one, on certificates made for each; damage of every byte; slow operations. */
#include <troth/cert.h>

#include "bytes.h"
#include "cbor.h"
#include "port/openssl/openssl.h"
#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEM_CAP     (2 * (TROTH_CERT_MAX + 2) + 1)
#define EPOCH        1700000000
#define PORT_BUSY    3 /* how often a slow port says so before it answers */
#define CHANGES_MAX  3
#define ITEMS_BEFORE 9 /* the items before the extensions */

/* ---- Making certificates ---- */

enum who { ROOT, CA, DEVICE, OWN, STRANGER, PARTIES };

static struct party {
    EVP_PKEY *key;
    struct troth_openssl openssl;
    struct troth_port port;
    uint8_t public_key[64];
} party[PARTIES];

struct recipe {
    const char *serial; /* hexadecimal */
    const char *issuer; /* NULL: self-signed */
    const char *subject;
    const char *extensions; /* hexadecimal, in place of what keyUsage and path length make */
    enum who holder;
    enum who signer;
    unsigned form; /* 0: compressed by the parity of y; else the first byte of the key */
    uint32_t not_before;
    uint32_t not_after;
    uint16_t key_usage;
    int8_t path_len;
};

static int make_parties(void **state)
{
    static const uint8_t store_key[32];
    (void)state;
    for (unsigned i = 0; i < PARTIES; i++) {
        uint8_t scalar[32] = {0};
        scalar[31] = (uint8_t)(i + 2);
        scalar[7] = 0x5a;
        party[i].key = troth_openssl_key(scalar);
        party[i].port = (struct troth_port){&troth_openssl, &party[i].openssl};
        assert_non_null(party[i].key);
        assert_int_equal(troth_openssl_open(&party[i].openssl, party[i].key, store_key), TROTH_OK);
        assert_int_equal(troth_openssl_public_key(party[i].key, party[i].public_key), TROTH_OK);
    }
    return 0;
}

static int free_parties(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PARTIES; i++) {
        troth_openssl_close(&party[i].openssl);
        EVP_PKEY_free(party[i].key);
    }
    return 0;
}

static struct troth_span name(const char *text, uint8_t out[TROTH_CERT_MAX])
{
    if (text == NULL) {
        return span(NULL, 0);
    }
    int len = troth_cert_write_name(text, out, TROTH_CERT_MAX);
    assert_true(len > 0);
    return span(out, (size_t)len);
}

/* The sequence of a certificate; its length. */
static size_t make(const struct recipe *recipe, uint8_t out[TROTH_CERT_MAX])
{
    uint8_t serial[24];
    uint8_t issuer[TROTH_CERT_MAX];
    uint8_t subject[TROTH_CERT_MAX];
    uint8_t point[65];
    uint8_t hash[32];
    uint8_t signature[64];
    memcpy(point + 1, party[recipe->holder].public_key, 64);
    point[0] = (uint8_t)(recipe->form != 0 ? recipe->form : 2U + (point[64] & 1));
    const struct troth_cert_content content = {
        .serial = span(serial, vectors_unhex(recipe->serial, serial, sizeof serial)),
        .issuer = name(recipe->issuer, issuer),
        .subject = name(recipe->subject, subject),
        .public_key = span(point, point[0] == 4 ? 65 : 33),
        .not_before = recipe->not_before,
        .not_after = recipe->not_after,
        .key_usage = recipe->key_usage,
        .path_len = recipe->path_len,
    };
    int tbs_len = troth_cert_write_tbs(&content, out, TROTH_CERT_MAX);
    assert_true(tbs_len > 0);
    if (recipe->extensions != NULL) {
        struct cbor_reader reader = cbor_read(out, (size_t)tbs_len);
        for (unsigned i = 0; i < ITEMS_BEFORE; i++) {
            cbor_skip(&reader, 2);
        }
        size_t kept = (size_t)(reader.at - out);
        tbs_len = (int)(kept + vectors_unhex(recipe->extensions, out + kept, TROTH_CERT_MAX - kept));
    }
    const struct troth_span tbs = span(out, (size_t)tbs_len);
    const struct troth_port *signer = &party[recipe->signer].port;
    assert_int_equal(signer->call->sha256(signer->ctx, &tbs, 1, hash), TROTH_OK);
    assert_int_equal(signer->call->sign(signer->ctx, hash, signature), TROTH_OK);
    int len = troth_cert_append_signature(out, TROTH_CERT_MAX, (size_t)tbs_len, signature);
    assert_true(len > 0);
    return (size_t)len;
}

/* The COSE_C509 item of one or two certificates, the device's first. */
static struct troth_span make_item(const struct recipe *first, const struct recipe *second, uint8_t out[ITEM_CAP])
{
    uint8_t sequence[TROTH_CERT_MAX];
    struct cbor_writer writer = cbor_write(out, ITEM_CAP);
    if (second != NULL) {
        cbor_put_head(&writer, CBOR_ARRAY, 2);
    }
    cbor_put_bytes(&writer, sequence, make(first, sequence));
    if (second != NULL) {
        cbor_put_bytes(&writer, sequence, make(second, sequence));
    }
    assert_false(writer.full);
    return span(out, cbor_written(&writer));
}

/* What a product family has: all of it fits. */
static const struct recipe good[] = {
    [ROOT] = {"a000000000000001", NULL, "factory1", NULL, ROOT, ROOT, 4, EPOCH, TROTH_NO_END, 32, 1},
    [CA] = {"a000000000000002", "factory1", "line-7", NULL, CA, ROOT, 0, EPOCH, TROTH_NO_END, 32, 0},
    [DEVICE] = {"a000000000000003", "line-7", "TR-0000042", NULL, DEVICE, CA, 0, EPOCH, TROTH_NO_END, 1, -2},
    [OWN] = {"a000000000000004", "line-7", "TR-0000043", NULL, OWN, CA, 0, EPOCH, TROTH_NO_END, 1, -2},
};

/* ---- The rules ---- */

enum field {
    NOTHING,
    SERIAL,
    ISSUER,
    SUBJECT,
    EXTENSIONS,
    HOLDER,
    SIGNER,
    FORM,
    NOT_BEFORE,
    NOT_AFTER,
    USAGE,
    PATH_LEN,
    RULE_USAGE,
    RULE_FLOOR
};

struct change {
    enum who whose;
    enum field field;
    int64_t value;
    const char *text;
};

struct chain_case {
    const char *what;
    unsigned count; /* certificates that the peer sends */
    int expected;
    struct change change[CHANGES_MAX];
};

#define BY_ROOT                      \
    {DEVICE, ISSUER, 0, "factory1"}, \
    {                                \
        DEVICE, SIGNER, ROOT, NULL   \
    }

static const struct chain_case rows[] = {
    {"root, issuing CA, device", 2, TROTH_OK, {{0}}},
    {"root, device", 1, TROTH_OK, {BY_ROOT}},
    {"compressed root", 2, TROTH_OK, {{ROOT, FORM, 0, NULL}}},
    {"compressed root, no CA", 1, TROTH_OK, {BY_ROOT, {ROOT, FORM, 0, NULL}}},
    {"uncompressed keys", 2, TROTH_OK, {{CA, FORM, 4, NULL}, {DEVICE, FORM, 4, NULL}}},
    {"a device that agrees", 2, TROTH_OK, {{DEVICE, USAGE, 16, NULL}, {ROOT, RULE_USAGE, 16, NULL}}},

    {"signed by a stranger", 1, TROTH_E_FORGED, {{DEVICE, ISSUER, 0, "factory1"}, {DEVICE, SIGNER, STRANGER, NULL}}},
    {"signed by the root in the CA's name", 2, TROTH_E_FORGED, {{DEVICE, SIGNER, ROOT, NULL}}},
    {"CA signed by a stranger", 2, TROTH_E_FORGED, {{CA, SIGNER, STRANGER, NULL}}},
    {"CA signed by itself", 2, TROTH_E_FORGED, {{CA, SIGNER, CA, NULL}}},
    {"y of the wrong parity in the CA's key", 2, TROTH_E_FORGED, {{CA, FORM, 5, NULL}}},

    {"another issuer's name", 1, TROTH_E_PEER, {BY_ROOT, {DEVICE, ISSUER, 0, "factory2"}}},
    {"the CA's name, but no CA sent", 1, TROTH_E_PEER, {{0}}},
    {"the root's name, and a CA sent", 2, TROTH_E_PEER, {{DEVICE, ISSUER, 0, "factory1"}}},
    {"CA of another root", 2, TROTH_E_PEER, {{CA, ISSUER, 0, "factory2"}}},
    {"self-signed device", 1, TROTH_E_PEER, {{DEVICE, ISSUER, 0, NULL}, {DEVICE, SIGNER, DEVICE, NULL}}},
    {"self-signed CA", 2, TROTH_E_PEER, {{CA, ISSUER, 0, NULL}, {CA, SIGNER, CA, NULL}}},
    {"root under another root", 1, TROTH_E_PEER, {BY_ROOT, {ROOT, ISSUER, 0, "factory2"}}},

    {"root without basicConstraints", 1, TROTH_E_PEER, {BY_ROOT, {ROOT, PATH_LEN, -2, NULL}}},
    {"root without pathLenConstraint", 2, TROTH_OK, {{ROOT, PATH_LEN, -1, NULL}}},
    {"root with path length 0, device", 1, TROTH_OK, {BY_ROOT, {ROOT, PATH_LEN, 0, NULL}}},
    {"root with path length 0, issuing CA", 2, TROTH_E_PEER, {{ROOT, PATH_LEN, 0, NULL}}},
    {"root that may not sign certificates", 1, TROTH_E_PEER, {BY_ROOT, {ROOT, USAGE, 64, NULL}}},
    {"root that may sign lists too", 2, TROTH_OK, {{ROOT, USAGE, 96, NULL}}},
    {"CA without basicConstraints", 2, TROTH_E_PEER, {{CA, PATH_LEN, -2, NULL}}},
    {"CA that says it is none", 2, TROTH_E_PEER, {{CA, EXTENSIONS, 0, "842118202321"}}},
    {"CA with basicConstraints only", 2, TROTH_E_PEER, {{CA, EXTENSIONS, 0, "822300"}}},
    {"CA without pathLenConstraint", 2, TROTH_OK, {{CA, PATH_LEN, -1, NULL}}},
    {"CA with a longer path", 2, TROTH_OK, {{CA, PATH_LEN, 3, NULL}}},
    {"CA that may not sign certificates", 2, TROTH_E_PEER, {{CA, USAGE, 64, NULL}}},
    {"a device in the CA's place", 2, TROTH_E_PEER, {{CA, USAGE, 1, NULL}, {CA, PATH_LEN, -2, NULL}}},
    {"a CA as the device", 1, TROTH_E_PEER, {BY_ROOT, {DEVICE, PATH_LEN, 0, NULL}}},
    {"a CA's key as the device's", 1, TROTH_E_PEER, {BY_ROOT, {DEVICE, USAGE, 32, NULL}}},
    {"a device that agrees where one that signs is due", 2, TROTH_E_PEER, {{DEVICE, USAGE, 16, NULL}}},
    {"a device that signs where one that agrees is due", 2, TROTH_E_PEER, {{ROOT, RULE_USAGE, 16, NULL}}},
    {"a key that does both", 2, TROTH_E_PEER, {{DEVICE, USAGE, 17, NULL}}},
    {"no keyUsage", 2, TROTH_E_PEER, {{DEVICE, EXTENSIONS, 0, "80"}}},
    {"critical keyUsage", 2, TROTH_OK, {{DEVICE, EXTENSIONS, 0, "20"}}},

    {"at the floor", 2, TROTH_OK, {{ROOT, RULE_FLOOR, EPOCH, NULL}}},
    {"below the floor", 2, TROTH_E_PEER, {{ROOT, RULE_FLOOR, EPOCH + 1, NULL}}},
    {"above the floor, the CA below it",
     2,
     TROTH_OK,
     {{ROOT, RULE_FLOOR, EPOCH + 1, NULL}, {DEVICE, NOT_BEFORE, EPOCH + 1, NULL}}},
    {"epoch 0", 2, TROTH_OK, {{DEVICE, NOT_BEFORE, 0, NULL}}},
    {"the last epoch", 2, TROTH_OK, {{DEVICE, NOT_BEFORE, UINT32_MAX, NULL}, {ROOT, RULE_FLOOR, UINT32_MAX, NULL}}},

    {"unknown critical extension, device", 2, TROTH_E_PEER, {{DEVICE, EXTENSIONS, 0, "84020127820309"}}},
    {"unknown extension, device", 2, TROTH_OK, {{DEVICE, EXTENSIONS, 0, "84020108820309"}}},
    {"unknown critical extension, CA", 2, TROTH_E_PEER, {{CA, EXTENSIONS, 0, "862118202300270a"}}},
    {"unknown critical extension, root", 2, TROTH_E_PEER, {{ROOT, EXTENSIONS, 0, "862118202301270a"}}},
    {"serial number of 7 bytes", 2, TROTH_E_PEER, {{DEVICE, SERIAL, 0, "a0000000000003"}}},
    {"serial number of 9 bytes", 2, TROTH_E_PEER, {{DEVICE, SERIAL, 0, "a00000000000000003"}}},
    {"serial number of the CA of 3 bytes", 2, TROTH_E_PEER, {{CA, SERIAL, 0, "a00000"}}},
    {"serial number with a leading zero", 2, TROTH_E_FORGED, {{DEVICE, SERIAL, 0, "00a0000000000003"}}},
    {"notAfter, device", 2, TROTH_E_PEER, {{DEVICE, NOT_AFTER, UINT32_MAX - 1, NULL}}},
    {"notAfter, CA", 2, TROTH_E_PEER, {{CA, NOT_AFTER, UINT32_MAX - 1, NULL}}},

    {"oneself", 2, TROTH_E_PEER, {{DEVICE, HOLDER, OWN, NULL}, {DEVICE, SUBJECT, 0, "TR-0000043"}}},
    {"one's own key", 2, TROTH_E_PEER, {{DEVICE, HOLDER, OWN, NULL}}},
    {"one's own key, uncompressed", 2, TROTH_E_PEER, {{DEVICE, HOLDER, OWN, NULL}, {DEVICE, FORM, 4, NULL}}},
    {"the negative of one's own key", 2, TROTH_E_PEER, {{DEVICE, HOLDER, OWN, NULL}, {DEVICE, FORM, 5, NULL}}},
    {"one's own subject", 2, TROTH_E_PEER, {{DEVICE, SUBJECT, 0, "TR-0000043"}}},
};

static void apply(const struct change *change, struct recipe recipe[], struct troth_cert_rules *rules)
{
    struct recipe *target = &recipe[change->whose];
    switch (change->field) {
    case NOTHING:
        break;
    case SERIAL:
        target->serial = change->text;
        break;
    case ISSUER:
        target->issuer = change->text;
        break;
    case SUBJECT:
        target->subject = change->text;
        break;
    case EXTENSIONS:
        target->extensions = change->text;
        break;
    case HOLDER:
        target->holder = (enum who)change->value;
        break;
    case SIGNER:
        target->signer = (enum who)change->value;
        break;
    case FORM: /* 5: compressed, with the other parity */
        target->form = change->value == 5 ? 2 + (~party[target->holder].public_key[63] & 1U) : (unsigned)change->value;
        break;
    case NOT_BEFORE:
        target->not_before = (uint32_t)change->value;
        break;
    case NOT_AFTER:
        target->not_after = (uint32_t)change->value;
        break;
    case USAGE:
        target->key_usage = (uint16_t)change->value;
        break;
    case PATH_LEN:
        target->path_len = (int8_t)change->value;
        break;
    case RULE_USAGE:
        rules->key_usage = (uint16_t)change->value;
        break;
    case RULE_FLOOR:
        rules->floor = (uint32_t)change->value;
        break;
    }
}

/* What a case puts before the verifier. */
struct scene {
    uint8_t root[ITEM_CAP];
    uint8_t own[ITEM_CAP];
    uint8_t peer[ITEM_CAP];
    struct troth_span item;
    struct troth_cert_rules rules;
    uint8_t device_key[64];
};

static void set_scene(struct scene *scene, const struct chain_case *row)
{
    struct recipe recipe[PARTIES];
    memcpy(recipe, good, sizeof good);
    scene->rules = (struct troth_cert_rules){.floor = EPOCH - 1, .key_usage = TROTH_USE_SIGN};
    for (unsigned i = 0; i < CHANGES_MAX; i++) {
        apply(&row->change[i], recipe, &scene->rules);
    }
    if (recipe[DEVICE].not_before < EPOCH) {
        scene->rules.floor = 0;
    }
    scene->rules.root = make_item(&recipe[ROOT], NULL, scene->root);
    scene->rules.own = make_item(&recipe[OWN], &recipe[CA], scene->own);
    scene->item = make_item(&recipe[DEVICE], row->count == 2 ? &recipe[CA] : NULL, scene->peer);
    memcpy(scene->device_key, party[recipe[DEVICE].holder].public_key, 64);
}

/* ---- A port that counts, and one that is slow ---- */

struct counting {
    unsigned verifications;
    unsigned busy; /* how often the next answer is put off */
    unsigned left;
};

static struct counting counting;

static int counted_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    return troth_openssl.sha256(ctx, part, count, hash);
}

static int counted_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    if (counting.left > 0) {
        counting.left--;
        return TROTH_AGAIN;
    }
    counting.left = counting.busy;
    counting.verifications++;
    return troth_openssl.verify(ctx, public_key, hash, signature);
}

static const struct troth_crypto counting_table = {.sha256 = counted_sha256, .verify = counted_verify};

/* Verifies to the end; never more than one signature a call. */
static int run(const struct scene *scene, unsigned busy, struct troth_cert *device, struct troth_cert_check *check,
               unsigned *calls)
{
    const struct troth_port port = {&counting_table, &party[OWN].openssl};
    int result;
    counting = (struct counting){0, busy, busy};
    memset(check, 0, sizeof *check);
    *calls = 0;
    do {
        unsigned before = counting.verifications;
        result = troth_cert_verify(&port, &scene->rules, scene->item, check, device);
        assert_true(counting.verifications - before <= 1);
        ++*calls;
        assert_true(*calls < 100);
    } while (result == TROTH_AGAIN);
    return result;
}

static void each_rule_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        struct troth_cert device;
        struct troth_cert_check check;
        unsigned calls;
        set_scene(&scene, &rows[i]);
        int result = run(&scene, 0, &device, &check, &calls);
        if (result != rows[i].expected) {
            fail_msg("%s: %d, not %d", rows[i].what, result, rows[i].expected);
        }
        if (result == TROTH_E_PEER) {
            assert_int_equal(counting.verifications, 0);
        }
        if (result == TROTH_OK) {
            assert_int_equal(counting.verifications, rows[i].count);
            assert_memory_equal(check.key, scene.device_key, 64);
            assert_true(device.tbs.data > scene.item.data && device.tbs.data < scene.item.data + scene.item.len);
        }
        assert_int_equal(run(&scene, PORT_BUSY, &device, &check, &calls), rows[i].expected);
    }
}

/* One slow operation a call: the root's root if compressed, then a signature and a root for each certificate. */
static void slow_operations_are_single(void **state)
{
    (void)state;
    static const struct {
        struct chain_case chain;
        unsigned calls;
    } row[] = {
        {{"", 1, TROTH_OK, {BY_ROOT}}, 2},
        {{"", 1, TROTH_OK, {BY_ROOT, {ROOT, FORM, 0, NULL}}}, 3},
        {{"", 1, TROTH_OK, {BY_ROOT, {DEVICE, FORM, 4, NULL}}}, 2},
        {{"", 2, TROTH_OK, {{0}}}, 4},
        {{"", 2, TROTH_OK, {{ROOT, FORM, 0, NULL}}}, 5},
        {{"", 2, TROTH_OK, {{ROOT, FORM, 0, NULL}, {CA, FORM, 4, NULL}}}, 4},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct scene scene;
        struct troth_cert device;
        struct troth_cert_check check;
        unsigned calls;
        set_scene(&scene, &row[i].chain);
        assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_OK);
        assert_int_equal(calls, row[i].calls);
        assert_int_equal(run(&scene, PORT_BUSY, &device, &check, &calls), TROTH_OK);
        assert_int_equal(calls, row[i].calls + PORT_BUSY * row[i].chain.count);
    }
}

/* The first call reads, and hands the device's certificate over; later ones leave it alone, whatever they are given. */
static void device_is_read_once(void **state)
{
    (void)state;
    static const struct chain_case row = {"", 2, TROTH_OK, {{0}}};
    const struct troth_port port = {&counting_table, &party[OWN].openssl};
    struct scene scene;
    struct troth_cert device;
    struct troth_cert other;
    struct troth_cert untouched;
    struct troth_cert_check check = {0};
    set_scene(&scene, &row);
    counting = (struct counting){0, PORT_BUSY, PORT_BUSY};
    memset(&other, 0xa5, sizeof other);
    memset(&untouched, 0xa5, sizeof untouched);
    int result = troth_cert_verify(&port, &scene.rules, scene.item, &check, &device);
    assert_int_equal(result, TROTH_AGAIN);
    while (result == TROTH_AGAIN) {
        result = troth_cert_verify(&port, &scene.rules, scene.item, &check, &other);
    }
    assert_int_equal(result, TROTH_OK);
    assert_memory_equal(&other, &untouched, sizeof other);
    assert_memory_equal(check.key, scene.device_key, 64);
    assert_memory_equal(device.public_key.data + 1, scene.device_key, 32);
    assert_memory_equal(device.serial.data, "\xa0\x00\x00\x00\x00\x00\x00\x03", 8);
}

/* Asking again after a refusal is no way around the cheap checks. */
static void refused_stays_refused(void **state)
{
    (void)state;
    static const struct chain_case row = {"", 2, TROTH_E_PEER, {{DEVICE, USAGE, 16, NULL}}};
    static const struct chain_case forged = {"", 2, TROTH_E_FORGED, {{DEVICE, SIGNER, STRANGER, NULL}}};
    const struct troth_port port = {&counting_table, &party[OWN].openssl};
    struct scene scene;
    struct troth_cert device;
    struct troth_cert_check check = {0};
    unsigned calls;
    set_scene(&scene, &row);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(troth_cert_verify(&port, &scene.rules, scene.item, &check, &device), TROTH_E_PEER);
    }
    set_scene(&scene, &forged);
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_FORGED);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(troth_cert_verify(&port, &scene.rules, scene.item, &check, &device), TROTH_E_FORGED);
    }
}

static const struct chain_case plain = {"", 2, TROTH_OK, {{0}}};

static void own_side_is_checked(void **state)
{
    (void)state;
    static const uint8_t garbage[] = {0x43, 1, 2, 3};
    static const struct chain_case bad_root = {"", 1, TROTH_E_CONFIG, {BY_ROOT, {ROOT, FORM, 0, NULL}}};
    struct scene scene;
    struct troth_cert device;
    struct troth_cert_check check;
    unsigned calls;

    set_scene(&scene, &plain);
    scene.rules.root = span(garbage, sizeof garbage);
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_CONFIG);
    set_scene(&scene, &plain);
    scene.rules.root = scene.item; /* two certificates */
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_CONFIG);
    set_scene(&scene, &plain);
    scene.rules.own = span(garbage, sizeof garbage);
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_CONFIG);
    set_scene(&scene, &plain);
    scene.rules.own = span(NULL, 0); /* nobody: a CA looks at its own work so */
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_OK);

    /* A root whose key is no point: x = 1 has none. */
    set_scene(&scene, &bad_root);
    for (size_t at = 0; at + 34 < scene.rules.root.len; at++) {
        if (memcmp(scene.root + at, party[ROOT].public_key, 32) == 0) {
            memset(scene.root + at, 0, 31);
            scene.root[at + 31] = 1;
        }
    }
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_CONFIG);
}

/* The draft's example is genuine, but not of this product: 3 bytes of serial number, and a notAfter. */
static void example_is_outside_the_profile(void **state)
{
    (void)state;
    struct scene scene;
    struct troth_cert device;
    struct troth_cert_check check;
    unsigned calls;
    struct recipe root = good[ROOT];
    char hex[512];
    FILE *file = fopen(TROTH_VECTORS "/c509/native_rfc7925.hex", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%511s", hex), 1);
    fclose(file);
    set_scene(&scene, &plain);
    root.subject = "RFC test CA";
    scene.rules.root = make_item(&root, NULL, scene.root);
    scene.peer[0] = 0x58;
    scene.peer[1] = 140;
    assert_int_equal(vectors_unhex(hex, scene.peer + 2, sizeof scene.peer - 2), 140);
    scene.item = span(scene.peer, 142);
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_PEER);
    assert_int_equal(counting.verifications, 0);
}

static void damage_is_found(void **state)
{
    (void)state;
    struct scene scene;
    struct troth_cert device;
    struct troth_cert_check check;
    unsigned calls;
    set_scene(&scene, &plain);
    for (size_t bit = 0; bit < 8 * scene.item.len; bit++) {
        scene.peer[bit / 8] ^= (uint8_t)(1U << bit % 8);
        int result = run(&scene, 0, &device, &check, &calls);
        if (result != TROTH_E_FORGED && result != TROTH_E_PEER) {
            fail_msg("bit %zu: %d", bit, result);
        }
        scene.peer[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    struct troth_span whole = scene.item;
    for (size_t cut = 0; cut < whole.len; cut++) {
        scene.item.len = cut;
        assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_E_FORGED);
    }
    scene.item = whole;
    assert_int_equal(run(&scene, 0, &device, &check, &calls), TROTH_OK);
}

/* 140 bytes for an issuer's name of 8 characters and a serial number of 10; the longest chain fits into an item. */
static void sizes_are_as_promised(void **state)
{
    (void)state;
    uint8_t sequence[TROTH_CERT_MAX];
    struct recipe device = good[DEVICE];
    struct recipe ca = good[CA];
    device.issuer = "factory1";
    assert_int_equal(make(&device, sequence), 140);
    device.subject = "0123456789"; /* hexadecimal digits: 5 bytes */
    assert_int_equal(make(&device, sequence), 135);
    assert_int_equal(make(&good[ROOT], sequence), 167);
    ca.issuer = "a root's name of 31 characters.";
    ca.subject = "a line's name of 31 characters.";
    assert_int_equal(make(&ca, sequence), 191);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_holds),     cmocka_unit_test(slow_operations_are_single),
        cmocka_unit_test(device_is_read_once), cmocka_unit_test(refused_stays_refused),
        cmocka_unit_test(own_side_is_checked), cmocka_unit_test(example_is_outside_the_profile),
        cmocka_unit_test(damage_is_found),     cmocka_unit_test(sizes_are_as_promised),
    };
    return cmocka_run_group_tests(tests, make_parties, free_parties);
}
