/* unigram - a text as the pieces whose scores (log probabilities) add up to the most (Kudo 2018, "Subword Regularization"), by
 * Viterbi over the positions of the text.  As sentencepiece's EncodeOptimized and Hugging Face's Unigram: at each position the
 * first best predecessor stays, a character that is no piece by itself scores 10 less than the worst piece, and unknown
 * characters in a row are one unknown piece. */
#ifndef UNIGRAM_H
#define UNIGRAM_H

#include "text/features.h"
#include "text/trie.h"

#include <stdbool.h>

struct unigram_piece {
    const char *p;
    uint32_t n, id;
    double score;               /* finite */
};

struct unigram {
    struct trie trie;
    double *scores;             /* (n), by id */
    size_t n;                   /* 1 + the largest id of a piece */
    uint32_t unknown;
    double unknown_score;
    bool single;                /* sums are rounded to f32, as sentencepiece does, not f64 as Hugging Face does: ties differ */
    bool by_bytes;              /* unknown characters are the pieces of their bytes */
    uint32_t bytes[256];
};

/* From n pieces that texts can be cut into, whose ids are below n_ids; nothing of them is kept.  worst: the score that unknown
 * characters are measured by.  The caller sets single, by_bytes and bytes.  Errors: trie_build. */
MUST_CHECK int unigram_open(struct unigram *u, const struct unigram_piece *pieces, size_t n, size_t n_ids, uint32_t unknown,
                            double worst, struct err *err);
void unigram_done(struct unigram *u);

/* Append the ids of p, which is normalised, has its blanks written as U+2581 and is cut up by itself.  f->lattice is scratch:
 * 16 bytes for each byte of p.  Cost: for each character as many steps as the longest piece there has bytes. */
MUST_CHECK int unigram_append(const struct unigram *u, const char *p, size_t n, struct features *f, struct err *err);

#endif
