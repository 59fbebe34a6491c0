/* vec-view - streams and indexes as text: an overview, rows, statistics, provenance; --check verifies everything. */
#include "cli/cli.h"
#include "fmt/view.h"
#include "graph/graph_stat.h"
#include "graph/graph_table.h"

#include <string.h>

static const char *const formats[] = {"tsv", "json", NULL};

static struct {
    uint64_t head;
    bool head_given, all, header, text, stat, provenance, check;
    int format;
    const char *columns;
} arg;

static const struct option_spec options[] = {
    {.name = "head", .type = OPT_U64, .arg = "N", .help = "the first N rows", .dest = &arg.head, .given = &arg.head_given},
    {.name = "all", .type = OPT_FLAG, .help = "all rows", .dest = &arg.all},
    {.name = "header", .type = OPT_FLAG, .help = "the header alone", .dest = &arg.header},
    {.name = "provenance", .type = OPT_FLAG, .help = "the programs that made it, as a tree", .dest = &arg.provenance},
    {.name = "stat", .type = OPT_FLAG, .help = "ranges, norms, lengths of the columns; degrees of an index", .dest = &arg.stat},
    {.name = "text", .type = OPT_FLAG, .help = "header, rows and end as text that says everything", .dest = &arg.text},
    {.name = "check", .type = OPT_FLAG, .help = "verify everything to the end; of an index also the graph", .dest = &arg.check},
    {.name = "columns", .type = OPT_STRING, .arg = "A,B,...", .help = "of these columns only; id stays", .dest = &arg.columns},
    {.name = "format", .type = OPT_CHOICE, .arg = "FORMAT", .choices = formats, .help = "of rows, --header and --stat",
     .dest = &arg.format},
    OPTION_OUTPUT, OPTION_QUIET, OPTIONS_END
};

static const struct program prog = {
    .name = "vec-view", .summary = "print or check a stream or an index", .operands = "[FILE]",
    .max_operands = 1, .options = options};

/* What was asked for; json applies to rows, header and statistics. */
static int print(const struct view_table *t, const struct graph_file *index, struct output *out, struct err *err)
{
    bool json = arg.format == 1;
    uint64_t rows;
    int rc = 0;
    if (arg.check) {
        TRY(view_check(t, &rows, err));
        if (!common.quiet)
            TRY(output_printf(out, err, "%s: ok, %s, %llu %s\n", t->name, index ? "an index" : t->header->kind,
                              (unsigned long long)rows, index ? "nodes" : "rows"));
    } else if (arg.stat && index) {
        TRY(graph_stat_print(index, out, json, err));
    } else if (arg.stat) {
        TRY(view_stat(t, json, out, err));
    } else if (arg.header) {
        TRY(view_header(t, json, out, err));
    } else if (arg.provenance) {
        TRY(view_provenance(t, out, err));
    } else if (arg.text) {
        TRY(view_text(t, out, err));
    } else if (arg.all || arg.head_given) {
        TRY(view_rows(t, arg.all ? UINT64_MAX : arg.head, json ? VIEWROWS_JSON : VIEWROWS_TSV, out, err));
    } else {
        TRY(view_overview(t, out, err));
    }
out:
    return rc;
}

static int run(struct err *err)
{
    const char *path = cli_operand(0) ? cli_operand(0) : "-";
    struct input *in = NULL;
    struct output *out = NULL;
    struct stream_reader *stream = NULL;
    struct graph_file *index = NULL;
    struct graph_table nodes = {0};
    struct view_table table, chosen;
    struct view_choice choice = {0};
    const unsigned char *magic;
    size_t n_magic;
    int rc = 0;
    if (arg.all + arg.head_given + arg.header + arg.text + arg.stat + arg.provenance + arg.check > 1)
        return err_set(err, ERR_USAGE, "--head, --all, --header, --provenance, --stat, --text and --check exclude each other");
    if (arg.columns && (arg.header || arg.provenance || arg.check))
        return err_set(err, ERR_USAGE, "--columns goes with rows, --text and --stat");
    TRY(output_open(&out, common.output, false, err));
    TRY(input_open(&in, path, err));
    TRY(input_peek(in, SECTIONS_MAGIC, &magic, &n_magic, err));
    if (sections_sniff(&graph_file_kind, magic, n_magic)) {
        enum mapfile_load load = arg.check || arg.stat ? MAPFILE_COPY : MAPFILE_MMAP;
        bool can_map = strcmp(path, "-") != 0 && input_raw_size(in) > 0;
        TRY(can_map ? graph_file_open(&index, path, load, err) : graph_file_open_input(&index, in, err));
        TRY(graph_table_open(&nodes, index, err));
        table = graph_table_view(&nodes);
    } else {
        struct input *mine = in;
        in = NULL;                       /* the reader's */
        TRY(stream_reader_open(&stream, mine, err));
        table = view_stream(stream);
    }
    if (arg.columns)
        TRY(view_choose(&choice, &table, arg.columns, &chosen, err));
    TRY(print(arg.columns ? &chosen : &table, arg.columns ? NULL : index, out, err));
    TRY(output_commit(out, err));
out:
    view_choice_done(&choice);
    graph_table_done(&nodes);
    graph_file_close(index);
    stream_reader_close(stream);
    if (in)
        input_close(in);
    output_free(out);
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
