#include "text/bm25_build.h"
#include "text/bm25_file.h"
#include "text/bm25_kernel.h"
#include "text/bm25_search.h"

#include "base/rng.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_DOCS = 9000, MAX_WORDS = 400, VOCABULARY = 60 };

static struct err err;

/* A collection of random words, rare and common ones, and how often each is where. */
static struct {
    size_t n;
    uint32_t tf[MAX_DOCS][VOCABULARY], length[MAX_DOCS];
} set;

static const char *word(size_t i)
{
    static char text[8];
    snprintf(text, sizeof text, "w%zu", i);
    return text;
}

static void make_set(size_t n, uint64_t seed, size_t longest)
{
    memset(&set, 0, sizeof set);
    set.n = n;
    for (size_t d = 0; d < n; d++) {
        set.length[d] = (uint32_t)rng_below(seed, RNG_TEST, d, longest + 1);
        for (size_t i = 0; i < set.length[d]; i++) {
            double u = rng_uniform(seed + 1, RNG_TEST, d * MAX_WORDS + i);
            set.tf[d][(size_t)(u * u * u * VOCABULARY)]++;
        }
    }
}

/* The index of the set, in out. */
static struct bm25_file *index_set(struct output **out, uint64_t memory)
{
    const struct bm25_build_options o = {.analyzer = ANALYZER_WHITESPACE, .title_boost = 1, .memory = memory};
    struct bm25_builder *b;
    struct bm25_file *f = NULL;
    struct header h = {0};
    struct buf text = {0};
    char id[16];
    uint64_t n;
    size_t bytes;
    CHECK_OK(bm25_builder_new(&b, &o, &err), &err);
    for (size_t d = 0; d < set.n; d++) {
        buf_clear(&text);
        for (size_t w = 0; w < VOCABULARY; w++)
            for (size_t i = 0; i < set.tf[d][w]; i++)
                CHECK_OK(buf_printf(&text, &err, "%s ", word(w)), &err);
        struct row row = {.id = {id, (size_t)snprintf(id, sizeof id, "d%zu", d)}, .text = {text.n ? text.p : "", text.n},
                          .line = d + 1};
        CHECK_OK(bm25_builder_add(b, &row, "set", &err), &err);
    }
    CHECK_OK(output_open_memory(out, &err), &err);
    CHECK_OK(bm25_builder_write(b, *out, &h, &n, &err), &err);
    CHECK_EQ(n, set.n);
    const void *p = output_memory(*out, &bytes);
    CHECK_OK(bm25_file_open_memory(&f, p, bytes, "set", MAPFILE_COPY, &err), &err);
    bm25_builder_free(b);
    header_done(&h);
    buf_done(&text);
    return f;
}

/* The formulas of bm25_score.h in doubles; df from the set. */
static double score(const struct bm25_params *p, size_t d, const size_t *query, size_t n)
{
    double total = 0, sum = 0, mean = 0, n_terms = 0, df[VOCABULARY] = {0}, docs = (double)set.n;
    for (size_t i = 0; i < set.n; i++) {
        total += set.length[i];
        for (size_t w = 0; w < VOCABULARY; w++)
            df[w] += set.tf[i][w] > 0;
    }
    for (size_t w = 0; w < VOCABULARY; w++) {
        n_terms += df[w] > 0;
        mean += df[w] > 0 ? log((docs - df[w] + 0.5) / (df[w] + 0.5)) : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double tf = set.tf[d][query[i]], f = df[query[i]], norm = p->k1 * (1 - p->b + p->b * set.length[d] / (total / docs));
        double part = tf * (p->k1 + 1) / (tf + norm), rsj = log((docs - f + 0.5) / (f + 0.5));
        if (tf == 0)
            continue;
        sum += p->idf == BM25_LUCENE ? log(1 + (docs - f + 0.5) / (f + 0.5)) * tf / (tf + norm)
             : p->idf == BM25_ROBERTSON ? rsj * part
             : p->idf == BM25_ATIRE ? log(docs / f) * part
             : p->idf == BM25_PLUS ? log((docs + 1) / f) * (1 + part)
             : (rsj < 0 ? 0.25 * mean / n_terms : rsj) * part;
    }
    return sum;
}

static size_t make_terms(const struct bm25_index *x, const size_t *query, size_t n, struct bm25_term *terms)
{
    size_t n_terms = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t number = bm25_find(x, word(query[i]), strlen(word(query[i])));
        size_t j = 0;
        while (j < n_terms && terms[j].number != (size_t)number)
            j++;
        if (number >= 0 && j == n_terms)
            terms[n_terms++] = (struct bm25_term){.number = (size_t)number};
        if (number >= 0)
            terms[j].times++;
    }
    return n_terms;
}

