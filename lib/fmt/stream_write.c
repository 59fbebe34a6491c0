/* Writing: rows are gathered column by column, a full block goes out as one record.  formats/vps.md §5.
 * Where a block ends follows from the rows alone, never from how they arrive. */
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/record.h"

#include <string.h>
#include <zlib.h>

struct run {                         /* a growing array; its bytes end with room for padding */
    unsigned char *p;
    size_t n, cap;                   /* bytes */
};

struct gather {                      /* one column of the block in the making */
    struct run offsets, string_offsets, values;
};

struct stream_writer {
    struct output *out;
    struct header header;
    struct gather *columns;          /* (n_columns) */
    struct run payload, packed;
    struct buf stats;
    size_t fixed_bytes;              /* of a row: fixed values and one offset a ragged column */
    size_t gathered;                 /* bytes of the rows in the block, padding aside */
    uint64_t rows, n_blocks, n_rows;
    uint32_t header_crc, blocks_crc;
    int level;
};

static bool is_ragged(const struct column *c)
{
    return c->shape == COLUMN_RAGGED || c->type == COLUMN_STR;
}

static bool is_string_list(const struct column *c)
{
    return c->shape == COLUMN_RAGGED && c->type == COLUMN_STR;
}

static int run_put(struct run *r, const void *p, size_t n, struct err *err)
{
    int rc = mem_reserve(&r->p, &r->cap, r->n + n, 1, err);
    if (rc)
        return rc;
    if (n)
        memcpy(r->p + r->n, p, n);
    r->n += n;
    return 0;
}

static int run_put_u32(struct run *r, uint32_t x, struct err *err)
{
    return run_put(r, &x, sizeof x, err);
}

static int write_header(struct stream_writer *w, struct err *err)
{
    struct buf text = {0};
    unsigned char *bytes = NULL;
    int rc = 0;
    TRY(header_format(&w->header, &text, err));
    size_t n = num_round_up(RECORD_PREAMBLE + text.n + 4, RECORD_ALIGN);
    TRY_NEW(bytes, MEM_ZARRAY(unsigned char, n, err));
    memcpy(bytes, record_magic, sizeof record_magic);
    bytes_put_u16(bytes + 8, RECORD_VERSION);
    bytes_put_u32(bytes + 12, (uint32_t)text.n);
    memcpy(bytes + RECORD_PREAMBLE, text.p, text.n);
    w->header_crc = crc_update(0, bytes, n - 4);
    bytes_put_u32(bytes + n - 4, w->header_crc);
    TRY(output_write(w->out, bytes, n, err));
out:
    mem_free(bytes);
    buf_done(&text);
    return rc;
}

int stream_writer_open(struct stream_writer **out, struct output *to, const struct header *header, int level, struct err *err)
{
    int rc = 0;
    struct stream_writer *w;
    *out = NULL;
    TRY_NEW(w, MEM_NEW(struct stream_writer, err));
    w->out = to;
    w->level = level;
    TRY(header_copy(&w->header, header, err));     /* refuses what a reader would */
    TRY_NEW(w->columns, MEM_ZARRAY(struct gather, w->header.n_columns, err));
    for (size_t i = 0; i < w->header.n_columns; i++) {
        const struct column *c = &w->header.columns[i];
        w->fixed_bytes += is_ragged(c) ? sizeof(uint32_t) : c->shape * column_type_bytes(c->type);
    }
    TRY(write_header(w, err));
    *out = w;
    w = NULL;
out:
    stream_writer_free(w);
    return rc;
}

void stream_writer_free(struct stream_writer *w)
{
    if (!w)
        return;
    for (size_t i = 0; w->columns && i < w->header.n_columns; i++) {
        mem_free(w->columns[i].offsets.p);
        mem_free(w->columns[i].string_offsets.p);
        mem_free(w->columns[i].values.p);
    }
    mem_free(w->columns);
    mem_free(w->payload.p);
    mem_free(w->packed.p);
    buf_done(&w->stats);
    header_done(&w->header);
    mem_free(w);
}

