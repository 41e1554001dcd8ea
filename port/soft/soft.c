/* port/soft: SHA-256, then bitsliced AES-128, written for small code. */
#include "soft.h"

#include <string.h>

static void wipe(void *secret, size_t len)
{
    volatile uint8_t *at = secret;
    while (len > 0) {
        *at++ = 0;
        len--;
    }
}

static uint32_t rotate_right(uint32_t word, unsigned count)
{
    return word >> count | word << (32 - count);
}

/* ---- SHA-256 ---- */

static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t first_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

struct sha256 {
    uint32_t len; /* bytes taken so far */
    uint32_t state[8];
    uint32_t work[8];
    uint32_t w[16]; /* the block that fills up, then the last 16 words of the message schedule */
};

/* w[t] of the message schedule, t >= 16, over w[t - 16] (FIPS 180-4, 6.2.2 step 1). */
static void schedule(uint32_t *w, unsigned t)
{
    uint32_t near = w[(t - 2) & 15];
    uint32_t far = w[(t - 15) & 15];
    w[t & 15] += w[(t - 7) & 15] + (rotate_right(near, 17) ^ rotate_right(near, 19) ^ near >> 10) +
                 (rotate_right(far, 7) ^ rotate_right(far, 18) ^ far >> 3);
}

/* Takes in the full block (FIPS 180-4, 6.2.2). */
static void compress(struct sha256 *sha)
{
    uint32_t *v = sha->work;
    memcpy(v, sha->state, sizeof sha->work);
    for (unsigned t = 0; t < 64; t++) {
        if (t >= 16) {
            schedule(sha->w, t);
        }
        uint32_t a = v[0];
        uint32_t e = v[4];
        uint32_t t1 = v[7] + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) +
                      ((e & v[5]) ^ (~e & v[6])) + round_constant[t] + sha->w[t & 15];
        uint32_t t2 = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        v[3] += t1;
        uint32_t in = t1 + t2;
        for (unsigned i = 0; i < 8; i++) {
            uint32_t out = v[i];
            v[i] = in;
            in = out;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        sha->state[i] += v[i];
    }
}

static void take(struct sha256 *sha, uint8_t byte)
{
    uint32_t *word = &sha->w[sha->len / 4 % 16];
    *word = *word << 8 | byte;
    sha->len++;
    if (sha->len % 64 == 0) {
        compress(sha);
    }
}

int troth_soft_sha256(void *ctx, const struct troth_span *part, size_t count, uint8_t hash[32])
{
    struct sha256 sha = {0};
    (void)ctx;
    memcpy(sha.state, first_state, sizeof sha.state);
    for (; count > 0; part++, count--) {
        for (size_t i = 0; i < part->len; i++) {
            take(&sha, part->data[i]);
        }
    }
    uint32_t len = sha.len;
    take(&sha, 0x80);
    while (sha.len % 64 != 56) {
        take(&sha, 0);
    }
    sha.w[14] = len >> 29;
    sha.w[15] = len << 3;
    compress(&sha);
    for (unsigned i = 0; i < 32; i++) {
        hash[i] = (uint8_t)(sha.state[i / 4] >> (24 - 8 * (i % 4)));
    }
    wipe(&sha, sizeof sha);
    return TROTH_OK;
}

/* ---- AES-128 ----
 * Two blocks lie in eight words: word i holds bit i of all 32 bytes; the byte at row r, column c of block b is bit
 * 8r + 4b + c of each word. So a row of both blocks is a byte of the word, and they take every step together. */

struct aes128 {
    uint32_t state[8];
    uint32_t key[8]; /* the round key, once for each block */
    uint32_t sub[8];
};

/* Swaps word i, bit j of each byte with word j, bit i: from columns (column c of block b is word 4b + c, row 0 its
 * lowest byte) to bit slices, and back. */
static void transpose(uint32_t word[8])
{
    uint32_t mask = 0x0f0f0f0f;
    for (unsigned step = 4; step > 0; step /= 2) {
        for (unsigned i = 0; i < 8; i++) {
            if ((i & step) == 0) {
                uint32_t swap = (word[i] >> step ^ word[i + step]) & mask;
                word[i + step] ^= swap;
                word[i] ^= swap << step;
            }
        }
        mask ^= mask << step / 2;
    }
}

/* Bytes into zeroed columns. */
static void load(uint32_t *column, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        column[i / 4] |= (uint32_t)bytes[i] << i % 4 * 8;
    }
}

/* out = a * b in GF(16) = GF(2)[z] / (z^4 + z + 1), in 32 lanes; Horner's rule from the highest bit of b. */
static void multiply(uint32_t out[4], const uint32_t a[4], const uint32_t b[4])
{
    uint32_t r0 = 0;
    uint32_t r1 = 0;
    uint32_t r2 = 0;
    uint32_t r3 = 0;
    for (unsigned i = 4; i-- > 0;) {
        uint32_t bit = b[i];
        uint32_t carry = r3;
        r3 = r2 ^ (a[3] & bit);
        r2 = r1 ^ (a[2] & bit);
        r1 = r0 ^ carry ^ (a[1] & bit);
        r0 = carry ^ (a[0] & bit);
    }
    out[0] = r0;
    out[1] = r1;
    out[2] = r2;
    out[3] = r3;
}

