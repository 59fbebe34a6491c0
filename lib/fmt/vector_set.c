/* All vectors of a stream in memory: the base of a search, the input of a builder. */
#include "base/map.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/vectors.h"

#include <stdio.h>
#include <string.h>

enum { BATCH_BYTES = 4 << 20 };

struct growth {                    /* capacities of the set while it grows */
    size_t rows, pool, pool_n;
    size_t *key_at;
};

static size_t row_bytes(const struct vector_set *s)
{
    return s->stride * sizeof(float) + sizeof(uint64_t) + (s->keys ? sizeof(struct text) + sizeof(size_t) : 0);
}

/* Would `rows` rows or more, of which this many bytes of keys are known, pass the limit?  Say so with an estimate. */
static int check_memory(const struct vector_set *s, uint64_t rows, uint64_t pool, uint64_t limit, struct err *err)
{
    uint64_t need = rows * row_bytes(s) + pool;
    if (limit == 0 || need <= limit)
        return 0;
    char needs[NUM_SIZE_TEXT], allowed[NUM_SIZE_TEXT];
    return err_set(err, ERR_NOMEM, "%llu or more vectors of dimension %zu need about %s; --max-memory leaves %s for them",
                   (unsigned long long)rows, s->dim, num_format_bytes(needs, need), num_format_bytes(allowed, limit));
}

/* Rows that a plain file holds at least and, unless its blocks are compressed, at most, by its size; 0 where it is not known. */
static void expected_rows(struct vector_reader *r, uint64_t *least, uint64_t *most)
{
    const struct header *h = vector_reader_header(r);
    const struct column *vec = &h->columns[header_column(h, "vec")];
    uint64_t left = input_left(vector_reader_input(r)), row = vec->shape * column_type_bytes(vec->type) + sizeof(uint64_t);
    bool keys = vector_reader_has_keys(r);
    *least = *most = 0;
    if (left == UINT64_MAX)
        return;
    uint64_t blocks = left / (1 << 20) + 2, overhead = blocks * 256 + 4096;
    if (!keys)
        *least = left > overhead ? (left - overhead) / row : 0;
    if (!keys || row >= 256)       /* of short rows most may be keys */
        *most = left / row + 1;
}

/* The slab grows by half: a copy now and then, and never more than 2.5 times the set at once. */
static int grow_rows(struct vector_set *s, struct growth *g, size_t rows, bool keys, struct err *err)
{
    size_t floats;
    if (rows <= g->rows)
        return 0;
    rows = num_max_size(rows, g->rows + g->rows / 2);
    if (!num_mul_size(rows, s->stride, &floats))
        return err_set(err, ERR_NOMEM, "out of memory: %zu vectors of dimension %zu", rows, s->dim);
    float *x = MEM_SLAB(float, floats, err);
    if (!x)
        return ERR_NOMEM;
    if (s->n)
        memcpy(x, s->x, s->n * s->stride * sizeof *x);
    mem_free(s->x);
    s->x = x;
    uint64_t *ids = mem_resize(s->ids, rows, sizeof *ids, err);
    if (!ids)
        return ERR_NOMEM;
    s->ids = ids;
    if (keys) {
        struct text *k = mem_resize(s->keys, rows, sizeof *k, err);
        if (!k)
            return ERR_NOMEM;
        s->keys = k;
        size_t *at = mem_resize(g->key_at, rows, sizeof *at, err);
        if (!at)
            return ERR_NOMEM;
        g->key_at = at;
    }
    g->rows = rows;
    return 0;
}

static uint64_t key_bytes(const struct vector_batch *b)
{
    uint64_t bytes = 0;
    for (size_t i = 0; b->keys && i < b->n; i++)
        bytes += b->keys[i].n;
    return bytes;
}

static int append(struct vector_set *s, struct growth *g, const struct vector_batch *b, struct err *err)
{
    int rc = grow_rows(s, g, s->n + b->n, b->keys != NULL, err);
    if (rc)
        return rc;
    memcpy(s->x + s->n * s->stride, b->x, b->n * b->stride * sizeof *s->x);
    memcpy(s->ids + s->n, b->ids, b->n * sizeof *s->ids);
    for (size_t i = 0; b->keys && i < b->n; i++) {
        if ((rc = mem_reserve(&s->key_pool, &g->pool, g->pool_n + b->keys[i].n, 1, err)) != 0)
            return rc;
        memcpy(s->key_pool + g->pool_n, b->keys[i].p, b->keys[i].n);
        g->key_at[s->n + i] = g->pool_n;
        s->keys[s->n + i].n = b->keys[i].n;
        g->pool_n += b->keys[i].n;
    }
    s->n += b->n;
    return 0;
}

