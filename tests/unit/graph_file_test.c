/* The index file: what is written is read back the same, with and without keys, mapped and verified. */
#include "graph/graph_file.h"

#include "graph/graph_check.h"
#include "graph_made.h"

#include <stdio.h>

static struct err err;

static struct output *write_index(const struct graph *g, const char *space)
{
    struct output *out;
    struct header base = {0}, h = {0};
    CHECK_OK(header_set_kind(&base, "vectors", &err), &err);
    if (space)
        CHECK_OK(header_set_meta(&base, "space", space, &err), &err);
    CHECK_OK(graph_file_header_make(&h, g, &base, &err), &err);
    CHECK_OK(header_add_program(&h, "hnsw-build", "1", "hnsw-build x", NULL, 0, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(graph_file_write(out, g, &h, &err), &err);
    header_done(&base);
    header_done(&h);
    return out;
}

/* Keys "k0", "", "k2", ... for an existing graph. */
static void give_keys(struct graph *g, uint64_t *starts, char *bytes)
{
    starts[0] = 0;
    for (size_t i = 0; i < g->n; i++)
        starts[i + 1] = starts[i] + (i == 1 ? 0 : (size_t)sprintf(bytes + starts[i], "k%zu", i));
    g->key_starts = starts;
    g->key_bytes = bytes;
    g->n_key_bytes = starts[g->n];
}

static void check_same(const struct graph *a, const struct graph *b)
{
    CHECK_EQ(a->metric, b->metric);
    CHECK_EQ(a->n, b->n);
    CHECK_EQ(a->dim, b->dim);
    CHECK_EQ(a->stride, b->stride);
    CHECK_EQ(a->m, b->m);
    CHECK_EQ(a->max_degree0, b->max_degree0);
    CHECK_EQ(a->entry, b->entry);
    CHECK_EQ(a->n_layers, b->n_layers);
    CHECK_EQ(a->n_upper, b->n_upper);
    CHECK_EQ(a->ef_construction, b->ef_construction);
    CHECK_EQ(a->seed, b->seed);
    CHECK(memcmp(a->layer0, b->layer0, a->n * a->slots0 * sizeof *a->layer0) == 0);
    CHECK(memcmp(a->first, b->first, (a->n + 1) * sizeof *a->first) == 0);
    CHECK(memcmp(a->upper, b->upper, a->n_upper * a->slots * sizeof *a->upper) == 0);
    CHECK(memcmp(a->vectors, b->vectors, a->n * a->stride * sizeof *a->vectors) == 0);
    CHECK(memcmp(a->ids, b->ids, a->n * sizeof *a->ids) == 0);
}

static void round_trip(enum metric metric, size_t n, size_t dim, size_t m, bool keys)
{
    struct made made = made_graph(metric, MADE_NORMAL, n, dim, m, 30, 2);
    uint64_t starts[1001];
    char bytes[8000];
    if (keys)
        give_keys(&made.g, starts, bytes);
    struct output *out = write_index(&made.g, "00ff");
    size_t size;
    const void *p = output_memory(out, &size);
    CHECK_EQ(size % SECTIONS_ALIGN, 0);
    CHECK(sections_sniff(&graph_file_kind, p, size));
    unsigned char *copy = mem_slab(size, 1, &err);   /* what a mapping would be: aligned */
    memcpy(copy, p, size);
    for (int load = MAPFILE_MMAP; load <= MAPFILE_COPY; load++) {
        struct graph_file *f;
        CHECK_OK(graph_file_open_memory(&f, copy, size, "memory", (enum mapfile_load)load, &err), &err);
        const struct graph *g = graph_file_graph(f);
        check_same(&made.g, g);
        CHECK_STR(header_meta(graph_file_header(f), "space"), "00ff");
        CHECK_STR(header_meta(graph_file_header(f), "metric"), metric_name(metric));
        CHECK_STR(graph_file_header(f)->programs[0].command, "hnsw-build x");
        CHECK_EQ(graph_file_sections(f)->n, keys ? 7 : 6);
        CHECK_STR(sections_name(&graph_file_kind, graph_file_sections(f)->at[0].type), "text");
        for (uint32_t i = 0; i < n; i++) {
            struct text key = graph_key(g, i), want = graph_key(&made.g, i);
            CHECK_EQ(key.p != NULL, keys);
            CHECK(key.n == want.n && (!keys || memcmp(key.p, want.p, key.n) == 0));
        }
        CHECK_OK(graph_check(g, NULL, &err), &err);
        graph_file_close(f);
    }
    mem_free(copy);
    output_free(out);
    made.g.key_starts = NULL;
    made_done(&made);
}

static void test_round_trip(void)
{
    round_trip(METRIC_L2, 0, 3, 4, false);
    round_trip(METRIC_L2, 1, 1, 2, false);
    round_trip(METRIC_IP, 2, 16, 2, true);
    round_trip(METRIC_COSINE, 1000, 17, 9, true);
    round_trip(METRIC_L2, 1000, 64, 16, false);
}

static void test_rows_start_on_cache_lines(void)
{
    struct made made = made_graph(METRIC_L2, MADE_NORMAL, 300, 5, 10, 30, 1);
    struct output *out = write_index(&made.g, NULL);
    struct graph_file *f;
    size_t size;
    const void *p = output_memory(out, &size);
    unsigned char *copy = mem_slab(size, 1, &err);
    memcpy(copy, p, size);
    CHECK_OK(graph_file_open_memory(&f, copy, size, "memory", MAPFILE_MMAP, &err), &err);
    const struct graph *g = graph_file_graph(f);
    CHECK_EQ(g->slots0, 32);
    CHECK_EQ(g->slots, 16);
    for (uint32_t i = 0; i < g->n; i++) {
        CHECK_EQ((uintptr_t)graph_row(g, 0, i) % 64, 0);
        CHECK_EQ((uintptr_t)(g->vectors + i * g->stride) % 64, 0);
    }
    graph_file_close(f);
    mem_free(copy);
    output_free(out);
    made_done(&made);
}

static void test_same_graph_same_bytes(void)
{
    struct made a = made_graph(METRIC_IP, MADE_INTEGER, 700, 9, 6, 40, 1);
    struct made b = made_graph(METRIC_IP, MADE_INTEGER, 700, 9, 6, 40, 8);
    struct output *x = write_index(&a.g, NULL), *y = write_index(&b.g, NULL);
    size_t n_x, n_y;
    const void *p = output_memory(x, &n_x), *q = output_memory(y, &n_y);
    CHECK_EQ(n_x, n_y);
    CHECK(memcmp(p, q, n_x) == 0);
    output_free(x);
    output_free(y);
    made_done(&a);
    made_done(&b);
}

int main(void)
{
    CHECK_RUN(test_round_trip);
    CHECK_RUN(test_rows_start_on_cache_lines);
    CHECK_RUN(test_same_graph_same_bytes);
    return check_status();
}
