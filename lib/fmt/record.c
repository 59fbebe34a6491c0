#include "fmt/record.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/num.h"

#include <string.h>

const unsigned char record_magic[8] = {0x89, 'V', 'P', 'S', '\r', '\n', 0x1A, '\n'};

void record_encode(struct record *r, unsigned char out[RECORD_BYTES])
{
    memset(out, 0, RECORD_BYTES);
    bytes_put_u32(out + 0, r->tag);
    bytes_put_u16(out + 4, r->codec);
    bytes_put_u64(out + 8, r->number);
    bytes_put_u64(out + 16, r->rows);
    bytes_put_u32(out + 24, r->raw_bytes);
    bytes_put_u32(out + 28, r->stored_bytes);
    bytes_put_u32(out + 32, r->payload_crc);
    bytes_put_u32(out + 36, r->blocks_crc);
    bytes_put_u32(out + 40, r->header_crc);
    r->crc = crc_update(0, out, RECORD_BYTES - 4);
    bytes_put_u32(out + 60, r->crc);
}

int record_decode(struct record *r, const unsigned char in[RECORD_BYTES], struct err *err)
{
    *r = (struct record){
        .tag = bytes_get_u32(in),                .codec = bytes_get_u16(in + 4),        .number = bytes_get_u64(in + 8),
        .rows = bytes_get_u64(in + 16),          .raw_bytes = bytes_get_u32(in + 24),   .stored_bytes = bytes_get_u32(in + 28),
        .payload_crc = bytes_get_u32(in + 32),   .blocks_crc = bytes_get_u32(in + 36),  .header_crc = bytes_get_u32(in + 40),
        .crc = bytes_get_u32(in + 60),
    };
    bool block = r->tag == RECORD_BLOCK;
    if (!block && r->tag != RECORD_END)
        return err_set(err, ERR_DATA, "no record here: tag %02X %02X %02X %02X, expected VBLK or VEND", in[0], in[1], in[2],
                       in[3]);
    if (crc_update(0, in, RECORD_BYTES - 4) != r->crc)
        return err_set(err, ERR_DATA, "damaged record head: its CRC-32 does not match");
    if (bytes_get_u16(in + 6) != 0 || !record_all_zero(in + 44, 16) || (block && (r->blocks_crc || r->header_crc)))
        return err_set(err, ERR_DATA, "record head: reserved bytes are not zero");
    if (r->codec > RECORD_ZLIB || (!block && r->codec != RECORD_PLAIN))
        return err_set(err, ERR_DATA, "record head: unknown codec %u", r->codec);
    if (r->raw_bytes > RECORD_BLOCK_MAX || r->stored_bytes > RECORD_BLOCK_MAX)
        return err_set(err, ERR_LIMIT, "record of %u bytes (%u stored): the limit is %d", r->raw_bytes, r->stored_bytes,
                       RECORD_BLOCK_MAX);
    if (r->codec == RECORD_PLAIN ? r->raw_bytes != r->stored_bytes : r->raw_bytes / RECORD_MAX_RATIO > r->stored_bytes)
        return err_set(err, ERR_DATA, "record head: %u bytes cannot come from %u stored", r->raw_bytes, r->stored_bytes);
    if (block && (r->rows == 0 || r->rows > r->raw_bytes))
        return err_set(err, ERR_DATA, "block of %llu rows in %u bytes", (unsigned long long)r->rows, r->raw_bytes);
    return 0;
}

bool record_all_zero(const unsigned char *p, size_t n)
{
    unsigned char any = 0;
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

struct cursor {
    const unsigned char *p;
    size_t at, bytes;
};

/* Take count * size bytes and their padding. */
static const void *take(struct cursor *c, uint64_t count, size_t size, const char *column, struct err *err)
{
    size_t want;
    if (!num_mul_size(count, size, &want) || want > c->bytes - c->at) {
        err_set(err, ERR_DATA, "column %s does not fit into its block of %zu bytes", column, c->bytes);
        return NULL;
    }
    const unsigned char *here = c->p + c->at;
    size_t padded = num_min_size(num_round_up(want, RECORD_ALIGN), c->bytes - c->at);
    if (padded % RECORD_ALIGN || !record_all_zero(here + want, padded - want)) {
        err_set(err, ERR_DATA, "column %s: its padding is not zero to the next multiple of %d", column, RECORD_ALIGN);
        return NULL;
    }
    c->at += padded;
    return here;
}

/* Take count + 1 offsets that start at 0 and never fall; *last is the final one. */
static const uint32_t *take_offsets(struct cursor *c, uint64_t count, uint32_t *last, const char *column, struct err *err)
{
    const uint32_t *o = take(c, count + 1, sizeof *o, column, err);
    if (!o)
        return NULL;
    bool good = o[0] == 0;
    for (uint64_t i = 0; i < count; i++)
        good &= o[i] <= o[i + 1];
    if (!good) {
        err_set(err, ERR_DATA, "column %s: offsets do not rise from 0", column);
        return NULL;
    }
    *last = o[count];
    return o;
}

int record_layout(const struct header *h, uint64_t rows, const unsigned char *payload, size_t bytes,
                  struct column_view *views, struct err *err)
{
    struct cursor c = {payload, 0, bytes};
    for (size_t i = 0; i < h->n_columns; i++) {
        const struct column *col = &h->columns[i];
        struct column_view *v = &views[i];
        uint64_t count = rows * col->shape;          /* rows <= 2^26, shape <= 2^20 */
        uint32_t last;
        *v = (struct column_view){0};
        if (col->shape == COLUMN_RAGGED || col->type == COLUMN_STR) {
            if (!(v->offsets = take_offsets(&c, rows, &last, col->name, err)))
                return err ? (int)err->code : ERR_DATA;
            count = last;
            if (col->shape == COLUMN_RAGGED && col->type == COLUMN_STR) {
                if (!(v->string_offsets = take_offsets(&c, count, &last, col->name, err)))
                    return err ? (int)err->code : ERR_DATA;
                count = last;
            }
        }
        if (!(v->values = take(&c, count, column_type_bytes(col->type), col->name, err)))
            return err ? (int)err->code : ERR_DATA;
    }
    if (c.at != bytes)
        return err_set(err, ERR_DATA, "block of %zu bytes, of which its columns fill %zu", bytes, c.at);
    return 0;
}
