/* transformer_config - what the JSON files of a BERT or XLM-RoBERTa model folder say of it.
 *
 * config.json                        the network: "model_type" bert, dpr (a BERT whose first token is the vector, without a
 *                                    projection: Karpukhin et al., 2020) or xlm-roberta, and its sizes
 * modules.json, 1_Pooling            sentence-transformers' steps behind it: one Pooling, then perhaps Normalize.  Anything
 *                                    else (Dense and other layers, poolings side by side, paths outside) is refused
 * sentence_bert_config.json          "max_seq_length"; "do_lower_case": true is refused: that is the tokenizer's to say
 * tokenizer_config.json              "model_max_length", where that says nothing
 * config_sentence_transformers.json  "prompts": of a query "query", of a passage the first there is of "document", "passage" and
 *                                    "corpus", as sentence-transformers chooses.  An empty one says nothing: its versions from 5
 *                                    on write empty ones for every model
 *
 * All but config.json may be absent.  Every mismatch names the file and the member. */
#ifndef TRANSFORMER_CONFIG_H
#define TRANSFORMER_CONFIG_H

#include "nn/model.h"

enum transformer_kind { TRANSFORMER_BERT, TRANSFORMER_XLM_ROBERTA };
enum transformer_act { TRANSFORMER_GELU, TRANSFORMER_GELU_TANH, TRANSFORMER_RELU };
enum transformer_pool { TRANSFORMER_MEAN, TRANSFORMER_CLS, TRANSFORMER_MAX };

/* "mean", "cls", "max", NULL: by enum transformer_pool. */
extern const char *const transformer_pools[];

struct transformer_config {
    enum transformer_kind kind;
    size_t dim;                     /* hidden_size */
    size_t n_layers;
    size_t n_heads;                 /* divides dim */
    size_t inner;                   /* intermediate_size */
    size_t n_rows;                  /* vocab_size */
    size_t n_positions;             /* max_position_embeddings: rows of that table */
    size_t first_position;          /* row of a text's first token: 0; pad_token_id + 1 for XLM-RoBERTa */
    size_t n_types;                 /* type_vocab_size */
    enum transformer_act act;
    float norm_eps;                 /* layer_norm_eps */

    enum transformer_pool pool;
    bool pool_declared;             /* there is a modules.json; else pool is mean, sentence-transformers' default; dpr's is cls */
    bool normalise;
    size_t max_tokens;              /* of a text, those around it included: what the files say, and never beyond n_positions */
    char *prefix[MODEL_N_ROLES];    /* NULL: no file declares one */
};

/* Is this a folder for transformer_config_read?  *yes where a config.json says one of the three.  Errors: ERR_DATA, ERR_IO. */
MUST_CHECK int transformer_config_is(const char *dir, bool *yes, struct err *err);

/* Errors: ERR_DATA, ERR_IO. */
MUST_CHECK int transformer_config_read(struct transformer_config *c, const char *dir, struct err *err);
void transformer_config_done(struct transformer_config *c);

#endif
