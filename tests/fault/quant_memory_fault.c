/* Every allocation of a small balanced k-means, of encoding, counting and parting codes fails in turn: ERR_NOMEM with a message,
 * and nothing leaked (ASan).  Plain k-means is left out: oneDNN cannot do without memory everywhere. */
#include "fail_each.h"

#include "base/rng.h"
#include "quant/level.h"
#include "quant/resolve.h"
#include "quant/rqencode.h"

enum { N = 60, K = 5, STRIDE = 16 };
static _Alignas(64) float x[N * STRIDE], centres[2][K * STRIDE];
static uint32_t label[N];
static struct kmeans_points points = {.x = x, .n = N, .dim = 3, .stride = STRIDE, .n_threads = 1};

static int fit(struct err *err)
{
    const struct level_options o = {.k = K, .bounded = true, .least = 11, .most = 13, .n_init = 2, .max_iter = 3, .seed = 1};
    struct level_report report;
    return level_fit(&points, &o, centres[0], label, &report, err);
}

static const struct residual books = {.n_levels = 2, .dim = 3, .stride = STRIDE, .clusters = {K, K},
                                      .level = {{.centres = centres[0]}, {.centres = centres[1]}}};

static int encode(struct err *err)
{
    int rc = 0;
    struct codeset s = {0};
    struct codeset_stats stats;
    struct codeset_level levels[2];
    static _Alignas(64) float left[N * STRIDE];
    uint64_t changed;
    memcpy(left, x, sizeof x);
    TRY(codeset_init(&s, N, 2, books.clusters, err));
    TRY(rqencode_rows(&books, x, N, 3, points.n_threads, s.code, err));
    TRY(codeset_count(&s, &stats, levels, err));
    TRY(resolve_last(RESOLVE_SINKHORN, &books, left, &s, points.n_threads, &changed, err));
    TRY(resolve_last(RESOLVE_REASSIGN, &books, left, &s, points.n_threads, &changed, err));
    TRY(codeset_suffix(&s, err));
out:
    codeset_done(&s);
    return rc;
}

static void test_memory(void)
{
    for (size_t i = 0; i < N * STRIDE; i++)
        x[i] = i % STRIDE < 3 ? (float)rng_normal(1, RNG_TEST, i) : 0;
    for (points.n_threads = 1; points.n_threads <= 2; points.n_threads++) {
        fail_each("malloc", "ENOMEM", ERR_NOMEM, fit, NULL);
        fail_each("malloc", "ENOMEM", ERR_NOMEM, encode, NULL);
    }
}

int main(void)
{
    CHECK_RUN(test_memory);
    return check_status();
}
