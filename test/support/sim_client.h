/* test/support/sim_client: a host on the I2C bus of a simulated chip. It builds packets with a CRC of its own, wakes the
 * chip before each command and lets it idle after it, so that TempKey stays. */
#ifndef TROTH_TEST_SIM_CLIENT_H
#define TROTH_TEST_SIM_CLIENT_H

#include "sim/chip.h"

#define SIM_TEMPKEY 0xFFFF

struct sim_client {
    struct chip *chip;
    uint8_t address;
    uint8_t kept[CHIP_IMAGE_SIZE]; /* what the chip kept last */
    unsigned keeps;
    uint8_t answer[256]; /* the last answer's data, without count and CRC */
    size_t len;
};

/* Opens a chip with these options and without an image; keep is the client's. */
void sim_open(struct sim_client *client, struct chip_options options);
/* A new chip from what the client kept, as after a restart of the process. */
void sim_restart(struct sim_client *client, struct chip_options options);
void sim_close(struct sim_client *client);

uint16_t sim_crc(const uint8_t *bytes, size_t len);
/* A command packet; returns its length. */
size_t sim_packet(uint8_t *packet, uint8_t opcode, uint8_t mode, unsigned param, const void *data, size_t len);

void sim_wake(struct sim_client *client);
void sim_word(struct sim_client *client, uint8_t word); /* 0x01 sleep, 0x02 idle, 0x00 rewind */
/* Runs a command: its status, 0 if it gave data. */
uint8_t sim_run(struct sim_client *client, uint8_t opcode, uint8_t mode, unsigned param, const void *data, size_t len);

/* The configuration of docs/simulator.md that exercises the whole part; bytes 0 to 15 do not count. */
extern const uint8_t sim_configuration[128];

/* Sets SlotConfig and KeyConfig of a slot in a configuration. */
void sim_set_slot(uint8_t configuration[128], unsigned slot, unsigned slot_config, unsigned key_config);

/* What sim_personalise writes to bytes `at`.. of a slot. */
uint8_t sim_pattern(unsigned slot, size_t at);
/* Writes and locks the configuration; then keys: GenKey in each private slot, the pattern in each other slot. */
void sim_configure(struct sim_client *client, const uint8_t configuration[128]);
/* The same, and locks the data zone. */
void sim_personalise(struct sim_client *client, const uint8_t configuration[128]);
/* sim_open and sim_personalise. */
void sim_open_personalised(struct sim_client *client, struct chip_options options, const uint8_t configuration[128]);

#endif
