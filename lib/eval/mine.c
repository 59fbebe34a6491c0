#include "eval/mine.h"
#include "base/mem.h"
#include "text/example.h"

#include <string.h>

struct mined_query {
    size_t id, id_bytes, text_bytes;    /* in strings, one behind the other */
    size_t first, n;                    /* its passages: found[first ...] */
};

struct mined_passage {
    size_t title, title_bytes, text, text_bytes;      /* in strings */
    bool there, has_title;
};

struct mine {
    struct mine_options options;
    struct qrels qrels;
    struct answers answers;
    struct buf strings;
    struct mined_query *queries;
    struct map wanted;                  /* key -> place in passages */
    struct mined_passage *passages;
    uint32_t *found;                    /* places */
    size_t n_queries, n_found, cap_queries, cap_found;
};

static int read_side(struct mine *m, const char *path, bool qrels, struct err *err)
{
    struct input *in = NULL;
    int rc = 0;
    TRY(input_open(&in, path, err));
    TRY(qrels ? qrels_read(&m->qrels, in, 1, err) : answers_read(&m->answers, ANSWERMATCH_TOKEN, in, err));
out:
    input_close(in);
    return rc;
}

int mine_new(struct mine **out, const struct mine_options *o, struct err *err)
{
    int rc = 0;
    struct mine *m = *out = MEM_NEW(struct mine, err);
    if (!m)
        return ERR_NOMEM;
    m->options = *o;
    TRY(read_side(m, o->qrels, true, err));
    if (o->answers)
        TRY(read_side(m, o->answers, false, err));
out:
    if (rc) {
        mine_free(m);
        *out = NULL;
    }
    return rc;
}

void mine_free(struct mine *m)
{
    if (!m)
        return;
    qrels_done(&m->qrels);
    answers_done(&m->answers);
    buf_done(&m->strings);
    map_done(&m->wanted);
    mem_free(m->queries);
    mem_free(m->passages);
    mem_free(m->found);
    mem_free(m);
}

static int want(struct mine *m, struct text key, uint32_t *place, struct err *err)
{
    uint64_t *slot;
    int rc = map_add(&m->wanted, key.p, key.n, m->wanted.n, NULL, &slot, err);
    if (rc == 0 && place)
        *place = (uint32_t)*slot;
    return rc;
}

/* The judgements of a query, NULL where it has none. */
static const struct pairs_query *judged(const struct mine *m, struct text id)
{
    const uint64_t *number = map_get(&m->qrels.queries, id.p, id.n);
    return number ? &m->qrels.grades.queries[*number] : NULL;
}

int mine_add(void *mine, const struct bm25_answer *answer, struct err *err)
{
    int rc = 0;
    struct mine *m = mine;
    const struct text id = answer->row.key, query = answer->query;
    const size_t n = answer->row.n;
    const struct pairs_query *of = judged(m, id);
    TRY(mem_reserve(&m->queries, &m->cap_queries, m->n_queries + 1, sizeof *m->queries, err));
    TRY(mem_reserve(&m->found, &m->cap_found, m->n_found + n, sizeof *m->found, err));
    m->queries[m->n_queries++] = (struct mined_query){m->strings.n, id.n, query.n, m->n_found, n};
    TRY(buf_put(&m->strings, id.p, id.n, err));
    TRY(buf_put(&m->strings, query.p, query.n, err));
    for (size_t i = 0; i < n; i++)
        TRY(want(m, answer->row.nnkeys[i], &m->found[m->n_found++], err));
    for (size_t i = 0; of && i < of->n; i++) {
        const struct pair *p = &m->qrels.grades.at[of->first + i];
        if (p->value >= 1)
            TRY(want(m, pairs_document(&m->qrels.grades, p), NULL, err));
    }
out:
    return rc;
}

static int read_passages(struct mine *m, struct rows *rows, struct err *err)
{
    const struct row *row;
    int rc = 0;
    TRY_NEW(m->passages, MEM_ZARRAY(struct mined_passage, m->wanted.n, err));
    while ((rc = rows_next(rows, &row, err)) == 0 && row) {
        const uint64_t *place = map_get(&m->wanted, row->id.p, row->id.n);
        struct mined_passage *p = place ? &m->passages[*place] : NULL;
        if (!p || p->there)
            continue;
        *p = (struct mined_passage){m->strings.n, row->title.n, m->strings.n + row->title.n, row->text.n, true,
                                    row->title.p != NULL};
        TRY(buf_put(&m->strings, row->title.p, row->title.n, err));
        TRY(buf_put(&m->strings, row->text.p, row->text.n, err));
    }
out:
    return rc;
}

