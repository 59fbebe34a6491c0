/* tokenjson - Hugging Face's tokenizer.json and tokenizer_config.json, as far as BERT's and XLM-RoBERTa's kin go:
 *     model            WordPiece | Unigram
 *     normalizer       BertNormalizer (clean_text on) | Precompiled, Strip, Replace " {2,}" by " " or U+2581, in a Sequence
 *     pre_tokenizer    BertPreTokenizer | WhitespaceSplit, Metaspace, in a Sequence
 *     post_processor   TemplateProcessing | BertProcessing | RobertaProcessing
 *     added_tokens, truncation
 * Whatever else changes ids is refused, not passed over. */
#ifndef TOKENJSON_H
#define TOKENJSON_H

#include "text/tokenizer.h"

/* Fill *t, which is zeroed but for its digest, from the n bytes of a tokenizer.json.  After a failure the caller closes it.
 * Errors: ERR_DATA, ERR_LIMIT naming the member. */
MUST_CHECK int tokenjson_read(struct tokenizer *t, const char *text, size_t n, struct err *err);

/* Append a whole file, of at most TOKENIZER_MAX_BYTES, .gz too. */
MUST_CHECK int tokenjson_load(struct buf *b, const char *path, struct err *err);

/* What DIR/tokenizer_config.json says of the steps of text/normal.h, and of the most tokens; both stay where it is absent or
 * does not say. */
MUST_CHECK int tokenjson_config(const char *dir, int *normal_steps, size_t *max_length, struct err *err);

#endif
