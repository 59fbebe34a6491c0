/* npyhead - the header of a NumPy array file: "\x93NUMPY", version, length, and a Python dictionary
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (1000, 128), }
 * padded with blanks and an LF to a multiple of 64 bytes.  Versions 1, 2 and 3 are read, 1 is written. */
#ifndef NPYHEAD_H
#define NPYHEAD_H

#include "fmt/vecfile.h"

#define NPYHEAD_MAGIC "\x93NUMPY"
enum { NPYHEAD_MAX = 64 << 10 };

struct npyhead {
    enum column_type type;
    bool swap;                  /* values are big endian */
    bool fortran;               /* column by column */
    uint64_t shape[8];
    size_t n_dims;
};

/* The dictionary's text.  Objects, structures and types that no column can hold are ERR_DATA. */
MUST_CHECK int npyhead_parse(struct npyhead *h, const char *text, size_t n, struct err *err);

/* A complete header, of 128 bytes whatever the numbers, so that it can be replaced in place: `head` of struct vecfile_format. */
MUST_CHECK int npyhead_format(unsigned char out[VECFILE_HEAD], size_t *n, enum column_type type, uint64_t rows, size_t dim,
                              struct err *err);

#endif
