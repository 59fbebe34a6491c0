/* The n-th call of a system function fails, for n = 1, 2, ... until none is left to fail: each time the whole must either
 * succeed with the right bytes or report an error, and leave the old output intact and no temporary behind. */
#include "../tools/shim.c"

#include "../unit/check.h"
#include "../unit/gzip.h"
#include "../unit/scratch.h"
#include "base/mem.h"
#include "sys/input.h"
#include "sys/mapfile.h"
#include "sys/output.h"
#include "sys/par.h"

enum { SIZE = 700000 };
static char data[SIZE];
static char plain[PATH_MAX], packed[PATH_MAX], target[PATH_MAX], folder[PATH_MAX];

static int copy_to(const char *from, const char *to, size_t piece, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct output *out = NULL;
    char *buf = NULL;
    size_t got;
    TRY_NEW(buf, MEM_ARRAY(char, piece, err));
    TRY(input_open(&in, from, err));
    TRY(output_open(&out, to, true, err));
    do {
        TRY(input_read(in, buf, piece, &got, err));
        TRY(output_write(out, buf, got, err));
    } while (got == piece);
    TRY(output_commit(out, err));
out:
    output_free(out);
    input_close(in);
    mem_free(buf);
    return rc;
}

static int copy_plain(struct err *err) { return copy_to(plain, target, 100000, err); }
static int copy_packed(struct err *err) { return copy_to(packed, target, 7000, err); }

static int copy_lines(struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    struct output *out = NULL;
    char *line;
    size_t n;
    TRY(input_open(&in, plain, err));
    TRY(output_open(&out, target, true, err));
    for (;;) {
        TRY(input_line(in, &line, &n, err));
        if (!line)
            break;
        TRY(output_write(out, line, n, err));
        TRY(output_printf(out, err, "%s", "\n"));
    }
    TRY(output_commit(out, err));
out:
    output_free(out);
    input_close(in);
    return rc;
}

static int copy_mapped(enum mapfile_load load, const char *from, struct err *err)
{
    int rc = 0;
    struct mapfile m = { 0 };
    struct output *out = NULL;
    TRY(mapfile_open(&m, from, load, err));
    TRY(output_open(&out, target, true, err));
    TRY(output_write(out, m.p, m.n, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    mapfile_close(&m);
    return rc;
}

static int copy_mmap(struct err *err) { return copy_mapped(MAPFILE_MMAP, plain, err); }
static int copy_copied(struct err *err) { return copy_mapped(MAPFILE_COPY, plain, err); }
static int copy_grown(struct err *err) { return copy_mapped(MAPFILE_COPY, packed, err); }

/* Batches through par_pipe, each worked on by a loop of its own. */
enum { ITEM = 5000 };

struct piece {
    size_t n;
    char bytes[20 * ITEM];
};

struct copier {
    struct input *in;
    struct output *out;
};

static int piece_read(void *ctx, void **batch, struct err *err)
{
    struct copier *c = ctx;
    struct piece *p = MEM_NEW(struct piece, err);
    if (!p)
        return ERR_NOMEM;
    int rc = input_read(c->in, p->bytes, sizeof p->bytes, &p->n, err);
    *batch = rc == 0 && p->n ? p : NULL;
    if (!*batch)
        mem_free(p);
    return rc;
}

static int piece_item(void *ctx, size_t i, int worker, struct err *err)
{
    struct piece *p = ctx;
    (void)worker, (void)err;
    for (size_t k = i * ITEM; k < (i + 1) * ITEM; k++)
        p->bytes[k] ^= 1;
    return 0;
}

static int piece_work(void *ctx, void *batch, int worker, struct err *err)
{
    struct piece *p = batch;
    (void)ctx, (void)worker;
    int rc = par_for(2, sizeof p->bytes / ITEM, piece_item, p, err);
    for (size_t i = 0; i < sizeof p->bytes; i++)
        p->bytes[i] ^= 1;
    return rc;
}

static int piece_write(void *ctx, void *batch, struct err *err)
{
    struct copier *c = ctx;
    struct piece *p = batch;
    return output_write(c->out, p->bytes, p->n, err);
}

static void piece_drop(void *ctx, void *batch)
{
    (void)ctx;
    mem_free(batch);
}

static int copy_threads(struct err *err)
{
    static const struct par_pipe_steps steps = { piece_read, piece_work, piece_write, piece_drop };
    int rc = 0;
    struct copier c = { 0 };
    TRY(input_open(&c.in, plain, err));
    TRY(output_open(&c.out, target, true, err));
    TRY(par_pipe(3, &steps, &c, err));
    TRY(output_commit(c.out, err));
out:
    output_free(c.out);
    input_close(c.in);
    return rc;
}

static int copy_folder(struct err *err)
{
    int rc = 0;
    struct output_dir *dir = NULL;
    char path[PATH_MAX + 16];
    TRY(output_dir_open(&dir, folder, err));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/file%d", output_dir_path(dir), i);
        TRY(copy_to(plain, path, 100000, err));
    }
    TRY(output_dir_commit(dir, err));
out:
    output_dir_free(dir);
    return rc;
}

static int holds(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "rb");
    static char buf[SIZE + 1];
    size_t got = f ? fread(buf, 1, sizeof buf, f) : 0;
    if (f)
        fclose(f);
    return f && got == n && memcmp(buf, bytes, n) == 0;
}

