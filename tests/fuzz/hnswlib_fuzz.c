/* Index files of hnswlib.  What is accepted is a graph that passes graph_check, and comes back the same from what is written of
 * it. */
#include "fuzz.h"
#include "graph/graph_check.h"
#include "graph/hnswlib_file.h"

static void there_and_back(const struct graph *g)
{
    struct err err = {0};
    struct output *out;
    struct hnswlib_file f;
    size_t n;
    FUZZ_CHECK(graph_check(g, NULL, &err) == 0);
    FUZZ_CHECK(output_open_memory(&out, &err) == 0);
    FUZZ_CHECK(hnswlib_file_write(out, g, &err) == 0);
    const void *p = output_memory(out, &n);
    struct input *in = fuzz_input(p, n);
    FUZZ_CHECK(hnswlib_file_read(&f, in, g->metric, &err) == 0);
    FUZZ_CHECK(f.graph.n == g->n && f.graph.n_upper == g->n_upper && f.graph.entry == g->entry);
    FUZZ_CHECK(memcmp(f.graph.layer0, g->layer0, g->n * g->slots0 * sizeof *g->layer0) == 0);
    FUZZ_CHECK(f.counts.n_deleted + f.counts.n_twice + f.counts.n_joined == 0);
    hnswlib_file_done(&f);
    input_close(in);
    output_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++) {
        struct err err = {0};
        struct hnswlib_file f;
        struct input *in = fuzz_input(data, size);
        int rc = hnswlib_file_read(&f, in, (enum metric)metric, &err);
        if (!fuzz_refused(rc, &err))
            there_and_back(&f.graph);
        hnswlib_file_done(&f);
        input_close(in);
    }
    return 0;
}
