/* Lists of names for hnsw-query --allow, for an index of ids and for one of keys. */
#include "fuzz.h"
#include "graph/allow.h"

enum { N = 70 };

static void read_names(const struct graph *g, const void *data, size_t size)
{
    struct err err = {0};
    struct allow a;
    struct input *in = fuzz_input(data, size);
    int rc = allow_read(&a, g, in, &err);
    if (!fuzz_refused(rc, &err)) {
        size_t n = 0;
        FUZZ_CHECK(a.n >= 1 && a.n <= g->n);
        for (uint32_t i = 0; i < g->n; i++)
            n += allow_has(&a, i);
        FUZZ_CHECK(n == a.n);
        for (size_t i = 0; i < a.n; i++)
            FUZZ_CHECK(a.nodes[i] < g->n && allow_has(&a, a.nodes[i]) && (i == 0 || g->ids[a.nodes[i - 1]] < g->ids[a.nodes[i]]));
    }
    allow_done(&a);
    input_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t ids[N], starts[N + 1] = {0};
    char keys[4 * N];
    for (uint64_t i = 0; i < N; i++) {
        ids[i] = i % 7 == 6 ? UINT64_MAX - i : (N - i) * 3;
        starts[i + 1] = starts[i] + (uint64_t)snprintf(keys + starts[i], 4, "k%d", (int)i);
    }
    struct graph g = {.n = N, .ids = ids};
    read_names(&g, data, size);
    g.key_starts = starts;
    g.key_bytes = keys;
    g.n_key_bytes = starts[N];
    read_names(&g, data, size);
    return 0;
}
