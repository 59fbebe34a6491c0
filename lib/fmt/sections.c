#include "fmt/sections.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"
#include "fmt/foreign.h"
#include "fmt/record.h"

#include <inttypes.h>
#include <string.h>

enum { AT_VERSION = 8, AT_SECTIONS = 12, AT_FILE_BYTES = 16, AT_TABLE_CRC = 120, AT_CRC = 124, SINK_BYTES = 1 << 16 };

/* ---- reading ---- */

bool sections_sniff(const struct sections_kind *kind, const unsigned char *p, size_t n)
{
    return n >= SECTIONS_MAGIC && memcmp(p, kind->magic, SECTIONS_MAGIC) == 0;
}

static int refuse_foreign(const struct sections *s, struct err *err)
{
    struct input *in;
    int rc = input_open_memory(&in, s->p, s->n_bytes, s->kind->what, err);
    if (rc)
        return rc;
    rc = foreign_error(in, s->kind->what, err);
    input_close(in);
    return rc;
}

const char *sections_name(const struct sections_kind *kind, uint32_t type)
{
    type &= ~SECTIONS_CRITICAL;
    return type < kind->n_types && kind->types[type].name ? kind->types[type].name : "unknown";
}

static int check_header(const struct sections *s, struct err *err)
{
    const unsigned char *p = s->p;
    if (!sections_sniff(s->kind, p, s->n_bytes))
        return refuse_foreign(s, err);
    if (s->n_bytes < SECTIONS_HEADER)
        return err_set(err, ERR_TRUNCATED, "an index of %zu bytes: the header alone has %d", s->n_bytes, SECTIONS_HEADER);
    if (crc_update(0, p, AT_CRC) != bytes_get_u32(p + AT_CRC))
        return err_set(err, ERR_DATA, "damaged header: its CRC does not match");
    if (bytes_get_u32(p + AT_VERSION) != s->kind->version)
        return err_set(err, ERR_DATA, "an index of version %u, expected %u", bytes_get_u32(p + AT_VERSION), s->kind->version);
    uint64_t file_bytes = bytes_get_u64(p + AT_FILE_BYTES);
    if (file_bytes < s->n_bytes)
        return err_set(err, ERR_DATA, "%zu bytes behind the end of the index", s->n_bytes - (size_t)file_bytes);
    if (file_bytes > s->n_bytes)
        return err_set(err, ERR_TRUNCATED, "truncated: %zu of %" PRIu64 " bytes", s->n_bytes, file_bytes);
    if (s->n_bytes < SECTIONS_ALIGN)
        return err_set(err, ERR_TRUNCATED, "truncated: %zu bytes, the table has %d", s->n_bytes, SECTIONS_ALIGN);
    return 0;
}

static int read_entry(struct sections *s, struct section *at, const unsigned char *entry, uint64_t expected, struct err *err)
{
    *at = (struct section){.type = bytes_get_u32(entry), .offset = bytes_get_u64(entry + 8), .bytes = bytes_get_u64(entry + 16),
                           .crc = bytes_get_u32(entry + 24)};
    uint32_t type = at->type & ~SECTIONS_CRITICAL;
    const char *name = sections_name(s->kind, type);
    if (bytes_get_u32(entry + 4) != 0 || bytes_get_u32(entry + 28) != 0)
        return err_set(err, ERR_DATA, "section %s (type %u): reserved bytes that are not zero", name, type);
    if (at->offset != expected || at->offset > s->n_bytes || at->bytes > s->n_bytes - at->offset)
        return err_set(err, ERR_DATA,
                       "section %s (type %u): %" PRIu64 " bytes at %" PRIu64 ", expected at %" PRIu64 ", in a file of %zu",
                       name, type, at->bytes, at->offset, expected, s->n_bytes);
    const struct sections_type *rule = type < s->kind->n_types ? &s->kind->types[type] : NULL;
    bool critical = (at->type & SECTIONS_CRITICAL) != 0;
    if (!rule || rule->use == SECTIONS_SKIPPED) {
        if (critical)
            return err_set(err, ERR_DATA, "section %s (type %u) is needed to read this index, and not known to this version",
                           name, type);
        return 0;
    }
    if (s->known[type] || critical != rule->critical)
        return err_set(err, ERR_DATA, "section %s: twice, or %smarked critical", name, rule->critical ? "not " : "");
    s->known[type] = at;
    return 0;
}

int sections_open(struct sections *s, const struct sections_kind *kind, const void *p, size_t n, struct err *err)
{
    *s = (struct sections){.kind = kind, .p = p, .n_bytes = n};
    int rc = check_header(s, err);
    if (rc)
        return rc;
    const unsigned char *table = s->p + SECTIONS_HEADER;
    s->n = bytes_get_u32(s->p + AT_SECTIONS);
    if (s->n > SECTIONS_MAX)
        return err_set(err, ERR_LIMIT, "%zu sections, the limit is %d", s->n, SECTIONS_MAX);
    size_t bytes = s->n * SECTIONS_ENTRY;
    if (crc_update(0, table, bytes) != bytes_get_u32(s->p + AT_TABLE_CRC))
        return err_set(err, ERR_DATA, "damaged section table: its CRC does not match");
    if (!record_all_zero(table + bytes, SECTIONS_ALIGN - SECTIONS_HEADER - bytes))
        return err_set(err, ERR_DATA, "padding behind the section table that is not zero");
    uint64_t expected = SECTIONS_ALIGN;
    for (size_t i = 0; i < s->n; i++) {
        if ((rc = read_entry(s, &s->at[i], table + i * SECTIONS_ENTRY, expected, err)) != 0)
            return rc;
        expected = num_round_up(expected + s->at[i].bytes, SECTIONS_ALIGN);
    }
    if (expected != n)
        return err_set(err, ERR_DATA, "sections end at %" PRIu64 ", the file at %zu", expected, n);
    for (uint32_t type = 1; type < kind->n_types; type++)
        if (kind->types[type].use == SECTIONS_REQUIRED && !s->known[type])
            return err_set(err, ERR_DATA, "no section %s", kind->types[type].name);
    return 0;
}

