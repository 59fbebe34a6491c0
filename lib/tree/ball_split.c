/* Level by level: the nodes of a level are cut in parallel, their children numbered in order. */
#include "tree/ball_split.h"

#include "base/mem.h"
#include "base/num.h"
#include "sys/par.h"
#include "vec/topk.h"

#include <math.h>
#include <stdbool.h>

struct cutter {
    struct ball_split *s;
    const float *x;
    size_t dim, stride, leaf, whole, level;    /* the first node of the level */
    float *least, *greatest;                   /* (workers, stride) */
    struct neighbour *places;                  /* (n) rows of the order, dist: where they lie */
};

static size_t middle_of(const struct cutter *c, const struct ball_node *node)
{
    size_t n = node->to - node->from;
    return n > c->whole ? (n / 2 + c->whole - 1) / c->whole * c->whole : n / 2;
}

static bool is_cut(const struct cutter *c, const struct ball_node *node)
{
    return node->to - node->from > c->leaf;
}

static size_t widest_dimension(const struct cutter *c, const struct ball_node *node, int worker)
{
    float *restrict least = c->least + (size_t)worker * c->stride, *restrict greatest = c->greatest + (size_t)worker * c->stride;
    for (size_t j = 0; j < c->dim; j++) {
        least[j] = INFINITY;
        greatest[j] = -INFINITY;
    }
    for (size_t i = node->from; i < node->to; i++) {
        const float *restrict x = c->x + c->s->order[i] * c->stride;
        for (size_t j = 0; j < c->dim; j++) {
            least[j] = x[j] < least[j] ? x[j] : least[j];
            greatest[j] = x[j] > greatest[j] ? x[j] : greatest[j];
        }
    }
    size_t widest = 0;
    for (size_t j = 1; j < c->dim; j++)
        if ((double)greatest[j] - (double)least[j] > (double)greatest[widest] - (double)least[widest])
            widest = j;
    return widest;
}

static int cut_node(void *ctx, size_t i, int worker, struct err *err)
{
    struct cutter *c = ctx;
    const struct ball_node *node = &c->s->nodes[c->level + i];
    (void)err;
    if (!is_cut(c, node))
        return 0;
    size_t widest = widest_dimension(c, node, worker), n = node->to - node->from;
    struct neighbour *places = c->places + node->from;
    uint32_t *order = c->s->order + node->from;
    for (size_t j = 0; j < n; j++)
        places[j] = (struct neighbour){c->x[order[j] * c->stride + widest], order[j]};
    neighbour_select(places, n, middle_of(c, node));
    for (size_t j = 0; j < n; j++)
        order[j] = places[j].id;
    return 0;
}

static int add_children(struct cutter *c, size_t at, struct err *err)
{
    struct ball_split *s = c->s;
    int rc = mem_reserve(&s->nodes, &s->cap, s->n_nodes + 2, sizeof *s->nodes, err);
    if (rc != 0)
        return rc;
    struct ball_node *node = &s->nodes[at];
    uint32_t middle = node->from + (uint32_t)middle_of(c, node);
    node->child = (uint32_t)s->n_nodes;
    s->nodes[s->n_nodes++] = (struct ball_node){.from = node->from, .to = middle};
    s->nodes[s->n_nodes++] = (struct ball_node){.from = middle, .to = node->to};
    return 0;
}

int ball_split_make(struct ball_split *s, const float *x, size_t n, size_t dim, size_t stride, size_t leaf, size_t whole,
                    int n_threads, struct err *err)
{
    int rc = 0;
    struct cutter c = {.s = s, .x = x, .dim = dim, .stride = stride, .leaf = leaf, .whole = whole};
    if (n == 0)
        return 0;
    TRY_NEW(s->order, MEM_ARRAY(uint32_t, n, err));
    TRY_NEW(c.places, MEM_ARRAY(struct neighbour, n, err));
    TRY_NEW(c.least, MEM_ARRAY(float, (size_t)n_threads * stride, err));
    TRY_NEW(c.greatest, MEM_ARRAY(float, (size_t)n_threads * stride, err));
    for (size_t i = 0; i < n; i++)
        s->order[i] = (uint32_t)i;
    TRY(mem_reserve(&s->nodes, &s->cap, 1, sizeof *s->nodes, err));
    s->nodes[s->n_nodes++] = (struct ball_node){.to = (uint32_t)n};
    while (c.level < s->n_nodes) {
        size_t end = s->n_nodes;
        TRY(par_for(n_threads, end - c.level, cut_node, &c, err));
        for (size_t i = c.level; i < end; i++)
            if (is_cut(&c, &s->nodes[i]))
                TRY(add_children(&c, i, err));
        c.level = end;
    }
out:
    mem_free(c.places);
    mem_free(c.least);
    mem_free(c.greatest);
    return rc;
}

void ball_split_done(struct ball_split *s)
{
    mem_free(s->order);
    mem_free(s->nodes);
    *s = (struct ball_split){0};
}
