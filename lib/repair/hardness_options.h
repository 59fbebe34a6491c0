/* hardness_options - what the options of hardq-detect ask for together, and what they may not. */
#ifndef HARDNESS_OPTIONS_H
#define HARDNESS_OPTIONS_H

#include "repair/hardness_detect.h"

struct hardness_wish {             /* the options as they were given */
    uint64_t k, ef;
    int score, rule;               /* enum hardness_score; the one rule */
    double eps, threshold;
    const char *predictor, *top, *truth;
    bool has_ef, has_score, has_top, has_threshold, has_rule, all, cascade, evaluate;
};

extern const char *const hardness_rules[];

/* ERR_USAGE for what does not go together.  The model and the progress are the caller's to set. */
MUST_CHECK int hardness_options_make(struct hardness_detect_options *o, const struct hardness_wish *wish, int n_threads,
                                     uint64_t seed, struct err *err);

#endif