/* ---- a block ---- */

/* Append a part of a column to the payload, padded. */
static int put_part(struct run *payload, struct run *part, struct err *err)
{
    static const unsigned char zeros[RECORD_ALIGN];
    int rc = run_put(payload, part->p, part->n, err);
    part->n = 0;
    return rc ? rc : run_put(payload, zeros, num_round_up(payload->n, RECORD_ALIGN) - payload->n, err);
}

static int assemble(struct stream_writer *w, struct err *err)
{
    int rc = 0;
    w->payload.n = 0;
    for (size_t i = 0; rc == 0 && i < w->header.n_columns; i++) {
        const struct column *c = &w->header.columns[i];
        struct gather *g = &w->columns[i];
        if (is_ragged(c))
            rc = put_part(&w->payload, &g->offsets, err);
        if (rc == 0 && is_string_list(c))
            rc = put_part(&w->payload, &g->string_offsets, err);
        if (rc == 0)
            rc = put_part(&w->payload, &g->values, err);
    }
    if (rc == 0 && w->payload.n > RECORD_BLOCK_MAX)
        rc = err_set(err, ERR_LIMIT, "a row of %zu bytes: a block holds at most %d", w->payload.n, RECORD_BLOCK_MAX);
    return rc;
}

/* Compress the payload; where that does not make it smaller it stays as it is. */
static int compress_block(struct stream_writer *w, struct record *head, const struct run **stored, struct err *err)
{
    *stored = &w->payload;
    if (w->level == 0)
        return 0;
    uLongf n = compressBound(w->payload.n);
    int rc = mem_reserve(&w->packed.p, &w->packed.cap, n, 1, err);
    if (rc)
        return rc;
    if (compress2(w->packed.p, &n, w->payload.p, w->payload.n, w->level) != Z_OK)
        return err_set(err, ERR_NOMEM, "zlib could not compress a block");
    if (n < w->payload.n) {
        w->packed.n = n;
        *stored = &w->packed;
        head->codec = RECORD_ZLIB;
    }
    return 0;
}

static int write_record(struct stream_writer *w, struct record *head, const void *payload, struct err *err)
{
    static const unsigned char zeros[RECORD_ALIGN];
    unsigned char bytes[RECORD_BYTES];
    size_t n = head->stored_bytes;
    head->payload_crc = crc_update(0, payload, n);
    record_encode(head, bytes);
    int rc = output_write(w->out, bytes, sizeof bytes, err);
    if (rc == 0)
        rc = output_write(w->out, payload, n, err);
    if (rc == 0)
        rc = output_write(w->out, zeros, num_round_up(n, RECORD_ALIGN) - n, err);
    return rc;
}

static int flush_block(struct stream_writer *w, struct err *err)
{
    const struct run *stored;
    unsigned char crc[4];
    struct record head = {.tag = RECORD_BLOCK, .number = w->n_blocks, .rows = w->rows};
    int rc = assemble(w, err);
    if (rc || (rc = compress_block(w, &head, &stored, err)) != 0)
        return rc;
    head.raw_bytes = (uint32_t)w->payload.n;
    head.stored_bytes = (uint32_t)stored->n;
    if ((rc = write_record(w, &head, stored->p, err)) != 0)
        return rc;
    bytes_put_u32(crc, head.crc);
    w->blocks_crc = crc_update(w->blocks_crc, crc, sizeof crc);
    w->n_blocks++;
    w->n_rows += w->rows;
    w->rows = w->gathered = 0;
    return 0;
}

/* ---- rows ---- */

