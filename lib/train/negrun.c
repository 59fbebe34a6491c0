#include "train/negrun.h"

#include "base/mem.h"
#include "base/version.h"
#include "exact/exact_truth.h"
#include "tree/idorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[NEGEXAMPLES_N] = {"point", "counter", "query"};

int negrun_parse_text(const char *texts[NEGEXAMPLES_N], const char *value, struct err *err)
{
    for (size_t i = 0; i < NEGEXAMPLES_N; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(value, names[i], n) != 0 || value[n] != '=')
            continue;
        if (texts[i])
            return err_set(err, ERR_USAGE, "--text %s: given before, '%s'", value, texts[i]);
        texts[i] = value + n + 1;
        return 0;
    }
    return err_set(err, ERR_USAGE, "--text %s: expected point=FILE, counter=FILE or query=FILE", value);
}

static int check_negatives(const struct negrun_options *o, struct err *err)
{
    const struct negatives_options *n = &o->negatives;
    bool both = n->from[NEGATIVES_POINT] && n->from[NEGATIVES_COUNTER];
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (n->from[i] && !o->sets[i])
            return err_set(err, ERR_USAGE, "give --point and --counter, or the one that --from names");
    if (n->has_margin && !o->sets[NEGATIVES_COUNTER])
        return err_set(err, ERR_USAGE, "--margin is measured from positives in the counter set: give --counter");
    if (n->upstream && (!both || n->count != 1 || n->skip_top || n->has_margin || n->no_duplicates || n->given || o->examples))
        return err_set(err, ERR_USAGE, "--compat upstream takes of the options of negatives --random-rate, --decay, --epoch and "
                       "--seed alone");
    if (o->examples && !n->given && !o->sets[NEGATIVES_COUNTER])
        return err_set(err, ERR_USAGE, "--examples need positives: give --positives, or --counter, where they are");
    if (o->texts[NEGEXAMPLES_QUERY] && !o->examples)
        return err_set(err, ERR_USAGE, "--text query= is for --examples");
    if (both && !o->texts[NEGATIVES_POINT] != !o->texts[NEGATIVES_COUNTER])
        return err_set(err, ERR_USAGE, "--text: give texts of both sets, since negatives are taken from both");
    return 0;
}

int negrun_check(const struct negrun_options *o, struct err *err)
{
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (o->sets[i] && strcmp(o->sets[i], "-") == 0 && o->n_paths == 0)
            return err_set(err, ERR_USAGE, "set and queries cannot both be stdin: name the file of the queries");
    if (!o->search)
        return check_negatives(o, err);
    if (!o->sets[NEGATIVES_POINT] == !o->sets[NEGATIVES_COUNTER])
        return err_set(err, ERR_USAGE, "--knn and --radius search one set: give --point or --counter");
    if (o->draws)
        return err_set(err, ERR_USAGE, "--knn and --radius write neighbours: --positives, --count, --random-rate, --decay, "
                       "--epoch, --from, --skip-top, --margin, --no-duplicates, --text, --examples and --compat are of "
                       "negatives");
    return 0;
}

/* ---- inputs ---- */

/* The text of each row of a set. */
static int find_texts(struct negrun *r, size_t set, struct err *err)
{
    const struct vector_set *s = &r->sets[set];
    char decimal[24];
    struct text *texts = r->set_texts[set] = MEM_ARRAY(struct text, s->n, err);
    if (!texts)
        return ERR_NOMEM;
    for (size_t row = 0; row < s->n; row++) {
        struct text name = {decimal, 0};
        if (s->keys)
            name = s->keys[row];
        else
            name.n = (size_t)snprintf(decimal, sizeof decimal, "%" PRIu64, s->ids[row]);
        if (!texts_encoded(&r->texts[set], name, &texts[row]))
            return err_set(err, ERR_DATA, "%s: no text of \"%.*s\", which is in %s", r->options->texts[set],
                           (int)(name.n < 64 ? name.n : 64), name.p, r->options->sets[set]);
    }
    return 0;
}

/* Each set has been held against the queries, which may say less of themselves than the sets do. */
static int check_sets(const struct negrun *r, struct err *err)
{
    struct vector_reader *a = r->readers[NEGATIVES_POINT], *b = r->readers[NEGATIVES_COUNTER];
    const struct header *point = vector_reader_header(a), *counter = vector_reader_header(b);
    const char *point_name = input_name(vector_reader_input(a)), *counter_name = input_name(vector_reader_input(b));
    const char *x = header_meta(point, "metric"), *y = header_meta(counter, "metric");
    if (r->options->metric < 0 && x && y && strcmp(x, y) != 0)
        return err_set(err, ERR_DATA, "%s has metric %s, %s has %s: --metric decides", counter_name, y, point_name, x);
    return vectors_compatible(point, point_name, counter, counter_name, err);
}

