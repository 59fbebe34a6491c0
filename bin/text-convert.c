/* text-convert - text collections to the plain text forms. */
#include "base/mem.h"
#include "cli/cli.h"
#include "text/beir.h"
#include "text/plain.h"
#include "text/wordnet.h"

static const char *columns;
static int format;
static bool header, strict, for_wordnet[4];
static uint64_t n_dev = 2000, n_test = 2000, min_words = 3;
static const char *const formats[] = {"auto", "tsv", "jsonl", NULL};

static const struct option_spec options[] = {
    {.letter = 'o', .name = "output", .type = OPT_STRING, .arg = "PATH", .silent = true, .dest = &common.output,
     .help = "file to write, or folder to make where a folder is read"},
    {.name = "from", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "format of the texts", .dest = &format},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &columns,
     .help = "columns of a TSV: id, text, title and - to ignore one, parted by commas"},
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each TSV", .dest = &header},
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

static int convert_files(struct tally *tally, struct err *err)
{
    int rc = 0;
    struct rows *rows = NULL;
    struct output *out = NULL;
    struct rows_options o = {.format = (enum rows_format)format, .header = header, .repair = true};
    size_t n = cli_n_operands();
    const char **paths = NULL;
    TRY_NEW(paths, MEM_ARRAY(const char *, n, err));
    for (size_t i = 0; i < n; i++)
        paths[i] = cli_operand(i);
    if (columns)
        TRY(rows_parse_columns(&o, columns, err));
    TRY(rows_open(&rows, paths, n, &o, err));
    TRY(output_open(&out, common.output, false, err));
    TRY(plain_copy(rows, out, "rows", NULL, tally, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    rows_close(rows);
    mem_free(paths);
    return rc;
}

static int convert_folder(enum plain_source source, struct tally *tally, struct err *err)
{
    struct wordnet_options o = {.seed = common.seed, .n_dev = n_dev, .n_test = n_test, .min_words = min_words};
    if (cli_n_operands() > 1)
        return err_set(err, ERR_USAGE, "%s: a folder is converted by itself, without other operands", cli_operand(0));
    if (columns || header || format)
        return err_set(err, ERR_USAGE, "%s: --from, --columns and --header belong to files", cli_operand(0));
    if (!common.output)
        return err_set(err, ERR_USAGE, "%s: a folder becomes a folder: -o is needed", cli_operand(0));
    return source == PLAIN_BEIR ? beir_convert(cli_operand(0), common.output, tally, err) :
                                  wordnet_convert(cli_operand(0), common.output, &o, tally, err);
}

static int run(struct err *err)
{
    uint64_t n_complaints = 0;
    struct tally tally = {.strict = strict, .complain = complain, .ctx = &n_complaints};
    enum plain_source source = PLAIN_FILE;
    int rc = 0;
    if (cli_n_operands() > 0)
        TRY(plain_source(cli_operand(0), &source, err));
    for (size_t i = 0; source != PLAIN_WORDNET && i < sizeof for_wordnet; i++)
        if (for_wordnet[i])
            TRY(err_set(err, ERR_USAGE, "--dev, --test, --min-words and --seed belong to a WordNet folder"));
    TRY(source == PLAIN_FILE ? convert_files(&tally, err) : convert_folder(source, &tally, err));
    for (size_t i = 0; i < tally.n_lines; i++)
        note("%llu %s", (unsigned long long)tally.lines[i].n, tally.lines[i].what);
out:
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
