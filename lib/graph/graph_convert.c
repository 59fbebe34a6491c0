#include "graph/graph_convert.h"
#include "fmt/hnswlibhead.h"
#include "fmt/ngfixhead.h"
#include "graph/graph_file.h"
#include "graph/ngfix_file.h"

#include <string.h>

static const char *const names[] = {[GRAPH_CONVERT_HNSW] = "hnsw", [GRAPH_CONVERT_HNSWLIB] = "hnswlib",
                                    [GRAPH_CONVERT_NGFIX] = "ngfix"};

const char *const graph_convert_help[] = {
    "  hnsw    index: ours", "  hnswlib index: head, links in layer 0, f32 vectors and labels, links above",
    "  ngfix   index of NGFix: head, f32 vectors, edges and Escape Hardness", NULL
};

static enum graph_convert_form parse(const char *name)
{
    for (int i = GRAPH_CONVERT_HNSW; name && i <= GRAPH_CONVERT_NGFIX; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum graph_convert_form)i;
    return GRAPH_CONVERT_NONE;
}

bool graph_convert_named(const char *format)
{
    return parse(format) != GRAPH_CONVERT_NONE;
}

static const char *extension(const char *path)
{
    const char *dot = path ? strrchr(path, '.') : NULL;
    return dot ? dot + 1 : NULL;
}

int graph_convert_sniff(const struct graph_convert *c, struct input *in, enum graph_convert_form *form, struct err *err)
{
    const unsigned char *p;
    size_t n;
    const char *to = c->to ? c->to : extension(c->target);
    *form = parse(c->from);
    if (!c->from) {
        int rc = input_peek(in, HNSWLIBHEAD_BYTES, &p, &n, err);
        if (rc)
            return rc;
        if (sections_sniff(&graph_file_kind, p, n))
            *form = GRAPH_CONVERT_HNSW;
        else if (hnswlibhead_sniff(p, n))
            *form = GRAPH_CONVERT_HNSWLIB;
        else if (ngfixhead_sniff(p, n))
            *form = GRAPH_CONVERT_NGFIX;
    }
    if (*form == GRAPH_CONVERT_NONE && graph_convert_named(to))
        return err_set(err, c->from ? ERR_USAGE : ERR_DATA, "%s: this is no index: hnsw-build makes one of vectors",
                       input_name(in));
    bool ours = *form == GRAPH_CONVERT_HNSW;
    enum graph_convert_form wanted = parse(to);
    if (*form != GRAPH_CONVERT_NONE && (wanted == GRAPH_CONVERT_NONE ? c->to != NULL : (wanted == GRAPH_CONVERT_HNSW) == ours))
        return err_set(err, ERR_USAGE, "%s: this is an index of form %s: it becomes one of form %s", input_name(in), names[*form],
                       ours ? "hnswlib or ngfix" : "hnsw");
    return 0;
}

static int to_foreign(const struct graph_convert *c, struct input *in, struct output *out, struct err *err)
{
    int rc = 0;
    struct graph_file *file = NULL;
    TRY(graph_file_open_input(&file, in, err));
    const struct graph *g = graph_file_graph(file);
    if (c->metric >= 0 && c->metric != (int)g->metric)
        rc = err_set(err, ERR_USAGE, "--metric %s: the index is one of %s", metric_name((enum metric)c->metric),
                     metric_name(g->metric));
    else
        rc = parse(c->to ? c->to : extension(c->target)) == GRAPH_CONVERT_NGFIX ? ngfix_file_write(out, g, err)
                                                                                : hnswlib_file_write(out, g, err);
out:
    graph_file_close(file);
    return rc;
}

static int write_graph(const struct graph_convert *c, struct output *out, const struct graph *g, struct err *err)
{
    int rc = 0;
    struct header none = {0}, header = {0};
    TRY(graph_file_header_make(&header, g, &none, err));
    if (c->program)
        TRY(header_add_program(&header, c->program, c->version, c->command, NULL, 0, err));
    TRY(graph_file_write(out, g, &header, err));
out:
    header_done(&header);
    return rc;
}

static int from_hnswlib(const struct graph_convert *c, struct input *in, struct output *out, struct hnswlib_file_counts *counts,
                        struct err *err)
{
    struct hnswlib_file f = {0};
    int rc = hnswlib_file_read(&f, in, (enum metric)c->metric, err);
    *counts = f.counts;
    if (rc == 0)
        rc = write_graph(c, out, &f.graph, err);
    hnswlib_file_done(&f);
    return rc;
}

static int from_ngfix(const struct graph_convert *c, struct input *in, struct output *out, struct hnswlib_file_counts *counts,
                      struct err *err)
{
    struct ngfix_file f = {0};
    int rc = ngfix_file_read(&f, in, (enum metric)c->metric, err);
    *counts = f.counts;
    if (rc == 0)
        rc = write_graph(c, out, &f.graph, err);
    ngfix_file_done(&f);
    return rc;
}

int graph_convert_run(const struct graph_convert *c, enum graph_convert_form form, struct input *in, struct output *out,
                      struct hnswlib_file_counts *counts, struct err *err)
{
    *counts = (struct hnswlib_file_counts){0};
    if (form == GRAPH_CONVERT_HNSW)
        return to_foreign(c, in, out, err);
    if (c->metric < 0)
        return err_set(err, ERR_USAGE, "an index of %s does not say its metric: give --metric, as its space was: l2, ip or "
                       "cosine", form == GRAPH_CONVERT_NGFIX ? "NGFix" : "hnswlib");
    return (form == GRAPH_CONVERT_NGFIX ? from_ngfix : from_hnswlib)(c, in, out, counts, err);
}
