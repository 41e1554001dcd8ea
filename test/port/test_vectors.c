/* test_vectors: Wycheproof and NIST vectors on every crypto port; HKDF, HMAC and CCM are the core's, on the port's
 * primitives. The number of cases that ran, and of those outside our parameters with the reason, is part of the test. */
#include "ccm.h"
#include "kdf.h"

#include "test/support/hmac_key.h"
#include "test/support/ports.h"
#include "test/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX   1024 /* the longest field of the files in use */
#define OUTSIDE_MAX 3

/* What a case says of itself: NULL where it ran, else why it is outside our parameters. */
typedef const char *case_run(struct test_port *test, const cJSON *group, const cJSON *item);

struct outside {
    const char *why;
    unsigned count;
};

struct vector_file {
    const char *name;
    case_run *run;
    unsigned ran;
    struct outside outside[OUTSIDE_MAX];
};

static const uint8_t identity[32] = {[31] = 7};
static const uint8_t store_key[32] = {1, 2, 3};

static unsigned id_of(const cJSON *item)
{
    return (unsigned)vectors_number(item, "tcId");
}

static bool is_valid(const cJSON *item)
{
    return strcmp(vectors_text(item, "result"), "valid") == 0;
}

static void check(bool good, const struct test_port *test, const cJSON *item)
{
    if (!good) {
        fail_msg("%s: tcId %u (%s) should be %s", test->name, id_of(item), vectors_text(item, "comment"),
                 vectors_text(item, "result"));
    }
}

static bool all_zero(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] != 0) {
            return false;
        }
    }
    return true;
}

/* ---- ECDSA ---- */

static const char *run_ecdsa(struct test_port *test, const cJSON *group, const cJSON *item)
{
    uint8_t key[65];
    uint8_t message[BYTES_MAX];
    uint8_t signature[BYTES_MAX];
    uint8_t hash[32];
    if (vectors_bytes(item, "sig", signature, sizeof signature) != TROTH_SIGNATURE_LEN) {
        return "signature not of 64 bytes";
    }
    const cJSON *public_key = cJSON_GetObjectItemCaseSensitive(group, "publicKey");
    assert_int_equal(vectors_bytes(public_key, "uncompressed", key, sizeof key), sizeof key);
    struct troth_span part = {message, vectors_bytes(item, "msg", message, sizeof message)};
    assert_int_equal(test->table.sha256(test->port.ctx, &part, 1, hash), TROTH_OK);
    int result = test->table.verify(test->port.ctx, key + 1, hash, signature);
    check(result == (is_valid(item) ? TROTH_OK : TROTH_E_FORGED), test, item);
    return NULL;
}

/* ---- ECDH ---- */

/* The scalars stand without leading zeros, or with one more. */
static void read_scalar(const cJSON *item, uint8_t scalar[32])
{
    uint8_t bytes[64];
    size_t len = vectors_bytes(item, "private", bytes, sizeof bytes);
    size_t skip = len > 32 ? len - 32 : 0;
    assert_true(all_zero(bytes, skip));
    memset(scalar, 0, 32);
    memcpy(scalar + 32 - (len - skip), bytes + skip, len - skip);
}

