/* hardq-train - a predictor of hardness: boosted trees on the features of hardq-detect. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "repair/hardness_train.h"
#include "sys/output.h"

static struct boost_options boost = {.trees = 500, .depth = 4, .rate = 0.1, .patience = 50};
static int weights = HARDNESS_WEIGHTS_EVEN;

static const struct option_spec options[] = {
    {.name = "trees", .type = OPT_U64, .arg = "N", .min = 1, .max = 100000, .help = "at most so many trees",
     .dest = &boost.trees},
    {.name = "depth", .type = OPT_U64, .arg = "N", .min = 1, .max = 24, .help = "of a tree, at most", .dest = &boost.depth},
    {.name = "rate", .type = OPT_F64, .arg = "X", .fmin = 1e-6, .fmax = 1, .help = "learning rate", .dest = &boost.rate},
    {.name = "patience", .type = OPT_U64, .arg = "N", .min = 1, .max = 100000, .dest = &boost.patience,
     .help = "stop where N trees made the validation rows no better"},
    {.name = "weights", .type = OPT_CHOICE, .arg = "WHICH", .choices = hardness_weights_names, .dest = &weights,
     .help = "what rows weigh: the same, or more where queries are hard"},
    OPTION_SEED, OPTION_OUTPUT, OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "hardq-train", .summary = "train a predictor of hard queries",
                                    .operands = "[FILE ...]", .max_operands = SIZE_MAX, .options = options};

static void tell(const struct hardness_trained *r, const struct hardness_table *t)
{
    note("%zu rows to train, %zu to validate; %zu trees, %zu nodes", r->n_train, r->n_validation, r->n_trees, r->n_nodes);
    note("validation: rmse %.4f, Spearman %.4f and Pearson %.4f with recall, truly hardest tenth found %.4f of %.4f",
         r->rmse, r->spearman, r->pearson, r->hardest.share, r->hardest.most);
    for (size_t i = 0; i < t->n_features; i++)
        note("importance %-14s %8.5f", t->names[i], r->importance[i]);
}

static int run(struct err *err)
{
    int rc = 0;
    struct output *out = NULL;
    struct hardness_table table = {0};
    struct hardness_trained trained = {0};
    boost.seed = common.seed;
    boost.progress = progress_step;
    if (!boost_available())
        return err_set(err, ERR_IO, "built without XGBoost: install libxgboost-dev and run make again; "
                       "hardq-detect --predictor reads models all the same");
    TRY(output_open(&out, common.output, false, err));
    TRY(hardness_table_read(&table, cli_operands(), cli_n_operands(), err));
    progress_start("train", "trees", boost.trees);
    TRY(hardness_train(&trained, &table, (enum hardness_weights)weights, &boost, err));
    progress_end();
    TRY(output_write(out, trained.model.p, trained.model.n, err));
    TRY(output_commit(out, err));
    tell(&trained, &table);
out:
    output_free(out);
    buf_done(&trained.model);
    hardness_table_done(&table);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    cli_start(&prog, argc, argv);
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
