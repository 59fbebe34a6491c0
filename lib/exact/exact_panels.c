#include "exact/exact_panels.h"

#include "base/mem.h"
#include "base/num.h"
#include "fmt/vecselect.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    LEAST_ROWS = 1024,            /* of a panel */
    PANEL_BYTES = 1 << 30,        /* of it at most: more gains nothing, and all is taken before it is known to be needed */
    COUNT_ROWS = 4096             /* read at once where rows are only passed over */
};

/* One answer: key's bytes lie in the pool, and those of a row just found in its panel. */
struct answer {
    uint64_t id;
    struct text key;
    float dist;
};

struct exact_panels {
    struct vector_set queries;
    size_t k;
    uint64_t rows, wall_ns;
    struct answer *answers;       /* (queries, k), of each the first n_held */
    size_t n_held;
    char *pool;
};

static int count_rows(const char *path, uint64_t *n, struct err *err)
{
    int rc = 0;
    struct vector_reader *r = NULL;
    struct vector_batch b = {0};
    if (strcmp(path, "-") == 0)
        return err_set(err, ERR_USAGE, "--shard: the base is stdin, whose length is not known; cut it by vec-convert --shard");
    TRY(vector_reader_open(&r, path, err));
    for (*n = 0;; *n += b.n) {
        TRY(vector_reader_next(r, COUNT_ROWS, &b, err));
        if (b.n == 0)
            break;
    }
out:
    vector_batch_done(&b);
    vector_reader_close(r);
    return rc;
}

/* ---- merging ---- */

static bool answer_before(const struct answer *a, const struct answer *b)
{
    return a->dist < b->dist || (a->dist == b->dist && a->id < b->id);
}

/* What the panel has for a query (n_found, sorted) into its answers; merged: (k).  Of equal ones the earlier row stays first. */
static void merge_query(struct exact_panels *p, size_t query, const struct vector_batch *b, const struct neighbour *found,
                        size_t n_found, size_t n_merged, struct answer *merged)
{
    struct answer *held = p->answers + query * p->k;
    size_t i = 0, j = 0;
    for (size_t at = 0; at < n_merged; at++) {
        struct answer next = {0};
        if (j < n_found) {
            next = (struct answer){.id = b->ids[found[j].id], .dist = found[j].dist};
            if (b->keys)
                next.key = b->keys[found[j].id];
        }
        bool take_held = i < p->n_held && (j == n_found || !answer_before(&next, &held[i]));
        merged[at] = take_held ? held[i++] : next;
        j += !take_held;
    }
    memcpy(held, merged, n_merged * sizeof *held);
}

/* The keys of all answers into a pool of their own, so that the panel can go. */
static int keep_keys(struct exact_panels *p, struct err *err)
{
    size_t bytes = 0, at = 0;
    for (size_t q = 0; q < p->queries.n; q++)
        for (size_t i = 0; i < p->n_held; i++)
            bytes += p->answers[q * p->k + i].key.n;
    char *pool = MEM_ARRAY(char, bytes, err);
    if (!pool)
        return ERR_NOMEM;
    for (size_t q = 0; q < p->queries.n; q++)
        for (size_t i = 0; i < p->n_held; i++) {
            struct text *key = &p->answers[q * p->k + i].key;
            if (key->n > 0)
                memcpy(pool + at, key->p, key->n);
            key->p = pool + at;
            at += key->n;
        }
    mem_free(p->pool);
    p->pool = pool;
    return 0;
}

/* ---- panels ---- */

static int search_panel(struct exact_panels *p, const struct vector_batch *b, const struct exact_truth_options *o,
                        struct err *err)
{
    int rc = 0;
    struct exact *e = NULL;
    struct answer *merged = NULL;
    size_t k = num_min_size(p->k, b->n), n_merged = num_min_size(p->k, p->n_held + k);
    size_t batch;
    struct neighbour *found = NULL;
    uint64_t start = clock_ns();
    TRY_NEW(merged, MEM_ARRAY(struct answer, p->k, err));
    TRY(exact_new(&e, b->x, b->n, b->dim, b->stride, b->ids, o->metric, err));
    exact_use(e, o->pass);
    batch = exact_truth_batch(e, p->queries.stride, k);
    TRY_NEW(found, mem_alloc(batch, k * sizeof *found, err));
    for (size_t q = 0; q < p->queries.n; q += batch) {
        size_t n = num_min_size(batch, p->queries.n - q);
        TRY(exact_search(e, p->queries.x + q * p->queries.stride, n, p->queries.stride, k, o->n_threads, found, err));
        for (size_t i = 0; i < n; i++)
            merge_query(p, q + i, b, found + i * k, k, n_merged, merged);
    }
    p->n_held = n_merged;
    if (b->keys)
        TRY(keep_keys(p, err));
    p->rows += b->n;
    p->wall_ns += clock_ns() - start;
    if (o->progress)
        o->progress(p->rows);
out:
    exact_free(e);
    mem_free(merged);
    mem_free(found);
    return rc;
}

