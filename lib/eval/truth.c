#include "eval/truth.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/measures.h"

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
    TRY(mem_reserve(&t->dist, &t->cap_dist, t->n_dist + row->n, sizeof *t->dist, err));
    memcpy(t->dist + t->n_dist, row->dist, row->n * sizeof *t->dist);
    t->at[t->queries.n - 1] = (struct truth_query){t->n_dist, row->n};
    t->n_dist += row->n;
    t->longest = num_max_size(t->longest, row->n);
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        TRY(pairs_add(&t->ranks, (uint32_t)(t->queries.n - 1), run_document(row, i, documents_by_key, buf), (int32_t)i, err));
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
    TRY(pairs_group(&t->ranks, t->queries.n, err));
out:
    return rc;
}

void truth_ranks(const struct truth *t, uint32_t query, const struct neighbours_row *row, bool by_key, uint32_t *rank)
{
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL];
        const struct pair *p = pairs_find(&t->ranks, query, run_document(row, i, by_key, buf));
        rank[i] = p ? (uint32_t)p->value : MEASURE_NO_RANK;
    }
}

void truth_done(struct truth *t)
{
    map_done(&t->queries);
    mem_free(t->at);
    pairs_done(&t->ranks);
    mem_free(t->dist);
    *t = (struct truth){0};
}
