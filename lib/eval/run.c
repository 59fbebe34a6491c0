#define _GNU_SOURCE   /* qsort_r */
#include "eval/run.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/trecrun.h"
#include "fmt/foreign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct input *in;
    struct neighbours_reader *stream;   /* or */
    struct trecrun trec;
    size_t at;                          /* its next query */
    struct run_shape shape;
    struct run_options options;
    struct neighbours_row row;          /* what run_next hands out, where it is not the stream's own */
    uint64_t *nn;                       /* its lists */
    float *dist;
    struct text *nnkeys;
    size_t cap_nn, cap_dist, cap_nnkeys;
    uint32_t *seen;                     /* hash set of the row's neighbours, number + 1 */
    size_t n_seen;
    uint32_t *order;                    /* places of the row, as they are handed out */
    size_t cap_order;
};

/* ---- open ---- */

static int open_stream(struct run *r, struct err *err)
{
    struct input *in = r->in;
    int rc = neighbours_reader_open(&r->stream, in, err);
    if (rc) {
        r->in = NULL;   /* taken over */
        return rc;
    }
    const struct neighbours_options *o = neighbours_reader_options(r->stream);
    r->shape = (struct run_shape){
        .queries.has_key = o->has_key, .documents.has_key = o->has_nnkey, .has_trace = true, .has_time = o->has_time,
        .has_dist = !o->lacks_dist && !o->lacks_metric, .metric = o->metric, .k = o->k,
    };
    return 0;
}

static int open_trec(struct run *r, struct err *err)
{
    enum trecrun_ties ties = r->options.ties == RUN_TIES_INPUT ? TRECRUN_TIES_INPUT : TRECRUN_TIES_DOCID;
    const unsigned char *p;
    size_t got;
    int rc = input_peek(r->in, 4096, &p, &got, err);
    if (rc == 0 && (got == 0 || memchr(p, '\0', got))) {
        foreign_error(r->in, "a stream of neighbours or a TREC run", err);
        return err_prefix(err, "%s: ", run_name(r));
    }
    if (rc == 0)
        rc = trecrun_read(&r->trec, r->in, ties, err);
    r->shape = (struct run_shape){.queries = {true, true}, .documents = {true, true}, .k = r->trec.longest};
    return rc;
}

int run_open(struct run **out, struct input *in, struct run_options o, struct err *err)
{
    bool is_stream;
    int rc;
    struct run *r = *out = MEM_NEW(struct run, err);
    if (!r) {
        input_close(in);
        return ERR_NOMEM;
    }
    r->in = in;
    r->options = o;
    TRY(stream_sniff(r->in, &is_stream, err));
    TRY(is_stream ? open_stream(r, err) : open_trec(r, err));
    r->shape.k -= o.drop_self && r->shape.k > 1;
    return 0;
out:
    *out = NULL;
    run_close(r);
    return rc;
}

void run_close(struct run *r)
{
    if (!r)
        return;
    if (r->stream)
        neighbours_reader_close(r->stream);
    else if (r->in)
        input_close(r->in);
    trecrun_done(&r->trec);
    mem_free(r->nn);
    mem_free(r->dist);
    mem_free(r->nnkeys);
    mem_free(r->seen);
    mem_free(r->order);
    mem_free(r);
}

const struct run_shape *run_shape(const struct run *r) { return &r->shape; }
const char *run_name(const struct run *r) { return input_name(r->in); }

const struct header *run_header(const struct run *r)
{
    return r->stream ? neighbours_reader_header(r->stream) : NULL;
}

size_t run_n_comments(const struct run *r) { return r->trec.n_comments; }

double run_stat(const struct run *r, const char *key, uint32_t ef)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%u", key, ef);
    const char *value = r->stream ? neighbours_reader_stat(r->stream, name) : NULL;
    double x;
    return value && num_parse_f64(value, strlen(value), &x) ? x : 0;
}

/* ---- rows ---- */

static int reserve_lists(struct run *r, size_t n, struct err *err)
{
    int rc;
    TRY(mem_reserve(&r->nn, &r->cap_nn, n, sizeof *r->nn, err));
    TRY(mem_reserve(&r->dist, &r->cap_dist, n, sizeof *r->dist, err));
    TRY(mem_reserve(&r->nnkeys, &r->cap_nnkeys, n, sizeof *r->nnkeys, err));
out:
    return rc;
}

static int next_trec(struct run *r, struct err *err)
{
    const struct trecrun_line *l = r->trec.lines + r->trec.starts[r->at];
    size_t n = r->trec.starts[r->at + 1] - r->trec.starts[r->at];
    int rc = reserve_lists(r, n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        r->nn[i] = 0;
        r->dist[i] = (float)-l[i].score;
        r->nnkeys[i] = (struct text){r->trec.pool.p + l[i].document, l[i].document_bytes};
    }
    r->row = (struct neighbours_row){.id = r->at, .n = n, .nn = r->nn, .dist = r->dist, .nnkeys = r->nnkeys};
    r->row.key.p = map_key(&r->trec.queries, r->at++, &r->row.key.n);
    return 0;
}

