#include "check.h"
#include "scratch.h"

#include "pipe/contents.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct err err;

static struct digest_hex of_path(const char *path, const char *records)
{
    struct digest_hex out = {""};
    CHECK_OK(contents_digest(path, records, &out, &err), &err);
    return out;
}

static void folders(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_path("d"));
    if (mkdir(path, 0777) != 0)
        scratch_die(path);
    struct digest_hex empty = of_path(path, NULL);
    scratch_write("d/a", "xy", 2);
    scratch_write("d/b", "z", 1);
    struct digest_hex first = of_path(path, NULL);
    CHECK(strcmp(first.hex, empty.hex) != 0);
    scratch_write("d/a", "x", 1);
    scratch_write("d/b", "yz", 2);
    CHECK(strcmp(of_path(path, NULL).hex, first.hex) != 0);
    scratch_write("d/a", "xy", 2);
    scratch_write("d/b", "z", 1);
    CHECK_STR(of_path(path, NULL).hex, first.hex);                  /* times do not count */
    CHECK_EQ(rename(scratch_path("d/b"), scratch_path("d/c")), 0);
    CHECK(strcmp(of_path(path, NULL).hex, first.hex) != 0);
    CHECK_EQ(rename(scratch_path("d/c"), scratch_path("d/b")), 0);
    CHECK_EQ(symlink("..", scratch_path("d/up")), 0);         /* a circle is not walked */
    CHECK(strcmp(of_path(path, NULL).hex, first.hex) != 0);
    CHECK_EQ(unlink(scratch_path("d/up")), 0);
    CHECK_EQ(mkfifo(scratch_path("d/pipe"), 0666), 0);
    struct digest_hex out;
    CHECK_EQ(contents_digest(path, NULL, &out, &err), ERR_DATA);
    err = (struct err){0};
    CHECK_EQ(contents_digest(scratch_path("gone"), NULL, &out, &err), ERR_IO);
}


/* A large file is read once; whatever changes it is seen, with its size and its own time put back too. */
static void large_files_are_remembered(void)
{
    enum { N = CONTENTS_REMEMBERED };
    char *bytes = calloc(1, N), path[PATH_MAX], records[PATH_MAX], command[2 * PATH_MAX];
    size_t n;
    snprintf(path, sizeof path, "%s", scratch_write("large", bytes, N));
    snprintf(records, sizeof records, "%s", scratch_path("records"));
    if (mkdir(records, 0777) != 0)
        scratch_die(records);
    struct digest_hex first = of_path(path, NULL);
    CHECK_STR(of_path(path, records).hex, first.hex);
    CHECK_EQ(rmdir(records), 0);                             /* too fresh: no record, no temporary */
    CHECK_EQ(mkdir(records, 0777), 0);
    usleep(1100000);
    CHECK_STR(of_path(path, records).hex, first.hex);
    CHECK_EQ(rmdir(records), -1);

    /* What is remembered is what is given: spoil the record and see. */
    snprintf(command, sizeof command, "cd '%s' && sed -i '2s/-................$/-0123456789abcdef/' *", records);
    CHECK_EQ(system(command), 0);
    CHECK(strstr(of_path(path, records).hex, "-0123456789abcdef") != NULL);
    CHECK_STR(of_path(path, NULL).hex, first.hex);

    struct stat st;
    CHECK_EQ(stat(path, &st), 0);
    int fd = open(path, O_WRONLY);
    CHECK_EQ(pwrite(fd, "x", 1, 1000), 1);
    CHECK_EQ(futimens(fd, (const struct timespec[]){st.st_atim, st.st_mtim}), 0);
    close(fd);
    CHECK(strcmp(of_path(path, records).hex, first.hex) != 0);
    CHECK(strstr(of_path(path, records).hex, "-0123456789abcdef") == NULL);

    /* A damaged record is none. */
    snprintf(command, sizeof command, "cd '%s' && for f in *; do head -c 20 \"$f\" > x && mv x \"$f\"; done", records);
    CHECK_EQ(system(command), 0);
    bytes[1000] = 'x';
    char *now = scratch_read("large", &n);
    CHECK(n == N && memcmp(now, bytes, N) == 0);
    CHECK_STR(of_path(path, records).hex, of_path(path, NULL).hex);
    free(now);
    free(bytes);
}

int main(void)
{
    CHECK_RUN(folders);
    CHECK_RUN(large_files_are_remembered);
    scratch_done();
    return check_status();
}
