#include "graph/reach.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/beam.h"

enum { SEARCH_EF = 64 };

struct reach {
    const struct graph *g;
    struct link_table *t;
    uint32_t *parent;              /* (n) in the tree; GRAPH_NONE: not reached; the entry's is itself */
    uint32_t *queue;
    /* Nodes that were joined because of a node whose own row had no room: a list for each, filled one after the other, so that
     * a thousand duplicates become a bushy tree and not a chain. */
    uint32_t *filling, *last;      /* (n) the one in the list that is being filled, the end of the list */
    uint32_t *next;                /* (n) in a list */
};

/* Take node into the tree below parent, and with it all that it reaches. */
static void grow(struct reach *r, uint32_t node, uint32_t parent)
{
    size_t head = 0, tail = 0;
    r->parent[node] = parent;
    r->queue[tail++] = node;
    while (head < tail) {
        uint32_t at = r->queue[head++];
        const uint32_t *row = graph_row(r->g, 0, at);
        for (size_t i = 0; i < r->t->degree[at]; i++)
            if (r->parent[row[i]] == GRAPH_NONE) {
                r->parent[row[i]] = at;
                r->queue[tail++] = row[i];
            }
    }
}

/* The slot of node's row that may take a new edge: a free one, else that of the farthest edge outside the tree, else SIZE_MAX. */
static size_t open_slot(const struct reach *r, uint32_t node)
{
    const struct link_table *t = r->t;
    const uint32_t *row = graph_row(r->g, 0, node);
    if (t->degree[node] < t->max_degree)
        return t->degree[node];
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < t->degree[node]; i++)
        if (r->parent[row[i]] != node && (best == SIZE_MAX || link_entry(t, node, i) > link_entry(t, node, best)))
            best = i;
    return best;
}

/* A node near one that has no room: in its list, else down the tree to a leaf, which always has room. */
static uint32_t find_room(struct reach *r, uint32_t nearest, size_t *slot)
{
    uint32_t at = r->filling[nearest] != GRAPH_NONE ? r->filling[nearest] : nearest;
    while ((*slot = open_slot(r, at)) == SIZE_MAX && at != nearest && r->next[at] != GRAPH_NONE)
        r->filling[nearest] = at = r->next[at];
    while ((*slot = open_slot(r, at)) == SIZE_MAX)
        at = graph_row(r->g, 0, at)[0];
    return at;
}

static void list_add(struct reach *r, uint32_t nearest, uint32_t node)
{
    if (r->last[nearest] == GRAPH_NONE)
        r->filling[nearest] = node;
    else
        r->next[r->last[nearest]] = node;
    r->last[nearest] = node;
}

static void row_put(struct link_table *t, uint32_t node, size_t slot, uint32_t target, float dist)
{
    t->rows[node * t->slots + slot] = target;
    t->dist[node * t->slots + slot] = dist;
    if (slot == t->degree[node])
        t->degree[node]++;
    if (slot < t->clean[node])
        t->clean[node] = 0;
}

static int join(struct reach *r, struct beam *beam, uint32_t node, struct err *err)
{
    beam_start(beam, r->g->vectors + node * r->g->stride);
    beam_enter(beam, r->g, r->g->entry);     /* not down the upper layers: they may lead to what is not reached */
    int rc = beam_layer(beam, r->g, 0, SEARCH_EF, err);
    if (rc)
        return rc;
    size_t slot = SIZE_MAX, i = 0;
    uint32_t from;
    float dist;
    while (i < beam->n && (slot = open_slot(r, beam_at(beam, i).id)) == SIZE_MAX)
        i++;
    if (slot != SIZE_MAX) {
        from = beam_at(beam, i).id;
        dist = beam_at(beam, i).dist;
    } else {
        struct distance d = distance_make(r->g->metric, r->g->dim);
        uint32_t nearest = beam_at(beam, 0).id;
        from = find_room(r, nearest, &slot);
        dist = distance_one(&d, r->g->vectors + from * r->g->stride, r->g->vectors + node * r->g->stride);
        list_add(r, nearest, node);
    }
    row_put(r->t, from, slot, node, dist);
    grow(r, node, from);
    return 0;
}

int reach_all(struct graph *g, struct link_table *layer0, size_t *n_joined, struct err *err)
{
    int rc = 0;
    size_t joined = 0;
    struct reach r = {.g = g, .t = layer0};
    struct beam beam = {0};
    if (g->n == 0)
        return 0;
    TRY_NEW(r.parent, MEM_ARRAY(uint32_t, g->n, err));
    TRY_NEW(r.queue, MEM_ARRAY(uint32_t, g->n, err));
    TRY_NEW(r.filling, MEM_ARRAY(uint32_t, g->n, err));
    TRY_NEW(r.last, MEM_ARRAY(uint32_t, g->n, err));
    TRY_NEW(r.next, MEM_ARRAY(uint32_t, g->n, err));
    memset(r.parent, 0xFF, g->n * sizeof *r.parent);
    memset(r.filling, 0xFF, g->n * sizeof *r.filling);
    memset(r.last, 0xFF, g->n * sizeof *r.last);
    memset(r.next, 0xFF, g->n * sizeof *r.next);
    TRY(beam_init(&beam, g, NULL, SEARCH_EF, err));
    grow(&r, g->entry, g->entry);
    for (uint32_t node = 0; node < g->n; node++)
        if (r.parent[node] == GRAPH_NONE) {
            TRY(join(&r, &beam, node, err));
            joined++;
        }
    if (n_joined)
        *n_joined = joined;
out:
    mem_free(r.parent);
    mem_free(r.queue);
    mem_free(r.filling);
    mem_free(r.last);
    mem_free(r.next);
    beam_done(&beam);
    return rc;
}
