/* What the files of modelget share. */
#ifndef MODELGET_INSIDE_H
#define MODELGET_INSIDE_H

#include "nn/modelget.h"
#include "nn/modeltable.h"

enum { MODELGET_PATH = 4096, MODELGET_MAX_FILES = 32 };

struct modelget_file {
    const struct modeltable_file *file;
    char sha256[65];
    uint64_t bytes;
};

struct modelget {
    const struct modelget_options *o;
    const struct modeltable_model *model;       /* NULL: not in the table */
    const struct modeltable_file *files;
    char part[MODELGET_PATH];                   /* the folder of what has come */
    int lock;                                   /* its descriptor */
    struct modelget_file got[MODELGET_MAX_FILES];
    size_t n_got;
    const char *source;                         /* for the note */
    char revision[41];                          /* "": not the hub's */
    bool resumable;                             /* what has come is worth keeping */
    int caught;
};

/* What a server or an archive said of a file; "" where nothing. */
struct modelget_word {
    const char *sha256, *blob;
};

/* Say a line. */
void modelget_say(const struct modelget *g, const char *fmt, ...) PRINTF(2, 3);

/* path = part/name + end. */
MUST_CHECK int modelget_path(const struct modelget *g, char path[MODELGET_PATH], const char *name, const char *end,
                             struct err *err);

bool modelget_is_weights(const char *name);
bool modelget_has(const struct modelget *g, const char *name);

/* Is the file one that this source need not be asked for: a second kind of weights, or one that has come before and is right? */
MUST_CHECK int modelget_skip(struct modelget *g, const struct modeltable_file *f, bool *skip, struct err *err);

/* Is that the SHA-256 of the file?  Wrong bytes are deleted; ERR_DATA names it so. */
MUST_CHECK int modelget_hold(const char *path, const char *name, const char *sha256, struct err *err);

/* Verify part/NAME.part and take it as part/NAME; wrong bytes are deleted (ERR_DATA). */
MUST_CHECK int modelget_accept(struct modelget *g, const struct modeltable_file *f, struct modelget_word word, struct err *err);

/* Sources.  All files, each accepted. */
MUST_CHECK int modelget_hub(struct modelget *g, struct err *err);
MUST_CHECK int modelget_wheel(struct modelget *g, struct err *err);
MUST_CHECK int modelget_from(struct modelget *g, struct err *err);

/* The note: write it into part, or hold the target against its own.  ERR_DATA where a file is another than was fetched. */
MUST_CHECK int modelget_note(const struct modelget *g, struct err *err);
MUST_CHECK int modelget_again(const struct modelget_options *o, struct modelget_result *r, struct err *err);

#endif