int sections_array(const struct sections *s, uint32_t type, uint64_t n, size_t size, const void **at, struct err *err)
{
    const struct section *section = s->known[type];
    if (section->bytes / size != n || section->bytes % size != 0)
        return err_set(err, ERR_DATA, "section %s: %" PRIu64 " bytes, expected %" PRIu64 " times %zu",
                       sections_name(s->kind, type), section->bytes, n, size);
    *at = s->p + section->offset;
    return 0;
}

static int verify(const struct sections *s, const struct section *at, struct err *err)
{
    if (crc_update(0, s->p + at->offset, at->bytes) != at->crc)
        return err_set(err, ERR_DATA, "damaged section %s at byte %" PRIu64 ": its CRC does not match",
                       sections_name(s->kind, at->type), at->offset);
    return 0;
}

int sections_verify(const struct sections *s, uint32_t type, struct err *err)
{
    return verify(s, s->known[type], err);
}

int sections_verify_all(const struct sections *s, struct err *err)
{
    for (size_t i = 0; i < s->n; i++) {
        uint64_t end = s->at[i].offset + s->at[i].bytes;
        int rc = verify(s, &s->at[i], err);
        if (rc)
            return rc;
        if (!record_all_zero(s->p + end, num_round_up(end, SECTIONS_ALIGN) - end))
            return err_set(err, ERR_DATA, "padding behind section %s that is not zero", sections_name(s->kind, s->at[i].type));
    }
    return 0;
}

/* ---- writing ---- */

void sections_page(unsigned char *page, const struct sections_kind *kind,
                   const unsigned char own[SECTIONS_OWN_END - SECTIONS_OWN], struct section *at, size_t n)
{
    uint64_t offset = SECTIONS_ALIGN;
    memcpy(page, kind->magic, SECTIONS_MAGIC);
    memcpy(page + SECTIONS_OWN, own, SECTIONS_OWN_END - SECTIONS_OWN);
    for (size_t i = 0; i < n; i++) {
        unsigned char *entry = page + SECTIONS_HEADER + i * SECTIONS_ENTRY;
        at[i].type |= kind->types[at[i].type].critical ? SECTIONS_CRITICAL : 0;
        at[i].offset = offset;
        bytes_put_u32(entry, at[i].type);
        bytes_put_u64(entry + 8, offset);
        bytes_put_u64(entry + 16, at[i].bytes);
        bytes_put_u32(entry + 24, at[i].crc);
        offset = num_round_up(offset + at[i].bytes, SECTIONS_ALIGN);
    }
    bytes_put_u32(page + AT_VERSION, kind->version);
    bytes_put_u32(page + AT_SECTIONS, (uint32_t)n);
    bytes_put_u64(page + AT_FILE_BYTES, offset);
    bytes_put_u32(page + AT_TABLE_CRC, crc_update(0, page + SECTIONS_HEADER, n * SECTIONS_ENTRY));
    bytes_put_u32(page + AT_CRC, crc_update(0, page, AT_CRC));
}

int sections_flush(struct sections_sink *s, struct err *err)
{
    int rc = 0;
    if (s->n_pending == 0)
        return 0;
    if (!s->spill)
        TRY(spill_open(&s->spill, err));
    s->crc = crc_update(s->crc, s->pending, s->n_pending);
    TRY(spill_write(s->spill, s->pending, s->n_pending, err));
    s->n_pending = 0;
out:
    return rc;
}

int sections_put(struct sections_sink *s, const void *p, size_t n, struct err *err)
{
    if (!s->pending && !(s->pending = MEM_ARRAY(unsigned char, SINK_BYTES, err)))
        return ERR_NOMEM;
    for (const unsigned char *from = p; n > 0;) {
        size_t part = num_min_size(n, SINK_BYTES - s->n_pending);
        memcpy(s->pending + s->n_pending, from, part);
        s->n_pending += part;
        s->bytes += part;
        from += part;
        n -= part;
        int rc = s->n_pending == SINK_BYTES ? sections_flush(s, err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

void sections_sink_done(struct sections_sink *s)
{
    spill_close(s->spill);
    mem_free(s->pending);
    *s = (struct sections_sink){0};
}

int sections_write(struct output *out, const struct sections_kind *kind,
                   const unsigned char own[SECTIONS_OWN_END - SECTIONS_OWN], struct sections_sink *sinks, struct err *err)
{
    static const unsigned char zeros[SECTIONS_ALIGN];
    unsigned char page[SECTIONS_ALIGN] = {0};
    struct section at[SECTIONS_MAX];
    size_t n = kind->n_types - 1;
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        TRY(sections_flush(&sinks[i], err));
        at[i] = (struct section){.type = (uint32_t)(i + 1), .bytes = sinks[i].bytes, .crc = sinks[i].crc};
    }
    sections_page(page, kind, own, at, n);
    TRY(output_write(out, page, sizeof page, err));
    for (size_t i = 0; i < n; i++) {
        if (sinks[i].spill)
            TRY(spill_copy(sinks[i].spill, out, err));
        TRY(output_write(out, zeros, num_round_up(sinks[i].bytes, SECTIONS_ALIGN) - sinks[i].bytes, err));
    }
out:
    return rc;
}
