#include "eval/fuse.h"
#include "base/mem.h"
#include "base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const fuse_methods[] = {"merge", "rrf", "minmax", "zscore", NULL};

struct candidate {
    const char *name;               /* identity, (name_bytes) */
    size_t name_bytes;
    uint64_t id;
    uint32_t document, run;
    float dist;                     /* a shard's; at the end the result's */
    double value;                   /* what the run adds beyond `absent` of that run */
};

struct fusing {
    const struct runpool *pool;
    const struct fuse_options *o;
    struct candidate *all;
    uint64_t *nn;
    float *dist;
    struct text *keys;
    size_t cap_all, cap_nn, cap_dist, cap_keys;
};

static int compare_documents(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->document != y->document ? (x->document < y->document ? -1 : 1) : (x->run > y->run) - (x->run < y->run);
}

static int compare_results(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->dist != y->dist)
        return x->dist < y->dist ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    int order = memcmp(x->name, y->name, num_min_size(x->name_bytes, y->name_bytes));
    return order != 0 ? order : (x->name_bytes > y->name_bytes) - (x->name_bytes < y->name_bytes);
}

/* ---- what a run's list adds ---- */

/* s is put to (s - middle) * scale + shift; absent: what a document adds that is not in the list. */
struct scaling {
    double middle, scale, shift, absent;
};

static struct scaling scale_list(const struct runpool *p, const struct runpool_row *row, enum fuse_method method)
{
    const struct runpool_entry *e = p->entries + row->first;
    double sum = 0, squares = 0, n = (double)row->n;
    if (row->n == 0)
        return (struct scaling){0};
    double max = -(double)e[0].dist, min = -(double)e[row->n - 1].dist;     /* nearest first */
    if (method == FUSE_MINMAX)
        return max > min ? (struct scaling){min, 1 / (max - min), 0, 0} : (struct scaling){min, 0, 1, 0};
    for (size_t i = 0; i < row->n; i++)
        sum -= (double)e[i].dist;
    for (size_t i = 0; i < row->n; i++)
        squares += (-(double)e[i].dist - sum / n) * (-(double)e[i].dist - sum / n);
    double deviation = sqrt(squares / n);
    if (!(deviation > 0))
        return (struct scaling){0};
    return (struct scaling){sum / n, 1 / deviation, 0, (min - sum / n) / deviation};
}

/* Candidates of one row; what absent documents get from it is added to *absent. */
static void take_row(struct fusing *f, const struct runpool_row *row, struct candidate *to, double *absent)
{
    const struct runpool *p = f->pool;
    double weight = f->o->weights ? f->o->weights[row->run] : 1;
    enum fuse_method method = f->o->method;
    struct scaling s = method == FUSE_MINMAX || method == FUSE_ZSCORE ? scale_list(p, row, method) : (struct scaling){0};
    *absent += weight * s.absent;
    for (size_t i = 0; i < row->n; i++) {
        const struct runpool_entry *e = &p->entries[row->first + i];
        double value = method == FUSE_RRF ? 1 / (f->o->rrf_k + 1 + (double)i) :
                       (-(double)e->dist - s.middle) * s.scale + s.shift - s.absent;
        to[i] = (struct candidate){.document = e->document, .run = row->run, .dist = e->dist, .value = weight * value};
        to[i].id = p->document_ids[e->document];
        to[i].name = map_key(&p->documents, e->document, &to[i].name_bytes);
    }
}

/* One candidate a document; returns how many. */
static size_t combine(struct fusing *f, size_t n, double absent, struct fuse_counts *counts)
{
    size_t n_out = 0;
    for (size_t i = 0, end; i < n; i = end) {
        struct candidate c = f->all[i];
        double sum = absent + c.value;
        for (end = i + 1; end < n && f->all[end].document == c.document; end++) {
            sum += f->all[end].value;
            c.dist = f->all[end].dist < c.dist ? f->all[end].dist : c.dist;
            counts->n_duplicates++;
        }
        if (f->o->method != FUSE_MERGE)
            c.dist = (float)(0 - sum);
        f->all[n_out++] = c;
    }
    return n_out;
}

