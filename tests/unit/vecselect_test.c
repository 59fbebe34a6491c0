/* vecselect: ranges, samples and shards do not depend on how rows arrive; retype: what can be said exactly. */
#include "check.h"
#include "fmt/retype.h"
#include "fmt/vecselect.h"

#include <math.h>

enum { N = 1000 };

/* Which of N rows are kept, asked for in pieces of `step`. */
static size_t choose(const struct vecselect_options *o, size_t step, bool kept[N])
{
    struct vecselect s;
    struct err err = {0};
    size_t n_kept = 0;
    memset(kept, 0, N);
    CHECK_OK(vecselect_init(&s, o, N, &err), &err);
    for (size_t at = 0; at < N;) {
        size_t piece = at % step ? step - at % step : step;
        bool keep;
        size_t n = vecselect_next(&s, at + piece < N ? piece : N - at, &keep);
        CHECK(n >= 1 && n <= piece);
        memset(kept + at, keep, n);
        n_kept += keep ? n : 0;
        at += n;
    }
    CHECK_EQ(vecselect_count(&s), n_kept);
    return n_kept;
}

static void test_pieces_do_not_matter(void)
{
    static const struct vecselect_options cases[] = {
        {0, UINT64_MAX, 0, 1, 0, 0}, {10, 20, 0, 1, 0, 0}, {10, UINT64_MAX, 0, 1, 0, 0}, {0, UINT64_MAX, 100, 1, 0, 0},
        {500, 900, 100, 7, 0, 0}, {0, UINT64_MAX, 0, 1, 2, 7}, {3, 977, 501, 3, 1, 3}, {0, UINT64_MAX, N, 1, 0, 0},
        {5, 5, 0, 1, 0, 0}};
    bool first[N], kept[N];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose(&cases[i], N, first);
        for (size_t step = 1; step < N; step = step * 2 + 1) {
            choose(&cases[i], step, kept);
            CHECK(memcmp(first, kept, N) == 0);
        }
    }
}

static void test_shards_part_the_rows(void)
{
    for (uint64_t n_shards = 1; n_shards < 20; n_shards += 3) {
        size_t total = 0, least = N, most = 0;
        bool kept[N], any[N] = {0};
        for (uint64_t i = 0; i < n_shards; i++) {
            struct vecselect_options o = {.to = UINT64_MAX, .shard = i, .n_shards = n_shards};
            size_t n = choose(&o, 64, kept);
            for (size_t j = 0; j < N; j++) {
                CHECK(!(any[j] && kept[j]));
                any[j] = any[j] || kept[j];
            }
            total += n;
            least = n < least ? n : least;
            most = n > most ? n : most;
        }
        CHECK_EQ(total, N);
        CHECK(most - least <= 1);
    }
}

/* Every row has the same chance, another seed gives another sample, a larger one contains the smaller. */
static void test_samples(void)
{
    static size_t times[N];
    bool small[N], large[N];
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct vecselect_options o = {.to = UINT64_MAX, .sample = 100, .seed = seed};
        CHECK_EQ(choose(&o, N, small), 100);
        o.sample = 300;
        choose(&o, N, large);
        for (size_t i = 0; i < N; i++) {
            CHECK(!small[i] || large[i]);
            times[i] += small[i];
        }
    }
    for (size_t i = 0; i < N; i++)
        CHECK(times[i] > 10 && times[i] < 75);       /* 40 expected, standard deviation 6 */
}

static void test_too_few_rows(void)
{
    struct vecselect s;
    struct err err = {0};
    struct vecselect_options o = {.to = N + 1};
    CHECK_EQ(vecselect_init(&s, &o, N, &err), ERR_DATA);
    err = (struct err){0};
    o = (struct vecselect_options){.from = 10, .to = UINT64_MAX, .sample = N};
    CHECK_EQ(vecselect_init(&s, &o, N, &err), ERR_DATA);
}

static void test_parsing(void)
{
    struct vecselect_options o;
    CHECK(vecselect_parse_rows("3:7", &o) && o.from == 3 && o.to == 7);
    CHECK(vecselect_parse_rows("3:", &o) && o.from == 3 && o.to == UINT64_MAX);
    CHECK(vecselect_parse_rows(":7", &o) && o.from == 0 && o.to == 7);
    CHECK(!vecselect_parse_rows(":", &o) && !vecselect_parse_rows("7:3", &o) && !vecselect_parse_rows("7", &o));
    CHECK(!vecselect_parse_rows("-1:3", &o) && !vecselect_parse_rows("1:2:3", &o) && !vecselect_parse_rows("", &o));
    CHECK(vecselect_parse_shard("2/3", &o) && o.shard == 2 && o.n_shards == 3);
    CHECK(!vecselect_parse_shard("3/3", &o) && !vecselect_parse_shard("0/0", &o) && !vecselect_parse_shard("1", &o));
}

static void test_retype(void)
{
    static const float in[] = {0, 1, -1, 127, 128, 255, 256, 0.5f, 65504, 65520, 1e30f, NAN, INFINITY};
    static const struct {
        enum column_type to;
        const char *good;             /* for each of `in`: can it be converted? */
    } cases[] = {{COLUMN_I8, "yyyynnnnnnnnn"}, {COLUMN_U8, "yynyyynnnnnnn"}, {COLUMN_U16, "yynyyyynyynnn"},
                 {COLUMN_F16, "yyyyyyyyynnnn"}, {COLUMN_BF16, "yyyyyyyyyyynn"}, {COLUMN_F64, "yyyyyyyyyyynn"},
                 {COLUMN_U64, "yynyyyynyynnn"}, {COLUMN_I64, "yyyyyyynyynnn"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
            unsigned char out[8] = {0};
            bool good = retype_values(out, cases[c].to, &in[i], COLUMN_F32, 1) == 1;
            CHECK_EQ(good, cases[c].good[i] == 'y');
        }
    const float few[] = {1, 2, 300, 4};
    uint8_t bytes[4];
    CHECK_EQ(retype_values(bytes, COLUMN_U8, few, COLUMN_F32, 4), 2);
    CHECK(bytes[0] == 1 && bytes[1] == 2);
    const int8_t negative = -3;
    int64_t wide;
    CHECK_EQ(retype_values(&wide, COLUMN_I64, &negative, COLUMN_I8, 1), 1);
    CHECK_EQ(wide, -3);
    const double precise = 1 + 0x1p-24 + 0x1p-50;     /* above the middle of two floats */
    float rounded;
    CHECK_EQ(retype_values(&rounded, COLUMN_F32, &precise, COLUMN_F64, 1), 1);
    CHECK(rounded == 1 + 0x1p-23f);
}

int main(void)
{
    CHECK_RUN(test_pieces_do_not_matter);
    CHECK_RUN(test_shards_part_the_rows);
    CHECK_RUN(test_samples);
    CHECK_RUN(test_too_few_rows);
    CHECK_RUN(test_parsing);
    CHECK_RUN(test_retype);
    return check_status();
}
