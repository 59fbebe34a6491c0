/* vecsource - the one column of a table that a matrix file can hold: `vec` of vectors, `nn` of neighbours, else the only
 * column of numbers beside id.  The writers of fvecs, fbin, npy and their kin take their rows from here. */
#ifndef VECSOURCE_H
#define VECSOURCE_H

#include "fmt/vecfile.h"

struct vecsource {
    int column;
    enum column_type type;        /* of what vecsource_rows gives */
    bool ids;                     /* nn: ragged in the stream, one length in the file */
    size_t dim;                   /* 0 until the first row where it is not known before */
    unsigned char *narrow;        /* ids of 32 bits */
    size_t cap;
};

/* type: what the file holds, COLUMN_STR for any.  ERR_DATA says which format or --dtype would do. */
MUST_CHECK int vecsource_init(struct vecsource *s, const struct vecfile_writer *w, enum column_type type, struct err *err);
void vecsource_done(struct vecsource *s);

/* The values of n rows, (n, dim) end to end; valid until the next call.  Rows of ids must all be of one length and, for 32 bits,
 * below 2^32 - 1: ERR_DATA otherwise. */
MUST_CHECK int vecsource_rows(struct vecsource *s, const struct vecfile_writer *w, const struct block *b, size_t first, size_t n,
                              const void **values, struct err *err);

#endif
