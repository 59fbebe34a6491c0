#include "repair/hardness_scorer.h"
#include "base/mem.h"
#include "sys/clock.h"

#include <math.h>
#include <string.h>

const char *const hardness_score_names[HARDNESS_SCORES + 1] = {"trace", "upstream", "jitter", "stability", "eh", "model", NULL};
const enum hardness_score hardness_score_of_probe[HARDNESS_PROBES] = {HARDNESS_BY_JITTER, HARDNESS_BY_STABILITY, HARDNESS_BY_EH};

static void add_score(struct hardness_scorer *s, enum hardness_score score)
{
    s->cell_of[score] = (int)s->n_cells;
    s->names[s->n_cells++] = hardness_score_names[score];
}

void hardness_scorer_cells(struct hardness_scorer *s, const struct hardness_scorer_options *o)
{
    *s = (struct hardness_scorer){.o = *o};
    for (int i = 0; i < HARDNESS_SCORES; i++)
        s->cell_of[i] = -1;
    for (; s->n_cells < HARDNESS_FEATURES; s->n_cells++)
        s->names[s->n_cells] = hardness_names[s->n_cells];
    add_score(s, HARDNESS_BY_UPSTREAM);
    add_score(s, HARDNESS_BY_TRACE);
    for (int i = 0; i < HARDNESS_PROBES; i++)
        if (o->probe[i])
            add_score(s, hardness_score_of_probe[i]);
    if (o->model)
        add_score(s, HARDNESS_BY_MODEL);
}

/* Which cells are the model's features: by name; without names the features in their order. */
static int find_inputs(struct hardness_scorer *s, struct err *err)
{
    const struct forest *model = s->o.model;
    if (!model->names && model->n_features != HARDNESS_FEATURES)
        return err_set(err, ERR_DATA, "the model has %zu features without names, expected %d", model->n_features,
                       HARDNESS_FEATURES);
    for (size_t i = 0; i < model->n_features; i++) {
        size_t cell = model->names ? 0 : i;
        while (model->names && cell + 1 < s->n_cells && strcmp(model->names[i], s->names[cell]) != 0)
            cell++;
        if (cell + 1 == s->n_cells)
            return err_set(err, ERR_DATA, "the model asks for the feature %.60s, which is not known here", model->names[i]);
        s->inputs[i] = cell;
    }
    return 0;
}

int hardness_scorer_init(struct hardness_scorer *s, const struct graph *g, const struct hardness_scorer_options *o, size_t cap,
                         struct err *err)
{
    int rc = 0;
    hardness_scorer_cells(s, o);
    TRY(hardness_init(&s->h, g, o->k, o->ef, o->n_threads, cap, err));
    for (int i = 0; i < HARDNESS_PROBES; i++)
        if (o->probe[i] && !o->later)
            TRY(hardness_probe_init(&s->probes[i], (enum hardness_probe_kind)i, g, o->k, o->ef, o->n_threads, cap, o->eps,
                                    o->seed, err));
    if (!o->model)
        return 0;
    TRY_NEW(s->inputs, MEM_ARRAY(size_t, o->model->n_features, err));
    TRY_NEW(s->x, mem_alloc(cap, o->model->n_features * sizeof *s->x, err));
    TRY_NEW(s->predicted, MEM_ARRAY(double, cap, err));
    TRY(find_inputs(s, err));
out:
    return rc;
}

void hardness_scorer_done(struct hardness_scorer *s)
{
    hardness_done(&s->h);
    for (int i = 0; i < HARDNESS_PROBES; i++)
        hardness_probe_done(&s->probes[i]);
    mem_free(s->inputs);
    mem_free(s->x);
    mem_free(s->predicted);
    *s = (struct hardness_scorer){0};
}

/* The features go into rows of cells, behind which scores follow. */
static void spread(const struct hardness_scorer *s, size_t n, float *cells)
{
    for (size_t i = n; i-- > 0;)
        memmove(cells + i * s->n_cells, cells + i * HARDNESS_FEATURES, HARDNESS_FEATURES * sizeof *cells);
}

static void predict(struct hardness_scorer *s, size_t n, float *cells)
{
    size_t n_features = s->o.model->n_features;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n_features; j++)
            s->x[i * n_features + j] = cells[i * s->n_cells + s->inputs[j]];
    forest_predict(s->o.model, s->x, n, s->predicted);
    for (size_t i = 0; i < n; i++)
        cells[i * s->n_cells + (size_t)s->cell_of[HARDNESS_BY_MODEL]] = (float)s->predicted[i];
}

/* Lists shorter than k end with GRAPH_NONE, as probes take them. */
static void end_lists(struct hardness *h, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = h->found.found[i].n; j < h->search.k; j++)
            h->found.nodes[i * h->search.k + j] = GRAPH_NONE;
}

static int run_probes(struct hardness_scorer *s, const float *x, size_t stride, const uint64_t *ids, size_t n, float *cells,
                      struct err *err)
{
    int rc = 0;
    float *scores = NULL;
    end_lists(&s->h, n);
    TRY_NEW(scores, MEM_ARRAY(float, n, err));
    for (int p = 0; p < HARDNESS_PROBES; p++) {
        if (!s->o.probe[p])
            continue;
        uint64_t start = clock_ns();
        if (!s->o.later)
            TRY(hardness_probe_run(&s->probes[p], x, stride, ids, n, s->h.found.nodes, scores, err));
        for (size_t i = 0; i < n && s->o.later; i++)
            scores[i] = NAN;
        for (size_t i = 0; i < n; i++)
            cells[i * s->n_cells + (size_t)s->cell_of[hardness_score_of_probe[p]]] = scores[i];
        s->score_ns[hardness_score_of_probe[p]] += clock_ns() - start;
    }
out:
    mem_free(scores);
    return rc;
}

int hardness_scorer_run(struct hardness_scorer *s, const float *x, size_t stride, const uint64_t *ids, size_t n, float *cells,
                        struct err *err)
{
    int rc = 0;
    uint64_t start = clock_ns();
    TRY(hardness_search(&s->h, x, stride, n, cells, err));
    spread(s, n, cells);
    for (size_t i = 0; i < n; i++) {
        float *row = cells + i * s->n_cells;
        row[s->cell_of[HARDNESS_BY_UPSTREAM]] = hardness_upstream(row);
        row[s->cell_of[HARDNESS_BY_TRACE]] = hardness_trace(row);
        s->ndc += s->h.found.found[i].ndc;
    }
    s->n_queries += n;
    s->search_ns += clock_ns() - start;
    TRY(run_probes(s, x, stride, ids, n, cells, err));
    start = clock_ns();
    if (s->o.model)
        predict(s, n, cells);
    s->score_ns[HARDNESS_BY_MODEL] += clock_ns() - start;
out:
    return rc;
}
