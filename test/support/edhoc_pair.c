/* edhoc_pair: an Initiator and a Responder that talk through one buffer. */
#include "edhoc_pair.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MAX 64 /* no call of the library takes more turns */

uint64_t pair_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* ---- Credentials ---- */

/* { 2 : "side", 8 : { 1 : { 1 : 2, -1 : 1, -2 : x, -3 : y } } } */
static size_t write_ccs(const uint8_t key[64], uint8_t *out)
{
    static const uint8_t head[] = {0xa2, 0x02, 0x64, 's',  'i',  'd',  'e',  0x08, 0xa1,
                                   0x01, 0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, 0x20};
    static const uint8_t middle[] = {0x22, 0x58, 0x20};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, key, 32);
    memcpy(out + sizeof head + 32, middle, sizeof middle);
    memcpy(out + sizeof head + 32 + sizeof middle, key + 32, 32);
    return sizeof head + 32 + sizeof middle + 32;
}

/* A C509 of the same shape as the 140-byte example of the C509 draft, in a byte string. Its signature is not one: EDHOC
 * leaves certificates to the application. */
static size_t write_c509(const uint8_t key[64], unsigned number, uint8_t *out)
{
    static const uint8_t head[] = {0x58, PAIR_CERT_LEN, 0x02, 0x43, 0x01, 0xf5, 0x0d, 0x00, 0x6b, 'R',  'F',
                                   'C',  ' ',           't',  'e',  's',  't',  ' ',  'C',  'A',  0x1a, 0x63,
                                   0xb0, 0xcd,          0x00, 0x1a, 0x69, 0x55, 0xb9, 0x00, 0xd8, 0x30, 0x46,
                                   0x01, 0x23,          0x45, 0x67, 0x89, 0xab, 0x01, 0x58, 0x21};
    static const uint8_t tail[] = {0x01, 0x58, 0x40};
    size_t at = sizeof head;
    memcpy(out, head, sizeof head);
    out[5] = (uint8_t)(0xf4 + number);
    out[at++] = (uint8_t)(2 + (key[63] & 1));
    memcpy(out + at, key, 32);
    at += 32;
    memcpy(out + at, tail, sizeof tail);
    at += sizeof tail;
    memset(out + at, 0x5a, TROTH_SIGNATURE_LEN);
    at += TROTH_SIGNATURE_LEN;
    assert(at == 2 + PAIR_CERT_LEN);
    return at;
}

static void open_cred(struct party *party, enum pair_cred cred, struct troth_span kid, unsigned number)
{
    size_t len = cred == CRED_CCS ? write_ccs(party->key, party->cred) : write_c509(party->key, number, party->cred);
    struct troth_edhoc_cred *own = &party->own;
    own->id = (struct troth_edhoc_id){TROTH_COSE_KID, kid};
    own->body = (struct troth_span){party->cred, len};
    own->key = party->key;
    if (cred != CRED_CCS) {
        own->head[0] = 0x8b;
        own->head_len = 1;
        own->body = (struct troth_span){party->cred + 2, len - 2};
    }
    if (cred == CRED_C509_VALUE) {
        own->id = (struct troth_edhoc_id){TROTH_COSE_C5C, {party->cred, len}};
    }
}

/* ---- A pair ---- */

static void open_party(struct party *party, const struct pair_setup *setup, unsigned role)
{
    static const uint8_t suite_2[] = {2};
    static const uint8_t byte[2] = {0x00, 0x01};
    static const uint8_t store_key[32] = {0};
    memset(party->identity, (int)(0x31 + role), sizeof party->identity);
    EVP_PKEY *identity = troth_openssl_key(party->identity);
    if (troth_openssl_open(&party->openssl, identity, store_key) != TROTH_OK ||
        troth_openssl_public_key(identity, party->key) != TROTH_OK) {
        abort();
    }
    EVP_PKEY_free(identity);
    spy_open(&party->spy, (struct troth_port){&troth_openssl, &party->openssl});
    party->profile = (struct troth_edhoc_profile){
        .port = {&spy_table, &party->spy},
        .signature = &troth_edhoc_signature,
        .static_dh = &troth_edhoc_static_dh,
        .suites = setup->suites[role] == NULL ? suite_2 : setup->suites[role],
        .suites_len = setup->suites[role] == NULL ? 1 : setup->suites_len[role],
        .cid = setup->cid[role].data == NULL ? (struct troth_span){&byte[role], 1} : setup->cid[role],
        .methods = 0x0f,
    };
    open_cred(party, setup->cred,
              setup->kid[role].data == NULL ? (struct troth_span){&byte[role], 1} : setup->kid[role], role);
    party->own.ead = setup->ead[role];
}

void pair_open(struct pair *pair, const struct pair_setup *setup)
{
    memset(pair, 0, sizeof *pair);
    pair->cred = setup->cred;
    pair->method = setup->method;
    pair->cap = sizeof pair->wire;
    open_party(&pair->party[TROTH_INITIATOR], setup, TROTH_INITIATOR);
    open_party(&pair->party[TROTH_RESPONDER], setup, TROTH_RESPONDER);
    pair->party[TROTH_INITIATOR].known = pair->party[TROTH_RESPONDER].own;
    pair->party[TROTH_RESPONDER].known = pair->party[TROTH_INITIATOR].own;
    pair_begin(pair);
}

