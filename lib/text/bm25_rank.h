/* bm25_rank - queries, row by row, to the passages that BM25 ranks first; in parallel, in order, in bounded memory. */
#ifndef BM25_RANK_H
#define BM25_RANK_H

#include "fmt/runout.h"
#include "text/bm25_file.h"
#include "text/bm25_search.h"
#include "text/rows.h"

struct bm25_answer {
    struct neighbours_row row;      /* id: the query's place from 0; key; nn: places of passages, nnkeys their ids; ndc: postings
                                     * whose score was computed, hops: blocks read */
    struct text query;              /* its text */
};

struct bm25_rank_options {
    size_t k;
    int n_threads;
    bool plain;                     /* score every posting: the reference */
    int (*write)(void *ctx, const struct bm25_answer *answer, struct err *err);
    void *ctx;
    void (*progress)(uint64_t bytes);
};

struct bm25_rank_counts {
    uint64_t n_queries, n_empty;    /* without a term that the index has */
};

MUST_CHECK int bm25_rank_run(const struct bm25_file *file, const struct bm25_scorer *scorer, struct rows *queries,
                             const struct bm25_rank_options *o, struct bm25_rank_counts *counts, struct err *err);

struct bm25_rank_output {
    struct output *out;             /* the caller's, who commits it */
    enum runout_format format;
    int level;                      /* of zlib */
    const char *program, *command;  /* provenance, behind that of the index; command NULL: none is written */
};

/* The same, written as neighbours or as a TREC run; o->write and o->ctx are not used. */
MUST_CHECK int bm25_rank_write(const struct bm25_file *file, const struct bm25_scorer *scorer, struct rows *queries,
                               const struct bm25_rank_options *o, const struct bm25_rank_output *to,
                               struct bm25_rank_counts *counts, struct err *err);

/* Metas metric (ip), k, scorer (bm25), analyzer, idf, k1, b, title_boost. */
MUST_CHECK int bm25_rank_header(struct header *h, const struct bm25_file *file, struct bm25_params params, size_t k,
                                struct neighbours_options *o, struct err *err);

#endif
