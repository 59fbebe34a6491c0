#include "repair/group_eh.h"
#include "base/mem.h"

#include <string.h>

enum { UNGROUPED = UINT16_MAX };

int group_eh_init(struct group_eh *g, size_t max_s, struct err *err)
{
    int rc = 0;
    *g = (struct group_eh){0};
    TRY(escape_graph_init(&g->graph, max_s, err));
    TRY(escape_init(&g->escape, max_s, err));
    TRY_NEW(g->of, MEM_ARRAY(uint16_t, max_s, err));
out:
    return rc;
}

void group_eh_done(struct group_eh *g)
{
    escape_graph_done(&g->graph);
    escape_done(&g->escape);
    mem_free(g->of);
    *g = (struct group_eh){0};
}

/* A graph of n groups without arcs. */
static void clear_graph(struct escape_graph *e, size_t n)
{
    e->s = n;
    e->words = (n + 63) / 64;
    memset(e->out, 0, n * e->words * sizeof *e->out);
    memset(e->in, 0, n * e->words * sizeof *e->in);
}

/* The edges of neighbour i among the s first become arcs of its group. */
static void take_arcs(struct group_eh *g, const struct escape_graph *e, size_t i, size_t s)
{
    for (size_t j = 0; j < s; j++)
        if (escape_has_edge(e, i, j) && g->of[i] != g->of[j])
            escape_add_edge(&g->graph, g->of[i], g->of[j]);
}

/* The neighbours of i that are in no group join its own. */
static void claim(struct group_eh *g, const struct escape_graph *e, size_t i, size_t nq)
{
    for (size_t j = 0; j < nq; j++)
        if (g->of[j] == UNGROUPED && escape_has_edge(e, i, j))
            g->of[j] = g->of[i];
}

static bool group_two_hop(struct group_eh *g, const struct escape_graph *e, size_t nq)
{
    uint16_t founders[ESCAPE_MAX_S];
    size_t n = 0;
    for (size_t i = 0; i < nq; i++)
        g->of[i] = UNGROUPED;
    for (size_t i = 0; i < nq; i++) {
        if (g->of[i] != UNGROUPED)
            continue;
        founders[n] = (uint16_t)i;
        g->of[i] = (uint16_t)n++;
        claim(g, e, i, nq);
        for (size_t j = 0; j < nq; j++)
            if (escape_has_edge(e, i, j) && g->of[j] == g->of[i])
                claim(g, e, j, nq);
    }
    g->n_groups = n;
    if (10 * n >= 7 * nq)
        return false;
    clear_graph(&g->graph, n);
    for (size_t i = 0; i < n; i++)
        take_arcs(g, e, founders[i], nq);
    return true;
}

/* Groups are numbered by their nearest member, so those of the nq nearest come first; *n_within: groups of the kh nearest. */
static void group_scc(struct group_eh *g, const struct escape_graph *e, size_t nq, size_t s, size_t kh, size_t *n_within)
{
    uint16_t of_root[ESCAPE_MAX_S];
    const uint16_t *parent = g->escape.parent;
    size_t n = 0;
    escape_compute_defects(&g->escape, e, nq, kh, kh);
    memset(of_root, 0xFF, sizeof of_root);
    for (size_t i = 0; i < kh; i++) {
        size_t root = i;
        while (parent[root] != root)
            root = parent[root];
        if (of_root[root] == UNGROUPED)
            of_root[root] = (uint16_t)n++;
        g->of[i] = of_root[root];
        if (i < nq)
            g->n_groups = n;
    }
    *n_within = n;
    for (size_t i = kh; i < s; i++)
        g->of[i] = (uint16_t)n++;
    clear_graph(&g->graph, n);
    for (size_t i = 0; i < s; i++)
        take_arcs(g, e, i, s);
}

/* What holds for groups holds for their members; a group's rank beyond n_within is a neighbour's beyond kh. */
static void spread_out(const struct group_eh *g, struct escape *x, size_t nq, size_t n_within, size_t kh)
{
    const struct escape *y = &g->escape;
    x->nq = nq;
    x->words = (nq + 63) / 64;
    memset(x->within, 0, nq * x->words * sizeof *x->within);
    x->n_defects = 0;
    for (size_t i = 0; i < nq; i++)
        for (size_t j = 0; j < nq; j++) {
            size_t from = g->of[i], to = g->of[j], eh = y->eh[from * y->nq + to];
            bool within = y->within[from * y->words + to / 64] >> to % 64 & 1;
            x->within[i * x->words + j / 64] |= (uint64_t)within << j % 64;
            x->n_defects += !within;
            x->eh[i * nq + j] = (uint16_t)(eh == ESCAPE_UNREACHABLE || eh <= n_within ? eh : eh - n_within + kh);
        }
}

bool group_eh_compute(struct group_eh *g, struct escape *x, const struct escape_graph *e, enum group_eh_kind kind, size_t nq,
                      size_t s, size_t kh)
{
    size_t n_within;
    g->n_saved = 0;
    if (kind == GROUP_EH_SCC) {
        group_scc(g, e, nq, s, kh, &n_within);
    } else {
        if (!group_two_hop(g, e, nq))
            return false;
        n_within = g->n_groups;
    }
    escape_compute_defects(&g->escape, &g->graph, g->n_groups, g->graph.s, n_within);
    spread_out(g, x, nq, n_within, kh);
    x->n_entries = g->n_groups * g->n_groups;
    g->n_saved = nq * nq - x->n_entries;
    return true;
}