/* Random queries: the search gives what scoring everything gives, to the bit; and that is the formula. */
static void compare_searches(const struct bm25_params *p, size_t k, size_t n_queries, bool formula)
{
    struct output *out;
    struct bm25_file *f = index_set(&out, 0);
    const struct bm25_index *x = bm25_file_index(f);
    struct bm25_scorer *scorer;
    struct bm25_search *plain, *fast;
    CHECK_OK(bm25_scorer_new(&scorer, x, *p, 2, &err), &err);
    CHECK_OK(bm25_search_new(&plain, scorer, k, &err), &err);
    CHECK_OK(bm25_search_new(&fast, scorer, k, &err), &err);
    for (size_t q = 0; q < n_queries; q++) {
        size_t query[8], n = 1 + rng_below(5, RNG_TEST, q, 8);
        struct bm25_term terms[8];
        struct bm25_found a, b;
        for (size_t i = 0; i < n; i++)
            query[i] = rng_below(6, RNG_TEST, q * 8 + i, VOCABULARY);
        size_t n_terms = make_terms(x, query, n, terms);
        CHECK_OK(bm25_plain(plain, terms, n_terms, &a, &err), &err);
        CHECK_OK(bm25_search_run(fast, terms, n_terms, &b, &err), &err);
        CHECK_EQ(a.n, b.n);
        CHECK(a.n != b.n || a.n == 0 || memcmp(a.at, b.at, a.n * sizeof *a.at) == 0);
        CHECK(b.n_postings <= a.n_postings);
        for (size_t i = 0; formula && i < a.n; i += 1 + a.n / 4) {
            double wanted = score(p, a.at[i].id, query, n);
            CHECK(fabs(-(double)a.at[i].dist - wanted) < 1e-5 * (1 + fabs(wanted)));
        }
    }
    bm25_search_free(plain);
    bm25_search_free(fast);
    bm25_scorer_free(scorer);
    bm25_file_close(f);
    output_free(out);
}

static void test_formulas(void)
{
    make_set(150, 1, 40);
    for (int idf = BM25_LUCENE; idf <= BM25_OKAPI; idf++) {
        compare_searches(&(struct bm25_params){0.82, 0.68, (enum bm25_idf)idf}, 10, 30, true);
        compare_searches(&(struct bm25_params){0, 0.5, (enum bm25_idf)idf}, 200, 10, true);      /* tf does not count: ties */
        compare_searches(&(struct bm25_params){2, 1, (enum bm25_idf)idf}, 1, 10, true);
    }
}

static void test_exact(void)
{
    static const size_t ks[] = {1, 10, 100, 3000, 20000};
    for (uint64_t seed = 0; seed < 3; seed++) {
        make_set(seed == 0 ? 300 : MAX_DOCS, seed, seed == 2 ? 3 : 30);       /* three words: hardly anything but ties */
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++)
            compare_searches(&(struct bm25_params){0.9, 0.4, i % 2 ? BM25_LUCENE : BM25_PLUS}, ks[i], 20, false);
        compare_searches(&(struct bm25_params){0.9, 0.4, BM25_ROBERTSON}, 10, 20, false);
    }
    make_set(0, 1, 1);
    compare_searches(&(struct bm25_params){0.9, 0.4, BM25_OKAPI}, 10, 5, false);
    make_set(5, 1, 0);
    compare_searches(&(struct bm25_params){0.9, 0.4, BM25_LUCENE}, 10, 5, false);
}

/* Terms more than 255 times, lengths far apart. */
static void test_long_documents(void)
{
    make_set(200, 3, 5);
    for (size_t d = 0; d < set.n; d += 7) {
        set.tf[d][0] += (uint32_t)(d * 10);
        set.length[d] += (uint32_t)(d * 10);
    }
    compare_searches(&(struct bm25_params){0.9, 0.4, BM25_LUCENE}, 20, 50, true);
}

/* The same bytes however small the stretches are. */
static void test_memory(void)
{
    struct output *a, *b;
    size_t n, m;
    make_set(2000, 2, 30);
    struct bm25_file *f = index_set(&a, 0), *g = index_set(&b, 150 << 10);
    const void *p = output_memory(a, &n), *q = output_memory(b, &m);
    CHECK_EQ(n, m);
    CHECK(n == m && memcmp(p, q, n) == 0);
    bm25_file_close(f);
    bm25_file_close(g);
    output_free(a);
    output_free(b);
}

/* Each instruction set's addends and picks are the scalar ones. */
static void test_kernels(void)
{
    static struct bm25_window windows[2];
    static struct neighbour picked[2][BM25_WINDOW];
    struct output *out;
    struct bm25_scorer *scorer;
    make_set(MAX_DOCS, 4, 40);
    struct bm25_file *f = index_set(&out, 0);
    const struct bm25_index *x = bm25_file_index(f);
    CHECK_OK(bm25_scorer_new(&scorer, x, (struct bm25_params){0.9, 0.4, BM25_PLUS}, 1, &err), &err);
    const struct bm25_kernel *scalar = bm25_kernel_variant(CPU_SCALAR);
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        const struct bm25_kernel *kernel = bm25_kernel_variant((enum cpu_isa)isa);
        for (size_t block = 0; kernel && block < x->n_blocks; block += 3) {
            const struct bm25_block *b = &x->blocks[block];
            const struct bm25_term t = {.weight = 1.7f, .plus = block % 2 ? 0.3f : 0};
            const struct bm25_run_of run = {.scorer = scorer, .term = &t, .block = b, .step = {0x1p-20f, 0x1.8p3f},
                                            .base = b->first / 2, .from = block % 9 % b->n, .to = b->n - block % 2};
            scalar->add(&run, &windows[0]);
            kernel->add(&run, &windows[1]);
            CHECK(memcmp(&windows[0], &windows[1], sizeof *windows) == 0);
            size_t n = scalar->pick(&windows[0], 1.5f, 7, picked[0]), m = kernel->pick(&windows[1], 1.5f, 7, picked[1]);
            CHECK_EQ(n, m);
            CHECK(n != m || memcmp(picked[0], picked[1], n * sizeof **picked) == 0);
            CHECK(memcmp(&windows[0], &windows[1], sizeof *windows) == 0);
        }
    }
    bm25_scorer_free(scorer);
    bm25_file_close(f);
    output_free(out);
}

int main(void)
{
    CHECK_RUN(test_formulas);
    CHECK_RUN(test_exact);
    CHECK_RUN(test_long_documents);
    CHECK_RUN(test_memory);
    CHECK_RUN(test_kernels);
    return check_status();
}
