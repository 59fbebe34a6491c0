/* hnswlib's file: there and back, and what a graph of ours does not hold: deleted elements, links twice, nodes out of reach. */
#include "graph/graph_check.h"
#include "hnswlib_made.h"

static struct err err;

static bool same_graph(const struct graph *a, const struct graph *b)
{
    return a->metric == b->metric && a->n == b->n && a->dim == b->dim && a->stride == b->stride && a->m == b->m &&
           a->max_degree0 == b->max_degree0 && a->slots0 == b->slots0 && a->slots == b->slots && a->n_layers == b->n_layers &&
           a->n_upper == b->n_upper && a->entry == b->entry && a->ef_construction == b->ef_construction &&
           memcmp(a->layer0, b->layer0, a->n * a->slots0 * sizeof *a->layer0) == 0 &&
           memcmp(a->first, b->first, (a->n + 1) * sizeof *a->first) == 0 &&
           memcmp(a->upper, b->upper, a->n_upper * a->slots * sizeof *a->upper) == 0 &&
           memcmp(a->vectors, b->vectors, a->n * a->stride * sizeof *a->vectors) == 0 &&
           memcmp(a->ids, b->ids, a->n * sizeof *a->ids) == 0;
}

static void test_there_and_back(void)
{
    static const size_t sizes[] = {0, 1, 2, 17, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int metric = METRIC_L2; metric <= METRIC_COSINE; metric++)
            for (size_t m = 2; m <= 40; m += 19) {
                struct made made = made_graph((enum metric)metric, MADE_NORMAL, sizes[i], 1 + 16 * (i % 2), m, 50, 1);
                struct hnswlib_made f = hnswlib_made_of(&made.g);
                struct hnswlib_file file;
                CHECK(hnswlibhead_sniff(f.p, f.n));
                CHECK_OK(hnswlib_made_read(&file, f.p, f.n, (enum metric)metric, &err), &err);
                CHECK(same_graph(&made.g, &file.graph));
                CHECK_EQ(file.counts.n_deleted + file.counts.n_twice + file.counts.n_joined, 0);
                hnswlib_file_done(&file);
                mem_free(f.p);
                made_done(&made);
            }
}

/* The bytes themselves, so that both sides cannot be wrong together: (1, 2) of label 7, in layer 1 too, and (0, 2)
 * of label 8; M 2. */
static void test_bytes(void)
{
    float x[32] = {[0] = 1, [1] = 2, [17] = 2};
    uint64_t ids[] = {7, 8};
    uint32_t layer0[32], first[] = {0, 1, 1}, upper[16];
    memset(layer0, 0xFF, sizeof layer0);
    memset(upper, 0xFF, sizeof upper);
    layer0[0] = 1;
    layer0[16] = 0;
    struct graph g = {.metric = METRIC_L2, .n = 2, .dim = 2, .stride = 16, .m = 2, .max_degree0 = 4, .slots0 = 16, .slots = 16,
                      .n_layers = 2, .n_upper = 1, .entry = 0, .ef_construction = 200, .layer0 = layer0, .first = first,
                      .upper = upper, .vectors = x, .ids = ids};
    struct hnswlib_made f = hnswlib_made_of(&g);
    static const unsigned char expected[] = {
        0, 0, 0, 0, 0, 0, 0, 0,  2, 0, 0, 0, 0, 0, 0, 0,  2, 0, 0, 0, 0, 0, 0, 0,  36, 0, 0, 0, 0, 0, 0, 0,
        28, 0, 0, 0, 0, 0, 0, 0,  20, 0, 0, 0, 0, 0, 0, 0,  1, 0, 0, 0, 0, 0, 0, 0,  2, 0, 0, 0, 0, 0, 0, 0,
        4, 0, 0, 0, 0, 0, 0, 0,  2, 0, 0, 0, 0, 0, 0, 0,  0xFE, 0x82, 0x2B, 0x65, 0x47, 0x15, 0xF7, 0x3F,
        200, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0,  1, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0x80, 0x3F,  0, 0, 0, 0x40,
        7, 0, 0, 0, 0, 0, 0, 0,
        1, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0x40,
        8, 0, 0, 0, 0, 0, 0, 0,
        12, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0
    };
    CHECK_EQ(f.n, sizeof expected);
    CHECK(f.n == sizeof expected && memcmp(f.p, expected, sizeof expected) == 0);
    mem_free(f.p);
}

