/* Any bytes into each call of EDHOC that takes some, in every state that waits for them, for every method and both
 * suites.
 *
 * The port is of glass: hashes, AES and proofs are zeros, so a ciphertext is its plaintext and a tag is zeros. The
 * input thus reaches the inner parsers, and what comes after them, without a key. That nothing forged is accepted is
 * no matter here: see test_edhoc_hostile.c.
 *
 * Input: a byte (3 bits mode, 2 bits method, 1 bit suite), for an error message a byte for the state, then the
 * message or the plaintext. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <troth/edhoc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum mode { MESSAGE_1, MESSAGE_2, PLAINTEXT_2, MESSAGE_3, PLAINTEXT_3, MESSAGE_4, PLAINTEXT_4, ERROR };

#define MESSAGE_MAX 1024

/* The base point of P-256, as everybody's key. */
static const uint8_t point[64] = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
                                  0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
                                  0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
                                  0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
                                  0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};

/* ---- The port of glass ---- */

static int glass_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    volatile uint8_t sum = 0;
    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < part[i].len; k++) {
            sum = (uint8_t)(sum + part[i].data[k]); /* every byte can be read */
        }
    }
    memset(hash, 0, TROTH_HASH_LEN);
    return TROTH_OK;
}

static int glass_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    (void)ctx;
    (void)key;
    memset(block, 0, 16 * count);
    return TROTH_OK;
}

static int glass_generate(void *ctx, uint8_t public_key[64])
{
    (void)ctx;
    memcpy(public_key, point, sizeof point);
    return TROTH_OK;
}

static int glass_agree(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    (void)ctx;
    (void)key;
    memcpy(secret, peer, TROTH_SECRET_LEN);
    secret[0] |= 1;
    return TROTH_OK;
}

static int glass_sign(void *ctx, const uint8_t hash[32], uint8_t signature[64])
{
    (void)ctx;
    (void)hash;
    memset(signature, 0, TROTH_SIGNATURE_LEN);
    return TROTH_OK;
}

static int glass_verify(void *ctx, const uint8_t public_key[64], const uint8_t hash[32], const uint8_t signature[64])
{
    (void)ctx;
    (void)public_key;
    (void)hash;
    return signature[0] == 0 ? TROTH_OK : TROTH_E_FORGED;
}

static void glass_forget(void *ctx)
{
    (void)ctx;
}

static const struct troth_crypto glass = {
    .sha256 = glass_sha256,
    .aes128 = glass_aes128,
    .generate = glass_generate,
    .agree = glass_agree,
    .sign = glass_sign,
    .verify = glass_verify,
    .forget = glass_forget,
};

/* ---- Sessions, made once and copied ---- */

static const uint8_t suites[2][2] = {{2, 3}, {3, 2}};
static struct troth_edhoc_profile profiles[2];
static const uint8_t cred_bytes[] = {0xa1, 0x08, 0xa0};
static const uint8_t kid[] = {0x32};

/* By suite, method, and mode; ERROR stands for a complete session. */
static struct troth_edhoc sessions[2][4][ERROR + 1];

static struct troth_edhoc_cred own_cred(void)
{
    return (struct troth_edhoc_cred){
        .id = {TROTH_COSE_KID, {kid, sizeof kid}}, .body = {cred_bytes, sizeof cred_bytes}, .key = point};
}

static bool is_wiped(const struct troth_edhoc *session)
{
    static const struct troth_edhoc wiped;
    return memcmp(session, &wiped, sizeof wiped) == 0;
}

/* Whatever a call answers that takes or makes a message, but TROTH_E_FORGED of take_4. */
static void check(const struct troth_edhoc *session, int result)
{
    assert(result == TROTH_OK || result == TROTH_E_FORGED || result == TROTH_E_SUITE);
    assert(is_wiped(session) == (result != TROTH_OK));
}

static void complete_cred(struct troth_edhoc_cred *told)
{
    told->body = (struct troth_span){cred_bytes, sizeof cred_bytes};
    told->key = point;
}

#define UNTIL_DONE(result, call) \
    do {                         \
        (result) = (call);       \
    } while ((result) == TROTH_AGAIN)

static void verify(struct troth_edhoc *session, struct troth_edhoc_cred *told,
                   int (*verify_x)(struct troth_edhoc *session, const struct troth_edhoc_cred *peer), int *result)
{
    complete_cred(told);
    UNTIL_DONE(*result, verify_x(session, told));
    check(session, *result);
}

