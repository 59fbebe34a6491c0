#include "repair/hardness_run.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>

static const double shares[2] = {0.1, 0.3};

struct columns {                   /* of all queries */
    float *scores[HARDNESS_SCORES], *recall;
    size_t n;
};

static int collect(struct columns *c, struct hardness_run *r, struct err *err)
{
    int rc = 0;
    struct vector_batch batch = {0};
    TRY_NEW(c->recall, MEM_ARRAY(float, r->set.n, err));
    for (int s = 0; s < HARDNESS_SCORES; s++)
        if (r->scorer.cell_of[s] >= 0)
            TRY_NEW(c->scores[s], MEM_ARRAY(float, r->set.n, err));
    for (;;) {
        TRY(hardness_run_next(r, &batch, err));
        if (batch.n == 0)
            break;
        for (size_t i = 0; i < batch.n; i++, c->n++) {
            c->recall[c->n] = hardness_run_recall(r, &batch, i);
            for (int s = 0; s < HARDNESS_SCORES; s++)
                if (c->scores[s])
                    c->scores[s][c->n] = r->cells[i * r->scorer.n_cells + (size_t)r->scorer.cell_of[s]];
        }
        if (r->o->progress)
            r->o->progress(c->n);
    }
out:
    return rc;
}

static int compare(struct hardness_evaluation *e, const struct columns *c, const struct hardness_run *r, struct err *err)
{
    int rc = 0;
    const double n = (double)c->n;
    e->n = c->n;
    for (size_t i = 0; i < c->n; i++)
        e->recall += (double)c->recall[i] / n;
    for (int s = 0; s < HARDNESS_SCORES; s++) {
        if (!c->scores[s])
            continue;
        e->scores[s].has = true;
        e->scores[s].pearson = hardness_pearson(c->scores[s], c->recall, c->n);
        TRY(hardness_spearman(c->scores[s], c->recall, c->n, &e->scores[s].spearman, err));
        for (int i = 0; i < 2; i++)
            TRY(hardness_find(&e->scores[s].hardest[i], c->scores[s], c->recall, c->n, hardness_share(shares[i], c->n), err));
        e->scores[s].ndc = (double)r->scorer.ndc / n;
        e->scores[s].ns = (double)(r->scorer.search_ns + r->scorer.score_ns[s]) / n;
    }
    for (int p = 0; p < HARDNESS_PROBES; p++)
        e->scores[hardness_score_of_probe[p]].ndc += (double)r->scorer.probes[p].ndc / n;
out:
    return rc;
}

int hardness_evaluate(struct hardness_evaluation *e, const struct graph_file *index, struct vector_reader *queries,
                      const struct hardness_detect_options *o, struct err *err)
{
    int rc = 0;
    struct hardness_run r = {.o = o, .index = index, .queries = queries};
    struct columns c = {0};
    *e = (struct hardness_evaluation){0};
    TRY(hardness_run_open(&r, err));
    if (r.set.n == 0)
        TRY(err_set(err, ERR_DATA, "%s: no queries to compare", input_name(vector_reader_input(queries))));
    TRY(collect(&c, &r, err));
    TRY(compare(e, &c, &r, err));
out:
    for (int s = 0; s < HARDNESS_SCORES; s++)
        mem_free(c.scores[s]);
    mem_free(c.recall);
    hardness_run_close(&r);
    return rc;
}

static int put(struct output *out, double x, int decimals, struct err *err)
{
    return isnan(x) ? output_printf(out, err, "\t-") : output_printf(out, err, "\t%.*f", decimals, x);
}

int hardness_evaluation_write(const struct hardness_evaluation *e, bool time, struct output *out, struct err *err)
{
    int rc = 0;
    TRY(output_printf(out, err, "score\tspearman\tpearson\tfound@10%%\tmost@10%%\tfound@30%%\tmost@30%%\tauc@10%%\tndc%s\n",
                      time ? "\tus_per_query" : ""));
    for (int s = 0; s < HARDNESS_SCORES; s++) {
        if (!e->scores[s].has)
            continue;
        TRY(output_printf(out, err, "%s", hardness_score_names[s]));
        TRY(put(out, e->scores[s].spearman, 4, err));
        TRY(put(out, e->scores[s].pearson, 4, err));
        for (int i = 0; i < 2; i++) {
            TRY(put(out, e->scores[s].hardest[i].share, 4, err));
            TRY(put(out, e->scores[s].hardest[i].most, 4, err));
        }
        TRY(put(out, e->scores[s].hardest[0].auc, 4, err));
        TRY(put(out, e->scores[s].ndc, 1, err));
        if (time)
            TRY(put(out, e->scores[s].ns / 1000, 2, err));
        TRY(output_printf(out, err, "\n"));
    }
out:
    return rc;
}
