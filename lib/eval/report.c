#include "eval/report.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One line under construction: names and values become a heading, a row of a table or an object. */
struct line {
    const struct report_options *o;
    struct buf *text;
    bool heading, begun;
    struct err *err;
    int rc;
};

static void put(struct line *l, const char *s, size_t n)
{
    if (l->rc == 0)
        l->rc = buf_put(l->text, s, n, l->err);
}

static void put_json_string(struct line *l, const char *s, size_t n)
{
    put(l, "\"", 1);
    for (size_t i = 0, used; i < n; i += used) {
        char escape[8];
        unsigned char c = (unsigned char)s[i];
        if ((used = utf8_sequence(s + i, n - i)) == 0) {
            put(l, "\\ufffd", 6);
            used = 1;
        } else if (c == '"' || c == '\\' || c < 0x20) {
            put(l, escape, (size_t)snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c));
        } else {
            put(l, s + i, used);
        }
    }
    put(l, "\"", 1);
}

static void begin_cell(struct line *l, const char *name)
{
    bool json = l->o->format == REPORT_JSON;
    const char *before = json ? (l->begun ? ", " : "{") : l->begun ? "\t" : "";
    put(l, before, strlen(before));
    l->begun = true;
    if (json) {
        put_json_string(l, name, strlen(name));
        put(l, ": ", 2);
    } else if (l->heading) {
        put(l, name, strlen(name));
    }
}

/* A field of a table: what would end it or the line becomes a blank. */
static void put_field(struct line *l, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(l, strchr("\t\n\r", s[i]) ? " " : s + i, 1);   /* NUL too */
}

static void put_text(struct line *l, const char *name, const char *s, size_t n)
{
    begin_cell(l, name);
    if (l->o->format == REPORT_JSON)
        put_json_string(l, s, n);
    else if (!l->heading)
        put_field(l, s, n);
}

/* A table has a fixed number of decimals; JSON two more, without zeros at the end. */
static void put_number(struct line *l, const char *name, double x, int decimals)
{
    char text[400];
    bool json = l->o->format == REPORT_JSON;
    begin_cell(l, name);
    if (l->heading)
        return;
    size_t n = (size_t)snprintf(text, sizeof text, "%.*f", json ? decimals + 2 : decimals, x);
    if (!isfinite(x))
        n = (size_t)snprintf(text, sizeof text, "%s", json ? "null" : "nan");
    else if (json)
        while (text[n - 1] == '0' || text[n - 1] == '.')
            if (text[--n] == '.')
                break;
    put(l, text, n);
}

static void put_count(struct line *l, const char *name, size_t x)
{
    char text[24];
    begin_cell(l, name);
    if (!l->heading)
        put(l, text, (size_t)snprintf(text, sizeof text, "%zu", x));
}

static int end_line(struct line *l)
{
    put(l, l->o->format == REPORT_JSON ? "}\n" : "\n", l->o->format == REPORT_JSON ? 2 : 1);
    l->begun = false;
    return l->rc;
}

/* ---- the summary ---- */

static int put_table_row(struct line *l, const struct evaluation *e, const struct evaluation_group *g)
{
    int n_sides = e->has[0] + e->has[1] + e->has[2];
    put_count(l, "ef", g->ef);
    for (size_t i = 0; i < e->measures.n; i++)
        if (!e->measures.at[i].hidden)
            put_number(l, e->measures.at[i].name, g->means[i], e->measures.at[i].measure->decimals);
    put_count(l, "queries", g->n);
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++) {
        const struct { const char *name; size_t n; } counts[] = {
            {"judged", g->n_judged[side]}, {"missing", g->n_missing[side]}, {"unjudged", g->n_unjudged[side]}};
        for (int i = 0; i < 3 && e->has[side]; i++) {
            char name[40];
            snprintf(name, sizeof name, n_sides > 1 ? "%s.%s" : "%s", counts[i].name, measure_side_name(side));
            put_count(l, name, counts[i].n);
        }
    }
    return end_line(l);
}

static bool is_per_query(const struct measure *m)
{
    return m->value && m->percentile == 0;
}

/* ---- trec_eval's lines ---- */

static void put_trec(struct line *l, const char *measure, const char *query, size_t n, const char *value)
{
    char head[MEASURE_NAME + 8];
    put(l, head, (size_t)snprintf(head, sizeof head, "%-22s\t", measure));
    put_field(l, query, n);
    put(l, "\t", 1);
    put(l, value, strlen(value));
    put(l, "\n", 1);
}

