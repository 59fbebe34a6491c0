#define _GNU_SOURCE   /* posix_openpt */
#include "sys/input.h"

#include "check.h"
#include "gzip.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { BIG = 3 << 20 };
static unsigned char big[BIG];   /* compresses a little, repeats nowhere */

static void fill_big(void)
{
    uint32_t x = 1;
    for (size_t i = 0; i < BIG; i++) {
        x = x * 1664525u + 1013904223u;
        big[i] = (unsigned char)((x >> 24) & 0x3f);
    }
}

/* Read all of in by pieces of n bytes, compare with want, then check that the end stays the end. */
static void check_content(struct input *in, size_t n, const void *want, size_t want_n)
{
    struct err err = { 0 };
    unsigned char *buf = malloc(n);
    size_t at = 0, got;
    do {
        CHECK_OK(input_read(in, buf, n, &got, &err), &err);
        CHECK(at + got <= want_n && memcmp(buf, (const char *)want + at, got) == 0);
        at += got;
    } while (got == n && !err.code);
    CHECK_EQ(at, want_n);
    CHECK_EQ(input_offset(in), want_n);
    CHECK_OK(input_read(in, buf, n, &got, &err), &err);
    CHECK_EQ(got, 0);
    CHECK_EQ(input_left(in), 0);
    free(buf);
}

static void test_file_by_pieces(void)
{
    const char *path = scratch_write("big", big, BIG);
    static const size_t pieces[] = { 1000, 65535, 65536, 262144, 262145, BIG - 1, BIG, BIG + 1 };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct err err = { 0 };
        struct input *in;
        CHECK_OK(input_open(&in, path, &err), &err);
        CHECK_STR(input_name(in), path);
        CHECK_EQ(input_left(in), BIG);
        CHECK_EQ(input_raw_size(in), BIG);
        check_content(in, pieces[i], big, BIG);
        CHECK_EQ(input_raw_offset(in), BIG);
        input_close(in);
    }
}

static void test_empty_file(void)
{
    struct err err = { 0 };
    struct input *in;
    const unsigned char *p;
    size_t got;
    char *line;
    CHECK_OK(input_open(&in, scratch_write("empty", "", 0), &err), &err);
    CHECK_EQ(input_left(in), 0);
    CHECK_OK(input_peek(in, 16, &p, &got, &err), &err);
    CHECK_EQ(got, 0);
    CHECK_OK(input_line(in, &line, &got, &err), &err);
    CHECK(!line);
    check_content(in, 10, "", 0);
    input_close(in);
}

static void test_peek_takes_nothing(void)
{
    struct err err = { 0 };
    struct input *in;
    const unsigned char *p;
    size_t got;
    char head[100];
    CHECK_OK(input_open_memory(&in, big, BIG, "memory", &err), &err);
    CHECK_OK(input_peek(in, 4, &p, &got, &err), &err);
    CHECK(got == 4 && memcmp(p, big, 4) == 0 && input_offset(in) == 0);
    CHECK_OK(input_read(in, head, sizeof head, &got, &err), &err);
    CHECK_OK(input_peek(in, INPUT_PEEK, &p, &got, &err), &err);
    CHECK(got == INPUT_PEEK && memcmp(p, big + 100, INPUT_PEEK) == 0);
    CHECK_EQ(input_left(in), BIG - 100);
    for (size_t at = 100; at + 4096 + INPUT_PEEK < BIG; at += 4096) {   /* across every edge of the buffer */
        char block[4096];
        CHECK_OK(input_read(in, block, sizeof block, &got, &err), &err);
        CHECK(memcmp(block, big + at, sizeof block) == 0);
        CHECK_OK(input_peek(in, INPUT_PEEK, &p, &got, &err), &err);
        CHECK(got == INPUT_PEEK && memcmp(p, big + at + 4096, got) == 0);
    }
    input_close(in);
}

static void test_lines(void)
{
    static const char text[] = "one\n\ntwo\r\n a\0b \nlast";
    static const struct {
        const char *line;
        size_t n;
    } want[] = {{"one", 3}, {"", 0}, {"two\r", 4}, {" a\0b ", 5}, {"last", 4}};
    struct err err = { 0 };
    struct input *in;
    char *line;
    size_t n;
    CHECK_OK(input_open_memory(&in, text, sizeof text - 1, "memory", &err), &err);
    for (size_t i = 0; i < 5; i++) {
        CHECK_OK(input_line(in, &line, &n, &err), &err);
        CHECK(line && n == want[i].n && memcmp(line, want[i].line, n + 1) == 0);
        CHECK_EQ(input_line_number(in), i + 1);
    }
    CHECK_EQ(input_offset(in), sizeof text - 1);
    CHECK_OK(input_line(in, &line, &n, &err), &err);
    CHECK(!line && input_line_number(in) == 5);
    input_close(in);
}

