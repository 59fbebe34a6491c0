#include "train/negexamples.h"

#include "base/mem.h"
#include "text/example.h"

enum list { POSITIVES, NEGATIVES, HARD, LISTS };
static const char *const lists[] = {"positives", "negatives", "hard_negatives"};
static const char *const texts_of[NEGEXAMPLES_N] = {"point", "counter", "query"};

struct passage {
    size_t set;
    size_t name, name_bytes;         /* in names */
};

struct negexamples {
    const struct texts *texts[NEGEXAMPLES_N];
    struct output *out;
    struct example example;
    struct tally tally;
    struct negatives_visitor visitor;
    struct buf names;
    size_t query_bytes;              /* its name begins names */
    uint64_t n_examples;
    struct passage *at[LISTS];
    size_t n[LISTS], cap[LISTS];
};

static int begin(void *ctx, struct text name, struct err *err)
{
    struct negexamples *e = ctx;
    buf_clear(&e->names);
    e->query_bytes = name.n;
    for (size_t i = 0; i < LISTS; i++)
        e->n[i] = 0;
    return buf_put(&e->names, name.p, name.n, err);
}

static int add(struct negexamples *e, enum list list, size_t set, struct text name, struct err *err)
{
    int rc = mem_reserve(&e->at[list], &e->cap[list], e->n[list] + 1, sizeof **e->at, err);
    if (rc)
        return rc;
    e->at[list][e->n[list]++] = (struct passage){set, e->names.n, name.n};
    return buf_put(&e->names, name.p, name.n, err);
}

static int positive(void *ctx, struct text name, struct err *err)
{
    return add(ctx, POSITIVES, NEGEXAMPLES_COUNTER, name, err);
}

static int negative(void *ctx, enum negatives_set set, struct text name, enum negatives_branch branch, struct err *err)
{
    return add(ctx, branch == NEGATIVES_HARD ? HARD : NEGATIVES, set, name, err);
}

static int missing(size_t set, struct text name, struct err *err)
{
    return err_set(err, ERR_DATA, "the texts of the %s set have none of \"%.*s\"", texts_of[set],
                   (int)(name.n < 64 ? name.n : 64), name.p);
}

static int finish(void *ctx, struct err *err)
{
    int rc = 0;
    struct negexamples *e = ctx;
    const struct texts *queries = e->texts[NEGEXAMPLES_QUERY];
    struct text name = {e->names.p, e->query_bytes}, query = {NULL, 0};
    if (e->n[POSITIVES] == 0)
        return 0;
    if (queries && !texts_encoded(queries, name, &query))
        return missing(NEGEXAMPLES_QUERY, name, err);
    TRY(example_start(&e->example, name, query, err));
    for (size_t list = 0; list < LISTS; list++) {
        TRY(example_list(&e->example, lists[list], err));
        for (size_t i = 0; i < e->n[list]; i++) {
            const struct passage *p = &e->at[list][i];
            struct row row = {.id = {e->names.p + p->name, p->name_bytes}};
            if (e->texts[p->set] && !texts_get(e->texts[p->set], row.id, &row)) {
                rc = missing(p->set, row.id, err);
                goto out;
            }
            TRY(example_passage(&e->example, &row, err));
        }
    }
    TRY(example_end(&e->example, e->out, &e->tally, err));
    e->n_examples++;
out:
    return rc;
}

int negexamples_new(struct negexamples **out, const struct texts *const texts[NEGEXAMPLES_N], struct output *to, struct err *err)
{
    struct negexamples *e = *out = MEM_NEW(struct negexamples, err);
    if (!e)
        return ERR_NOMEM;
    for (size_t i = 0; i < NEGEXAMPLES_N; i++)
        e->texts[i] = texts[i];
    e->out = to;
    e->visitor = (struct negatives_visitor){begin, positive, negative, finish, e};
    return 0;
}

void negexamples_free(struct negexamples *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < LISTS; i++)
        mem_free(e->at[i]);
    example_done(&e->example);
    buf_done(&e->names);
    mem_free(e);
}

const struct negatives_visitor *negexamples_visitor(const struct negexamples *e) { return &e->visitor; }

uint64_t negexamples_count(const struct negexamples *e)
{
    return e->n_examples;
}
