/* Every allocation of hardq-detect's work, and of what hardq-train reads, fails in turn: ERR_NOMEM with a message, and nothing
 * leaked (ASan). */
#include "fail_each.h"

#include "../unit/graph_made.h"
#include "../unit/scratch.h"
#include "fmt/neighbours.h"
#include "graph/graph_file.h"
#include "repair/hardness_detect.h"
#include "repair/hardness_train.h"

enum { N = 60, DIM = 4, N_QUERIES = 10, K = 3, EF = 6 };

static struct made made;
static char queries_path[PATH_MAX], truth_path[PATH_MAX], index_path[PATH_MAX], features_path[PATH_MAX];
static struct hardness_detect_options options;
static struct output *written;

static void keep(const char *name, char path[PATH_MAX], struct output *out)
{
    size_t n;
    const void *p = output_memory(out, &n);
    snprintf(path, PATH_MAX, "%s", scratch_write(name, p, n));
    output_free(out);
}

static void write_queries(void)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out;
    struct stream_writer *w;
    CHECK_OK(header_set_kind(&h, "vectors", &err), &err);
    CHECK_OK(header_set_meta(&h, "metric", "l2", &err), &err);
    CHECK_OK(header_add_column(&h, "id", COLUMN_U64, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "key", COLUMN_STR, 1, &err), &err);
    CHECK_OK(header_add_column(&h, "vec", COLUMN_F32, DIM, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w, out, &h, 0, &err), &err);
    for (uint64_t i = 0; i < N_QUERIES; i++)
        CHECK_OK(stream_writer_row(w, (struct cell[]){{&i, 1}, {"0123456789" + i, 1}, {made_query(&made, MADE_NORMAL, i), DIM}},
                                   &err), &err);
    CHECK_OK(stream_writer_end(w, &err), &err);
    stream_writer_free(w);
    keep("queries.vps", queries_path, out);
    header_done(&h);
}

static void write_truth(void)
{
    struct err err = {0};
    struct header h = {0};
    struct output *out;
    struct neighbours_writer w = {.options = {.metric = METRIC_L2, .k = K}};
    CHECK_OK(neighbours_header(&h, &w.options, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(stream_writer_open(&w.stream, out, &h, 0, &err), &err);
    for (uint64_t i = 0; i < N_QUERIES; i++) {
        const struct neighbours_row row = {.id = i, .n = K, .nn = (uint64_t[K]){1, 2, 3},
                                           .dist = (float[K]){1, 2, 3 + (float)i}};
        CHECK_OK(neighbours_write(&w, &row, &err), &err);
    }
    CHECK_OK(stream_writer_end(w.stream, &err), &err);
    stream_writer_free(w.stream);
    keep("truth.vps", truth_path, out);
    header_done(&h);
}

static void write_index(void)
{
    struct err err = {0};
    struct header h = {0}, base = {0};
    struct output *out;
    CHECK_OK(header_set_kind(&base, "vectors", &err), &err);
    CHECK_OK(graph_file_header_make(&h, &made.g, &base, &err), &err);
    CHECK_OK(output_open_memory(&out, &err), &err);
    CHECK_OK(graph_file_write(out, &made.g, &h, &err), &err);
    keep("index.hnsw", index_path, out);
    header_done(&h);
    header_done(&base);
}

static int detect(struct err *err)
{
    int rc = 0;
    struct graph_file *index = NULL;
    struct vector_reader *queries = NULL;
    struct stream_writer *w = NULL;
    struct output *out = NULL;
    struct header h = {0};
    struct hardness_detected d;
    TRY(graph_file_open(&index, index_path, MAPFILE_MMAP, err));
    TRY(vector_reader_open(&queries, queries_path, err));
    TRY(output_open_memory(&out, err));
    TRY(hardness_detect_header(&h, queries, &options, err));
    TRY(stream_writer_open(&w, out, &h, 0, err));
    TRY(hardness_detect(&d, w, index, queries, &options, err));
    TRY(stream_writer_end(w, err));
    written = out;
    out = NULL;
out:
    stream_writer_free(w);
    output_free(out);
    header_done(&h);
    vector_reader_close(queries);
    graph_file_close(index);
    return rc;
}

static void forget(int rc)
{
    if (rc == 0)
        output_free(written);
}

static int evaluate(struct err *err)
{
    int rc = 0;
    struct graph_file *index = NULL;
    struct vector_reader *queries = NULL;
    struct hardness_evaluation e;
    TRY(graph_file_open(&index, index_path, MAPFILE_MMAP, err));
    TRY(vector_reader_open(&queries, queries_path, err));
    TRY(hardness_evaluate(&e, index, queries, &options, err));
out:
    vector_reader_close(queries);
    graph_file_close(index);
    return rc;
}

static struct forest model;

static int read_model(struct err *err)
{
    static const char text[] =
        "{\"learner\":{\"feature_names\":[\"offset\"],\"gradient_booster\":{\"model\":{\"trees\":[{\"left_children\":[1,-1,-1],"
        "\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],\"split_conditions\":[0.5,1,2],\"default_left\":[1,0,0]}]},"
        "\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"0\",\"num_class\":\"0\",\"num_feature\":\"1\"},"
        "\"objective\":{\"name\":\"reg:squarederror\"}}}";
    struct input *in;
    int rc = input_open_memory(&in, text, strlen(text), "model", err);
    if (rc)
        return rc;
    rc = forest_read(&model, in, err);
    input_close(in);
    return rc;
}

static void forget_model(int rc)
{
    if (rc)
        forest_done(&model);
}

/* A cascade, and all that is written with a truth and a model. */
static void test_detect(void)
{
    options = (struct hardness_detect_options){
        .scorer = {.k = K, .ef = EF, .n_threads = 2, .seed = 1, .probe[HARDNESS_STABILITY] = true, .later = true},
        .choice = HARDNESS_TOP, .share = 0.3, .cascade = true};
    fail_each("malloc", "ENOMEM", ERR_NOMEM, detect, forget);
    options = (struct hardness_detect_options){
        .scorer = {.k = K, .ef = EF, .n_threads = 1, .model = &model}, .choice = HARDNESS_ALL, .truth = truth_path};
    fail_each("malloc", "ENOMEM", ERR_NOMEM, detect, forget);
}

static void test_evaluate(void)
{
    options = (struct hardness_detect_options){.truth = truth_path, .scorer = {.k = K, .ef = EF, .n_threads = 2, .eps = 0.03,
                                               .probe = {true, true, true}, .model = &model}};
    fail_each("malloc", "ENOMEM", ERR_NOMEM, evaluate, NULL);
}

static int read_table(struct err *err)
{
    struct hardness_table t = {0};
    const char *path = features_path;
    int rc = hardness_table_read(&t, &path, 1, err);
    hardness_table_done(&t);
    return rc;
}

static void test_table(void)
{
    struct err err = {0};
    options = (struct hardness_detect_options){.scorer = {.k = K, .ef = EF, .n_threads = 1}, .choice = HARDNESS_ALL,
                                               .truth = truth_path};
    CHECK_OK(detect(&err), &err);
    keep("features.vps", features_path, written);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, read_table, NULL);
}

int main(void)
{
    made = made_graph(METRIC_L2, MADE_NORMAL, N, DIM, 2, 10, 1);
    write_queries();
    write_truth();
    write_index();
    fail_each("malloc", "ENOMEM", ERR_NOMEM, read_model, forget_model);
    CHECK_RUN(test_detect);
    CHECK_RUN(test_evaluate);
    CHECK_RUN(test_table);
    forest_done(&model);
    made_done(&made);
    scratch_done();
    return check_status();
}