static int check_identities(const struct vector_set *s, struct err *err)
{
    struct map seen = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->n; i++) {
        bool found;
        uint64_t *first;
        if (s->keys) {
            rc = map_add(&seen, s->keys[i].p, s->keys[i].n, i, &found, &first, err);
            if (rc == 0 && found)
                rc = err_set(err, ERR_DATA, "rows %llu and %zu have the same key \"%.*s\"", (unsigned long long)*first, i,
                             (int)num_min_size(s->keys[i].n, 80), s->keys[i].p);
        } else {
            rc = map_add(&seen, &s->ids[i], sizeof s->ids[i], i, &found, &first, err);
            if (rc == 0 && found)
                rc = err_set(err, ERR_DATA, "rows %llu and %zu have the same id %llu", (unsigned long long)*first, i,
                             (unsigned long long)s->ids[i]);
        }
    }
    map_done(&seen);
    return rc;
}

int vector_set_read(struct vector_set *s, struct vector_reader *r, uint64_t max_memory, struct err *err)
{
    struct vector_batch b = {0};
    struct growth g = {0};
    int rc = 0;
    *s = (struct vector_set){.dim = vector_reader_dim(r), .stride = num_round_up(vector_reader_dim(r), 16)};
    uint64_t least, most;
    size_t want = num_max_size(1, BATCH_BYTES / (s->stride * sizeof(float)));
    TRY(header_copy(&s->header, vector_reader_header(r), err));
    expected_rows(r, &least, &most);
    TRY(check_memory(s, least, 0, max_memory, err));
    TRY(grow_rows(s, &g, num_max_size((size_t)most, want), vector_reader_has_keys(r), err));
    for (;;) {
        TRY(vector_reader_next(r, want, &b, err));
        if (b.n == 0)
            break;
        TRY(check_memory(s, s->n + b.n, g.pool_n + key_bytes(&b), max_memory, err));
        TRY(append(s, &g, &b, err));
    }
    for (size_t i = 0; s->keys && i < s->n; i++)
        s->keys[i].p = s->key_pool ? s->key_pool + g.key_at[i] : "";
    rc = check_identities(s, err);
    if (rc)
        err_prefix(err, "%s: ", input_name(vector_reader_input(r)));
out:
    vector_batch_done(&b);
    mem_free(g.key_at);
    if (rc)
        vector_set_done(s);
    return rc;
}

/* Keys lie end to end in the order of the rows. */
static int permute_keys(struct vector_set *s, const uint32_t *order, struct err *err)
{
    int rc = 0;
    size_t bytes = 0, at = 0;
    struct text *keys = NULL;
    char *pool = NULL;
    for (size_t i = 0; i < s->n; i++)
        bytes += s->keys[i].n;
    TRY_NEW(keys, MEM_ARRAY(struct text, s->n, err));
    TRY_NEW(pool, MEM_ARRAY(char, bytes, err));
    for (size_t i = 0; i < s->n; i++) {
        const struct text *key = &s->keys[order[i]];
        memcpy(pool + at, key->p, key->n);
        keys[i] = (struct text){pool + at, key->n};
        at += key->n;
    }
    mem_free(s->keys);
    mem_free(s->key_pool);
    s->keys = keys;
    s->key_pool = pool;
    keys = NULL;
    pool = NULL;
out:
    mem_free(keys);
    mem_free(pool);
    return rc;
}

int vector_set_permute(struct vector_set *s, const uint32_t *order, struct err *err)
{
    int rc = 0;
    size_t row = s->stride * sizeof *s->x;
    float *first = NULL;
    bool *done = NULL;
    TRY_NEW(first, mem_alloc(1, row, err));
    TRY_NEW(done, MEM_ZARRAY(bool, s->n, err));
    if (s->keys)
        TRY(permute_keys(s, order, err));
    for (size_t start = 0; start < s->n; start++) {   /* cycle by cycle */
        if (done[start])
            continue;
        size_t at = start;
        uint64_t id = s->ids[start];
        memcpy(first, s->x + start * s->stride, row);
        for (; order[at] != start; at = order[at]) {
            memcpy(s->x + at * s->stride, s->x + order[at] * s->stride, row);
            s->ids[at] = s->ids[order[at]];
            done[at] = true;
        }
        memcpy(s->x + at * s->stride, first, row);
        s->ids[at] = id;
        done[at] = true;
    }
out:
    mem_free(first);
    mem_free(done);
    return rc;
}

void vector_set_done(struct vector_set *s)
{
    mem_free(s->x);
    mem_free(s->ids);
    mem_free(s->keys);
    mem_free(s->key_pool);
    header_done(&s->header);
    *s = (struct vector_set){0};
}
