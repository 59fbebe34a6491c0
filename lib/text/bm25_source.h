/* bm25_source - where a ranking has its index from: a file, or passages that are indexed in memory first. */
#ifndef BM25_SOURCE_H
#define BM25_SOURCE_H

#include "text/bm25_build.h"
#include "text/bm25_file.h"

struct bm25_source {                /* zero-initialise; bm25_source_done frees, also after a failure */
    struct bm25_file *file;
    struct output *made;            /* the bytes behind file, of an index in memory; else NULL */
};

struct bm25_source_options {
    const char *index;              /* file, "-" for stdin; NULL: an index of passages is made */
    enum mapfile_load load;         /* of index */
    const char *passages;           /* file, TSV or JSON lines as rows_open tells them apart; not read where there is an index */
    struct rows_options rows;       /* of passages */
    struct bm25_build_options build;
    void (*progress)(uint64_t bytes);       /* of making it; may be NULL */
};

/* Open the index, or make it in memory: the bytes that bm25_build_rows writes.  Errors: those of bm25_file_open, or of rows_open
 * and bm25_build_rows.  Memory: nothing beyond the file, or the index and what making it needs. */
MUST_CHECK int bm25_source_open(struct bm25_source *s, const struct bm25_source_options *o, struct err *err);

void bm25_source_done(struct bm25_source *s);

#endif