static void test_lines_of_any_length(void)
{
    struct err err = { 0 };
    struct input *in;
    char *line, *text = malloc(BIG);
    size_t n, at = 0, lengths[] = { 10, 262143, 262144, 262145, 0, 1 << 20, 5, 524288 };
    for (size_t i = 0; i < 8; i++) {
        memset(text + at, 'a' + (int)i, lengths[i]);
        at += lengths[i];
        text[at++] = '\n';
    }
    CHECK_OK(input_open_memory(&in, text, at, "memory", &err), &err);
    for (size_t i = 0; i < 8; i++) {
        CHECK_OK(input_line(in, &line, &n, &err), &err);
        CHECK(line && n == lengths[i] && strlen(line) == n && strspn(line, (char[]){ (char)('a' + i), 0 }) == n);
    }
    input_close(in);
    CHECK_OK(input_open_memory(&in, text, at - 1, "memory", &err), &err);   /* the last line without LF, at the buffer's edge */
    for (size_t i = 0; i < 8; i++)
        CHECK_OK(input_line(in, &line, &n, &err), &err);
    CHECK(line && n == lengths[7] && strlen(line) == n);
    input_close(in);
    free(text);
}

static void test_lines_then_bytes(void)
{
    struct err err = { 0 };
    struct input *in;
    char *line, rest[10];
    size_t n;
    CHECK_OK(input_open_memory(&in, "head\nBODY", 9, "memory", &err), &err);
    CHECK_OK(input_line(in, &line, &n, &err), &err);
    CHECK_STR(line, "head");
    CHECK_OK(input_read(in, rest, sizeof rest, &n, &err), &err);
    CHECK(n == 4 && memcmp(rest, "BODY", 4) == 0);
    input_close(in);
}

/* A pipe gives what it has: one byte at a time here.  The input must put it together. */
static void test_pipe_by_single_bytes(void)
{
    static const size_t pieces[] = { 1, 7, 4096, 100000 };
    for (size_t i = 0; i < 4; i++)
        for (int gz = 0; gz < 2; gz++) {
            static unsigned char packed[60000];
            size_t n = 0, plain_n = i == 0 ? 3000 : 50000;
            if (gz)
                gzip_member(packed, &n, sizeof packed, big, plain_n);
            pid_t child;
            int fd = gzip_feed(gz ? packed : big, gz ? n : plain_n, pieces[i], &child), keep = dup(0);
            struct err err = { 0 };
            struct input *in;
            dup2(fd, 0);
            close(fd);
            CHECK_OK(input_open(&in, "-", &err), &err);
            CHECK_STR(input_name(in), "stdin");
            CHECK(input_left(in) == UINT64_MAX && input_raw_size(in) == 0);
            check_content(in, 1234, big, plain_n);
            input_close(in);
            dup2(keep, 0);
            close(keep);
            int status;
            CHECK(waitpid(child, &status, 0) == child && status == 0);
        }
}

static void test_gzip(void)
{
    unsigned char *packed = malloc(2 * BIG);
    size_t n = 0;
    struct err err = { 0 };
    struct input *in;
    gzip_member(packed, &n, 2 * BIG, big, 1000);
    gzip_member(packed, &n, 2 * BIG, "", 0);
    gzip_member(packed, &n, 2 * BIG, big + 1000, BIG - 1000);
    static const size_t pieces[] = { 100, 65536, BIG + 1 };
    for (size_t i = 0; i < 3; i++)
        for (size_t zeros = 0; zeros <= 1024; zeros += 512) {   /* tapes pad with zeros */
            memset(packed + n, 0, zeros);
            CHECK_OK(input_open(&in, scratch_write("x.gz", packed, n + zeros), &err), &err);
            CHECK(input_left(in) == UINT64_MAX && input_raw_size(in) == n + zeros);
            check_content(in, pieces[i], big, BIG);
            CHECK_EQ(input_raw_offset(in), n + zeros);
            input_close(in);
        }
    size_t got;
    packed[n] = 'x';
    CHECK_OK(input_open(&in, scratch_write("x.gz", packed, n + 1), &err), &err);
    unsigned char *all = malloc(BIG + 1);
    CHECK_EQ(input_read(in, all, BIG + 1, &got, &err), ERR_DATA);
    CHECK(got <= BIG && strstr(err.msg, "x.gz: byte ") && strstr(err.msg, "behind a gzip member"));
    input_close(in);
    free(all);
    free(packed);
}

