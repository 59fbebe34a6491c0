#include "graph/beam.h"
#include "base/mem.h"
#include "base/num.h"
#include "vec/prefetch.h"

#include <stdlib.h>

/* Longer vectors are fetched on by the processor itself once it sees them read: asking for all 49 lines at dim 784 was 8 % slower
 * than for 4 or 8, and at dim 128 all 8 are worth 15 % over 2. */
enum { AHEAD = 4, MAX_LINES = 8 };

static int key_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void beam_sort(uint64_t *keys, size_t n)
{
    size_t moves = 0;
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
        moves += i - j;
        if (moves > 16 * n) {
            qsort(keys, n, sizeof *keys, key_compare);
            return;
        }
    }
}

int beam_init(struct beam *b, const struct graph *g, const struct codes *codes, size_t max_ef, struct err *err)
{
    int rc = 0;
    size_t slots = num_max_size(g->slots0, g->slots);
    *b = (struct beam){.max_ef = max_ef, .distance = distance_make(g->metric, g->dim), .codes = codes};
    b->n_words = g->n / 64 + 1;
    b->max_journal = g->n / 64 + 2 * slots + max_ef;
    b->lines = num_min_size((g->dim * sizeof(float) + PREFETCH_LINE - 1) / PREFETCH_LINE, MAX_LINES);
    TRY_NEW(b->dist, MEM_SLAB(float, slots, err));
    TRY_NEW(b->fresh, MEM_SLAB(uint64_t, slots + 1, err));
    if (codes)
        TRY_NEW(b->folded.w, MEM_SLAB(int8_t, codes_query_bytes(codes), err));
    TRY_NEW(b->pool, MEM_SLAB(uint64_t, max_ef + 1, err));
    TRY_NEW(b->visited, MEM_SLAB(uint64_t, b->n_words, err));
    TRY_NEW(b->journal, MEM_SLAB(uint32_t, b->max_journal, err));
out:
    if (rc)
        beam_done(b);
    return rc;
}

void beam_done(struct beam *b)
{
    mem_free(b->pool);
    mem_free(b->visited);
    mem_free(b->journal);
    mem_free(b->dist);
    mem_free(b->fresh);
    mem_free(b->folded.w);
    *b = (struct beam){0};
}

void beam_start(struct beam *b, const float *q)
{
    b->n = 0;
    b->ef = b->max_ef;
    b->ndc = b->ndc_code = b->hops = 0;
    b->q = q;
    if (b->codes)
        codes_query_make(b->codes, q, &b->folded);
}

static inline void prefetch_row(const struct graph *g, uint32_t node)
{
    const uint32_t *row = g->layer0 + node * g->slots0;
    PREFETCH(row);
    PREFETCH(row + PREFETCH_LINE / sizeof *row);   /* of longer rows the processor fetches the rest */
}

/* What beam_distances reads first of some nodes, so that it waits once for all. */
static inline void prefetch_nodes(const struct beam *b, const struct graph *g, const uint32_t *nodes, size_t n)
{
    if (b->codes)
        codes_fetch(b->codes, nodes, n);
    for (size_t i = 0; !b->codes && i < n && i < AHEAD; i++)
        prefetch_lines(g->vectors + nodes[i] * g->stride, b->lines);
}

/* Four cost what one does (the sums are chains of dependent additions), so a group that is not full is filled with its first
 * node. */
static void exact_distances(const struct beam *b, const struct graph *g, const uint32_t *nodes, size_t n, float *out)
{
    for (size_t i = 0; i < n; i += 4) {
        float dist[4];
        const float *x[4];
        size_t m = num_min_size(n - i, 4);
        for (size_t j = i + AHEAD; j < n && j < i + AHEAD + 4; j++)
            prefetch_lines(g->vectors + nodes[j] * g->stride, b->lines);
        for (size_t j = 0; j < 4; j++)
            x[j] = g->vectors + nodes[j < m ? i + j : i] * g->stride;
        if (m == 1)
            dist[0] = distance_one(&b->distance, b->q, x[0]);
        else
            distance_four(&b->distance, b->q, x, dist);
        memcpy(out + i, dist, m * sizeof *dist);
    }
}

void beam_distances(struct beam *b, const struct graph *g, const uint32_t *nodes, size_t n, float *out)
{
    b->ndc += (uint32_t)n;
    if (b->codes) {
        codes_estimates(b->codes, &b->folded, nodes, n, out);
        b->ndc_code += (uint32_t)n;
    } else {
        exact_distances(b, g, nodes, n, out);
    }
}

