/* answer - queries of a stream against an index, to a stream of neighbours: the work of hnsw-query.
 *
 * Queries are read in chunks of bounded memory, searched in parallel, and written in the order in which they came.  A query's
 * neighbours are in the published order (dist, external id): the k first of what the search holds, and where the cut goes through
 * equal distances, the smallest ids of those it found. */
#ifndef ANSWER_H
#define ANSWER_H

#include "fmt/neighbours.h"
#include "fmt/vectors.h"
#include "graph/graph_file.h"

struct answer_options {
    size_t k, ef;                  /* 1 <= k <= ef; where fewer than k nodes exist, that many are answered */
    double rerank;                 /* with codes: rerank * k (or ef, if that is less; all where ef >= n) of the nearest get their
                                    * exact distance; >= 1, or 0: 1.5 with SQ8, 2 with SQ4 */
    int n_threads;                 /* as par_threads gives it */
    bool time;                     /* write time_ns, and @stat wall_ns.EF and threads.EF (searching only: no reading or
                                    * writing) */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that are answered */
};

/* Refuse queries that do not belong to the index: other dimension, metric, space, normalised.  force: only the dimension counts.
 * Sets the reader to normalise where the metric asks for it. */
MUST_CHECK int answer_check(const struct graph_file *index, struct vector_reader *queries, bool force, struct err *err);

/* The header of the answers, programs aside. */
MUST_CHECK int answer_header(struct header *h, const struct graph_file *index, const struct vector_reader *queries,
                             const struct answer_options *o, struct err *err);

/* Answer all queries; w was opened with answer_header's header.  The end record is the caller's. */
MUST_CHECK int answer_queries(struct stream_writer *w, const struct graph_file *index, struct vector_reader *queries,
                              const struct answer_options *o, struct err *err);

#endif
