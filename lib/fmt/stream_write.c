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

struct part {                        /* of a payload, in the order of the bytes, without its padding */
    const void *p;
    size_t n;
};

struct stream_writer {
    struct output *out;
    struct header header;
    struct gather *columns;          /* (n_columns) */
    struct part *parts;              /* (3 * n_columns) */
    struct cell *cells;              /* (n_columns) */
    struct text *strings;            /* of one cell each, end to end */
    size_t cap_strings;
    struct run payload, packed;
    struct buf stats;
    size_t fixed_bytes;              /* of a row: fixed values and one offset a ragged column */
    size_t gathered;                 /* bytes of the rows in the block, padding aside */
    uint64_t rows, n_blocks, n_rows;
    uint32_t header_crc, blocks_crc;
    int level;
    bool all_fixed;                  /* no column is ragged */
};

static const unsigned char zeros[RECORD_ALIGN];

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
    TRY_NEW(w->parts, MEM_ZARRAY(struct part, 3 * w->header.n_columns, err));
    TRY_NEW(w->cells, MEM_ZARRAY(struct cell, w->header.n_columns, err));
    w->all_fixed = true;
    for (size_t i = 0; i < w->header.n_columns; i++) {
        const struct column *c = &w->header.columns[i];
        w->fixed_bytes += is_ragged(c) ? sizeof(uint32_t) : c->shape * column_type_bytes(c->type);
        w->all_fixed = w->all_fixed && !is_ragged(c);
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
    mem_free(w->parts);
    mem_free(w->cells);
    mem_free(w->strings);
    mem_free(w->payload.p);
    mem_free(w->packed.p);
    buf_done(&w->stats);
    header_done(&w->header);
    mem_free(w);
}

/* ---- a block ---- */

static size_t padding_of(size_t n)
{
    return num_round_up(n, RECORD_ALIGN) - n;
}

/* The gathered columns as parts; returns how many. */
static size_t list_parts(struct stream_writer *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->header.n_columns; i++) {
        const struct column *c = &w->header.columns[i];
        const struct gather *g = &w->columns[i];
        if (is_ragged(c))
            w->parts[n++] = (struct part){g->offsets.p, g->offsets.n};
        if (is_string_list(c))
            w->parts[n++] = (struct part){g->string_offsets.p, g->string_offsets.n};
        w->parts[n++] = (struct part){g->values.p, g->values.n};
    }
    return n;
}

/* Compress the parts into w->packed; *smaller tells whether that was of use. */
static int compress_parts(struct stream_writer *w, size_t n_parts, size_t raw_bytes, bool *smaller, struct err *err)
{
    int rc = 0;
    uLongf n = compressBound(raw_bytes);
    w->payload.n = 0;
    for (size_t i = 0; i < n_parts; i++) {
        TRY(run_put(&w->payload, w->parts[i].p, w->parts[i].n, err));
        TRY(run_put(&w->payload, zeros, padding_of(w->parts[i].n), err));
    }
    TRY(mem_reserve(&w->packed.p, &w->packed.cap, n, 1, err));
    if (compress2(w->packed.p, &n, w->payload.p, w->payload.n, w->level) != Z_OK)
        rc = err_set(err, ERR_NOMEM, "zlib could not compress a block");
    w->packed.n = n;
    *smaller = n < raw_bytes;
out:
    return rc;
}

/* A head and what it heads, each part padded; the CRC of an only part excludes its padding (that of the record). */
static int write_record(struct stream_writer *w, struct record *head, const struct part *parts, size_t n_parts, struct err *err)
{
    unsigned char bytes[RECORD_BYTES];
    uint32_t crc = 0;
    size_t left = head->stored_bytes;
    for (size_t i = 0; i < n_parts; i++) {
        crc = crc_update(crc, parts[i].p, parts[i].n);
        left -= parts[i].n;
        size_t padding = num_min_size(padding_of(parts[i].n), left);
        crc = crc_update(crc, zeros, padding);
        left -= padding;
    }
    head->payload_crc = crc;
    record_encode(head, bytes);
    int rc = output_write(w->out, bytes, sizeof bytes, err);
    for (size_t i = 0; rc == 0 && i < n_parts; i++) {
        rc = output_write(w->out, parts[i].p, parts[i].n, err);
        if (rc == 0)
            rc = output_write(w->out, zeros, padding_of(parts[i].n), err);
    }
    return rc;
}

