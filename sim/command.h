/* sim/command.h: what all commands share: the call, the one table of commands, and the rules that several of them
 * follow. A command's function checks state and permission, in this order, before it changes anything; whatever it
 * changed in the memory is undone when it answers neither OK nor MISMATCH. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "inside.h"

#define TEMPKEY_ID 0xFFFFU
#define CALL_OUT   128

struct call {
    struct chip *chip;
    struct memory *memory;
    struct work *work;
    uint8_t opcode, mode;
    uint16_t param;
    const uint8_t *data;
    size_t len;
    uint8_t out[CALL_OUT];
    size_t out_len; /* 0: the answer is the status alone */
};

/* Parameters that a mode allows: (mode & mask) == value; the bits of param, or exactly TempKey; the data length. */
struct shape {
    uint8_t mask, value;
    uint16_t param_bits;
    bool param_tempkey;
    uint8_t min, max;
};

struct command {
    uint8_t opcode;
    const char *name;
    uint16_t ms[3]; /* execution time, maximum: M0, M1, M2 */
    uint8_t (*run)(struct call *call);
    const struct shape *shape;
    size_t shapes;
};

extern const struct command command_table[CHIP_COMMANDS];
const struct command *command_find(uint8_t opcode);
/* Takes a sound packet apart; STATUS_PARSE if the command, mode, param or length is none that exists. */
uint8_t command_parse(struct call *call, const uint8_t *packet, const struct command **command);

/* command_*.c */
uint8_t command_info(struct call *call);
uint8_t command_self_test(struct call *call);
uint8_t command_counter(struct call *call);
uint8_t command_lock(struct call *call);
uint8_t command_update_extra(struct call *call);
uint8_t command_random(struct call *call);
uint8_t command_nonce(struct call *call);
uint8_t command_read(struct call *call);
uint8_t command_write(struct call *call);
uint8_t command_priv_write(struct call *call);
uint8_t command_gen_key(struct call *call);
uint8_t command_sign(struct call *call);
uint8_t command_ecdh(struct call *call);
uint8_t command_verify(struct call *call);
uint8_t command_secure_boot(struct call *call);
uint8_t command_mac(struct call *call);
uint8_t command_check_mac(struct call *call);
uint8_t command_gen_dig(struct call *call);
uint8_t command_derive_key(struct call *call);
uint8_t command_sha(struct call *call);
uint8_t command_aes(struct call *call);
uint8_t command_kdf(struct call *call);

/* rules.c */

/* The rules for using the key of a slot at all: authorisation, latch, limited use (which this call counts). */
uint8_t rule_use(struct call *call, unsigned slot);
/* KeyConfig.ReqRandom: TempKey must hold the chip's randomness. */
uint8_t rule_random(const struct call *call, unsigned slot);
/* TempKey made by a random Nonce and GenDig with that slot's key: what opens encrypted reads and writes. */
bool rule_session(const struct call *call, unsigned key_slot);
/* Counts one up; EXECUTION at the maximum. */
uint8_t rule_count(struct call *call, unsigned id);
/* Puts bytes, which fit, into a slot; the only way to change one. EXECUTION if the slot is worn out and the chip notices. */
uint8_t rule_put(struct call *call, unsigned slot, size_t at, const uint8_t *bytes, size_t len);
/* A key that KDF or ECDH made: into a slot without P-256 key, unlocked, and open for that by PubInfo or as `granted`. */
uint8_t rule_put_derived(struct call *call, unsigned slot, bool granted, const uint8_t *bytes, size_t len);
/* The IO protection key; NULL if ChipOptions does not enable it. */
const uint8_t *rule_io_key(const struct call *call);
/* Gives `len` bytes out under a protection of ChipOptions (0 to 3); encrypted if that or the caller asks for it. */
uint8_t rule_output(struct call *call, const uint8_t *bytes, size_t len, unsigned protection, bool encrypt);
/* TempKey becomes `value`, with all flags down. */
void rule_tempkey_set(struct call *call, const uint8_t *value, size_t len, bool fixed);
void rule_tempkey_spend(struct call *call);
bool rule_tempkey_usable(const struct call *call);   /* valid, and no private key */
uint8_t rule_tempkey_flags(const struct call *call); /* as Info's state shows them */

/* Pieces of the messages that are hashed. */
void rule_hash_call(struct hash *hash, const struct call *call);   /* opcode, mode, param */
void rule_hash_serial(struct hash *hash, const struct call *call); /* SN[8], SN[0:1] */
void rule_xor(uint8_t *to, const uint8_t *with, size_t len);

#endif
