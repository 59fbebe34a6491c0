#include "graph/graph_stat.h"

#include "base/mem.h"
#include "base/num.h"
#include "graph/graph_check.h"

#include <stdio.h>
#include <string.h>

struct printer {
    struct buf *text;
    bool json;
    char part[32];                /* the object that is open, "": none */
    bool first;                   /* in it */
};

static int put(struct printer *p, const char *part, const char *measure, double value, struct err *err)
{
    char number[NUM_TEXT];
    int rc = 0;
    num_format_f64(number, value);
    if (!p->json)
        return buf_printf(p->text, err, "%s\t%s\t%s\n", part, measure, number);
    if (strcmp(p->part, part) != 0) {
        TRY(buf_printf(p->text, err, "%s\"%s\": {", p->part[0] ? "}, " : "{", part));
        snprintf(p->part, sizeof p->part, "%s", part);
        p->first = true;
    }
    TRY(buf_printf(p->text, err, "%s\"%s\": %s", p->first ? "" : ", ", measure, number));
    p->first = false;
out:
    return rc;
}

static int put_graph(struct printer *p, const struct graph *g, const struct graph_report *r, struct err *err)
{
    const char *part = "graph";
    int rc = 0;
    TRY(put(p, part, "nodes", (double)g->n, err));
    TRY(put(p, part, "dim", (double)g->dim, err));
    TRY(put(p, part, "M", (double)g->m, err));
    TRY(put(p, part, "max_degree0", (double)g->max_degree0, err));
    TRY(put(p, part, "ef_construction", (double)g->ef_construction, err));
    TRY(put(p, part, "layers", (double)g->n_layers, err));
    if (g->n > 0)
        TRY(put(p, part, "entry", (double)g->ids[g->entry], err));
    TRY(put(p, part, "reachable", (double)r->n_reachable, err));
    TRY(put(p, part, "self_edges", (double)r->n_self, err));
    TRY(put(p, part, "duplicate_edges", (double)r->n_duplicate, err));
    TRY(put(p, part, "two_way_edges", (double)r->n_two_way, err));
    TRY(put(p, part, "depth", r->depth, err));
    TRY(put(p, part, "mean_hops", r->mean_hops, err));
out:
    return rc;
}

static int put_layers(struct printer *p, const struct graph_report *r, struct err *err)
{
    static const char *const names[] = {"nodes", "edges", "min_degree", "mean_degree", "max_degree"};
    char part[32];
    int rc = 0;
    for (size_t i = 0; i < r->n_layers; i++) {
        const struct graph_layer_report *l = &r->layers[i];
        const double values[] = {(double)l->n_nodes, (double)l->n_edges, l->min_degree, (double)l->n_edges / (double)l->n_nodes,
                                 l->max_degree};
        snprintf(part, sizeof part, "layer%zu", i);
        for (size_t j = 0; j < 5; j++)
            TRY(put(p, part, names[j], values[j], err));
    }
out:
    return rc;
}

/* Edges of layer 0 by kind, where the index says it. */
static int put_kinds(struct printer *p, const struct graph *g, const struct graph_report *r, struct err *err)
{
    static const char *const names[EDGE_N_KINDS] = {"built", "ngfix", "rfix", "other"};
    int rc = 0;
    for (size_t i = 0; i < EDGE_N_KINDS && g->edges; i++)
        TRY(put(p, "edges0", names[i], (double)r->n_edges_of[i], err));
out:
    return rc;
}

/* The number of nodes of each degree, that occurs. */
static int put_histogram(struct printer *p, const char *part, const uint32_t *degree, size_t n, struct err *err)
{
    char name[24];
    uint32_t max = 0;
    uint64_t *count = NULL;
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        max = degree[i] > max ? degree[i] : max;
    TRY_NEW(count, MEM_ZARRAY(uint64_t, (size_t)max + 1, err));
    for (size_t i = 0; i < n; i++)
        count[degree[i]]++;
    for (size_t d = 0; d <= max; d++) {
        snprintf(name, sizeof name, "%zu", d);
        if (count[d] > 0)
            TRY(put(p, part, name, (double)count[d], err));
    }
out:
    mem_free(count);
    return rc;
}

static int put_degrees(struct printer *p, const struct graph *g, struct err *err)
{
    uint32_t *out_degree = NULL, *in_degree = NULL;
    int rc = 0;
    TRY_NEW(out_degree, MEM_ZARRAY(uint32_t, g->n, err));
    TRY_NEW(in_degree, MEM_ZARRAY(uint32_t, g->n, err));
    for (size_t i = 0; i < g->n; i++) {
        const uint32_t *row = graph_row(g, 0, (uint32_t)i);
        for (size_t j = 0; j < g->slots0 && row[j] != GRAPH_NONE; j++, out_degree[i]++)
            if (row[j] < g->n)
                in_degree[row[j]]++;
    }
    TRY(put_histogram(p, "out_degree0", out_degree, g->n, err));
    TRY(put_histogram(p, "in_degree0", in_degree, g->n, err));
out:
    mem_free(out_degree);
    mem_free(in_degree);
    return rc;
}

static int put_all(struct printer *p, const struct graph_file *f, struct err *err)
{
    const struct graph *g = graph_file_graph(f);
    struct graph_report report = {0};
    int rc = 0;
    TRY(graph_check(g, &report, err));
    TRY(put_graph(p, g, &report, err));
    TRY(put_layers(p, &report, err));
    TRY(put_kinds(p, g, &report, err));
    if (g->n > 0)
        TRY(put_degrees(p, g, err));
    const struct sections *sections = graph_file_sections(f);
    for (size_t i = 0; i < sections->n; i++)
        TRY(put(p, "section_bytes", sections_name(&graph_file_kind, sections->at[i].type), (double)sections->at[i].bytes, err));
    if (p->json)
        TRY(buf_puts(p->text, "}}\n", err));
out:
    return rc;
}

int graph_stat_print(const struct graph_file *f, struct output *out, bool json, struct err *err)
{
    struct buf text = {0};
    struct printer p = {.text = &text, .json = json};
    int rc = put_all(&p, f, err);
    if (rc == 0)
        rc = output_write(out, text.p, text.n, err);
    buf_done(&text);
    return rc;
}