static void test_short_files_are_no_gzip(void)
{
    struct err err = { 0 };
    struct input *in;
    CHECK_OK(input_open(&in, scratch_write("short", "\x1f", 1), &err), &err);
    check_content(in, 10, "\x1f", 1);
    input_close(in);
}

static int open_fails(const char *path, const char *message)
{
    struct err err = { 0 };
    struct input *in = NULL;
    int rc = input_open(&in, path, &err);
    CHECK(rc < 0 && rc == (int)err.code && !in);
    if (!strstr(err.msg, path[0] == '-' ? "stdin: " : path) || !strstr(err.msg, message)) {
        fprintf(stderr, "message: %s\n", err.msg);
        CHECK(!"names the file and the reason");
    }
    return rc;
}

static void test_refusals(void)
{
    CHECK_EQ(open_fails(scratch_path("missing"), "No such file"), ERR_IO);
    CHECK_EQ(open_fails(scratch_path("."), "is a directory"), ERR_IO);
    CHECK_EQ(open_fails("", "No such file"), ERR_IO);
    int pty = posix_openpt(O_RDWR | O_NOCTTY);
    if (pty >= 0 && grantpt(pty) == 0 && unlockpt(pty) == 0)
        CHECK_EQ(open_fails(ptsname(pty), "is a terminal"), ERR_USAGE);
    int keep = dup(0);
    close(0);
    CHECK_EQ(open_fails("-", "Bad file descriptor"), ERR_IO);
    dup2(keep, 0);
    close(keep);
    if (pty >= 0)
        close(pty);
}

/* A program that was started with stdin closed must not read its operand as stdin later. */
static void test_low_descriptors_stay_free(void)
{
    struct err err = { 0 };
    struct input *in;
    const char *path = scratch_write("some", "x", 1);
    int keep = dup(0);
    close(0);
    CHECK_OK(input_open(&in, path, &err), &err);
    CHECK(fcntl(0, F_GETFD) == -1);
    check_content(in, 10, "x", 1);
    input_close(in);
    dup2(keep, 0);
    close(keep);
}

/* `{ read -r line; program; } < file`: the program goes on where read stopped. */
static void test_stdin_in_the_middle_of_a_file(void)
{
    struct err err = { 0 };
    struct input *in;
    int fd = open(scratch_write("half", "0123456789", 10), O_RDONLY), keep = dup(0);
    CHECK_EQ(lseek(fd, 6, SEEK_SET), 6);
    dup2(fd, 0);
    CHECK_OK(input_open(&in, "-", &err), &err);
    CHECK_EQ(input_left(in), 4);
    check_content(in, 100, "6789", 4);
    input_close(in);
    dup2(keep, 0);
    close(keep);
    close(fd);
}

/* Files of /proc have size 0 and content. */
static void test_size_unknown(void)
{
    struct err err = { 0 };
    struct input *in;
    char *line;
    size_t n;
    CHECK_OK(input_open(&in, "/proc/self/status", &err), &err);
    CHECK_OK(input_line(in, &line, &n, &err), &err);
    CHECK(line && strncmp(line, "Name:", 5) == 0);
    input_close(in);
}

int main(void)
{
    fill_big();
    CHECK_RUN(test_file_by_pieces);
    CHECK_RUN(test_empty_file);
    CHECK_RUN(test_peek_takes_nothing);
    CHECK_RUN(test_lines);
    CHECK_RUN(test_lines_of_any_length);
    CHECK_RUN(test_lines_then_bytes);
    CHECK_RUN(test_pipe_by_single_bytes);
    CHECK_RUN(test_gzip);
    CHECK_RUN(test_short_files_are_no_gzip);
    CHECK_RUN(test_refusals);
    CHECK_RUN(test_low_descriptors_stay_free);
    CHECK_RUN(test_stdin_in_the_middle_of_a_file);
    CHECK_RUN(test_size_unknown);
    scratch_done();
    return check_status();
}
