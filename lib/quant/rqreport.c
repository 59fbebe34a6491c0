#include "quant/rqreport.h"

#include "base/num.h"

#include <inttypes.h>
#include <stdio.h>

struct lines {
    struct output *out;
    char level[24];
    int rc;
    struct err *err;
};

static void put_int(struct lines *t, const char *measure, uint64_t value)
{
    if (t->rc == 0)
        t->rc = output_printf(t->out, t->err, "%s\t%s\t%" PRIu64 "\n", t->level, measure, value);
}

static void put_real(struct lines *t, const char *measure, double value)
{
    char text[NUM_TEXT];
    num_format_f64(text, value);
    if (t->rc == 0)
        t->rc = output_printf(t->out, t->err, "%s\t%s\t%s\n", t->level, measure, text);
}

static void put_level(struct lines *t, const struct rqreport *r, size_t l, const struct codeset_level *level)
{
    snprintf(t->level, sizeof t->level, "%zu", l + 1);
    put_int(t, "codes", r->codes->clusters[l]);
    put_int(t, "codes_used", level->used);
    put_int(t, "size_min", level->least);
    put_int(t, "size_max", level->most);
    put_real(t, "size_mean", (double)r->codes->n / r->codes->clusters[l]);
    put_real(t, "entropy_bits", level->entropy);
    if (!r->trained)
        return;
    const struct residual_level *of = &r->trained->level[l];
    put_real(t, "mse_before", of->mse_before);
    put_real(t, "mse_after", of->mse_after);
    put_real(t, "mse_nearest", of->inertia_nearest / ((double)r->codes->n * (double)r->trained->dim));
    put_real(t, "inertia", of->fit.inertia);
    put_real(t, "inertia_nearest", of->inertia_nearest);
    put_int(t, "iterations", of->fit.iterations);
    put_int(t, "assignments_certified", of->fit.assignments);
}

static void put_stats(struct lines *t, const char *level, const struct codeset_stats *s)
{
    snprintf(t->level, sizeof t->level, "%s", level);
    put_int(t, "distinct", s->distinct);
    put_real(t, "collision_rate", s->rate);
    put_int(t, "duplicate_groups", s->groups);
    put_int(t, "items_in_groups", s->members);
    put_int(t, "largest_group", s->largest);
    put_real(t, "entropy_bits", s->entropy);
    put_real(t, "collisions_expected", s->expected);
}

int rqreport_write(struct output *out, const struct rqreport *r, struct err *err)
{
    struct lines t = {.out = out, .err = err};
    struct codeset_stats stats;
    struct codeset_level levels[CODESET_MAX_LEVELS];
    bool prefix_free;
    int rc = codeset_count(r->codes, &stats, levels, err);
    if (rc || (rc = codeset_prefix_free(r->codes, &prefix_free, err)) != 0)
        return rc;
    for (size_t l = 0; l < r->codes->n_levels; l++)
        put_level(&t, r, l, &levels[l]);
    if (r->before) {
        put_stats(&t, "trained", r->before);
        put_real(&t, "mse", r->trained->level[r->trained->n_levels - 1].mse_after);
    }
    put_stats(&t, "all", &stats);
    put_int(&t, "items", r->codes->n);
    put_int(&t, "prefix_free", prefix_free);
    if (r->trained)
        put_real(&t, "mse", r->mse);
    if (r->before)
        put_int(&t, "reassigned", r->reassigned);
    if (r->wall_ns)
        put_int(&t, "wall_ns", r->wall_ns);
    return t.rc;
}
