/* sieve - a search that walks all nodes and keeps the allowed ones: what `beam` is told to do for a filter.
 *
 * A second pool holds the ef nearest allowed nodes seen.  The beam's own pool holds nodes of both kinds, up to the farthest of
 * these: so it is as wide as it must be for ef allowed ones to be in it, some ef * n / n_allowed, and with all nodes allowed the
 * search is that without a filter, node for node.  (hnswlib's filtered search ends by the same rule.)
 * Where the allowed lie elsewhere than the query, the beam fills up before it has seen ef of them: the sieve then gives up, and
 * its owner scans them (allow_scan). */
#ifndef SIEVE_H
#define SIEVE_H

#include "graph/allow.h"
#include "graph/beam.h"

struct sieve {
    struct beam_watch watch;       /* first: beam.watch points here */
    const struct allow *allow;
    uint64_t *pool;                /* (max_ef + 1) entries of allowed nodes, ascending */
    size_t n, ef;
    bool gave_up;
};

/* Is a scan of the allowed ones cheaper than a walk with this ef is expected to be?  Always where they are no more than ef. */
bool sieve_prefers_scan(const struct allow *a, size_t n, size_t ef);

/* The width of the beam for a sieve with this ef among n nodes. */
size_t sieve_width(const struct allow *a, size_t n, size_t ef);

MUST_CHECK int sieve_init(struct sieve *s, const struct allow *a, size_t max_ef, struct err *err);
void sieve_done(struct sieve *s);

/* beam_search through the sieve: ef of it, the beam's max_ef being sieve_width or more; the allowed nodes are left in the
 * beam's pool.  *gave_up: fewer than ef were found, and there are more. */
MUST_CHECK int sieve_search(struct sieve *s, struct beam *b, const struct graph *g, const float *q, size_t ef, bool *gave_up,
                            struct err *err);

#endif
