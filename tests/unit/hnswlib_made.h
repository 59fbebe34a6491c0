/* hnswlib_made - small index files of hnswlib, written by hnswlib_file_write, and where to damage them. */
#ifndef HNSWLIB_MADE_H
#define HNSWLIB_MADE_H

#include "base/bytes.h"
#include "fmt/hnswlibhead.h"
#include "graph/hnswlib_file.h"
#include "graph_made.h"

struct hnswlib_made {
    unsigned char *p;
    size_t n;
    struct hnswlibhead head;
};

static inline struct hnswlib_made hnswlib_made_of(const struct graph *g)
{
    struct err err = {0};
    struct output *out;
    struct hnswlib_made f = {0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(hnswlib_file_write(out, g, &err), &err);
    const void *p = output_memory(out, &f.n);
    f.p = mem_alloc(f.n, 1, &err);
    memcpy(f.p, p, f.n);
    output_free(out);
    f.head = hnswlibhead_get(f.p);
    return f;
}

/* n normal vectors of dimension 5 and M 3, in a few layers. */
static inline struct hnswlib_made hnswlib_made(enum metric metric, size_t n)
{
    struct made made = made_graph(metric, MADE_NORMAL, n, 5, 3, 20, 1);
    struct hnswlib_made f = hnswlib_made_of(&made.g);
    made_done(&made);
    return f;
}

/* Element i: count u16, mark u8, links from byte 4 on, vector, label. */
static inline unsigned char *hnswlib_made_element(const struct hnswlib_made *f, size_t i)
{
    return f->p + HNSWLIBHEAD_BYTES + i * f->head.element_bytes;
}

/* 0 or the error's code; what was read stays in *file for hnswlib_file_done. */
static inline int hnswlib_made_read(struct hnswlib_file *file, const void *p, size_t n, enum metric metric, struct err *err)
{
    struct input *in;
    *err = (struct err){0};
    CHECK_OK(input_open_memory(&in, p, n, "made", err), err);
    int rc = hnswlib_file_read(file, in, metric, err);
    input_close(in);
    return rc;
}

#endif
