/* features - what a text is made of, as rows of an embedding matrix: a growing list of row numbers, in the order of the text. */
#ifndef FEATURES_H
#define FEATURES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include <stdint.h>

struct features {
    uint32_t *at;            /* (n), repetitions kept */
    size_t n, cap;
    struct buf normal;       /* scratch: the normalised text */
    struct buf words;        /* scratch: its words, as a Unigram tokenizer writes them */
    struct features_node *lattice;    /* scratch of text/unigram.h */
    size_t lattice_cap;
};

static inline void features_done(struct features *f)
{
    mem_free(f->at);
    buf_done(&f->normal);
    buf_done(&f->words);
    mem_free(f->lattice);
    *f = (struct features){0};
}

MUST_CHECK static inline int features_add(struct features *f, uint32_t row, struct err *err)
{
    int rc = f->n < f->cap ? 0 : mem_reserve(&f->at, &f->cap, f->n + 1, sizeof *f->at, err);
    if (rc == 0)
        f->at[f->n++] = row;
    return rc;
}

#endif
