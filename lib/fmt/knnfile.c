/* k-NN ground truth as big-ann and DiskANN keep it: u32 queries, u32 k, then queries x k ids of 32 bits, then (often)
 * queries x k distances f32.  The size tells: 8 + 4*n*k or 8 + 8*n*k.  The ids of all queries come before the first distance, so
 * both are held in memory.  Distances of ip and cosine that fall along the first row that shows it are similarities: they are
 * turned into our distances. */
#include "fmt/vecfile.h"

#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/vecbody.h"
#include "fmt/vecmatrix.h"
#include "fmt/vecsniff.h"
#include "vec/metric.h"

#include <string.h>

enum { KNNFILE_HEADER = 8, KNNFILE_GROWTH = 1 << 20 };

static enum vecfile_fit knnfile_sniff(const struct vecfile_format *f, struct vecfile_probe *p)
{
    (void)f;
    if (p->n_head < KNNFILE_HEADER)
        return VECFILE_NO;
    uint64_t n = bytes_get_u32(p->head), k = bytes_get_u32(p->head + 4);
    p->dim = 0;
    if (k < 1 || k > HEADER_MAX_SHAPE)
        return VECFILE_NO;
    if (p->size == VECFILE_UNKNOWN)
        return VECFILE_WEAK;
    if (p->size == KNNFILE_HEADER + 4 * n * k)
        return VECFILE_WEAK;          /* an ibin file, which is read as the same */
    if (p->size != KNNFILE_HEADER + 8 * n * k)
        return VECFILE_NO;
    size_t seen = num_min_size((p->n_head - KNNFILE_HEADER) / 4, (size_t)k);
    return vecsniff_looks_integer(p->head + KNNFILE_HEADER, seen) ? VECFILE_FITS : VECFILE_WEAK;
}

struct knnfile {
    struct vecmatrix m;
    unsigned char *ids, *dists;   /* (n, k) each */
};

/* n bytes into memory that grows with what arrives.  *got < n at the end of the input. */
static int read_part(struct vecfile_reader *r, unsigned char **p, uint64_t n, uint64_t *got, struct err *err)
{
    size_t cap = 0, part;
    *got = 0;
    while (*got < n) {
        size_t want = (size_t)num_min_size(n - *got, num_max_size(*got, KNNFILE_GROWTH));
        int rc = mem_reserve(p, &cap, *got + want, 1, err);
        if (rc == 0)
            rc = input_read(r->in, *p + *got, want, &part, err);
        if (rc)
            return rc;
        *got += part;
        if (part < want)
            break;
    }
    return 0;
}

static int size_error(struct vecfile_reader *r, uint64_t n, uint64_t k, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "%s: not k-NN ground truth: its header says %llu queries with %llu neighbours, which take %llu bytes, "
                   "or %llu with distances, and the file has others", input_name(r->in), (unsigned long long)n,
                   (unsigned long long)k, (unsigned long long)(KNNFILE_HEADER + 4 * n * k),
                   (unsigned long long)(KNNFILE_HEADER + 8 * n * k));
}

static int read_parts(struct vecfile_reader *r, struct knnfile *f, uint64_t n, uint64_t k, struct err *err)
{
    const unsigned char *p;
    size_t more;
    uint64_t bytes = 4 * n * k, got, left = input_left(r->in);
    int rc = 0;
    if (left != VECFILE_UNKNOWN && left != bytes && left != 2 * bytes)
        return size_error(r, n, k, err);
    TRY(read_part(r, &f->ids, bytes, &got, err));
    if (got < bytes)
        return size_error(r, n, k, err);
    TRY(input_peek(r->in, 1, &p, &more, err));
    if (more == 0)
        return 0;
    TRY(read_part(r, &f->dists, bytes, &got, err));
    if (got < bytes)
        return size_error(r, n, k, err);
    TRY(vecmatrix_expect_end(r, err));
out:
    return rc;
}

/* Our distances out of what the file has; see the head of this file. */
static int settle_distances(struct vecfile_reader *r, struct knnfile *f, uint64_t n, size_t k, struct err *err)
{
    if (r->options.metric < 0)
        return err_set(err, ERR_USAGE, "%s: it has distances, but does not say which: give --metric l2, ip or cosine",
                       input_name(r->in));
    float *d = (float *)(void *)f->dists;
    bool falling = false, rising = false;
    for (uint64_t row = 0; row < n && !falling && !rising; row++) {
        falling = d[row * k] > d[row * k + k - 1];
        rising = d[row * k] < d[row * k + k - 1];
    }
    if (falling && r->options.metric == METRIC_L2)
        return err_set(err, ERR_DATA, "%s: distances that fall along a row, but those of l2 rise", input_name(r->in));
    for (uint64_t i = 0; falling && i < n * k; i++)
        d[i] = r->options.metric == METRIC_IP ? -d[i] : 1 - d[i];
    return 0;
}

