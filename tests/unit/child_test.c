#include "check.h"
#include "scratch.h"

#include "sys/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static struct err err;

static struct child plain(const char *const *argv)
{
    return (struct child){.argv = argv, .fd_in = -1, .fd_out = -1, .fd_err = -1, .fd_extra = -1, .fd_drop = -1};
}

static int run(const char *script, bool own_group, int *caught)
{
    const char *const argv[] = {"bash", "-c", script, NULL};
    int status = -1;
    struct child c = plain(argv);
    c.own_group = own_group;
    CHECK_OK(child_run(&c, &status, caught, &err), &err);
    return status;
}

static void statuses(void)
{
    int caught;
    CHECK_EQ(run("exit 0", false, &caught), 0);
    CHECK_EQ(run("exit 7", true, &caught), 7);
    CHECK_EQ(run("kill -9 $$", true, &caught), 128 + 9);
    CHECK_EQ(caught, 0);
}

static void a_program_that_is_not_there(void)
{
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    int status, caught;
    struct child c = plain(argv);
    CHECK_EQ(child_run(&c, &status, &caught, &err), ERR_IO);
    CHECK(strstr(err.msg, "no-such-program-anywhere: No such file"));
    err = (struct err){0};
}

static void descriptors(void)
{
    static const char script[] = "cat; echo err >&2; echo extra >&3; echo dropped 2> /dev/null >&\"$0\"";
    const char *const argv[] = {"bash", "-c", script, "20", NULL};
    int status, caught;
    size_t n;
    int in = open(scratch_write("in", "from in\n", 8), O_RDONLY | O_CLOEXEC);
    int out = open(scratch_path("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int extra = open(scratch_path("extra"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    int lock = dup2(extra, 20);
    struct child c = {.argv = argv, .fd_in = in, .fd_out = out, .fd_err = out, .fd_extra = extra, .fd_drop = lock};
    CHECK_OK(child_run(&c, &status, &caught, &err), &err);
    CHECK_EQ(status, 1);
    char *text = scratch_read("out", &n);
    CHECK_STR(text, "from in\nerr\n");
    free(text);
    text = scratch_read("extra", &n);
    CHECK_STR(text, "extra\n");
    free(text);
    close(in);
    close(out);
    close(extra);
    close(lock);
}

/* A signal to us ends the child, all of its group, and then we are told. */
static void signals_are_passed_on(void)
{
    char script[300];
    int caught, status;
    int mine = getpid() % 1000;
    snprintf(script, sizeof script, "sleep 31.%d | sleep 31.%d & kill -TERM %d; wait", mine, mine, getpid());
    status = run(script, true, &caught);
    CHECK_EQ(caught, SIGTERM);
    CHECK_EQ(status, 128 + SIGTERM);
    snprintf(script, sizeof script, "pgrep -f 'sleep 31[.]%d' > /dev/null", mine);
    CHECK_EQ(run(script, false, &caught), 1);
    snprintf(script, sizeof script, "trap '' TERM; kill -TERM %d; sleep 0.5; kill -INT %d; sleep 30", getpid(), getpid());
    CHECK_EQ(run(script, true, &caught), 128 + SIGKILL);      /* the second one is not to be ignored */
    CHECK_EQ(caught, SIGTERM);
    struct sigaction now;
    sigaction(SIGTERM, NULL, &now);
    CHECK(now.sa_handler == SIG_DFL);                         /* ours again */
}

static int ticks;
static void tick(void *ctx) { ticks += *(int *)ctx; }

static void ticks_come_meanwhile(void)
{
    const char *const argv[] = {"sleep", "1.1", NULL};
    int status, caught, by = 1;
    struct child c = plain(argv);
    c.tick = tick;
    c.ctx = &by;
    CHECK_OK(child_run(&c, &status, &caught, &err), &err);
    CHECK(ticks >= 1 && status == 0);
}

int main(void)
{
    CHECK_RUN(statuses);
    CHECK_RUN(a_program_that_is_not_there);
    CHECK_RUN(descriptors);
    CHECK_RUN(signals_are_passed_on);
    CHECK_RUN(ticks_come_meanwhile);
    scratch_done();
    return check_status();
}
