/* Reading: header, then blocks, then the end record; then the end of input or the next member.  formats/vps.md. */
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/foreign.h"
#include "fmt/record.h"

#include <string.h>
#include <zlib.h>

enum { GROWTH = 1 << 20 };      /* payload memory grows with what arrives, never ahead of it by more than this */

struct bytes {
    unsigned char *p;           /* 64-byte aligned */
    size_t cap;
};

struct stream_reader {
    struct input *in;
    struct header header;                /* of the first member */
    struct column_view *views;           /* (n_columns) */
    struct bytes stored, raw;
    struct meta *stats;
    size_t n_stats, cap_stats;
    uint32_t header_crc, blocks_crc;     /* of the current member */
    uint64_t n_blocks, n_rows;           /* of the current member */
    uint64_t all_rows;
    bool ended;                          /* no member is open */
    size_t n_members;                    /* that were ended and followed by another */
};

int stream_sniff(struct input *in, bool *is_stream, struct err *err)
{
    const unsigned char *p;
    size_t got;
    int rc = input_peek(in, sizeof record_magic, &p, &got, err);
    *is_stream = rc == 0 && got == sizeof record_magic && memcmp(p, record_magic, got) == 0;
    return rc;
}

/* Read exactly n bytes into memory that grows as they come. */
static int read_bytes(struct stream_reader *r, struct bytes *b, size_t n, const char *what, struct err *err)
{
    size_t have = 0, got;
    if (input_left(r->in) < n)
        return err_set(err, ERR_TRUNCATED, "truncated: %s of %zu bytes, of which %llu are there", what, n,
                       (unsigned long long)input_left(r->in));
    while (have < n) {
        size_t want = num_min_size(n, num_max_size(have * 2, GROWTH));
        if (want > b->cap) {
            unsigned char *p = mem_slab(want, 1, err);
            if (!p)
                return ERR_NOMEM;
            if (have)
                memcpy(p, b->p, have);
            mem_free(b->p);
            b->p = p;
            b->cap = want;
        }
        int rc = input_read(r->in, b->p + have, want - have, &got, err);
        if (rc)
            return rc;
        have += got;
        if (have < want)
            return err_set(err, ERR_TRUNCATED, "truncated: %s of %zu bytes, of which %zu are there", what, n, have);
    }
    return 0;
}

/* ---- the header ---- */

static int read_header(struct stream_reader *r, struct header *h, struct err *err)
{
    unsigned char fixed[RECORD_PREAMBLE];
    size_t got;
    bool is_stream;
    int rc = stream_sniff(r->in, &is_stream, err);
    if (rc)
        return rc;
    if (!is_stream)
        return foreign_error(r->in, "a vecpipe stream", err);
    if ((rc = input_read(r->in, fixed, sizeof fixed, &got, err)) != 0)
        return rc;
    if (got < sizeof fixed)
        return err_set(err, ERR_TRUNCATED, "truncated: the stream ends within its preamble");
    if (bytes_get_u16(fixed + 8) != RECORD_VERSION)
        return err_set(err, ERR_DATA, "stream version %u: this program reads version %d", bytes_get_u16(fixed + 8),
                       RECORD_VERSION);
    if (bytes_get_u16(fixed + 10) != 0)
        return err_set(err, ERR_DATA, "preamble: reserved bytes are not zero");
    size_t text_bytes = bytes_get_u32(fixed + 12);
    if (text_bytes == 0 || text_bytes > HEADER_MAX_TEXT)
        return err_set(err, ERR_LIMIT, "header text of %zu bytes: expected 1 to %d", text_bytes, HEADER_MAX_TEXT);
    size_t rest = num_round_up(RECORD_PREAMBLE + text_bytes + 4, RECORD_ALIGN) - RECORD_PREAMBLE;
    if ((rc = read_bytes(r, &r->raw, rest, "a header", err)) != 0)
        return rc;
    r->header_crc = crc_update(crc_update(0, fixed, sizeof fixed), r->raw.p, rest - 4);
    if (r->header_crc != bytes_get_u32(r->raw.p + rest - 4))
        return err_set(err, ERR_DATA, "damaged header: its CRC-32 does not match");
    if (!record_all_zero(r->raw.p + text_bytes, rest - 4 - text_bytes))
        return err_set(err, ERR_DATA, "header: its padding is not zero");
    r->blocks_crc = 0;
    r->n_blocks = r->n_rows = 0;
    return header_parse(h, (const char *)r->raw.p, text_bytes, err);
}

/* Messages carry the input's name, once: failures to read have it already, and the place of what is packed. */
static bool is_named(const struct stream_reader *r, const struct err *err)
{
    return strncmp(err->msg, input_name(r->in), strlen(input_name(r->in))) == 0;
}

static int name_input(struct stream_reader *r, struct err *err)
{
    return is_named(r, err) ? (int)err->code : err_prefix(err, "%s: ", input_name(r->in));
}

