/* Every allocation of a tiny build, of writing its index, of each way to load it and of a list of names for a search fails in
 * turn: ERR_NOMEM with a message, and nothing leaked (ASan).  The list's reads fail too, and its truncations name no more than
 * it did. */
#include "fail_each.h"

#include "../unit/graph_made.h"
#include "../unit/scratch.h"
#include "graph/allow.h"
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

static const char *names_path;

static int read_names(struct err *err)
{
    struct allow a = {0};
    int rc = allow_open(&a, &made.g, names_path, err);
    allow_done(&a);
    return rc;
}

static void test_names(void)
{
    static const char names[] = "3\n17\t a line of a collection\r\n5\n999\n";
    struct err err = {0};
    made = made_graph(METRIC_L2, MADE_NORMAL, 40, 3, 2, 10, 1);
    for (uint64_t i = 0; i < 40; i++)
        made.ids[i] = i;
    names_path = scratch_write("names", names, sizeof names - 1);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, read_names, NULL);
    fail_each("read", "EIO", ERR_IO, read_names, NULL);
    for (size_t cut = 0; cut < sizeof names; cut++) {
        struct allow a = {0};
        struct input *in;
        CHECK_OK(input_open_memory(&in, names, cut, "names", &err), &err);
        int rc = allow_read(&a, &made.g, in, &err);
        CHECK(cut == 0 ? rc == ERR_DATA : rc == 0 && a.n + a.n_unknown <= 4);
        allow_done(&a);
        input_close(in);
    }
    made_done(&made);
}

int main(void)
{
    CHECK_RUN(test_building);
    CHECK_RUN(test_index_files);
    CHECK_RUN(test_names);
    scratch_done();
    return check_status();
}