void pair_close(struct pair *pair)
{
    for (unsigned role = 0; role < 2; role++) {
        struct party *party = &pair->party[role];
        troth_edhoc_end(&party->session);
        spy_close(&party->spy);
        troth_openssl_close(&party->openssl);
    }
}

void pair_begin(struct pair *pair)
{
    troth_edhoc_begin(&pair->party[0].session, &pair->party[0].profile, TROTH_INITIATOR, pair->method);
    troth_edhoc_begin(&pair->party[1].session, &pair->party[1].profile, TROTH_RESPONDER, 0);
}

struct party *pair_actor(struct pair *pair, enum pair_call call)
{
    bool is_responder = call == CALL_TAKE_1 || call == CALL_MAKE_2 || (call >= CALL_TAKE_3 && call <= CALL_MAKE_4);
    return &pair->party[is_responder];
}

/* ---- An exchange ---- */

/* The peer's credential as the application finds it. Unless checks_id, it is a credulous one: any name leads to the one
 * peer that it knows, and of a certificate it takes every byte that came. What is spoilt, EDHOC itself has to find. */
static bool find(const struct pair *pair, struct party *party)
{
    const struct troth_edhoc_cred *known = &party->known;
    struct troth_edhoc_cred *told = &party->told;
    bool is_same =
        told->id.label == known->id.label && told->id.value.len == known->id.value.len &&
        (known->id.value.len == 0 || memcmp(told->id.value.data, known->id.value.data, known->id.value.len) == 0);
    if (pair->checks_id && !is_same) {
        return false;
    }
    memcpy(told->head, known->head, sizeof told->head);
    told->head_len = known->head_len;
    told->body = known->body;
    told->key = known->key;
    if (told->id.label == TROTH_COSE_C5C && told->id.value.len > 2) {
        told->body = (struct troth_span){told->id.value.data + 2, told->id.value.len - 2};
    }
    return true;
}

int pair_step(struct pair *pair, enum pair_call call)
{
    return pair_step_as(pair, pair_actor(pair, call), call);
}

int pair_step_as(struct pair *pair, struct party *party, enum pair_call call)
{
    struct troth_edhoc *session = &party->session;
    switch (call) {
    case CALL_MAKE_1:
        return troth_edhoc_make_1(session, pair->wire, pair->cap, &pair->wire_len);
    case CALL_TAKE_1:
        return troth_edhoc_take_1(session, pair->wire, pair->wire_len);
    case CALL_MAKE_2:
        return troth_edhoc_make_2(session, &party->own, pair->wire, pair->cap, &pair->wire_len);
    case CALL_TAKE_2:
        return troth_edhoc_take_2(session, pair->wire, pair->wire_len, &party->told);
    case CALL_VERIFY_2:
        return find(pair, party) ? troth_edhoc_verify_2(session, &party->told) : TROTH_E_UNKNOWN;
    case CALL_MAKE_3:
        return troth_edhoc_make_3(session, &party->own, pair->wire, pair->cap, &pair->wire_len);
    case CALL_TAKE_3:
        return troth_edhoc_take_3(session, pair->wire, pair->wire_len, &party->told);
    case CALL_VERIFY_3:
        return find(pair, party) ? troth_edhoc_verify_3(session, &party->told) : TROTH_E_UNKNOWN;
    case CALL_MAKE_4:
        return troth_edhoc_make_4(session, pair->wire, pair->cap, &pair->wire_len);
    default:
        return troth_edhoc_take_4(session, pair->wire, pair->wire_len);
    }
}

int pair_do(struct pair *pair, enum pair_call call, bool *one_at_a_time)
{
    struct spy *spy = &pair_actor(pair, call)->spy;
    int result = TROTH_AGAIN;
    for (unsigned turn = 0; result == TROTH_AGAIN; turn++) {
        assert(turn < AGAIN_MAX);
        spy->slow = 0;
        result = pair_step(pair, call);
        if (one_at_a_time != NULL && spy->slow > 1) {
            *one_at_a_time = false;
        }
    }
    return result;
}

int pair_run(struct pair *pair, enum pair_call first, enum pair_call end)
{
    int result = TROTH_OK;
    for (enum pair_call call = first; call < end && result == TROTH_OK; call++) {
        result = pair_do(pair, call, NULL);
    }
    return result;
}

bool pair_agrees(struct pair *pair)
{
    uint8_t out[2][40];
    for (unsigned role = 0; role < 2; role++) {
        struct troth_span context = {(const uint8_t *)"ctx", 3};
        if (troth_edhoc_export(&pair->party[role].session, 32768, context, out[role], sizeof out[role]) != TROTH_OK) {
            return false;
        }
    }
    return memcmp(out[0], out[1], sizeof out[0]) == 0;
}

bool pair_is_wiped(const struct troth_edhoc *session)
{
    const uint8_t *byte = (const uint8_t *)session;
    for (size_t i = 0; i < sizeof *session; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}
