/* vecconvert - tables of any known format into one of any other: some rows, some columns, another type of number.
 *
 *     readers -> rows (vecselect) -> columns -> dtype -> writer
 *
 * Several inputs are one table when their kinds, columns and metas agree; ids of rows without an own id count on.
 * Memory is that of a block, except where a format forbids it (knn, Fortran-ordered npy).  A sample or a shard needs the number
 * of rows first: from the files' headers or sizes or n_rows; else files are read twice, and a pipe waits in a file under
 * TMPDIR. */
#ifndef VECCONVERT_H
#define VECCONVERT_H

#include "fmt/vecfile.h"
#include "fmt/vecselect.h"

struct vecconvert {
    const char *const *paths;     /* (n_paths), "-" is stdin; at least one */
    size_t n_paths;
    struct input *first;          /* the first path's input where it is open already, taken over; else NULL */
    struct vecfile_options in;
    struct vecselect_options rows;
    uint64_t expect_rows;         /* of the whole input; VECFILE_UNKNOWN: not said */
    const char *columns;          /* names with commas between; NULL: all.  id stays, first, where it is not named */
    int dtype;                    /* enum column_type of the vectors; -1: as they are */
    const struct vecfile_format *to;
    int level;                    /* of a stream's blocks */
    const char *program, *version, *command;      /* for provenance; program NULL: none is written, nor that of the inputs */
    void (*progress)(uint64_t rows, uint64_t total);      /* NULL: not told; total VECFILE_UNKNOWN: not known */
};

/* Convert into out, which stays the caller's (and is not committed). */
MUST_CHECK int vecconvert_run(const struct vecconvert *c, struct output *out, struct err *err);

#endif
