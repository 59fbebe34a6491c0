/* vecfile - the vector and neighbour files that users already have, as tables: a header and blocks, as the stream has them.
 *
 * Each format is one struct vecfile_format; the stream is one of them, so a converter is: open a reader, hand its blocks to a
 * writer, end.  Vectors arrive as `id u64, vec T d` with T as in the file; rows of ids (ivecs, ibin, knn, trec) as kind
 * neighbours.  Nothing is converted silently: a column that the target cannot hold is an error that says what can.
 *
 * Foreign formats have no checksum, but most have a size rule (rows x row size).  It is held to the byte, before anything is
 * read where the input's size is known, else at its end; a file that breaks it is named for what it looks like. */
#ifndef VECFILE_H
#define VECFILE_H

#include "fmt/stream.h"

#define VECFILE_UNKNOWN UINT64_MAX      /* a number of rows or bytes that is not known */

enum { VECFILE_HEAD = 128,              /* bytes of the longest header with a count */
       VECFILE_TEXT = 160 };

enum vecfile_kind { VECFILE_AUTO, VECFILE_VECTORS, VECFILE_NEIGHBOURS };

struct vecfile_options {
    const char *from;            /* a format's name; NULL: found out */
    enum vecfile_kind kind;      /* what rows of integers are; AUTO: neighbours in ivecs, ibin and knn, else vectors */
    uint64_t first_id;           /* id of the first row, where the format has none; may be set until the first rows are read */
    bool number_rows;            /* number the rows from first_id also where a text form's own keys are numbers */
    int metric;                  /* enum metric: recorded as @meta metric; -1: not known */
};

struct vecfile_reader {
    const struct vecfile_format *format;
    struct input *in;
    struct vecfile_options options;
    struct header header;        /* valid after open; its programs are those of a stream */
    uint64_t n_rows;             /* as the file's own header or size say, else VECFILE_UNKNOWN */
    uint64_t row;                /* rows handed out so far */
    void *own;                   /* the format's */
    char looks_like[VECFILE_TEXT];      /* for messages about what cannot be read */
};

struct vecfile_writer {
    const struct vecfile_format *format;
    struct output *out;
    const struct header *header; /* the caller's, outlives the writer */
    uint64_t n_rows;             /* as the caller announced, else VECFILE_UNKNOWN */
    uint64_t row;                /* rows taken so far */
    uint64_t last_id;            /* of the last row of neighbours */
    int level;                   /* of a stream's blocks */
    void *own;
};

/* What a format's sniff sees. */
struct vecfile_probe {
    char extension[16];          /* of the name, lower case, ".gz" taken off; "" where there is none */
    const unsigned char *head;   /* the first bytes, up to INPUT_PEEK */
    size_t n_head;
    uint64_t size;               /* of the whole content, else VECFILE_UNKNOWN */
    uint64_t dim;                /* what sniff saw of the shape; 0: nothing */
};

enum vecfile_fit {
    VECFILE_NO,                  /* cannot be this */
    VECFILE_WEAK,                /* nothing speaks against it */
    VECFILE_FITS,                /* the size rule holds */
    VECFILE_SURE                 /* a magic, or a structure that does not come by chance */
};

struct vecfile_format {
    const char *name;            /* of --from and --to */
    const char *extensions;      /* each between blanks: " fbin f32bin " */
    const char *what;            /* "an fbin file" */
    const char *layout;          /* one line for --help */
    enum column_type type;       /* of the values, for the families that differ by it alone */
    bool is_text;                /* the output may go to a terminal */
    enum vecfile_fit (*sniff)(const struct vecfile_format *f, struct vecfile_probe *probe);
    /* Fill in header, n_rows and own.  close frees own, also after a failed open. */
    int (*open)(struct vecfile_reader *r, struct err *err);
    int (*next)(struct vecfile_reader *r, struct block *block, struct err *err);
    void (*close)(struct vecfile_reader *r);
    /* start checks that the header's columns can be written, end completes the output; drop frees own. */
    int (*start)(struct vecfile_writer *w, struct err *err);
    int (*rows)(struct vecfile_writer *w, const struct block *block, size_t first, size_t n, struct err *err);
    int (*end)(struct vecfile_writer *w, struct err *err);
    void (*drop)(struct vecfile_writer *w);
    /* Where the file starts with a count of its rows (vecbody.h): that header, *n bytes, which depend on nothing. */
    int (*head)(unsigned char out[VECFILE_HEAD], size_t *n, enum column_type type, uint64_t rows, size_t dim, struct err *err);
};

extern const struct vecfile_format *const vecfile_formats[];    /* NULL-terminated */
extern const struct vecfile_format vecfile_vps, vecfile_fvecs, vecfile_bvecs, vecfile_ivecs, vecfile_fbin, vecfile_u8bin,
    vecfile_i8bin, vecfile_ibin, vecfile_f16bin, vecfile_f64bin, vecfile_knn, vecfile_npy, vecfile_tsv, vecfile_trec;

/* A format by its name; ERR_USAGE lists the names. */
MUST_CHECK int vecfile_format_find(const char *name, const struct vecfile_format **f, struct err *err);

/* The format that a path's extension names ("x.fbin"); false where it names none. */
bool vecfile_format_by_extension(const char *path, const struct vecfile_format **f);

/* The format to write: by its name, else (NULL) by the extension of a path that may be NULL, else the stream. */
MUST_CHECK int vecfile_format_choose(const char *name, const char *path, const struct vecfile_format **f, struct err *err);

/* A line for each format, its name and layout, for --help, then those of `more`; both end with NULL. */
const char *const *vecfile_help(const char *const *more);

/* The `head` of the formats that start with u32 rows, u32 dimension. */
MUST_CHECK int vecfile_count_head(unsigned char out[VECFILE_HEAD], size_t *n, enum column_type type, uint64_t rows, size_t dim,
                                  struct err *err);

/* ---- reading ---- */

/* Takes the input over: vecfile_reader_close closes it, also after a failed open. */
MUST_CHECK int vecfile_reader_open(struct vecfile_reader *r, struct input *in, const struct vecfile_options *o, struct err *err);
/* The next rows, valid until the next call; block->rows == 0 at the complete end. */
MUST_CHECK int vecfile_reader_next(struct vecfile_reader *r, struct block *block, struct err *err);
void vecfile_reader_close(struct vecfile_reader *r);

/* ---- writing ---- */

/* header: borrowed until vecfile_writer_free.  n_rows: how many will come, VECFILE_UNKNOWN where that is not known: then a
 * header with the count is patched at the end, or, where out cannot be patched (a pipe), the rows wait in a file under TMPDIR.
 * A different number at the end is ERR_DATA.  out stays the caller's. */
MUST_CHECK int vecfile_writer_open(struct vecfile_writer *w, const struct vecfile_format *f, struct output *out,
                                   const struct header *header, uint64_t n_rows, int level, struct err *err);
/* Rows first .. first+n-1 of a block whose columns are the header's. */
MUST_CHECK int vecfile_writer_rows(struct vecfile_writer *w, const struct block *block, size_t first, size_t n, struct err *err);
MUST_CHECK int vecfile_writer_end(struct vecfile_writer *w, struct err *err);
void vecfile_writer_free(struct vecfile_writer *w);      /* not the struct itself */

#endif
