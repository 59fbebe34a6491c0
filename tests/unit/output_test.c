#define _GNU_SOURCE   /* setresuid */
#include "sys/output.h"

#include "check.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int file_is(const char *name, const char *text)
{
    size_t n;
    char *p = scratch_read(name, &n);
    int same = p && n == strlen(text) && memcmp(p, text, n) == 0;
    free(p);
    return same;
}

static int mode_of(const char *name)
{
    struct stat st;
    return stat(scratch_path(name), &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static void clean(void)
{
    scratch_done();
    scratch_path("");
}

static int put(const char *path, const char *text, struct err *err)
{
    int rc = 0;
    struct output *out = NULL;
    TRY(output_open(&out, path, false, err));
    TRY(output_write(out, text, strlen(text), err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    return rc;
}

static void check_refused(const char *path, const char *message)
{
    struct err err = { 0 };
    CHECK_EQ(put(path, "x", &err), ERR_IO);
    if (!strstr(err.msg, path) || !strstr(err.msg, message)) {
        fprintf(stderr, "message: %s\n", err.msg);
        CHECK(!"names the file and the reason");
    }
}

static void test_memory(void)
{
    struct err err = { 0 };
    struct output *out;
    size_t n;
    CHECK_OK(output_open_memory(&out, &err), &err);
    for (int i = 0; i < 100000; i++)
        CHECK_OK(output_printf(out, &err, "%d,", i % 10), &err);
    CHECK_OK(output_printf(out, &err, "%*d", 5000, 1), &err);
    CHECK_OK(output_commit(out, &err), &err);
    const char *p = output_memory(out, &n);
    CHECK(n == 205000 && output_offset(out) == n && memcmp(p, "0,1,2,3", 7) == 0 && p[n - 1] == '1');
    output_free(out);
    output_free(NULL);
}

static void test_nothing_shows_before_commit(void)
{
    struct err err = { 0 };
    struct output *out;
    clean();
    umask(027);
    CHECK_OK(output_open(&out, scratch_path("new"), true, &err), &err);
    CHECK_OK(output_write(out, "data", 4, &err), &err);
    CHECK_OK(output_flush(out, &err), &err);
    CHECK(access(scratch_path("new"), F_OK) != 0 && scratch_count() == 1);
    CHECK_OK(output_commit(out, &err), &err);
    CHECK(file_is("new", "data") && mode_of("new") == 0640 && scratch_count() == 1);
    output_free(out);
    umask(022);
    CHECK(file_is("new", "data"));
}

static void test_without_commit_nothing_changes(void)
{
    struct err err = { 0 };
    struct output *out;
    clean();
    scratch_write("kept", "old", 3);
    CHECK_OK(output_open(&out, scratch_path("kept"), false, &err), &err);
    CHECK_OK(output_printf(out, &err, "new"), &err);
    CHECK_OK(output_flush(out, &err), &err);
    output_free(out);
    CHECK(file_is("kept", "old") && scratch_count() == 1);
}

static void test_old_mode_is_kept(void)
{
    static const int modes[] = { 0600, 0640, 0666, 0755 };
    struct err err = { 0 };
    clean();
    for (int i = 0; i < 4; i++) {
        chmod(scratch_write("file", "old", 3), (mode_t)modes[i]);
        CHECK_OK(put(scratch_path("file"), "new", &err), &err);
        CHECK(file_is("file", "new") && mode_of("file") == modes[i] && scratch_count() == 1);
    }
}

static void test_pieces_of_any_size(void)
{
    static const size_t sizes[] = { 1, 65535, 65536, 65537, 3, 200000, 0, 1, 65535, 2, 65536 };
    struct err err = { 0 };
    struct output *out;
    char *want = malloc(1 << 20);
    size_t at = 0, n;
    for (size_t i = 0; i < 1 << 20; i++)
        want[i] = (char)(i * i >> 7);
    clean();
    CHECK_OK(output_open(&out, scratch_path("file"), true, &err), &err);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; at += sizes[i++]) {
        CHECK_OK(output_write(out, want + at, sizes[i], &err), &err);
        CHECK_EQ(output_offset(out), at + sizes[i]);
    }
    CHECK_OK(output_commit(out, &err), &err);
    output_free(out);
    char *got = scratch_read("file", &n);
    CHECK(n == at && memcmp(got, want, n) == 0);
    free(got);
    free(want);
}

static void test_links_are_followed(void)
{
    struct err err = { 0 };
    struct stat st;
    clean();
    mkdir(scratch_path("sub"), 0755);
    scratch_write("sub/file", "old", 3);
    CHECK(symlink("sub/file", scratch_path("link")) == 0 && symlink("../link", scratch_path("sub/link2")) == 0);
    CHECK_OK(put(scratch_path("sub/link2"), "new", &err), &err);
    CHECK(file_is("sub/file", "new") && lstat(scratch_path("link"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(symlink("sub/none", scratch_path("dangling")) == 0);
    CHECK_OK(put(scratch_path("dangling"), "made", &err), &err);
    CHECK(file_is("sub/none", "made") && lstat(scratch_path("dangling"), &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(symlink(scratch_path("abs"), scratch_path("absolute")) == 0);
    CHECK_OK(put(scratch_path("absolute"), "there", &err), &err);
    CHECK(file_is("abs", "there"));
    CHECK(symlink("loop", scratch_path("loop")) == 0);
    check_refused(scratch_path("loop"), "Too many levels");
}

static void test_devices_are_written_in_place(void)
{
    struct err err = { 0 };
    struct stat st;
    for (int i = 0; i < 2; i++)
        if (stat(i ? "/dev/full" : "/dev/null", &st) != 0 || !S_ISCHR(st.st_mode))
            return;   /* a container without them: writing would make files there */
    CHECK_OK(put("/dev/null", "gone", &err), &err);
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    check_refused("/dev/full", "No space left");
    struct output *out;
    char block[70000] = { 0 };
    CHECK_OK(output_open(&out, "/dev/full", true, &err), &err);
    CHECK_EQ(output_write(out, block, sizeof block, &err), ERR_IO);   /* not only at the end */
    CHECK(strstr(err.msg, "/dev/full: ") && strstr(err.msg, "No space left"));
    output_free(out);
}

/* /dev/fd/N and /dev/stdout are what they were opened as: appended to, not replaced. */
static void test_open_descriptors(void)
{
    struct err err = { 0 };
    char path[40];
    clean();
    int fd = open(scratch_write("log", "head ", 5), O_WRONLY | O_APPEND);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    CHECK_OK(put(path, "one ", &err), &err);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_OK(put(path, "two", &err), &err);
    CHECK(file_is("log", "head one two"));
    fflush(stdout);
    int keep = dup(1);
    dup2(fd, 1);
    CHECK_OK(put("/dev/stdout", " three", &err), &err);
    CHECK_OK(put("-", " four", &err), &err);
    CHECK_OK(put(NULL, " five", &err), &err);
    dup2(keep, 1);
    close(keep);
    CHECK(file_is("log", "head one two three four five"));
    close(fd);
    check_refused("/dev/fd/987", "Bad file descriptor");
}

static void test_fifo(void)
{
    struct err err = { 0 };
    struct stat st;
    char got[10] = "";
    clean();
    CHECK(mkfifo(scratch_path("fifo"), 0600) == 0);
    int fd = open(scratch_path("fifo"), O_RDONLY | O_NONBLOCK);
    CHECK_OK(put(scratch_path("fifo"), "through", &err), &err);
    CHECK(read(fd, got, sizeof got) == 7 && memcmp(got, "through", 7) == 0);
    CHECK(stat(scratch_path("fifo"), &st) == 0 && S_ISFIFO(st.st_mode));
    close(fd);
}

static void test_refusals(void)
{
    char name[300] = "";
    struct err err = { 0 };
    clean();
    check_refused(scratch_path("missing/file"), "No such file");
    check_refused(scratch_path("."), "is a directory");
    check_refused("", "No such file");
    scratch_write("plain", "", 0);
    check_refused(scratch_path("plain/file"), "Not a directory");
    memset(name, 'n', 255);
    CHECK_OK(put(scratch_path(name), "long", &err), &err);   /* the longest name there can be */
    CHECK(file_is(name, "long"));
    memset(name, 'n', 256);
    check_refused(scratch_path(name), "name too long");
    CHECK_EQ(scratch_count(), 2);
}

static void test_terminal_takes_no_binary(void)
{
    int pty = posix_openpt(O_RDWR | O_NOCTTY);
    if (pty < 0 || grantpt(pty) != 0 || unlockpt(pty) != 0)
        return;
    struct err err = { 0 };
    struct output *out = NULL;
    CHECK_EQ(output_open(&out, ptsname(pty), true, &err), ERR_USAGE);
    CHECK(!out && strstr(err.msg, "is a terminal"));
    CHECK_OK(put(ptsname(pty), "text\n", &(struct err){ 0 }), &err);
    close(pty);
}

/* Run fn in a child; its exit status, or 1000 + the signal that ended it. */
static int in_child(void (*fn)(void))
{
    int status;
    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    if (child == 0) {
        fn();
        _exit(check_failures != 0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void closed_stdout(void)
{
    struct err err = { 0 };
    close(1);
    CHECK_EQ(put(NULL, "x", &err), ERR_IO);
    CHECK(strstr(err.msg, "stdout: ") && strstr(err.msg, "Bad file descriptor"));
}

static void closed_all(void)
{
    struct err err = { 0 };
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    struct output *out;
    CHECK_OK(output_open(&out, scratch_path("file"), true, &err), &err);
    for (int fd = 0; fd < 3; fd++)
        CHECK(fcntl(fd, F_GETFD) == -1);
    CHECK(write(1, "stray", 5) == -1);
    CHECK_OK(output_write(out, "x", 1, &err), &err);
    CHECK_OK(output_commit(out, &err), &err);
    output_free(out);
    CHECK(file_is("file", "x"));
}

static void test_closed_descriptors(void)
{
    CHECK_EQ(in_child(closed_stdout), 0);
    clean();
    CHECK_EQ(in_child(closed_all), 0);
}

static void unprivileged(void)
{
    CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
    check_refused(scratch_path("locked/file"), "Permission denied");
    check_refused(scratch_path("locked/old"), "Permission denied");
    check_refused(scratch_path("readonly"), "Permission denied");
    struct err err = { 0 };
    struct output_dir *dir = NULL;
    CHECK_EQ(output_dir_open(&dir, scratch_path("locked/dir"), &err), ERR_IO);
    CHECK(!dir && strstr(err.msg, "Permission denied"));
}

static void test_permissions(void)
{
    if (geteuid() != 0)
        return;   /* the child gives up root's rights; who has none cannot make files that it may not write */
    clean();
    chmod(scratch_dir, 0777);
    mkdir(scratch_path("locked"), 0755);
    chmod(scratch_write("locked/old", "old", 3), 0666);
    chmod(scratch_write("readonly", "old", 3), 0444);
    CHECK_EQ(in_child(unprivileged), 0);
    CHECK(file_is("locked/old", "old") && file_is("readonly", "old") && scratch_count() == 2);
}

static void test_many_at_once(void)
{
    enum { N = 60 };
    struct output *out[N];
    struct err err = { 0 };
    char name[20];
    clean();
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "file%d", i);
        CHECK_OK(output_open(&out[i], scratch_path(name), true, &err), &err);
    }
    CHECK_EQ(scratch_count(), N);
    for (int i = 0; i < N; i++) {
        if (i % 2)
            CHECK_OK(output_commit(out[i], &err), &err);
        output_free(out[i]);
    }
    CHECK_EQ(scratch_count(), N / 2);
}

static int write_tree(const char *root, struct err *err)
{
    char path[PATH_MAX];
    int rc = 0;
    snprintf(path, sizeof path, "%s/file", root);
    TRY(put(path, "in a folder", err));
    snprintf(path, sizeof path, "%s/sub", root);
    CHECK(mkdir(path, 0755) == 0);
    snprintf(path, sizeof path, "%s/sub/.hidden", root);
    TRY(put(path, "deeper", err));
out:
    return rc;
}

static void test_folder(void)
{
    struct err err = { 0 }, err2 = { 0 };
    struct output_dir *dir;
    clean();
    for (int commit = 0; commit < 2; commit++) {
        CHECK_OK(output_dir_open(&dir, scratch_path("model//"), &err), &err);
        CHECK_OK(write_tree(output_dir_path(dir), &err), &err);
        CHECK(access(scratch_path("model"), F_OK) != 0 && scratch_count() == 1);
        if (commit)
            CHECK_OK(output_dir_commit(dir, &err), &err);
        output_dir_free(dir);
        CHECK_EQ(scratch_count(), commit);
    }
    CHECK(file_is("model/file", "in a folder") && file_is("model/sub/.hidden", "deeper") && mode_of("model") == 0755);
    dir = NULL;
    CHECK_EQ(output_dir_open(&dir, scratch_path("model"), &err), ERR_IO);
    CHECK(!dir && strstr(err.msg, "model: exists already"));
    CHECK_EQ(output_dir_open(&dir, scratch_path("none/model"), &err2), ERR_IO);
    CHECK(!dir && strstr(err2.msg, "No such file"));
    output_dir_free(NULL);
}

/* Somebody else makes the target while the folder is written: theirs stays. */
static void test_folder_made_meanwhile(void)
{
    struct err err = { 0 };
    struct output_dir *dir;
    clean();
    CHECK_OK(output_dir_open(&dir, scratch_path("model"), &err), &err);
    CHECK_OK(write_tree(output_dir_path(dir), &err), &err);
    CHECK(mkdir(scratch_path("model"), 0700) == 0);
    CHECK_EQ(output_dir_commit(dir, &err), ERR_IO);
    CHECK(strstr(err.msg, "exists already"));
    output_dir_free(dir);
    CHECK(scratch_count() == 1 && mode_of("model") == 0700);
}

static int the_signal;

static void end_by_signal(void)
{
    struct err err = { 0 };
    struct output *out, *more;
    struct output_dir *dir;
    output_catch_signals();
    CHECK_OK(output_open(&out, scratch_path("kept"), true, &err), &err);
    CHECK_OK(output_open(&more, scratch_path("none"), true, &err), &err);
    CHECK_OK(output_dir_open(&dir, scratch_path("folder"), &err), &err);
    CHECK_OK(write_tree(output_dir_path(dir), &err), &err);
    CHECK_OK(output_write(out, "new", 3, &err), &err);
    CHECK_OK(output_flush(out, &err), &err);
    CHECK(scratch_count() == 4);
    pid_t child = fork();
    if (child == 0) {   /* what a child does, its parent's temporaries do not suffer from */
        raise(SIGTERM);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    CHECK(scratch_count() == 4);
    if (check_failures)
        return;
    if (the_signal == SIGPIPE) {
        int ends[2];
        CHECK(pipe(ends) == 0);
        close(ends[0]);
        CHECK(write(ends[1], "x", 1) != 1);
    }
    if (the_signal)
        raise(the_signal);
    exit(0);   /* without output_free */
}

/* 0 stands for exit(3). */
static void test_signals(void)
{
    static const int signals[] = { 0, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGSEGV };
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        clean();
        scratch_write("kept", "old", 3);
        the_signal = signals[i];
        signal(SIGABRT, SIG_DFL);   /* a sanitizer would make a report of it */
        signal(SIGSEGV, SIG_DFL);
        CHECK_EQ(in_child(end_by_signal), the_signal ? 1000 + the_signal : 0);
        CHECK(file_is("kept", "old") && scratch_count() == 1);
    }
}

static void ignored_hangup(void)
{
    signal(SIGHUP, SIG_IGN);   /* nohup */
    signal(SIGPIPE, SIG_IGN);  /* a careless parent */
    output_catch_signals();
    raise(SIGHUP);
    int ends[2];
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    if (write(ends[1], "x", 1) < 0)   /* must end the process */
        _exit(7);
}

static void file_size_limit(void)
{
    struct rlimit limit = { 1000, 1000 };
    struct err err = { 0 };
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    output_catch_signals();
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK_EQ(put(scratch_path("kept"), text, &err), ERR_IO);
    CHECK(strstr(err.msg, "File too large"));
}

static void test_ignored_signals_and_limits(void)
{
    CHECK_EQ(in_child(ignored_hangup), 1000 + SIGPIPE);
    clean();
    scratch_write("kept", "old", 3);
    CHECK_EQ(in_child(file_size_limit), 0);
    CHECK(file_is("kept", "old") && scratch_count() == 1);
}

int main(void)
{
    CHECK_RUN(test_memory);
    CHECK_RUN(test_nothing_shows_before_commit);
    CHECK_RUN(test_without_commit_nothing_changes);
    CHECK_RUN(test_old_mode_is_kept);
    CHECK_RUN(test_pieces_of_any_size);
    CHECK_RUN(test_links_are_followed);
    CHECK_RUN(test_devices_are_written_in_place);
    CHECK_RUN(test_open_descriptors);
    CHECK_RUN(test_fifo);
    CHECK_RUN(test_refusals);
    CHECK_RUN(test_terminal_takes_no_binary);
    CHECK_RUN(test_closed_descriptors);
    CHECK_RUN(test_permissions);
    CHECK_RUN(test_many_at_once);
    CHECK_RUN(test_folder);
    CHECK_RUN(test_folder_made_meanwhile);
    CHECK_RUN(test_signals);
    CHECK_RUN(test_ignored_signals_and_limits);
    scratch_done();
    return check_status();
}
