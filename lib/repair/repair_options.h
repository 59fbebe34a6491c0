/* repair_options - what the options of ngfix-repair ask for together, and what they may not. */
#ifndef REPAIR_OPTIONS_H
#define REPAIR_OPTIONS_H

#include "repair/repair.h"

struct repair_wish {               /* the options as they were given */
    const char *index, *truth, *control, *judge, *report, *rounds;
    const char *output;            /* -o; NULL: none */
    uint64_t ef_truth, two_hop_edges, max_extra, rfix_ef, rfix_edges, rfix_rounds, hold_out;
    double trim, partial;
    int variant, order, pairs, groups, compat;         /* numbers of the names below */
    bool in_place, cap_unreachable, rebalance, timed, force;
    const char *const *queries;    /* (n_queries) operands */
    size_t n_queries;
};

extern const char *const repair_variants[], *const repair_orders[], *const repair_pairings[], *const repair_groupings[],
    *const repair_compats[];

/* Rounds of NGFix, "NQ:KH,...": ERR_USAGE unless 1 <= NQ <= KH <= 2 NQ, NQ <= REPAIR_MAX_NQ and falling. */
MUST_CHECK int repair_options_rounds(struct repair_options *o, const char *text, struct err *err);

/* ERR_USAGE for what does not go together.  --compat upstream takes back what is ours: w->trim and w->hold_out. */
MUST_CHECK int repair_options_make(struct repair_options *o, struct repair_wish *w, int n_threads, struct err *err);

#endif
