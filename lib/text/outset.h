/* outset - the files of a collection in the plain text forms, in one folder that is published whole. */
#ifndef OUTSET_H
#define OUTSET_H

#include "fmt/stream.h"
#include "sys/output.h"
#include "text/tally.h"

struct outset {
    struct output_dir *dir;
    struct tally *tally;            /* gets what was changed in fields */
};

MUST_CHECK int outset_open(struct outset *s, const char *path, struct tally *tally, struct err *err);
/* A file of the folder. */
MUST_CHECK int outset_file(const struct outset *s, const char *name, struct output **out, struct err *err);
MUST_CHECK int outset_commit(struct outset *s, struct err *err);
void outset_done(struct outset *s);

/* One line of n fields, repaired where they are no fields (text/field.h), which is counted. */
MUST_CHECK int outset_line(struct output *out, const struct text *fields, size_t n, struct tally *tally, struct err *err);

#endif
