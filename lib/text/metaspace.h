/* metaspace - Unigram as a tokenizer.json has it: Precompiled and what may follow it, words that start with U+2581 instead of a
 * blank, each cut into pieces by itself.  As Hugging Face's tokenizers 0.23. */
#ifndef METASPACE_H
#define METASPACE_H

#include "text/charmap.h"
#include "text/unigram.h"

#define METASPACE_MARK "\xE2\x96\x81"       /* U+2581, stands for a blank */

enum metaspace_prepend { METASPACE_ALWAYS, METASPACE_FIRST, METASPACE_NEVER };

struct metaspace {
    struct unigram unigram;
    struct charmap charmap;
    bool mapped;                    /* is there a charmap? */
    bool strip_left, strip_right;   /* white space of each part of the text between added tokens */
    bool squeeze;                   /* blanks in a row are one */
    bool split_white;               /* words end at all white space, which is dropped (WhitespaceSplit) */
    bool whole;                     /* a part is cut into pieces as one, not word by word */
    enum metaspace_prepend prepend; /* a mark before words without one: all, the first of the text, none */
};

void metaspace_done(struct metaspace *m);

/* Append the normal form of a part of a text to out. */
MUST_CHECK int metaspace_normalise(const struct metaspace *m, struct buf *out, const char *p, size_t n, struct err *err);

/* Append the ids of a part that is normalised and lies outside f->words; first: the text starts with it. */
MUST_CHECK int metaspace_append(const struct metaspace *m, const char *p, size_t n, bool first, struct features *f,
                                struct err *err);

#endif
