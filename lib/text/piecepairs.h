/* piecepairs - words as rows of pieces, and which two neighbouring pieces to make one: text/vocablearn.h's gains, kept exact
 * while pieces merge.  Zero-initialise to start; pieces are numbers from 0, given by the caller. */
#ifndef PIECEPAIRS_H
#define PIECEPAIRS_H

#include "base/map.h"
#include "text/pairheap.h"

struct piecepairs {
    struct piecepairs_place *places;    /* of pieces in words */
    struct piecepairs_pair *pairs;
    struct piecepairs_link *links;      /* of the lists of places and of pairs */
    struct piecepairs_piece *pieces;
    struct map ids;                     /* (a, b) to pair */
    size_t n_places, n_pairs, n_links, n_pieces, cap_places, cap_pairs, cap_links, cap_pieces;
    uint64_t seed, n_letters;           /* n_letters: places by their words' counts, before any merging */
    double log_n;
    struct pairheap heap;
};

void piecepairs_done(struct piecepairs *v);

/* Know a piece, before it stands in a word. */
MUST_CHECK int piecepairs_add_piece(struct piecepairs *v, uint32_t piece, struct err *err);

/* A word of n pieces that was seen `count` times. */
MUST_CHECK int piecepairs_add_word(struct piecepairs *v, const uint32_t *pieces, size_t n, uint64_t count, struct err *err);

/* After the last word: count the pairs.  seed: for ties. */
MUST_CHECK int piecepairs_start(struct piecepairs *v, uint64_t seed, struct err *err);

/* The pair of the largest gain; false where none is above 0. */
bool piecepairs_best(const struct piecepairs *v, uint32_t *a, uint32_t *b);

/* Make that pair the piece `made`, known or not, wherever its two are neighbours.  Cost: its places, and the pairs that the three
 * pieces stand in. */
MUST_CHECK int piecepairs_merge(struct piecepairs *v, uint32_t made, struct err *err);

#endif