/* Rows of a panel in half of the memory: themselves, and what exact_new and exact_search keep of each. */
static size_t panel_rows(const struct vector_reader *base, uint64_t max_memory)
{
    enum { BESIDE = 64 };
    uint64_t row_bytes = num_round_up(vector_reader_dim(base), 16) * sizeof(float) + BESIDE;
    uint64_t bytes = max_memory > 0 && max_memory / 2 < PANEL_BYTES ? max_memory / 2 : PANEL_BYTES;
    return (size_t)(bytes / row_bytes < LEAST_ROWS ? LEAST_ROWS : bytes / row_bytes);
}

static int search_all(struct exact_panels *p, struct vector_reader *base, const struct exact_truth_options *o, uint64_t total,
                      const struct exact_panels_options *panels, struct err *err)
{
    int rc = 0;
    struct vector_batch b = {0};
    struct vecselect select;
    size_t most = panel_rows(base, panels->max_memory);
    TRY(vecselect_init(&select, &panels->rows, total, err));
    for (uint64_t row = 0; row < select.end; row += b.n) {
        bool before = row < select.first;
        uint64_t left = before ? num_min_size(select.first - row, COUNT_ROWS) : select.end - row;
        TRY(vector_reader_next(base, (size_t)(left < most ? left : most), &b, err));
        if (b.n == 0)
            break;
        if (!before)
            TRY(search_panel(p, &b, o, err));
    }
out:
    vector_batch_done(&b);
    return rc;
}

int exact_panels_search(struct exact_panels **out, struct vector_reader *base, struct vector_reader *queries,
                        const struct exact_truth_options *o, const struct exact_panels_options *panels, struct err *err)
{
    int rc = 0;
    uint64_t total = UINT64_MAX, limit = panels->max_memory > 1 ? panels->max_memory / 2 : panels->max_memory;
    struct exact_panels *p = *out = NULL;
    TRY_NEW(p, MEM_NEW(struct exact_panels, err));
    *out = p;
    p->k = o->k;
    if (vecselect_needs_total(&panels->rows))
        TRY(count_rows(panels->base_path, &total, err));
    TRY(vector_set_read(&p->queries, queries, limit, err));
    uint64_t need = (uint64_t)p->queries.n * (p->queries.stride * sizeof(float) + o->k * sizeof *p->answers);
    if (limit > 0 && need > limit) {
        char needs[NUM_SIZE_TEXT], left[NUM_SIZE_TEXT];
        TRY(err_set(err, ERR_NOMEM, "%zu queries and %zu answers of each need about %s; --max-memory leaves %s for them",
                    p->queries.n, o->k, num_format_bytes(needs, need), num_format_bytes(left, limit)));
    }
    TRY_NEW(p->answers, mem_alloc(p->queries.n, o->k * sizeof *p->answers, err));
    TRY(search_all(p, base, o, total, panels, err));
out:
    return rc;
}

uint64_t exact_panels_rows(const struct exact_panels *p)
{
    return p->rows;
}

int exact_panels_write(struct stream_writer *w, const struct exact_panels *p, const struct exact_truth_base *base,
                       const struct exact_truth_options *o, struct err *err)
{
    int rc = 0;
    struct exact_truth_rows rows;
    rc = exact_truth_rows_init(&rows, w, p->queries.keys != NULL, base, o, err);
    for (size_t q = 0; rc == 0 && q < p->queries.n; q++) {
        for (size_t i = 0; i < p->k; i++) {
            const struct answer *a = &p->answers[q * p->k + i];
            exact_truth_rows_put(&rows, i, a->id, a->dist, a->key);
        }
        rc = exact_truth_rows_write(&rows, p->queries.ids[q], p->queries.keys ? &p->queries.keys[q] : NULL, err);
    }
    if (rc == 0 && o->time)
        rc = exact_truth_stats(w, p->wall_ns, o->n_threads, err);
    exact_truth_rows_done(&rows);
    return rc;
}

void exact_panels_free(struct exact_panels *p)
{
    if (!p)
        return;
    vector_set_done(&p->queries);
    mem_free(p->answers);
    mem_free(p->pool);
    mem_free(p);
}
