/* bm25_run - a stretch of a collection, inverted in memory and put aside: what an index is merged from.
 *
 * Postings are collected in the order of the documents, sorted by term when the stretch is full, and written to a nameless file
 * (sys/spill.h): for each term in the order of its bytes u32 length, bytes, u32 postings, then (u32 document, u32 tf) each. */
#ifndef BM25_RUN_H
#define BM25_RUN_H

#include "base/map.h"
#include "sys/input.h"
#include "sys/spill.h"
#include "text/analyzer.h"

struct bm25_run {                   /* zero-initialise; bm25_run_done frees */
    struct map words, terms;        /* word -> term number + 1, 0 for none; term -> number */
    struct bm25_run_posting {
        uint32_t term, document, tf;
    } *postings;
    uint32_t *last;                 /* (terms.n): a term's last posting + 1 */
    size_t n, cap, cap_last;
};

/* Count `times` more of a word in a document, which is the last one or a new one.  *length grows by what counts. */
MUST_CHECK int bm25_run_add(struct bm25_run *r, struct analyzer *a, const char *word, size_t n, uint32_t document, uint32_t times,
                            uint64_t *length, struct err *err);

/* Bytes that it takes, with those that bm25_run_write will. */
size_t bm25_run_bytes(const struct bm25_run *r);

/* Put it aside, and start anew. */
MUST_CHECK int bm25_run_write(struct bm25_run *r, struct spill *to, struct err *err);
void bm25_run_done(struct bm25_run *r);

/* ---- reading back ---- */

struct bm25_run_reader {
    struct input *in;
    struct buf term;                /* the next one; n_postings of it are to come */
    uint32_t n_postings;
    bool ended;
};

MUST_CHECK int bm25_run_open(struct bm25_run_reader *r, struct spill *from, struct err *err);
MUST_CHECK int bm25_run_next(struct bm25_run_reader *r, struct err *err);      /* all postings must have been read */
MUST_CHECK int bm25_run_read(struct bm25_run_reader *r, uint32_t pairs[][2], size_t n, struct err *err);
void bm25_run_close(struct bm25_run_reader *r);

#endif
