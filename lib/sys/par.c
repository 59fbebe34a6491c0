#define _GNU_SOURCE   /* sched_getaffinity */
#include "sys/par.h"

#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

int par_threads(int requested)
{
    long n = requested;
    if (n <= 0) {
        cpu_set_t set;
        n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    }
    return n < 1 ? 1 : n > PAR_MAX_THREADS ? PAR_MAX_THREADS : (int)n;
}

/* Run fn(team, worker) on n_threads threads, the caller being worker 0.  Where the system gives fewer threads (limits), the work
 * is done by those there are: nothing depends on their number. */
static void team_run(int n_threads, void (*fn)(void *team, int worker), void *team);

struct member {
    void (*fn)(void *team, int worker);
    void *team;
    int worker;
};

static void *member_run(void *arg)
{
    struct member *m = arg;
    m->fn(m->team, m->worker);
    return NULL;
}

static void team_run(int n_threads, void (*fn)(void *team, int worker), void *team)
{
    pthread_t threads[PAR_MAX_THREADS];
    struct member members[PAR_MAX_THREADS];
    int n = 1;
    for (; n < n_threads && n < PAR_MAX_THREADS; n++) {
        members[n] = (struct member){ fn, team, n };
        if (pthread_create(&threads[n], NULL, member_run, &members[n]) != 0)
            break;
    }
    fn(team, 0);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
}

struct loop {
    par_for_fn *fn;
    void *ctx;
    size_t n;
    size_t share;              /* a worker takes 1/share of what is left: large pieces first, single items last */
    atomic_size_t next;
    atomic_size_t failed;      /* lowest item that failed, n where none did */
    pthread_mutex_t lock;      /* err */
    struct err *err;
    int rc;
};

/* Items go out in ascending order and an item below `failed` is always run, so the lowest failure is found at any timing. */
static void loop_run(void *team, int worker)
{
    struct loop *l = team;
    struct err err = { 0 };
    size_t from = atomic_load(&l->next), to;
    for (;;) {
        do {
            if (from >= atomic_load(&l->failed))
                return;
            to = from + (l->n - from) / l->share + 1;
        } while (!atomic_compare_exchange_weak(&l->next, &from, to));
        for (size_t i = from; i < to && i < atomic_load_explicit(&l->failed, memory_order_relaxed); i++) {
            int rc = l->fn(l->ctx, i, worker, &err);
            if (rc == 0)
                continue;
            pthread_mutex_lock(&l->lock);
            if (i < atomic_load(&l->failed)) {
                atomic_store(&l->failed, i);
                l->rc = rc;
                if (l->err)
                    *l->err = err;
            }
            pthread_mutex_unlock(&l->lock);
            return;
        }
        from = atomic_load(&l->next);
    }
}

int par_for(int n_threads, size_t n, par_for_fn *fn, void *ctx, struct err *err)
{
    if (n_threads <= 1 || n <= 1) {
        int rc = 0;
        for (size_t i = 0; i < n && rc == 0; i++)
            rc = fn(ctx, i, 0, err);
        return rc;
    }
    struct loop l = { .fn = fn, .ctx = ctx, .n = n, .share = 8 * (size_t)n_threads, .failed = n, .err = err };
    pthread_mutex_init(&l.lock, NULL);
    team_run((size_t)n_threads < n ? n_threads : (int)n, loop_run, &l);
    pthread_mutex_destroy(&l.lock);
    return l.rc;
}

/* One lock holds the whole state; the steps run outside it.  Batch i lives in slot i % n_slots from its read to its drop. */
struct slot {
    void *batch;
    bool done;   /* worked on, may be written */
};

struct pipe {
    const struct par_pipe_steps *steps;
    void *ctx;
    struct slot *slots;
    size_t n_slots;
    size_t n_read, n_written;   /* batches so far; those between are alive */
    bool reading, writing, ended;
    size_t failed;              /* first batch that failed, SIZE_MAX where none did: those before it are still written */
    int rc;
    struct err *err;
    pthread_mutex_t lock;
    pthread_cond_t change;
};

/* Under the lock. */
static void pipe_fail(struct pipe *p, size_t i, int rc, const struct err *err)
{
    if (i >= p->failed)
        return;
    p->failed = i;
    p->rc = rc;
    if (p->err)
        *p->err = *err;
}

/* Under the lock, which is released during the step. */
static void pipe_write(struct pipe *p)
{
    struct err err = { 0 };
    size_t i = p->n_written;
    struct slot *s = &p->slots[i % p->n_slots];
    p->writing = true;
    pthread_mutex_unlock(&p->lock);
    int rc = p->steps->write(p->ctx, s->batch, &err);
    p->steps->drop(p->ctx, s->batch);
    pthread_mutex_lock(&p->lock);
    p->writing = false;
    *s = (struct slot){ 0 };
    p->n_written++;
    if (rc != 0)
        pipe_fail(p, i, rc, &err);
}

static void pipe_read_and_work(struct pipe *p, int worker)
{
    struct err err = { 0 };
    void *batch = NULL;
    size_t i = p->n_read;
    p->reading = true;
    pthread_mutex_unlock(&p->lock);
    int rc = p->steps->read(p->ctx, &batch, &err);
    pthread_mutex_lock(&p->lock);
    p->reading = false;
    if (batch) {
        p->slots[i % p->n_slots] = (struct slot){ .batch = batch };
        p->n_read++;
    }
    if (rc != 0)
        pipe_fail(p, i, rc, &err);
    p->ended |= rc != 0 || !batch;
    pthread_cond_broadcast(&p->change);
    if (p->ended || i >= p->failed)
        return;
    pthread_mutex_unlock(&p->lock);
    rc = p->steps->work(p->ctx, batch, worker, &err);
    pthread_mutex_lock(&p->lock);
    if (rc != 0)
        pipe_fail(p, i, rc, &err);
    p->slots[i % p->n_slots].done = rc == 0;
}

static void pipe_run(void *team, int worker)
{
    struct pipe *p = team;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        size_t alive = p->n_read - p->n_written;
        if (p->n_written >= p->failed || (p->ended && alive == 0))
            break;
        if (!p->writing && alive > 0 && p->slots[p->n_written % p->n_slots].done)
            pipe_write(p);
        else if (!p->reading && !p->ended && p->failed == SIZE_MAX && alive < p->n_slots)
            pipe_read_and_work(p, worker);
        else {
            pthread_cond_wait(&p->change, &p->lock);
            continue;
        }
        pthread_cond_broadcast(&p->change);
    }
    pthread_mutex_unlock(&p->lock);
}

int par_pipe(int n_threads, const struct par_pipe_steps *steps, void *ctx, struct err *err)
{
    int threads = n_threads < 1 ? 1 : n_threads > PAR_MAX_THREADS ? PAR_MAX_THREADS : n_threads;
    struct pipe p = { .steps = steps, .ctx = ctx, .n_slots = 2 * (size_t)threads, .failed = SIZE_MAX, .err = err };
    p.slots = MEM_ZARRAY(struct slot, p.n_slots, err);
    if (!p.slots)
        return ERR_NOMEM;
    pthread_mutex_init(&p.lock, NULL);
    pthread_cond_init(&p.change, NULL);
    team_run(threads, pipe_run, &p);
    for (size_t i = 0; i < p.n_slots; i++)   /* after a failure: what will not be written */
        if (p.slots[i].batch)
            steps->drop(ctx, p.slots[i].batch);
    pthread_cond_destroy(&p.change);
    pthread_mutex_destroy(&p.lock);
    mem_free(p.slots);
    return p.rc;
}
