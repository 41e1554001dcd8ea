/* edhoc/export: EDHOC_Exporter (RFC 9528, 4.2.1). */
#include "edhoc/session.h"

#include <string.h>

#define OUTPUT_MAX (255 * TROTH_HASH_LEN) /* of HKDF-Expand (RFC 5869, 2.3) */

int troth_edhoc_export(const struct troth_edhoc *session, uint32_t label, struct troth_span context, uint8_t *out,
                       size_t len)
{
    uint8_t prk_exporter[TROTH_HASH_LEN] = {0};
    struct parts info;
    memset(out, 0, len);
    if (session->state != COMPLETE) {
        return TROTH_E_STATE;
    }
    if (len > OUTPUT_MAX) {
        return TROTH_E_SPACE;
    }
    session_begin_parts(&info);
    int result = session_kdf(session, session->prk, PRK_EXPORTER, &info, prk_exporter, sizeof prk_exporter);
    if (result == TROTH_OK) {
        session_begin_parts(&info);
        parts_add(&info, context.data, context.len);
        result = session_kdf(session, prk_exporter, label, &info, out, len);
    }
    if (result != TROTH_OK) {
        wipe(out, len);
    }
    wipe(prk_exporter, sizeof prk_exporter);
    return result;
}
