/* Damage to indexes, in process.  A verifying reader refuses every truncation and every flipped bit.  Lies under right
 * checksums, which fuzzed sections and headers are, never make it read outside of the file; nor do they make a search in a
 * mapped index. */
#include "../unit/graph_made.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "graph/beam.h"
#include "graph/graph_file.h"

static struct err err;

struct bytes {
    unsigned char *p;
    size_t n;
};

/* Forty vectors in a few layers, with keys. */
static struct bytes make(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 40, 3, 2, 10, 1);
    uint64_t starts[41];
    char keys[41];
    for (size_t i = 0; i <= 40; i++) {
        starts[i] = i;
        keys[i] = (char)('0' + i);
    }
    made.g.key_starts = starts;
    made.g.key_bytes = keys;
    made.g.n_key_bytes = 40;
    struct header base = {0}, h = {0};
    struct output *out;
    struct bytes b;
    CHECK_OK(header_set_kind(&base, "vectors", &err), &err);
    CHECK_OK(graph_file_header_make(&h, &made.g, &base, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(graph_file_write(out, &made.g, &h, &err), &err);
    const void *p = output_memory(out, &b.n);
    b.p = mem_slab(b.n, 1, &err);
    memcpy(b.p, p, b.n);
    output_free(out);
    header_done(&base);
    header_done(&h);
    made.g.key_starts = NULL;
    made_done(&made);
    return b;
}

static int open_code(const void *p, size_t n, enum mapfile_load load)
{
    struct graph_file *f;
    err = (struct err){0};
    int rc = graph_file_open_memory(&f, p, n, "damaged", load, &err);
    if (rc == 0)
        graph_file_close(f);
    return rc;
}

static bool refused(int rc)
{
    return rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT;
}

static void test_every_truncation(void)
{
    struct bytes b = make();
    CHECK_OK(open_code(b.p, b.n, MAPFILE_COPY), &err);
    for (size_t n = 0; n < b.n; n++) {
        unsigned char *cut = mem_alloc(n, 1, &err);   /* exactly as long: a read behind it is found by ASan */
        memcpy(cut, b.p, n);
        CHECK(refused(open_code(cut, n, MAPFILE_COPY)));
        CHECK(refused(open_code(cut, n, MAPFILE_MMAP)));
        mem_free(cut);
    }
    mem_free(b.p);
}

/* All eight bits of a byte that says something, one of a byte of padding. */
static void test_every_bit(void)
{
    struct bytes b = make();
    for (size_t i = 0; i < b.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            if (b.p[i] == 0 && i % SECTIONS_ALIGN > 1024 && bit != i % 8)
                continue;
            b.p[i] ^= (unsigned char)(1u << bit);
            CHECK(refused(open_code(b.p, b.n, MAPFILE_COPY)));
            b.p[i] ^= (unsigned char)(1u << bit);
        }
    CHECK_OK(open_code(b.p, b.n, MAPFILE_COPY), &err);
    mem_free(b.p);
}

static void test_trailing(void)
{
    struct bytes b = make();
    unsigned char *more = mem_alloc(2 * b.n, 1, &err);
    memset(more, 0, 2 * b.n);
    memcpy(more, b.p, b.n);
    for (size_t n = b.n + 1; n <= 2 * b.n; n = n < b.n + 70 ? n + 1 : n + SECTIONS_ALIGN - n % SECTIONS_ALIGN)
        CHECK(refused(open_code(more, n, MAPFILE_COPY)));
    mem_free(more);
    mem_free(b.p);
}

/* Make all checksums right again, as far as the table can be followed. */
static void sign(struct bytes b)
{
    uint32_t n = bytes_get_u32(b.p + 12);
    for (uint32_t i = 0; i < n && i < SECTIONS_MAX; i++) {
        unsigned char *entry = b.p + SECTIONS_HEADER + i * SECTIONS_ENTRY;
        uint64_t offset = bytes_get_u64(entry + 8), bytes = bytes_get_u64(entry + 16);
        if (offset <= b.n && bytes <= b.n - offset)
            bytes_put_u32(entry + 24, crc_update(0, b.p + offset, bytes));
    }
    if (n <= SECTIONS_MAX)
        bytes_put_u32(b.p + 120, crc_update(0, b.p + SECTIONS_HEADER, n * SECTIONS_ENTRY));
    bytes_put_u32(b.p + 124, crc_update(0, b.p, 124));
}

/* Search what was opened by mapping: any answer or an error, but within the file. */
static void search(const struct graph_file *f)
{
    const struct graph *g = graph_file_graph(f);
    float q[64] = {1, -1};
    struct beam b;
    uint64_t sum = 0;
    if (g->dim > 64)
        return;
    CHECK_OK(beam_init(&b, g, NULL, 50, &err), &err);
    err = (struct err){0};
    int rc = beam_search(&b, g, q, 50, &err);
    CHECK(rc == 0 || rc == ERR_DATA);
    for (size_t i = 0; rc == 0 && i < b.n; i++) {
        struct text key = graph_key(g, beam_at(&b, i).id);
        for (size_t j = 0; key.p && j < key.n; j++)
            sum += (unsigned char)key.p[j];
        sum += g->ids[beam_at(&b, i).id];
    }
    CHECK(sum != 1);           /* uses what was read */
    beam_done(&b);
}

static void test_lies_under_right_checksums(void)
{
    static const uint32_t odd[] = {0, 1, 2, 39, 40, 41, 64, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF};
    struct bytes good = make(), b = {.n = good.n};
    size_t n_accepted = 0, n_tries = 20000;
    b.p = mem_alloc(b.n, 1, &err);
    for (uint64_t i = 0; i < n_tries; i++) {
        memcpy(b.p, good.p, b.n);
        for (uint64_t j = 0; j <= rng_below(1, RNG_TEST, i, 3); j++) {
            /* half of the lies in the header and the table */
            uint64_t r = rng_u64(2, RNG_TEST, i * 4 + j);
            size_t at = r % 2 ? 8 + (r >> 8) % 400 : SECTIONS_ALIGN + (r >> 8) % (b.n - SECTIONS_ALIGN);
            uint32_t value = r % 4 < 2 ? odd[(r >> 40) % 12] : (uint32_t)(r >> 32);
            bytes_put_u32(b.p + (at & ~(size_t)3), value);
        }
        sign(b);
        struct graph_file *f;
        err = (struct err){0};
        int rc = graph_file_open_memory(&f, b.p, b.n, "lies", MAPFILE_COPY, &err);
        CHECK(rc == 0 || refused(rc));
        if (rc == 0) {
            n_accepted++;          /* another vector, another id: as good as the first */
            search(f);
            graph_file_close(f);
        }
        err = (struct err){0};
        rc = graph_file_open_memory(&f, b.p, b.n, "lies", MAPFILE_MMAP, &err);
        CHECK(rc == 0 || refused(rc));
        if (rc == 0) {
            search(f);
            graph_file_close(f);
        }
    }
    CHECK(n_accepted < n_tries / 2);
    mem_free(b.p);
    mem_free(good.p);
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_trailing);
    CHECK_RUN(test_lies_under_right_checksums);
    return check_status();
}