static struct row row_of(const struct mine *m, size_t place)
{
    const struct mined_passage *p = &m->passages[place];
    struct row row = {.text = {m->strings.p + p->text, p->text_bytes}};
    row.id.p = map_key(&m->wanted, place, &row.id.n);
    if (p->has_title)
        row.title = (struct text){m->strings.p + p->title, p->title_bytes};
    return row;
}

struct writing {
    struct example example;
    struct answermatch_text prepared;
    struct buf joined;
    struct output *out;
    struct tally *tally;
};

/* *has: has the passage an answer to the query? */
static int look_for_answer(struct mine *m, struct writing *w, uint64_t query, struct row row, bool *has, struct err *err)
{
    int rc = 0;
    TRY(rows_join(&row, " ", &w->joined, err));
    TRY(answermatch_prepare(&w->prepared, ANSWERMATCH_TOKEN, row.text.p, row.text.n, err));
    *has = answers_match(&m->answers, (uint32_t)query, &w->prepared.bytes);
out:
    return rc;
}

static int put_positives(struct mine *m, struct writing *w, const struct pairs_query *of, struct err *err)
{
    int rc = example_list(&w->example, "positives", err);
    for (size_t i = 0; rc == 0 && i < of->n; i++) {
        const struct pair *p = &m->qrels.grades.at[of->first + i];
        struct text key = pairs_document(&m->qrels.grades, p);
        const uint64_t *place = p->value >= 1 ? map_get(&m->wanted, key.p, key.n) : NULL;
        if (place && m->passages[*place].there) {
            struct row row = row_of(m, *place);
            rc = example_passage(&w->example, &row, err);
        } else if (place) {
            tally_add(w->tally, "positives that are not among the passages", 1);
        }
    }
    return rc;
}

static int put_negatives(struct mine *m, struct writing *w, const struct mined_query *q, struct text id, struct err *err)
{
    const uint64_t *judged_as = map_get(&m->qrels.queries, id.p, id.n), *asked = map_get(&m->answers.queries, id.p, id.n);
    int rc = example_list(&w->example, "hard_negatives", err);
    uint64_t n = 0;
    for (size_t i = q->first; rc == 0 && i < q->first + q->n && n < m->options.n_negatives; i++) {
        struct row row = row_of(m, m->found[i]);
        bool has = false;
        if (!m->passages[m->found[i]].there)
            return err_set(err, ERR_DATA, "passage \"%.*s\" was found and is not among the passages", IDENTITY_ARG(row.id));
        if (qrels_grade(&m->qrels, (uint32_t)*judged_as, row.id) >= 1)
            continue;
        if (asked)
            rc = look_for_answer(m, w, *asked, row, &has, err);
        if (rc == 0 && has) {
            tally_add(w->tally, "passages left out because they hold an answer", 1);
        } else if (rc == 0) {
            rc = example_passage(&w->example, &row, err);
            n++;
        }
    }
    tally_add(w->tally, "hard negatives", n);
    tally_add(w->tally, "hard negatives missing", m->options.n_negatives - n);
    return rc;
}

static int write_query(struct mine *m, struct writing *w, const struct mined_query *q, struct err *err)
{
    int rc = 0;
    struct text id = {m->strings.p + q->id, q->id_bytes}, query = {id.p + id.n, q->text_bytes};
    const struct pairs_query *of = judged(m, id);
    if (!of) {
        tally_add(w->tally, "queries without a positive, left out", 1);
        return 0;
    }
    TRY(example_start(&w->example, id, query, err));
    TRY(put_positives(m, w, of, err));
    if (w->example.n_passages == 0) {
        tally_add(w->tally, "queries without a positive, left out", 1);
        return 0;
    }
    TRY(put_negatives(m, w, q, id, err));
    TRY(example_end(&w->example, w->out, w->tally, err));
out:
    return rc;
}

int mine_write(struct mine *m, const char *passages, const struct rows_options *form, struct output *out, struct tally *tally,
               struct err *err)
{
    struct writing w = {.out = out, .tally = tally};
    struct rows *rows = NULL;
    int rc = 0;
    TRY(rows_open(&rows, &passages, 1, form, err));
    TRY(read_passages(m, rows, err));
    for (size_t i = 0; i < m->n_queries; i++)
        TRY(write_query(m, &w, &m->queries[i], err));
out:
    example_done(&w.example);
    answermatch_done(&w.prepared);
    buf_done(&w.joined);
    rows_close(rows);
    return rc;
}
