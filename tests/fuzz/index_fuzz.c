/* Indexes (.hnsw): as they come and with all checksums made right; verified and mapped.  A mapped one is searched, a verified
 * one passes the check, is written as hnswlib's, and comes back from there. */
#include "base/bytes.h"
#include "base/crc.h"
#include "base/mem.h"
#include "fuzz.h"
#include "graph/beam.h"
#include "graph/graph_file.h"
#include "graph/hnswlib_file.h"

static void sign(unsigned char *p, size_t size)
{
    if (size < SECTIONS_HEADER)
        return;
    uint32_t n = bytes_get_u32(p + 12);
    if (n <= SECTIONS_MAX && size >= SECTIONS_ALIGN) {
        for (uint32_t i = 0; i < n; i++) {
            unsigned char *entry = p + SECTIONS_HEADER + i * SECTIONS_ENTRY;
            uint64_t offset = bytes_get_u64(entry + 8), bytes = bytes_get_u64(entry + 16);
            if (offset <= size && bytes <= size - offset)
                bytes_put_u32(entry + 24, crc_update(0, p + offset, bytes));
        }
        bytes_put_u32(p + 120, crc_update(0, p + SECTIONS_HEADER, n * SECTIONS_ENTRY));
    }
    bytes_put_u32(p + 124, crc_update(0, p, 124));
}

static void search(const struct graph *g, const struct codes *codes)
{
    struct err err = {0};
    struct beam b;
    float *q = mem_zalloc(g->dim, sizeof *q, &err);
    FUZZ_CHECK(q && beam_init(&b, g, codes, 20, &err) == 0);
    int rc = beam_search(&b, g, q, 20, &err);
    if (!fuzz_refused(rc, &err)) {
        beam_rerank(&b, g, 10);
        for (size_t i = 0; i < b.n; i++)
            (void)graph_key(g, beam_at(&b, i).id);
    }
    beam_done(&b);
    mem_free(q);
}

static void there_and_back(const struct graph *g)
{
    struct err err = {0};
    struct output *out;
    struct hnswlib_file f;
    size_t n;
    FUZZ_CHECK(output_open_memory(&out, &err) == 0);
    int rc = hnswlib_file_write(out, g, &err);
    if (!fuzz_refused(rc, &err)) {
        const void *p = output_memory(out, &n);
        struct input *in = fuzz_input(p, n);
        rc = hnswlib_file_read(&f, in, g->metric, &err);
        /* an index of keys may have an id twice; a verified one may be of cosine and not of length 1, which nothing checks */
        if (!g->key_starts && g->metric != METRIC_COSINE)
            FUZZ_CHECK(rc == 0 && f.graph.n == g->n && f.graph.entry == g->entry);
        hnswlib_file_done(&f);
        input_close(in);
    }
    output_free(out);
}

static void open_and_use(const void *p, size_t size, enum mapfile_load load)
{
    struct err err = {0};
    struct graph_file *f;
    int rc = graph_file_open_memory(&f, p, size, "fuzz", load, &err);
    if (fuzz_refused(rc, &err))
        return;
    const struct graph *g = graph_file_graph(f);
    search(g, NULL);
    if (g->codes.type != CODES_NONE)
        search(g, &g->codes);
    if (load == MAPFILE_COPY)
        there_and_back(g);
    graph_file_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    unsigned char *p = mem_slab(size, 1, &err);
    FUZZ_CHECK(p);
    memcpy(p, data, size);
    open_and_use(p, size, MAPFILE_COPY);
    sign(p, size);
    open_and_use(p, size, MAPFILE_COPY);
    open_and_use(p, size, MAPFILE_MMAP);
    mem_free(p);
    return 0;
}
