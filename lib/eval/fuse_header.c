/* Whether runs may become one, and what the result says of itself. */
#include "base/num.h"
#include "eval/fuse.h"

#include <string.h>

int fuse_parse_weights(double *weights, size_t n, const char *list, struct err *err)
{
    size_t n_given = 0;
    for (const char *p = list, *end;; p = end + 1) {
        end = p + strcspn(p, ",");
        double w;
        if (!num_parse_f64(p, (size_t)(end - p), &w) || w < 0)
            return err_set(err, ERR_USAGE, "--weights %s: expected numbers of 0 and more, parted by commas", list);
        if (n_given < n)
            weights[n_given] = w;
        n_given++;
        if (!*end)
            break;
    }
    return n_given == n ? 0 : err_set(err, ERR_USAGE, "--weights %s: %zu numbers for %zu runs", list, n_given, n);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Can the distances of two runs be compared? */
static int check_pair(const struct run *a, const struct run *b, struct err *err)
{
    static const char *const keys[] = {"metric", "scorer", "space", "idf", "k1", "b", "analyzer", "title_boost", NULL};
    const struct header *h = run_header(a), *g = run_header(b);
    if (!h != !g)
        return err_set(err, ERR_DATA, "%s: a TREC run beside a stream (%s): do their scores mean the same? --force says so",
                       run_name(h ? b : a), run_name(h ? a : b));
    for (size_t i = 0; h && keys[i]; i++) {
        const char *x = header_meta(h, keys[i]), *y = header_meta(g, keys[i]);
        if (!same(x, y))
            return err_set(err, ERR_DATA, "%s: %s %s, in %s %s: distances that do not compare (--method rrf, minmax or zscore "
                           "fuses them)", run_name(b), keys[i], y ? y : "missing", run_name(a), x ? x : "missing");
    }
    return 0;
}

static int check_runs(struct run *const *runs, size_t n, const struct fuse_options *o, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct run_shape *s = run_shape(runs[i]);
        if (run_header(runs[i]) && o->method != FUSE_RRF && header_column(run_header(runs[i]), "dist") < 0)
            return err_set(err, ERR_DATA, "%s: neighbours without distances: only --method rrf takes them", run_name(runs[i]));
        int rc = o->method == FUSE_MERGE && i > 0 && !o->force ? check_pair(runs[0], runs[i], err) : 0;
        if (rc)
            return rc;
        if (o->method == FUSE_MERGE && run_header(runs[i]) && s->k > 0 && s->k < o->k)
            return err_set(err, ERR_USAGE, "%s holds the nearest %llu: the nearest %zu of all cannot be known", run_name(runs[i]),
                           (unsigned long long)s->k, o->k);
    }
    return 0;
}

/* The metas of the first stream that all other streams have, too. */
static int copy_common_metas(struct header *h, struct run *const *runs, size_t n, struct err *err)
{
    const struct header *first = run_header(runs[0]);
    for (size_t m = 0; first && m < first->n_metas; m++) {
        size_t agree = 1;
        while (agree < n && run_header(runs[agree]) &&
               same(header_meta(run_header(runs[agree]), first->metas[m].key), first->metas[m].value))
            agree++;
        int rc = agree == n ? header_set_meta(h, first->metas[m].key, first->metas[m].value, err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

int fuse_header(struct header *h, struct neighbours_options *no, struct run *const *runs, size_t n, const struct fuse_options *o,
                struct err *err)
{
    bool merge = o->method == FUSE_MERGE;
    int rc = 0;
    TRY(check_runs(runs, n, o, err));
    *no = (struct neighbours_options){.has_key = true, .has_nnkey = true, .metric = METRIC_IP, .k = o->k};
    for (size_t i = 0; i < n; i++) {
        no->has_key &= run_shape(runs[i])->queries.has_key;
        no->has_nnkey &= run_shape(runs[i])->documents.has_key;
        if (merge && run_header(runs[i]))
            no->metric = run_shape(runs[i])->metric;
    }
    if (merge)
        TRY(copy_common_metas(h, runs, n, err));
    TRY(neighbours_header(h, no, err));
    if (!merge)
        TRY(header_set_meta(h, "scorer", fuse_methods[o->method], err));
out:
    return rc;
}
