#include "quant/rqtrain.h"

/* What --max-memory leaves for costs; at least 1, since 0 is no limit. */
static int share_memory(const struct rqtrain *t, const struct rqtrain_options *o, uint64_t *left, struct err *err)
{
    uint32_t most = 0;
    *left = 0;
    if (o->max_memory == 0)
        return 0;
    for (size_t l = 0; l < t->q.n_levels; l++)
        most = t->q.clusters[l] > most ? t->q.clusters[l] : most;
    uint64_t need = t->base.n * (t->base.stride * sizeof(float) + sizeof(uint64_t)) +
                    residual_bytes(t->base.n, t->base.dim, most, o->residual.level.bounded);
    if (need >= o->max_memory)
        return err_set(err, ERR_NOMEM, "%zu vectors of dimension %zu and the work on them need about %llu MiB; --max-memory "
                       "allows %llu MiB", t->base.n, t->base.dim, (unsigned long long)(need >> 20) + 1,
                       (unsigned long long)(o->max_memory >> 20));
    *left = o->max_memory - need;
    return 0;
}

int rqtrain_run(struct rqtrain *t, struct vector_reader *r, const struct rqtrain_options *o, struct err *err)
{
    int rc = 0;
    struct residual_options residual = o->residual;
    struct codeset_level levels[CODESET_MAX_LEVELS];
    TRY(vector_set_read(&t->base, r, o->max_memory, err));
    t->q.dim = t->base.dim;
    t->q.stride = t->base.stride;
    TRY(share_memory(t, o, &residual.level.max_costs_bytes, err));
    TRY(codeset_init(&t->codes, t->base.n, t->q.n_levels, t->q.clusters, err));
    TRY(residual_train(&t->q, t->base.x, t->base.n, &residual, &t->codes, err));
    TRY(codeset_count(&t->codes, &t->trained, levels, err));
    TRY(resolve_last(o->resolve, &t->q, t->base.x, &t->codes, residual.level.n_threads, &t->changed, err));
    t->mse = t->q.level[t->q.n_levels - 1].mse_after;
    if (t->changed > 0)
        TRY(residual_mse(&(struct kmeans_points){.x = t->base.x, .n = t->base.n, .dim = t->base.dim, .stride = t->base.stride,
                                                 .n_threads = residual.level.n_threads}, &t->mse, err));
    if (o->resolve != RESOLVE_NONE)
        TRY(codeset_suffix(&t->codes, err));
out:
    return rc;
}

void rqtrain_done(struct rqtrain *t)
{
    codeset_done(&t->codes);
    residual_done(&t->q);
    vector_set_done(&t->base);
}

uint64_t rqtrain_assignments(const struct rqtrain *t)
{
    uint64_t n = 0;
    for (size_t l = 0; l < t->q.n_levels; l++)
        n += t->q.level[l].fit.assignments;
    return n;
}
