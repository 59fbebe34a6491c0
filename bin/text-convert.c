/* text-convert - text collections to the plain text forms. */
#include "cli/cli.h"
#include "text/wordnet.h"

static uint64_t n_dev = 2000, n_test = 2000, min_words = 3;
static bool strict;

static const struct option_spec options[] = {
    {.letter = 'o', .name = "output", .type = OPT_STRING, .arg = "PATH", .silent = true,
     .help = "folder to make (a folder is read) or file to write", .dest = &common.output},
    {.name = "dev", .type = OPT_U64, .arg = "N", .help = "queries of the split dev", .dest = &n_dev, .max = UINT32_MAX},
    {.name = "test", .type = OPT_U64, .arg = "N", .help = "queries of the split test", .dest = &n_test, .max = UINT32_MAX},
    {.name = "min-words", .type = OPT_U64, .arg = "N", .help = "leave shorter sentences out", .dest = &min_words, .max = UINT32_MAX},
    {.name = "strict", .type = OPT_FLAG, .help = "fail on the first bad row", .dest = &strict},
    OPTION_SEED, OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "text-convert", .summary = "text collections to the plain text forms",
                                    .operands = "FOLDER", .min_operands = 1, .max_operands = 1, .options = options};

static void complain(void *ctx, const char *message)
{
    uint64_t *n = ctx;
    if (++*n <= 10)
        warn("%s", message);
    else if (*n == 11)
        warn("further bad rows are only counted");
}

static int run(struct err *err)
{
    uint64_t n_complaints = 0;
    struct tally tally = {.strict = strict, .complain = complain, .ctx = &n_complaints};
    if (!common.output)
        return err_set(err, ERR_USAGE, "-o FOLDER is needed");
    struct wordnet_options o = {.seed = common.seed, .n_dev = n_dev, .n_test = n_test, .min_words = min_words};
    int rc = wordnet_convert(cli_operand(0), common.output, &o, &tally, err);
    for (size_t i = 0; rc == 0 && i < tally.n_lines; i++)
        note("%llu %s", (unsigned long long)tally.lines[i].n, tally.lines[i].what);
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
