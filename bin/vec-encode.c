/* vec-encode - texts to vectors. */
#include "cli/cli.h"
#include "cli/progress.h"
#include "nn/bulk.h"
#include "nn/transformer_config.h"
#include "nn/vocab_init.h"
#include "sys/par.h"

static struct {
    const char *model, *columns, *init;
    int format, empty, store;
    bool header, seeded, tokens;
    uint64_t first_id, max_length, dim;
} arg;
static struct encoder_options model = {.role = -1, .pool = -1};
static const char *const formats[] = {"auto", "tsv", "jsonl", NULL}, *const empties[] = {"fail", "skip", NULL},
                  *const computes[] = {"f32", "bf16", "int8", NULL}, *const stores[] = {"f32", "f16", "bf16", NULL};

static const struct option_spec options[] = {
    {.letter = 'm', .name = "model", .type = OPT_STRING, .arg = "DIR", .dest = &arg.model, .required = true,
     .help = "model folder, or the name of a model that model-get fetched"},
    {.name = "role", .type = OPT_CHOICE, .arg = "ROLE", .choices = model_roles, .dest = &model.role,
     .help = "what the texts are: chooses the model's prefix and tower"},
    {.name = "prefix", .type = OPT_STRING, .arg = "TEXT", .dest = &model.prefix, .help = "put before each text, not the role's"},
    {.name = "pool", .type = OPT_CHOICE, .arg = "HOW", .choices = transformer_pools, .dest = &model.pool,
     .help = "how tokens become a vector; the default is the model's"},
    {.name = "max-length", .type = OPT_U64, .arg = "N", .min = 1, .max = 1 << 20, .dest = &arg.max_length,
     .help = "cut texts off at N tokens; the default is the model's"},
    {.name = "dim", .type = OPT_U64, .arg = "N", .min = 1, .max = MODEL_MAX_DIM, .dest = &arg.dim,
     .help = "keep the first N dimensions, of length 1 again"},
    {.name = "dtype", .type = OPT_CHOICE, .arg = "TYPE", .choices = computes, .dest = &model.compute,
     .help = "compute a transformer's products in TYPE"},
    {.name = "store", .type = OPT_CHOICE, .arg = "TYPE", .choices = stores, .help = "write numbers as TYPE", .dest = &arg.store},
    {.name = "tokens", .type = OPT_FLAG, .help = "write the vectors of all tokens", .dest = &arg.tokens},
    {.name = "from", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "format of the texts", .dest = &arg.format},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &arg.columns,
     .help = "columns of a TSV: id, text, title and - to ignore one, parted by commas"},
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each TSV", .dest = &arg.header},
    {.name = "first-id", .type = OPT_U64, .arg = "N", .help = "id of the first row", .dest = &arg.first_id},
    {.name = "empty", .type = OPT_CHOICE, .arg = "WHAT", .choices = empties, .dest = &arg.empty,
     .help = "on a text that the model knows nothing of"},
    {.name = "init", .type = OPT_STRING, .arg = "SPEC", .dest = &arg.init,
     .help = "make the model folder, e.g. static,dim=256,buckets=262144, and end"},
    {.name = "seed", .type = OPT_U64, .arg = "S", .help = "seed of --init", .dest = &common.seed, .given = &arg.seeded},
    OPTION_OUTPUT, OPTION_COMPRESS, OPTION_THREADS, OPTION_NO_PROVENANCE, OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "vec-encode", .summary = "encode texts as vectors", .operands = "[FILE ...]",
                                    .max_operands = SIZE_MAX, .options = options};

static int encode(const struct rows_options *ro, struct err *err)
{
    static const enum column_type types[] = {COLUMN_F32, COLUMN_F16, COLUMN_BF16};
    int rc = 0;
    struct encoder *encoder = NULL;
    struct rows *rows = NULL;
    struct output *out = NULL;
    struct buf remarks = {0};
    static char label[BULK_LABEL] = "encode";
    struct bulk_options bo = {.first_id = arg.first_id, .empty = (enum bulk_empty)arg.empty, .type = types[arg.store],
                              .tokens = arg.tokens, .progress = progress_step, .label = label, .n_threads = model.n_threads,
                              .program = prog.name, .command = common.no_provenance ? NULL : cli_command(),
                              .level = (int)common.level};
    struct bulk_counts counts = {0};
    TRY(rows_open(&rows, cli_operands(), cli_n_operands(), ro, err));
    TRY(encoder_open(&encoder, arg.model, &model, err));
    TRY(output_open(&out, common.output, true, err));
    progress_start(label, "bytes", rows_raw_size(rows));
    TRY(bulk_write(encoder, rows, out, &bo, &counts, err));
    TRY(output_commit(out, err));
    progress_end();
    TRY(bulk_remarks(encoder, model.role, &counts, &remarks, err));
    note_lines(&remarks);
out:
    buf_done(&remarks);
    output_free(out);
    encoder_close(encoder);
    rows_close(rows);
    return rc;
}

static int run(struct err *err)
{
    struct rows_options ro = {.format = (enum rows_format)arg.format, .header = arg.header};
    int rc = arg.columns ? rows_parse_columns(&ro, arg.columns, err) : 0;
    model.max_tokens = arg.max_length;
    model.dim = arg.dim;
    model.n_threads = par_threads((int)common.threads);
    if (rc)
        return rc;
    if (arg.init && common.output)
        return err_set(err, ERR_USAGE, "--init makes the folder of -m and takes no -o");
    if (!arg.init && arg.seeded)
        return err_set(err, ERR_USAGE, "--seed belongs to --init");
    if (arg.tokens && (arg.dim || model.pool >= 0))
        return err_set(err, ERR_USAGE, "--tokens writes whole vectors before pooling: no --dim, no --pool");
    return arg.init ? vocab_init_folder(arg.init, arg.model, cli_operands(), cli_n_operands(), &ro, common.seed, model.n_threads,
                                        err) : encode(&ro, err);
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
