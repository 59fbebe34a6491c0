/* NGFix's file: there and back, and what a graph of ours does not hold: deleted elements, edges twice, nodes out of reach. */
#include "base/bytes.h"
#include "fmt/ngfixhead.h"
#include "graph/edge.h"
#include "graph/graph_check.h"
#include "graph/ngfix_file.h"
#include "graph_made.h"

struct file {
    unsigned char *p;
    size_t n;
};

static struct err err;

static struct file file_of(const struct graph *g)
{
    struct output *out;
    struct file f = {0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(ngfix_file_write(out, g, &err), &err);
    const void *p = output_memory(out, &f.n);
    f.p = mem_alloc(f.n, 1, &err);
    memcpy(f.p, p, f.n);
    output_free(out);
    return f;
}

static int file_read(struct ngfix_file *f, const struct file *from, size_t n, enum metric metric)
{
    struct input *in;
    err = (struct err){0};
    CHECK_OK(input_open_memory(&in, from->p, n, "made", &err), &err);
    int rc = ngfix_file_read(f, in, metric, &err);
    input_close(in);
    return rc;
}

/* A flat graph with extra edges of each kind; ids 0 to n - 1, not in the order of nodes. */
static struct made made_repaired(size_t n, uint16_t **edges_out)
{
    struct made m = made_graph(METRIC_IP, MADE_NORMAL, n, 5, 3, 20, 1);
    uint16_t *edges = mem_slab(n, m.g.slots0 * sizeof *edges, &err);
    static const uint16_t marks[] = {1 << 12 | 7, 1 << 12 | 4095, 2 << 12 | 201, 3 << 12 | 1};
    for (size_t i = 0; i < n; i++) {
        m.ids[i] = (i * 11 + 3) % n;
        for (size_t j = 0; j < m.g.slots0 && m.g.layer0[i * m.g.slots0 + j] != GRAPH_NONE; j++)
            edges[i * m.g.slots0 + j] = (i + j) % 3 ? 0 : marks[(i + j) / 3 % 4];
    }
    m.g.edges = edges;
    *edges_out = edges;
    return m;
}

/* Neighbours by id with what is said of them. */
static void check_same(const struct graph *a, const struct graph *b)
{
    CHECK_EQ(a->n, b->n);
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t other = 0;
        while (b->ids[other] != a->ids[i])
            other++;
        CHECK(memcmp(a->vectors + i * a->stride, b->vectors + other * b->stride, a->dim * sizeof(float)) == 0);
        for (size_t s = 0; s < a->slots0; s++) {
            uint32_t x = a->layer0[i * a->slots0 + s], y = b->layer0[other * b->slots0 + s];
            CHECK((x == GRAPH_NONE) == (y == GRAPH_NONE));
            if (x == GRAPH_NONE || y == GRAPH_NONE)
                break;
            CHECK_EQ(a->ids[x], b->ids[y]);
            CHECK_EQ(a->edges[i * a->slots0 + s], b->edges[other * b->slots0 + s]);
        }
    }
    CHECK_EQ(a->ids[a->entry], b->ids[b->entry]);
}

static void test_there_and_back(void)
{
    uint16_t *edges;
    struct made m = made_repaired(70, &edges);
    struct file file = file_of(&m.g);
    struct ngfix_file f;
    CHECK(ngfixhead_sniff(file.p, file.n));
    CHECK_OK(file_read(&f, &file, file.n, METRIC_IP), &err);
    check_same(&m.g, &f.graph);
    CHECK_EQ(f.counts.n_deleted + f.counts.n_twice + f.counts.n_joined, 0);
    struct file again = file_of(&f.graph);
    CHECK(again.n == file.n && memcmp(again.p, file.p, file.n) == 0);
    ngfix_file_done(&f);
    mem_free(again.p);
    mem_free(file.p);
    mem_free(edges);
    made_done(&m);
}

/* Every length but the right one is refused, and so is whatever of these words does not fit. */
static void test_damage(void)
{
    static const uint32_t odd[] = {0, 1, 7, 29, 30, 31, 255, 256, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x04040808};
    uint16_t *edges;
    struct made m = made_repaired(30, &edges);
    struct file file = file_of(&m.g);
    struct ngfix_file f;
    size_t accepted = 0;
    for (size_t n = 0; n < file.n; n++) {
        struct file cut = {mem_alloc(n, 1, &err), n};
        memcpy(cut.p, file.p, n);
        CHECK(file_read(&f, &cut, n, METRIC_IP) != 0);
        mem_free(cut.p);
    }
    for (size_t at = 0; at + 4 <= file.n; at += at < 64 ? 4 : 3)
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            unsigned char kept[4];
            memcpy(kept, file.p + at, 4);
            bytes_put_u32(file.p + at, odd[i]);
            int rc = file_read(&f, &file, file.n, METRIC_IP);
            CHECK(rc == 0 || rc == ERR_DATA || rc == ERR_TRUNCATED || rc == ERR_LIMIT);
            if (rc == 0) {
                accepted++;
                CHECK_OK(graph_check(&f.graph, NULL, &err), &err);
                ngfix_file_done(&f);
            }
            memcpy(file.p + at, kept, 4);
        }
    CHECK(accepted > 0);
    mem_free(file.p);
    mem_free(edges);
    made_done(&m);
}

/* Upstream sets no flags at first: what is neither 0 nor 1 is refused; deleted elements are left out, the entry too. */
static void test_deleted(void)
{
    uint16_t *edges;
    struct made m = made_repaired(40, &edges);
    struct file file = file_of(&m.g);
    struct ngfix_file f;
    struct ngfixhead h = ngfixhead_get(file.p);
    size_t bytes = 1 + 4 * h.dim;
    file.p[NGFIXHEAD_BYTES + 5 * bytes] = 0xCD;
    CHECK_EQ(file_read(&f, &file, file.n, METRIC_IP), ERR_DATA);
    CHECK_STR(err.msg, "made: element 5: flag 205, expected 0 or 1 where deleted");
    file.p[NGFIXHEAD_BYTES + 5 * bytes] = 1;
    file.p[NGFIXHEAD_BYTES + h.entry * bytes] = 1;
    CHECK_OK(file_read(&f, &file, file.n, METRIC_IP), &err);
    CHECK_EQ(f.graph.n, h.entry == 5 ? 39 : 38);
    CHECK_EQ(f.counts.n_deleted, h.entry == 5 ? 1 : 2);
    for (size_t i = 0; i < f.graph.n; i++)
        CHECK(f.ids[i] != 5 && f.ids[i] != h.entry);
    ngfix_file_done(&f);
    mem_free(file.p);
    mem_free(edges);
    made_done(&m);
}

static void test_refused(void)
{
    struct made m = made_graph(METRIC_IP, MADE_NORMAL, 30, 5, 3, 20, 1);     /* ids from 1001 on */
    struct output *out;
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_EQ(ngfix_file_write(out, &m.g, &err), ERR_LIMIT);
    output_free(out);
    made_done(&m);
}

int main(void)
{
    CHECK_RUN(test_there_and_back);
    CHECK_RUN(test_damage);
    CHECK_RUN(test_deleted);
    CHECK_RUN(test_refused);
    return check_status();
}