/* Where Wycheproof has an all-zero secret as valid (tcId 3), port.h and we want it refused. */
static const char *run_ecdh(struct test_port *test, const cJSON *group, const cJSON *item)
{
    uint8_t point[BYTES_MAX];
    uint8_t scalar[32];
    uint8_t secret[32];
    uint8_t expected[32];
    (void)group;
    size_t len = vectors_bytes(item, "public", point, sizeof point);
    if (len == 33 && (point[0] == 2 || point[0] == 3)) {
        return "compressed point: test_p256 has it";
    }
    if (len != 65 || point[0] != 4) {
        return "not a point of 64 bytes";
    }
    read_scalar(item, scalar);
    enum troth_key key = test_port_use(test, scalar);
    memset(secret, 0xee, sizeof secret);
    int result = test->table.agree(test->port.ctx, key, point + 1, secret);
    bool valid = is_valid(item);
    if (valid) {
        assert_int_equal(vectors_bytes(item, "shared", expected, sizeof expected), sizeof expected);
        valid = !all_zero(expected, sizeof expected);
    }
    if (valid) {
        check(result == TROTH_OK && memcmp(secret, expected, sizeof expected) == 0, test, item);
    } else if (test_port_is_chip(test)) {
        /* what a chip refuses leaves the secret untouched; it does not look for an all-zero one, the core does */
        bool zero = result == TROTH_OK && all_zero(secret, sizeof secret);
        check(zero || (test_port_refused(test, result) && secret[0] == 0xee && secret[31] == 0xee), test, item);
    } else {
        check(result == TROTH_E_FORGED && all_zero(secret, sizeof secret), test, item);
    }
    test->table.forget(test->port.ctx);
    return NULL;
}

/* ---- HKDF and HMAC ---- */

static const char *run_hkdf(struct test_port *test, const cJSON *group, const cJSON *item)
{
    uint8_t salt[BYTES_MAX];
    uint8_t ikm[BYTES_MAX];
    uint8_t info[BYTES_MAX];
    uint8_t key[KDF_KEY_LEN];
    uint8_t prk[32];
    static uint8_t okm[255 * 32];
    static uint8_t expected[255 * 32];
    (void)group;
    size_t size = vectors_number(item, "size");
    if (size > sizeof okm) {
        return "output above 255 * 32 bytes";
    }
    if (!hmac_key_fit(salt, vectors_bytes(item, "salt", salt, sizeof salt), key)) {
        return "salt of 33 to 64 bytes";
    }
    struct troth_span ikm_span = {ikm, vectors_bytes(item, "ikm", ikm, sizeof ikm)};
    struct parts parts;
    parts_begin(&parts);
    parts_add(&parts, info, vectors_bytes(item, "info", info, sizeof info));
    memset(okm, 0, sizeof okm);
    assert_int_equal(kdf_extract(&test->port, key, ikm_span, prk), TROTH_OK);
    assert_int_equal(kdf_expand_xor(&test->port, prk, &parts, okm, size), TROTH_OK);
    assert_int_equal(vectors_bytes(item, "okm", expected, sizeof expected), size);
    check(is_valid(item) == (memcmp(okm, expected, size) == 0), test, item);
    return NULL;
}

static const char *run_hmac(struct test_port *test, const cJSON *group, const cJSON *item)
{
    uint8_t bytes[BYTES_MAX];
    uint8_t message[BYTES_MAX];
    uint8_t key[KDF_KEY_LEN];
    uint8_t tag[32];
    uint8_t mac[32];
    (void)group;
    assert_true(hmac_key_fit(bytes, vectors_bytes(item, "key", bytes, sizeof bytes), key));
    struct parts parts;
    parts_begin(&parts);
    parts_add(&parts, message, vectors_bytes(item, "msg", message, sizeof message));
    size_t tag_len = vectors_bytes(item, "tag", tag, sizeof tag);
    assert_int_equal(kdf_hmac(&test->port, key, &parts, mac), TROTH_OK);
    check(is_valid(item) == (memcmp(mac, tag, tag_len) == 0), test, item);
    return NULL;
}

/* ---- AES-CCM ---- */

/* Seals where the case is valid, and opens: the message, or forged and zeroes. */
static bool ccm_case(const struct ccm *ccm, const uint8_t *message, size_t len, const uint8_t *sealed, bool valid)
{
    uint8_t text[BYTES_MAX];
    size_t sealed_len = len + ccm->tag_len;
    if (valid) {
        memcpy(text, message, len);
        if (ccm_seal(ccm, text, len) != TROTH_OK || memcmp(text, sealed, sealed_len) != 0) {
            return false;
        }
    }
    memcpy(text, sealed, sealed_len);
    int result = ccm_open(ccm, text, len);
    if (valid) {
        return result == TROTH_OK && memcmp(text, message, len) == 0;
    }
    return result == TROTH_E_FORGED && all_zero(text, len);
}