static void test_deleted(void)
{
    struct hnswlib_made f = hnswlib_made(METRIC_IP, 200);
    struct hnswlib_file whole, file;
    CHECK_OK(hnswlib_made_read(&whole, f.p, f.n, METRIC_IP, &err), &err);
    for (size_t i = 0; i < 200; i += 3)
        hnswlib_made_element(&f, i)[2] = HNSWLIBHEAD_DELETED;
    hnswlib_made_element(&f, f.head.entry)[2] = HNSWLIBHEAD_DELETED;
    CHECK_OK(hnswlib_made_read(&file, f.p, f.n, METRIC_IP, &err), &err);
    CHECK_EQ(file.counts.n_deleted, f.head.entry % 3 == 0 ? 67 : 68);
    CHECK_EQ(file.graph.n, 200 - file.counts.n_deleted);
    CHECK_OK(graph_check(&file.graph, NULL, &err), &err);
    for (size_t i = 0, node = 0; i < 200; i++) {
        if (i % 3 == 0 || i == f.head.entry)
            continue;
        CHECK_EQ(file.ids[node], whole.ids[i]);
        CHECK(memcmp(file.vectors + node * 16, whole.vectors + i * 16, 16 * sizeof(float)) == 0);
        node++;
    }
    hnswlib_file_done(&file);
    hnswlib_file_done(&whole);
    for (size_t i = 0; i < 200; i++)
        hnswlib_made_element(&f, i)[2] = HNSWLIBHEAD_DELETED;
    CHECK_OK(hnswlib_made_read(&file, f.p, f.n, METRIC_IP, &err), &err);
    CHECK(file.graph.n == 0 && file.graph.n_layers == 0 && file.graph.entry == GRAPH_NONE);
    hnswlib_file_done(&file);
    mem_free(f.p);
}

/* All links of layer 0 cut: each node but the entry gets an edge. */
static void test_unreached(void)
{
    struct hnswlib_made f = hnswlib_made(METRIC_L2, 60);
    struct hnswlib_file file;
    for (size_t i = 0; i < 60; i++)
        bytes_put_u16(hnswlib_made_element(&f, i), 0);
    CHECK_OK(hnswlib_made_read(&file, f.p, f.n, METRIC_L2, &err), &err);
    CHECK_EQ(file.counts.n_joined, 59);
    CHECK_OK(graph_check(&file.graph, NULL, &err), &err);
    hnswlib_file_done(&file);
    mem_free(f.p);
}

static void test_link_twice(void)
{
    struct hnswlib_made f = hnswlib_made(METRIC_L2, 60);
    struct hnswlib_file file;
    unsigned char *e = hnswlib_made_element(&f, 9);
    CHECK(bytes_get_u16(e) >= 2);
    memcpy(e + 8, e + 4, 4);
    CHECK_OK(hnswlib_made_read(&file, f.p, f.n, METRIC_L2, &err), &err);
    CHECK_EQ(file.counts.n_twice, 1);
    hnswlib_file_done(&file);
    mem_free(f.p);
}

/* What is refused, with the word that the message must have. */
static void refuse(struct hnswlib_made *f, enum metric metric, const char *word)
{
    struct hnswlib_file file;
    int rc = hnswlib_made_read(&file, f->p, f->n, metric, &err);
    CHECK(rc == ERR_DATA || rc == ERR_LIMIT || rc == ERR_TRUNCATED);
    if (!strstr(err.msg, word) || strstr(err.msg, "made: ") != err.msg)
        CHECK_STR(err.msg, word);
    hnswlib_file_done(&file);
}

