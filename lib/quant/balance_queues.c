#include "quant/balance_queues.h"

#include "base/mem.h"
#include "sys/par.h"
#include "vec/cheapest.h"

#include <string.h>

enum { QUEUE_MAX = 4, QUEUE_MIN = 2, QUEUES_BYTES = 512 << 20 };
static const uint32_t NONE = UINT32_MAX;

struct balance_entry {
    int32_t delta;
    uint32_t point;
};

struct balance_queue {
    uint16_t from, to;               /* of its room */
};

/* ---- queues ---- */

/* delta < bound: nearly always it is not, so callers look first. */
static void queue_add(struct balance_queues *b, size_t pair, int32_t delta, uint32_t point)
{
    struct balance_queue *q = &b->queues[pair];
    struct balance_entry *e = b->entries + pair * b->room;
    if (q->to == b->room && q->from > 0) {                 /* room is in front */
        memmove(e, e + q->from, (size_t)(q->to - q->from) * sizeof *e);
        q->to = (uint16_t)(q->to - q->from);
        q->from = 0;
    }
    if (q->to == b->room) {
        b->bound[pair] = e[q->to - 1].delta;               /* the last gives way, unless it is as near */
        if (delta >= b->bound[pair])
            return;
        q->to--;
    }
    size_t at = q->to++;
    for (; at > q->from && e[at - 1].delta > delta; at--)
        e[at] = e[at - 1];
    e[at] = (struct balance_entry){delta, point};
    b->head[pair] = e[q->from].delta;
}

static void queue_clear(struct balance_queues *b, size_t pair)
{
    b->queues[pair] = (struct balance_queue){0};
    b->bound[pair] = INT32_MAX;
    b->head[pair] = INT32_MAX;
}

/* Point i into the queue to cluster l, where it is near enough. */
static void add_delta(struct balance_queues *b, size_t pair, uint32_t i, size_t l)
{
    const struct balance_costs *c = b->run->costs;
    const uint32_t at = (uint32_t)l;
    int32_t cost = c->held ? c->held[i * b->run->step * c->k + l] : 0;
    if (c->held && cost - b->own[i] >= b->bound[pair])
        return;
    if (c->some)
        c->some(c->ctx, i * b->run->step, &at, 1, &cost);
    if (cost - b->own[i] < b->bound[pair])
        queue_add(b, pair, cost - b->own[i], i);
}

/* Drop what has left cluster j from the head of its queue to l. */
static void queue_settle(struct balance_queues *b, size_t j, size_t l)
{
    size_t pair = j * b->k + l;
    struct balance_queue *q = &b->queues[pair];
    const struct balance_entry *e = b->entries + pair * b->room;
    while (q->from < q->to && b->run->label[e[q->from].point] != j)
        q->from++;
    if (q->from < q->to) {
        b->head[pair] = e[q->from].delta;
        return;
    }
    bool complete = b->bound[pair] == INT32_MAX;
    queue_clear(b, pair);
    if (!complete)
        for (uint32_t i = b->first[j]; i != NONE; i = b->next[i])
            add_delta(b, pair, i, l);
}

/* Point i with the row c is in cluster j now. */
static void add_row(struct balance_queues *b, size_t j, const int32_t *c, uint32_t i)
{
    uint32_t at[BALANCE_MAX_CLUSTERS];
    int32_t cost[BALANCE_MAX_CLUSTERS], own = b->own[i];
    size_t n = b->cheapest->below(c, own, b->bound + j * b->k, b->k, at);
    balance_some(b->run, i, c, at, n, cost);
    for (size_t m = 0; m < n; m++)
        if (at[m] != j && cost[m] - own < b->bound[j * b->k + at[m]])
            queue_add(b, j * b->k + at[m], cost[m] - own, i);
}

