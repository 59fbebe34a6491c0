/* tokenizer - a model folder's tokenizer, whichever it has: texts to ids, equal to Hugging Face's id for id.
 *
 * In a folder is taken, of what is there, the first of
 *     tokenizer.json              WordPiece as BERT's, or Unigram as XLM-RoBERTa's (text/tokenjson.h says what of it is known)
 *     sentencepiece.bpe.model     Unigram by sentencepiece's own rules, which differ in rare texts (text/sentencepiece.h)
 *     vocab.txt                   WordPiece; do_lower_case (true), strip_accents (as it) and tokenize_chinese_chars (true) of
 *                                 tokenizer_config.json */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include "base/fingerprint.h"
#include "text/added.h"
#include "text/metaspace.h"
#include "text/sentencepiece.h"
#include "text/wordpiece.h"

enum { TOKENIZER_MAX_AROUND = 16, TOKENIZER_MAX_BYTES = 1 << 26 };    /* ids on one side; of a file */

struct tokenizer {
    enum tokenizer_kind { TOKENIZER_WORDPIECE, TOKENIZER_METASPACE, TOKENIZER_SENTENCEPIECE } kind;
    struct wordpiece *wordpiece;
    struct metaspace metaspace;
    struct sentencepiece sentencepiece;
    struct added raw, normal;           /* tokens looked for in the text as it is, and in its normal form */
    uint32_t before[TOKENIZER_MAX_AROUND], after[TOKENIZER_MAX_AROUND];
    size_t n_before, n_after;           /* ids that an encoder wants around a text: [CLS] and [SEP] */
    size_t n;                           /* 1 + the largest id */
    size_t max_length;                  /* tokens that the folder declares as the most, those around included; 0: none */
    struct fingerprint digest;          /* of what ids depend on: the file's bytes; pieces and steps of a vocab.txt */
};

/* Open what the folder has.  Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT naming the file, and ERR_DATA where there is none.
 * Memory is at most a fixed multiple of the file's size. */
MUST_CHECK int tokenizer_open(struct tokenizer *t, const char *dir, struct err *err);

/* Open a vocab.txt by its path, whatever lies beside it. */
MUST_CHECK int tokenizer_open_vocab(struct tokenizer *t, const char *path, int normal_steps, struct err *err);
void tokenizer_close(struct tokenizer *t);

/* Does the folder have a tokenizer.json or a sentencepiece.bpe.model? */
bool tokenizer_is_in(const char *dir);

/* Append the ids of a text, without any around it; special tokens in the text are those tokens, but with sentencepiece. */
MUST_CHECK int tokenizer_append(const struct tokenizer *t, const char *text, size_t n, struct features *f, struct err *err);

/* Set f to the ids of a text with those around it, at most max_length (0: any number): then what is behind is cut off and *cut
 * set.  ERR_USAGE where max_length has no room for those around. */
MUST_CHECK int tokenizer_encode(const struct tokenizer *t, const char *text, size_t n, size_t max_length, struct features *f,
                                bool *cut, struct err *err);

#endif
