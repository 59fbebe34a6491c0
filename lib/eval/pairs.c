#define _GNU_SOURCE   /* qsort_r */
#include "eval/pairs.h"
#include "base/mem.h"

#include <stdlib.h>

int pairs_add(struct pairs *p, uint32_t query, struct text document, int32_t value, struct err *err)
{
    int rc;
    if (document.n > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "a document's name of 4 GiB");
    TRY(mem_reserve(&p->at, &p->cap, p->n + 1, sizeof *p->at, err));
    p->at[p->n++] = (struct pair){.document = p->names.n, .document_bytes = (uint32_t)document.n, .query = query,
                                  .hash = (uint32_t)identity_hash(document), .value = value};
    TRY(buf_put(&p->names, document.p, document.n, err));
out:
    return rc;
}

static int compare(const struct pairs *p, const struct pair *a, uint32_t hash, struct text document)
{
    if (a->hash != hash)
        return a->hash < hash ? -1 : 1;
    if (a->document_bytes != document.n)
        return a->document_bytes < document.n ? -1 : 1;
    return memcmp(p->names.p + a->document, document.p, document.n);
}

static int compare_pairs(const void *a, const void *b, void *ctx)
{
    const struct pair *y = b;
    return compare(ctx, a, y->hash, pairs_document(ctx, y));
}

static uint64_t *filter_word(const struct pairs *p, const struct pairs_query *q, uint32_t hash)
{
    return &p->filter[q->filter + (hash >> 6 & (q->n_words - 1))];
}

static int make_filter(struct pairs *p, size_t n_queries, struct err *err)
{
    size_t n_words = 0;
    for (struct pairs_query *q = p->queries; q < p->queries + n_queries; q++) {
        q->filter = n_words;
        for (q->n_words = 1; q->n_words * 8 < q->n; q->n_words *= 2)
            ;
        n_words += q->n_words;
    }
    if (!(p->filter = MEM_ZARRAY(uint64_t, n_words, err)))
        return ERR_NOMEM;
    for (size_t i = 0; i < p->n; i++)
        *filter_word(p, &p->queries[p->at[i].query], p->at[i].hash) |= (uint64_t)1 << (p->at[i].hash & 63);
    return 0;
}

int pairs_group(struct pairs *p, size_t n_queries, struct err *err)
{
    struct pair *grouped = MEM_ARRAY(struct pair, p->n, err);
    p->queries = MEM_ZARRAY(struct pairs_query, n_queries, err);
    if (!grouped || !p->queries) {
        mem_free(grouped);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < p->n; i++)
        p->queries[p->at[i].query].n++;
    for (size_t q = 0, first = 0; q < n_queries; q++) {
        p->queries[q].first = first;
        first += p->queries[q].n;
        p->queries[q].n = 0;
    }
    for (size_t i = 0; i < p->n; i++) {
        struct pairs_query *q = &p->queries[p->at[i].query];
        grouped[q->first + q->n++] = p->at[i];
    }
    mem_free(p->at);
    p->at = grouped;
    for (size_t q = 0; q < n_queries; q++)
        qsort_r(grouped + p->queries[q].first, p->queries[q].n, sizeof *grouped, compare_pairs, p);
    return make_filter(p, n_queries, err);
}

const struct pair *pairs_find(const struct pairs *p, uint32_t query, struct text document)
{
    const struct pair *at = p->at + p->queries[query].first, *end = at + p->queries[query].n;
    uint32_t hash = (uint32_t)identity_hash(document);
    if (!(*filter_word(p, &p->queries[query], hash) >> (hash & 63) & 1))
        return NULL;
    for (size_t n = (size_t)(end - at), half; n > 0; n -= half) {   /* no branch on the hash: half of them were guessed wrong */
        half = (n + 1) / 2;
        at += half & -(size_t)(at[half - 1].hash < hash);
    }
    for (; at < end && at->hash == hash; at++)
        if (compare(p, at, hash, document) == 0)
            return at;
    return NULL;
}

void pairs_done(struct pairs *p)
{
    mem_free(p->at);
    mem_free(p->queries);
    mem_free(p->filter);
    buf_done(&p->names);
    *p = (struct pairs){0};
}
