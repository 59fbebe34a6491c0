#include "sys/par.h"

#include "check.h"
#include "sys/clock.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static const int thread_counts[] = { 1, 2, 3, 8, 33 };
enum { N_COUNTS = sizeof thread_counts / sizeof thread_counts[0] };

/* What a worker does with its own scratch is not synchronised: ThreadSanitizer would see a worker number used twice at a time. */
struct loop_case {
    size_t n;
    unsigned char *runs;         /* (n) how often each item ran */
    size_t own[PAR_MAX_THREADS];
    int n_threads;
    size_t fail_from, fail_step; /* items fail_from + i * fail_step fail */
};

static int loop_item(void *ctx, size_t i, int worker, struct err *err)
{
    struct loop_case *c = ctx;
    c->runs[i]++;
    if (worker < 0 || worker >= c->n_threads)
        abort();
    c->own[worker]++;
    if (i >= c->fail_from && (i - c->fail_from) % c->fail_step == 0)
        return err_set(err, ERR_DATA, "item %zu", i);
    return 0;
}

static void test_each_item_once(void)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 7, 100, 10007 };
    for (int t = 0; t < N_COUNTS; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct err err = { 0 };
            struct loop_case c = { .n = sizes[s], .n_threads = thread_counts[t], .fail_from = SIZE_MAX, .fail_step = 1 };
            c.runs = calloc(c.n + 1, 1);
            CHECK_OK(par_for(c.n_threads, c.n, loop_item, &c, &err), &err);
            size_t wrong = 0, sum = 0;
            for (size_t i = 0; i < c.n; i++)
                wrong += c.runs[i] != 1;
            for (int w = 0; w < PAR_MAX_THREADS; w++)
                sum += c.own[w];
            CHECK_EQ(wrong, 0);
            CHECK_EQ(sum, c.n);
            free(c.runs);
        }
}

