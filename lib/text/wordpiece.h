/* wordpiece - BERT's tokenizer: the normal form of text/normal.h, its words and punctuation, each cut into the longest pieces
 * that the vocabulary has, from the left (Devlin et al. 2019; equal to Hugging Face's BertTokenizerFast id for id). */
#ifndef WORDPIECE_H
#define WORDPIECE_H

#include "text/features.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORDPIECE_MAX_VOCAB = 1 << 24, WORDPIECE_MAX_WORD = 100 };   /* pieces; code points of a word, longer ones are [UNK] */

struct wordpiece;

/* Read vocab.txt: one piece a line, its id the line's number from 0; pieces that go on a word start with "##".  normal_steps:
 * text/normal.h.  [UNK] must be there.  Errors: ERR_DATA naming file and line. */
MUST_CHECK int wordpiece_open(struct wordpiece **w, const char *path, int normal_steps, struct err *err);
void wordpiece_close(struct wordpiece *w);

size_t wordpiece_n(const struct wordpiece *w);     /* pieces in the vocabulary */
const char *wordpiece_piece(const struct wordpiece *w, size_t id, size_t *n);

/* The id of a piece, as it stands in the file; false where there is none. */
bool wordpiece_id(const struct wordpiece *w, const char *piece, size_t n, uint32_t *id);

/* Append the ids of a text, without [CLS] and [SEP] around it.  [PAD], [UNK], [CLS], [SEP] and [MASK] that stand in the text
 * are those tokens, as in Hugging Face's tokenizers. */
MUST_CHECK int wordpiece_append(const struct wordpiece *w, const char *text, size_t n, struct features *f, struct err *err);

#endif
