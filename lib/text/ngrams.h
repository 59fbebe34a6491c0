/* ngrams - a text as hashed words and character n-grams, after fastText (Bojanowski et al. 2017), without a vocabulary.
 *
 * The text is normalised (text/normal.h, NORMAL_UNCASED); its words without punctuation are the features, and of each word of at
 * least `letters` code points also the n-grams of min to max code points of "<word>" that are shorter than "<word>" itself.
 * Function words are short, so the words that carry meaning have the greater share: on WordNet (untrained, dim 256) hit@100 is
 * .53 so, .45 with n-grams of 3 to 5 of every word, .12 with words alone.
 *
 * A feature's row is hash * buckets >> 32, the hash being 32 bits of the mixed 64-bit FNV-1a of its bytes; words and n-grams
 * start from different bases.  Trained models depend on every bit of it: formats/model.md has the exact definition. */
#ifndef NGRAMS_H
#define NGRAMS_H

#include "text/features.h"

enum { NGRAMS_MAX_LENGTH = 16, NGRAMS_MAX_LETTERS = 64 };

struct ngrams {
    uint32_t buckets;          /* rows, >= 1 */
    uint32_t min, max;         /* code points of an n-gram, 1 <= min <= max <= NGRAMS_MAX_LENGTH */
    uint32_t letters;          /* shorter words have no n-grams; 1 .. NGRAMS_MAX_LETTERS */
};

/* Append the rows of a text.  Cost: linear in its bytes. */
MUST_CHECK int ngrams_append(const struct ngrams *g, const char *text, size_t n, struct features *f, struct err *err);

#endif