static int is_new(int into_folder)
{
    char path[PATH_MAX + 16];
    if (!into_folder)
        return holds(target, data, SIZE);
    snprintf(path, sizeof path, "%s/file1", folder);
    return holds(path, data, SIZE);
}

/* Fail call `what` (CALL) in the manner `how` at each n; must_pass: the fault is one to be lived with. */
static void torture(int (*run)(struct err *err), const char *what, const char *how, int must_pass)
{
    int into_folder = run == copy_folder;
    for (int n = 1;; n++) {
        struct err err = { 0 };
        char plan[60];
        CHECK(n < 1000);
        scratch_write("target", "old", 3);
        if (access(folder, F_OK) == 0) {
            char cmd[PATH_MAX + 10];
            snprintf(cmd, sizeof cmd, "rm -r '%s'", folder);
            CHECK(system(cmd) == 0);
        }
        snprintf(plan, sizeof plan, "%s:%d:%s", what, n, how);
        shim_set(plan);
        int rc = run(&err);
        int fired = atomic_load(&shim.fired);
        shim_set("");
        int published = is_new(into_folder), before = check_failures;
        CHECK(rc == 0 ? published : rc == (int)err.code && err.msg[0] != '\0');
        CHECK(rc == 0 || !must_pass);
        CHECK(rc == 0 || rc == ERR_IO || rc == ERR_NOMEM);
        CHECK(rc != 0 || fired || published);
        /* After the rename only the folder's fsync can fail, and says so. */
        CHECK(rc == 0 || (published ? strstr(err.msg, "published") != NULL : into_folder || holds(target, "old", 3)));
        CHECK_EQ(scratch_count(), 3 + (into_folder && published));
        if (check_failures != before)
            fprintf(stderr, "%s: %d %s\n", plan, rc, err.msg);
        if (!fired || n == 1000)
            break;
    }
}

static int (*const runs[])(struct err *) = {copy_plain,  copy_packed, copy_lines,   copy_mmap,
                                            copy_copied, copy_grown,  copy_threads, copy_folder};
enum { N_RUNS = sizeof runs / sizeof runs[0] };

static void torture_all(const char *what, const char *how, int must_pass)
{
    for (int i = 0; i < N_RUNS; i++)
        torture(runs[i], what, how, must_pass);
}

static void test_reading_fails(void) { torture_all("read", "EIO", 0); }
static void test_writing_fails(void) { torture_all("write", "ENOSPC", 0); torture_all("write", "EDQUOT", 0); }
static void test_opening_fails(void) { torture_all("open", "EMFILE", 0); torture_all("mkdir", "ENOSPC", 0); }
static void test_publishing_fails(void)
{
    torture_all("fsync", "EIO", 0);
    torture_all("rename", "EIO", 0);
    torture_all("close", "EIO", 0);
}
static void test_mapping_fails(void) { torture_all("mmap", "ENOMEM", 0); }
static void test_memory_fails(void) { torture_all("malloc", "ENOMEM", 0); }

static void test_interruptions_are_lived_with(void)
{
    torture_all("read", "EINTR", 1);
    torture_all("read", "short", 1);
    torture_all("write", "EINTR", 1);
    torture_all("write", "short", 1);
    torture_all("write", "EAGAIN", 1);
    torture_all("open", "EINTR", 1);
    torture_all("pthread_create", "EAGAIN", 1);
}

int main(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);   /* a thousand renames, each of which waits for a disk otherwise */
    for (size_t i = 0; i < SIZE; i++)
        data[i] = i % 50 == 49 || i == SIZE - 1 ? '\n' : (char)('a' + (i >> 3) * i % 26);
    unsigned char *room = malloc(SIZE);
    size_t n = 0;
    gzip_member(room, &n, SIZE, data, SIZE);
    snprintf(plain, sizeof plain, "%s", scratch_write("plain", data, SIZE));
    snprintf(packed, sizeof packed, "%s", scratch_write("packed.gz", room, n));
    snprintf(target, sizeof target, "%s", scratch_path("target"));
    snprintf(folder, sizeof folder, "%s", scratch_path("folder"));
    free(room);
    CHECK_RUN(test_reading_fails);
    CHECK_RUN(test_writing_fails);
    CHECK_RUN(test_opening_fails);
    CHECK_RUN(test_publishing_fails);
    CHECK_RUN(test_mapping_fails);
    CHECK_RUN(test_memory_fails);
    CHECK_RUN(test_interruptions_are_lived_with);
    scratch_done();
    return check_status();
}