/* Where a key belongs among the first n of the pool. */
static inline size_t pool_place(const struct beam *b, size_t n, uint64_t key)
{
    const uint64_t *p = b->pool;
    while (n > 0) {
        size_t half = (n + 1) / 2;
        p += half & -(size_t)(p[half - 1] < key);   /* a branch here is guessed wrong every other time */
        n -= half;
    }
    return (size_t)(p - b->pool);
}

/* Put a key in its place; the worst falls out of a full pool. */
static void pool_insert(struct beam *b, uint64_t key)
{
    if (b->n == b->ef && key >= b->pool[b->ef - 1])
        return;
    size_t at = pool_place(b, b->n, key);
    memmove(b->pool + at + 1, b->pool + at, (b->n - at) * sizeof *b->pool);   /* one slot of room behind max_ef */
    b->pool[at] = key;
    b->n += b->n < b->ef;
}

void beam_enter(struct beam *b, const struct graph *g, uint32_t node)
{
    float dist;
    beam_distances(b, g, &node, 1, &dist);
    pool_insert(b, beam_key(dist, node));
}

void beam_offer(struct beam *b, uint64_t key)
{
    b->ef = b->max_ef;
    for (size_t i = 0; i < b->n; i++)
        if (beam_node(b->pool[i]) == beam_node(key))
            return;
    pool_insert(b, key);
}

static inline bool visit(struct beam *b, uint32_t node)
{
    uint64_t bit = (uint64_t)1 << (node & 63), *word = &b->visited[node >> 6];
    bool was = *word & bit;
    *word |= bit;
    return !was;
}

static void visited_clear(struct beam *b)
{
    if (b->overflow)
        memset(b->visited, 0, b->n_words * sizeof *b->visited);
    else
        for (size_t i = 0; i < b->n_journal; i++)
            b->visited[b->journal[i] >> 6] = 0;
    b->n_journal = 0;
    b->overflow = false;
}

/* The neighbours in a row that were not visited yet, appended to the journal: their number, or SIZE_MAX
 * where one is out of range. */
static inline size_t row_unvisited(struct beam *b, const uint32_t *row, size_t slots, size_t n)
{
    if (b->n_journal + slots > b->max_journal) {
        b->overflow = true;
        b->n_journal = 0;
    }
    uint32_t *out = b->journal + b->n_journal;
    size_t found = 0;
    for (size_t i = 0; i < slots && row[i] != GRAPH_NONE; i++) {
        if (row[i] >= n)
            return SIZE_MAX;
        out[found] = row[i];
        found += visit(b, row[i]);
    }
    b->n_journal += found;
    return found;
}

/* The first of the pool that was not looked around yet, from b->at on: false where there is none. */
static inline bool choose(struct beam *b)
{
    while (b->at < b->n && b->pool[b->at] & 1)
        b->at++;
    if (b->at == b->n)
        return false;
    b->pool[b->at] |= 1;
    b->from = beam_node(b->pool[b->at]);
    return true;
}

/* Ask for what take needs: the neighbours of b->from that were not visited. */
static inline int look(struct beam *b, const struct graph *g, size_t layer, struct err *err)
{
    const uint32_t *row = graph_row(g, layer, b->from);
    b->n_new = row ? row_unvisited(b, row, layer ? g->slots : g->slots0, g->n) : SIZE_MAX;
    if (b->n_new == SIZE_MAX) {
        b->overflow = true;
        visited_clear(b);
        return err_set(err, ERR_DATA, "damaged index: node %u in layer %zu has a neighbour out of range", b->from, layer);
    }
    prefetch_nodes(b, g, b->journal + b->n_journal - b->n_new, b->n_new);
    return 0;
}

/* Merge m keys, ascending and not in the pool, into it; the worst fall out where it is full.  Returns the first place that
 * changed.  One pass from behind moves each old key once, however many new ones come before it. */
static inline size_t pool_merge(struct beam *b, const uint64_t *fresh, size_t m)
{
    size_t old = b->n, out = b->n + m;
    for (; out > b->ef; out--)
        if (old > 0 && (m == 0 || b->pool[old - 1] > fresh[m - 1]))
            old--;
        else
            m--;
    b->n = out;
    for (; m > 0; m--) {
        size_t place = pool_place(b, old, fresh[m - 1]);
        memmove(b->pool + place + m, b->pool + place, (old - place) * sizeof *b->pool);
        b->pool[place + m - 1] = fresh[m - 1];
        old = place;
    }
    return old;
}

