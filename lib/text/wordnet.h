/* wordnet - WordNet as a retrieval collection: the synsets are the passages ("lemmas: definition"), the example sentences of
 * their glosses are the queries, each relevant to the synsets that quote it, whose lemmas are the answers.
 *
 * Into a folder: passages.tsv, and for each split (train, dev, test) queries.SPLIT.tsv, qrels.SPLIT.txt, answers.SPLIT.tsv.
 * A sentence quoted by several synsets is one query.  Which split a query is in is a function of the seed and of its number in
 * order of appearance.  Memory: the queries and their answers. */
#ifndef WORDNET_H
#define WORDNET_H

#include "text/tally.h"

#include <stdbool.h>

struct wordnet_options {
    uint64_t seed;
    size_t n_dev, n_test;        /* queries; the rest is train */
    size_t min_words;            /* shorter sentences are left out */
};

/* Has the folder a data.noun (or data.noun.gz)? */
bool wordnet_is(const char *folder);

MUST_CHECK int wordnet_convert(const char *folder, const char *out, const struct wordnet_options *o, struct tally *tally,
                               struct err *err);

#endif
