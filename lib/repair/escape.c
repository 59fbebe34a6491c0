#include "repair/escape.h"
#include "base/mem.h"

#include <string.h>

struct escape_slot {
    uint32_t node, rank_1;         /* rank_1: 1-based, 0: empty */
};

static size_t row_words(size_t s)
{
    return (s + 63) / 64;
}

/* ---- the graph among neighbours ---- */

int escape_graph_init(struct escape_graph *e, size_t max_s, struct err *err)
{
    int rc = 0;
    *e = (struct escape_graph){.n_slots = 16};
    while (e->n_slots < 8 * max_s)      /* nearly all look-ups are of nodes that are not there: they should end at once */
        e->n_slots *= 2;
    TRY_NEW(e->out, MEM_SLAB(uint64_t, max_s * row_words(max_s), err));
    TRY_NEW(e->in, MEM_SLAB(uint64_t, max_s * row_words(max_s), err));
    TRY_NEW(e->slots, MEM_ZARRAY(struct escape_slot, e->n_slots, err));
out:
    return rc;
}

void escape_graph_done(struct escape_graph *e)
{
    mem_free(e->out);
    mem_free(e->in);
    mem_free(e->slots);
    *e = (struct escape_graph){0};
}

static struct escape_slot *find_slot(const struct escape_graph *e, uint32_t node)
{
    size_t i = (uint32_t)(node * 0x9E3779B1u) >> 16 & (e->n_slots - 1);
    while (e->slots[i].rank_1 != 0 && e->slots[i].node != node)
        i = (i + 1) & (e->n_slots - 1);
    return &e->slots[i];
}

static int take_row(struct escape_graph *e, const struct graph *g, uint32_t node, size_t rank, struct err *err)
{
    const uint32_t *row = graph_row(g, 0, node);
    for (size_t i = 0; i < g->slots0 && row[i] != GRAPH_NONE; i++) {
        if (row[i] >= g->n)
            return err_set(err, ERR_DATA, "damaged index: node %u has a neighbour out of range", node);
        uint32_t other = find_slot(e, row[i])->rank_1;
        if (other != 0)
            escape_add_edge(e, rank, other - 1);
    }
    return 0;
}

int escape_graph_make(struct escape_graph *e, const struct graph *g, const uint32_t *near, size_t s, struct err *err)
{
    int rc = 0;
    e->s = s;
    e->words = row_words(s);
    memset(e->out, 0, s * e->words * sizeof *e->out);
    memset(e->in, 0, s * e->words * sizeof *e->in);
    memset(e->slots, 0, e->n_slots * sizeof *e->slots);
    for (size_t i = 0; i < s; i++) {
        if (near[i] >= g->n)
            return err_set(err, ERR_DATA, "neighbour %zu is node %u of %zu", i + 1, near[i], g->n);
        __builtin_prefetch(graph_row(g, 0, near[i]));
        struct escape_slot *slot = find_slot(e, near[i]);
        if (slot->rank_1 != 0)
            return err_set(err, ERR_DATA, "neighbours %u and %zu are the same", slot->rank_1, i + 1);
        *slot = (struct escape_slot){near[i], (uint32_t)i + 1};
    }
    for (size_t i = 0; i < s && rc == 0; i++)
        rc = take_row(e, g, near[i], i, err);
    return rc;
}

/* ---- the closure ---- */

int escape_init(struct escape *x, size_t max_s, struct err *err)
{
    int rc = 0;
    *x = (struct escape){0};
    TRY_NEW(x->eh, MEM_SLAB(uint16_t, max_s * max_s, err));
    TRY_NEW(x->within, MEM_SLAB(uint64_t, max_s * row_words(max_s), err));
    TRY_NEW(x->reach, MEM_SLAB(uint64_t, max_s * row_words(max_s), err));
    TRY_NEW(x->members, MEM_SLAB(uint64_t, max_s * row_words(max_s), err));
    TRY_NEW(x->parent, MEM_ARRAY(uint16_t, max_s, err));
    TRY_NEW(x->roots, MEM_ARRAY(uint16_t, max_s, err));
out:
    return rc;
}

void escape_done(struct escape *x)
{
    mem_free(x->eh);
    mem_free(x->within);
    mem_free(x->reach);
    mem_free(x->members);
    mem_free(x->parent);
    mem_free(x->roots);
    *x = (struct escape){0};
}