/* Put what look found into the pool; b->at becomes the first place that changed. */
static inline void take(struct beam *b, const struct graph *g, size_t layer)
{
    const uint32_t *nodes = b->journal + b->n_journal - b->n_new;
    if (layer == 0 && b->at + 1 < b->n)
        prefetch_row(g, beam_node(b->pool[b->at + 1]));
    beam_distances(b, g, nodes, b->n_new, b->dist);
    uint64_t worst = b->n == b->ef ? b->pool[b->n - 1] : UINT64_MAX;
    size_t m = 0;
    for (size_t i = 0; i < b->n_new; i++) {
        b->fresh[m] = beam_key(b->dist[i], nodes[i]);
        m += b->fresh[m] < worst;
    }
    b->n_fresh = m;
    b->at++;
    if (m > 0) {
        beam_sort(b->fresh, m);
        b->at = num_min_size(b->at, pool_merge(b, b->fresh, m));
        if (layer == 0)
            prefetch_row(g, beam_node(b->fresh[0]));   /* likely the next to be looked at: 7 to 10 % */
    }
    b->hops++;
    if (b->watch && layer == 0)
        b->watch->seen(b->watch, b, b->from, nodes, b->dist, b->n_new);
}

static void watch_start(struct beam *b)
{
    for (size_t i = 0, n = b->n; i < n; i++) {
        struct neighbour entry = beam_at(b, i);
        b->watch->seen(b->watch, b, GRAPH_NONE, &entry.id, &entry.dist, 1);
    }
}

static void layer_open(struct beam *b, size_t layer, size_t ef)
{
    b->ef = ef;
    b->n = num_min_size(b->n, ef);
    b->at = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->pool[i] &= ~(uint64_t)1;
        visit(b, beam_node(b->pool[i]));
        b->journal[b->n_journal++] = beam_node(b->pool[i]);
    }
    if (b->watch && layer == 0)
        watch_start(b);
}

int beam_layer(struct beam *b, const struct graph *g, size_t layer, size_t ef, struct err *err)
{
    layer_open(b, layer, ef);
    while (choose(b)) {
        int rc = look(b, g, layer, err);
        if (rc)
            return rc;
        take(b, g, layer);
    }
    visited_clear(b);
    return 0;
}

int beam_search(struct beam *b, const struct graph *g, const float *q, size_t ef, struct err *err)
{
    int rc;
    beam_start(b, q);
    if (g->n == 0)
        return 0;
    beam_enter(b, g, g->entry);
    uint64_t entry = b->pool[0];
    for (size_t layer = g->n_layers - 1; layer > 0; layer--)
        if ((rc = beam_layer(b, g, layer, 1, err)) != 0)
            return rc;
    beam_offer(b, entry);
    return beam_layer(b, g, 0, ef, err);
}

/* Into the next layer that has something to look around, as far as choosing and asking for the row. */
static bool descend(struct beam *b, const struct graph *g)
{
    while (!choose(b)) {
        visited_clear(b);
        if (b->layer == 0)
            return false;
        if (--b->layer == 0)
            beam_offer(b, b->entry);
        layer_open(b, b->layer, b->layer ? 1 : b->last_ef);
    }
    if (b->layer == 0)
        prefetch_row(g, b->from);
    b->looked = false;
    return true;
}

bool beam_begin(struct beam *b, const struct graph *g, const float *q, size_t ef)
{
    beam_start(b, q);
    if (g->n == 0)
        return false;
    beam_enter(b, g, g->entry);
    b->entry = b->pool[0];
    b->last_ef = ef;
    b->layer = g->n_layers - 1;
    if (b->layer == 0)
        beam_offer(b, b->entry);
    layer_open(b, b->layer, b->layer ? 1 : ef);
    return descend(b, g);
}

int beam_step(struct beam *b, const struct graph *g, struct err *err)
{
    if (!b->looked) {
        int rc = look(b, g, b->layer, err);
        b->looked = true;
        return rc ? rc : 1;
    }
    take(b, g, b->layer);
    return descend(b, g);
}

void beam_rerank(struct beam *b, const struct graph *g, size_t n)
{
    uint32_t *nodes = b->journal;
    n = num_min_size(n, b->n);
    if (!b->codes || n == 0)
        return;
    for (size_t i = 0; i < n; i++)
        nodes[i] = beam_node(b->pool[i]);
    for (size_t from = 0, slots = num_max_size(g->slots0, g->slots); from < n; from += slots) {
        size_t m = num_min_size(n - from, slots);
        exact_distances(b, g, nodes + from, m, b->dist);
        for (size_t i = 0; i < m; i++)
            b->pool[from + i] = beam_key(b->dist[i], nodes[from + i]);
    }
    b->ndc += (uint32_t)n;
    b->n = n;
    beam_sort(b->pool, n);
}
