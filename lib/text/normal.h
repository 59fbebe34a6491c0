/* normal - text as BERT's basic tokenizer wants it (Devlin et al. 2019, tokenization.py; as Hugging Face BertNormalizer):
 *     1. NUL, U+FFFD and control characters are dropped, every white space becomes U+0020
 *     2. NORMAL_CJK: a blank on both sides of each Han ideograph, so that each is a word
 *     3. NORMAL_STRIP: canonical decomposition (NFD), then non-spacing marks are dropped
 *     4. NORMAL_LOWER: lower case, character by character (a final sigma is a sigma)
 * and the words of such text: what white space and punctuation part, each punctuation character being a word of its own. */
#ifndef NORMAL_H
#define NORMAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { NORMAL_CJK = 1, NORMAL_STRIP = 2, NORMAL_LOWER = 4 };
enum { NORMAL_UNCASED = NORMAL_CJK | NORMAL_STRIP | NORMAL_LOWER };

/* Append the normal form of p (n bytes; what is not UTF-8 is dropped) to out. */
MUST_CHECK int normal_append(struct buf *out, const char *p, size_t n, int steps, struct err *err);

/* Unicode's property White_Space. */
bool normal_is_space(uint32_t c);

/* The next word of normalised text at or behind *at: [start, *at).  False at the end.  *punctuation: is it one such character? */
bool normal_word(const char *p, size_t n, size_t *at, size_t *start, bool *punctuation);

#endif
