/* tool/ca_commit: the order in which a certificate gets into the ledger and out of the house. */
#include "tool/ca.h"

#include "tool/hex.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ca_commit(const struct files_stage *stage, struct ledger *ledger, const struct ledger_entry *entry)
{
    if (!ledger_append(ledger, entry)) {
        files_stage_drop(stage);
        return EXIT_FAILURE;
    }
    if (!files_stage_finish(stage)) {
        return tool_fail("certificate %s is issued and waits in %s: make room at %s, then run the same command again",
                         entry->serial, stage->path, stage->target);
    }
    return EXIT_SUCCESS;
}

/* Is the staged certificate the one of this entry? Quietly: there may be no stage at all. */
static bool stage_holds(const struct files_stage *stage, const struct ledger_entry *entry)
{
    char path[FILES_PATH_MAX];
    char serial[LEDGER_SERIAL_LEN];
    uint8_t bytes[CA_ITEM_MAX];
    struct troth_span sequence[2];
    struct troth_cert cert;
    if (!files_path(path, stage->path, CA_OWN)) {
        return false;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (troth_cert_split(span(bytes, len), sequence) < 1 || troth_cert_read(sequence[0], &cert) != TROTH_OK ||
        cert.serial.len != TROTH_CERT_SERIAL) {
        return false;
    }
    hex_write(cert.serial.data, TROTH_CERT_SERIAL, serial);
    return strcmp(serial, entry->serial) == 0;
}

int ca_resume(const struct files_stage *stage, const struct ledger_entry *entry)
{
    if (!stage_holds(stage, entry)) {
        return tool_fail(
            "\"%s\" has certificate %s of epoch %lu already: one holder gets one certificate, choose another",
            entry->holder, entry->serial, (unsigned long)entry->epoch);
    }
    if (!files_stage_is_free(stage) || !files_stage_finish(stage)) {
        return EXIT_FAILURE;
    }
    tool_say("completed an interrupted run: certificate %s of \"%s\" is in %s", entry->serial, entry->holder,
             stage->target);
    return EXIT_SUCCESS;
}
