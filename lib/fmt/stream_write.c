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
    struct run joined, packed;       /* the payload in one piece, for zlib; what zlib made of it */
    struct buf stats;
    size_t fixed_bytes;              /* of a row: fixed values and one offset a ragged column */
    size_t gathered;                 /* bytes of the rows in the block, padding aside */
    uint64_t rows, n_blocks, n_rows;
    size_t raw_bytes;                /* of the payload that is being written */
    uint32_t header_crc, blocks_crc, payload_crc;
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
    mem_free(w->joined.p);
    mem_free(w->packed.p);
    buf_done(&w->stats);
    header_done(&w->header);
    mem_free(w);
}

/* ---- a block ---- */

static int pad(struct run *part, struct err *err)
{
    static const unsigned char zeros[RECORD_ALIGN];
    return run_put(part, zeros, num_round_up(part->n, RECORD_ALIGN) - part->n, err);
}

/* Part 0, 1 or 2 of a column: row offsets, string offsets, values.  NULL where the column has no such part. */
static struct run *column_part(struct stream_writer *w, size_t column, int part)
{
    const struct column *c = &w->header.columns[column];
    struct gather *g = &w->columns[column];
    return part == 0 ? (is_ragged(c) ? &g->offsets : NULL) : part == 1 ? (is_string_list(c) ? &g->string_offsets : NULL) : &g->values;
}

/* Call fn for each part of the payload in order. */
static int each_part(struct stream_writer *w, int (*fn)(struct stream_writer *w, struct run *part, struct err *err), struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->header.n_columns; i++)
        for (int p = 0; rc == 0 && p < 3; p++) {
            struct run *part = column_part(w, i, p);
            if (part)
                rc = fn(w, part, err);
        }
    return rc;
}

static int pad_part(struct stream_writer *w, struct run *part, struct err *err)
{
    int rc = pad(part, err);
    w->raw_bytes += part->n;
    return rc;
}

static int checksum_part(struct stream_writer *w, struct run *part, struct err *err)
{
    (void)err;
    w->payload_crc = crc_update(w->payload_crc, part->p, part->n);
    return 0;
}

static int write_part(struct stream_writer *w, struct run *part, struct err *err)
{
    return output_write(w->out, part->p, part->n, err);
}

static int join_part(struct stream_writer *w, struct run *part, struct err *err)
{
    return run_put(&w->joined, part->p, part->n, err);
}

static int empty_part(struct stream_writer *w, struct run *part, struct err *err)
{
    (void)w;
    (void)err;
    part->n = 0;
    return 0;
}

static int write_head(struct stream_writer *w, struct record *head, struct err *err)
{
    unsigned char bytes[RECORD_BYTES], crc[4];
    record_encode(head, bytes);
    bytes_put_u32(crc, head->crc);
    if (head->tag == RECORD_BLOCK)
        w->blocks_crc = crc_update(w->blocks_crc, crc, sizeof crc);
    return output_write(w->out, bytes, sizeof bytes, err);
}

/* The columns go out as they were gathered: no copy of the payload is made. */
static int write_plain(struct stream_writer *w, struct record *head, struct err *err)
{
    int rc = 0;
    w->payload_crc = 0;
    TRY(each_part(w, checksum_part, err));
    head->stored_bytes = head->raw_bytes;
    head->payload_crc = w->payload_crc;
    TRY(write_head(w, head, err));
    TRY(each_part(w, write_part, err));
out:
    return rc;
}

/* Where zlib does not make the payload smaller it stays as it is. */
static int write_compressed(struct stream_writer *w, struct record *head, struct err *err)
{
    int rc = 0;
    uLongf n = compressBound(head->raw_bytes);
    w->joined.n = 0;
    TRY(each_part(w, join_part, err));
    TRY(mem_reserve(&w->packed.p, &w->packed.cap, n + RECORD_ALIGN, 1, err));
    if (compress2(w->packed.p, &n, w->joined.p, w->joined.n, w->level) != Z_OK)
        return err_set(err, ERR_NOMEM, "zlib could not compress a block");
    if (n >= head->raw_bytes)
        return write_plain(w, head, err);
    head->codec = RECORD_ZLIB;
    head->stored_bytes = (uint32_t)n;
    head->payload_crc = crc_update(0, w->packed.p, n);
    w->packed.n = n;
    TRY(pad(&w->packed, err));
    TRY(write_head(w, head, err));
    TRY(output_write(w->out, w->packed.p, w->packed.n, err));
out:
    return rc;
}

static int flush_block(struct stream_writer *w, struct err *err)
{
    struct record head = {.tag = RECORD_BLOCK, .number = w->n_blocks, .rows = w->rows};
    int rc = 0;
    w->raw_bytes = 0;
    TRY(each_part(w, pad_part, err));
    if (w->raw_bytes > RECORD_BLOCK_MAX)
        return err_set(err, ERR_LIMIT, "a row of %zu bytes: a block holds at most %d", w->raw_bytes, RECORD_BLOCK_MAX);
    head.raw_bytes = (uint32_t)w->raw_bytes;
    TRY(w->level ? write_compressed(w, &head, err) : write_plain(w, &head, err));
    TRY(each_part(w, empty_part, err));
    w->n_blocks++;
    w->n_rows += w->rows;
    w->rows = w->gathered = 0;
out:
    return rc;
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
    int rc = 0;
    struct run text = {0};
    if (w->rows)
        TRY(flush_block(w, err));
    TRY(run_put(&text, w->stats.p ? w->stats.p : "", w->stats.n, err));
    struct record head = {
        .tag = RECORD_END, .number = w->n_blocks, .rows = w->n_rows, .blocks_crc = w->blocks_crc, .header_crc = w->header_crc,
        .raw_bytes = (uint32_t)text.n, .stored_bytes = (uint32_t)text.n, .payload_crc = crc_update(0, text.p, text.n),
    };
    TRY(pad(&text, err));
    TRY(write_head(w, &head, err));
    TRY(output_write(w->out, text.p, text.n, err));
out:
    mem_free(text.p);
    return rc;
}
