#include "repair/ngfix.h"
#include "base/mem.h"
#include "graph/beam.h"

/* A pair in the heap: [ 4095 - EH, or 0 | distance 32 | i 9 | j 9 ], the least first. */
enum { PLACE_BITS = 9, PLACE_MASK = (1 << PLACE_BITS) - 1, DIST_AT = 2 * PLACE_BITS, EH_AT = DIST_AT + 32 };

int ngfix_init(struct ngfix *f, size_t max_nq, struct err *err)
{
    int rc = 0;
    *f = (struct ngfix){0};
    TRY_NEW(f->heap, MEM_ARRAY(uint64_t, max_nq * max_nq, err));
    TRY_NEW(f->into, MEM_ARRAY(uint64_t, max_nq * ((max_nq + 63) / 64), err));
    TRY_NEW(f->others, MEM_ARRAY(uint32_t, 2 * max_nq, err));
    TRY_NEW(f->dist, MEM_ARRAY(float, max_nq, err));
    TRY_NEW(f->edges, MEM_ARRAY(struct ngfix_edge, max_nq * max_nq, err));
out:
    return rc;
}

void ngfix_done(struct ngfix *f)
{
    mem_free(f->heap);
    mem_free(f->into);
    mem_free(f->others);
    mem_free(f->dist);
    mem_free(f->edges);
    *f = (struct ngfix){0};
}

static bool has(const uint64_t *rows, size_t words, size_t i, size_t j)
{
    return rows[i * words + j / 64] >> j % 64 & 1;
}

static uint64_t pair_key(const struct escape *x, size_t i, size_t j, float dist, enum ngfix_order order)
{
    uint64_t eh = order == NGFIX_BY_EH ? ESCAPE_UNREACHABLE - x->eh[i * x->nq + j] : 0;
    return eh << EH_AT | beam_key(dist, 0) >> 32 << DIST_AT | i << PLACE_BITS | j;
}

static void sift_down(uint64_t *heap, size_t n, size_t at)
{
    uint64_t key = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[child] >= key)
            break;
        heap[at] = heap[child];
    }
    heap[at] = key;
}

/* The pairs with a defect: i < j for both directions, or each for itself where the order differs. */
static size_t gather_pairs(struct ngfix *f, const struct escape *x, const struct graph *g, const uint32_t *near,
                           enum ngfix_order order)
{
    struct distance d = distance_make(g->metric, g->dim);
    size_t n_pairs = 0;
    for (size_t i = 0; i < x->nq; i++) {
        uint32_t *nodes = f->others, *places = f->others + x->nq;
        size_t n = 0;
        for (size_t j = i + 1; j < x->nq; j++)
            if (!has(x->within, x->words, i, j) || !has(x->within, x->words, j, i)) {
                places[n] = (uint32_t)j;
                nodes[n++] = near[j];
            }
        distance_gather(&d, g->vectors + near[i] * g->stride, g->vectors, g->stride, nodes, n, f->dist);
        for (size_t t = 0; t < n; t++) {
            size_t j = places[t];
            if (order == NGFIX_BY_DISTANCE || !has(x->within, x->words, i, j))
                f->heap[n_pairs++] = pair_key(x, i, j, f->dist[t], order);
            if (order != NGFIX_BY_DISTANCE && !has(x->within, x->words, j, i))
                f->heap[n_pairs++] = pair_key(x, j, i, f->dist[t], order);
        }
    }
    for (size_t i = n_pairs / 2; i-- > 0; )
        sift_down(f->heap, n_pairs, i);
    return n_pairs;
}

/* Columns of `within`: bit a of row i where a reaches i. */
static void transpose(struct ngfix *f, const struct escape *x)
{
    for (size_t i = 0; i < x->nq * x->words; i++)
        f->into[i] = 0;
    for (size_t i = 0; i < x->nq; i++)
        for (size_t w = 0; w < x->words; w++)
            for (uint64_t bits = x->within[i * x->words + w]; bits; bits &= bits - 1) {
                size_t j = w * 64 + (size_t)__builtin_ctzll(bits);
                f->into[j * x->words + i / 64] |= (uint64_t)1 << i % 64;
            }
}

/* rows[a] |= add for each a in set; returns the number of bits that are new. */
static size_t spread(uint64_t *rows, size_t words, const uint64_t *set, const uint64_t *add)
{
    size_t fresh = 0;
    for (size_t w = 0; w < words; w++)
        for (uint64_t bits = set[w]; bits; bits &= bits - 1) {
            uint64_t *row = rows + (w * 64 + (size_t)__builtin_ctzll(bits)) * words;
            for (size_t v = 0; v < words; v++) {
                fresh += (size_t)__builtin_popcountll(add[v] & ~row[v]);
                row[v] |= add[v];
            }
        }
    return fresh;
}

/* An edge i -> j unless j is reached already: all that reach i now reach all that j reaches. */
static size_t connect(struct ngfix *f, struct escape_graph *e, struct escape *x, size_t i, size_t j)
{
    uint64_t from[ESCAPE_MAX_S / 64], to[ESCAPE_MAX_S / 64];
    if (has(x->within, x->words, i, j))
        return 0;
    for (size_t w = 0; w < x->words; w++) {
        from[w] = f->into[i * x->words + w];
        to[w] = x->within[j * x->words + w];
    }
    f->edges[f->n_edges++] = (struct ngfix_edge){(uint16_t)i, (uint16_t)j, x->eh[i * x->nq + j]};
    escape_add_edge(e, i, j);
    spread(f->into, x->words, to, from);
    return spread(x->within, x->words, from, to);
}

void ngfix_choose(struct ngfix *f, struct escape_graph *e, struct escape *x, const struct graph *g, const uint32_t *near,
                  enum ngfix_order order)
{
    f->n_edges = 0;
    if (x->n_defects == 0)
        return;
    size_t left = x->n_defects, n = gather_pairs(f, x, g, near, order);
    transpose(f, x);
    while (left > 0) {
        size_t i = f->heap[0] >> PLACE_BITS & PLACE_MASK, j = f->heap[0] & PLACE_MASK;
        f->heap[0] = f->heap[--n];
        sift_down(f->heap, n, 0);
        left -= connect(f, e, x, i, j);
        if (order == NGFIX_BY_DISTANCE)
            left -= connect(f, e, x, j, i);
    }
}
