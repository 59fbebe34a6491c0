#include "text/convert.h"
#include "text/arguana.h"
#include "text/beir.h"
#include "text/control.h"
#include "text/dpr.h"
#include "text/judgement.h"
#include "text/plain.h"
#include "text/questions.h"
#include "text/triples.h"

#include <string.h>

const char *const convert_formats[] = {"auto", "tsv", "jsonl", "dpr", "dpr-csv", "qrels", "triples", "id-triples", "topics",
                                       "debian", "arguana", NULL};

enum { HEADER = 1, COLUMNS = 2, JOIN = 4, FIELD = 8 };      /* options that a format takes; COLUMNS: --quotes too */

static const struct {
    unsigned kinds, options;                                /* kinds of forms, 0: rows as they come */
} formats[] = {
    [CONVERT_AUTO] = {0, HEADER | COLUMNS | JOIN},
    [CONVERT_TSV] = {0, HEADER | COLUMNS | JOIN},
    [CONVERT_JSONL] = {0, JOIN},
    [CONVERT_DPR] = {1 << FORMS_QUERIES | 1 << FORMS_QRELS | 1 << FORMS_ANSWERS | 1 << FORMS_EXAMPLES, 0},
    [CONVERT_QUESTIONS] = {1 << FORMS_QUERIES | 1 << FORMS_ANSWERS, HEADER},
    [CONVERT_QRELS] = {1 << FORMS_QRELS, HEADER},
    [CONVERT_TRIPLES] = {1 << FORMS_EXAMPLES, HEADER},
    [CONVERT_ID_TRIPLES] = {1 << FORMS_EXAMPLES, HEADER},
    [CONVERT_TOPICS] = {1 << FORMS_QUERIES, FIELD},
    [CONVERT_DEBIAN] = {1 << FORMS_PASSAGES | 1 << FORMS_QUERIES, JOIN},
    [CONVERT_ARGUANA] = {1 << FORMS_PASSAGES | 1 << FORMS_QUERIES | 1 << FORMS_QRELS | 1 << FORMS_EXAMPLES, JOIN},
};

static int check_options(const struct convert_options *o, const char *name, unsigned kinds, unsigned takes, struct err *err)
{
    const char *wrong = NULL;
    bool one_kind = (kinds & (kinds - 1)) == 0;
    if (o->rows.header && !(takes & HEADER))
        wrong = "--header";
    else if ((o->rows.n_columns || o->rows.quotes) && !(takes & COLUMNS))
        wrong = o->rows.quotes ? "--quotes" : "--columns";
    else if (o->rows.join && !(takes & JOIN))
        wrong = "--join";
    else if (o->has_field && !(takes & FIELD))
        wrong = "--field";
    else if (o->to != CONVERT_TO_ALL && !(kinds >> (o->to - CONVERT_TO_FIRST) & 1))
        wrong = "--to";
    else if (o->split && (one_kind || o->to != CONVERT_TO_ALL))
        wrong = "--split";
    if (wrong)
        return err_set(err, ERR_USAGE, "%s%s%s does not belong to %s", wrong, o->to == CONVERT_TO_ALL ? "" : " ",
                       o->to == CONVERT_TO_ALL ? "" : forms_names[o->to - CONVERT_TO_FIRST], name);
    if (o->split && (!*o->split || *o->split == '.' || strchr(o->split, '/')))
        return err_set(err, ERR_USAGE, "--split '%s': expected a part of a file's name", o->split);
    return 0;
}

static int open_forms(struct forms *f, const struct convert_options *o, unsigned kinds, struct err *err)
{
    int kind = 0;
    if (o->to != CONVERT_TO_ALL)
        kinds = 1u << (o->to - CONVERT_TO_FIRST);
    if (kinds & (kinds - 1))
        return forms_open_folder(f, o->output, kinds, o->split, err);
    while (!(kinds >> kind & 1))
        kind++;
    return forms_open_file(f, o->output, (enum forms_kind)kind, err);
}

static int read_input(struct forms *f, const struct convert_options *o, struct input *in, struct map *packages, struct err *err)
{
    switch (o->format) {
    case CONVERT_DPR: return dpr_read(f, in, err);
    case CONVERT_QUESTIONS: return questions_read(f, in, o->rows.header, err);
    case CONVERT_QRELS: return judgement_read(f, in, o->rows.header, err);
    case CONVERT_TRIPLES: return triples_read_texts(f, in, o->rows.header, err);
    case CONVERT_ID_TRIPLES: return triples_read_ids(f, in, o->rows.header, err);
    case CONVERT_TOPICS: return topics_read(f, in, o->field, err);
    case CONVERT_DEBIAN: return control_read(f, in, packages, err);
    default: return err_set(err, ERR_INTERNAL, "no reader of format %d", (int)o->format);
    }
}

