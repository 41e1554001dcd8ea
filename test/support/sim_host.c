/* test/support/sim_host: the host's side of the chip's digests. */
#include "test/support/sim_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

const uint8_t host_zero[64];
static const uint8_t serial[3] = {0xEE, 0x01, 0x23}; /* SN[8], SN[0:1], the same in every part */

void host_sha(uint8_t digest[32], ...)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    va_list pieces;
    assert_int_equal(EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
    va_start(pieces, digest);
    for (const void *piece = va_arg(pieces, const void *); piece != NULL; piece = va_arg(pieces, const void *)) {
        size_t len = va_arg(pieces, size_t);
        assert_int_equal(EVP_DigestUpdate(hash, piece, len), 1);
    }
    va_end(pieces);
    assert_int_equal(EVP_DigestFinal_ex(hash, digest, NULL), 1);
    EVP_MD_CTX_free(hash);
}

void host_pattern(unsigned slot, uint8_t key[32])
{
    for (unsigned i = 0; i < 32; i++) {
        key[i] = sim_pattern(slot, i);
    }
}

void host_nonce(struct sim_client *client, uint8_t tempkey[32])
{
    uint8_t num_in[20];
    const uint8_t tail[3] = {0x16, 0x00, 0x00};
    for (unsigned i = 0; i < sizeof num_in; i++) {
        num_in[i] = (uint8_t)(i * 11 + 5);
    }
    assert_int_equal(sim_run(client, 0x16, 0x00, 0, num_in, sizeof num_in), 0);
    assert_int_equal(client->len, 32);
    host_sha(tempkey, client->answer, (size_t)32, num_in, sizeof num_in, tail, sizeof tail, NULL);
}

void host_load(struct sim_client *client, const uint8_t tempkey[32])
{
    assert_int_equal(sim_run(client, 0x16, 0x03, 0, tempkey, 32), 0);
}

uint8_t host_gendig(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32])
{
    const uint8_t head[4] = {0x15, 0x02, (uint8_t)slot, 0};
    uint8_t status = sim_run(client, 0x15, 0x02, slot, NULL, 0);
    if (status == 0) {
        host_sha(tempkey, key, (size_t)32, head, sizeof head, serial, sizeof serial, host_zero, (size_t)25, tempkey,
                 (size_t)32, NULL);
    }
    return status;
}

void host_session(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32])
{
    host_nonce(client, tempkey);
    assert_int_equal(host_gendig(client, slot, key, tempkey), 0);
}

uint8_t host_write(struct sim_client *client, unsigned slot, unsigned block, const uint8_t plain[32],
                   const uint8_t tempkey[32])
{
    uint8_t data[64];
    unsigned address = block << 8 | slot << 3;
    const uint8_t head[4] = {0x12, 0xC2, (uint8_t)address, (uint8_t)(address >> 8)};
    for (unsigned i = 0; i < 32; i++) {
        data[i] = plain[i] ^ tempkey[i];
    }
    host_sha(data + 32, tempkey, (size_t)32, head, sizeof head, serial, sizeof serial, host_zero, (size_t)25, plain,
             (size_t)32, NULL);
    return sim_run(client, 0x12, 0xC2, address, data, sizeof data);
}

uint8_t host_write_public(struct sim_client *client, unsigned slot, const uint8_t point[64])
{
    uint8_t stored[96] = {0};
    uint8_t status = 0;
    memcpy(stored + 4, point, 32);
    memcpy(stored + 40, point + 32, 32);
    for (unsigned block = 0; block < 3 && status == 0; block++) {
        status = sim_run(client, 0x12, 0x82, block << 8 | slot << 3, stored + 32 * block, 32);
    }
    return status;
}
