/* model-get - fetch a model by name, verified. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "nn/model_home.h"
#include "nn/modelget.h"
#include "nn/modeltable.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct modelget_options o;
static bool list;

static const struct option_spec options[] = {
    {.name = "list", .type = OPT_FLAG, .help = "print the models that are known by name, and end", .dest = &list},
    {.name = "from", .type = OPT_STRING, .arg = "SOURCE", .dest = &o.from,
     .help = "take it from a folder, an archive (.whl, .zip) or the URL of one"},
    {.name = "revision", .type = OPT_STRING, .arg = "REV", .help = "commit or branch of the model hub", .dest = &o.revision},
    {.name = "sha256", .type = OPT_STRING, .arg = "HEX", .help = "SHA-256 that the weights must have", .dest = &o.sha256},
    {.name = "unverified", .type = OPT_FLAG, .help = "take files that no SHA-256 is known of", .dest = &o.unverified},
    OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "model-get", .summary = "fetch a model by name, verified", .operands = "NAME [DIR]",
                                    .max_operands = 2, .options = options};

static void print_table(void)
{
    puts("name\tbytes\tpooling\tlicence\tabout\tquery-prefix\tpassage-prefix\trevision\tsha256");
    for (size_t i = 0; i < modeltable_n; i++) {
        const struct modeltable_model *m = &modeltable[i];
        const struct modeltable_file *weights = m->files;
        while (weights[1].name)
            weights++;
        printf("%s\t%llu\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m->name, (unsigned long long)weights->bytes, m->pooling, m->licence,
               m->about, m->prefix[MODEL_QUERY], m->prefix[MODEL_PASSAGE], m->revision,
               weights->sha256 ? weights->sha256 : "none known");
    }
}

static void say(const char *text)
{
    note("%s", text);
}

static int run(struct err *err)
{
    int rc = 0;
    char home[MODEL_HOME_PATH], target[MODEL_HOME_PATH];
    struct modelget_result result = {0};
    if (list && (cli_n_operands() > 0 || o.from || o.revision || o.sha256 || o.unverified))
        return err_set(err, ERR_USAGE, "--list takes no model and no other option");
    if (list) {
        print_table();
        return 0;
    }
    if (cli_n_operands() == 0)
        return err_set(err, ERR_USAGE, "expected the name of a model: --list prints those that are known");
    o.name = cli_operand(0);
    o.target = cli_operand(1);
    if (!o.target)
        TRY(model_home_path(home, o.name, err));
    int n = snprintf(target, sizeof target, "%s", o.target ? o.target : home);
    while (n > 1 && n < (int)sizeof target && target[n - 1] == '/')
        target[--n] = '\0';
    if (n == 0 || n >= (int)sizeof target)
        return err_set(err, ERR_USAGE, "a folder's path of 1 to %zu bytes is expected", sizeof target - 1);
    o.target = target;
    o.progress = common.progress == PROGRESS_ALWAYS ||
                 (common.progress == PROGRESS_AUTO && !common.quiet && isatty(STDERR_FILENO));
    o.say = say;
    rc = modelget_run(&o, &result, err);
    if (result.caught) {
        signal(result.caught, SIG_DFL);
        raise(result.caught);
    }
    if (rc == 0)
        note("%s: %llu bytes%s, weights of SHA-256 %s", target, (unsigned long long)result.bytes,
             result.was_there ? ", was there and is as it was fetched" : "", result.sha256);
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