static const char *run_ccm(struct test_port *test, const cJSON *group, const cJSON *item)
{
    uint8_t key[32];
    uint8_t nonce[BYTES_MAX];
    uint8_t aad[BYTES_MAX];
    uint8_t message[BYTES_MAX];
    uint8_t sealed[BYTES_MAX];
    if (vectors_bytes(item, "key", key, sizeof key) != CCM_KEY_LEN) {
        return "key not of 128 bits";
    }
    size_t nonce_len = vectors_bytes(item, "iv", nonce, sizeof nonce);
    if (nonce_len < 7 || nonce_len > 13) {
        return "nonce not of 7 to 13 bytes";
    }
    size_t tag_len = vectors_number(group, "tagSize") / 8;
    if (tag_len < 4 || tag_len > 16 || tag_len % 2 != 0) {
        return "tag not of 4, 6, .. 16 bytes";
    }
    size_t aad_len = vectors_bytes(item, "aad", aad, sizeof aad);
    struct ccm ccm = {&test->port, key, {nonce, nonce_len}, {aad, aad_len}, tag_len};
    size_t len = vectors_bytes(item, "msg", message, sizeof message);
    assert_int_equal(vectors_bytes(item, "ct", sealed, sizeof sealed), len);
    assert_int_equal(vectors_bytes(item, "tag", sealed + len, sizeof sealed - len), tag_len);
    check(ccm_case(&ccm, message, len, sealed, is_valid(item)), test, item);
    return NULL;
}

/* ---- Files ---- */

static const struct vector_file files[] = {
    {"ecdsa_secp256r1_sha256_p1363_test.json", run_ecdsa, 241, {{"signature not of 64 bytes", 21}}},
    {"ecdh_secp256r1_ecpoint_test.json",
     run_ecdh,
     346,
     {{"compressed point: test_p256 has it", 8}, {"not a point of 64 bytes", 1}}},
    {"hkdf_sha256_test.json", run_hkdf, 74, {{"salt of 33 to 64 bytes", 9}, {"output above 255 * 32 bytes", 3}}},
    {"hmac_sha256_test.json", run_hmac, 174, {{NULL, 0}}},
    {"aes_ccm_test.json",
     run_ccm,
     162,
     {{"key not of 128 bits", 368}, {"nonce not of 7 to 13 bytes", 13}, {"tag not of 4, 6, .. 16 bytes", 9}}},
};

static void count_outside(struct outside *outside, const char *why)
{
    for (size_t i = 0; i < OUTSIDE_MAX; i++) {
        if (outside[i].why == NULL) {
            outside[i].why = why;
        }
        if (strcmp(outside[i].why, why) == 0) {
            outside[i].count++;
            return;
        }
    }
    fail_msg("a reason that nobody expects: %s", why);
}

static void run_file(struct test_port *test, const struct vector_file *file)
{
    char path[512];
    unsigned ran = 0;
    unsigned total = 0;
    struct outside outside[OUTSIDE_MAX] = {{0}};
    const cJSON *group;
    const cJSON *item;
    snprintf(path, sizeof path, "%s/wycheproof/%s", TROTH_VECTORS, file->name);
    cJSON *root = vectors_json(path);
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(root, "testGroups"))
    {
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(group, "tests"))
        {
            const char *why = file->run(test, group, item);
            total++;
            if (why == NULL) {
                ran++;
            } else {
                count_outside(outside, why);
            }
        }
    }
    print_message("%s: %s: %u ran", test->name, file->name, ran);
    for (size_t i = 0; i < OUTSIDE_MAX && outside[i].why != NULL; i++) {
        print_message(", %u outside (%s)", outside[i].count, outside[i].why);
    }
    print_message("\n");
    assert_int_equal(total, vectors_number(root, "numberOfTests"));
    assert_int_equal(ran, file->ran);
    for (size_t i = 0; i < OUTSIDE_MAX; i++) {
        unsigned expected = 0;
        for (size_t j = 0; j < OUTSIDE_MAX && outside[i].why != NULL; j++) {
            bool same = file->outside[j].why != NULL && strcmp(file->outside[j].why, outside[i].why) == 0;
            expected += same ? file->outside[j].count : 0;
        }
        assert_int_equal(outside[i].count, expected);
    }
    cJSON_Delete(root);
}

