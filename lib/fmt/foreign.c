#include "fmt/foreign.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "fmt/hnswlibhead.h"
#include "fmt/ngfixhead.h"
#include "fmt/record.h"
#include "fmt/vecsniff.h"

#include <stdbool.h>
#include <string.h>

static const struct { const char *magic; size_t n; const char *what, *remedy; } magics[] = {
    {"\x89VPG\r\n\x1A\n", 8, "a vecpipe index (.hnsw)", "hnsw-query -x takes it, vec-view shows it"},
    {"\x89VPB\r\n\x1A\n", 8, "a vecpipe text index (.bm25)", "bm25-rank -x takes it, --load copy verifies it"},
    {"\x89VPS\r\n\x1A\n", 8, "a vecpipe stream", "vec-view shows what is in it, hnsw-build makes an index of vectors"},
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

int foreign_guess(struct input *in, const char **what, const char **remedy, struct err *err)
{
    static _Thread_local char text[VECFILE_TEXT];
    struct vecfile_probe probe;
    const struct vecfile_format *first;
    int rc = vecsniff_probe(in, &probe, err);
    if (rc)
        return rc;
    const unsigned char *p = probe.head;
    size_t got = probe.n_head;
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
    } else if (got > 9 && p[8] == '{' && bytes_get_u64(p) < (uint64_t)1 << 32) {
        *what = "a safetensors file";
        *remedy = "it belongs into a model folder";
    } else if (ngfixhead_sniff(p, got)) {
        *what = "an index of NGFix";
        *remedy = "vec-convert --metric METRIC -o INDEX.hnsw makes it one of ours";
    } else if (hnswlibhead_sniff(p, got)) {
        *what = "an index of hnswlib";
        *remedy = "vec-convert --metric METRIC -o INDEX.hnsw makes it one of ours";
    } else if (vecsniff_fits(&probe, VECFILE_FITS, &first, text, sizeof text) > 0) {
        return 0;
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
    return err_set(err, strcmp(what, "an empty file") == 0 ? ERR_TRUNCATED : ERR_DATA, "this looks like %s, expected %s: %s",
                   what, expected, remedy);
}