/* ---- a query ---- */

static int put_row(struct fusing *f, const struct runpool_row *rows, size_t n_rows, size_t n, fuse_write_fn *write, void *ctx,
                   struct err *err)
{
    const struct runpool *p = f->pool;
    struct neighbours_row out = {.id = p->query_ids[rows->query], .n = num_min_size(n, f->o->k)};
    size_t skip = f->o->method == FUSE_MERGE ? sizeof rows->ef : 0;
    int rc = 0;
    TRY(mem_reserve(&f->nn, &f->cap_nn, out.n, sizeof *f->nn, err));
    TRY(mem_reserve(&f->dist, &f->cap_dist, out.n, sizeof *f->dist, err));
    TRY(mem_reserve(&f->keys, &f->cap_keys, out.n, sizeof *f->keys, err));
    for (size_t i = 0; i < out.n; i++) {
        f->nn[i] = f->all[i].id;
        f->dist[i] = f->all[i].dist;
        f->keys[i] = (struct text){f->all[i].name, f->all[i].name_bytes};
    }
    for (size_t i = 0; i < n_rows; i++) {
        out.ndc += rows[i].ndc;
        out.hops += rows[i].hops;
    }
    out.ef = f->o->method == FUSE_MERGE ? rows->ef : 0;
    out.key.p = map_key(&p->queries, rows->query, &out.key.n);
    out.key = (struct text){out.key.p + skip, out.key.n - skip};
    out.nn = f->nn;
    out.dist = f->dist;
    out.nnkeys = f->keys;
    rc = write(ctx, &out, err);
out:
    return rc;
}

static int check_missing(const struct runpool *p, struct run *const *runs, const struct runpool_row *rows, size_t n,
                         struct err *err)
{
    size_t run = 0, bytes;
    while (run < n && rows[run].run == run)
        run++;
    const char *name = map_key(&p->queries, rows->query, &bytes);
    struct text query = {name + sizeof rows->ef, bytes - sizeof rows->ef};
    return err_set(err, ERR_DATA, "%s: query \"%.*s\" (ef %u) is missing, which other shards have", run_name(runs[run]),
                   IDENTITY_ARG(query), rows->ef);
}

static int fuse_query(struct fusing *f, struct run *const *runs, const struct runpool_row *rows, size_t n_rows,
                      fuse_write_fn *write, void *ctx, struct fuse_counts *counts, struct err *err)
{
    size_t n = 0;
    double absent = 0;
    int rc = 0;
    if (f->o->method == FUSE_MERGE && n_rows < f->pool->n_runs && !f->o->allow_missing)
        return check_missing(f->pool, runs, rows, n_rows, err);
    for (size_t i = 0; i < n_rows; i++) {
        TRY(mem_reserve(&f->all, &f->cap_all, n + rows[i].n, sizeof *f->all, err));
        take_row(f, &rows[i], f->all + n, &absent);
        n += rows[i].n;
    }
    if (n > 0)
        qsort(f->all, n, sizeof *f->all, compare_documents);
    n = combine(f, n, absent, counts);
    if (n > 0)
        qsort(f->all, n, sizeof *f->all, compare_results);
    counts->n_queries++;
    counts->n_missing += f->pool->n_runs - n_rows;
    TRY(put_row(f, rows, n_rows, n, write, ctx, err));
out:
    return rc;
}

int fuse_run(const struct runpool *p, struct run *const *runs, const struct fuse_options *o, fuse_write_fn *write, void *ctx,
             struct fuse_counts *counts, struct err *err)
{
    struct fusing f = {.pool = p, .o = o};
    int rc = 0;
    for (size_t i = 0, end; i < p->n_rows; i = end) {
        for (end = i + 1; end < p->n_rows && p->rows[end].query == p->rows[i].query; end++)
            ;
        TRY(fuse_query(&f, runs, &p->rows[i], end - i, write, ctx, counts, err));
    }
out:
    mem_free(f.all);
    mem_free(f.nn);
    mem_free(f.dist);
    mem_free(f.keys);
    return rc;
}