static void test_wycheproof(void **state)
{
    struct test_port *test = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        run_file(test, &files[i]);
    }
}

/* A line "Name = hex" of a CAVP file into out; whether it is one. */
static bool cavp_line(const char *line, const char *name, uint8_t *out, size_t cap, size_t *len)
{
    char hex[512];
    size_t name_len = strlen(name);
    if (strncmp(line, name, name_len) != 0 || sscanf(line + name_len, " = %511[0-9a-f]", hex) != 1) {
        return false;
    }
    *len = vectors_unhex(hex, out, cap);
    return true;
}

/* NIST CAVP VTT128: nonces of 13 bytes, all seven tag lengths, ten cases each. */
static void test_nist_ccm(void **state)
{
    struct test_port *test = *state;
    char line[512];
    uint8_t key[16], nonce[13], aad[64], message[64], sealed[96];
    size_t key_len = 0, nonce_len = 0, aad_len = 0, message_len = 0, sealed_len = 0, tag_len = 0;
    unsigned ran[17] = {0};
    FILE *file = fopen(TROTH_VECTORS "/nist_ccm/VTT128.rsp", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "[Tlen = %zu]", &tag_len);
        (void)(cavp_line(line, "Key", key, sizeof key, &key_len) ||
               cavp_line(line, "Nonce", nonce, sizeof nonce, &nonce_len) ||
               cavp_line(line, "Adata", aad, sizeof aad, &aad_len) ||
               cavp_line(line, "Payload", message, sizeof message, &message_len));
        if (cavp_line(line, "CT", sealed, sizeof sealed, &sealed_len)) {
            struct ccm ccm = {&test->port, key, {nonce, nonce_len}, {aad, aad_len}, tag_len};
            assert_int_equal(key_len, CCM_KEY_LEN);
            assert_int_equal(nonce_len, CCM_NONCE_LEN);
            assert_int_equal(sealed_len, message_len + tag_len);
            assert_true(ccm_case(&ccm, message, message_len, sealed, true));
            ran[tag_len]++;
        }
    }
    fclose(file);
    for (size_t i = 4; i <= 16; i += 2) {
        assert_int_equal(ran[i], 10);
    }
    print_message("%s: VTT128.rsp: 70 ran, 10 of them with an 8-byte tag\n", test->name);
}

static int open_port(void **state, enum port_kind kind)
{
    struct test_port *test = malloc(sizeof *test);
    if (test == NULL) {
        return -1;
    }
    test_port_open(test, kind, identity, TROTH_PSA_SIGN, store_key);
    *state = test;
    return 0;
}

static int open_openssl(void **state)
{
    return open_port(state, PORT_OPENSSL);
}

static int open_psa(void **state)
{
    return open_port(state, PORT_PSA);
}

static int open_soft(void **state)
{
    return open_port(state, PORT_SOFT);
}

static int open_chip(void **state)
{
    return open_port(state, PORT_CHIP);
}

static int open_chip_swi(void **state)
{
    return open_port(state, PORT_CHIP_SWI);
}

static int close_port(void **state)
{
    test_port_close(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wycheproof),
        cmocka_unit_test(test_nist_ccm),
    };
    int failed = cmocka_run_group_tests_name("vectors on openssl", tests, open_openssl, close_port);
    failed += cmocka_run_group_tests_name("vectors on psa", tests, open_psa, close_port);
    failed += cmocka_run_group_tests_name("vectors on soft", tests, open_soft, close_port);
    failed += cmocka_run_group_tests_name("vectors on a chip on I2C", tests, open_chip, close_port);
    failed += cmocka_run_group_tests_name("vectors on a chip on a single wire", tests, open_chip_swi, close_port);
    return failed;
}
