/* The forward pass: against a plain one in double on a made model, and against transformers' own hidden states and vectors of
 * $VECPIPE_TESTDATA/encoders, whose models have odd head sizes, every activation and every pooling. */
#include "nn/transformer.h"

#include "base/mem.h"
#include "base/rng.h"
#include "check.h"
#include "nn/pooling.h"
#include "scratch.h"
#include "sys/par.h"
#include "transformer_made.h"
#include "transformer_plain.h"
#include "vec/kernel.h"

#include <math.h>

static struct err err;

static double greatest_difference(const float *x, const double *y, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i] - y[i]));
    return most;
}

static double difference(const float *x, const float *y, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)x[i] - y[i]));
    return most;
}

static double cosine(const float *x, const double *y, size_t n)
{
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xy += x[i] * y[i];
        xx += (double)x[i] * x[i];
        yy += y[i] * y[i];
    }
    return xy / sqrt(xx * yy);
}

static const struct transformer_config odd = {
    .kind = TRANSFORMER_XLM_ROBERTA, .dim = 69, .n_layers = 2, .n_heads = 3, .inner = 101, .n_rows = 211, .n_positions = 140,
    .first_position = 2, .n_types = 2, .act = TRANSFORMER_GELU, .norm_eps = 1e-5f};

/* Batches of every mixture: one token, blocks that are full and not, more tokens than a tile. */
static void check_made(enum linear_type type, double bound, double least_cosine)
{
    static const size_t lengths[] = {1, 2, 12, 13, 31, 32, 33, 64, 97, 138};
    enum { N_TEXTS = sizeof lengths / sizeof *lengths };
    struct checkpoint c;
    struct transformer t;
    struct transformer_scratch s;
    uint32_t ids[512];
    const float *hidden;
    double most = 0, least = 1;
    size_t n = 0;
    for (size_t i = 0; i < N_TEXTS; i++)
        for (size_t j = 0; j < lengths[i]; j++, n++)
            ids[n] = (uint32_t)(rng_u64(9, RNG_TEST, n) % odd.n_rows);
    CHECK_OK(checkpoint_open(&c, scratch_path("."), MAPFILE_MMAP, &err), &err);
    CHECK_OK(transformer_init(&t, &odd, &c, type, 2, &err), &err);
    transformer_scratch_init(&s, &t);
    for (size_t layers = 0; layers <= odd.n_layers; layers++) {
        CHECK_OK(transformer_run(&t, &s, ids, lengths, N_TEXTS, layers, &hidden, &err), &err);
        for (size_t i = 0, at = 0; i < N_TEXTS; at += lengths[i++]) {
            double *want = plain_run(&odd, &c, ids + at, lengths[i], layers);
            most = fmax(most, greatest_difference(hidden + at * odd.dim, want, lengths[i] * odd.dim));
            least = fmin(least, cosine(hidden + at * odd.dim, want, lengths[i] * odd.dim));
            free(want);
        }
    }
    printf("# type %d: greatest difference %.2g, least cosine %.6f\n", (int)type, most, least);
    CHECK(most <= bound);
    CHECK(least >= least_cosine);

    /* A sequence alone becomes what it became among others, but for the rounding of sums in another order. */
    float *among = malloc(n * odd.dim * sizeof *among);
    memcpy(among, hidden, n * odd.dim * sizeof *among);
    for (size_t i = 0, at = 0; i < N_TEXTS; at += lengths[i++]) {
        CHECK_OK(transformer_run(&t, &s, ids + at, &lengths[i], 1, odd.n_layers, &hidden, &err), &err);
        CHECK(type != LINEAR_F32 || difference(hidden, among + at * odd.dim, lengths[i] * odd.dim) <= 1e-5);
    }
    free(among);
    transformer_scratch_done(&s);
    transformer_done(&t);
    checkpoint_close(&c);
}

static void test_f32_against_plain(void)
{
    check_made(LINEAR_F32, 2e-5, 0.9999999);
}

static void test_bf16_against_plain(void)
{
    check_made(LINEAR_BF16, 0.2, 0.9997);
}

static void test_i8_against_plain(void)
{
    check_made(LINEAR_I8, 0.4, 0.999);
}

/* ---- transformers' own ---- */

