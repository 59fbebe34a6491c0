/* transformer - BERT (Devlin et al., 2018) and XLM-RoBERTa (Conneau et al., 2020), forward: token ids to hidden states.
 *
 *     x = LayerNorm(word[id] + position[p] + type[0])
 *     each layer:  x = LayerNorm(x + Attention(x) Wo + bo);  x = LayerNorm(x + act(x W1 + b1) W2 + b2)
 *
 * Sequences lie end to end in one matrix, without padding: products run over the tokens of all of them, in tiles of LINEAR_ROWS
 * rows, attention over each alone.  Between attention and the next layer a tile goes through all products while it is in L2.
 * One thread runs a batch.  What a row becomes depends on its sequence, and by the last bits of sums on the batch around it (some
 * of oneDNN's kernels add in another order for another number of rows), never on threads. */
#ifndef TRANSFORMER_H
#define TRANSFORMER_H

#include "nn/attention.h"
#include "nn/checkpoint.h"
#include "nn/linear.h"
#include "nn/transformer_config.h"

struct transformer {
    struct transformer_config config;            /* borrowed parts stay the caller's */
    const struct rowops *ops;
    enum linear_type type;
    const struct tensor *words, *positions;      /* (n_rows, dim), (n_positions, dim): in the checkpoint */
    float *token_type;                           /* (dim) row 0 */
    struct rowops_norm norm;
    struct transformer_layer *layers;            /* (n_layers) */
};

/* Take the weights of config from an open checkpoint, which must outlive t, and pack them for products of that type.  Errors:
 * ERR_DATA naming file, tensor and reason (missing, of another shape, of a type that is no float, not finite). */
MUST_CHECK int transformer_init(struct transformer *t, const struct transformer_config *config, const struct checkpoint *c,
                                enum linear_type type, int n_threads, struct err *err);
void transformer_done(struct transformer *t);

/* A thread's own memory; it grows with the longest batch. */
struct transformer_scratch {
    struct attention attention;
    size_t room;                                 /* tokens */
    float *x, *context, *tile, *wide;
    void *qkv;
    struct linear_input input;
};
void transformer_scratch_init(struct transformer_scratch *s, const struct transformer *t);
void transformer_scratch_done(struct transformer_scratch *s);

/* A batch: n_texts sequences of ids, end to end; lengths (n_texts), each 1 to config.n_positions - first_position; ids below
 * n_rows.  *hidden (total, dim): the states behind n_layers layers (0: the embeddings), in scratch until the next call. */
MUST_CHECK int transformer_run(const struct transformer *t, struct transformer_scratch *s, const uint32_t *ids,
                               const size_t *lengths, size_t n_texts, size_t n_layers, const float **hidden, struct err *err);

#endif