static int put_trec_values(struct line *l, const struct evaluation *e, const char *query, size_t n, const double *values,
                           bool all)
{
    for (size_t i = 0; i < e->measures.n; i++) {
        const struct measure_spec *s = &e->measures.at[i];
        char name[MEASURE_NAME + 24], value[400];
        if (isnan(values[i]) || (!all && !is_per_query(s->measure)))
            continue;
        if (s->k == SIZE_MAX || !s->measure->trec_cut)
            snprintf(name, sizeof name, "%s", s->k == SIZE_MAX && s->measure->trec ? s->measure->trec : s->name);
        else
            snprintf(name, sizeof name, "%s_%zu", s->measure->trec_cut, s->k);
        snprintf(value, sizeof value, "%.4f", values[i]);
        put_trec(l, name, query, n, value);
    }
    return l->rc;
}

/* ---- query by query ---- */

static int put_query(struct line *l, const struct evaluation *e, const char *name, size_t n, uint32_t ef, const double *values)
{
    if (l->o->format == REPORT_TREC)
        return put_trec_values(l, e, name, n, values, false);
    put_text(l, "query", name, n);
    put_count(l, "ef", ef);
    for (size_t i = 0; i < e->measures.n; i++)
        if (is_per_query(e->measures.at[i].measure))
            put_number(l, e->measures.at[i].name, values[i], e->measures.at[i].measure->decimals);
    return end_line(l);
}

/* The missing queries of a group.  met[side][q]: the run has it, or it is not averaged over. */
static int put_missing(struct line *l, const struct evaluation *e, uint32_t ef, bool *const met[MEASURE_N_SIDES], double *values)
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
                return l->rc;
        }
    return l->rc;
}

static int put_all_missing(struct line *l, const struct evaluation *e)
{
    bool *met[MEASURE_N_SIDES] = {NULL};
    double *values;
    int rc = 0;
    TRY_NEW(values, MEM_ARRAY(double, e->measures.n, l->err));
    for (enum measure_side side = 0; side < MEASURE_N_SIDES; side++)
        if (e->has[side])
            TRY_NEW(met[side], MEM_ARRAY(bool, evaluation_queries(e, side)->n, l->err));
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

static int put_queries(struct line *l, const struct evaluation *e, struct output *out)
{
    for (size_t r = 0; r < e->n_rows; r++) {
        const struct evaluation_row *row = &e->rows[r];
        int rc = put_query(l, e, e->names.p + row->name, row->name_bytes, e->groups[row->group].ef,
                           e->values + r * e->measures.n);
        if (rc)
            return rc;
        if (!l->o->aligned && l->text->n > 1 << 16) {
            if ((rc = output_write(out, l->text->p, l->text->n, l->err)) != 0)
                return rc;
            buf_clear(l->text);
        }
    }
    return l->o->average == EVALUATION_BOTH ? 0 : put_all_missing(l, e);
}

static int put_summary(struct line *l, const struct evaluation *e, const struct evaluation_group *g)
{
    if (l->o->format != REPORT_TREC)
        return put_table_row(l, e, g);
    enum measure_side side = e->has[MEASURE_QRELS] ? MEASURE_QRELS : e->has[MEASURE_TRUTH] ? MEASURE_TRUTH : MEASURE_ANSWERS;
    char count[24];
    snprintf(count, sizeof count, "%zu", e->has[side] ? g->n_judged[side] : g->n);
    put_trec(l, "num_q", "all", 3, count);
    return put_trec_values(l, e, "all", 3, g->means, true);
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

int report_write(const struct evaluation *e, const struct report_options *o, struct output *out, struct err *err)
{
    struct buf text = {0};
    struct line l = {.o = o, .text = &text, .heading = o->format == REPORT_TSV, .err = err};
    int rc = 0;
    if (o->format == REPORT_TREC && e->n_groups > 1)
        return err_set(err, ERR_USAGE, "--format trec has no place for several ef (%u, %u ...)", e->groups[0].ef,
                       e->groups[1].ef);
    if (l.heading) {
        TRY(o->per_query ? put_query(&l, e, "", 0, 0, e->values) : put_summary(&l, e, e->groups));
        l.heading = false;
    }
    if (o->per_query)
        TRY(put_queries(&l, e, out));
    for (size_t i = 0; i < e->n_groups && (!o->per_query || o->format == REPORT_TREC); i++)
        TRY(put_summary(&l, e, &e->groups[i]));
    TRY(o->aligned && o->format == REPORT_TSV ? write_aligned(&text, out, err) : output_write(out, text.p, text.n, err));
out:
    buf_done(&text);
    return rc;
}
