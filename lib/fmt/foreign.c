#include "fmt/foreign.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "fmt/record.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *magic; size_t n; const char *what, *remedy; } magics[] = {
    {"\x93NUMPY", 6, "a NumPy array (.npy)", "vec-convert reads it"},
    {"\x89VPG\r\n\x1A\n", 8, "a vecpipe index (.hnsw)", "hnsw-query -x takes it, vec-view shows it"},
    {"\x89VPS", 4, "a vecpipe stream damaged in its first bytes, as a text-mode transfer does", "copy it again"},
    {"\x89HDF\r\n\x1A\n", 8, "an HDF5 file", "convert it to .npy or .fbin first"},
    {"PK\x03\x04", 4, "a zip archive (.npz, .bin of PyTorch)", "unpack it first"},
    {"PAR1", 4, "a Parquet file", "convert it to .npy first"},
    {"\x1F\x8B", 2, "a gzip file within a gzip file", "unpack it once"},
    {"\x28\xB5\x2F\xFD", 4, "a zstd file", "unpack it first: zstd -dc FILE | ..."},
    {"\x04\x22\x4D\x18", 4, "an lz4 file", "unpack it first: lz4 -dc FILE | ..."},
    {"BZh", 3, "a bzip2 file", "unpack it first: bzip2 -dc FILE | ..."},
    {"\xFD" "7zXZ", 5, "an xz file", "unpack it first: xz -dc FILE | ..."},
};

static bool looks_like_text(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 0x20 && p[i] != '\n' && p[i] != '\t' && p[i] != '\r')
            return false;
    return utf8_valid((const char *)p, n) + 4 > n;      /* a sequence may be cut at the end of what is seen */
}

/* fvecs, ivecs, bvecs: each row starts with its dimension. */
static bool looks_like_vecs(const unsigned char *p, size_t got, uint64_t left, size_t size)
{
    uint32_t dim = got >= 8 ? bytes_get_u32(p) : 0;
    if (dim == 0 || dim > HEADER_MAX_SHAPE)
        return false;
    size_t row = 4 + (size_t)dim * size;
    if (left != UINT64_MAX && left % row != 0)
        return false;
    return row + 4 <= got ? bytes_get_u32(p + row) == dim : left != UINT64_MAX;
}

/* fbin and its kin: u32 rows, u32 dim, then just that many values. */
static bool looks_like_bin(const unsigned char *p, size_t got, uint64_t left, size_t size)
{
    uint64_t n = got >= 8 ? bytes_get_u32(p) : 0, dim = got >= 8 ? bytes_get_u32(p + 4) : 0;
    return n > 0 && dim > 0 && dim <= HEADER_MAX_SHAPE && left != UINT64_MAX && left == 8 + n * dim * size;
}

int foreign_guess(struct input *in, const char **what, const char **remedy, struct err *err)
{
    static _Thread_local char text[128];
    const unsigned char *p;
    size_t got;
    int rc = input_peek(in, INPUT_PEEK, &p, &got, err);
    if (rc)
        return rc;
    uint64_t left = input_left(in);
    *what = text;
    *remedy = "vec-convert reads it";
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (got >= magics[i].n && memcmp(p, magics[i].magic, magics[i].n) == 0) {
            *what = magics[i].what;
            *remedy = magics[i].remedy;
            return 0;
        }
    if (got == 0) {
        *what = "an empty file";
        *remedy = "nothing was written to it";
    } else if (got < 16 && memcmp(p, record_magic, got < 8 ? got : 8) == 0) {
        *what = "a vecpipe stream cut off in its first bytes";
        *remedy = "write it again";
    } else if (looks_like_bin(p, got, left, 4))
        snprintf(text, sizeof text, "an fbin (or ibin) file of %u rows, dimension %u", bytes_get_u32(p), bytes_get_u32(p + 4));
    else if (looks_like_bin(p, got, left, 1))
        snprintf(text, sizeof text, "a u8bin (or i8bin) file of %u rows, dimension %u", bytes_get_u32(p), bytes_get_u32(p + 4));
    else if (looks_like_vecs(p, got, left, 4))
        snprintf(text, sizeof text, "an fvecs (or ivecs) file of dimension %u", bytes_get_u32(p));
    else if (looks_like_vecs(p, got, left, 1))
        snprintf(text, sizeof text, "a bvecs file of dimension %u", bytes_get_u32(p));
    else if (got > 9 && p[8] == '{' && bytes_get_u64(p) < (uint64_t)1 << 32) {
        *what = "a safetensors file";
        *remedy = "it belongs into a model folder";
    } else if (looks_like_text(p, got)) {
        *what = p[0] == '{' || p[0] == '[' ? "JSON text" : "text";
        *remedy = "texts become vectors by vec-encode, text vectors by vec-convert --from tsv";
    } else {
        *what = "something unknown";
        *remedy = "see vec-convert(1) for the formats that can be converted";
    }
    return 0;
}

int foreign_error(struct input *in, const char *expected, struct err *err)
{
    const char *what, *remedy;
    int rc = foreign_guess(in, &what, &remedy, err);
    if (rc)
        return rc;
    return err_set(err, strcmp(what, "an empty file") == 0 ? ERR_TRUNCATED : ERR_DATA, "this looks like %s, expected %s: %s", what,
                   expected, remedy);
}
