#include "sys/mapfile.h"

#include "check.h"
#include "gzip.h"
#include "scratch.h"

#include <stdint.h>
#include <stdlib.h>

enum { BIG = 5 << 20 };
static unsigned char big[BIG];

static void check_file(const char *path, enum mapfile_load load, const void *want, size_t n, int mapped)
{
    struct err err = { 0 };
    struct mapfile m;
    CHECK_OK(mapfile_open(&m, path, load, &err), &err);
    CHECK_EQ(m.n, n);
    CHECK_EQ(m.mapped, mapped);
    CHECK(m.p && (uintptr_t)m.p % 64 == 0 && memcmp(m.p, want, n) == 0);
    mapfile_close(&m);
    CHECK(!m.p && m.n == 0);
    mapfile_close(&m);
}

static void test_files(void)
{
    static const size_t sizes[] = { 0, 1, 63, 4096, 131072, 131073, (2 << 20) - 1, 2 << 20, BIG };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char *path = scratch_write("file", big, sizes[i]);
        check_file(path, MAPFILE_MMAP, big, sizes[i], sizes[i] > 0);
        check_file(path, MAPFILE_COPY, big, sizes[i], 0);
    }
}

static void test_gzip_is_unpacked(void)
{
    unsigned char *packed = malloc(2 * BIG);
    size_t n = 0;
    gzip_member(packed, &n, 2 * BIG, big, BIG);
    const char *path = scratch_write("file.gz", packed, n);
    check_file(path, MAPFILE_MMAP, big, BIG, 0);
    check_file(path, MAPFILE_COPY, big, BIG, 0);
    struct err err = { 0 };
    struct mapfile m;
    CHECK_EQ(mapfile_open(&m, scratch_write("cut.gz", packed, n / 2), MAPFILE_MMAP, &err), ERR_TRUNCATED);
    free(packed);
}

static void test_pipes_of_any_length(void)
{
    static const size_t sizes[] = { 0, 1, (2 << 20) - 1, 2 << 20, (4 << 20) + 1, BIG };   /* around the doublings */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        pid_t child;
        int keep = dup(0), fd = gzip_feed(big, sizes[i], 50000, &child), status;
        dup2(fd, 0);
        close(fd);
        check_file("-", MAPFILE_MMAP, big, sizes[i], 0);
        dup2(keep, 0);
        close(keep);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
}

static void test_refusals(void)
{
    struct err err = { 0 }, err2 = { 0 };
    struct mapfile m;
    CHECK_EQ(mapfile_open(&m, scratch_path("missing"), MAPFILE_MMAP, &err), ERR_IO);
    CHECK(strstr(err.msg, "missing"));
    CHECK_EQ(mapfile_open(&m, scratch_path("."), MAPFILE_COPY, &err2), ERR_IO);
    CHECK(strstr(err2.msg, "directory"));
}

int main(void)
{
    for (uint32_t i = 0, x = 1; i < BIG; i++, x = x * 1664525u + 1013904223u)
        big[i] = (unsigned char)(x >> 25);
    CHECK_RUN(test_files);
    CHECK_RUN(test_gzip_is_unpacked);
    CHECK_RUN(test_pipes_of_any_length);
    CHECK_RUN(test_refusals);
    scratch_done();
    return check_status();
}
