#include "repair/repair_options.h"
#include "base/num.h"

#include <string.h>

const char *const repair_variants[] = {[REPAIR_NGFIX] = "ngfix", [REPAIR_LHP] = "lhp", [REPAIR_TWO_HOP] = "two-hop", NULL};
const char *const repair_orders[] = {[NGFIX_BY_DISTANCE] = "distance", [NGFIX_BY_EH] = "eh", NULL};
const char *const repair_pairings[] = {"defects", "all", NULL};
const char *const repair_groupings[] = {[GROUP_EH_NONE] = "none", [GROUP_EH_TWO_HOP] = "two-hop", [GROUP_EH_SCC] = "scc", NULL};
const char *const repair_compats[] = {"none", "upstream", NULL};

static bool parse_round(const char **p, struct repair_round *round)
{
    uint64_t value[2];
    for (size_t i = 0; i < 2; i++) {
        size_t n = strspn(*p, "0123456789");
        if (!num_parse_u64(*p, n, 1, ESCAPE_MAX_S, &value[i]) || (i == 0 && (*p)[n] != ':'))
            return false;
        *p += n + (i == 0);
    }
    *round = (struct repair_round){value[0], value[1]};
    return value[0] <= value[1] && value[1] <= 2 * value[0] && value[0] <= REPAIR_MAX_NQ;
}

int repair_options_rounds(struct repair_options *o, const char *text, struct err *err)
{
    const char *p = text;
    for (o->n_rounds = 0; o->n_rounds < REPAIR_MAX_ROUNDS; p++) {
        struct repair_round *round = &o->rounds[o->n_rounds++];
        if (!parse_round(&p, round) || (o->n_rounds > 1 && round->nq >= round[-1].nq))
            break;
        if (*p == '\0')
            return 0;
        if (*p != ',')
            break;
    }
    return err_set(err, ERR_USAGE, "rounds \"%s\": expected at most %d of NQ:KH with commas between, NQ falling from %d on, KH"
                   " from NQ to 2 NQ", text, REPAIR_MAX_ROUNDS, REPAIR_MAX_NQ);
}

static int check(const struct repair_wish *w, struct err *err)
{
    if (w->in_place && (w->output || strcmp(w->index, "-") == 0))
        return err_set(err, ERR_USAGE, "--in-place names the output: no -o, and an index that is a file");
    if (w->report && strcmp(w->report, "-") == 0 && !w->output && !w->in_place)
        return err_set(err, ERR_USAGE, "--report - needs -o FILE or --in-place: the index goes to the standard output");
    if (w->variant == REPAIR_TWO_HOP && (w->n_queries || w->truth || w->control || w->judge || w->partial > 0))
        return err_set(err, ERR_USAGE, "--variant two-hop looks at no query: no FILE, --truth, --control, --judge or --partial");
    if (w->variant != REPAIR_TWO_HOP && w->two_hop_edges)
        return err_set(err, ERR_USAGE, "--two-hop-edges needs --variant two-hop");
    if (w->rebalance && (w->trim == 0 || w->compat == 1 || w->variant == REPAIR_TWO_HOP))
        return err_set(err, ERR_USAGE, "--rebalance trims edges of the builder: not with --trim 0, --compat upstream or two-hop");
    if (w->timed && !w->report)
        return err_set(err, ERR_USAGE, "--time goes into a --report");
    return 0;
}

int repair_options_make(struct repair_options *o, struct repair_wish *w, int n_threads, struct err *err)
{
    int rc = check(w, err);
    if (rc)
        return rc;
    if (w->compat == 1) {
        w->trim = 0;
        w->hold_out = 0;
    }
    *o = (struct repair_options){
        .variant = (enum repair_variant)w->variant, .two_hop_edges = w->two_hop_edges, .order = (enum ngfix_order)w->order,
        .groups = (enum group_eh_kind)w->groups, .all_pairs = w->pairs == 1, .zero_based = w->compat == 1,
        .ef_truth = w->truth || w->variant == REPAIR_TWO_HOP ? 0 : w->ef_truth, .rfix_ef = w->rfix_ef,
        .rfix_edges = w->rfix_edges, .rfix_rounds = w->rfix_rounds, .extra = {w->max_extra, w->cap_unreachable},
        .n_threads = n_threads, .report = w->report != NULL, .time = w->timed};
    return repair_options_rounds(o, w->rounds, err);
}