static int knnfile_open(struct vecfile_reader *r, struct err *err)
{
    unsigned char head[KNNFILE_HEADER];
    size_t got;
    int rc = 0;
    struct knnfile *f;
    TRY(input_read(r->in, head, sizeof head, &got, err));
    if (got < sizeof head)
        return err_set(err, ERR_TRUNCATED, "%s: %zu bytes, expected %d of a header", input_name(r->in), got, KNNFILE_HEADER);
    uint64_t n = bytes_get_u32(head), k = bytes_get_u32(head + 4);
    if (k < 1 || k > HEADER_MAX_SHAPE)
        return err_set(err, ERR_DATA, "%s: not k-NN ground truth: %llu neighbours a query, expected 1 to %d", input_name(r->in),
                       (unsigned long long)k, HEADER_MAX_SHAPE);
    TRY_NEW(f, MEM_NEW(struct knnfile, err));
    r->own = f;
    r->n_rows = n;
    TRY(read_parts(r, f, n, k, err));
    if (f->dists)
        TRY(settle_distances(r, f, n, (size_t)k, err));
    TRY(vecmatrix_init(&f->m, r, COLUMN_U32, k, true, f->dists != NULL, err));
out:
    return rc;
}

static int knnfile_next(struct vecfile_reader *r, struct block *b, struct err *err)
{
    struct knnfile *f = r->own;
    struct vecmatrix *m = &f->m;
    size_t n = (size_t)(r->n_rows - r->row < m->rows ? r->n_rows - r->row : m->rows);
    *b = (struct block){.first_row = r->row};
    if (n == 0)
        return 0;
    memcpy(m->values, f->ids + r->row * m->row_bytes, n * m->row_bytes);
    if (m->has_dist)
        memcpy(m->dist, f->dists + r->row * m->row_bytes, n * m->row_bytes);
    return vecmatrix_block(m, r, n, b, err);
}

static void knnfile_close(struct vecfile_reader *r)
{
    struct knnfile *f = r->own;
    mem_free(f->ids);
    mem_free(f->dists);
    vecmatrix_done(&f->m);
    mem_free(f);
}

/* ---- writing ---- */

struct knnfile_writer {
    struct vecbody body;          /* first: w->own is a struct vecbody to vecbody.c */
    int dist;                     /* its column, -1: none */
    float *dists;
    size_t n, cap;
};

static int knnfile_start(struct vecfile_writer *w, struct err *err)
{
    if (strcmp(w->header->kind, "neighbours") != 0)
        return err_set(err, ERR_DATA, "%s, but k-NN ground truth holds neighbours", w->header->kind);
    struct knnfile_writer *k = MEM_NEW(struct knnfile_writer, err);
    if (!k)
        return ERR_NOMEM;
    w->own = k;
    k->dist = header_column(w->header, "dist");
    return vecsource_init(&k->body.source, w, COLUMN_I32, err);
}

static int knnfile_rows(struct vecfile_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    struct knnfile_writer *k = w->own;
    int rc = vecbody_rows(w, b, first, n, err);
    if (rc || k->dist < 0)
        return rc;
    const struct column_view *v = &b->columns[k->dist];
    size_t from = v->offsets[first], more = v->offsets[first + n] - from;
    if ((rc = mem_reserve(&k->dists, &k->cap, k->n + more, sizeof *k->dists, err)) != 0)
        return rc;
    memcpy(k->dists + k->n, (const float *)v->values + from, more * sizeof *k->dists);
    k->n += more;
    return 0;
}

static int knnfile_end(struct vecfile_writer *w, struct err *err)
{
    struct knnfile_writer *k = w->own;
    if (k->dist >= 0 && k->n != w->row * k->body.source.dim)
        return err_set(err, ERR_DATA, "%zu distances for %llu neighbours", k->n,
                       (unsigned long long)(w->row * k->body.source.dim));
    if (k->n > 0) {
        int rc = vecbody_append(w, k->dists, k->n * sizeof *k->dists, err);
        if (rc)
            return rc;
    }
    return vecbody_end(w, err);
}

static void knnfile_drop(struct vecfile_writer *w)
{
    struct knnfile_writer *k = w->own;
    mem_free(k->dists);
    vecbody_drop(w);
}

const struct vecfile_format vecfile_knn = {
    .name = "knn", .extensions = " ibin ", .what = "k-NN ground truth",
    .layout = "k-NN ground truth: u32 queries, u32 k, the ids u32, perhaps the distances f32", .type = COLUMN_I32,
    .sniff = knnfile_sniff, .open = knnfile_open, .next = knnfile_next, .close = knnfile_close,
    .start = knnfile_start, .rows = knnfile_rows, .end = knnfile_end, .drop = knnfile_drop, .head = vecfile_count_head
};
