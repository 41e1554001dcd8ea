/* record: messages between paired devices, each 10 bytes longer than its contents (18 in suite 3).
 * Includes ccm.h and troth/private.h. It knows keys and sequence numbers, neither EDHOC nor pairing.
 *
 *     kind | low 8 bits of the sequence number | ciphertext | tag
 *
 * Invariant: an outgoing sequence number is used once; an incoming one is accepted once; only a record that verifies moves
 * the window. */
#ifndef TROTH_SRC_RECORD_H
#define TROTH_SRC_RECORD_H

#include <troth/private.h>

#include "bytes.h"

#define RECORD_HEAD_LEN      2
#define RECORD_LIMIT         (UINT32_C(1) << 20) /* records a key may seal or open */
#define RECORD_FORGERY_LIMIT (1U << 14)          /* failures a key may see */
#define RECORD_DEAF_LIMIT    32                  /* drops in a row: more than 127 records are lost, it seems */

/* A new session; its keys are then put into records->material by the caller. */
void record_begin(struct troth_records *records, bool initiator, size_t tag_len);

/* Seals len bytes that stand RECORD_HEAD_LEN into the frame. TROTH_E_STATE: no session, or the keys are spent. */
int record_seal(struct troth_records *records, const struct troth_port *port, uint8_t kind, uint8_t *frame, size_t len,
                size_t *frame_len);

/* Opens a frame in place; text is what it held. TROTH_E_FORGED where it was not sealed for us, or came before. */
int record_open(struct troth_records *records, const struct troth_port *port, uint8_t *frame, size_t frame_len,
                struct troth_span *text);

/* A fresh handshake is due: the keys have served their time, or nothing verifies any more. */
bool record_spent(const struct troth_records *records);

#endif
