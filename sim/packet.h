/* sim/packet.h: the packet layer: count, CRC and status. Includes nothing but libc. */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MIN      7   /* count, opcode, mode, param (2), CRC (2) */
#define PACKET_MAX      255 /* what a count can say */
#define PACKET_OVERHEAD 3   /* of an answer: count, CRC (2) */

enum status {
    STATUS_OK = 0x00,
    STATUS_MISMATCH = 0x01,
    STATUS_PARSE = 0x03,
    STATUS_ECC = 0x05,
    STATUS_SELF_TEST = 0x07,
    STATUS_RANDOM = 0x08,
    STATUS_EXECUTION = 0x0F,
    STATUS_WAKE = 0x11,
    STATUS_WATCHDOG = 0xEE,
    STATUS_COMMUNICATION = 0xFF
};

/* The CRC-16 of the part; goes on from `crc`, which starts at 0. */
uint16_t packet_crc(uint16_t crc, const uint8_t *bytes, size_t len);

/* True if `bytes` begins with a whole command packet whose CRC is right; bytes behind it are ignored. */
bool packet_sound(const uint8_t *bytes, size_t len);

/* Writes an answer of `len` data bytes (at most PACKET_MAX - PACKET_OVERHEAD) and returns its length. */
size_t packet_answer(uint8_t *packet, const uint8_t *data, size_t len);

#endif