/* A block of the first n_parts of w->parts. */
static int write_block(struct stream_writer *w, size_t n_parts, uint64_t rows, struct err *err)
{
    struct record head = {.tag = RECORD_BLOCK, .number = w->n_blocks, .rows = rows};
    unsigned char crc[4];
    size_t raw = 0;
    bool smaller = false;
    int rc = 0;
    for (size_t i = 0; i < n_parts; i++)
        raw += num_round_up(w->parts[i].n, RECORD_ALIGN);
    if (raw > RECORD_BLOCK_MAX)
        return err_set(err, ERR_LIMIT, "a row of %zu bytes: a block holds at most %d", raw, RECORD_BLOCK_MAX);
    if (w->level > 0)
        TRY(compress_parts(w, n_parts, raw, &smaller, err));
    head.raw_bytes = (uint32_t)raw;
    head.stored_bytes = (uint32_t)(smaller ? w->packed.n : raw);
    head.codec = smaller ? RECORD_ZLIB : RECORD_PLAIN;
    struct part packed = {w->packed.p, w->packed.n};
    TRY(write_record(w, &head, smaller ? &packed : w->parts, smaller ? 1 : n_parts, err));
    bytes_put_u32(crc, head.crc);
    w->blocks_crc = crc_update(w->blocks_crc, crc, sizeof crc);
    w->n_blocks++;
    w->n_rows += rows;
out:
    return rc;
}

static int flush_block(struct stream_writer *w, struct err *err)
{
    int rc = write_block(w, list_parts(w), w->rows, err);
    for (size_t i = 0; i < w->header.n_columns; i++)
        w->columns[i].offsets.n = w->columns[i].string_offsets.n = w->columns[i].values.n = 0;
    w->rows = w->gathered = 0;
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
            return err_set(err, ERR_LIMIT, "column %s: %zu values in one row; a block holds at most %d bytes", c->name,
                           cells[i].n, RECORD_BLOCK_MAX);
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

/* Rows of fixed columns only. */
static int put_fixed(struct stream_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    const size_t most = num_max_size(1, RECORD_BLOCK_TARGET / num_max_size(w->fixed_bytes, 1));
    int rc = 0;
    if (w->fixed_bytes > RECORD_BLOCK_MAX)
        return err_set(err, ERR_LIMIT, "a row of %zu bytes; a block holds at most %d", w->fixed_bytes, RECORD_BLOCK_MAX);
    while (n > 0) {
        if (w->rows == most)
            TRY(flush_block(w, err));
        bool whole = w->rows == 0 && n >= most;
        size_t take = num_min_size(n, most - (size_t)w->rows);
        for (size_t i = 0; i < w->header.n_columns; i++) {
            const struct column *c = &w->header.columns[i];
            size_t bytes = c->shape * column_type_bytes(c->type);
            const char *from = (const char *)b->columns[i].values + first * bytes;
            if (whole)
                w->parts[i] = (struct part){from, take * bytes};
            else
                TRY(run_put(&w->columns[i].values, from, take * bytes, err));
        }
        if (whole) {
            TRY(write_block(w, w->header.n_columns, take, err));
        } else {
            w->rows += take;
            w->gathered += take * w->fixed_bytes;
        }
        first += take;
        n -= take;
    }
out:
    return rc;
}

/* The cell of column c in a row; strings of a list go to w->strings from *n_strings on. */
static struct cell cell_of(struct stream_writer *w, size_t c, const struct column_view *v, size_t row, size_t *n_strings)
{
    const struct column *col = &w->header.columns[c];
    size_t size = column_type_bytes(col->type);
    if (!is_ragged(col))
        return (struct cell){(const char *)v->values + row * col->shape * size, col->shape};
    size_t from = v->offsets[row], n = v->offsets[row + 1] - from;
    if (!is_string_list(col))
        return (struct cell){(const char *)v->values + from * size, n};
    struct text *strings = w->strings + *n_strings;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *o = v->string_offsets + from + i;
        strings[i] = (struct text){(const char *)v->values + o[0], o[1] - o[0]};
    }
    *n_strings += n;
    return (struct cell){strings, n};
}

int stream_writer_rows(struct stream_writer *w, const struct block *b, size_t first, size_t n, struct err *err)
{
    if (w->all_fixed)
        return put_fixed(w, b, first, n, err);
    for (size_t row = first; row < first + n; row++) {
        size_t n_strings = 0, want = 0;
        for (size_t i = 0; i < w->header.n_columns; i++)
            if (is_string_list(&w->header.columns[i]))
                want += b->columns[i].offsets[row + 1] - b->columns[i].offsets[row];
        int rc = mem_reserve(&w->strings, &w->cap_strings, want, sizeof *w->strings, err);
        for (size_t i = 0; rc == 0 && i < w->header.n_columns; i++)
            w->cells[i] = cell_of(w, i, &b->columns[i], row, &n_strings);
        if (rc == 0)
            rc = stream_writer_row(w, w->cells, err);
        if (rc)
            return rc;
    }
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
    struct part stats = {w->stats.p, w->stats.n};
    return write_record(w, &head, &stats, 1, err);
}
