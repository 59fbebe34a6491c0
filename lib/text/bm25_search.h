/* bm25_search - the k documents of the greatest scores: exactly those, and that order, that scoring every document gives.
 *
 * Windows of documents, one after the other.  In each the terms whose bounds together do not pass the k-th score so far cannot
 * lift a document into the answer by themselves: they are set aside (MaxScore: Turtle and Flood, "Query evaluation: strategies
 * and optimizations", 1995), by bounds of the blocks in the window (block-max: Ding and Suel, SIGIR 2011).  The other terms'
 * postings are added up in an array, and only documents that could still pass look into the lists set aside.  (Block-max WAND
 * chooses a document at a time: with short lists its steps cost more than adding all of a window up.)
 *
 * Queries with a weight that is not positive are scored in full (bm25_plain): bounds say nothing there. */
#ifndef BM25_SEARCH_H
#define BM25_SEARCH_H

#include "text/bm25_score.h"
#include "vec/topk.h"

struct bm25_search;                 /* a worker's scratch */
MUST_CHECK int bm25_search_new(struct bm25_search **s, const struct bm25_scorer *scorer, size_t k, struct err *err);
void bm25_search_free(struct bm25_search *s);

struct bm25_found {
    const struct neighbour *at;     /* (n): dist = -score, id the document; (dist, id) ascending; until the next call */
    size_t n;
    uint32_t n_postings, n_blocks;  /* whose scores were computed, that were read */
};

/* Search for a query's terms: number and times are set, each number once. */
MUST_CHECK int bm25_search_run(struct bm25_search *s, struct bm25_term *terms, size_t n, struct bm25_found *found,
                               struct err *err);

/* The same by scoring every posting: the reference. */
MUST_CHECK int bm25_plain(struct bm25_search *s, struct bm25_term *terms, size_t n, struct bm25_found *found, struct err *err);

#endif
