/* repairrun - training queries repair an index and what does not pay is trimmed, with a report of what each of them did: the work
 * of ngfix-repair.  The columns of the report are those of man/man1/ngfix-repair.1. */
#ifndef REPAIRRUN_H
#define REPAIRRUN_H

#include "fmt/vectors.h"
#include "graph/graph_file.h"
#include "repair/neartruth.h"
#include "repair/repair.h"
#include "repair/trim.h"
#include "sys/output.h"

/* All queries of the files, which must belong to the index (graph/answer.h, answer_check; force: they need not quite). */
MUST_CHECK int repairrun_read(struct vector_set *set, const struct graph_file *index, const char *const *paths, size_t n_paths,
                              bool force, struct err *err);

struct repairrun {
    struct repair *repair;
    const struct vector_set *queries, *control;         /* both of repairrun_read; none where none is looked at; control NULL:
                                    * vectors of the base set, one for each five queries */
    double trim;                   /* ratio of repair/trim.h; 0: nothing is trimmed */
    const struct neartruth *truth; /* NULL: neighbours are searched for */
    struct output *report;         /* NULL: none */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that are done */
};

struct repairrun_totals {
    uint64_t n_queries, n_near, n_ngfix, n_rfix, n_dropped, n_trimmed, n_reached_before, n_reached, pairs, groups, saved, ndc;
    uint64_t defects, defects_after, n_pairs;          /* of n_pairs pairs of neighbours */
    uint64_t search_ns, eh_ns, edges_ns;               /* summed over threads; with time */
    uint64_t trim_ns;              /* wall */
    uint64_t n_extra;              /* extra edges of the graph in the end */
};

/* Repair by all queries.  A query that the truth does not have is ERR_DATA.  The graph is finished then: run->repair->x.g. */
MUST_CHECK int repairrun_all(struct repairrun *run, struct repairrun_totals *totals, struct err *err);

#endif
