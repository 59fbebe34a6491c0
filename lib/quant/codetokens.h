/* codetokens - codes as tokens for language models: MiniOneRec's NAME.index.json. */
#ifndef CODETOKENS_H
#define CODETOKENS_H

#include "quant/codeset.h"

/* Are there so many letters?  ERR_USAGE. */
MUST_CHECK int codetokens_check(size_t letters, struct err *err);

/* JSON as MiniOneRec reads it: an object, row number -> ["<a_12>", "<b_3>"]: a letter for the level, the code + base (0 or 1); a
 * suffix is one more letter with its rank, also counted from `base`.  ERR_USAGE where letters run out, behind z. */
MUST_CHECK int codetokens_write(struct output *out, const struct codeset *s, unsigned base, struct err *err);

/* @meta token_base: what code 0 is called in the tokens that were written of this stream.  -1 where it does not say. */
MUST_CHECK int codetokens_set_base(struct header *h, unsigned base, struct err *err);
MUST_CHECK int codetokens_base(const struct header *h, int *base, struct err *err);

#endif
