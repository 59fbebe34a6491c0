/* header - what a stream says of itself: kind, columns, meta, programs.  The text form and every rule: formats/vps.md §4. */
#ifndef HEADER_H
#define HEADER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum column_type {
    COLUMN_F32, COLUMN_F16, COLUMN_BF16, COLUMN_F64, COLUMN_I8, COLUMN_U8, COLUMN_U16, COLUMN_U32, COLUMN_U64,
    COLUMN_I32, COLUMN_I64, COLUMN_STR
};
enum { COLUMN_RAGGED = 0 };                    /* the shape written `*` */
enum {
    HEADER_MAX_COLUMNS = 256, HEADER_MAX_NAME = 63, HEADER_MAX_SHAPE = 1 << 20,
    HEADER_MAX_TEXT = 1 << 20, HEADER_MAX_METAS = 1024, HEADER_MAX_PROGRAMS = 1024, HEADER_MAX_PARENTS = 64
};

struct column {
    char name[HEADER_MAX_NAME + 1];
    enum column_type type;
    uint32_t shape;                            /* values a row; COLUMN_RAGGED: any number */
};

struct meta {
    char *key, *value;
};

struct header_program {                        /* its number is its place in the list */
    char *name, *version, *command;
    uint32_t parents[HEADER_MAX_PARENTS];      /* each less than its own number */
    size_t n_parents;
};

struct header {
    char kind[HEADER_MAX_NAME + 1];
    struct column *columns;
    size_t n_columns, cap_columns;
    struct meta *metas;                        /* sorted by key */
    size_t n_metas, cap_metas;
    struct header_program *programs;           /* parents before children; the last one wrote the stream */
    size_t n_programs, cap_programs;
};

size_t column_type_bytes(enum column_type type);          /* of one value; 1 for str */
const char *column_type_name(enum column_type type);
int column_type_parse(const char *name);                  /* enum column_type or -1 */

/* Build.  A header starts as {0} and is freed by header_done. */
MUST_CHECK int header_set_kind(struct header *h, const char *kind, struct err *err);
MUST_CHECK int header_add_column(struct header *h, const char *name, enum column_type type, uint32_t shape, struct err *err);
MUST_CHECK int header_set_meta(struct header *h, const char *key, const char *value, struct err *err);   /* NULL removes */
MUST_CHECK int header_copy_metas(struct header *h, const struct header *from, struct err *err);
void header_done(struct header *h);

/* Is it a name as kinds, columns, meta keys and programs have: [a-z][a-z0-9_.-]*, at most HEADER_MAX_NAME bytes? */
MUST_CHECK int header_check_name(const char *what, const char *name, struct err *err);

/* Look up.  -1 or NULL where absent. */
int header_column(const struct header *h, const char *name);
const char *header_meta(const struct header *h, const char *key);

/* Append the program that writes this stream.  parents: the headers of its inputs; their programs are taken over first (records
 * that are equal, with equal ancestors, once), and the last program of each becomes a parent. */
MUST_CHECK int header_add_program(struct header *h, const char *name, const char *version, const char *command,
                                  const struct header *const *parents, size_t n_parents, struct err *err);

/* Text form, and back.  Parsing checks every rule of the specification and names the line. */
MUST_CHECK int header_format(const struct header *h, struct buf *text, struct err *err);
MUST_CHECK int header_parse(struct header *h, const char *text, size_t n, struct err *err);

/* Append text as values and commands stand in the text form: \\ \n \t \r, and \xHH for other controls and for bytes that are not
 * UTF-8. */
MUST_CHECK int header_escape(struct buf *out, const char *text, size_t n, struct err *err);

/* A deep copy by way of the text, so a header that a reader would refuse cannot be copied either. */
MUST_CHECK int header_copy(struct header *to, const struct header *from, struct err *err);

/* The same @kind, every @column and every @meta?  Otherwise ERR_DATA saying the first difference: what may be concatenated. */
MUST_CHECK int header_same(const struct header *a, const struct header *b, struct err *err);

#endif