/* A whole exchange; each session is put aside where it waits. */
static void make_sessions(unsigned suite, uint8_t method)
{
    struct troth_edhoc *kept = sessions[suite][method];
    struct troth_edhoc i;
    struct troth_edhoc r;
    struct troth_edhoc_cred own = own_cred();
    struct troth_edhoc_cred told;
    uint8_t wire[MESSAGE_MAX];
    size_t len;
    int result;
    troth_edhoc_begin(&i, &profiles[suite], TROTH_INITIATOR, method);
    troth_edhoc_begin(&r, &profiles[suite], TROTH_RESPONDER, 0);
    kept[MESSAGE_1] = r;
    UNTIL_DONE(result, troth_edhoc_make_1(&i, wire, sizeof wire, &len));
    kept[MESSAGE_2] = i;
    UNTIL_DONE(result, troth_edhoc_take_1(&r, wire, len));
    UNTIL_DONE(result, troth_edhoc_make_2(&r, &own, wire, sizeof wire, &len));
    kept[MESSAGE_3] = kept[PLAINTEXT_3] = r;
    result = troth_edhoc_take_2(&i, wire, len, &told);
    assert(result == TROTH_AGAIN); /* G_Y has been looked at: the same one comes again in front of each plaintext */
    kept[PLAINTEXT_2] = i;
    UNTIL_DONE(result, troth_edhoc_take_2(&i, wire, len, &told));
    verify(&i, &told, troth_edhoc_verify_2, &result);
    UNTIL_DONE(result, troth_edhoc_make_3(&i, &own, wire, sizeof wire, &len));
    kept[MESSAGE_4] = kept[PLAINTEXT_4] = i;
    UNTIL_DONE(result, troth_edhoc_take_3(&r, wire, len, &told));
    verify(&r, &told, troth_edhoc_verify_3, &result);
    UNTIL_DONE(result, troth_edhoc_make_4(&r, wire, sizeof wire, &len));
    result = troth_edhoc_take_4(&i, wire, len);
    assert(result == TROTH_OK);
    kept[ERROR] = i;
}

static void make_all(void)
{
    static bool is_made;
    for (unsigned suite = 0; suite < 2 && !is_made; suite++) {
        profiles[suite] = (struct troth_edhoc_profile){.port = {&glass, NULL},
                                                       .signature = &troth_edhoc_signature,
                                                       .static_dh = &troth_edhoc_static_dh,
                                                       .suites = suites[suite],
                                                       .suites_len = 2,
                                                       .cid = {kid, sizeof kid},
                                                       .methods = 0x0f};
        for (uint8_t method = 0; method < 4; method++) {
            make_sessions(suite, method);
        }
    }
    is_made = true;
}

/* ---- The calls ---- */

static bool is_within(struct troth_span span, const uint8_t *message, size_t len)
{
    return span.len == 0 || (span.data >= message && span.data + span.len <= message + len);
}

/* What take_2 and take_3 tell of the peer lies in the message, one part behind the other. */
static void check_told(const struct troth_edhoc_cred *told, const uint8_t *message, size_t len)
{
    assert(is_within(told->id.value, message, len));
    assert(is_within(told->ead, message, len));
    assert(told->id.label != TROTH_COSE_KID || told->id.value.len <= len);
    assert(told->ead.len == 0 || told->ead.data + told->ead.len <= message + len);
    assert(told->head_len == 0 && told->body.len == 0 && told->key == NULL);
}

static void run_1(struct troth_edhoc *session, const uint8_t *message, size_t len)
{
    int result;
    UNTIL_DONE(result, troth_edhoc_take_1(session, message, len));
    check(session, result);
    if (result == TROTH_OK) {
        struct troth_edhoc_cred own = own_cred();
        uint8_t out[MESSAGE_MAX];
        assert(troth_edhoc_peer_cid(session).len <= TROTH_CID_MAX);
        UNTIL_DONE(result, troth_edhoc_make_2(session, &own, out, sizeof out, &len));
        assert(result == TROTH_OK && len > 0 && len <= sizeof out);
    }
}

