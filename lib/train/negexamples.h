/* negexamples - training examples (formats/text.md, 7a) of what lib/tree's negatives draws: a line for each query, with its
 * positives, negatives (drawn at random) and hard negatives (near ones). */
#ifndef NEGEXAMPLES_H
#define NEGEXAMPLES_H

#include "text/texts.h"
#include "tree/negatives.h"

/* Where texts are looked up.  NULL: passages and queries have ids alone. */
enum negexamples_texts { NEGEXAMPLES_POINT = NEGATIVES_POINT, NEGEXAMPLES_COUNTER = NEGATIVES_COUNTER, NEGEXAMPLES_QUERY,
                         NEGEXAMPLES_N };

struct negexamples;

/* texts and out are the caller's.  A positive's text is the counter set's. */
MUST_CHECK int negexamples_new(struct negexamples **e, const struct texts *const texts[NEGEXAMPLES_N], struct output *out,
                               struct err *err);
void negexamples_free(struct negexamples *e);

/* To give to negatives; lives as long as e.  ERR_DATA where a text is missing. */
const struct negatives_visitor *negexamples_visitor(const struct negexamples *e);

/* Examples that were written; a query without a positive makes none. */
uint64_t negexamples_count(const struct negexamples *e);

#endif
