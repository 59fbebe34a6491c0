#include "fmt/vecbody.h"

#include "base/mem.h"
#include "base/num.h"

int vecbody_start(struct vecfile_writer *w, struct err *err)
{
    unsigned char head[VECFILE_HEAD];
    size_t n;
    struct vecbody *b = MEM_NEW(struct vecbody, err);
    int rc = 0;
    if (!b)
        return ERR_NOMEM;
    w->own = b;
    TRY(vecsource_init(&b->source, w, w->format->type, err));
    TRY(w->format->head(head, &n, b->source.type, 0, 1, err));      /* can it hold this type at all? */
out:
    return rc;
}

static int begin(struct vecfile_writer *w, struct err *err)
{
    unsigned char head[VECFILE_HEAD];
    size_t n;
    struct vecbody *b = w->own;
    bool known = w->n_rows != VECFILE_UNKNOWN;
    int rc = 0;
    b->started = true;
    b->at = output_offset(w->out);
    b->patch = !known && output_can_patch(w->out);
    TRY(w->format->head(head, &n, b->source.type, known ? w->n_rows : 0, b->source.dim, err));
    if (!known && !b->patch)
        TRY(spill_open(&b->spill, err));
    else
        TRY(output_write(w->out, head, n, err));
out:
    return rc;
}

int vecbody_append(struct vecfile_writer *w, const void *p, size_t n, struct err *err)
{
    struct vecbody *b = w->own;
    return b->spill ? spill_write(b->spill, p, n, err) : output_write(w->out, p, n, err);
}

int vecbody_rows(struct vecfile_writer *w, const struct block *block, size_t first, size_t n, struct err *err)
{
    struct vecbody *b = w->own;
    const void *values;
    int rc = 0;
    TRY(vecsource_rows(&b->source, w, block, first, n, &values, err));
    if (!b->started)
        TRY(begin(w, err));
    TRY(vecbody_append(w, values, n * b->source.dim * column_type_bytes(b->source.type), err));
out:
    return rc;
}

int vecbody_end(struct vecfile_writer *w, struct err *err)
{
    unsigned char head[VECFILE_HEAD];
    size_t n;
    struct vecbody *b = w->own;
    int rc = 0;
    b->source.dim = num_max_size(b->source.dim, 1);       /* neighbours of no query */
    if (!b->started)
        TRY(begin(w, err));
    TRY(w->format->head(head, &n, b->source.type, w->row, b->source.dim, err));
    if (b->patch)
        TRY(output_patch(w->out, b->at, head, n, err));
    if (b->spill) {
        TRY(output_write(w->out, head, n, err));
        TRY(spill_copy(b->spill, w->out, err));
    }
out:
    return rc;
}

void vecbody_drop(struct vecfile_writer *w)
{
    struct vecbody *b = w->own;
    spill_close(b->spill);
    vecsource_done(&b->source);
    mem_free(b);
}
