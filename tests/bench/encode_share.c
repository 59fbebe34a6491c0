/* encode_share MODEL TOKENS - a transformer's share of the peak of bf16 products, in one thread: batches of sequences of so many
 * tokens against the products alone, of the same shapes at their fastest, in turns.  Prints GFLOP/s of both (attention's are
 * counted) and the share, by processor time, which other programs disturb less. */
#include "nn/transformer.h"
#include "base/mem.h"
#include "base/num.h"
#include "vec/gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 5, N_TEXTS = 4 };

static struct err err;

static void check(int rc)
{
    if (rc) {
        fprintf(stderr, "encode_share: %s\n", err.msg);
        exit(err_status(err.code));
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* GFLOP/s of a product of a tile of rows, many times. */
static double product(size_t n, size_t k)
{
    struct gemm_weights *w;
    float *b = MEM_SLAB(float, n * k, &err), *c = MEM_SLAB(float, LINEAR_ROWS * n, &err);
    uint16_t *a = MEM_SLAB(uint16_t, LINEAR_ROWS * k, &err);
    check(a && b && c ? 0 : ERR_NOMEM);
    check(gemm_pack(&w, GEMM_BF16, n, k, b, k, &err));
    double best = 0;
    for (int i = 0; i < 200; i++) {
        double start = seconds();
        check(gemm_run(w, LINEAR_ROWS, a, k, c, n, &err));
        double rate = 2.0 * LINEAR_ROWS * (double)(n * k) / (seconds() - start) / 1e9;
        best = rate > best ? rate : best;
    }
    gemm_weights_free(w);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    return best;
}

int main(int argc, char **argv)
{
    struct transformer_config config;
    struct checkpoint weights;
    struct transformer t;
    struct transformer_scratch s;
    const float *hidden;
    uint64_t tokens;
    size_t lengths[N_TEXTS];
    if (argc != 3 || !num_parse_u64(argv[2], strlen(argv[2]), 2, 8192, &tokens))
        return 2;
    check(transformer_config_read(&config, argv[1], &err));
    check(checkpoint_open(&weights, argv[1], MAPFILE_MMAP, &err));
    check(transformer_init(&t, &config, &weights, LINEAR_BF16, 1, &err));
    transformer_scratch_init(&s, &t);
    uint32_t *ids = MEM_ARRAY(uint32_t, N_TEXTS * tokens, &err);
    check(ids ? 0 : ERR_NOMEM);
    for (size_t i = 0; i < N_TEXTS * tokens; i++)
        ids[i] = (uint32_t)(i * 7919 % config.n_rows);
    for (size_t i = 0; i < N_TEXTS; i++)
        lengths[i] = tokens;
    double per_token = 2.0 * (double)config.n_layers * (double)(4 * config.dim * config.dim + 2 * config.dim * config.inner +
                                                                2 * tokens * config.dim);
    double peak = 0, best = 0;
    for (int i = 0; i < TURNS; i++) {
        double rates[] = {product(3 * config.dim, config.dim), product(config.inner, config.dim),
                          product(config.dim, config.inner)};
        for (int j = 0; j < 3; j++)
            peak = rates[j] > peak ? rates[j] : peak;
        double start = seconds();
        check(transformer_run(&t, &s, ids, lengths, N_TEXTS, config.n_layers, &hidden, &err));
        double rate = per_token * N_TEXTS * (double)tokens / (seconds() - start) / 1e9;
        best = rate > best ? rate : best;
    }
    printf("%.0f of %.0f GFLOP/s: %.0f %%\n", best, peak, 100 * best / peak);
    mem_free(ids);
    transformer_scratch_done(&s);
    transformer_done(&t);
    checkpoint_close(&weights);
    transformer_config_done(&config);
    return 0;
}