/* 1 / d in the same field, and 0 for 0: the algebraic normal form of its table, factored. */
static void invert(uint32_t d[4])
{
    uint32_t a = d[0];
    uint32_t b = d[1];
    uint32_t c = d[2];
    uint32_t e = d[3];
    d[0] = (a | c) ^ b ^ e ^ (b & c & ~(a ^ e));
    d[1] = e ^ (a & c) ^ (b & (c ^ (a | e)));
    d[2] = c ^ e ^ (a & (b ^ (c | e)));
    d[3] = b ^ c ^ (e & ~(a ^ (b | c)));
}

/* The S-box (FIPS 197, 5.1.1) in 32 lanes. GF(256) is taken as pairs over GF(16), y^2 = y + z^3, where the byte 5c is z
 * and a2 is y; a byte is h (y + 1) + s. With d = h s + s^2 + z^3 h^2 its inverse is (h / d) y + s / d. The two changes of
 * basis are these lines of XOR, the second one with the affine map of the standard in it. */
static void substitute(uint32_t out[8], const uint32_t x[8])
{
    uint32_t s[4];
    uint32_t h[4];
    uint32_t d[4];
    uint32_t t;
    s[2] = x[6] ^ x[4];
    h[3] = x[7] ^ x[5];
    h[0] = s[2] ^ x[5];
    t = h[3] ^ x[3];
    h[2] = t ^ x[2];
    s[3] = t ^ x[4];
    t = s[2] ^ x[7];
    s[0] = t ^ x[0];
    h[1] = t ^ x[1];
    s[1] = h[1] ^ x[2];
    multiply(d, h, s);
    t = h[2] ^ s[2];
    d[0] ^= s[0] ^ t;
    d[1] ^= h[3] ^ h[1] ^ t;
    t = s[3];
    d[2] ^= t ^ s[1] ^ h[1];
    d[3] ^= t ^ h[0] ^ h[3] ^ h[2];
    invert(d);
    multiply(s, s, d);
    multiply(h, h, d);
    uint32_t p = s[2] ^ s[1];
    uint32_t q = h[3] ^ h[2];
    uint32_t u = h[1] ^ s[0];
    uint32_t v = u ^ s[3];
    uint32_t w = v ^ h[0];
    out[0] = ~(s[2] ^ s[0] ^ h[2]);
    out[1] = ~(w ^ p);
    out[2] = v ^ h[2];
    out[3] = u ^ s[2];
    out[4] = w ^ s[1];
    out[5] = ~(q ^ p ^ h[1] ^ s[3]);
    out[6] = ~(q ^ h[0]);
    out[7] = p;
}

/* ShiftRows (5.1.2) of one word: row r turns by r columns, which are the bits of its two nibbles: rows 2 and 3 by two,
 * then rows 1 and 3 by one. */
static uint32_t shift_rows(uint32_t a)
{
    uint32_t swap = (a ^ a >> 2) & 0x33330000;
    a ^= swap ^ swap << 2;
    return (a & 0x00ff00ff) | (a >> 1 & 0x77007700) | (a & 0x11001100) << 3;
}

/* MixColumns (5.1.3): with u_r = a_r + a_r+1 a column becomes 2 u_r + a_r+1 + u_r+2. */
static void mix_columns(uint32_t x[8])
{
    uint32_t top = x[7] ^ rotate_right(x[7], 8);
    uint32_t below = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint32_t next = rotate_right(x[i], 8);
        uint32_t u = x[i] ^ next;
        x[i] = below ^ next ^ rotate_right(u, 16);
        if (0x1b >> i & 1) {
            x[i] ^= top;
        }
        below = u;
    }
}

/* The next round key (5.2): the S-box on the last column, turned by a row, goes to the first; then each column takes in
 * all before it. */
static void next_key(struct aes128 *aes, unsigned constant)
{
    substitute(aes->sub, aes->key);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t k = aes->key[i] ^ (rotate_right(aes->sub[i], 8) >> 3 & 0x11111111) ^ (constant >> i & 1) * 0x11;
        k ^= k << 1 & 0xeeeeeeee;
        k ^= k << 2 & 0xcccccccc;
        aes->key[i] = k;
    }
}

/* Ten rounds (5.1). ShiftRows and SubBytes may change places, so the rows turn while the round key is added. */
int troth_soft_aes128(void *ctx, const uint8_t key[16], uint8_t *block, size_t count)
{
    struct aes128 aes = {0};
    unsigned constant = 1;
    (void)ctx;
    load(aes.key, key, 16);
    load(aes.key + 4, key, 16);
    transpose(aes.key);
    load(aes.state, block, count * 16);
    transpose(aes.state);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 8; i++) {
            aes.state[i] = shift_rows(aes.state[i] ^ aes.key[i]);
        }
        substitute(aes.state, aes.state);
        if (round < 9) {
            mix_columns(aes.state);
        }
        next_key(&aes, constant);
        constant = constant << 1 ^ (constant >> 7) * 0x11b;
    }
    transpose(aes.key);
    transpose(aes.state);
    for (size_t i = 0; i < count * 16; i++) {
        block[i] = (uint8_t)((aes.state[i / 4] ^ aes.key[i / 4]) >> i % 4 * 8);
    }
    wipe(&aes, sizeof aes);
    return TROTH_OK;
}
