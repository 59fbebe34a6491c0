#include "repair/hardness_options.h"
#include "base/num.h"

#include <string.h>

const char *const hardness_rules[] = {"upstream", NULL};
enum { USUAL_EF = 64 };

/* "10%" or "500" */
static int parse_top(struct hardness_detect_options *o, const char *text, struct err *err)
{
    size_t n = strlen(text);
    double percent;
    bool is_share = n > 1 && text[n - 1] == '%';
    if (is_share ? num_parse_f64(text, n - 1, &percent) && percent > 0 && percent <= 100 :
        num_parse_u64(text, n, 1, UINT32_MAX, &o->most)) {
        o->share = is_share ? percent / 100 : 0;
        return 0;
    }
    return err_set(err, ERR_USAGE, "--top %s: expected a share as 10%% or a number of queries", text);
}

static int check(const struct hardness_wish *w, struct err *err)
{
    int n_choices = w->has_top + w->has_threshold + w->has_rule + w->all + w->evaluate;
    if (w->has_ef && w->ef < w->k)
        return err_set(err, ERR_USAGE, "--ef %llu is less than -k %llu", (unsigned long long)w->ef, (unsigned long long)w->k);
    if (n_choices > 1)
        return err_set(err, ERR_USAGE, "--top, --threshold, --rule, --all and --evaluate: one of them");
    if (w->has_score && w->score == HARDNESS_BY_MODEL && !w->predictor)
        return err_set(err, ERR_USAGE, "--score model needs --predictor FILE");
    if (w->has_score && (w->has_rule || w->evaluate))
        return err_set(err, ERR_USAGE, "--%s goes by scores of its own, without --score", w->evaluate ? "evaluate" : "rule");
    if (w->evaluate && !w->truth)
        return err_set(err, ERR_USAGE, "--evaluate needs --truth FILE");
    if (w->cascade && (w->has_threshold || w->has_rule || w->all || w->evaluate || w->predictor ||
                       (w->has_score && w->score != HARDNESS_BY_TRACE)))
        return err_set(err, ERR_USAGE, "--cascade is of --top and --score trace");
    return 0;
}

int hardness_options_make(struct hardness_detect_options *o, const struct hardness_wish *w, int n_threads, uint64_t seed,
                          struct err *err)
{
    int rc = 0;
    TRY(check(w, err));
    *o = (struct hardness_detect_options){
        .scorer = {.k = w->k, .ef = w->has_ef ? w->ef : num_max_size(USUAL_EF, w->k), .n_threads = n_threads, .eps = w->eps,
                   .seed = seed, .later = w->cascade},
        .score = w->has_score ? (enum hardness_score)w->score : w->predictor ? HARDNESS_BY_MODEL : HARDNESS_BY_TRACE,
        .choice = w->all ? HARDNESS_ALL : w->has_threshold ? HARDNESS_ABOVE : w->has_rule ? HARDNESS_RULE : HARDNESS_TOP,
        .threshold = w->threshold, .cascade = w->cascade, .truth = w->truth};
    o->scorer.probe[HARDNESS_JITTER] = w->evaluate || w->has_rule || o->score == HARDNESS_BY_JITTER;
    o->scorer.probe[HARDNESS_STABILITY] = w->evaluate || w->cascade || o->score == HARDNESS_BY_STABILITY;
    o->scorer.probe[HARDNESS_EH] = (w->evaluate && w->k <= HARDNESS_MAX_EH_K) || o->score == HARDNESS_BY_EH;
    TRY(parse_top(o, w->top, err));
out:
    return rc;
}
