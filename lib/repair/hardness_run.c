#include "repair/hardness_run.h"
#include "base/mem.h"
#include "base/num.h"

int hardness_run_open(struct hardness_run *r, struct err *err)
{
    int rc = 0;
    struct input *in;
    const struct graph *g = graph_file_graph(r->index);
    r->dim = vector_reader_dim(r->queries);
    if (r->o->truth) {
        TRY(vector_set_read(&r->set, r->queries, 0, err));
        TRY(input_open(&in, r->o->truth, err));
        TRY(recall_truth_read(&r->truth, in, g->metric, &r->set, err));
        if (r->o->scorer.k > r->truth.k)
            TRY(err_set(err, ERR_USAGE, "%s: has %zu neighbours of a query, -k is %zu", r->o->truth, r->truth.k, r->o->scorer.k));
    }
    TRY(hardness_scorer_init(&r->scorer, g, &r->o->scorer, HARDNESS_CHUNK, err));
    r->n_cells = r->scorer.n_cells + (r->o->truth != NULL);
    r->k = r->scorer.h.search.k;
    TRY_NEW(r->cells, mem_alloc(HARDNESS_CHUNK, r->scorer.n_cells * sizeof *r->cells, err));
out:
    return rc;
}

void hardness_run_close(struct hardness_run *r)
{
    hardness_scorer_done(&r->scorer);
    hardness_store_close(&r->store);
    recall_truth_done(&r->truth);
    vector_set_done(&r->set);
    mem_free(r->cells);
    mem_free(r->scores);
}

/* Up to HARDNESS_CHUNK queries: from memory where there is a truth. */
static int next_batch(struct hardness_run *r, struct vector_batch *b, struct err *err)
{
    if (!r->o->truth)
        return vector_reader_next(r->queries, HARDNESS_CHUNK, b, err);
    *b = (struct vector_batch){.first_row = r->at, .n = num_min_size(r->set.n - r->at, HARDNESS_CHUNK), .dim = r->set.dim,
                               .stride = r->set.stride, .x = r->set.x + r->at * r->set.stride, .ids = r->set.ids + r->at,
                               .keys = r->set.keys ? r->set.keys + r->at : NULL};
    r->at += b->n;
    return 0;
}

int hardness_run_next(struct hardness_run *r, struct vector_batch *b, struct err *err)
{
    int rc = next_batch(r, b, err);
    return rc || b->n == 0 ? rc : hardness_scorer_run(&r->scorer, b->x, b->stride, b->ids, b->n, r->cells, err);
}

float hardness_run_recall(const struct hardness_run *r, const struct vector_batch *b, size_t i)
{
    const struct search_results *found = &r->scorer.h.found;
    const size_t query = (size_t)b->first_row + i, k = r->o->scorer.k;
    return (float)recall_hits(&r->truth, query, found->dist + i * r->k, found->found[i].n, k) /
           (float)recall_wanted(&r->truth, query, k);
}
