#include "eval/report.h"
#include "base/mem.h"
#include "base/num.h"
#include "eval/reportline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct report {
    struct reportline line;
    const struct report_options *o;
};

/* ---- the summary ---- */

static int put_table_row(struct report *l, const struct evaluation *e, const struct evaluation_group *g)
{
    int n_sides = e->has[0] + e->has[1] + e->has[2];
    reportline_count(&l->line, "ef", g->ef);
    for (size_t i = 0; i < e->measures.n; i++)
        if (!e->measures.at[i].hidden)
            reportline_number(&l->line, e->measures.at[i].name, g->means[i], e->measures.at[i].measure->decimals);
    reportline_count(&l->line, "queries", g->n);
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++) {
        const struct { const char *name; size_t n; } counts[] = {
            {"judged", g->n_judged[side]}, {"missing", g->n_missing[side]}, {"unjudged", g->n_unjudged[side]}};
        for (int i = 0; i < 3 && e->has[side]; i++) {
            char name[40];
            snprintf(name, sizeof name, n_sides > 1 ? "%s.%s" : "%s", counts[i].name, measure_side_name(side));
            reportline_count(&l->line, name, counts[i].n);
        }
    }
    return reportline_end(&l->line);
}

/* ---- trec_eval's lines ---- */

static void put_trec(struct report *l, const char *measure, const char *query, size_t n, const char *value)
{
    char head[MEASURE_NAME + 8];
    reportline_put(&l->line, head, (size_t)snprintf(head, sizeof head, "%-22s\t", measure));
    reportline_field(&l->line, query, n);
    reportline_put(&l->line, "\t", 1);
    reportline_put(&l->line, value, strlen(value));
    reportline_put(&l->line, "\n", 1);
}

static int put_trec_values(struct report *l, const struct evaluation *e, const char *query, size_t n, const double *values,
                           bool all)
{
    for (size_t i = 0; i < e->measures.n; i++) {
        const struct measure_spec *s = &e->measures.at[i];
        char name[MEASURE_NAME + 24], value[400];
        if (isnan(values[i]) || (!all && !measure_is_per_query(s->measure)))
            continue;
        if (s->k == SIZE_MAX || !s->measure->trec_cut)
            snprintf(name, sizeof name, "%s", s->k == SIZE_MAX && s->measure->trec ? s->measure->trec : s->name);
        else
            snprintf(name, sizeof name, "%s_%zu", s->measure->trec_cut, s->k);
        snprintf(value, sizeof value, "%.4f", values[i]);
        put_trec(l, name, query, n, value);
    }
    return l->line.rc;
}

/* ---- query by query ---- */

static int put_query(struct report *l, const struct evaluation *e, const char *name, size_t n, uint32_t ef, const double *values)
{
    if (l->o->format == REPORT_TREC)
        return put_trec_values(l, e, name, n, values, false);
    reportline_text(&l->line, "query", name, n);
    reportline_count(&l->line, "ef", ef);
    for (size_t i = 0; i < e->measures.n; i++)
        if (measure_is_per_query(e->measures.at[i].measure))
            reportline_number(&l->line, e->measures.at[i].name, values[i], e->measures.at[i].measure->decimals);
    return reportline_end(&l->line);
}

/* The missing queries of a group.  met[side][q]: the run has it, or it is not averaged over. */
static int put_missing(struct report *l, const struct evaluation *e, uint32_t ef, bool *const met[MEASURE_N_SIDES],
                       double *values)
{
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        for (uint32_t q = 0; e->has[side] && q < evaluation_queries(e, side)->n; q++) {
            bool missing[MEASURE_N_SIDES] = {false}, said = false;
            if (met[side][q])
                continue;
            size_t n;
            const char *name = map_key(evaluation_queries(e, side), q, &n);
            for (enum measure_side other = 0; other < MEASURE_N_SIDES; other++) {
                const uint64_t *at = e->has[other] ? map_get(evaluation_queries(e, other), name, n) : NULL;
                missing[other] = at && !met[other][*at];
                said |= missing[other] && other < side;
            }
            for (size_t i = 0; i < e->measures.n; i++) {
                enum measure_side of = e->measures.at[i].measure->side;
                values[i] = of < MEASURE_N_SIDES && missing[of] ? 0 : NAN;
            }
            if (!said && put_query(l, e, name, n, ef, values) != 0)
                return l->line.rc;
        }
    return l->line.rc;
}