/* The values of a .npy file of <f4 or <i4, to free. */
static void *npy_read(const char *dir, const char *name, size_t *n)
{
    char path[4200];
    unsigned char head[10];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f || fread(head, 1, sizeof head, f) != sizeof head)
        scratch_die(path);
    fseek(f, 0, SEEK_END);
    long start = 10 + head[8] + 256 * head[9], end = ftell(f);
    fseek(f, start, SEEK_SET);
    *n = (size_t)(end - start) / 4;
    void *p = malloc((size_t)(end - start));
    if (fread(p, 4, *n, f) != *n)
        scratch_die(path);
    fclose(f);
    return p;
}

static double vector_difference(const struct transformer_config *config, const float *hidden, const size_t *lengths,
                                size_t n_texts, const float *want)
{
    double most = 0;
    float v[128];
    for (size_t i = 0, at = 0; i < n_texts; at += lengths[i++]) {
        pooling_run(config->pool, hidden + at * config->dim, lengths[i], config->dim, v);
        if (config->normalise)
            CHECK(kernel_normalise(v, config->dim));
        most = fmax(most, difference(v, want + i * config->dim, config->dim));
    }
    return most;
}

static void check_folder(const char *dir)
{
    struct transformer_config config;
    struct checkpoint c;
    struct transformer t;
    struct transformer_scratch s;
    const float *hidden;
    size_t n, n_texts, n_hidden, n_values;
    err = (struct err){0};
    CHECK_OK(transformer_config_read(&config, dir, &err), &err);
    CHECK_OK(checkpoint_open(&c, dir, MAPFILE_MMAP, &err), &err);
    CHECK_OK(transformer_init(&t, &config, &c, LINEAR_F32, 1, &err), &err);
    transformer_scratch_init(&s, &t);
    uint32_t *ids = npy_read(dir, "ids.npy", &n), *short_lengths = npy_read(dir, "lengths.npy", &n_texts);
    float *want = npy_read(dir, "hidden.npy", &n_hidden), *vectors = npy_read(dir, "vectors.npy", &n_values);
    CHECK_EQ(n_hidden, (config.n_layers + 1) * n * config.dim);
    CHECK_EQ(n_values, n_texts * config.dim);
    size_t *lengths = malloc(n_texts * sizeof *lengths);
    for (size_t i = 0; i < n_texts; i++)
        lengths[i] = short_lengths[i];
    double most = 0, most_vector = 0;
    for (size_t layers = 0; layers <= config.n_layers && err.code == 0; layers++) {
        CHECK_OK(transformer_run(&t, &s, ids, lengths, n_texts, layers, &hidden, &err), &err);
        most = fmax(most, difference(hidden, want + layers * n * config.dim, n * config.dim));
    }
    most_vector = vector_difference(&config, hidden, lengths, n_texts, vectors);
    printf("# %s: %zu tokens, greatest difference %.2g in hidden states, %.2g in vectors\n", strrchr(dir, '/') + 1, n, most,
           most_vector);
    CHECK(most <= 1e-5);
    CHECK(most_vector <= 1e-5);
    free(ids);
    free(short_lengths);
    free(lengths);
    free(want);
    free(vectors);
    transformer_scratch_done(&s);
    transformer_done(&t);
    checkpoint_close(&c);
    transformer_config_done(&config);
}

static void test_against_transformers(void)
{
    static const char *const names[] = {"bert-48x1-max-relu", "bert-64x2-cls", "bert-72x3-mean", "bert-96x2-gelunew",
                                        "xlmr-64x2-cls", "xlmr-80x4-mean"};
    const char *data = getenv("VECPIPE_TESTDATA");
    char dir[4096];
    for (size_t i = 0; data && *data && i < sizeof names / sizeof *names; i++) {
        snprintf(dir, sizeof dir, "%s/encoders/%s", data, names[i]);
        check_folder(dir);
    }
}

int main(void)
{
    transformer_made_weights("model.safetensors", &odd);
    CHECK_RUN(test_f32_against_plain);
    CHECK_RUN(test_bf16_against_plain);
    CHECK_RUN(test_i8_against_plain);
    CHECK_RUN(test_against_transformers);
    scratch_done();
    return check_status();
}
