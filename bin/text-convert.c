/* text-convert - text collections to the plain text forms. */
#include "base/mem.h"
#include "cli/cli.h"
#include "text/convert.h"

static struct convert_options o;
static const char *columns;
static int format, join, field;
static bool strict, for_wordnet[4];
static uint64_t n_dev = 2000, n_test = 2000, min_words = 3;
static const char *const kinds[] = {"all", "passages", "queries", "qrels", "answers", "examples", NULL};
static const char *const joins[] = {"none", "space", "sep", NULL}, *const separators[] = {NULL, " ", " [SEP] "};
static const char *const fields[] = {"title", "desc", "narr", NULL};

static const struct option_spec options[] = {
    {.letter = 'o', .name = "output", .type = OPT_STRING, .arg = "PATH", .silent = true, .dest = &common.output,
     .help = "file to write, or folder to make where several forms come out"},
    {.name = "from", .type = OPT_CHOICE, .arg = "FORMAT", .choices = convert_formats, .help = "format of the texts",
     .dest = &format},
    {.name = "to", .type = OPT_CHOICE, .arg = "FORM", .choices = kinds, .help = "write one form only", .dest = &o.to},
    {.name = "split", .type = OPT_STRING, .arg = "NAME", .dest = &o.split,
     .help = "split that the files' names carry: train, dev"},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &columns,
     .help = "columns of a TSV: id, text, title and - to ignore one, parted by commas"},
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each TSV", .dest = &o.rows.header},
    {.name = "quotes", .type = OPT_FLAG, .help = "fields of a TSV may be quoted as in CSV", .dest = &o.rows.quotes},
    {.name = "join", .type = OPT_CHOICE, .arg = "HOW", .choices = joins, .dest = &join,
     .help = "put title and text into one field, between them a space, or [SEP] (sep)"},
    {.name = "field", .type = OPT_CHOICE, .arg = "FIELD", .choices = fields, .dest = &field, .given = &o.has_field,
     .help = "TREC topics: what becomes the query"},
    {.name = "dev", .type = OPT_U64, .arg = "N", .dest = &n_dev, .max = UINT32_MAX, .given = &for_wordnet[0],
     .help = "WordNet: queries of the split dev"},
    {.name = "test", .type = OPT_U64, .arg = "N", .dest = &n_test, .max = UINT32_MAX, .given = &for_wordnet[1],
     .help = "WordNet: queries of the split test"},
    {.name = "min-words", .type = OPT_U64, .arg = "N", .dest = &min_words, .max = UINT32_MAX, .given = &for_wordnet[2],
     .help = "WordNet: leave sentences of fewer words out"},
    {.name = "seed", .type = OPT_U64, .arg = "S", .dest = &common.seed, .given = &for_wordnet[3],
     .help = "WordNet: seed of the split"},
    {.name = "strict", .type = OPT_FLAG, .help = "fail on the first bad line", .dest = &strict},
    OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "text-convert", .summary = "text collections to the plain text forms",
                                    .operands = "[FOLDER | FILE ...]", .max_operands = SIZE_MAX, .options = options};

static void complain(void *ctx, const char *message)
{
    uint64_t *n = ctx;
    if (++*n <= 10)
        warn("%s", message);
    else if (*n == 11)
        warn("further bad lines are only counted");
}

static int run(struct err *err)
{
    uint64_t n_complaints = 0;
    struct tally tally = {.strict = strict, .complain = complain, .ctx = &n_complaints};
    int rc = 0;
    size_t n = cli_n_operands();
    const char **paths;
    TRY_NEW(paths, MEM_ARRAY(const char *, n, err));
    for (size_t i = 0; i < n; i++)
        paths[i] = cli_operand(i);
    if (columns)
        TRY(rows_parse_columns(&o.rows, columns, err));
    o.output = common.output;
    o.format = (enum convert_format)format;
    o.field = (enum topics_field)field;
    o.rows.join = separators[join];
    o.for_wordnet = for_wordnet[0] || for_wordnet[1] || for_wordnet[2] || for_wordnet[3];
    o.wordnet = (struct wordnet_options){.seed = common.seed, .n_dev = n_dev, .n_test = n_test, .min_words = min_words};
    TRY(convert_run(&o, paths, n, &tally, err));
    for (size_t i = 0; i < tally.n_lines; i++)
        note("%llu %s", (unsigned long long)tally.lines[i].n, tally.lines[i].what);
out:
    mem_free(paths);
    return rc;
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
