/* vecbody - writing a matrix file whose header counts the rows, which a stream only knows at its end.
 *
 *     n_rows announced       the header is right at once
 *     out can be patched     (a regular file) a header of the same length is written first and replaced at the end
 *     else (a pipe)          the rows wait in a file under TMPDIR, and follow the header at the end
 *
 * vecbody_start, _rows, _end and _drop are those functions of a format whose `head` makes its header. */
#ifndef VECBODY_H
#define VECBODY_H

#include "fmt/vecfile.h"
#include "fmt/vecsource.h"
#include "sys/spill.h"

struct vecbody {
    struct vecsource source;
    bool started;                 /* the header waits for the first row, which tells how many neighbours a row has */
    bool patch;
    uint64_t at;                  /* where the header lies in the output */
    struct spill *spill;
};

MUST_CHECK int vecbody_start(struct vecfile_writer *w, struct err *err);
MUST_CHECK int vecbody_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err);
MUST_CHECK int vecbody_end(struct vecfile_writer *w, struct err *err);
void vecbody_drop(struct vecfile_writer *w);

/* Bytes behind the rows, between the last vecbody_rows and vecbody_end. */
MUST_CHECK int vecbody_append(struct vecfile_writer *w, const void *p, size_t n, struct err *err);

#endif
