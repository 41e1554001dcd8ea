/* edhoc/error: error messages (RFC 9528, 6). Nobody vouches for one that comes in. */
#include "edhoc/session.h"

#include <string.h>

enum { UNSPECIFIED = 1, WRONG_SUITE = 2, UNKNOWN_CREDENTIAL = 3 };

static void put_suites_r(struct cbor_writer *writer, const struct troth_edhoc_profile *profile)
{
    if (profile->suites_len > 1) {
        cbor_put_head(writer, CBOR_ARRAY, (uint32_t)profile->suites_len);
    }
    for (size_t i = 0; i < profile->suites_len; i++) {
        cbor_put_int(writer, profile->suites[i]);
    }
}

int troth_edhoc_make_error(const struct troth_edhoc_profile *profile, int code, const char *text, uint8_t *out,
                           size_t cap)
{
    struct cbor_writer writer = cbor_write(out, cap);
    cbor_put_int(&writer, code);
    if (code == WRONG_SUITE) {
        put_suites_r(&writer, profile);
    } else if (code == UNKNOWN_CREDENTIAL) {
        cbor_put_head(&writer, CBOR_SIMPLE, CBOR_TRUE);
    } else {
        cbor_put_head(&writer, CBOR_TEXT, (uint32_t)strlen(text));
        cbor_put_raw(&writer, (const uint8_t *)text, strlen(text));
    }
    return writer.full ? TROTH_E_SPACE : (int)cbor_written(&writer);
}

/* Of SUITES_R the suite that this side prefers most, as an index; suites_len where there is none. */
static size_t get_suites_r(struct cbor_reader *reader, const struct troth_edhoc_profile *profile)
{
    size_t best = profile->suites_len;
    size_t count = cbor_peek(reader) == CBOR_ARRAY ? cbor_array(reader, 2, TROTH_SUITES_MAX) : 1;
    for (size_t i = 0; i < count; i++) {
        int32_t suite = cbor_int(reader, INT16_MIN, INT16_MAX);
        for (size_t k = 0; k < best; k++) {
            if (suite == profile->suites[k]) {
                best = k;
            }
        }
    }
    return best;
}

int troth_edhoc_take_error(struct troth_edhoc *session, const uint8_t *message, size_t len, int *code)
{
    struct cbor_reader reader = cbor_read(message, len);
    size_t suite = 0;
    if (session->state == ENDED) {
        *code = 0;
        return TROTH_E_STATE;
    }
    *code = cbor_int(&reader, INT16_MIN, INT16_MAX);
    if (*code == UNSPECIFIED) {
        cbor_text(&reader, len);
    } else if (*code == WRONG_SUITE) {
        suite = get_suites_r(&reader, session->profile);
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
