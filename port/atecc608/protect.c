/* port/atecc608/protect: shared secrets encrypted on the bus. */
#include "protect.h"

#include "command.h"
#include "port/soft/soft.h"

#include <string.h>

#define ENCRYPT   0x02 /* of ECDH's mode */
#define NONCE_LEN 32   /* that comes with the secret; its first half counts for the first 32 bytes */

void troth_atecc608_protect(struct troth_atecc608 *chip, const uint8_t io_key[32])
{
    chip->io_key = io_key;
}

int troth_atecc608_agree_protected(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32])
{
    struct troth_atecc608 *chip = ctx;
    struct row row = {{0x43, 0x0C, TROTH_ATECC608_IDENTITY, 0}, 64, 32, TROTH_E_CONFIG, ONCE};
    uint8_t answer[TROTH_SECRET_LEN + NONCE_LEN];
    uint8_t pad[TROTH_HASH_LEN];
    if (key == TROTH_KEY_EPHEMERAL) {
        row = chip->method->agree;
        if (!chip->live) {
            return TROTH_E_STATE;
        }
    }
    row.head[1] |= ENCRYPT;
    row.answer = sizeof answer;
    int result = atecc608_take(chip, atecc608_run(chip, &row, peer, NULL), answer, sizeof answer);
    if (result != TROTH_OK) {
        return result;
    }
    const struct troth_span part[] = {{chip->io_key, 32}, {answer + TROTH_SECRET_LEN, NONCE_LEN / 2}};
    result = troth_soft_sha256(NULL, part, 2, pad);
    for (size_t i = 0; i < TROTH_SECRET_LEN; i++) {
        secret[i] = answer[i] ^ pad[i];
    }
    atecc608_erase(pad, sizeof pad);
    return result;
}
