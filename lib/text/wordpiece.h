/* wordpiece - BERT's tokenizer: the normal form of text/normal.h, its words and punctuation, each cut into the longest pieces
 * that the vocabulary has, from the left (Devlin et al. 2019; equal to Hugging Face's BertTokenizerFast id for id). */
#ifndef WORDPIECE_H
#define WORDPIECE_H

#include "text/features.h"
#include "text/trie.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORDPIECE_MAX_WORD = 100 };     /* code points of a word, longer ones are unknown */

struct wordpiece;

struct wordpiece_spec {
    struct trie_key *pieces;    /* (n) with their ids as values, as they stand in the file; sorted by the call */
    size_t n;
    const char *unknown;        /* which of them stands for words that cannot be cut: must be there */
    const char *goes_on;        /* what pieces start with that go on a word: "##" */
    size_t max_word;            /* WORDPIECE_MAX_WORD */
    int normal_steps;           /* text/normal.h */
};

/* From pieces; nothing of the spec is kept.  Errors: ERR_DATA, ERR_LIMIT; *bad (may be NULL) is then the id of a piece that is
 * wrong, or UINT32_MAX. */
MUST_CHECK int wordpiece_new(struct wordpiece **w, const struct wordpiece_spec *spec, uint32_t *bad, struct err *err);

/* Read vocab.txt: one piece a line, its id the line's number from 0; pieces that go on a word start with "##".  normal_steps:
 * text/normal.h.  [UNK] must be there.  Errors: ERR_DATA naming file and line. */
MUST_CHECK int wordpiece_open(struct wordpiece **w, const char *path, int normal_steps, struct err *err);
void wordpiece_close(struct wordpiece *w);

size_t wordpiece_n(const struct wordpiece *w);     /* 1 + the largest id */

/* The piece of an id, as it stands in a vocab.txt; NULL where the pieces came otherwise. */
const char *wordpiece_piece(const struct wordpiece *w, size_t id, size_t *n);

/* The id of a piece, as it stands in the file; false where there is none. */
bool wordpiece_id(const struct wordpiece *w, const char *piece, size_t n, uint32_t *id);
uint32_t wordpiece_unknown(const struct wordpiece *w);

/* Append the normal form of a text to out, and the ids of what is in normal form. */
MUST_CHECK int wordpiece_normalise(const struct wordpiece *w, struct buf *out, const char *p, size_t n, struct err *err);
MUST_CHECK int wordpiece_append(const struct wordpiece *w, const char *normal, size_t n, struct features *f, struct err *err);

#endif
