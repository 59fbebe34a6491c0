/* bm25_search - the k documents of the greatest scores: exactly those, and that order, that scoring every document gives.
 *
 * Windows of documents, one after the other.  In each the terms whose bounds together do not pass the k-th score so far cannot
 * lift a document into the answer by themselves: they are set aside (MaxScore: Turtle and Flood, "Query evaluation: strategies
 * and optimizations", 1995), by bounds of the blocks in the window (block-max: Ding and Suel, SIGIR 2011).  The other terms'
 * postings are added up in an array, and only documents that could still pass look into the lists set aside.
 *
 * Block-max WAND itself (Ding and Suel), a document at a time, was written over the same blocks and addends and gave the same
 * answers from 1.1 to 171 times fewer postings, but a choice of the next document costs more than many postings added up eight at
 * a time.  Its time per query in that of the windows (interleaved, 1 thread, AVX2 kernel, k 10 / k 100):
 *
 *     WordNet, 117,659 passages    2 terms 1.0 / 1.7    sentences of 5 terms 1.1 / 1.7    abstracts of 88 terms 1.6 / 1.6
 *     SciFact, 5,183               2 terms 1.2 / 2.0    claims of 9 terms 2.6 / 3.3
 *     a million, of WordNet's      2 terms 1.0 / 1.8    5 terms 1.2 / 1.3    9 terms 1.4 / 1.5    97 terms 7.2 / 6.0
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
