/* vocablearn - a WordPiece vocabulary from texts.
 *
 * Words of the texts' normal form start as characters; again and again the two neighbouring pieces a, b are made one whose
 * merging raises the likelihood of the words most, as pieces drawn independently (Schuster and Nakajima 2012, section 2):
 *     gain(a, b) = n_ab * log(n_ab * n / (n_a * n_b)),   n the characters of all words
 * over pairs seen at least twice, until there are enough pieces or no gain is above 0.  Departures: the original learns on parts
 * and prunes; the rule that Hugging Face's course prints, n_ab / (n_a * n_b), is not this likelihood and prefers what was seen
 * once.  Ties go by a random number of the seed. */
#ifndef VOCABLEARN_H
#define VOCABLEARN_H

#include "base/buf.h"

#include <stdint.h>

enum { VOCABLEARN_MIN = 16, VOCABLEARN_MAX = 1 << 20 };

struct vocablearn;

MUST_CHECK int vocablearn_new(struct vocablearn **v, int normal_steps, struct err *err);
void vocablearn_free(struct vocablearn *v);

/* Count the words of a text.  Memory: the different words.  Words of more than 100 characters, which WordPiece never cuts, are
 * left out. */
MUST_CHECK int vocablearn_add(struct vocablearn *v, const char *text, size_t n, struct err *err);

/* Append a vocab.txt of at most n pieces (VOCABLEARN_MIN to VOCABLEARN_MAX) to out: [PAD], [UNK], [CLS], [SEP], [MASK], the
 * characters, the most frequent first, then merged pieces in their order.  *made: how many.  Once for each v; no words at all
 * are ERR_DATA.  Cost: about linear in the letters of the different words, and for each piece the pairs that its two parts stand
 * in. */
MUST_CHECK int vocablearn_run(struct vocablearn *v, size_t n, uint64_t seed, struct buf *out, size_t *made, struct err *err);

#endif
