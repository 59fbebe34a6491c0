#include "graph/least_ef.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

enum { CHUNK = 1024 };

struct hunt {
    const struct least_ef_target *target;
    struct search *s;
    const struct vector_set *queries;
    const struct recall_truth *truth;
    struct search_results results; /* (CHUNK) */
    struct least_ef_try best;
    void (*progress)(uint64_t n);
    uint64_t *n_searched;
};

int least_ef_parse(struct least_ef_target *t, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    size_t n = strlen("recall@");
    if (!equals || strncmp(text, "recall@", n) != 0 || strlen(text) >= sizeof t->text ||
        !num_parse_u64(text + n, (size_t)(equals - text) - n, 1, UINT32_MAX, &t->k) ||
        !num_parse_f64(equals + 1, strlen(equals + 1), &t->least) || !(t->least > 0 && t->least <= 1))
        return err_set(err, ERR_USAGE, "--reach %.64s: expected recall@K=X with K from 1 and X up to 1: recall@10=0.98", text);
    snprintf(t->text, sizeof t->text, "%s", text);
    return 0;
}

/* Search all queries with this ef.  Hits are counted as integers, so that a recall that is the target exactly is found to be. */
static int try_ef(struct hunt *h, size_t ef, bool *reached, struct err *err)
{
    size_t k = (size_t)h->target->k, hits = 0, n_queries = h->queries->n;
    double of_short = 0, ndc = 0, ndc_code = 0, hops = 0;
    for (size_t at = 0; at < n_queries; at += CHUNK) {
        size_t n = num_min_size(n_queries - at, CHUNK);
        int rc = search_run(h->s, h->queries->x + at * h->queries->stride, h->queries->stride, n, ef, &h->results, NULL, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < n; i++) {
            const struct search_found *f = &h->results.found[i];
            size_t found = recall_hits(h->truth, at + i, h->results.dist + i * h->s->k, f->n, k);
            size_t wanted = recall_wanted(h->truth, at + i, k);
            if (wanted == k)
                hits += found;
            else
                of_short += (double)found / (double)wanted;
            ndc += f->ndc;
            ndc_code += f->ndc_code;
            hops += f->hops;
        }
        *h->n_searched += n;
        if (h->progress)
            h->progress(*h->n_searched);
    }
    double n = (double)n_queries, recall = ((double)hits + of_short * (double)k) / (n * (double)k);
    struct least_ef_try this = {(uint32_t)ef, recall, ndc / n, ndc_code / n, hops / n};
    *reached = recall >= h->target->least;
    if (*reached || h->best.ef == 0 || recall > h->best.recall || (recall == h->best.recall && ef < h->best.ef))
        h->best = this;
    return 0;
}

static int hunt(struct hunt *h, size_t max_ef, bool *reached, struct err *err)
{
    int rc = 0;
    size_t missed = h->s->o.k - 1, ef = h->s->o.k;
    for (;; ef = num_min_size(2 * ef, max_ef)) {
        TRY(try_ef(h, ef, reached, err));
        if (*reached || ef >= max_ef)
            break;
        missed = ef;
    }
    for (size_t high = ef; *reached && high - missed > 1;) {
        bool good;
        TRY(try_ef(h, missed + (high - missed) / 2, &good, err));
        if (good)
            high = missed + (high - missed) / 2;
        else
            missed = missed + (high - missed) / 2;
    }
out:
    return rc;
}

int least_ef_find(const struct least_ef_target *target, struct search *s, const struct vector_set *queries,
                  const struct recall_truth *truth, size_t max_ef, struct least_ef_try *best, bool *reached,
                  void (*progress)(uint64_t n), uint64_t *n_searched, struct err *err)
{
    struct hunt h = {.target = target, .s = s, .queries = queries, .truth = truth, .progress = progress,
                     .n_searched = n_searched};
    if (target->k > s->o.k)
        return err_set(err, ERR_USAGE, "--reach %s needs -k %llu or more", target->text, (unsigned long long)target->k);
    if (target->k > truth->k)
        return err_set(err, ERR_USAGE, "--reach %s: the truth has %zu neighbours a query", target->text, truth->k);
    max_ef = num_max_size(s->o.k, num_min_size(max_ef, s->g->n));
    int rc = search_results_init(&h.results, s, CHUNK, err);
    if (rc == 0 && (rc = hunt(&h, max_ef, reached, err)) == 0)
        *best = h.best;
    search_results_done(&h.results);
    return rc;
}
