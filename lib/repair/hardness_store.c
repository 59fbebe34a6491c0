#include "repair/hardness_store.h"
#include "base/mem.h"
#include "sys/input.h"

enum { FLUSH = 1 << 20 };

int hardness_store_open(struct hardness_store *s, size_t dim, size_t n_cells, size_t k, bool has_key, struct err *err)
{
    int rc = 0;
    *s = (struct hardness_store){.dim = dim, .n_cells = n_cells, .k = k, .has_key = has_key};
    TRY(spill_open(&s->spill, err));
    TRY_NEW(s->row.vec, MEM_ARRAY(float, dim, err));
    TRY_NEW(s->row.cells, MEM_ARRAY(float, n_cells, err));
    TRY_NEW(s->row.nodes, MEM_ARRAY(uint32_t, k, err));
out:
    return rc;
}

void hardness_store_close(struct hardness_store *s)
{
    input_close(s->in);
    spill_close(s->spill);
    buf_done(&s->record);
    mem_free(s->row.vec);
    mem_free(s->row.cells);
    mem_free(s->row.nodes);
    mem_free(s->key);
    *s = (struct hardness_store){0};
}

static int flush(struct hardness_store *s, struct err *err)
{
    int rc = s->record.n ? spill_write(s->spill, s->record.p, s->record.n, err) : 0;
    buf_clear(&s->record);
    return rc;
}

int hardness_store_put(struct hardness_store *s, const struct hardness_row *row, struct err *err)
{
    int rc = 0;
    uint64_t n_key = row->key.n;
    TRY(buf_put(&s->record, &row->id, sizeof row->id, err));
    TRY(buf_put(&s->record, &n_key, sizeof n_key, err));
    TRY(buf_put(&s->record, row->vec, s->dim * sizeof *row->vec, err));
    TRY(buf_put(&s->record, row->cells, s->n_cells * sizeof *row->cells, err));
    TRY(buf_put(&s->record, row->nodes, s->k * sizeof *row->nodes, err));
    if (n_key > 0)
        TRY(buf_put(&s->record, row->key.p, row->key.n, err));
    if (s->record.n >= FLUSH)
        TRY(flush(s, err));
out:
    return rc;
}

int hardness_store_rewind(struct hardness_store *s, struct err *err)
{
    int rc = flush(s, err);
    input_close(s->in);
    s->in = NULL;
    return rc ? rc : input_open(&s->in, spill_path(s->spill), err);
}

static int take(struct hardness_store *s, void *p, size_t n, struct err *err)
{
    size_t got;
    int rc = input_read(s->in, p, n, &got, err);
    return rc ? rc : got == n ? 0 : err_set(err, ERR_IO, "a temporary file ends too early");
}

int hardness_store_next(struct hardness_store *s, const struct hardness_row **row, struct err *err)
{
    int rc = 0;
    uint64_t n_key;
    TRY(take(s, &s->row.id, sizeof s->row.id, err));
    TRY(take(s, &n_key, sizeof n_key, err));
    TRY(take(s, s->row.vec, s->dim * sizeof *s->row.vec, err));
    TRY(take(s, s->row.cells, s->n_cells * sizeof *s->row.cells, err));
    TRY(take(s, s->row.nodes, s->k * sizeof *s->row.nodes, err));
    TRY(mem_reserve(&s->key, &s->cap_key, (size_t)n_key + 1, 1, err));
    TRY(take(s, s->key, (size_t)n_key, err));
    s->row.key = (struct text){s->has_key ? s->key : NULL, (size_t)n_key};
    *row = &s->row;
out:
    return rc;
}
