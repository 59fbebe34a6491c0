/* Damage to hnswlib's files, in process.  They have no checksum, so a changed value may pass; a size may not: every truncation
 * and every byte behind the end is refused, and what is accepted is a graph that passes graph_check. */
#include "../unit/hnswlib_made.h"
#include "graph/graph_check.h"

static struct err err;

static bool refused(int rc)
{
    return rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT;
}

static void test_every_length(void)
{
    struct hnswlib_made f = hnswlib_made(METRIC_L2, 40);
    struct hnswlib_file file;
    for (size_t n = 0; n < f.n + 70; n++) {
        unsigned char *cut = mem_zalloc(n, 1, &err);     /* exactly as long: a read behind it is found by ASan */
        memcpy(cut, f.p, n < f.n ? n : f.n);
        int rc = hnswlib_made_read(&file, cut, n, METRIC_L2, &err);
        CHECK(n == f.n ? rc == 0 : refused(rc));
        hnswlib_file_done(&file);
        mem_free(cut);
    }
    mem_free(f.p);
}

/* Every aligned word of the head, of two elements and of the first link lists takes odd values; then words anywhere. */
static void try_lie(const struct hnswlib_made *good, unsigned char *p, size_t *n_accepted)
{
    struct hnswlib_file file;
    int rc = hnswlib_made_read(&file, p, good->n, METRIC_L2, &err);
    CHECK(rc == 0 || refused(rc));
    if (rc == 0) {
        ++*n_accepted;
        CHECK_OK(graph_check(&file.graph, NULL, &err), &err);
    }
    hnswlib_file_done(&file);
}

static void test_lies(void)
{
    static const uint32_t odd[] = {0, 1, 2, 3, 39, 40, 41, 64, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE,
                                   0xFFFFFFFF};
    enum { N_ODD = sizeof odd / sizeof odd[0] };
    struct hnswlib_made f = hnswlib_made(METRIC_L2, 40);
    unsigned char *p = mem_alloc(f.n, 1, &err);
    size_t n_accepted = 0, links = HNSWLIBHEAD_BYTES + 40 * f.head.element_bytes;
    for (size_t at = 0; at + 4 <= f.n; at = at == 96 + 2 * f.head.element_bytes ? links : at + 4)
        for (size_t i = 0; i < N_ODD; i++) {
            memcpy(p, f.p, f.n);
            bytes_put_u32(p + at, odd[i]);
            try_lie(&f, p, &n_accepted);
            if (at < HNSWLIBHEAD_BYTES && at % 8 == 0) {      /* all of a u64 */
                bytes_put_u32(p + at + 4, odd[i]);
                try_lie(&f, p, &n_accepted);
            }
        }
    for (uint64_t i = 0; i < 20000; i++) {
        memcpy(p, f.p, f.n);
        for (uint64_t j = 0; j <= rng_below(1, RNG_TEST, i, 3); j++) {
            uint64_t r = rng_u64(2, RNG_TEST, i * 4 + j);
            size_t at = r % 4 == 0 ? (r >> 8) % 96 : (r >> 8) % f.n;
            bytes_put_u32(p + (at & ~(size_t)3), r % 3 ? odd[(r >> 40) % N_ODD] : (uint32_t)(r >> 32) % 64);
        }
        try_lie(&f, p, &n_accepted);
    }
    CHECK(n_accepted > 1000);            /* other values and links, as good as the first */
    mem_free(p);
    mem_free(f.p);
}

int main(void)
{
    CHECK_RUN(test_every_length);
    CHECK_RUN(test_lies);
    return check_status();
}