int negrun_open(struct negrun *r, struct err *err)
{
    int rc = 0;
    const struct negrun_options *o = r->options;
    int metric = o->metric;
    if (o->examples)
        TRY(output_apart(output_name(r->out), o->examples, err));
    TRY(vector_reader_open_all(&r->queries, o->paths, o->n_paths, err));
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (o->sets[i]) {
            TRY(vector_reader_open(&r->readers[i], o->sets[i], err));
            TRY(exact_truth_check(r->readers[i], r->queries, metric, o->force, &r->metric, err));
            metric = (int)r->metric;
        }
    if (o->sets[NEGATIVES_POINT] && o->sets[NEGATIVES_COUNTER] && !o->force)
        TRY(check_sets(r, err));
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (o->sets[i]) {
            TRY(vector_set_read(&r->sets[i], r->readers[i], o->max_memory / 4, err));
            if (!o->negatives.upstream)
                TRY(idorder_sort(&r->sets[i], err));
        }
    for (size_t i = 0; i < NEGEXAMPLES_N; i++)
        if (o->texts[i])
            TRY(texts_read(&r->texts[i], o->texts[i], err));
out:
    return rc;
}

static int start(struct negrun *r, struct err *err)
{
    int rc = 0;
    const struct header *parents[NEGATIVES_SETS + 1];
    size_t n = 0;
    for (size_t i = 0; i < NEGATIVES_SETS; i++)
        if (r->options->sets[i])
            parents[n++] = &r->sets[i].header;
    parents[n++] = vector_reader_header(r->queries);
    if (r->options->command)
        TRY(header_add_program(&r->header, r->options->program, VECPIPE_VERSION, r->options->command, parents, n, err));
    TRY(stream_writer_open(&r->writer, r->out, &r->header, r->options->level, err));
out:
    return rc;
}

/* ---- runs ---- */

int negrun_neighbours(struct negrun *r, struct err *err)
{
    int rc = 0;
    const struct vector_set *base = &r->sets[r->options->sets[NEGATIVES_POINT] ? NEGATIVES_POINT : NEGATIVES_COUNTER];
    struct ball_answers_options o = r->options->answers;
    o.metric = r->metric;
    TRY(ball_answers_header(&r->header, base, r->queries, &o, err));
    TRY(start(r, err));
    TRY(ball_answers_write(r->writer, base, r->queries, &o, err));
out:
    return rc;
}

int negrun_prepare(struct negrun *r, struct err *err)
{
    int rc = 0;
    const struct negrun_options *o = r->options;
    const struct vector_set *sets[NEGATIVES_SETS] = {NULL, NULL};
    const struct texts *texts[NEGEXAMPLES_N] = {NULL, NULL, NULL};
    r->negatives_options = o->negatives;
    r->negatives_options.metric = r->metric;
    for (size_t i = 0; i < NEGEXAMPLES_N; i++)
        texts[i] = o->texts[i] ? &r->texts[i] : NULL;
    for (size_t i = 0; i < NEGATIVES_SETS; i++) {
        sets[i] = o->sets[i] ? &r->sets[i] : NULL;
        if (sets[i] && texts[i])
            TRY(find_texts(r, i, err));
        r->negatives_options.texts[i] = r->set_texts[i];
    }
    if (o->examples) {
        TRY(output_open(&r->examples_out, o->examples, false, err));
        TRY(negexamples_new(&r->examples, texts, r->examples_out, err));
        r->negatives_options.visitor = negexamples_visitor(r->examples);
    }
    TRY(negatives_new(&r->negatives, sets, vector_reader_has_keys(r->queries), &r->negatives_options, err));
out:
    return rc;
}

int negrun_negatives(struct negrun *r, struct err *err)
{
    int rc = 0;
    char text[24];
    TRY(negatives_header(&r->header, r->negatives, r->queries, err));
    TRY(start(r, err));
    TRY(negatives_write(r->writer, r->negatives, r->queries, &r->report, err));
    snprintf(text, sizeof text, "%" PRIu64, r->report.n_missing);
    TRY(stream_writer_stat(r->writer, "no_negative", text, err));
out:
    return rc;
}

int negrun_remarks(const struct negrun *r, struct buf *text, struct err *err)
{
    int rc = 0;
    const struct negatives_report *n = &r->report;
    if (!r->options->search)
        TRY(buf_printf(text, err, "%" PRIu64 " queries: %" PRIu64 " hard and %" PRIu64 " random negatives; no negative: %" PRIu64
                       "; queries without a positive: %" PRIu64 "\n", n->n_queries, n->n_hard, n->n_random, n->n_missing,
                       n->n_without_positive));
    if (r->examples)
        TRY(buf_printf(text, err, "%" PRIu64 " examples\n", negexamples_count(r->examples)));
out:
    return rc;
}

int negrun_commit(struct negrun *r, struct err *err)
{
    int rc = stream_writer_end(r->writer, err);
    return rc || !r->examples_out ? rc : output_commit(r->examples_out, err);
}

void negrun_done(struct negrun *r)
{
    negatives_free(r->negatives);
    negexamples_free(r->examples);
    output_free(r->examples_out);
    stream_writer_free(r->writer);
    header_done(&r->header);
    for (size_t i = 0; i < NEGATIVES_SETS; i++) {
        mem_free(r->set_texts[i]);
        vector_set_done(&r->sets[i]);
        vector_reader_close(r->readers[i]);
    }
    for (size_t i = 0; i < NEGEXAMPLES_N; i++)
        texts_done(&r->texts[i]);
    vector_reader_close(r->queries);
}