/* The component that node i is in. */
static size_t find_root(uint16_t *parent, size_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static bool row_has(const uint64_t *row, size_t i)
{
    return row[i / 64] >> i % 64 & 1;
}

/* EH(i, j) = r for the members i of a component and the nodes j of a set, those below nq. */
static void record(struct escape *x, const uint64_t *members, const uint64_t *set, size_t r)
{
    uint16_t to[ESCAPE_MAX_S];
    size_t n = 0, words = x->words;
    for (size_t w = 0; w < words; w++)
        for (uint64_t bits = set[w]; bits; bits &= bits - 1) {
            size_t j = w * 64 + (size_t)__builtin_ctzll(bits);
            if (j < x->nq)
                to[n++] = (uint16_t)j;
        }
    for (size_t w = 0; w < words; w++)
        for (uint64_t bits = n > 0 ? members[w] : 0; bits; bits &= bits - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(bits);
            if (i >= x->nq)
                return;
            uint16_t *row = x->eh + i * x->nq;
            for (size_t t = 0; t < n; t++)
                row[to[t]] = (uint16_t)r;
            x->n_entries += n;
        }
}

/* What node h reaches through nodes before it, itself included. */
static void reached_from(struct escape *x, const struct escape_graph *e, size_t h, uint64_t *out, size_t words)
{
    const uint64_t *edges = e->out + h * e->words;
    memset(out, 0, x->reach_words * sizeof *out);
    out[h / 64] = (uint64_t)1 << h % 64;
    for (size_t w = 0; w < words; w++) {
        uint64_t bits = edges[w];
        if (w == h / 64)
            bits &= ((uint64_t)1 << h % 64) - 1;
        for (; bits; bits &= bits - 1) {
            size_t k = w * 64 + (size_t)__builtin_ctzll(bits);
            if (row_has(out, k))
                continue;
            const uint64_t *reach = x->reach + find_root(x->parent, k) * x->reach_words;
            for (size_t v = 0; v < words; v++)
                out[v] |= reach[v];
        }
    }
}

static bool rows_meet(const uint64_t *a, const uint64_t *b, size_t words)
{
    uint64_t both = 0;
    for (size_t w = 0; w < words; w++)
        both |= a[w] & b[w];
    return both != 0;
}

/* Take node h in, noting the pairs of the nq first that become reachable, with bottleneck h + 1.  *n_roots: the components. */
static void take_node(struct escape *x, const struct escape_graph *e, size_t h, bool note, size_t *n_roots)
{
    uint64_t *reach_h = x->reach + h * x->reach_words, *members_h = x->members + h * x->reach_words, fresh[ESCAPE_MAX_S / 64];
    const uint64_t *edges_in = e->in + h * e->words;
    size_t words = h / 64 + 1, kept = 0;
    reached_from(x, e, h, reach_h, words);
    memset(members_h, 0, x->reach_words * sizeof *members_h);
    members_h[h / 64] = (uint64_t)1 << h % 64;
    if (note)
        record(x, members_h, reach_h, h + 1);
    for (size_t c = 0; c < *n_roots; c++) {
        size_t i = x->roots[c];
        uint64_t *reach = x->reach + i * x->reach_words, *members = x->members + i * x->reach_words, any = 0;
        if (!rows_meet(reach, edges_in, words)) {      /* bits of reach are below h, so edges from later nodes do not count */
            x->roots[kept++] = (uint16_t)i;
            continue;
        }
        for (size_t w = 0; w < words; w++)
            any |= fresh[w] = reach_h[w] & ~reach[w];
        for (size_t w = words; w < x->reach_words; w++)
            fresh[w] = 0;
        if (any && note)
            record(x, members, fresh, h + 1);
        if (row_has(reach_h, i)) {
            for (size_t w = 0; w < words; w++)
                members_h[w] |= members[w];
            x->parent[i] = (uint16_t)h;
        } else {
            for (size_t w = 0; w < words; w++)
                reach[w] |= reach_h[w];
            x->roots[kept++] = (uint16_t)i;
        }
    }
    x->roots[kept++] = (uint16_t)h;
    *n_roots = kept;
}

/* Which pairs have EH <= kh: those reached when kh nodes are in. */
static void note_within(struct escape *x)
{
    uint64_t last = x->nq % 64 ? ((uint64_t)1 << x->nq % 64) - 1 : UINT64_MAX;
    x->n_defects = x->nq * x->nq;
    for (size_t i = 0; i < x->nq; i++) {
        uint64_t *row = x->within + i * x->words;
        memcpy(row, x->reach + find_root(x->parent, i) * x->reach_words, x->words * sizeof *row);
        row[x->words - 1] &= last;
        for (size_t w = 0; w < x->words; w++)
            x->n_defects -= (size_t)__builtin_popcountll(row[w]);
    }
}

static void compute(struct escape *x, const struct escape_graph *e, size_t nq, size_t s, size_t kh, bool defects_only)
{
    size_t n_roots = 0, at_kh = 0;
    x->nq = nq;
    x->words = row_words(nq);
    x->reach_words = row_words(s);
    x->n_entries = 0;
    for (size_t i = 0; i < nq * nq; i++)
        x->eh[i] = ESCAPE_UNREACHABLE;
    for (size_t h = 0; h < s; h++) {
        x->parent[h] = (uint16_t)h;
        take_node(x, e, h, h >= kh || !defects_only, &n_roots);
        if (h + 1 < kh)
            continue;
        if (h + 1 == kh) {
            note_within(x);
            at_kh = x->n_entries;
        }
        if (x->n_entries - at_kh == x->n_defects)      /* none is left to find */
            return;
    }
}

void escape_compute(struct escape *x, const struct escape_graph *e, size_t nq, size_t s, size_t kh)
{
    compute(x, e, nq, s, kh, false);
}

void escape_compute_defects(struct escape *x, const struct escape_graph *e, size_t nq, size_t s, size_t kh)
{
    compute(x, e, nq, s, kh, true);
}
