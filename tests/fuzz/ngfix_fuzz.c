/* Index files of NGFix.  What is accepted is a graph that passes graph_check, and comes back the same from what is written of
 * it. */
#include "fuzz.h"
#include "graph/graph_check.h"
#include "graph/ngfix_file.h"

static void there_and_back(const struct graph *g)
{
    struct err err = {0};
    struct output *out;
    struct ngfix_file f;
    size_t n;
    FUZZ_CHECK(graph_check(g, NULL, &err) == 0);
    FUZZ_CHECK(output_open_memory(&out, &err) == 0);
    int rc = ngfix_file_write(out, g, &err);
    FUZZ_CHECK(rc == 0 || rc == ERR_LIMIT);      /* ids with gaps, where some were deleted */
    if (rc == 0) {
        const void *p = output_memory(out, &n);
        struct input *in = fuzz_input(p, n);
        FUZZ_CHECK(ngfix_file_read(&f, in, g->metric, &err) == 0);
        FUZZ_CHECK(f.graph.n == g->n && f.graph.entry == g->entry);
        FUZZ_CHECK(f.counts.n_deleted + f.counts.n_twice + f.counts.n_joined == 0);
        for (size_t i = 0; i < g->n; i++)
            for (size_t j = 0; j < f.graph.slots0 && j < g->slots0; j++)
                FUZZ_CHECK(f.graph.layer0[i * f.graph.slots0 + j] == g->layer0[i * g->slots0 + j] &&
                           f.graph.edges[i * f.graph.slots0 + j] == g->edges[i * g->slots0 + j]);
        ngfix_file_done(&f);
        input_close(in);
    }
    output_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++) {
        struct err err = {0};
        struct ngfix_file f;
        struct input *in = fuzz_input(data, size);
        int rc = ngfix_file_read(&f, in, (enum metric)metric, &err);
        if (!fuzz_refused(rc, &err))
            there_and_back(&f.graph);
        ngfix_file_done(&f);
        input_close(in);
    }
    return 0;
}
