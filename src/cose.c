/* cose: the two COSE structures that EDHOC authenticates. */
#include "cose.h"

#include <string.h>

void cose_enc_structure(const uint8_t external_aad[32], uint8_t out[COSE_ENC_LEN])
{
    static const uint8_t head[] = {0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40, 0x58, 0x20};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, external_aad, 32);
}

size_t cose_sig_head(size_t protected_len, uint8_t out[COSE_SIG_HEAD_MAX])
{
    static const uint8_t head[] = {0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1'};
    memcpy(out, head, sizeof head);
    return sizeof head + cbor_head(out + sizeof head, CBOR_BYTES, (uint32_t)protected_len);
}