static int fill_cluster(void *ctx, size_t j, int worker, struct err *err)
{
    struct balance_queues *b = ctx;
    (void)err;
    b->filled[j] = true;
    for (size_t l = 0; l < b->k; l++)
        queue_clear(b, j * b->k + l);
    for (uint32_t i = b->first[j]; i != NONE; i = b->next[i]) {
        const int32_t *c = balance_row(b->run, i, worker);
        b->own[i] = balance_one(b->run, i, c, j);
        add_row(b, j, c, i);
    }
    return 0;
}

/* ---- members ---- */

static void member_add(struct balance_queues *b, size_t j, uint32_t i)
{
    b->next[i] = b->first[j];
    b->previous[i] = NONE;
    if (b->first[j] != NONE)
        b->previous[b->first[j]] = i;
    b->first[j] = i;
}

static void member_remove(struct balance_queues *b, size_t j, uint32_t i)
{
    if (b->previous[i] == NONE)
        b->first[j] = b->next[i];
    else
        b->next[b->previous[i]] = b->next[i];
    if (b->next[i] != NONE)
        b->previous[b->next[i]] = b->previous[i];
}

void balance_queues_move(struct balance_queues *b, size_t j, size_t l)
{
    size_t k = b->k, pair = j * k + l;
    uint32_t i = b->entries[pair * b->room + b->queues[pair].from].point;
    const int32_t *c = balance_row(b->run, i, 0);
    b->run->label[i] = (uint32_t)l;
    b->run->size[j]--;
    b->run->size[l]++;
    member_remove(b, j, i);
    member_add(b, l, i);
    b->own[i] = balance_one(b->run, i, c, l);
    if (b->filled[l])
        add_row(b, l, c, i);
    for (size_t m = 0; m < k; m++) {
        const struct balance_queue *q = &b->queues[j * k + m];
        if (q->from < q->to && b->entries[(j * k + m) * b->room + q->from].point == i)
            queue_settle(b, j, m);
    }
}

void balance_queues_fill(struct balance_queues *b, size_t j)
{
    if (!b->filled[j])
        (void)fill_cluster(b, j, 0, NULL);
}

int balance_queues_init(struct balance_queues *b, struct balance_run *r, bool all, struct err *err)
{
    int rc = 0;
    size_t n = r->n, k = r->costs->k;
    *b = (struct balance_queues){.run = r, .cheapest = cheapest_best(), .k = k};
    b->room = QUEUES_BYTES / (k * k * sizeof(struct balance_entry));
    b->room = b->room > QUEUE_MAX ? QUEUE_MAX : b->room < QUEUE_MIN ? QUEUE_MIN : b->room;
    TRY_NEW(b->queues, MEM_ARRAY(struct balance_queue, k * k, err));
    TRY_NEW(b->entries, MEM_ARRAY(struct balance_entry, k * k * b->room, err));
    TRY_NEW(b->bound, MEM_ARRAY(int32_t, k * k, err));
    TRY_NEW(b->head, MEM_ARRAY(int32_t, k * k, err));
    TRY_NEW(b->own, MEM_ARRAY(int32_t, n, err));
    TRY_NEW(b->next, MEM_ARRAY(uint32_t, n, err));
    TRY_NEW(b->previous, MEM_ARRAY(uint32_t, n, err));
    TRY_NEW(b->first, MEM_ARRAY(uint32_t, k, err));
    TRY_NEW(b->filled, MEM_ZARRAY(bool, k, err));
    for (size_t j = 0; j < k; j++)
        b->first[j] = NONE;
    for (size_t i = n; i > 0; i--)
        member_add(b, r->label[i - 1], (uint32_t)(i - 1));
    if (all)
        TRY(par_for(r->n_threads, k, fill_cluster, b, err));
out:
    return rc;
}

void balance_queues_done(struct balance_queues *b)
{
    mem_free(b->queues);
    mem_free(b->entries);
    mem_free(b->bound);
    mem_free(b->head);
    mem_free(b->own);
    mem_free(b->next);
    mem_free(b->previous);
    mem_free(b->first);
    mem_free(b->filled);
}
