/* edhoc/error: error messages (RFC 9528, 6). Nobody vouches for one that comes in. */
#include "edhoc/session.h"

#include <string.h>

enum { UNSPECIFIED = 1, WRONG_SUITE = 2, UNKNOWN_CREDENTIAL = 3 };

int troth_edhoc_make_error(const struct troth_edhoc_profile *profile, int code, const char *text, uint8_t *out,
                           size_t cap)
{
    struct cbor_writer writer = cbor_write(out, cap);
    cbor_put_int(&writer, code);
    if (code == WRONG_SUITE) {
        put_suites(&writer, profile, profile->suites_len);
    } else if (code == UNKNOWN_CREDENTIAL) {
        cbor_put_head(&writer, CBOR_SIMPLE, CBOR_TRUE);
    } else {
        size_t text_len = strlen(text);
        cbor_put_head(&writer, CBOR_TEXT, (uint32_t)text_len);
        cbor_put_raw(&writer, (const uint8_t *)text, text_len);
    }
    return writer.full ? TROTH_E_SPACE : (int)cbor_written(&writer);
}

int troth_edhoc_take_error(struct troth_edhoc *session, const uint8_t *message, size_t len, int *code)
{
    struct cbor_reader reader = cbor_read(message, len);
    size_t suite = 0;
    if (session->state == ENDED) {
        *code = 0;
        return TROTH_E_STATE;
    }
    *code = get_number(&reader);
    if (*code == UNSPECIFIED) {
        cbor_text(&reader, len);
    } else if (*code == WRONG_SUITE) {
        size_t before;
        suite = get_suites(&reader, session->profile, &before);
        suite = before < suite ? before : suite;
    } else if (*code == UNKNOWN_CREDENTIAL) {
        cbor_simple(&reader, CBOR_TRUE);
    } else {
        cbor_skip(&reader, TROTH_SUITES_MAX);
    }
    if (!cbor_done(&reader)) {
        return TROTH_E_FORGED;
    }
    if (*code == WRONG_SUITE && session->state == I_WAIT_2 && session->step == 0) {
        if (suite == session->profile->suites_len || suite == session->suite_index) {
            return TROTH_E_SUITE;
        }
        session->suite_index = (uint8_t)suite;
        session->state = I_START;
    }
    return TROTH_OK;
}
