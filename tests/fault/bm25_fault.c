/* Damage to text indexes, in process.  A verifying reader refuses every truncation and every flipped bit.  Lies under right
 * checksums never make it read outside of the file; nor do they make a search in a mapped index. */
#include "../unit/bm25_made.h"
#include "../unit/check.h"
#include "base/rng.h"

static struct err err;

struct bytes {
    unsigned char *p;
    size_t n;
};

static struct bytes make(size_t n)
{
    struct output *out;
    struct bytes b;
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(made_index(out, n, 0, &err), &err);
    const void *p = output_memory(out, &b.n);
    b.p = mem_slab(b.n, 1, &err);
    memcpy(b.p, p, b.n);
    output_free(out);
    return b;
}

static int open_code(const void *p, size_t n, enum mapfile_load load)
{
    struct bm25_file *f;
    err = (struct err){0};
    int rc = bm25_file_open_memory(&f, p, n, "damaged", load, &err);
    if (rc == 0) {
        rc = made_search(bm25_file_index(f), BM25_LUCENE, &err);
        bm25_file_close(f);
    }
    return rc;
}

static bool refused(int rc)
{
    return rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT;
}

static void test_every_truncation(void)
{
    struct bytes b = make(7);
    CHECK_OK(open_code(b.p, b.n, MAPFILE_COPY), &err);
    for (size_t n = 0; n < b.n; n += n < 500 ? 1 : 37) {
        unsigned char *cut = mem_alloc(n, 1, &err);   /* exactly as long: a read behind it is found by ASan */
        memcpy(cut, b.p, n);
        CHECK(refused(open_code(cut, n, MAPFILE_COPY)));
        CHECK(refused(open_code(cut, n, MAPFILE_MMAP)));
        mem_free(cut);
    }
    mem_free(b.p);
}

/* All eight bits of a byte that says something, one of some bytes of padding. */
static void test_every_bit(void)
{
    struct bytes b = make(7);
    for (size_t i = 0; i < b.n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            if (b.p[i] == 0 && i % SECTIONS_ALIGN > 600 && i % 64 * 8 != bit)
                continue;
            b.p[i] ^= (unsigned char)(1u << bit);
            CHECK(refused(open_code(b.p, b.n, MAPFILE_COPY)));
            b.p[i] ^= (unsigned char)(1u << bit);
        }
    CHECK_OK(open_code(b.p, b.n, MAPFILE_COPY), &err);
    mem_free(b.p);
}

/* Up to three bytes of header, table and sections at random, under right checksums: verified it is refused or sound, mapped any
 * answer is right that touches nothing outside. */
static void test_lies(void)
{
    static const unsigned char values[] = {0, 1, 0x7F, 0x80, 0xFF};
    struct bytes b = make(300);
    unsigned char *p = mem_slab(b.n, 1, &err);
    int n_found = 0;
    for (uint64_t turn = 0; turn < 3000; turn++) {
        memcpy(p, b.p, b.n);
        for (uint64_t i = 0; i <= turn % 3; i++) {
            uint64_t at = turn % 4 == 0 ? rng_below(1, RNG_TEST, turn * 3 + i, 500) : 0;
            while (at == 0 || (b.p[at] == 0 && at % 7 != 0))        /* seldom in padding */
                at = rng_below(2 + i, RNG_TEST, turn * 100 + at % 100 + (uint64_t)n_found++, b.n);
            p[at] = values[rng_below(9, RNG_TEST, turn * 3 + i, 5)];
        }
        made_sign(p, b.n);
        int verified = open_code(p, b.n, MAPFILE_COPY), mapped = open_code(p, b.n, MAPFILE_MMAP);
        CHECK(verified == 0 || refused(verified));
        CHECK(mapped == 0 || refused(mapped));
    }
    mem_free(p);
    mem_free(b.p);
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_lies);
    return check_status();
}
