/* tool/files.h: reading whole files, and making folders that are there whole or not at all.
 *
 * A folder is staged: made beside its place under another name, filled, brought to the disk, then renamed into place,
 * which clobbers nothing but an empty folder. What fails says so itself, in one line. Includes POSIX only.
 */
#ifndef TROTH_TOOL_FILES_H
#define TROTH_TOOL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_PATH_MAX 4096
#define FILES_PRIVATE  0700
#define FILES_PUBLIC   0777 /* less the umask */

/* "dir/name"; false where that is too long. */
bool files_path(char out[FILES_PATH_MAX], const char *dir, const char *name);

/* A whole file of at most cap bytes; "-" is standard input. */
bool files_read(const char *path, uint8_t *out, size_t cap, size_t *len);

/* All of it, or errno. */
bool files_write_all(int fd, const void *data, size_t len);

struct files_stage {
    char target[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
};

/* Names a stage: target and, beside it, target.part-TAG. Touches nothing. */
bool files_stage_name(struct files_stage *stage, const char *target, const char *tag);

/* May something be put in the target's place: is it free, or an empty folder? */
bool files_stage_is_free(const struct files_stage *stage);

/* Makes the folder; one that an interrupted run left behind is thrown away first. */
bool files_stage_begin(const struct files_stage *stage, unsigned mode);

/* Makes a file in it, which is on the disk afterwards. */
bool files_stage_add(const struct files_stage *stage, const char *name, const void *data, size_t len, unsigned mode);

/* Makes an empty folder in it. */
bool files_stage_add_folder(const struct files_stage *stage, const char *name);

/* Puts it in place. On failure it stays staged. */
bool files_stage_finish(const struct files_stage *stage);

/* Throws it away: the files that the tool itself puts into such folders, and nothing else. */
void files_stage_drop(const struct files_stage *stage);

#endif
