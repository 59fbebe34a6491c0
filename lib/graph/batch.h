/* batch - one step of building: search for a run of new nodes in the graph as it stands, choose their neighbours, join them. */
#ifndef BATCH_H
#define BATCH_H

#include "graph/beam.h"
#include "graph/group.h"
#include "graph/link.h"
#include "graph/prune.h"

struct batch {
    struct graph *g;               /* entry and n_layers grow; rows are those of the tables */
    struct link_table *layer0, *upper;
    const struct codes *walk;      /* what searches estimate by; NULL: the vectors */
    const struct steer *steer;     /* what they found is compared by */
    size_t m, ef;
    int n_threads;

    uint32_t from, to;             /* the nodes of this batch */
    uint64_t *found;               /* (slots of the batch, ef) what each search left, ascending; see slot() in batch.c */
    uint32_t *n_found;             /* (slots of the batch) */
    uint32_t *members;             /* those of the batch that are in the layer at hand */
    size_t n_members;
    struct group sharers;          /* node -> members that have it among their nearest found */
    struct group edges;            /* row -> new entries */
    uint32_t *keys;                /* items for either group */
    uint64_t *values;
    size_t cap_items;
    struct prune *prunes;          /* (n_threads) */
    struct batch_worker *workers;  /* (n_threads) */
};

/* For batches of at most max_nodes nodes that have at most max_upper rows in upper layers.  layer0 and upper are empty. */
MUST_CHECK int batch_init(struct batch *b, size_t max_nodes, size_t max_upper, struct err *err);
void batch_done(struct batch *b);

/* Put in the nodes from .. to-1. */
MUST_CHECK int batch_insert(struct batch *b, uint32_t from, uint32_t to, struct err *err);

#endif
