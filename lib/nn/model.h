/* model - a model folder in Hugging Face layout: config.json, model.safetensors, and a tokenizer where the features are its
 * pieces.  The format: formats/model.md. */
#ifndef MODEL_H
#define MODEL_H

#include "base/err.h"
#include "text/ngrams.h"

#include <stdbool.h>

enum model_role { MODEL_QUERY, MODEL_PASSAGE, MODEL_N_ROLES };
enum model_features { MODEL_NGRAMS, MODEL_WORDPIECE, MODEL_TOKENIZER };
enum { MODEL_MAX_DIM = 1 << 16 };

struct model_config {
    size_t dim;                          /* hidden_size */
    size_t n_rows;                       /* vocab_size: rows of the embedding matrix */
    enum model_features features;
    struct ngrams ngrams;                /* MODEL_NGRAMS; buckets = n_rows */
    int normal_steps;                    /* MODEL_WORDPIECE: what of text/normal.h its tokenizer does */
    bool normalise;
    char *prefix[MODEL_N_ROLES];         /* never NULL once read */
    char *space;                         /* declared digest of a pair of towers, or NULL */
};

/* "query", "passage"; "query" for MODEL_QUERY. */
extern const char *const model_roles[];

/* Read DIR/config.json.  Errors: ERR_DATA naming file and member, ERR_IO. */
MUST_CHECK int model_config_read(struct model_config *c, const char *dir, struct err *err);
void model_config_done(struct model_config *c);

/* Write DIR/config.json into an existing folder. */
MUST_CHECK int model_config_write(const struct model_config *c, const char *dir, struct err *err);

/* path = dir/name; ERR_USAGE where it is longer than size. */
MUST_CHECK int model_path(char *path, size_t size, const char *dir, const char *name, struct err *err);

#endif
