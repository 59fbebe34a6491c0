/* static_foreign - what the files of a static model that others made say of it: model2vec's, and StaticEmbedding of
 * sentence-transformers.
 *
 *     model2vec         config.json: "model_type" model2vec, "normalize", "max_length" (512 where absent); beside it a tokenizer
 *                       and model.safetensors with `embeddings`.  The first max_length ids count, unknown ones left out before.
 *     StaticEmbedding   no config.json; modules.json: a StaticEmbedding, whose folder has a tokenizer and model.safetensors with
 *                       `embedding.weight`, then perhaps Normalize.  All ids count.
 *
 * The special tokens around a text are in neither. */
#ifndef STATIC_FOREIGN_H
#define STATIC_FOREIGN_H

#include "nn/model.h"

struct static_foreign {
    bool is_one;                 /* else the folder is none of these, and nothing else is set */
    char *dir;                   /* of the weights and the tokenizer */
    const char *tensor;          /* the matrix */
    size_t max_ids;              /* 0: any number */
    bool drop_unknown;
};

/* *c: dim and n_rows are 0, for the matrix to say.  Errors: ERR_DATA naming file and member, ERR_IO. */
MUST_CHECK int static_foreign_read(struct static_foreign *f, struct model_config *c, const char *dir, struct err *err);
void static_foreign_done(struct static_foreign *f);

#endif
