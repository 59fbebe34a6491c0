/* sentencepiece - a Unigram model as sentencepiece itself uses it, read from the sentencepiece.bpe.model of XLM-RoBERTa and its
 * kin (BGE-M3, multilingual-e5).  The file: sentencepiece_model.proto of its source; the text: src/normalizer.cc.
 *
 * Ids are Hugging Face's of that model, not the file's: <s> 0, <pad> 1, </s> 2, <unk> 3, piece i from 3 on is i + 1, <mask> comes
 * last.  Special tokens in the text are text. */
#ifndef SENTENCEPIECE_H
#define SENTENCEPIECE_H

#include "text/charmap.h"
#include "text/unigram.h"

enum { SENTENCEPIECE_BOS = 0, SENTENCEPIECE_EOS = 2, SENTENCEPIECE_UNKNOWN = 3 };

struct sentencepiece {
    struct unigram unigram;
    struct charmap charmap;
    bool mapped;                /* is there a charmap? */
    bool dummy_prefix;          /* a blank before the text */
    bool squeeze;               /* no blanks at both ends, one at a time between */
    size_t n;                   /* 1 + the largest id: that of <mask> */
};

/* From the n bytes of a file.  Errors: ERR_TRUNCATED, ERR_DATA, ERR_LIMIT saying what and where; models that are not Unigram,
 * have user-defined pieces or other special ones than XLM-RoBERTa's are refused. */
MUST_CHECK int sentencepiece_open(struct sentencepiece *s, const void *bytes, size_t n, struct err *err);
void sentencepiece_done(struct sentencepiece *s);

/* Append the ids of a text. */
MUST_CHECK int sentencepiece_append(const struct sentencepiece *s, const char *p, size_t n, struct features *f, struct err *err);

#endif
