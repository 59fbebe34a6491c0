/* tablemap - columns of a table chosen, put in order, and the vectors' numbers changed to another type. */
#ifndef TABLEMAP_H
#define TABLEMAP_H

#include "fmt/stream.h"

struct tablemap {
    struct header header;         /* of what comes out; without programs */
    size_t *from;                 /* (header.n_columns) which column of the input */
    int typed;                    /* the output's column that is converted, -1: none */
    enum column_type old_type;
    void *values;                 /* converted */
    size_t cap;
    struct column_view *views;    /* (header.n_columns) */
};

/* columns, dtype: as in struct vecconvert; dtype changes the column vec. */
MUST_CHECK int tablemap_init(struct tablemap *m, const struct header *in, const char *columns, int dtype, struct err *err);
void tablemap_done(struct tablemap *m);

/* Rows first .. first+n-1 of `in` as rows *out_first .. of `out`; valid until the next call. */
MUST_CHECK int tablemap_rows(struct tablemap *m, const struct block *in, size_t first, size_t n, struct block *out,
                             size_t *out_first, struct err *err);

#endif