static void test_lowest_failure_is_reported(void)
{
    static const struct { size_t from, step; } cases[] = { { 0, 1 }, { 1, 1 }, { 500, 1 }, { 999, 1 }, { 3, 331 }, { 700, 299 } };
    for (int t = 0; t < N_COUNTS; t++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            for (int repeat = 0; repeat < 4; repeat++) {
                struct err err = { 0 };
                char want[40];
                struct loop_case c = { .n = 1000, .n_threads = thread_counts[t], .fail_from = cases[k].from,
                                       .fail_step = cases[k].step };
                c.runs = calloc(c.n, 1);
                CHECK_EQ(par_for(c.n_threads, c.n, loop_item, &c, &err), ERR_DATA);
                snprintf(want, sizeof want, "item %zu", cases[k].from);
                CHECK_STR(err.msg, want);
                for (size_t i = 0; i <= cases[k].from; i++)
                    CHECK_EQ(c.runs[i], 1);
                free(c.runs);
            }
}

static int slow_item(void *ctx, size_t i, int worker, struct err *err)
{
    atomic_int *arrived = ctx;
    (void)i, (void)worker;
    atomic_fetch_add(arrived, 1);
    uint64_t until = clock_ns() + 10 * (uint64_t)1000000000;
    while (atomic_load(arrived) < 2)   /* two items must be under way at once */
        if (clock_ns() > until)
            return err_set(err, ERR_INTERNAL, "nobody else came");
    return 0;
}

static void test_items_run_at_the_same_time(void)
{
    struct err err = { 0 };
    atomic_int arrived = 0;
    CHECK_OK(par_for(2, 2, slow_item, &arrived, &err), &err);
}

static void test_threads(void)
{
    CHECK_EQ(par_threads(3), 3);
    CHECK_EQ(par_threads(1 << 20), PAR_MAX_THREADS);
    CHECK(par_threads(0) >= 1 && par_threads(0) <= sysconf(_SC_NPROCESSORS_CONF));
}

/* A pipe of numbered batches; everything it promises is counted. */
struct pipe_case {
    size_t n;
    int n_threads;
    size_t fail_read, fail_work, fail_write;   /* batch numbers, SIZE_MAX: none */
    size_t n_read, n_written;                  /* one step at a time: not atomic, for ThreadSanitizer to watch */
    size_t own[PAR_MAX_THREADS];
    atomic_size_t alive, most_alive, n_dropped, n_made;
    atomic_int reading, writing, broken;
};

struct batch {
    size_t number, square;
};

static int pipe_read(void *ctx, void **batch, struct err *err)
{
    struct pipe_case *c = ctx;
    if (atomic_fetch_add(&c->reading, 1) != 0)
        atomic_store(&c->broken, 1);
    size_t i = c->n_read++;
    int rc = 0;
    if (i == c->fail_read) {
        rc = err_set(err, ERR_IO, "read %zu", i);
    } else if (i < c->n) {
        struct batch *b = malloc(sizeof *b);
        *b = (struct batch){ .number = i };
        size_t alive = atomic_fetch_add(&c->alive, 1) + 1, most = atomic_load(&c->most_alive);
        while (alive > most && !atomic_compare_exchange_weak(&c->most_alive, &most, alive))
            continue;
        atomic_fetch_add(&c->n_made, 1);
        *batch = b;
    } else {
        *batch = NULL;
    }
    atomic_fetch_sub(&c->reading, 1);
    return rc;
}

static int pipe_work(void *ctx, void *batch, int worker, struct err *err)
{
    struct pipe_case *c = ctx;
    struct batch *b = batch;
    if (worker < 0 || worker >= c->n_threads)
        abort();
    c->own[worker]++;
    for (volatile size_t spin = 0; spin < b->number * 7919 % 997; spin++)   /* some take longer, so that order is at stake */
        continue;
    b->square = b->number * b->number;
    return b->number == c->fail_work ? err_set(err, ERR_DATA, "work %zu", b->number) : 0;
}

static int pipe_write(void *ctx, void *batch, struct err *err)
{
    struct pipe_case *c = ctx;
    struct batch *b = batch;
    if (atomic_fetch_add(&c->writing, 1) != 0 || b->number != c->n_written || b->square != b->number * b->number)
        atomic_store(&c->broken, 1);
    int rc = b->number == c->fail_write ? err_set(err, ERR_IO, "write %zu", b->number) : 0;
    c->n_written += rc == 0;
    atomic_fetch_sub(&c->writing, 1);
    return rc;
}

static void pipe_drop(void *ctx, void *batch)
{
    struct pipe_case *c = ctx;
    free(batch);
    atomic_fetch_sub(&c->alive, 1);
    atomic_fetch_add(&c->n_dropped, 1);
}

static const struct par_pipe_steps steps = { pipe_read, pipe_work, pipe_write, pipe_drop };

static void test_pipe_keeps_order_and_bound(void)
{
    static const size_t sizes[] = { 0, 1, 2, 5, 1000 };
    for (int t = 0; t < N_COUNTS; t++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct err err = { 0 };
            struct pipe_case c = { .n = sizes[s], .n_threads = thread_counts[t], .fail_read = SIZE_MAX, .fail_work = SIZE_MAX,
                                   .fail_write = SIZE_MAX };
            CHECK_OK(par_pipe(c.n_threads, &steps, &c, &err), &err);
            CHECK_EQ(c.n_written, c.n);
            CHECK_EQ(c.n_dropped, c.n);
            CHECK_EQ(c.alive, 0);
            CHECK(c.most_alive <= 2 * (size_t)c.n_threads);
            CHECK(!c.broken);
        }
}

/* Whatever the timing: all before the first failing batch is written, nothing after it, its error is the one reported. */
static void test_pipe_failures(void)
{
    static const struct { size_t read, work, write, first; const char *message; } cases[] = {
        { 0, SIZE_MAX, SIZE_MAX, 0, "read 0" },    { SIZE_MAX, 0, SIZE_MAX, 0, "work 0" },
        { 50, SIZE_MAX, SIZE_MAX, 50, "read 50" }, { SIZE_MAX, 50, SIZE_MAX, 50, "work 50" },
        { SIZE_MAX, SIZE_MAX, 0, 0, "write 0" },   { SIZE_MAX, SIZE_MAX, 50, 50, "write 50" },
        { 51, 50, SIZE_MAX, 50, "work 50" },       { SIZE_MAX, 51, 50, 50, "write 50" },      { 52, 51, 50, 50, "write 50" },
        { 100, SIZE_MAX, SIZE_MAX, 100, "read 100" }, { SIZE_MAX, 99, SIZE_MAX, 99, "work 99" },
    };
    for (int t = 0; t < N_COUNTS; t++)
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            for (int repeat = 0; repeat < 3; repeat++) {
                struct err err = { 0 };
                struct pipe_case c = { .n = 100, .n_threads = thread_counts[t], .fail_read = cases[k].read,
                                       .fail_work = cases[k].work, .fail_write = cases[k].write };
                int rc = par_pipe(c.n_threads, &steps, &c, &err);
                CHECK(rc < 0 && rc == (int)err.code);
                CHECK_STR(err.msg, cases[k].message);
                CHECK_EQ(c.n_written, cases[k].first);
                CHECK_EQ(c.n_dropped, c.n_made);
                CHECK(!c.broken);
            }
}

/* A loop inside a step of a pipe, both with threads. */
static int nested_work(void *ctx, void *batch, int worker, struct err *err)
{
    struct loop_case inner = { .n = 50, .n_threads = 3, .fail_from = SIZE_MAX, .fail_step = 1 };
    inner.runs = calloc(inner.n, 1);
    int rc = par_for(inner.n_threads, inner.n, loop_item, &inner, err);
    for (size_t i = 0; i < inner.n && rc == 0; i++)
        rc = inner.runs[i] == 1 ? 0 : err_set(err, ERR_INTERNAL, "item %zu ran %d times", i, inner.runs[i]);
    free(inner.runs);
    return rc != 0 ? rc : pipe_work(ctx, batch, worker, err);
}

static void test_loop_in_pipe(void)
{
    static const struct par_pipe_steps nested = { pipe_read, nested_work, pipe_write, pipe_drop };
    struct err err = { 0 };
    struct pipe_case c = { .n = 40, .n_threads = 2, .fail_read = SIZE_MAX, .fail_work = SIZE_MAX, .fail_write = SIZE_MAX };
    CHECK_OK(par_pipe(c.n_threads, &nested, &c, &err), &err);
    CHECK_EQ(c.n_written, 40);
    CHECK(!c.broken);
}

int main(void)
{
    CHECK_RUN(test_each_item_once);
    CHECK_RUN(test_lowest_failure_is_reported);
    CHECK_RUN(test_items_run_at_the_same_time);
    CHECK_RUN(test_threads);
    CHECK_RUN(test_pipe_keeps_order_and_bound);
    CHECK_RUN(test_pipe_failures);
    CHECK_RUN(test_loop_in_pipe);
    return check_status();
}
