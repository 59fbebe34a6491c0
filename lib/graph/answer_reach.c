#include "graph/answer_reach.h"

int answer_reach_parse(struct answer_reach_options *o, const char *const *texts, size_t n, struct err *err)
{
    int rc = 0;
    if (n > LEAST_EF_MAX_TARGETS)
        return err_set(err, ERR_USAGE, "--reach: more than %d targets", LEAST_EF_MAX_TARGETS);
    for (o->n_targets = 0; o->n_targets < n && rc == 0; o->n_targets++)
        rc = least_ef_parse(&o->targets[o->n_targets], texts[o->n_targets], err);
    return rc;
}

static void add_ef(struct efs *e, uint32_t ef)
{
    size_t at = e->n;
    for (size_t i = 0; i < e->n; i++)
        if (e->at[i] == ef)
            return;
    for (; at > 0 && e->at[at - 1] > ef; at--)
        e->at[at] = e->at[at - 1];
    e->at[at] = ef;
    e->n++;
}

static int find_efs(struct answer_reach *a, const struct graph_file *index, const struct vector_set *queries,
                    struct answer_options *o, const struct answer_reach_options *reach, struct err *err)
{
    int rc = 0;
    const struct graph *g = graph_file_graph(index);
    struct input *in;
    struct recall_truth truth = {0};
    struct search s = {0};
    if (queries->n == 0)
        return err_set(err, ERR_DATA, "no queries to reach %s with", reach->targets[0].text);
    TRY(input_open(&in, reach->truth, err));
    TRY(recall_truth_read(&truth, in, g->metric, queries, err));
    TRY(search_init(&s, g, &o->search, reach->max_ef, err));
    o->efs.n = 0;
    for (size_t i = 0; i < reach->n_targets; i++) {
        struct answer_reach_result *r = &a->results[i];
        TRY(least_ef_find(&reach->targets[i], &s, queries, &truth, reach->max_ef, &r->best, &r->reached, o->progress,
                          &o->n_before, err));
        add_ef(&o->efs, r->best.ef);
        a->has_missed |= !r->reached;
    }
out:
    search_done(&s);
    recall_truth_done(&truth);
    return rc;
}

int answer_reach(struct answer_reach *a, struct stream_writer *w, const struct graph_file *index, struct vector_reader *queries,
                 struct answer_options *o, const struct answer_reach_options *reach, struct err *err)
{
    int rc = 0;
    struct vector_set set = {0};
    uint64_t wall_ns[EFS_MAX] = {0};
    *a = (struct answer_reach){0};
    TRY(vector_set_read(&set, queries, 0, err));
    a->n_queries = set.n;
    TRY(find_efs(a, index, &set, o, reach, err));
    TRY(answer_set(w, index, &set, o, wall_ns, err));
    for (size_t i = 0; i < reach->n_targets; i++)
        for (size_t e = 0; e < o->efs.n; e++)
            if (o->efs.at[e] == a->results[i].best.ef)
                a->results[i].wall_ns = wall_ns[e];
out:
    vector_set_done(&set);
    return rc;
}

int answer_reach_report(const struct answer_reach *a, const struct answer_options *o,
                        const struct answer_reach_options *reach, struct output *out, struct err *err)
{
    int rc = 0;
    TRY(output_printf(out, err, "target\tef\trecall\tndc\tndc_code\thops%s\n", o->search.time ? "\tqps\tthreads" : ""));
    for (size_t i = 0; i < reach->n_targets; i++) {
        const struct answer_reach_result *r = &a->results[i];
        const struct least_ef_try *b = &r->best;
        TRY(output_printf(out, err, "%s\t%u\t%.6f\t%.1f\t%.1f\t%.1f", reach->targets[i].text, b->ef, b->recall, b->ndc,
                          b->ndc_code, b->hops));
        if (o->search.time)
            TRY(output_printf(out, err, "\t%.1f\t%d", (double)a->n_queries / ((double)r->wall_ns / 1e9), o->search.n_threads));
        TRY(output_printf(out, err, "\n"));
    }
out:
    return rc;
}
