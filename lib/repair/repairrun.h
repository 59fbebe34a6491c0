/* repairrun - training queries repair an index, what does not pay is trimmed, and the whole repair is kept if it pays: the work
 * of ngfix-repair.  The lines of the report are those of man/man1/ngfix-repair.1. */
#ifndef REPAIRRUN_H
#define REPAIRRUN_H

#include "base/buf.h"
#include "fmt/vectors.h"
#include "graph/graph_file.h"
#include "repair/judge.h"
#include "repair/neartruth.h"
#include "repair/repair.h"
#include "repair/repair_options.h"
#include "repair/trim.h"
#include "sys/output.h"

enum { REPAIRRUN_HOLD_OUT_SHARE = 20, REPAIRRUN_HOLD_OUT_LEAST = 100 };

struct repairrun_totals {
    uint64_t n_queries, n_near, n_ngfix, n_rfix, n_dropped, n_trimmed, n_reached_before, n_reached, pairs, groups, saved, ndc;
    uint64_t defects, defects_after;
    double eh, eh_after;                               /* sums over queries */
    uint64_t search_ns, eh_ns, edges_ns;               /* summed over threads; with time */
    uint64_t trim_ns, judge_ns;                        /* wall */
    uint64_t n_thinned;            /* by partial */
    uint64_t n_extra, n_edges;     /* extra edges, and all of layer 0, of the graph in the end */
    bool refused;                  /* the repair does not pay: the graph is the one that was read */
};

struct repairrun {
    struct repair_wish wish;
    struct graph_file *index;
    struct vector_set queries, judged, control;
    struct neartruth truth;
    struct repair repair;
    size_t n_train;                /* the first rows of queries; the rest is held out */
    struct judge gain, cost;       /* n 0: not judged */
    struct graph graph;            /* in the end */
    struct output *report;         /* NULL: none */
    void (*progress)(uint64_t n);  /* may be NULL: told the number of queries that are done */
    struct repairrun_totals totals;
};

/* Open and read all that the wish names.  run is zeroed but for report and progress, and closed in any case.  Of the queries
 * hold_out, but no more than one in REPAIRRUN_HOLD_OUT_SHARE, are held out (by seed), unless wish.judge names others; if that
 * were fewer than REPAIRRUN_HOLD_OUT_LEAST, none. */
MUST_CHECK int repairrun_open(struct repairrun *run, const struct repair_wish *wish, int n_threads, uint64_t seed,
                              struct err *err);
void repairrun_close(struct repairrun *run);

/* Repair by the training queries.  A query that the truth does not have is ERR_DATA.  run->graph is the result. */
MUST_CHECK int repairrun_all(struct repairrun *run, struct err *err);

/* The index, with this program's line of provenance (name NULL: none), and the end of the report, which says how long it is. */
MUST_CHECK int repairrun_write(struct repairrun *run, struct output *out, const char *name, const char *version,
                               const char *command, struct err *err);

/* What was done, as lines for a user; warning: the repair was refused. */
MUST_CHECK int repairrun_remarks(const struct repairrun *run, struct buf *notes, struct buf *warnings, struct err *err);

#endif
