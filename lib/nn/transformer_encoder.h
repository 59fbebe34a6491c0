/* transformer_encoder - texts to vectors by a BERT or XLM-RoBERTa folder: tokenizer, transformer, pooling.
 *
 * Texts are cut off at a number of tokens, those around it included, and go through the transformer in batches of a few hundred
 * tokens, in their order: without padding, sorting them by length would win nothing. */
#ifndef TRANSFORMER_ENCODER_H
#define TRANSFORMER_ENCODER_H

#include "base/fingerprint.h"
#include "fmt/stream.h"
#include "nn/transformer.h"
#include "text/tokenizer.h"

struct transformer_encoder {
    struct transformer_config config;
    struct checkpoint weights;
    struct tokenizer tokenizer;
    struct transformer transformer;
    size_t max_tokens;                     /* of a text */
};

/* pool: enum transformer_pool, or -1 for the folder's.  max_tokens: 0 for the folder's; ERR_USAGE beyond its positions.
 * Errors: ERR_DATA, ... naming file and reason: of tokenizer, weights and JSON files; a tokenizer whose ids the embedding matrix
 * has no rows for.  Cost: all weights are read and packed, layers in parallel. */
MUST_CHECK int transformer_encoder_open(struct transformer_encoder *e, const char *dir, int pool, size_t max_tokens,
                                        enum linear_type type, int n_threads, struct err *err);
void transformer_encoder_close(struct transformer_encoder *e);

/* The same without packing the weights: enough for transformer_encoder_space, not to encode. */
MUST_CHECK int transformer_encoder_read(struct transformer_encoder *e, const char *dir, int pool, size_t max_tokens,
                                        struct err *err);

/* The digest of what vectors depend on, but for the prefix and the number of tokens, which may differ between queries and
 * passages.  Cost: all weights are read, about 10 GB/s. */
void transformer_encoder_space(const struct transformer_encoder *e, char space[FINGERPRINT_TEXT]);

/* A thread's own memory. */
struct transformer_encoder_scratch {
    struct transformer_scratch transformer;
    struct features features;              /* of one text */
    uint32_t *ids;
    size_t *lengths;
    size_t n_ids, ids_cap, lengths_cap;
};
void transformer_encoder_scratch_init(struct transformer_encoder_scratch *s, const struct transformer_encoder *e);
void transformer_encoder_scratch_done(struct transformer_encoder_scratch *s);

/* What becomes of a batch: tokens (n_texts) and the states of all their tokens, end to end.  Valid until the next call. */
typedef int transformer_encoder_fn(void *ctx, size_t first_text, size_t n_texts, const size_t *lengths, const uint32_t *ids,
                                   const float *hidden, struct err *err);

struct transformer_encoder_counts {
    uint64_t tokens, cut;                  /* tokens in all; texts that were cut off */
};

/* Encode n texts, prefixes included, and hand each batch's states over.  counts are added to. */
MUST_CHECK int transformer_encoder_run(const struct transformer_encoder *e, struct transformer_encoder_scratch *s,
                                       const struct text *texts, size_t n, transformer_encoder_fn *fn, void *ctx,
                                       struct transformer_encoder_counts *counts, struct err *err);

#endif
