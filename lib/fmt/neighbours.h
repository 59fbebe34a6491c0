/* neighbours - streams of kind `neighbours`: one row for each query and ef, by query then ef (formats/vps.md §7).
 *     id u64, key? str, ef u32, nn u64 *, dist? f32 *, nnkey? str *, ndc u32, hops u32, ndc_code? u32,
 *     time_ns? u64 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "fmt/stream.h"
#include "vec/metric.h"

enum { NEIGHBOURS_MAX_MORE = 16 };

struct neighbours_row {
    uint64_t id;
    struct text key;              /* p NULL where the stream has no keys */
    uint32_t ef;                  /* 0: exact search */
    size_t n;                     /* neighbours, nearest first: (dist, id) ascending */
    const uint64_t *nn;           /* (n) */
    const float *dist;            /* (n) or NULL: an imported list of ids */
    const struct text *nnkeys;    /* (n) or NULL */
    uint32_t ndc, hops;           /* distance computations, nodes expanded */
    uint32_t ndc_code;            /* of ndc, estimates from codes; only where has_code */
    uint64_t time_ns;             /* only where has_time */
    const struct cell *more;      /* (n_more) of columns that the caller added behind these; not read */
    size_t n_more;                /* <= NEIGHBOURS_MAX_MORE */
};

struct neighbours_options {
    bool has_key, has_nnkey, has_code, has_time;
    bool lacks_dist, lacks_metric;   /* only of imported neighbours */
    enum metric metric;
    uint64_t k;                      /* 0: not known (imported) */
};

/* Fill in kind, columns and the metas metric and k; the caller adds other metas and its program. */
MUST_CHECK int neighbours_header(struct header *h, const struct neighbours_options *o, struct err *err);

struct neighbours_writer {
    struct stream_writer *stream;
    struct neighbours_options options;
};
MUST_CHECK int neighbours_write(struct neighbours_writer *w, const struct neighbours_row *row, struct err *err);

struct neighbours_reader;
MUST_CHECK int neighbours_reader_open(struct neighbours_reader **r, struct input *in, struct err *err);   /* takes in over */
void neighbours_reader_close(struct neighbours_reader *r);
const struct header *neighbours_reader_header(const struct neighbours_reader *r);
const struct neighbours_options *neighbours_reader_options(const struct neighbours_reader *r);
/* A `@stat`; of several streams that follow each other, NULL: one's time is not that of all. */
const char *neighbours_reader_stat(const struct neighbours_reader *r, const char *key);
/* *row is NULL at the end, else valid until the next call. */
MUST_CHECK int neighbours_reader_next(struct neighbours_reader *r, const struct neighbours_row **row, struct err *err);

#endif
