#include "graph/steer.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"

enum { NODES_A_TASK = 256 };

struct fold {
    struct steer *s;
    const struct graph *g;
};

static int fold_task(void *ctx, size_t task, int worker, struct err *err)
{
    const struct fold *f = ctx;
    (void)worker, (void)err;
    size_t to = num_min_size((task + 1) * NODES_A_TASK, f->g->n), bytes = codes_query_bytes(&f->s->codes);
    for (size_t i = task * NODES_A_TASK; i < to; i++) {
        f->s->folded[i].w = f->s->w + i * bytes;
        codes_query_make(&f->s->codes, f->g->vectors + i * f->g->stride, &f->s->folded[i]);
    }
    return 0;
}

int steer_make(struct steer *s, const struct graph *g, int n_threads, struct err *err)
{
    int rc = 0;
    struct fold f = {s, g};
    *s = (struct steer){0};
    if (g->n == 0 || g->dim < STEER_MIN_DIM || g->dim > CODES_MAX_DIM)
        return 0;
    TRY(codes_make(&s->walk, CODES_SQ4, g->metric, g->vectors, g->n, g->dim, g->stride, n_threads, err));
    TRY(codes_make(&s->codes, CODES_SQ8, g->metric, g->vectors, g->n, g->dim, g->stride, n_threads, err));
    TRY_NEW(s->folded, MEM_ARRAY(struct codes_query, g->n, err));
    TRY_NEW(s->w, mem_slab(g->n, codes_query_bytes(&s->codes), err));
    TRY(par_for(n_threads, (g->n + NODES_A_TASK - 1) / NODES_A_TASK, fold_task, &f, err));
out:
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
    mem_free(s->w);
    *s = (struct steer){0};
}
