/* attention - softmax(Q K^T / sqrt(head_dim)) V for each head of one sequence (Vaswani et al., 2017, section 3.2).
 *
 * For each head, keys and values are packed once as panels of rowops.h; then blocks of a few queries (rowops' rows) run against
 * all of them: products into a row of scores per query, softmax over those rows while they are in the cache, products with the
 * values.  Memory: a block of score rows, never a score for each pair.  The division by the softmax's sum comes last, on head_dim
 * values instead of n.
 *
 * With bf16, queries, keys, values and the weights between 0 and 1 are rounded to bf16 and sums are in f32; on a CPU without such
 * products the rounded numbers go through f32. */
#ifndef ATTENTION_H
#define ATTENTION_H

#include "base/err.h"
#include "nn/rowops.h"

#include <stdbool.h>

struct attention {
    const struct rowops *ops;
    size_t heads, head_dim;
    bool bf16;
    size_t room;                   /* tokens of a sequence that the scratch below is for */
    void *queries, *keys, *values, *weights;
    float *scores, *sums;
};

/* Scratch of one thread, empty. */
void attention_init(struct attention *a, const struct rowops *ops, size_t heads, size_t head_dim, bool bf16);
void attention_done(struct attention *a);

/* A token's query, already divided by sqrt(head_dim), key and value, each (heads * head_dim), as attention_run reads them. */
size_t attention_row_bytes(const struct attention *a);
void attention_take(const struct attention *a, void *row, float *qkv);       /* qkv is scratch afterwards */

/* rows: of n tokens, attention_row_bytes after each other.  out (n, heads * head_dim).
 * Cost: 4 n^2 heads head_dim floating-point operations.  ERR_NOMEM. */
MUST_CHECK int attention_run(struct attention *a, const void *rows, size_t n, float *out, struct err *err);

#endif
