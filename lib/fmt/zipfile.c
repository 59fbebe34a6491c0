#include "fmt/zipfile.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { END = 22, LOCATOR = 20, END64 = 56, CENTRAL = 46, LOCAL = 30, MAX_COMMENT = 0xFFFF };
enum { END_MAGIC = 0x06054b50, LOCATOR_MAGIC = 0x07064b50, END64_MAGIC = 0x06064b50, CENTRAL_MAGIC = 0x02014b50,
       LOCAL_MAGIC = 0x04034b50 };

struct directory {
    uint64_t n_entries, bytes, offset;
};

static int by_name(const void *a, const void *b)
{
    const struct zipfile_entry *x = a, *y = b;
    int order = memcmp(x->name, y->name, num_min_size(x->n_name, y->n_name));
    return order ? order : (x->n_name > y->n_name) - (x->n_name < y->n_name);
}

static int by_data(const void *a, const void *b)
{
    const struct zipfile_entry *x = a, *y = b;
    return x->data != y->data ? (x->data > y->data) - (x->data < y->data) : (x->stored > y->stored) - (x->stored < y->stored);
}

/* The end record: the last one whose comment reaches to the end of the file. */
static const unsigned char *find_end(const unsigned char *p, size_t n)
{
    for (size_t back = END; back <= n && back <= END + MAX_COMMENT; back++)
        if (bytes_get_u32(p + n - back) == END_MAGIC && bytes_get_u16(p + n - back + 20) == back - END)
            return p + n - back;
    return NULL;
}

static int read_end(struct directory *d, const unsigned char *p, size_t n, struct err *err)
{
    const unsigned char *end = find_end(p, n);
    if (!end)
        return err_set(err, ERR_TRUNCATED, "no end of a ZIP archive: cut off, or no archive");
    size_t last = (size_t)(end - p);            /* where the directory must end */
    bool parts = bytes_get_u16(end + 4) || bytes_get_u16(end + 6);
    *d = (struct directory){bytes_get_u16(end + 10), bytes_get_u32(end + 12), bytes_get_u32(end + 16)};
    if (last >= LOCATOR && bytes_get_u32(end - LOCATOR) == LOCATOR_MAGIC) {
        uint64_t at = bytes_get_u64(end - LOCATOR + 8);
        if (last < LOCATOR + END64 || at > last - LOCATOR - END64 || bytes_get_u32(p + at) != END64_MAGIC)
            return err_set(err, ERR_DATA, "the zip64 end record is not at byte %llu, where its locator says",
                           (unsigned long long)at);
        last = (size_t)at;
        parts = parts || bytes_get_u32(p + at + 16) || bytes_get_u32(p + at + 20);
        *d = (struct directory){bytes_get_u64(p + at + 32), bytes_get_u64(p + at + 40), bytes_get_u64(p + at + 48)};
    }
    if (parts)
        return err_set(err, ERR_DATA, "an archive in parts");
    if (d->offset > last || d->bytes != last - d->offset)
        return err_set(err, ERR_DATA, "the directory is said to be bytes %llu and %llu more, but ends at %zu",
                       (unsigned long long)d->offset, (unsigned long long)d->bytes, last);
    if (d->n_entries > ZIPFILE_MAX_ENTRIES || d->n_entries > d->bytes / CENTRAL)
        return err_set(err, ERR_LIMIT, "%llu entries in a directory of %llu bytes, expected at most %d",
                       (unsigned long long)d->n_entries, (unsigned long long)d->bytes, ZIPFILE_MAX_ENTRIES);
    return 0;
}

/* The zip64 field has, in this order, those of size, stored and offset that are all ones in the header. */
static bool read_zip64(const unsigned char *extra, size_t n, uint64_t *const fields[3])
{
    while (n >= 4) {
        size_t id = bytes_get_u16(extra), bytes = bytes_get_u16(extra + 2);
        if (bytes > n - 4)
            return false;
        const unsigned char *at = extra + 4;
        for (int i = 0; id == 1 && i < 3; i++)
            if (*fields[i] == UINT32_MAX) {
                if ((size_t)(at - extra) + 8 > 4 + bytes)
                    return false;
                *fields[i] = bytes_get_u64(at);
                at += 8;
            }
        if (id == 1)
            return true;
        extra += 4 + bytes;
        n -= 4 + bytes;
    }
    return true;
}

