#include "text/bm25_source.h"

int bm25_source_open(struct bm25_source *s, const struct bm25_source_options *o, struct err *err)
{
    struct rows *rows = NULL;
    uint64_t n_passages;
    size_t n;
    int rc = 0;
    if (o->index)
        return bm25_file_open(&s->file, o->index, o->load, err);
    TRY(rows_open(&rows, &o->passages, 1, &o->rows, err));
    TRY(output_open_memory(&s->made, err));
    TRY(bm25_build_rows(rows, &o->build, o->progress, s->made, &n_passages, err));
    const void *bytes = output_memory(s->made, &n);
    TRY(bm25_file_open_memory(&s->file, bytes, n, o->passages, MAPFILE_MMAP, err));
out:
    rows_close(rows);
    return rc;
}

void bm25_source_done(struct bm25_source *s)
{
    bm25_file_close(s->file);
    output_free(s->made);
    *s = (struct bm25_source){0};
}