static int row_bytes(const struct stream_writer *w, const struct cell *cells, size_t *bytes, struct err *err)
{
    size_t total = w->fixed_bytes;
    for (size_t i = 0; i < w->header.n_columns; i++) {
        const struct column *c = &w->header.columns[i];
        const struct text *strings = cells[i].values;
        if (!is_ragged(c)) {
            if (cells[i].n != c->shape)
                return err_set(err, ERR_INTERNAL, "column %s takes %u values a row, not %zu", c->name, c->shape, cells[i].n);
            continue;
        }
        if (cells[i].n > RECORD_BLOCK_MAX)
            return err_set(err, ERR_LIMIT, "column %s: %zu values in one row; a block holds at most %d bytes", c->name, cells[i].n, RECORD_BLOCK_MAX);
        total += cells[i].n * (is_string_list(c) ? sizeof(uint32_t) : column_type_bytes(c->type));
        for (size_t j = 0; is_string_list(c) && j < cells[i].n; j++)
            total += num_min_size(strings[j].n, RECORD_BLOCK_MAX);      /* at most 2^26 strings: no overflow */
    }
    if (total > RECORD_BLOCK_MAX)
        return err_set(err, ERR_LIMIT, "a row of %zu bytes; a block holds at most %d", total, RECORD_BLOCK_MAX);
    *bytes = total;
    return 0;
}

static int put_cell(struct gather *g, const struct column *c, const struct cell *cell, bool first, struct err *err)
{
    size_t size = column_type_bytes(c->type);
    int rc = 0;
    if (!is_ragged(c))
        return run_put(&g->values, cell->values, c->shape * size, err);
    if (first) {
        TRY(run_put_u32(&g->offsets, 0, err));
        if (is_string_list(c))
            TRY(run_put_u32(&g->string_offsets, 0, err));
    }
    if (is_string_list(c)) {
        const struct text *strings = cell->values;
        for (size_t i = 0; i < cell->n; i++) {
            TRY(run_put(&g->values, strings[i].p, strings[i].n, err));
            TRY(run_put_u32(&g->string_offsets, (uint32_t)g->values.n, err));
        }
        TRY(run_put_u32(&g->offsets, (uint32_t)(g->string_offsets.n / 4 - 1), err));
    } else {
        TRY(run_put(&g->values, cell->values, cell->n * size, err));
        TRY(run_put_u32(&g->offsets, (uint32_t)(g->values.n / size), err));
    }
out:
    return rc;
}

int stream_writer_row(struct stream_writer *w, const struct cell *cells, struct err *err)
{
    size_t bytes = 0;
    int rc = row_bytes(w, cells, &bytes, err);
    if (rc)
        return rc;
    if (w->rows > 0 && w->gathered + bytes > RECORD_BLOCK_TARGET && (rc = flush_block(w, err)) != 0)
        return rc;
    for (size_t i = 0; i < w->header.n_columns; i++)
        if ((rc = put_cell(&w->columns[i], &w->header.columns[i], &cells[i], w->rows == 0, err)) != 0)
            return rc;
    w->rows++;
    w->gathered += bytes;
    return 0;
}

/* ---- the end ---- */

int stream_writer_stat(struct stream_writer *w, const char *key, const char *value, struct err *err)
{
    int rc = header_check_name("stat", key, err);
    if (rc == 0 && strchr(value, '\n'))
        rc = err_set(err, ERR_INTERNAL, "stat %s: a line feed in its value", key);
    return rc ? rc : buf_printf(&w->stats, err, "@stat %s %s\n", key, value);
}

int stream_writer_end(struct stream_writer *w, struct err *err)
{
    int rc = w->rows ? flush_block(w, err) : 0;
    if (rc)
        return rc;
    struct record head = {
        .tag = RECORD_END, .number = w->n_blocks, .rows = w->n_rows, .blocks_crc = w->blocks_crc, .header_crc = w->header_crc,
        .raw_bytes = (uint32_t)w->stats.n, .stored_bytes = (uint32_t)w->stats.n,
    };
    return write_record(w, &head, w->stats.p ? w->stats.p : "", err);
}