/* The entry's bytes, behind its local header, which must be before limit. */
static int find_data(struct zipfile_entry *e, const unsigned char *p, uint64_t offset, uint64_t limit, struct err *err)
{
    if (limit < LOCAL || offset > limit - LOCAL || bytes_get_u32(p + offset) != LOCAL_MAGIC)
        return err_set(err, ERR_DATA, "no entry at byte %llu, where the directory says", (unsigned long long)offset);
    const unsigned char *local = p + offset;
    uint64_t start = offset + LOCAL + bytes_get_u16(local + 26) + bytes_get_u16(local + 28);
    if (start > limit || e->stored > limit - start)
        return err_set(err, ERR_DATA, "%zu bytes from byte %llu on reach into the directory at %llu", e->stored,
                       (unsigned long long)start, (unsigned long long)limit);
    if (bytes_get_u16(local + 26) != e->n_name || memcmp(local + LOCAL, e->name, e->n_name) != 0)
        return err_set(err, ERR_DATA, "it has another name at byte %llu", (unsigned long long)offset);
    e->data = p + start;
    return 0;
}

/* One entry of the directory from *at on, with n bytes left. */
static int read_entry(struct zipfile_entry *e, const unsigned char *p, const struct directory *d, uint64_t *at, struct err *err)
{
    uint64_t left = d->offset + d->bytes - *at;
    const unsigned char *c = p + *at;
    if (left < CENTRAL || bytes_get_u32(c) != CENTRAL_MAGIC)
        return err_set(err, ERR_DATA, "byte %llu: no entry of the directory", (unsigned long long)*at);
    size_t n_name = bytes_get_u16(c + 28), n_extra = bytes_get_u16(c + 30), n_comment = bytes_get_u16(c + 32);
    uint64_t stored = bytes_get_u32(c + 20), size = bytes_get_u32(c + 24), offset = bytes_get_u32(c + 42);
    if (n_name + n_extra + n_comment > left - CENTRAL)
        return err_set(err, ERR_DATA, "byte %llu: an entry beyond the directory", (unsigned long long)*at);
    *e = (struct zipfile_entry){.name = (const char *)c + CENTRAL, .n_name = n_name, .method = bytes_get_u16(c + 10),
                                .crc = bytes_get_u32(c + 16)};
    if (n_name == 0 || memchr(e->name, '\0', n_name))
        return err_set(err, ERR_DATA, "byte %llu: an entry without a name", (unsigned long long)*at);
    if (bytes_get_u16(c + 8) & 1)
        return err_set(err, ERR_DATA, "byte %llu: an encrypted entry", (unsigned long long)*at);
    if (!read_zip64(c + CENTRAL + n_name, n_extra, (uint64_t *[]){&size, &stored, &offset}))
        return err_set(err, ERR_DATA, "byte %llu: a zip64 field that ends too early", (unsigned long long)*at);
    e->size = size;
    e->stored = stored;
    if (e->method != ZIPFILE_STORED && e->method != ZIPFILE_DEFLATED)
        return err_set(err, ERR_DATA, "byte %llu: method %d, expected 0 or 8", (unsigned long long)*at, e->method);
    if (e->method == ZIPFILE_STORED && e->size != e->stored)
        return err_set(err, ERR_DATA, "byte %llu: %zu bytes stored as %zu", (unsigned long long)*at, e->size, e->stored);
    *at += CENTRAL + n_name + n_extra + n_comment;
    return find_data(e, p, offset, d->offset, err);
}

