#include "eval/truth.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/measures.h"

#include <string.h>

static int add_row(struct truth *t, const struct neighbours_row *row, struct text query, bool documents_by_key, struct err *err)
{
    bool found;
    int rc;
    TRY(map_add(&t->queries, query.p, query.n, t->queries.n, &found, NULL, err));
    if (found)
        return err_set(err, ERR_DATA, "query \"%.*s\" comes twice (second time at ef %u)", IDENTITY_ARG(query), row->ef);
    if (row->n == 0)
        return err_set(err, ERR_DATA, "query \"%.*s\" has no neighbours", IDENTITY_ARG(query));
    TRY(mem_reserve(&t->at, &t->cap_at, t->queries.n, sizeof *t->at, err));
    TRY(mem_reserve(&t->documents, &t->cap_documents, t->n_neighbours + row->n, sizeof *t->documents, err));
    TRY(mem_reserve(&t->dist, &t->cap_dist, t->n_neighbours + row->n, sizeof *t->dist, err));
    t->at[t->queries.n - 1] = (struct truth_query){t->n_neighbours, (uint32_t)row->n};
    t->longest = num_max_size(t->longest, row->n);
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        struct text name = run_document(row, i, documents_by_key, buf);
        uint64_t *number;
        TRY(map_add(&t->names, name.p, name.n, t->names.n, NULL, &number, err));
        t->documents[t->n_neighbours] = (uint32_t)*number;
        t->dist[t->n_neighbours++] = row->dist[i];
    }
out:
    return rc;
}

int truth_read(struct truth *t, struct run *from, bool queries_by_key, bool documents_by_key, struct err *err)
{
    const struct neighbours_row *row;
    int rc;
    for (;;) {
        TRY(run_next(from, &row, err));
        if (!row)
            break;
        char buf[IDENTITY_DECIMAL];
        if ((rc = add_row(t, row, identity_text(queries_by_key, row->id, row->key, buf), documents_by_key, err)) != 0)
            return err_prefix(err, "%s: ", run_name(from));
    }
    if (t->queries.n == 0)
        return err_set(err, ERR_DATA, "%s: no queries", run_name(from));
    TRY_NEW(t->rank, MEM_ARRAY(uint32_t, t->names.n, err));
    TRY_NEW(t->mark, MEM_ZARRAY(uint64_t, t->names.n, err));
out:
    return rc;
}

void truth_ranks(struct truth *t, uint32_t query, const struct neighbours_row *row, bool by_key, uint32_t *rank)
{
    const struct truth_query *q = &t->at[query];
    t->marked++;
    for (uint32_t i = 0; i < q->n; i++) {
        uint32_t d = t->documents[q->first + i];
        t->rank[d] = i;
        t->mark[d] = t->marked;
    }
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        struct text name = run_document(row, i, by_key, buf);
        const uint64_t *d = map_get(&t->names, name.p, name.n);
        rank[i] = d && t->mark[*d] == t->marked ? t->rank[*d] : MEASURE_NO_RANK;
    }
}

void truth_done(struct truth *t)
{
    map_done(&t->queries);
    map_done(&t->names);
    mem_free(t->at);
    mem_free(t->documents);
    mem_free(t->dist);
    mem_free(t->rank);
    mem_free(t->mark);
    *t = (struct truth){0};
}
