/* vecmatrix - rows of equal length, as most foreign files have them, made into blocks: the part that their readers share.
 *
 * A reader fills `values` with up to `rows` rows of the file's type and asks for the block.  As vectors they are used in place
 * (`id u64, vec T d`); as neighbours each row is one query's ids, nearest first (`id, ef 0, nn, dist?, ndc 0, hops 0`): ids of -1
 * (of all bits set, in unsigned types) at the end of a row are the padding of a short answer and left out. */
#ifndef VECMATRIX_H
#define VECMATRIX_H

#include "fmt/vecfile.h"

enum { VECMATRIX_COLUMNS = 6, VECMATRIX_BLOCK_BYTES = 1 << 20, VECMATRIX_BLOCK_ROWS = 1 << 16 };

struct vecmatrix {
    enum column_type type;
    size_t dim, row_bytes;
    size_t rows;                      /* most in a block */
    unsigned char *values;            /* (rows, dim), 64-byte aligned */
    bool neighbours, has_dist;
    float *dist;                      /* (rows, dim), with has_dist: the reader fills it too */
    uint64_t *ids;                    /* (rows) */
    uint64_t *nn;                     /* (rows * dim) */
    float *nn_dist;                   /* (rows * dim) */
    uint32_t *offsets, *zeros;        /* (rows + 1) */
    struct column_view views[VECMATRIX_COLUMNS];
};

/* Add kind, columns and metas to r->header and make the buffers.  Blocks are cut to about 1 MiB, and to r->n_rows where that is
 * known: memory never exceeds what a valid file of that size needs.  dim outside 1 .. HEADER_MAX_SHAPE is ERR_DATA. */
MUST_CHECK int vecmatrix_init(struct vecmatrix *m, struct vecfile_reader *r, enum column_type type, uint64_t dim, bool neighbours,
                              bool has_dist, struct err *err);
void vecmatrix_done(struct vecmatrix *m);
void vecmatrix_close(struct vecfile_reader *r);     /* done and freed: `close` of a format whose own is a struct vecmatrix */

/* The block of the first n rows of values; r->row is the number of the first.  Vectors of a float type with a NaN or an
 * infinity are ERR_DATA with the row's number. */
MUST_CHECK int vecmatrix_block(struct vecmatrix *m, struct vecfile_reader *r, size_t n, struct block *block, struct err *err);

/* All n_rows were read: is this the input's end?  ERR_DATA otherwise. */
MUST_CHECK int vecmatrix_expect_end(struct vecfile_reader *r, struct err *err);

/* What rows of this type are, by the options: neighbours only for integers of 32 bits and more. */
MUST_CHECK int vecmatrix_kind(const struct vecfile_reader *r, enum column_type type, bool by_default, bool *neighbours,
                              struct err *err);

#endif