int zipfile_open(struct zipfile *z, const unsigned char *p, size_t n, struct err *err)
{
    int rc = 0;
    struct directory d = {0};
    *z = (struct zipfile){0};
    TRY(read_end(&d, p, n, err));
    TRY_NEW(z->entries, MEM_ZARRAY(struct zipfile_entry, d.n_entries, err));
    uint64_t at = d.offset;
    for (; z->n_entries < d.n_entries; z->n_entries++)
        if ((rc = read_entry(&z->entries[z->n_entries], p, &d, &at, err)) != 0) {
            err_prefix(err, "entry %zu: ", z->n_entries);
            goto out;
        }
    if (at != d.offset + d.bytes)
        TRY(err_set(err, ERR_DATA, "%llu bytes behind the last entry of the directory",
                    (unsigned long long)(d.offset + d.bytes - at)));
    qsort(z->entries, z->n_entries, sizeof *z->entries, by_data);
    for (size_t i = 1; i < z->n_entries; i++)
        if (z->entries[i].data < z->entries[i - 1].data + z->entries[i - 1].stored)
            TRY(err_set(err, ERR_DATA, "two entries overlap at byte %zu", (size_t)(z->entries[i].data - p)));
    qsort(z->entries, z->n_entries, sizeof *z->entries, by_name);
    for (size_t i = 1; i < z->n_entries; i++)
        if (by_name(&z->entries[i - 1], &z->entries[i]) == 0)
            TRY(err_set(err, ERR_DATA, "two entries are called '%.*s'", (int)num_min_size(z->entries[i].n_name, 200),
                        z->entries[i].name));
out:
    if (rc)
        zipfile_close(z);
    return rc;
}

void zipfile_close(struct zipfile *z)
{
    mem_free(z->entries);
    *z = (struct zipfile){0};
}

const struct zipfile_entry *zipfile_find(const struct zipfile *z, const char *name, size_t n)
{
    const struct zipfile_entry key = {.name = name, .n_name = n};
    return z->n_entries ? bsearch(&key, z->entries, z->n_entries, sizeof *z->entries, by_name) : NULL;
}

struct unpack {
    zipfile_put *put;
    void *ctx;
    uint32_t crc;
    size_t n;
};

static int pass_on(struct unpack *u, const void *bytes, size_t n, struct err *err)
{
    u->crc = crc_update(u->crc, bytes, n);
    u->n += n;
    return u->put ? u->put(u->ctx, bytes, n, err) : 0;
}

/* Never more than the size that the directory says, and a byte more. */
static int inflate_all(const struct zipfile_entry *e, struct unpack *u, struct err *err)
{
    enum { STEP = 128 << 10 };
    int rc = 0, code = Z_OK;
    size_t fed = 0;
    z_stream s = {0};
    unsigned char *buffer = NULL;
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return err_set(err, ERR_NOMEM, "out of memory: inflate");
    TRY_NEW(buffer, MEM_ARRAY(unsigned char, STEP, err));
    while (code == Z_OK && u->n <= e->size) {
        if (s.avail_in == 0) {
            s.next_in = (unsigned char *)(uintptr_t)(e->data + fed);
            s.avail_in = (unsigned)num_min_size(e->stored - fed, 1u << 30);
            fed += s.avail_in;
        }
        s.next_out = buffer;
        s.avail_out = STEP;
        code = inflate(&s, Z_NO_FLUSH);
        if (code == Z_MEM_ERROR)
            TRY(err_set(err, ERR_NOMEM, "out of memory: inflate"));
        TRY(pass_on(u, buffer, STEP - s.avail_out, err));
    }
    if (code != Z_STREAM_END || s.avail_in || fed != e->stored)
        rc = err_set(err, ERR_DATA, "damaged: %s", s.msg ? s.msg : "it does not end where it should");
out:
    mem_free(buffer);
    inflateEnd(&s);
    return rc;
}

int zipfile_read(const struct zipfile_entry *e, zipfile_put *put, void *ctx, struct err *err)
{
    struct unpack u = {.put = put, .ctx = ctx};
    int rc = e->method == ZIPFILE_STORED ? pass_on(&u, e->data, e->stored, err) : inflate_all(e, &u, err);
    if (rc == 0 && u.n != e->size)
        rc = err_set(err, ERR_DATA, "damaged: %zu bytes, expected %zu", u.n, e->size);
    if (rc == 0 && u.crc != e->crc)
        rc = err_set(err, ERR_DATA, "damaged: CRC %08x, expected %08x", u.crc, e->crc);
    return rc ? err_prefix(err, "entry '%.*s': ", (int)num_min_size(e->n_name, 200), e->name) : 0;
}