int stream_reader_open(struct stream_reader **out, struct input *in, struct err *err)
{
    struct err own = {0};
    int rc;
    struct stream_reader *r = MEM_NEW(struct stream_reader, err);
    *out = NULL;
    if (!r) {
        input_close(in);
        return ERR_NOMEM;
    }
    r->in = in;
    err = err ? err : &own;
    rc = read_header(r, &r->header, err);
    if (rc == 0 && !(r->views = MEM_ZARRAY(struct column_view, r->header.n_columns, err)))
        rc = ERR_NOMEM;
    if (rc) {
        name_input(r, err);
        stream_reader_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

int stream_reader_open_path(struct stream_reader **r, const char *path, struct err *err)
{
    struct input *in;
    int rc = input_open(&in, path, err);
    *r = NULL;
    return rc ? rc : stream_reader_open(r, in, err);
}

void stream_reader_close(struct stream_reader *r)
{
    if (!r)
        return;
    input_close(r->in);
    header_done(&r->header);
    for (size_t i = 0; i < r->n_stats; i++) {
        mem_free(r->stats[i].key);
        mem_free(r->stats[i].value);
    }
    mem_free(r->stats);
    mem_free(r->views);
    mem_free(r->stored.p);
    mem_free(r->raw.p);
    mem_free(r);
}

const struct header *stream_reader_header(const struct stream_reader *r)
{
    return &r->header;
}

struct input *stream_reader_input(const struct stream_reader *r)
{
    return r->in;
}

/* ---- blocks ---- */

static int read_padding(struct stream_reader *r, size_t n, struct err *err)
{
    unsigned char padding[RECORD_ALIGN];
    size_t got, want = num_round_up(n, RECORD_ALIGN) - n;
    int rc = input_read(r->in, padding, want, &got, err);
    if (rc)
        return rc;
    if (got < want)
        return err_set(err, ERR_TRUNCATED, "truncated: the input ends within a record's padding");
    return record_all_zero(padding, want) ? 0 : err_set(err, ERR_DATA, "a record's padding is not zero");
}

static int inflate_block(struct stream_reader *r, const struct record *head, struct err *err)
{
    if (r->raw.cap < head->raw_bytes) {
        mem_free(r->raw.p);
        r->raw = (struct bytes){mem_slab(head->raw_bytes, 1, err), head->raw_bytes};
        if (!r->raw.p) {
            r->raw.cap = 0;
            return ERR_NOMEM;
        }
    }
    uLongf raw = head->raw_bytes;
    uLong stored = head->stored_bytes;
    int z = uncompress2(r->raw.p, &raw, r->stored.p, &stored);
    if (z != Z_OK || raw != head->raw_bytes || stored != head->stored_bytes)
        return err_set(err, z == Z_MEM_ERROR ? ERR_NOMEM : ERR_DATA, "a compressed block that does not unpack to its %u bytes",
                       head->raw_bytes);
    return 0;
}

static int read_block(struct stream_reader *r, const struct record *head, struct block *block, struct err *err)
{
    int rc;
    unsigned char crc[4];
    struct bytes *payload = head->codec == RECORD_ZLIB ? &r->stored : &r->raw;
    if (head->number != r->n_blocks)
        return err_set(err, ERR_DATA, "block number %llu, expected %llu: blocks are missing, doubled or out of order",
                       (unsigned long long)head->number, (unsigned long long)r->n_blocks);
    if ((rc = read_bytes(r, payload, head->stored_bytes, "a block", err)) != 0)
        return rc;
    if (crc_update(0, payload->p, head->stored_bytes) != head->payload_crc)
        return err_set(err, ERR_DATA, "damaged block %llu: its CRC-32 does not match", (unsigned long long)head->number);
    if ((rc = read_padding(r, head->stored_bytes, err)) != 0 ||
        (head->codec == RECORD_ZLIB && (rc = inflate_block(r, head, err)) != 0) ||
        (rc = record_layout(&r->header, head->rows, r->raw.p, head->raw_bytes, r->views, err)) != 0)
        return rc;
    bytes_put_u32(crc, head->crc);
    r->blocks_crc = crc_update(r->blocks_crc, crc, sizeof crc);
    *block = (struct block){.first_row = r->all_rows, .rows = head->rows, .columns = r->views};
    r->n_blocks++;
    r->n_rows += head->rows;
    r->all_rows += head->rows;
    return 0;
}

/* ---- the end record ---- */

static int put_stat(struct stream_reader *r, char *key, const char *value, struct err *err)
{
    char *copy = mem_strdup(value, err);
    if (!copy)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->n_stats; i++)
        if (strcmp(r->stats[i].key, key) == 0) {
            mem_free(r->stats[i].value);
            r->stats[i].value = copy;
            return 0;
        }
    char *key_copy = mem_strdup(key, err);
    int rc = key_copy ? mem_reserve(&r->stats, &r->cap_stats, r->n_stats + 1, sizeof *r->stats, err) : ERR_NOMEM;
    if (rc) {
        mem_free(copy);
        mem_free(key_copy);
        return rc;
    }
    r->stats[r->n_stats++] = (struct meta){key_copy, copy};
    return 0;
}

static int parse_stats(struct stream_reader *r, char *text, size_t n, struct err *err)
{
    for (char *line = text, *end; line < text + n; line = end + 1) {
        static const char keyword[] = "@stat ";
        end = memchr(line, '\n', (size_t)(text + n - line));
        if (!end || (size_t)(end - line) < strlen(keyword) || memcmp(line, keyword, strlen(keyword)) != 0)
            return err_set(err, ERR_DATA, "end record: expected lines of @stat KEY VALUE");
        *end = '\0';
        char *key = line + strlen(keyword), *value = strchr(key, ' ');
        if (!value || strlen(line) != (size_t)(end - line))
            return err_set(err, ERR_DATA, "end record: expected lines of @stat KEY VALUE");
        *value++ = '\0';
        int rc = header_check_name("stat", key, err);
        if (rc || (rc = put_stat(r, key, value, err)) != 0)
            return rc;
    }
    return 0;
}

static int read_end(struct stream_reader *r, const struct record *head, struct err *err)
{
    int rc;
    if (head->number != r->n_blocks || head->rows != r->n_rows || head->blocks_crc != r->blocks_crc)
        return err_set(err, ERR_DATA,
                       "end record: %llu blocks of %llu rows were written, %llu blocks of %llu rows are here: blocks are missing "
                       "or not its own",
                       (unsigned long long)head->number, (unsigned long long)head->rows, (unsigned long long)r->n_blocks,
                       (unsigned long long)r->n_rows);
    if (head->header_crc != r->header_crc)
        return err_set(err, ERR_DATA, "end record: it belongs to another header");
    if (head->raw_bytes > HEADER_MAX_TEXT)
        return err_set(err, ERR_LIMIT, "end record: text of %u bytes, the limit is %d", head->raw_bytes, HEADER_MAX_TEXT);
    if ((rc = read_bytes(r, &r->raw, head->raw_bytes, "an end record", err)) != 0)
        return rc;
    if (crc_update(0, r->raw.p, head->raw_bytes) != head->payload_crc)
        return err_set(err, ERR_DATA, "damaged end record: its CRC-32 does not match");
    if ((rc = read_padding(r, head->raw_bytes, err)) != 0)
        return rc;
    r->ended = true;
    return parse_stats(r, (char *)r->raw.p, head->raw_bytes, err);
}

/* Behind an end record: the end of the input, or another member that says the same of itself. */
static int next_member(struct stream_reader *r, bool *more, struct err *err)
{
    const unsigned char *p;
    size_t got;
    struct header h = {0};
    bool is_stream;
    int rc = input_peek(r->in, 1, &p, &got, err);
    *more = rc == 0 && got > 0;
    if (rc || !*more)
        return rc;
    if ((rc = stream_sniff(r->in, &is_stream, err)) != 0)
        return rc;
    if (!is_stream)
        return err_set(err, ERR_DATA, "something that is no stream follows the end record");
    rc = read_header(r, &h, err);
    if (rc == 0 && (rc = header_same(&r->header, &h, err)) != 0)
        err_prefix(err, "this stream cannot follow the one before: ");
    header_done(&h);
    r->ended = false;
    r->n_members++;
    return rc;
}

static int next_record(struct stream_reader *r, struct block *block, struct err *err)
{
    for (;;) {
        unsigned char bytes[RECORD_BYTES];
        struct record head;
        size_t got;
        bool more;
        int rc;
        if (r->ended && ((rc = next_member(r, &more, err)) != 0 || !more))
            return rc;
        if ((rc = input_read(r->in, bytes, sizeof bytes, &got, err)) != 0)
            return rc;
        if (got < sizeof bytes)
            return err_set(err, ERR_TRUNCATED, "truncated: the input ends without an end record, after %llu rows",
                           (unsigned long long)r->all_rows);
        if ((rc = record_decode(&head, bytes, err)) != 0)
            return rc;
        if (head.tag == RECORD_BLOCK)
            return read_block(r, &head, block, err);
        if ((rc = read_end(r, &head, err)) != 0)
            return rc;
    }
}

int stream_reader_next(struct stream_reader *r, struct block *block, struct err *err)
{
    struct err own = {0};
    uint64_t place = input_offset(r->in);
    err = err ? err : &own;
    *block = (struct block){.first_row = r->all_rows};
    int rc = next_record(r, block, err);
    if ((rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT) && !is_named(r, err))
        err_prefix(err, "byte %llu: ", (unsigned long long)place);
    return rc ? name_input(r, err) : 0;
}

const char *stream_reader_stat(const struct stream_reader *r, const char *key)
{
    for (size_t i = 0; i < r->n_stats; i++)
        if (strcmp(r->stats[i].key, key) == 0)
            return r->stats[i].value;
    return NULL;
}

const struct meta *stream_reader_stats(const struct stream_reader *r, size_t *n)
{
    *n = r->n_stats;
    return r->stats;
}

size_t stream_reader_members(const struct stream_reader *r)
{
    return r->n_members + 1;
}
