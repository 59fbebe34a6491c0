#include "text/split.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>

const char *const split_names[] = {"train", "dev", "test", NULL};

struct draw {
    uint64_t number;
    size_t item;
};

static int by_number(const void *a, const void *b)
{
    const struct draw *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

int split_assign(uint64_t seed, size_t n, size_t n_dev, size_t n_test, uint8_t *of, struct err *err)
{
    if (n_dev > n || n_test > n - n_dev)
        return err_set(err, ERR_USAGE, "%zu queries, fewer than the %zu of dev and the %zu of test", n, n_dev, n_test);
    struct draw *draws = MEM_ARRAY(struct draw, n, err);
    if (!draws)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        draws[i] = (struct draw){rng_u64(seed, RNG_SPLIT, i), i};
    qsort(draws, n, sizeof *draws, by_number);
    for (size_t i = 0; i < n; i++)
        of[draws[i].item] = i < n_test ? SPLIT_TEST : i < n_test + n_dev ? SPLIT_DEV : SPLIT_TRAIN;
    mem_free(draws);
    return 0;
}
