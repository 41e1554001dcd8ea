/* port/atecc608/protect: shared secrets encrypted on the bus, under the IO protection key, which chip and MCU know.
 *
 *     struct troth_crypto table = troth_atecc608;
 *     table.agree = troth_atecc608_agree_protected;
 *     troth_atecc608_protect(&chip, io_key);
 *
 * It keeps the secrets of a session from whoever listens on the bus and has no copy of the MCU's flash. It does not make a chip
 * trustworthy whose bus somebody else drives. */
#ifndef TROTH_PORT_ATECC608_PROTECT_H
#define TROTH_PORT_ATECC608_PROTECT_H

#include "atecc608.h"

/* Names the IO protection key, a secret of this device alone; the 32 bytes stay the caller's and must stay. After
 * troth_atecc608_open. */
void troth_atecc608_protect(struct troth_atecc608 *chip, const uint8_t io_key[32]);

/* As the table's `agree`. */
int troth_atecc608_agree_protected(void *ctx, enum troth_key key, const uint8_t peer[64], uint8_t secret[32]);

#endif
