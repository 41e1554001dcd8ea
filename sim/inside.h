/* sim/inside.h: the whole chip, for the rooms of the simulator only: memory, what is volatile, the running command,
 * the clock. Invariant: while `running`, `before` is what the memory was before that command. */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "chip.h"
#include "crypto.h"
#include "fault.h"
#include "packet.h"
#include "zones.h"

struct tempkey {
    uint8_t value[64];
    bool valid;
    bool fixed; /* SourceFlag: 1 = no randomness of the chip in it */
    bool gendig;
    bool genkey;
    bool no_mac;
    bool private_key; /* GenKey put a private key here; only ECDH takes it */
    uint8_t key_id;
};

enum sha_kind { SHA_NONE, SHA_PLAIN, SHA_HMAC };

/* What idle keeps and sleep loses. */
struct work {
    struct tempkey tempkey;
    uint8_t message[64]; /* the message digest buffer */
    size_t message_len;  /* 0: nothing in it; else 32 or 64 */
    uint8_t alternate[32];
    bool alternate_valid;
    enum sha_kind sha_kind;
    struct hmac sha; /* SHA_PLAIN: only `inner` is used */
    bool authorised;
    uint8_t authorised_key;
    uint8_t self_test; /* what the last self-test found */
};

enum power { POWER_SLEEP, POWER_IDLE, POWER_AWAKE };

struct chip {
    struct memory memory;
    struct memory before;
    struct work work;
    bool latch;           /* the persistent latch: lost only with power */
    bool boot_prohibited; /* SecureBoot was asked to end until power goes */
    enum power power;
    uint8_t address; /* taken at power-up and at each wake from sleep */
    uint64_t clock_ns;
    uint64_t watchdog_at_ns;
    uint64_t ready_at_ns; /* not before: a wake delay, a command, a delay of the fault plan */
    bool running;
    uint8_t output[PACKET_MAX];
    size_t output_len, output_at;
    bool dead;
    struct source source;
    struct fault_plan plan;
    struct fault_hit command_fault; /* of the running command */
    uint32_t operation;
    struct chip_options options;
    struct chip_report report;
    /* the single-wire side */
    struct {
        unsigned bits;
        uint8_t byte;
        uint8_t packet[PACKET_MAX];
        size_t packet_len;
        bool in_packet;
        bool heard; /* the packet is for a chip that was not busy */
        struct fault_hit fault;
        uint64_t last_ns;
    } swi;
};

#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL

/* device.c: what both buses do to the chip. */
void device_spend(struct chip *chip, uint64_t ns); /* time on the bus */
struct fault_hit device_operation(struct chip *chip);
void device_settle(struct chip *chip);
bool device_ready(const struct chip *chip); /* awake, alive and not executing */
void device_wake(struct chip *chip, struct fault_hit fault);
void device_idle(struct chip *chip);
void device_sleep(struct chip *chip);
void device_fall_asleep(struct chip *chip, enum chip_event_kind why);
void device_command(struct chip *chip, const uint8_t *bytes, size_t len, struct fault_hit fault);
/* Applies what a fault does to the chip as such; true if the operation is to go unacknowledged. */
bool device_disturb(struct chip *chip, struct fault_hit fault);
void device_event(struct chip *chip, enum chip_event_kind kind, const uint8_t *bytes, size_t len);
void device_refused(struct chip *chip);

#endif
