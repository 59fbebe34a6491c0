/* answer - queries of a stream against an index, to a stream of neighbours: the work of hnsw-query.
 *
 * Queries are read in chunks of bounded memory, searched in parallel at each ef, and written in the order in which they came, by
 * ef rising. */
#ifndef ANSWER_H
#define ANSWER_H

#include "fmt/neighbours.h"
#include "fmt/vectors.h"
#include "graph/efs.h"
#include "graph/graph_file.h"
#include "graph/search.h"

struct answer_options {
    struct search_options search;  /* time: write time_ns, and @stat wall_ns.EF and threads.EF (searching only: no reading or
                                    * writing) */
    struct efs efs;                /* each >= search.k */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that are answered ... */
    uint64_t n_before;             /* ... and searched for before, to find an ef */
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

/* The same for queries in memory, normalised where the metric asks for it.  wall_ns[e], where not NULL, gets the time that
 * searching took at ef e. */
MUST_CHECK int answer_set(struct stream_writer *w, const struct graph_file *index, const struct vector_set *queries,
                          const struct answer_options *o, uint64_t *wall_ns, struct err *err);

#endif
