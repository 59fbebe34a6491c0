/* checkpoint - the tensors of a model folder by name, whatever file holds them.
 *
 * Sources, the first that is there: model.safetensors; model.safetensors.index.json with its shards; pytorch_model.bin.  The
 * index names files of the folder only, and each tensor lies in the shard that it says, and in no other.
 *
 * Names are the encoder's own.  What checkpoints put before them goes ("0.auto_model.", "bert.", "roberta.", DPR's
 * "question_encoder.bert_model." and "ctx_encoder.bert_model."), and LayerNorm's "gamma" and "beta" of models that came from
 * TensorFlow are "weight" and "bias" (bert-base-uncased has both).  Two tensors that get the same name are refused. */
#ifndef CHECKPOINT_H
#define CHECKPOINT_H

#include "nn/safetensors.h"

enum { CHECKPOINT_MAX_SHARDS = 1024 };

struct checkpoint_entry {
    char *name;                       /* "encoder.layer.0.attention.self.query.weight" */
    const struct tensor *tensor;      /* its name is that of the file */
    const char *file;                 /* path, for messages */
};

struct checkpoint {
    char *dir;
    struct checkpoint_entry *entries; /* sorted by name */
    size_t n_entries;
    struct checkpoint_file *files;
    size_t n_files;
};

/* Open the weights of a model folder.  Tensors' bytes are in place in the mapped files until checkpoint_close.
 * Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT naming file and tensor, ERR_IO (no weights in the folder too). */
MUST_CHECK int checkpoint_open(struct checkpoint *c, const char *dir, enum mapfile_load load, struct err *err);
void checkpoint_close(struct checkpoint *c);

/* NULL where there is none.  O(log n). */
const struct tensor *checkpoint_find(const struct checkpoint *c, const char *name);

/* A tensor that must be there, of this shape.  ERR_DATA names the file, the tensor, the shape expected and the one found. */
MUST_CHECK int checkpoint_need(const struct checkpoint *c, const char *name, size_t n_dims, const size_t *shape,
                               const struct tensor **tensor, struct err *err);

#endif
