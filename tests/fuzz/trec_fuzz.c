/* TREC runs and qrels, by each of their readers. */
#include "eval/qrels.h"
#include "eval/run.h"
#include "eval/trecrun.h"
#include "fuzz.h"

static void read_run(const void *data, size_t size, enum run_ties ties)
{
    struct err err = {0};
    struct run *r;
    const struct neighbours_row *row;
    int rc = run_open(&r, fuzz_input(data, size), (struct run_options){.ties = ties, .drop_self = ties == RUN_TIES_INPUT}, &err);
    if (fuzz_refused(rc, &err))
        return;
    while ((rc = run_next(r, &row, &err)) == 0 && row)
        for (size_t i = 1; row->dist && i < row->n; i++)
            FUZZ_CHECK(row->dist[i - 1] <= row->dist[i]);
    (void)fuzz_refused(rc, &err);
    run_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct qrels q = {0};
    struct input *in = fuzz_input(data, size);
    fuzz_vecfile("trec", data, size);
    read_run(data, size, RUN_TIES_AUTO);
    read_run(data, size, RUN_TIES_INPUT);
    int rc = qrels_read(&q, in, 1, &err);
    if (!fuzz_refused(rc, &err))
        for (size_t i = 0; i < q.queries.n; i++)
            FUZZ_CHECK(q.at[i].ideal + q.at[i].n_ideal <= q.grades.n);
    qrels_done(&q);
    input_close(in);
    return 0;
}
