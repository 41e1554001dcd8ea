/* sim/packet.c: count, CRC and status of packets. Includes nothing but libc. */
#include "packet.h"

#include <string.h>

uint16_t packet_crc(uint16_t crc, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            unsigned carry = (unsigned)(crc >> 15) ^ (unsigned)(bytes[i] >> bit & 1);
            crc = (uint16_t)(crc << 1);
            if (carry != 0) {
                crc ^= 0x8005;
            }
        }
    }
    return crc;
}

bool packet_sound(const uint8_t *bytes, size_t len)
{
    if (len < PACKET_MIN || bytes[0] < PACKET_MIN || bytes[0] > len) {
        return false;
    }
    size_t body = bytes[0] - 2U;
    uint16_t crc = packet_crc(0, bytes, body);
    return bytes[body] == (uint8_t)crc && bytes[body + 1] == (uint8_t)(crc >> 8);
}

size_t packet_answer(uint8_t *packet, const uint8_t *data, size_t len)
{
    packet[0] = (uint8_t)(len + PACKET_OVERHEAD);
    memcpy(packet + 1, data, len);
    uint16_t crc = packet_crc(0, packet, len + 1);
    packet[len + 1] = (uint8_t)crc;
    packet[len + 2] = (uint8_t)(crc >> 8);
    return len + PACKET_OVERHEAD;
}
