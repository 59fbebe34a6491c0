/* vec-encode - texts to vectors. */
#include "base/mem.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "nn/bulk.h"
#include "nn/init_spec.h"
#include "nn/static_encoder.h"
#include "nn/vocab_init.h"
#include "sys/par.h"

static const char *model, *columns, *init;
static int role = -1, format, empty;
static bool header, seeded;
static uint64_t first_id;
static const char *const formats[] = {"auto", "tsv", "jsonl", NULL}, *const empties[] = {"fail", "skip", NULL};

static const struct option_spec options[] = {
    {.letter = 'm', .name = "model", .type = OPT_STRING, .arg = "DIR", .help = "model folder", .dest = &model, .required = true},
    {.name = "role", .type = OPT_CHOICE, .arg = "ROLE", .choices = model_roles, .dest = &role,
     .help = "what the texts are: chooses the model's prefix and tower"},
    {.name = "from", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "format of the texts", .dest = &format},
    {.name = "columns", .type = OPT_STRING, .arg = "LIST", .dest = &columns,
     .help = "columns of a TSV: id, text, title and - to ignore one, parted by commas"},
    {.name = "header", .type = OPT_FLAG, .help = "skip the first line of each TSV", .dest = &header},
    {.name = "first-id", .type = OPT_U64, .arg = "N", .help = "id of the first row", .dest = &first_id},
    {.name = "empty", .type = OPT_CHOICE, .arg = "WHAT", .choices = empties, .dest = &empty,
     .help = "on a text that the model knows nothing of"},
    {.name = "init", .type = OPT_STRING, .arg = "SPEC", .dest = &init,
     .help = "make the model folder, e.g. static,dim=256,buckets=262144, and end"},
    {.name = "seed", .type = OPT_U64, .arg = "S", .help = "seed of --init", .dest = &common.seed, .given = &seeded},
    OPTION_OUTPUT, OPTION_COMPRESS, OPTION_THREADS, OPTION_NO_PROVENANCE, OPTION_PROGRESS, OPTION_QUIET, OPTIONS_END};

static const struct program prog = {.name = "vec-encode", .summary = "encode texts as vectors", .operands = "[FILE ...]",
                                    .max_operands = SIZE_MAX, .options = options};

static void progress(void *started, const struct rows *r)
{
    if (!*(bool *)started)
        progress_start("encode", "bytes", rows_raw_size(r));
    *(bool *)started = true;
    progress_step(rows_raw_offset(r));
}

static int open_rows(struct rows **rows, struct err *err)
{
    int rc = 0;
    const char **paths = NULL;
    size_t n_paths = cli_n_operands();
    struct rows_options ro = {.format = (enum rows_format)format, .header = header};
    if (columns)
        TRY(rows_parse_columns(&ro, columns, err));
    TRY_NEW(paths, MEM_ARRAY(const char *, n_paths, err));
    for (size_t i = 0; i < n_paths; i++)
        paths[i] = cli_operand(i);
    TRY(rows_open(rows, paths, n_paths, &ro, err));
out:
    mem_free(paths);
    return rc;
}

static int make_model(struct err *err)
{
    struct model_config config;
    struct rows *rows = NULL;
    size_t n_vocab;
    int rc = init_spec_parse(&config, &n_vocab, init, err), n_threads = par_threads((int)common.threads);
    if (rc)
        return rc;
    if (n_vocab == 0 && cli_n_operands() > 0)
        TRY(err_set(err, ERR_USAGE, "--init takes texts only with vocab=N"));
    if (n_vocab > 0)
        TRY(open_rows(&rows, err));
    rc = n_vocab ? vocab_init(&config, model, rows, n_vocab, common.seed, n_threads, err) :
                   static_encoder_create(&config, model, common.seed, n_threads, err);
out:
    rows_close(rows);
    model_config_done(&config);
    return rc;
}

static int encode(struct err *err)
{
    int rc = 0;
    bool started = false;
    struct encoder *encoder = NULL;
    struct rows *rows = NULL;
    struct output *out = NULL;
    struct stream_writer *writer = NULL;
    struct header h = {0};
    struct bulk_options bo = {.first_id = first_id, .empty = (enum bulk_empty)empty, .progress = progress, .ctx = &started,
                              .n_threads = par_threads((int)common.threads)};
    struct bulk_counts counts = {0};

    TRY(open_rows(&rows, err));
    TRY(encoder_open(&encoder, model, role, err));
    TRY(bulk_header(&h, encoder, err));
    if (!common.no_provenance)
        TRY(header_add_program(&h, prog.name, VECPIPE_VERSION, cli_command(), NULL, 0, err));
    TRY(output_open(&out, common.output, true, err));
    TRY(stream_writer_open(&writer, out, &h, (int)common.level, err));
    TRY(bulk_encode(encoder, rows, writer, &bo, &counts, err));
    TRY(stream_writer_end(writer, err));
    TRY(output_commit(out, err));
    progress_end();
    if (counts.skipped)
        note("%llu of %llu texts left out: nothing that the model knows", (unsigned long long)counts.skipped,
             (unsigned long long)counts.rows);
out:
    stream_writer_free(writer);
    output_free(out);
    header_done(&h);
    encoder_close(encoder);
    rows_close(rows);
    return rc;
}

static int run(struct err *err)
{
    if (init && common.output)
        return err_set(err, ERR_USAGE, "--init makes the folder of -m and takes no -o");
    if (!init && seeded)
        return err_set(err, ERR_USAGE, "--seed belongs to --init");
    return init ? make_model(err) : encode(err);
}

int main(int argc, char **argv)
{
    cli_start(&prog, argc, argv);
    struct err err = {0};
    if (run(&err) != 0)
        die(&err);
    return cli_finish();
}
