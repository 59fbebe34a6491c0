/* runpool - several runs side by side in memory, query by query: what is merged or fused.
 *
 * Queries and documents of all runs are joined by identity (formats/vps.md §9): by key where every run has keys, else by id;
 * what a TREC run says is compared with keys, or with decimal ids.  Memory: 8 bytes a neighbour, 40 a row, and each name. */
#ifndef RUNPOOL_H
#define RUNPOOL_H

#include "eval/run.h"

struct runpool_row {
    uint32_t query, run;            /* numbers; after runpool_read by query, then run */
    uint32_t ef, ndc, hops;
    size_t first, n;                /* entries[first ...], nearest first */
};

struct runpool_entry {
    uint32_t document;
    float dist;
};

struct runpool {
    struct map queries, documents;  /* identity -> number; in the order in which they first came up */
    uint64_t *query_ids, *document_ids;     /* by number; the least that a run has for it */
    struct runpool_row *rows;
    struct runpool_entry *entries;
    bool query_keys, document_keys; /* identities are keys (else decimal ids) */
    size_t n_rows, n_entries, n_runs, cap_rows, cap_entries, cap_queries, cap_documents;
};

/* by_ef: a query searched with another ef is another query (joined are rows of equal ef); else a run that has two rows of a query
 * is ERR_DATA.  The runs are read to their ends and stay the caller's. */
MUST_CHECK int runpool_read(struct runpool *p, struct run *const *runs, size_t n, bool by_ef, struct err *err);
void runpool_done(struct runpool *p);


#endif