static int convert_forms(const struct convert_options *o, const char *const *paths, size_t n, struct tally *tally,
                         struct err *err)
{
    static const char *const from_stdin[] = {"-"};
    int rc = 0;
    struct forms f = {.tally = tally, .join = o->rows.join};
    struct map packages = {0};
    struct input *in = NULL;
    if (n == 0) {
        paths = from_stdin;
        n = 1;
    }
    TRY(open_forms(&f, o, formats[o->format].kinds, err));
    for (size_t i = 0; i < n; i++) {
        if (o->format == CONVERT_ARGUANA) {
            TRY(arguana_read(&f, paths[i], err));
            continue;
        }
        TRY(input_open(&in, paths[i], err));
        TRY(rows_start(in, err));
        TRY(read_input(&f, o, in, &packages, err));
        input_close(in);
        in = NULL;
    }
    TRY(forms_commit(&f, err));
out:
    input_close(in);
    map_done(&packages);
    forms_done(&f);
    return rc;
}

static int convert_rows(const struct convert_options *o, const char *const *paths, size_t n, struct tally *tally, struct err *err)
{
    int rc = 0;
    struct rows *rows = NULL;
    struct output *out = NULL;
    TRY(rows_open(&rows, paths, n, &o->rows, err));
    TRY(output_open(&out, o->output, false, err));
    TRY(plain_copy(rows, out, "rows", NULL, tally, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    rows_close(rows);
    return rc;
}

int convert_run(const struct convert_options *options, const char *const *paths, size_t n, struct tally *tally, struct err *err)
{
    int rc = 0;
    struct convert_options o = *options;
    enum plain_source source = PLAIN_FILE;
    o.rows.repair = true;
    if (n > 0 && o.format != CONVERT_ARGUANA)
        TRY(plain_source(paths[0], &source, err));
    if (o.format == CONVERT_ARGUANA && n != 1)
        TRY(err_set(err, ERR_USAGE, "--from arguana: one folder is needed"));
    bool is_folder = source != PLAIN_FILE || o.format == CONVERT_ARGUANA;
    if (source != PLAIN_FILE && n > 1)
        TRY(err_set(err, ERR_USAGE, "%s: a folder is converted by itself, without other operands", paths[0]));
    if (source != PLAIN_FILE && o.format != CONVERT_AUTO)
        TRY(err_set(err, ERR_USAGE, "%s: --from %s belongs to files", paths[0], convert_formats[o.format]));
    if (o.for_wordnet && source != PLAIN_WORDNET)
        TRY(err_set(err, ERR_USAGE, "--dev, --test, --min-words and --seed belong to a WordNet folder"));
    if (source == PLAIN_ARGUANA)
        o.format = CONVERT_ARGUANA;
    unsigned kinds = formats[o.format].kinds, takes = formats[o.format].options;
    if (source == PLAIN_WORDNET)
        TRY(check_options(&o, "a WordNet folder", 0, 0, err));
    else if (source == PLAIN_BEIR)
        TRY(check_options(&o, "a BEIR folder", 0, JOIN, err));
    else
        TRY(check_options(&o, o.format == CONVERT_AUTO ? "TSV and JSON lines" : convert_formats[o.format], kinds, takes, err));
    if (!o.output && is_folder && o.to == CONVERT_TO_ALL)
        TRY(err_set(err, ERR_USAGE, "%s: a folder becomes a folder: -o is needed", paths[0]));
    if (!o.output && (kinds & (kinds - 1)) && o.to == CONVERT_TO_ALL)
        TRY(err_set(err, ERR_USAGE, "%s becomes a folder of files: -o, or --to for one of them, is needed",
                    convert_formats[o.format]));
    if (o.format == CONVERT_TSV || o.format == CONVERT_JSONL)
        o.rows.format = o.format == CONVERT_TSV ? ROWS_TSV : ROWS_JSONL;
    if (source == PLAIN_WORDNET)
        rc = wordnet_convert(paths[0], o.output, &o.wordnet, tally, err);
    else if (source == PLAIN_BEIR)
        rc = beir_convert(paths[0], o.output, o.rows.join, tally, err);
    else
        rc = kinds ? convert_forms(&o, paths, n, tally, err) : convert_rows(&o, paths, n, tally, err);
out:
    return rc;
}
