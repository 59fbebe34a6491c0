/* fuzz - what the fuzz targets share.  A target is a function LLVMFuzzerTestOneInput of one file NAME_fuzz.c: `make fuzz` links
 * it with clang's libFuzzer, `make check` with replay.c, which gives it the files of tests/fuzz/corpus and formats/golden.
 *
 * Any bytes may be refused.  What is accepted must be consistent: all of it can be touched, written as a stream and read back. */
#ifndef FUZZ_H
#define FUZZ_H

#include "fmt/vecfile.h"
#include "sys/input.h"
#include "vec/metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : (fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond), abort()))

/* Content that is refused, or more than there is memory for; nothing else may go wrong. */
static inline int fuzz_refused(int rc, const struct err *err)
{
    if (rc != 0 && rc != ERR_DATA && rc != ERR_TRUNCATED && rc != ERR_LIMIT && rc != ERR_USAGE)
        fprintf(stderr, "code %d: %s\n", rc, err->msg);
    FUZZ_CHECK(rc == 0 || rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT || rc == ERR_USAGE);
    return rc != 0;
}

static inline struct input *fuzz_input(const void *data, size_t size)
{
    struct err err = {0};
    struct input *in = NULL;
    FUZZ_CHECK(input_open_memory(&in, data, size, "fuzz", &err) == 0);
    return in;
}

/* Every byte of a block, so that ASan sees what lies outside. */
static inline void fuzz_touch(const struct header *h, const struct block *b)
{
    static volatile uint64_t sum;
    for (size_t c = 0; c < h->n_columns; c++) {
        const struct column_view *v = &b->columns[c];
        size_t n = b->rows * h->columns[c].shape;
        if (v->offsets)
            n = v->offsets[b->rows];
        if (v->string_offsets)
            n = v->string_offsets[n];
        for (size_t i = 0; i < n * column_type_bytes(h->columns[c].type); i++)
            sum += ((const unsigned char *)v->values)[i];
    }
}

/* Read a table of a format, NULL for what it looks like; where all of it is accepted, it goes through a stream and comes out with
 * as many rows. */
static inline void fuzz_vecfile(const char *from, const void *data, size_t size)
{
    struct err err = {0};
    struct vecfile_reader r;
    struct vecfile_writer w = {0};
    struct vecfile_options o = {.from = from, .metric = METRIC_L2};
    struct output *out = NULL;
    struct block b;
    uint64_t rows = 0, again = 0;
    size_t n;
    int rc = vecfile_reader_open(&r, fuzz_input(data, size), &o, &err);
    if (!fuzz_refused(rc, &err)) {
        FUZZ_CHECK(output_open_memory(&out, &err) == 0);
        FUZZ_CHECK(vecfile_writer_open(&w, &vecfile_vps, out, &r.header, VECFILE_UNKNOWN, 0, &err) == 0);
        while ((rc = vecfile_reader_next(&r, &b, &err)) == 0 && b.rows > 0) {
            fuzz_touch(&r.header, &b);
            rows += b.rows;
            FUZZ_CHECK(vecfile_writer_rows(&w, &b, 0, b.rows, &err) == 0);
        }
        if (!fuzz_refused(rc, &err)) {
            struct stream_reader *s;
            FUZZ_CHECK(vecfile_writer_end(&w, &err) == 0);
            const void *p = output_memory(out, &n);
            FUZZ_CHECK(stream_reader_open(&s, fuzz_input(p, n), &err) == 0);
            do {
                FUZZ_CHECK(stream_reader_next(s, &b, &err) == 0);
                again += b.rows;
            } while (b.rows > 0);
            FUZZ_CHECK(rows == again);
            stream_reader_close(s);
        }
        vecfile_writer_free(&w);
        output_free(out);
    }
    vecfile_reader_close(&r);
}

#endif