static void run_2(struct troth_edhoc *session, uint8_t *message, size_t len)
{
    struct troth_edhoc_cred told;
    int result;
    UNTIL_DONE(result, troth_edhoc_take_2(session, message, len, &told));
    check(session, result);
    if (result == TROTH_OK) {
        assert(troth_edhoc_peer_cid(session).len <= TROTH_CID_MAX);
        check_told(&told, message, len);
        verify(session, &told, troth_edhoc_verify_2, &result);
    }
    if (result == TROTH_OK) {
        struct troth_edhoc_cred own = own_cred();
        uint8_t out[MESSAGE_MAX];
        UNTIL_DONE(result, troth_edhoc_make_3(session, &own, out, sizeof out, &len));
        assert(result == TROTH_OK && len > 0 && len <= sizeof out);
    }
}

static void run_3(struct troth_edhoc *session, uint8_t *message, size_t len)
{
    struct troth_edhoc_cred told;
    int result;
    UNTIL_DONE(result, troth_edhoc_take_3(session, message, len, &told));
    check(session, result);
    if (result == TROTH_OK) {
        check_told(&told, message, len);
        verify(session, &told, troth_edhoc_verify_3, &result);
    }
    if (result == TROTH_OK) {
        uint8_t out[MESSAGE_MAX];
        UNTIL_DONE(result, troth_edhoc_make_4(session, out, sizeof out, &len));
        assert(result == TROTH_OK && len > 0);
    }
}

static void run_4(struct troth_edhoc *session, uint8_t *message, size_t len)
{
    struct troth_span none = {NULL, 0};
    uint8_t out[32];
    int result = troth_edhoc_take_4(session, message, len);
    assert(result == TROTH_OK || result == TROTH_E_FORGED);
    assert(result != TROTH_OK || troth_edhoc_export(session, 0, none, out, sizeof out) == TROTH_OK);
}

static void run_error(struct troth_edhoc *session, const uint8_t *message, size_t len)
{
    struct troth_edhoc before = *session;
    uint8_t out[MESSAGE_MAX];
    int code;
    int result = troth_edhoc_take_error(session, message, len, &code);
    assert(result == TROTH_OK || result == TROTH_E_FORGED || result == TROTH_E_SUITE);
    if (memcmp(&before, session, sizeof before) != 0) { /* another suite: message_1 again */
        assert(result == TROTH_OK && code == 2);
        UNTIL_DONE(result, troth_edhoc_make_1(session, out, sizeof out, &len));
        assert(result == TROTH_OK);
    }
}

/* The message that holds this plaintext: behind G_Y in message_2, before a tag of zeros in 3 and 4. */
static uint8_t *wrap(enum mode mode, unsigned suite, const uint8_t *text, size_t len, size_t *message_len)
{
    size_t front = mode == PLAINTEXT_2 ? 32 : 0;
    size_t behind = mode == PLAINTEXT_2 ? 0 : suite == 0 ? 8 : 16;
    size_t body = front + len + behind;
    size_t head = body < 24 ? 1 : body < 256 ? 2 : 3;
    uint8_t *message = calloc(head + body, 1);
    assert(message != NULL);
    message[0] = (uint8_t)(0x40 + (head == 1 ? body : head == 2 ? 24 : 25));
    message[head - 1] = head == 1 ? message[0] : (uint8_t)body;
    if (head == 3) {
        message[1] = (uint8_t)(body >> 8);
    }
    memcpy(message + head, point, front);
    memcpy(message + head + front, text, len);
    *message_len = head + body;
    return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > MESSAGE_MAX) {
        return 0;
    }
    make_all();
    enum mode mode = data[0] & 7;
    unsigned suite = data[0] >> 5 & 1;
    struct troth_edhoc session = sessions[suite][data[0] >> 3 & 3][mode == ERROR ? data[1] & 7 : mode];
    size_t skipped = mode == ERROR ? 2 : 1;
    size_t len = size - skipped;
    uint8_t *message;
    if (mode == PLAINTEXT_2 || mode == PLAINTEXT_3 || mode == PLAINTEXT_4) {
        message = wrap(mode, suite, data + 1, len, &len);
    } else {
        message = malloc(len > 0 ? len : 1);
        assert(message != NULL);
        memcpy(message, data + skipped, len);
    }
    switch (mode) {
    case MESSAGE_1:
        run_1(&session, message, len);
        break;
    case MESSAGE_2:
    case PLAINTEXT_2:
        run_2(&session, message, len);
        break;
    case MESSAGE_3:
    case PLAINTEXT_3:
        run_3(&session, message, len);
        break;
    case MESSAGE_4:
    case PLAINTEXT_4:
        run_4(&session, message, len);
        break;
    default:
        run_error(&session, message, len);
    }
    troth_edhoc_end(&session);
    free(message);
    return 0;
}