#define REFUSE(metric, word, ...) do { \
        struct hnswlib_made f = hnswlib_made(metric, 60); \
        unsigned char *e = hnswlib_made_element(&f, 9), *head = f.p; \
        __VA_ARGS__; \
        (void)e, (void)head; \
        refuse(&f, metric, word); \
        mem_free(f.p); \
    } while (0)

static void test_refused(void)
{
    REFUSE(METRIC_L2, "a link to 60 in layer 0, which is not there", bytes_put_u32(e + 4, 60));
    REFUSE(METRIC_L2, "which is itself", bytes_put_u32(e + 4, 9));
    REFUSE(METRIC_L2, "7 links in layer 0", bytes_put_u16(e, 7));
    REFUSE(METRIC_L2, "flags", e[2] = 2);
    REFUSE(METRIC_L2, "flags", e[3] = 1);
    REFUSE(METRIC_L2, "component 1 is not a finite", bytes_put_u32(e + f.head.vector_at + 4, 0x7F800000));
    REFUSE(METRIC_L2, "has the id of an earlier one",
           memcpy(e + f.head.label_at, hnswlib_made_element(&f, 2) + f.head.label_at, 8));
    REFUSE(METRIC_COSINE, "has length", bytes_put_f32(e + f.head.vector_at, 3));
    REFUSE(METRIC_L2, "link list of", bytes_put_u64(head + 16, 59));
    REFUSE(METRIC_L2, "room", bytes_put_u64(head + 16, 61));
    REFUSE(METRIC_L2, "link list of", bytes_put_u64(head + 16, 61), bytes_put_u64(head + 8, 61));
    REFUSE(METRIC_L2, "truncated", bytes_put_u64(head + 16, 1 << 30), bytes_put_u64(head + 8, 1 << 30));
    REFUSE(METRIC_L2, "elements with room", bytes_put_u64(head + 16, UINT64_MAX), bytes_put_u64(head + 8, UINT64_MAX));
    REFUSE(METRIC_L2, "multiplier", bytes_put_u64(head + 80, 0));
    REFUSE(METRIC_L2, "multiplier", bytes_put_u64(head + 80, 0x7FF8000000000000));
    REFUSE(METRIC_L2, "M 1, ", bytes_put_u64(head + 56, 1), bytes_put_u64(head + 72, 1));
    REFUSE(METRIC_L2, "highest layer 32", bytes_put_i32(head + 48, 32));
    REFUSE(METRIC_L2, "highest layer -2", bytes_put_i32(head + 48, -2));
    REFUSE(METRIC_L2, "entry point", bytes_put_i32(head + 48, -1));
    REFUSE(METRIC_L2, "entry point", bytes_put_i32(head + 48, f.head.top + 1));
    REFUSE(METRIC_L2, "link list of", bytes_put_i32(head + 48, f.head.top - 1));
    REFUSE(METRIC_L2, "entry point", bytes_put_u32(head + 52, 60));
    REFUSE(METRIC_L2, "32-bit floats", bytes_put_u64(head + 32, f.head.label_at + 2),
           bytes_put_u64(head + 24, f.head.label_at + 10));
    REFUSE(METRIC_L2, "limit is 1048576", bytes_put_u64(head + 32, (uint64_t)1 << 40),
           bytes_put_u64(head + 24, ((uint64_t)1 << 40) + 8));
    REFUSE(METRIC_L2, "expected an index of hnswlib", bytes_put_u64(head + 40, 0));
    REFUSE(METRIC_L2, "link list of", bytes_put_u32(hnswlib_made_element(&f, 60), 17));
}

static void test_m_one_is_not_written(void)
{
    struct output *out;
    struct graph g = {.m = 1, .entry = GRAPH_NONE};
    err = (struct err){0};
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_EQ(hnswlib_file_write(out, &g, &err), ERR_LIMIT);
    output_free(out);
}

int main(void)
{
    CHECK_RUN(test_there_and_back);
    CHECK_RUN(test_bytes);
    CHECK_RUN(test_deleted);
    CHECK_RUN(test_unreached);
    CHECK_RUN(test_link_twice);
    CHECK_RUN(test_refused);
    CHECK_RUN(test_m_one_is_not_written);
    return check_status();
}
