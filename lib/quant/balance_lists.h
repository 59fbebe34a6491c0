/* balance_lists - each point's cheapest clusters, and what it makes of them: labels, sizes.  For lib/quant/balance*.c alone. */
#ifndef BALANCE_LISTS_H
#define BALANCE_LISTS_H

#include "quant/balance_run.h"

enum { BALANCE_NEAR = 7 };

struct balance_near {
    int32_t cost;
    uint32_t cluster;
};

struct balance_list {                /* a cache line */
    int64_t outside;                 /* the least cost + price that is not in it, INT64_MAX / 4 where there is none */
    struct balance_near at[BALANCE_NEAR];      /* by cost + price rising, then cluster */
};

struct balance_lists {
    struct balance_run *run;
    size_t near;                     /* entries a point: BALANCE_NEAR, or k */
    struct balance_list *list;       /* (n) */
    bool *tied;                      /* (n) is the second as cheap as the first? */
    int64_t fall;                    /* of any price since lists were made, at most */
};

/* Lists at the prices as they are, labels, sizes; how many points are too many for their clusters. */
MUST_CHECK int balance_lists_make(struct balance_lists *a, uint64_t *excess, struct err *err);

/* The same labels, sizes and excess from lists that were made at the prices made_at (k), where they tell: 64 bytes a point are
 * read and not a row.  Afterwards no list is of use before the next balance_lists_make. */
MUST_CHECK int balance_lists_relabel(struct balance_lists *a, const int64_t *made_at, uint64_t *excess, struct err *err);

MUST_CHECK int balance_lists_init(struct balance_lists *a, struct balance_run *r, struct err *err);
void balance_lists_done(struct balance_lists *a);

#endif
