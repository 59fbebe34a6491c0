#include "eval/runpool.h"
#include "base/mem.h"
#include "fmt/textid.h"

#include <stdlib.h>

/* Are identities keys?  Only where no run has bare ids. */
static bool all_have_keys(struct run *const *runs, size_t n, bool documents)
{
    for (size_t i = 0; i < n; i++) {
        const struct run_shape *s = run_shape(runs[i]);
        if (!(documents ? s->documents : s->queries).has_key)
            return false;
    }
    return true;
}

/* The number of an identity; of its ids the least is kept. */
static int number(struct map *map, uint64_t **ids, size_t *cap, struct text identity, uint64_t id, uint32_t *out, struct err *err)
{
    uint64_t *slot;
    bool found;
    int rc = 0;
    if (map->n >= UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "more than %u names", UINT32_MAX - 1);
    TRY(map_add(map, identity.p, identity.n, map->n, &found, &slot, err));
    *out = (uint32_t)*slot;
    TRY(mem_reserve(ids, cap, map->n, sizeof **ids, err));
    if (!found || id < (*ids)[*out])
        (*ids)[*out] = id;
out:
    return rc;
}

static int add_row(struct runpool *p, struct run *run, uint32_t of, const struct neighbours_row *row, bool by_ef,
                   struct buf *scratch, struct err *err)
{
    const struct run_shape *shape = run_shape(run);
    bool text = shape->queries.is_text, query_key = text || p->query_keys, document_key = text || p->document_keys;
    char decimal[IDENTITY_DECIMAL];
    struct text query = identity_text(query_key, row->id, row->key, decimal);
    struct runpool_row out = {.run = of, .ef = row->ef, .ndc = row->ndc, .hops = row->hops, .first = p->n_entries, .n = row->n};
    int rc = 0;
    buf_clear(scratch);
    TRY(buf_put(scratch, &row->ef, by_ef ? sizeof row->ef : 0, err));
    TRY(buf_put(scratch, query.p, query.n, err));
    TRY(number(&p->queries, &p->query_ids, &p->cap_queries, (struct text){scratch->p, scratch->n},
               text ? textid_of(query.p, query.n) : row->id, &out.query, err));
    TRY(mem_reserve(&p->entries, &p->cap_entries, p->n_entries + row->n, sizeof *p->entries, err));
    for (size_t i = 0; i < row->n; i++) {
        struct text document = run_document(row, i, document_key, decimal);
        struct runpool_entry *e = &p->entries[p->n_entries++];
        e->dist = row->dist[i];
        TRY(number(&p->documents, &p->document_ids, &p->cap_documents, document,
                   text ? textid_of(document.p, document.n) : row->nn[i], &e->document, err));
    }
    TRY(mem_reserve(&p->rows, &p->cap_rows, p->n_rows + 1, sizeof *p->rows, err));
    p->rows[p->n_rows++] = out;
out:
    return rc;
}

static int compare_rows(const void *a, const void *b)
{
    const struct runpool_row *x = a, *y = b;
    return x->query != y->query ? (x->query < y->query ? -1 : 1) : (x->run > y->run) - (x->run < y->run);
}

int runpool_read(struct runpool *p, struct run *const *runs, size_t n, bool by_ef, struct err *err)
{
    struct buf scratch = {0};
    const struct neighbours_row *row;
    int rc = 0;
    *p = (struct runpool){.n_runs = n, .query_keys = all_have_keys(runs, n, false),
                          .document_keys = all_have_keys(runs, n, true)};
    for (size_t i = 0; i < n; i++) {
        for (;;) {
            TRY(run_next(runs[i], &row, err));
            if (!row)
                break;
            TRY(add_row(p, runs[i], (uint32_t)i, row, by_ef, &scratch, err));
        }
    }
    qsort(p->rows, p->n_rows, sizeof *p->rows, compare_rows);
    for (size_t i = 1; i < p->n_rows; i++) {
        const struct runpool_row *r = &p->rows[i];
        if (r->query != r[-1].query || r->run != r[-1].run)
            continue;
        size_t bytes, skip = by_ef ? sizeof r->ef : 0;
        const char *name = map_key(&p->queries, r->query, &bytes);
        struct text query = {name + skip, bytes - skip};
        rc = err_set(err, ERR_DATA, "%s: query \"%.*s\" comes twice (ef %u and %u)", run_name(runs[r->run]), IDENTITY_ARG(query),
                     r[-1].ef, r->ef);
        goto out;
    }
out:
    buf_done(&scratch);
    return rc;
}

void runpool_done(struct runpool *p)
{
    map_done(&p->queries);
    map_done(&p->documents);
    mem_free(p->query_ids);
    mem_free(p->document_ids);
    mem_free(p->rows);
    mem_free(p->entries);
    *p = (struct runpool){0};
}
