/* answermatch - does a passage contain an answer?  The two rules in use for open-domain question answering:
 *
 * token      Karpukhin et al., "Dense Passage Retrieval", EMNLP 2020 (the scorer that came with it): NFD; tokens are runs of
 *            letters, digits and marks, or single other characters that are neither separators nor controls; lower case; the
 *            answer's tokens must stand in the passage's side by side.  Departs: an answer without a token never matches
 *            (there it matches everything).
 * substring  the answer's lower-cased characters, anywhere: "us" is found in "because".
 *
 * Lower case is Unicode's default full mapping, final sigma included.  A byte that is not UTF-8 counts as U+FFFD.
 * Both sides are prepared once into bytes such that containment is a search for bytes. */
#ifndef ANSWERMATCH_H
#define ANSWERMATCH_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answermatch_rule { ANSWERMATCH_TOKEN, ANSWERMATCH_SUBSTRING };

/* A prepared text; zero-initialise, prepare as often as wanted, answermatch_done. */
struct answermatch_text {
    struct buf bytes;
    int32_t *codepoints;     /* scratch */
    size_t cap;
};

/* Cost: linear; 0.2 GB/s where all is ASCII, about half where not. */
MUST_CHECK int answermatch_prepare(struct answermatch_text *t, enum answermatch_rule rule, const char *s, size_t n,
                                   struct err *err);

/* Both prepared by the same rule. */
bool answermatch_contains(const struct buf *passage, const void *answer, size_t n);

void answermatch_done(struct answermatch_text *t);

#endif