/* The query itself, by key where both have keys. */
static bool is_self(const struct neighbours_row *row, size_t i)
{
    if (row->key.p && row->nnkeys)
        return row->key.n == row->nnkeys[i].n && memcmp(row->key.p, row->nnkeys[i].p, row->key.n) == 0;
    return row->id == row->nn[i];
}

static int compare_docids(const void *a, const void *b, void *ctx)
{
    const struct neighbours_row *row = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (row->dist[i] != row->dist[j])
        return row->dist[i] < row->dist[j] ? -1 : 1;
    char buf_i[IDENTITY_DECIMAL], buf_j[IDENTITY_DECIMAL];
    struct text x = run_document(row, i, row->nnkeys != NULL, buf_i), y = run_document(row, j, row->nnkeys != NULL, buf_j);
    int c = memcmp(y.p, x.p, num_min_size(x.n, y.n));
    return c ? c : (x.n < y.n) - (x.n > y.n);
}

/* Copy the row into our own lists, without itself, in the order of document ids where distances are equal.  Where there are
 * no distances, ranks stand for them. */
static int edit_row(struct run *r, const struct neighbours_row *row, struct err *err)
{
    struct neighbours_row edited = *row;
    int rc = mem_reserve(&r->order, &r->cap_order, row->n, sizeof *r->order, err);
    if (rc == 0)
        rc = reserve_lists(r, row->n, err);
    if (rc)
        return rc;
    for (size_t i = 0; !row->dist && i < row->n; i++)
        r->dist[i] = (float)i;
    edited.dist = row->dist ? row->dist : r->dist;
    edited.n = 0;
    for (size_t i = 0; i < row->n; i++)
        if (!r->options.drop_self || !is_self(row, i))
            r->order[edited.n++] = (uint32_t)i;
    if (r->stream && r->options.ties == RUN_TIES_DOCID)
        qsort_r(r->order, edited.n, sizeof *r->order, compare_docids, &edited);
    for (size_t i = 0; i < edited.n; i++) {   /* a TREC row lies in these lists already, in rising order */
        r->nn[i] = row->nn[r->order[i]];
        r->dist[i] = edited.dist[r->order[i]];
        if (row->nnkeys)
            r->nnkeys[i] = row->nnkeys[r->order[i]];
    }
    edited.nn = r->nn;
    edited.dist = r->dist;
    edited.nnkeys = row->nnkeys ? r->nnkeys : NULL;
    r->row = edited;
    return 0;
}

static int check_duplicates(struct run *r, const struct neighbours_row *row, struct err *err)
{
    size_t want = 16;
    while (want < 2 * row->n)
        want *= 2;
    if (want > r->n_seen) {
        mem_free(r->seen);
        r->n_seen = 0;
        if (!(r->seen = MEM_ARRAY(uint32_t, want, err)))
            return ERR_NOMEM;
        r->n_seen = want;
    }
    memset(r->seen, 0, want * sizeof *r->seen);
    for (size_t i = 0; i < row->n; i++) {
        char buf[IDENTITY_DECIMAL], other_buf[IDENTITY_DECIMAL];
        struct text t = run_document(row, i, row->nnkeys != NULL, buf);
        size_t s = identity_hash(t) & (want - 1);
        for (; r->seen[s]; s = (s + 1) & (want - 1)) {
            struct text other = run_document(row, r->seen[s] - 1, row->nnkeys != NULL, other_buf);
            if (other.n == t.n && memcmp(other.p, t.p, t.n) == 0) {
                struct text q = identity_text(row->key.p != NULL, row->id, row->key, other_buf);
                return err_set(err, ERR_DATA, "%s: query \"%.*s\": document \"%.*s\" comes twice", run_name(r), IDENTITY_ARG(q),
                               IDENTITY_ARG(t));
            }
        }
        r->seen[s] = (uint32_t)i + 1;
    }
    return 0;
}

int run_next(struct run *r, const struct neighbours_row **row, struct err *err)
{
    int rc = 0;
    *row = NULL;
    if (r->stream)
        TRY(neighbours_reader_next(r->stream, row, err));
    else if (r->at < r->trec.queries.n) {
        TRY(next_trec(r, err));
        *row = &r->row;
    }
    if (!*row)
        return 0;
    TRY(check_duplicates(r, *row, err));
    if (r->options.drop_self || !(*row)->dist || (r->stream && r->options.ties == RUN_TIES_DOCID)) {
        TRY(edit_row(r, *row, err));
        *row = &r->row;
    }
out:
    return rc;
}
