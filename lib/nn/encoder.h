/* encoder - texts to vectors by whatever model a folder holds, in a role.
 *
 * Two towers: DIR/query and DIR/passage are model folders, and the role chooses one; else DIR is the model of both roles and the
 * role chooses the prefix that the folder declares for it, or where it declares none that of model-get's table, where that has
 * the model (nn/modeltable.h).  A folder that needs a role refuses to go without. */
#ifndef ENCODER_H
#define ENCODER_H

#include "base/arena.h"
#include "fmt/header.h"
#include "fmt/stream.h"
#include "nn/model.h"

struct encoder_options {
    int role;                    /* enum model_role, or -1 where none was given */
    const char *prefix;          /* instead of the role's; NULL: the role's; "upstream": see encoder_open */
    int pool;                    /* enum transformer_pool, or -1 for the folder's */
    int compute;                 /* enum linear_type: what products are computed in; static models only add */
    size_t max_tokens;           /* of a text; 0: the folder's */
    size_t dim;                  /* leading dimensions that are kept (Matryoshka), then normalised again; 0: all */
    int n_threads;               /* for opening */
};

struct encoder;

/* dir: a folder, or the name of a model that model-get fetched (nn/model_home.h).
 * Prefix "upstream" is the rule of the course that this project's experiments follow: where dir, lower-cased, has "bge" or "e5"
 * in it, "query: " and "passage: " by role; else none.  Errors: those of the model's files; ERR_USAGE where the model has no use
 * for an option, or needs a role. */
MUST_CHECK int encoder_open(struct encoder **e, const char *dir, const struct encoder_options *o, struct err *err);
void encoder_close(struct encoder *e);

size_t encoder_dim(const struct encoder *e);                 /* of the vectors that come out */
const char *encoder_prefix(const struct encoder *e);         /* what is put before each text; "" for nothing */
bool encoder_is_without_prefix(const struct encoder *e);     /* a role was given, and the folder declares nothing for it */
size_t encoder_max_tokens(const struct encoder *e);          /* 0: any number */
size_t encoder_batch_bytes(const struct encoder *e);         /* of text: enough for one call of a thread */

/* Set what the stream says of its vectors: space, normalised, pooling, role and prefix (DESIGN: spaces and roles). */
MUST_CHECK int encoder_describe(const struct encoder *e, struct header *h, struct err *err);

/* A worker's own memory. */
struct encoder_scratch;
MUST_CHECK int encoder_scratch_new(struct encoder_scratch **s, const struct encoder *e, struct err *err);
void encoder_scratch_free(struct encoder_scratch *s);

struct encoder_counts {
    uint64_t tokens, cut;        /* tokens in all; texts that were cut off at max_tokens */
};

/* out (n, dim): the vectors of n texts, prefixes included by the caller.  some (n): false where a text has no vector (nothing in
 * it that the model knows); its row is then zero.  counts are added to.  ERR_DATA where a vector is not finite. */
MUST_CHECK int encoder_encode(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n, float *out,
                              bool *some, struct encoder_counts *counts, struct err *err);

/* The same without pooling: the vectors of a text's tokens, those around it included, as the last layer has them. */
struct encoder_tokens {
    const uint32_t *ids;         /* (n) */
    const float *vectors;        /* (n, dim) */
    size_t n;
};
/* out (n), in arena.  ERR_USAGE for a static model. */
MUST_CHECK int encoder_tokens(const struct encoder *e, struct encoder_scratch *s, const struct text *texts, size_t n,
                              struct arena *arena, struct encoder_tokens *out, struct encoder_counts *counts, struct err *err);

#endif
