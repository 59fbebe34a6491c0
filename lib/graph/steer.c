#include "graph/steer.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/prefetch.h"

enum { NODES_A_TASK = 256, MAX_LINES = 8 };  /* lines of a vector: the processor fetches the others */

struct fold {
    struct steer *s;
    const struct graph *g;
    int8_t *w;                     /* (n_threads, codes_query_bytes) */
};

static int fold_task(void *ctx, size_t task, int worker, struct err *err)
{
    const struct fold *f = ctx;
    const struct codes *codes = &f->s->codes;
    size_t bytes = codes_query_bytes(codes);
    (void)err;
    size_t to = num_min_size((task + 1) * NODES_A_TASK, f->g->n);
    for (size_t i = task * NODES_A_TASK; i < to; i++) {
        struct codes_query q = {.w = f->w + (size_t)worker * bytes};
        f->s->folded[i] = codes_query_make(codes, f->g->vectors + i * f->g->stride, &q);
    }
    return 0;
}

int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err)
{
    int rc = 0;
    struct fold f = {s, g, NULL};
    *s = (struct steer){0};
    if (g->n == 0 || g->dim < STEER_MIN_DIM || g->dim > CODES_MAX_DIM)
        return 0;
    TRY(codes_make(&s->walk, CODES_SQ4, g->metric, g->vectors, g->n, g->dim, g->stride, n_threads, err));
    TRY(codes_make(&s->codes, CODES_SQ8, g->metric, g->vectors, g->n, g->dim, g->stride, n_threads, err));
    TRY_NEW(s->folded, MEM_ARRAY(struct codes_folded, g->n, err));
    TRY_NEW(f.w, mem_slab((size_t)n_threads, codes_query_bytes(&s->codes), err));
    TRY(par_for(n_threads, (g->n + NODES_A_TASK - 1) / NODES_A_TASK, fold_task, &f, err));
out:
    mem_free(f.w);
    if (rc)
        steer_free(s);
    return rc;
}

int steer_keep(struct steer *s, struct graph *g, enum codes_type type, int n_threads, struct err *err)
{
    type = codes_choose(type, g->n, g->dim);
    if (type == CODES_NONE || g->n == 0)
        return 0;
    struct codes *made[] = {&s->walk, &s->codes};
    for (size_t i = 0; i < 2; i++)
        if (made[i]->type == type) {
            g->codes = *made[i];
            *made[i] = (struct codes){0};
            return 0;
        }
    return codes_make(&g->codes, type, g->metric, g->vectors, g->n, g->dim, g->stride, n_threads, err);
}

void steer_free(struct steer *s)
{
    codes_free(&s->walk);
    codes_free(&s->codes);
    mem_free(s->folded);
    *s = (struct steer){0};
}

void steer_query(const struct steer *s, const struct graph *g, uint32_t node, bool has_bytes, struct codes_query *q)
{
    codes_query_again(&s->codes, has_bytes ? NULL : g->vectors + node * g->stride, &s->folded[node], q);
}

void steer_fetch(const struct steer *s, const struct graph *g, uint32_t node, bool has_bytes)
{
    size_t lines = num_min_size(g->stride * sizeof(float) / PREFETCH_LINE, MAX_LINES);
    PREFETCH(&s->folded[node]);
    if (!has_bytes)
        prefetch_lines(g->vectors + node * g->stride, lines);
}

/* SQ4, SQ8, half of that again for nodes as queries, norms. */
size_t steer_node_bytes(size_t dim)
{
    size_t code = num_round_up(dim, 128);
    return dim < STEER_MIN_DIM ? 0 : code * 5 / 2 + sizeof(struct codes_folded) + 2 * sizeof(float);
}
