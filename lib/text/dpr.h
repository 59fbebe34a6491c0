/* dpr - the JSON of DPR (Karpukhin et al. 2020; nq-train, trivia-dev ...): an array of questions with their answers and passages
 * (contexts), positive, negative and hard negative; JSON lines of the same too.
 *
 * Writes queries, answers, qrels (positives, grade 1) and examples.  A query's id is the number of its object, from 0 over all
 * inputs.  A passage's is psg_id or passage_id, text or a whole number.  Memory: one object. */
#ifndef DPR_H
#define DPR_H

#include "text/forms.h"

MUST_CHECK int dpr_read(struct forms *f, struct input *in, struct err *err);

#endif
