/* rng - counter-based random numbers: a pure function of (seed, stream, counter), so results cannot depend on call order,
 * threads or shards.  Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * seed     the user's --seed
 * stream   which use of randomness (enum rng_stream): two uses with one seed are independent
 * counter  which item: a row's number, never a position in time */
#ifndef RNG_H
#define RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_stream {
    RNG_SPLIT = 1,      /* text-convert: train, dev, test */
    RNG_SAMPLE = 2,     /* vec-convert --sample */
    RNG_INIT = 3,       /* initial weights */
    RNG_LEVEL = 4,      /* HNSW levels */
    RNG_SYNTH = 5,      /* vec-synth: what base and queries have in common */
    RNG_SIGNS = 6,      /* eval-recall --against */
    RNG_ORDER = 7,      /* in which nodes enter an HNSW graph */
    RNG_CENTRES = 8,    /* k-means: its first centres */
    RNG_VOCAB = 9,      /* vocabulary learning: ties */
    RNG_NEGATIVE = 10,  /* bt-negsample: branch, set and row of each draw */
    RNG_JITTER = 11,    /* hardq-detect: noise on queries */
    RNG_VALIDATION = 12, /* hardq-train: which rows validate */
    RNG_HOLD_OUT = 13,  /* ngfix-repair: which queries it is judged by */
    RNG_SYNTH_ROW = 64, /* its rows; + enum synth_role */
    RNG_SYNTH_LATENT = 68, /* their latent numbers; + enum synth_role */
    RNG_SYNTH_GAP = 72, /* how far its out-of-distribution queries lie off */
    RNG_TEST = 100      /* tests */
};

uint64_t rng_u64(uint64_t seed, uint32_t stream, uint64_t counter);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(uint64_t seed, uint32_t stream, uint64_t counter);

/* Uniform in [0, n), n > 0; the bias is below n / 2^64. */
uint64_t rng_below(uint64_t seed, uint32_t stream, uint64_t counter, uint64_t n);

/* Standard normal (Box-Muller on two words of one Philox block). */
double rng_normal(uint64_t seed, uint32_t stream, uint64_t counter);

/* Words first .. first+n-1 of a long run for one item, first a multiple of 4, first + n < 2^34: other numbers than those above
 * give for the same three. */
void rng_words(uint64_t seed, uint32_t stream, uint64_t counter, uint64_t first, uint32_t *words, size_t n);

/* The bare generator: the counter's four words in, the block out; k0 and k1 are the key.  For tests against published answers. */
void rng_philox(uint32_t x[4], uint32_t k0, uint32_t k1);

#endif
