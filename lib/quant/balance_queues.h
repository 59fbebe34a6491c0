/* balance_queues - which member of a cluster is the nearest to another.  For lib/quant/balance*.c alone.
 *
 * The order of j's members i by c(i,l) - c(i,j), their delta, does not depend on prices: of each pair of clusters a short queue
 * of the first is kept, `bound` says up to where it is complete.  Entries whose point has left are dropped when they come to the
 * head; an empty queue is filled anew from j's members. */
#ifndef BALANCE_QUEUES_H
#define BALANCE_QUEUES_H

#include "quant/balance_run.h"

struct balance_entry;
struct balance_queue;

struct balance_queues {
    struct balance_run *run;
    const struct cheapest *cheapest;
    size_t k, room;                  /* of a queue */
    struct balance_queue *queues;    /* (k, k) */
    struct balance_entry *entries;   /* (k, k, room) */
    int32_t *bound;                  /* (k, k) members that are not in it have delta >= bound; INT32_MAX: there are none */
    int32_t *head;                   /* (k, k) first delta, INT32_MAX where none */
    int32_t *own;                    /* (n) cost of each point where it is */
    uint32_t *next, *first;          /* (n), (k) members of a cluster as a list, doubly linked */
    uint32_t *previous;              /* (n) */
    bool *filled;                    /* (k) are there queues out of it? */
};

/* Members by the labels of the run; all: the queues out of all clusters too.  balance_queues_done frees, also after a failure.
 * Memory 12 bytes a point, 44 a pair of clusters (28 where there are thousands). */
MUST_CHECK int balance_queues_init(struct balance_queues *b, struct balance_run *r, bool all, struct err *err);
void balance_queues_done(struct balance_queues *b);

/* See to it that there are queues out of cluster j. */
void balance_queues_fill(struct balance_queues *b, size_t j);

/* Move the nearest member of j to l, both ways in labels and sizes of the run; there is one: head[j * k + l] < INT32_MAX. */
void balance_queues_move(struct balance_queues *b, size_t j, size_t l);

#endif
