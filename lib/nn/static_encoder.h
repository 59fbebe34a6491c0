/* static_encoder - a text as the mean of one embedding row for each of its features, normalised.  No context, no order: the
 * baseline of every encoder, and as fast as memory hands out rows.
 *
 * Rows are summed in the order of the features, in f32, each dimension by itself, so the bits depend neither on threads nor on
 * vector width. */
#ifndef STATIC_ENCODER_H
#define STATIC_ENCODER_H

#include "base/fingerprint.h"
#include "fmt/stream.h"
#include "nn/model.h"
#include "nn/safetensors.h"
#include "nn/static_foreign.h"
#include "text/tokenizer.h"

struct static_encoder {
    struct model_config config;
    struct static_foreign foreign;  /* dir NULL: a folder of ours */
    struct safetensors weights;
    struct tokenizer tokenizer;     /* not open for n-grams */
    const float *rows;              /* (n_rows, dim): the matrix, in place where it is aligned F32 */
    float *widened;
    char space[FINGERPRINT_TEXT];
};

/* Open a model folder, ours or one of static_foreign.h.  The weights are checked to be finite.  Cost: one pass over them. */
MUST_CHECK int static_encoder_open(struct static_encoder *e, const char *dir, struct err *err);
void static_encoder_close(struct static_encoder *e);

/* out (dim): the vector of a text.  False where it has no feature, or its rows sum to zero. */
MUST_CHECK int static_encoder_encode(const struct static_encoder *e, struct features *scratch, struct text text, float *out,
                                     bool *some, struct err *err);

/* Make a model folder: c's config, rows uniform in [-a, a) with a = sqrt(3 / dim), so that a row's expected length is 1; value
 * i of the matrix is a function of (seed, i) alone.  A folder that holds a tokenizer (tokenizer.json, sentencepiece.bpe.model or
 * vocab.txt) is completed: c gets its features and a row for each id, model.safetensors and then config.json appear beside what
 * is there; after a failure neither is left.  ERR_IO where the folder has one of them, or exists without a tokenizer; ERR_DATA
 * for a bad one. */
MUST_CHECK int static_encoder_create(struct model_config *c, const char *dir, uint64_t seed, int n_threads, struct err *err);

/* The same with a new folder and the n bytes of a vocab.txt, of n_pieces lines, which is written into it: c gets WordPiece
 * features and a row for each piece. */
MUST_CHECK int static_encoder_create_vocab(struct model_config *c, const char *dir, const char *vocab, size_t n, size_t n_pieces,
                                           uint64_t seed, int n_threads, struct err *err);

#endif
