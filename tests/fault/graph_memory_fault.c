/* Every allocation of a tiny build, of writing its index and of each way to load it fails in turn: ERR_NOMEM with a message, and
 * nothing leaked (ASan). */
#include "fail_each.h"

#include "../unit/graph_made.h"
#include "../unit/scratch.h"
#include "graph/graph_file.h"

static struct made made;
static int n_threads;

static int build(struct err *err)
{
    struct graph g = {.metric = made.g.metric, .n = made.g.n, .dim = made.g.dim, .stride = made.g.stride, .vectors = made.x,
                      .ids = made.ids};
    const struct hnsw_options o = {.m = 2, .ef_construction = 10, .seed = 7, .n_threads = n_threads};
    int rc = hnsw_build(&g, &o, err);
    graph_done(&g);
    return rc;
}

static void test_building(void)
{
    made = made_base(METRIC_L2, MADE_NORMAL, 60, 3);
    for (n_threads = 1; n_threads <= 2; n_threads++)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, build, NULL);
    made_done(&made);
    made = made_base(METRIC_COSINE, MADE_SAME, 40, 3);
    for (n_threads = 1; n_threads <= 2; n_threads++)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, build, NULL);
    made_done(&made);
}

static struct output *written;

static int write_index(struct err *err)
{
    int rc = 0;
    struct header base = {0}, h = {0};
    struct output *out = NULL;
    TRY(header_set_kind(&base, "vectors", err));
    TRY(graph_file_header_make(&h, &made.g, &base, err));
    TRY(output_open_memory(&out, err));
    TRY(graph_file_write(out, &made.g, &h, err));
out:
    header_done(&base);
    header_done(&h);
    if (rc)
        output_free(out);
    else
        written = out;
    return rc;
}

static char index_path[PATH_MAX];

static int load_index(enum mapfile_load load, struct err *err)
{
    struct graph_file *f;
    int rc = graph_file_open(&f, index_path, load, err);
    if (rc == 0)
        graph_file_close(f);
    return rc;
}
static int load_mapped(struct err *err) { return load_index(MAPFILE_MMAP, err); }
static int load_copied(struct err *err) { return load_index(MAPFILE_COPY, err); }

static int load_piped(struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct graph_file *f = NULL;
    TRY(input_open(&in, index_path, err));
    TRY(graph_file_open_input(&f, in, err));
    graph_file_close(f);
out:
    input_close(in);
    return rc;
}

static void test_index_files(void)
{
    uint64_t starts[41];
    char keys[40];
    size_t n;
    for (size_t i = 0; i <= 40; i++)
        starts[i] = i;
    for (size_t i = 0; i < 40; i++)
        keys[i] = (char)('0' + i);
    made = made_graph(METRIC_L2, MADE_NORMAL, 40, 3, 2, 10, 1);
    made.g.key_starts = starts;
    made.g.key_bytes = keys;
    made.g.n_key_bytes = 40;
    fail_each("malloc", "ENOMEM", ERR_NOMEM, write_index, NULL);
    const void *p = output_memory(written, &n);
    snprintf(index_path, sizeof index_path, "%s", scratch_write("index", p, n));
    output_free(written);
    made.g.key_starts = NULL;
    made_done(&made);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, load_mapped, NULL);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, load_copied, NULL);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, load_piped, NULL);
}

int main(void)
{
    CHECK_RUN(test_building);
    CHECK_RUN(test_index_files);
    scratch_done();
    return check_status();
}