static int put_all_missing(struct report *l, const struct evaluation *e)
{
    bool *met[MEASURE_N_SIDES] = {NULL};
    double *values;
    int rc = 0;
    TRY_NEW(values, MEM_ARRAY(double, e->measures.n, l->line.err));
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        if (e->has[side])
            TRY_NEW(met[side], MEM_ARRAY(bool, evaluation_queries(e, side)->n, l->line.err));
    for (size_t i = 0; i < e->n_groups; i++) {
        const struct evaluation_group *g = &e->groups[i];
        for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++) {
            for (uint32_t q = 0; e->has[side] && q < evaluation_queries(e, side)->n; q++)
                met[side][q] = l->o->average == EVALUATION_RELEVANT && !evaluation_has_target(e, side, q);
            for (size_t r = 0; e->has[side] && r < g->n; r++) {
                uint32_t q = e->rows[e->order[g->first + r]].query[side];
                if (q != EVALUATION_NO_QUERY)
                    met[side][q] = true;
            }
        }
        TRY(put_missing(l, e, g->ef, met, values));
    }
out:
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        mem_free(met[side]);
    mem_free(values);
    return rc;
}

static int put_queries(struct report *l, const struct evaluation *e, struct output *out)
{
    for (size_t r = 0; r < e->n_rows; r++) {
        const struct evaluation_row *row = &e->rows[r];
        int rc = put_query(l, e, e->names.p + row->name, row->name_bytes, e->groups[row->group].ef,
                           e->values + r * e->measures.n);
        if (rc)
            return rc;
        if (!l->o->aligned && l->line.text->n > 1 << 16) {
            if ((rc = output_write(out, l->line.text->p, l->line.text->n, l->line.err)) != 0)
                return rc;
            buf_clear(l->line.text);
        }
    }
    return l->o->average == EVALUATION_BOTH ? 0 : put_all_missing(l, e);
}

static int put_summary(struct report *l, const struct evaluation *e, const struct evaluation_group *g)
{
    if (l->o->format != REPORT_TREC)
        return put_table_row(l, e, g);
    enum measure_side side = e->has[MEASURE_QRELS] ? MEASURE_QRELS : e->has[MEASURE_TRUTH] ? MEASURE_TRUTH : MEASURE_ANSWERS;
    char count[24];
    snprintf(count, sizeof count, "%zu", e->has[side] ? g->n_judged[side] : g->n);
    put_trec(l, "num_q", "all", 3, count);
    return put_trec_values(l, e, "all", 3, g->means, true);
}

static int put_comparison(struct report *l, const struct comparison *c)
{
    struct reportline *line = &l->line;
    int decimals = c->spec->measure->decimals;
    reportline_count(line, "ef", c->ef[0]);
    reportline_count(line, "ef.against", c->ef[1]);
    reportline_text(line, "measure", c->spec->name, strlen(c->spec->name));
    reportline_number(line, "mean", c->mean[0], decimals);
    reportline_number(line, "mean.against", c->mean[1], decimals);
    reportline_number(line, "difference", c->mean[0] - c->mean[1], decimals);
    reportline_number(line, "p", c->test.p, 6);
    reportline_count(line, "wins", c->wins);
    reportline_count(line, "ties", c->ties);
    reportline_count(line, "losses", c->losses);
    reportline_count(line, "queries", c->wins + c->ties + c->losses);
    reportline_text(line, "test", c->test.exact ? "exact" : "sampled", c->test.exact ? 5 : 7);
    return reportline_end(line);
}

/* ---- tables for eyes ---- */

