/* The choice of a kernel, packing, and the kernel in plain C: vectors of 16 bytes, which gcc turns into SSE or NEON. */
#include "vec/tile.h"

#include "vec/tile_variants.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4, QUERIES = 8 };

typedef float four __attribute__((vector_size(16)));

static size_t tile_plain_run(const struct tile *t, struct tile_hits *hits)
{
    const float *x = t->x, *q = t->q;
    four sum[ROWS][2] = {{{0}}};
    for (size_t i = 0; i < t->words; i++, x += ROWS, q += QUERIES) {
        four a, b;
        memcpy(&a, q, sizeof a);
        memcpy(&b, q + 4, sizeof b);
#pragma GCC unroll 4
        for (size_t r = 0; r < ROWS; r++) {
            sum[r][0] += x[r] * a;
            sum[r][1] += x[r] * b;
        }
    }
    size_t n = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t c = 0; c < QUERIES; c++) {
            float estimate = t->base[r] - sum[r][c / 4][c % 4];
            if (estimate <= t->limit[c]) {
                hits->estimate[n] = estimate;
                hits->at[n++] = (uint32_t)(r * TILE_MAX_QUERIES + c);
            }
        }
    return n;
}

static const struct tile_kernel tile_plain = {TILE_F32, ROWS, QUERIES, tile_plain_run};

const struct tile_kernel *tile_kernel_variant(enum cpu_isa isa, enum tile_type type)
{
    if (!cpu_has(isa))
        return NULL;
#if defined __x86_64__
    if (isa == CPU_AVX512 && type == TILE_BF16)
        return __builtin_cpu_supports("avx512bf16") ? &tile_avx512_bf16 : NULL;
    if (isa == CPU_AVX512 && type == TILE_I8)
        return __builtin_cpu_supports("avx512vnni") ? &tile_avx512_i8 : NULL;
    if (isa == CPU_AVX512)
        return &tile_avx512;
    if (isa == CPU_AVX2 && type == TILE_F32)
        return &tile_avx2;
#endif
    return type == TILE_F32 ? &tile_plain : NULL;
}

const struct tile_kernel *tile_kernel_best(enum tile_type type)
{
    const struct tile_kernel *kernel = tile_kernel_variant(cpu_isa(), type);
    return kernel ? kernel : tile_kernel_variant(cpu_isa(), TILE_F32);
}

size_t tile_words(enum tile_type type, size_t dim)
{
    static const size_t in_word[] = {[TILE_F32] = 1, [TILE_BF16] = 2, [TILE_I8] = 4};
    return (dim + in_word[type] - 1) / in_word[type];
}

void tile_pack(void *restrict panel, size_t width, const void *restrict x, size_t n, size_t words, size_t stride)
{
    enum { WORD = 4 };
    char *to = panel;
    const char *from = x;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < words; j++)
            memcpy(to + (j * width + i) * WORD, from + (i * stride + j) * WORD, WORD);
    for (size_t i = n; i < width; i++)
        for (size_t j = 0; j < words; j++)
            memset(to + (j * width + i) * WORD, 0, WORD);
}
