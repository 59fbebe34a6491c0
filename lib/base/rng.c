#include "base/rng.h"

#include <math.h>
#include <string.h>

void rng_philox(uint32_t x[4], uint32_t k0, uint32_t k1)
{
    uint32_t x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
        uint32_t y0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0, y2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
        x1 = (uint32_t)p1;
        x3 = (uint32_t)p0;
        x0 = y0;
        x2 = y2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    x[0] = x0;
    x[1] = x1;
    x[2] = x2;
    x[3] = x3;
}

static void block(uint64_t seed, uint32_t stream, uint64_t counter, uint32_t part, uint32_t x[4])
{
    x[0] = (uint32_t)counter;
    x[1] = (uint32_t)(counter >> 32);
    x[2] = stream;
    x[3] = part;
    rng_philox(x, (uint32_t)seed, (uint32_t)(seed >> 32));
}

uint64_t rng_u64(uint64_t seed, uint32_t stream, uint64_t counter)
{
    uint32_t x[4];
    block(seed, stream, counter, 0, x);
    return x[0] | (uint64_t)x[1] << 32;
}

double rng_uniform(uint64_t seed, uint32_t stream, uint64_t counter)
{
    return (double)(rng_u64(seed, stream, counter) >> 11) * 0x1p-53;
}

uint64_t rng_below(uint64_t seed, uint32_t stream, uint64_t counter, uint64_t n)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)(((u128)rng_u64(seed, stream, counter) * n) >> 64);
}

double rng_normal(uint64_t seed, uint32_t stream, uint64_t counter)
{
    uint32_t x[4];
    block(seed, stream, counter, 0, x);
    double u = ((double)x[0] + 1.0) * 0x1p-32;   /* (0, 1]: its logarithm is finite */
    double v = (double)x[1] * 0x1p-32;
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void rng_words(uint64_t seed, uint32_t stream, uint64_t counter, uint64_t first, uint32_t *words, size_t n)
{
    uint32_t part = (uint32_t)(first / 4), x[4];     /* and one more: part 0 is rng_u64's */
    for (; n >= 4; n -= 4, words += 4)
        block(seed, stream, counter, ++part, words);
    if (n > 0) {
        block(seed, stream, counter, ++part, x);
        memcpy(words, x, n * sizeof *words);
    }
}
