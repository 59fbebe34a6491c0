#include "graph/hnsw.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/rng.h"
#include "graph/batch.h"
#include "graph/reach.h"
#include "graph/steer.h"

enum { BATCH_SHARE = 50 };         /* a batch is at most 2 % of n */

size_t hnsw_slots(size_t max_degree)
{
    return num_round_up(max_degree, GRAPH_ROW_ALIGN);
}

/* P(level >= l) = M^-l: the paper's floor(-ln(u) / ln(M)), in integers, so that no libm decides. */
static uint32_t draw_level(uint64_t seed, uint32_t node, size_t m)
{
    uint64_t u = rng_u64(seed, RNG_LEVEL, node), limit = UINT64_MAX / m;
    uint32_t level = 0;
    for (; u < limit && level < GRAPH_MAX_LAYERS - 1; limit /= m)
        level++;
    return level;
}

static size_t max_batch(size_t n)
{
    return num_max_size(1, num_min_size(n / BATCH_SHARE, HNSW_MAX_BATCH));
}

/* As many as are in already, at most max_batch: the first node alone, then 1, 2, 4, ... */
size_t hnsw_batch_end(size_t n, size_t from)
{
    return num_min_size(n, from + num_max_size(1, num_min_size(from, max_batch(n))));
}

/* A node's rows with their distances, counts and marks, and its codes (to build by, folded, to keep), against its vector; then
 * what does not grow with n. */
uint64_t hnsw_vectors_share(uint64_t max_memory, size_t dim, const struct hnsw_options *o)
{
    double vector = (double)num_round_up(dim, GRAPH_ROW_ALIGN) * sizeof(float) + sizeof(uint64_t);
    double rows = (double)hnsw_slots(2 * o->m) * 8 + (double)hnsw_slots(o->m) * 8 / (double)(o->m - 1) + 32;
    double codes = (double)steer_node_bytes(dim);
    double node = rows + codes + (double)(o->ef_construction + 2 * o->m) * 12 / BATCH_SHARE + o->n_threads / 4.0;
    uint64_t share = (uint64_t)((double)max_memory * (vector / (vector + node)));
    return max_memory > 0 && share == 0 ? 1 : share;
}

static int draw_levels(struct graph *g, size_t *max_upper, struct err *err)
{
    uint32_t *first = MEM_ARRAY(uint32_t, g->n + 1, err);
    if (!first)
        return ERR_NOMEM;
    first[0] = 0;
    for (uint32_t i = 0; i < g->n; i++)
        first[i + 1] = first[i] + draw_level(g->seed, i, g->m);
    g->first = first;
    g->n_upper = first[g->n];
    *max_upper = 0;
    for (size_t from = 0; from < g->n; from = hnsw_batch_end(g->n, from))
        *max_upper = num_max_size(*max_upper, first[hnsw_batch_end(g->n, from)] - first[from]);
    return 0;
}

int hnsw_build(struct graph *g, const struct hnsw_options *o, struct err *err)
{
    int rc = 0;
    size_t max_upper = 0;
    struct link_table layer0 = {0}, upper = {0};
    struct steer steer = {0};
    struct batch batch = {.g = g, .layer0 = &layer0, .upper = &upper, .steer = &steer, .m = o->m, .ef = o->ef_construction,
                          .n_threads = o->n_threads};
    g->m = o->m;
    g->max_degree0 = 2 * o->m;
    g->slots0 = hnsw_slots(g->max_degree0);
    g->slots = hnsw_slots(g->m);
    g->ef_construction = o->ef_construction;
    g->seed = o->seed;
    g->n_layers = 0;
    g->entry = GRAPH_NONE;
    if (g->n > GRAPH_MAX_N)
        return err_set(err, ERR_LIMIT, "%zu vectors: an index holds at most %d", g->n, GRAPH_MAX_N);
    TRY(draw_levels(g, &max_upper, err));
    TRY(link_init(&layer0, g->n, g->slots0, g->max_degree0, err));
    TRY(link_init(&upper, g->n_upper, g->slots, g->m, err));
    g->layer0 = layer0.rows;
    g->upper = upper.rows;
    TRY(steer_make(&steer, g, o->n_threads, err));
    batch.walk = steer.walk.type == CODES_NONE ? NULL : &steer.walk;
    TRY(batch_init(&batch, max_batch(g->n), max_upper, err));
    for (size_t from = 0, to; from < g->n; from = to) {
        to = hnsw_batch_end(g->n, from);
        TRY(batch_insert(&batch, (uint32_t)from, (uint32_t)to, err));
        if (o->progress)
            o->progress(to);
    }
    batch_done(&batch);
    TRY(reach_all(g, &layer0, NULL, err));
    TRY(link_finish(&layer0, g, false, o->n_threads, err));
    TRY(link_finish(&upper, g, true, o->n_threads, err));
    TRY(steer_keep(&steer, g, o->codes, o->n_threads, err));
    g->layer0 = link_take(&layer0);
    g->upper = link_take(&upper);
out:
    batch_done(&batch);
    if (rc)
        g->layer0 = g->upper = NULL;
    link_done(&layer0);
    link_done(&upper);
    steer_free(&steer);
    return rc;
}
