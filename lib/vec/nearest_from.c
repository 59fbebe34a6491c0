#include "vec/nearest.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/kernel.h"

enum { PANELS = 16 };                /* a task */

struct search {
    const struct coarse *coarse;
    const float *x, *centres;
    size_t stride;
    struct coarse_queries queries;   /* the centres */
    uint32_t *label;
};

/* The points of one panel. */
static void find_panel(struct search *s, size_t panel)
{
    const struct kernel *kernel = kernel_best();
    const size_t first = panel * COARSE_LANES, n = num_min_size(COARSE_LANES, s->coarse->n - first), dim = s->coarse->dim;
    uint32_t *label = s->label + first;
    float least[COARSE_LANES], radius[COARSE_LANES] = {0};
    uint32_t within[COARSE_AT_ONCE];
    for (size_t i = 0; i < n; i++) {
        least[i] = kernel->l2(s->x + (first + i) * s->stride, s->centres + label[i] * s->stride, dim);
        radius[i] = coarse_radius(s->coarse, first + i, least[i]);
    }
    for (size_t j = 0; j < s->queries.n; j += COARSE_AT_ONCE) {
        coarse_pass(s->coarse, panel, radius, &s->queries, j, within);
        for (size_t c = j; c < j + COARSE_AT_ONCE && c < s->queries.n; c++)
            for (unsigned left = within[c - j]; left; left &= left - 1) {
                size_t i = (size_t)__builtin_ctz(left);
                if (c == label[i])
                    continue;
                float dist = kernel->l2(s->x + (first + i) * s->stride, s->centres + c * s->stride, dim);
                if (dist > least[i] || (dist == least[i] && c > label[i]))
                    continue;
                label[i] = (uint32_t)c;
                least[i] = dist;
                radius[i] = coarse_radius(s->coarse, first + i, dist);
            }
    }
}

static int find_panels(void *ctx, size_t task, int worker, struct err *err)
{
    struct search *s = ctx;
    (void)worker, (void)err;
    for (size_t panel = task * PANELS; panel < num_min_size((task + 1) * PANELS, coarse_panels(s->coarse)); panel++)
        find_panel(s, panel);
    return 0;
}

int nearest_from(const struct coarse *coarse, const float *x, size_t stride, const float *centres, size_t k, uint32_t *label,
                 int n_threads, struct err *err)
{
    int rc = 0;
    struct search s = {.coarse = coarse, .x = x, .centres = centres, .stride = stride, .label = label};
    TRY(coarse_queries_make(coarse, &s.queries, k, err));
    for (size_t j = 0; j < k; j++)
        coarse_queries_set(coarse, &s.queries, j, centres + j * stride);
    TRY(par_for(n_threads, (coarse_panels(coarse) + PANELS - 1) / PANELS, find_panels, &s, err));
out:
    coarse_queries_free(&s.queries);
    return rc;
}
