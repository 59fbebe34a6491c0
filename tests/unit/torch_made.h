/* torch_made - small ZIP archives and torch checkpoints for tests, made byte by byte. */
#ifndef TORCH_MADE_H
#define TORCH_MADE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ZIP_MAX = 8192 };

struct zip_made {
    unsigned char p[ZIP_MAX], directory[ZIP_MAX / 2];
    size_t n, n_directory;
    unsigned n_entries;
    bool zip64;                     /* write sizes and offsets as zip64 does */
};

static inline void zip_put(struct zip_made *z, const void *p, size_t n)
{
    if (n > ZIP_MAX - z->n)
        abort();
    if (n)
        memcpy(z->p + z->n, p, n);
    z->n += n;
}

/* An entry; size and crc are those of its unpacked bytes. */
static inline void zip_add_raw(struct zip_made *z, const char *name, unsigned method, const void *stored, size_t n_stored,
                               size_t size, uint32_t crc)
{
    unsigned char local[30] = {0}, *c = z->directory + z->n_directory;
    size_t n_name = strlen(name), n_extra = z->zip64 ? 28 : 0;
    if (z->n_directory + 46 + n_name + n_extra > sizeof z->directory)
        abort();
    memset(c, 0, 46);
    bytes_put_u32(c, 0x02014b50);
    bytes_put_u16(c + 10, (uint16_t)method);
    bytes_put_u32(c + 16, crc);
    bytes_put_u32(c + 20, z->zip64 ? UINT32_MAX : (uint32_t)n_stored);
    bytes_put_u32(c + 24, z->zip64 ? UINT32_MAX : (uint32_t)size);
    bytes_put_u16(c + 28, (uint16_t)n_name);
    bytes_put_u16(c + 30, (uint16_t)n_extra);
    bytes_put_u32(c + 42, z->zip64 ? UINT32_MAX : (uint32_t)z->n);
    memcpy(c + 46, name, n_name);
    if (z->zip64) {
        c += 46 + n_name;
        bytes_put_u16(c, 1);
        bytes_put_u16(c + 2, 24);
        bytes_put_u64(c + 4, size);
        bytes_put_u64(c + 12, n_stored);
        bytes_put_u64(c + 20, z->n);
    }
    z->n_directory += 46 + n_name + n_extra;
    z->n_entries++;
    bytes_put_u32(local, 0x04034b50);
    bytes_put_u16(local + 26, (uint16_t)n_name);
    zip_put(z, local, sizeof local);
    zip_put(z, name, n_name);
    zip_put(z, stored, n_stored);
}

static inline void zip_add(struct zip_made *z, const char *name, const void *p, size_t n)
{
    zip_add_raw(z, name, 0, p, n, n, (uint32_t)crc32(0, p, (unsigned)n));
}

static inline void zip_add_deflated(struct zip_made *z, const char *name, const void *p, size_t n)
{
    unsigned char packed[ZIP_MAX];
    z_stream s = {.next_in = (unsigned char *)(uintptr_t)p, .avail_in = (unsigned)n, .next_out = packed, .avail_out = ZIP_MAX};
    if (deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK || deflate(&s, Z_FINISH) != Z_STREAM_END)
        abort();
    zip_add_raw(z, name, 8, packed, s.total_out, n, (uint32_t)crc32(0, p, (unsigned)n));
    deflateEnd(&s);
}

static inline void zip_end(struct zip_made *z)
{
    unsigned char end[22] = {0}, end64[56 + 20] = {0};
    size_t at = z->n;
    zip_put(z, z->directory, z->n_directory);
    if (z->zip64) {
        bytes_put_u32(end64, 0x06064b50);
        bytes_put_u64(end64 + 4, 44);
        bytes_put_u64(end64 + 24, z->n_entries);
        bytes_put_u64(end64 + 32, z->n_entries);
        bytes_put_u64(end64 + 40, z->n_directory);
        bytes_put_u64(end64 + 48, at);
        bytes_put_u32(end64 + 56, 0x07064b50);
        bytes_put_u64(end64 + 64, z->n);
        bytes_put_u32(end64 + 72, 1);
        zip_put(z, end64, sizeof end64);
    }
    bytes_put_u32(end, 0x06054b50);
    bytes_put_u16(end + 8, z->zip64 ? UINT16_MAX : (uint16_t)z->n_entries);
    bytes_put_u16(end + 10, z->zip64 ? UINT16_MAX : (uint16_t)z->n_entries);
    bytes_put_u32(end + 12, z->zip64 ? UINT32_MAX : (uint32_t)z->n_directory);
    bytes_put_u32(end + 16, z->zip64 ? UINT32_MAX : (uint32_t)at);
    zip_put(z, end, sizeof end);
}