static size_t count_characters(const char *p, size_t n)
{
    size_t characters = 0;
    for (size_t i = 0; i < n; i++)
        characters += ((unsigned char)p[i] & 0xC0) != 0x80;
    return characters;
}

enum { MAX_ALIGNED = 256 };   /* columns */

/* One line of cells, from p up to its LF: widen width[] to it, or write it padded to it, numbers to the right. */
static int align_line(const char **p, size_t width[MAX_ALIGNED], struct output *out, struct err *err)
{
    for (size_t c = 0;; c++, ++*p) {
        size_t n = strcspn(*p, "\t\n"), shown = count_characters(*p, n);
        bool last = (*p)[n] == '\n', is_padded = c < MAX_ALIGNED;
        if (!out && is_padded)
            width[c] = num_max_size(width[c], shown);
        if (out) {
            int pad = is_padded ? (int)(width[c] - shown) : 0, left = c ? pad : 0, right = c || last ? 0 : pad;
            int rc = output_printf(out, err, "%*s%.*s%*s%s", left, "", (int)n, *p, right, "", last ? "\n" : "  ");
            if (rc)
                return rc;
        }
        *p += n;
        if (last)
            return 0;
    }
}

static int write_aligned(const struct buf *text, struct output *out, struct err *err)
{
    size_t width[MAX_ALIGNED] = {0};
    for (int pass = 0; pass < 2; pass++)
        for (const char *p = text->p; p < text->p + text->n; p++) {
            int rc = align_line(&p, width, pass ? out : NULL, err);
            if (rc)
                return rc;
        }
    return 0;
}

static struct report report_begin(struct buf *text, const struct report_options *o, struct err *err)
{
    struct reportline line = {.text = text, .json = o->format == REPORT_JSON, .heading = o->format == REPORT_TSV, .err = err};
    return (struct report){line, o};
}

static int write_text(const struct buf *text, const struct report_options *o, struct output *out, struct err *err)
{
    return o->aligned && o->format == REPORT_TSV ? write_aligned(text, out, err) : output_write(out, text->p, text->n, err);
}

int report_write(const struct evaluation *e, const struct report_options *o, struct output *out, struct err *err)
{
    struct buf text = {0};
    struct report l = report_begin(&text, o, err);
    int rc = 0;
    if (o->format == REPORT_TREC && e->n_groups > 1)
        return err_set(err, ERR_USAGE, "--format trec has no place for several ef (%u, %u ...)", e->groups[0].ef,
                       e->groups[1].ef);
    if (l.line.heading) {
        TRY(o->per_query ? put_query(&l, e, "", 0, 0, e->values) : put_summary(&l, e, e->groups));
        l.line.heading = false;
    }
    if (o->per_query)
        TRY(put_queries(&l, e, out));
    for (size_t i = 0; i < e->n_groups && (!o->per_query || o->format == REPORT_TREC); i++)
        TRY(put_summary(&l, e, &e->groups[i]));
    TRY(write_text(&text, o, out, err));
out:
    buf_done(&text);
    return rc;
}

int report_write_comparisons(const struct comparisons *c, const struct report_options *o, struct output *out, struct err *err)
{
    struct buf text = {0};
    struct report l = report_begin(&text, o, err);
    int rc = 0;
    if (l.line.heading) {
        TRY(put_comparison(&l, &c->at[0]));
        l.line.heading = false;
    }
    for (size_t i = 0; i < c->n; i++)
        TRY(put_comparison(&l, &c->at[i]));
    TRY(write_text(&text, o, out, err));
out:
    buf_done(&text);
    return rc;
}

int report_compare(const struct evaluation *e, const struct evaluation_options *eo, uint64_t seed, const struct report_options *o,
                   struct output *out, struct err *err)
{
    struct comparisons c = {0};
    int rc = comparisons_make(&c, e, eo, seed, err);
    if (rc == 0)
        rc = report_write_comparisons(&c, o, out, err);
    comparisons_done(&c);
    return rc;
}
