/* pairs - values of (query, document): grades, ranks.
 *
 * A query's pairs lie side by side, sorted by a hash of the document: looking up the documents of a row touches a few lines of
 * cache, where one table of all (query, document) missed it for each.  Most documents of a run are not judged: a bit for each
 * hash tells nine in ten of them before anything is searched.  Memory: 25 to 26 bytes a pair, 32 a query, and the names. */
#ifndef PAIRS_H
#define PAIRS_H

#include "eval/identity.h"

struct pair {
    size_t document;            /* offset in names */
    uint32_t document_bytes, query, hash;
    int32_t value;
};

struct pairs_query {
    size_t first, n;            /* its pairs: pairs.at[first ...] */
    size_t filter, n_words;     /* its part of pairs.filter; a power of two */
};

struct pairs {
    struct pair *at;            /* after pairs_group by query, hash, document */
    size_t n, cap;
    struct pairs_query *queries;
    uint64_t *filter;           /* a bit for each hash that is there, at least 8 a pair */
    struct buf names;
};

MUST_CHECK int pairs_add(struct pairs *p, uint32_t query, struct text document, int32_t value, struct err *err);

/* Make it ready for look-ups; queries are 0 .. n_queries - 1.  Pairs with the same query and document stay, side by side. */
MUST_CHECK int pairs_group(struct pairs *p, size_t n_queries, struct err *err);

/* The pair, or NULL. */
const struct pair *pairs_find(const struct pairs *p, uint32_t query, struct text document);

static inline struct text pairs_document(const struct pairs *p, const struct pair *at)
{
    return (struct text){p->names.p + at->document, at->document_bytes};
}

void pairs_done(struct pairs *p);

#endif
