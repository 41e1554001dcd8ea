/* test/support/sim_host: what a host computes beside the chip, with OpenSSL's EVP interface only: TempKey after Nonce
 * and GenDig, encrypted writes, and P-256 with keys of its own. */
#ifndef TROTH_TEST_SIM_HOST_H
#define TROTH_TEST_SIM_HOST_H

#include "test/support/sim_client.h"

/* SHA-256 over pairs of pointer and size_t, ended by NULL; a pointer to host_zero stands for zeros. */
extern const uint8_t host_zero[64];
void host_sha(uint8_t digest[32], ...);

/* What sim_personalise put at the head of a slot. */
void host_pattern(unsigned slot, uint8_t key[32]);

/* Nonce with randomness; tempkey becomes what the chip's TempKey is. */
void host_nonce(struct sim_client *client, uint8_t tempkey[32]);
/* Nonce with 32 bytes as they are. */
void host_load(struct sim_client *client, const uint8_t tempkey[32]);
/* Nonce into the message digest buffer, 32 or 64 bytes. */
void host_load_message(struct sim_client *client, const uint8_t *message, size_t len);
/* GenDig over a slot that holds `key`; the status. */
uint8_t host_gendig(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32]);
/* The two together: a session under the key of a slot. */
void host_session(struct sim_client *client, unsigned slot, const uint8_t key[32], uint8_t tempkey[32]);
/* Write of a block in cipher and with its MAC; the status. */
uint8_t host_write(struct sim_client *client, unsigned slot, unsigned block, const uint8_t plain[32],
                   const uint8_t tempkey[32]);
/* A public key into a 72-byte slot, clear. */
uint8_t host_write_public(struct sim_client *client, unsigned slot, const uint8_t point[64]);

/* A P-256 key of the host; free it with host_key_free. */
typedef struct evp_pkey_st host_key;
host_key *host_key_make(uint8_t point[64]);
void host_key_free(host_key *key);
void host_sign(host_key *key, const uint8_t digest[32], uint8_t signature[64]);
void host_agree(host_key *key, const uint8_t point[64], uint8_t secret[32]);
bool host_verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64]);

#endif