/* A state dictionary as torch pickles it: "a", F32 (2, 3), storage 0; "b", a parameter, I64 (), storage 1; "c", BF16 (2, 1, 2)
 * from value 1 of storage 2 on, whose middle stride is odd; and _metadata.  LAST: what the legacy container has behind a
 * storage's size. */
#define TORCH_STORAGE(type, key, n, last) "(X\7\0\0\0storagectorch\n" type "Storage\nX\1\0\0\0" key "X\3\0\0\0cpuK" n last "tQ"
#define TORCH_PICKLE(last) \
    "\x80\2" "ccollections\nOrderedDict\nq\0)Rq\1(" \
    "X\1\0\0\0a" "ctorch._utils\n_rebuild_tensor_v2\nq\2(" TORCH_STORAGE("Float", "0", "\6", last) \
    "K\0K\2K\3\x86K\3K\1\x86\x89h\0)RtRq\3" \
    "X\1\0\0\0bctorch._utils\n_rebuild_parameter\nh\2(" TORCH_STORAGE("Long", "1", "\1", last) \
    "K\0))\x89h\0)RtR\x88h\0)R\x87R" \
    "X\1\0\0\0ch\2(" TORCH_STORAGE("BFloat16", "2", "\5", last) "K\1K\2K\1K\2\x87K\2K\x63K\1\x87\x89h\0)RtR" \
    "u}X\x09\0\0\0_metadatah\0)Rsb."

static const char torch_pickle[] = TORCH_PICKLE(""), torch_legacy_pickle[] = TORCH_PICKLE("N");
static const unsigned char torch_data[] = {0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 160, 64, 0, 0, 192, 64,
                                           7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0};
enum { TORCH_A = 24, TORCH_B = 8, TORCH_C = 10 };     /* bytes of the storages in torch_data */

static inline void torch_zip(struct zip_made *z, bool zip64)
{
    memset(z, 0, sizeof *z);
    z->zip64 = zip64;
    zip_add(z, "m/data.pkl", torch_pickle, sizeof torch_pickle - 1);
    zip_add(z, "m/byteorder", "little", 6);
    zip_add(z, "m/data/0", torch_data, TORCH_A);
    zip_add(z, "m/data/1", torch_data + TORCH_A, TORCH_B);
    zip_add(z, "m/data/2", torch_data + TORCH_A + TORCH_B, TORCH_C);
    zip_add(z, "m/version", "3\n", 2);
    zip_end(z);
}

/* The other container, in z->p too. */
static inline void torch_legacy(struct zip_made *z)
{
    static const char head[] = "\x80\2\x8a\n\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." "\x80\2M\xe9\3."
                               "\x80\2}q\0(X\20\0\0\0protocol_versionM\xe9\3X\15\0\0\0little_endian\x88u.";
    static const char keys[] = "\x80\2]q\0(X\1\0\0\0002X\1\0\0\0000X\1\0\0\0001e.";
    static const struct { unsigned char n; size_t at, bytes; } storages[] = {
        {5, TORCH_A + TORCH_B, TORCH_C}, {6, 0, TORCH_A}, {1, TORCH_A, TORCH_B}};
    memset(z, 0, sizeof *z);
    zip_put(z, head, sizeof head - 1);
    zip_put(z, torch_legacy_pickle, sizeof torch_legacy_pickle - 1);
    zip_put(z, keys, sizeof keys - 1);
    for (int i = 0; i < 3; i++) {
        zip_put(z, (unsigned char[8]){storages[i].n}, 8);
        zip_put(z, torch_data + storages[i].at, storages[i].bytes);
    }
}

#endif
