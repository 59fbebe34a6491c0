#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the handlers need; one child at a time. */
static volatile sig_atomic_t target, first_caught;   /* target: pid, or -group; 0 while there is none */

static void on_end(int sig)
{
    int saved = errno;
    if (target)
        kill((pid_t)target, first_caught ? SIGKILL : SIGTERM);
    first_caught = first_caught ? first_caught : sig;
    errno = saved;
}

static void on_stop(int sig)
{
    int saved = errno;
    (void)sig;
    if (target < 0) {
        kill((pid_t)target, SIGSTOP);
        raise(SIGSTOP);                /* sleeps here until SIGCONT */
        kill((pid_t)target, SIGCONT);
    } else {
        raise(SIGSTOP);                /* the child is in our group and got its own */
    }
    errno = saved;
}

static void on_tick(int sig) { (void)sig; }

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGALRM};
enum { N_SIGNALS = sizeof signals / sizeof *signals };

static void catch_signals(struct sigaction *old)
{
    for (int i = 0; i < N_SIGNALS; i++) {
        struct sigaction act = {.sa_handler = i < 3 ? on_end : i == 3 ? on_stop : on_tick};
        sigemptyset(&act.sa_mask);
        sigaction(signals[i], NULL, &old[i]);
        if (old[i].sa_handler != SIG_IGN || i == 4)   /* under nohup SIGHUP stays ignored */
            sigaction(signals[i], &act, NULL);
    }
}

/* A copy of a descriptor that is out of the way of 0 to 3. */
static int move_up(int fd)
{
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);
}

static _Noreturn void become(const struct child *c, pid_t parent, int report)
{
    int from[] = {move_up(c->fd_in), move_up(c->fd_out), move_up(c->fd_err), move_up(c->fd_extra)};
    report = move_up(report);
    if (c->own_group)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(4);
    if (c->fd_drop >= 0)
        close(c->fd_drop);
    for (int i = 0; i < 4; i++)
        if (from[i] >= 0)
            dup2(from[i], i);
        else if (i == 3)
            close(i);
    execvp(c->argv[0], (char *const *)(unsigned long)c->argv);
    int failed = errno;
    if (write(report, &failed, sizeof failed) < 0)
        _exit(4);
    _exit(4);
}

static int wait_for(pid_t pid, const struct child *c)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        if (c->tick && !first_caught)
            c->tick(c->ctx);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int child_run(const struct child *c, int *status, int *caught, struct err *err)
{
    struct sigaction old[N_SIGNALS];
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    const struct itimerval second = {{1, 0}, {1, 0}}, never = {{0, 0}, {0, 0}};
    sigset_t all, before;
    int report[2], failed = 0;
    pid_t self = getpid();
    if (pipe(report) != 0)
        return err_sys(err, "%s: a pipe", c->argv[0]);
    fcntl(report[0], F_SETFD, FD_CLOEXEC);
    fcntl(report[1], F_SETFD, FD_CLOEXEC);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);            /* no signal may fall between fork and target */
    first_caught = 0;
    catch_signals(old);
    signal(SIGCHLD, SIG_DFL);                         /* ignored, it would take the status away */
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < N_SIGNALS; i++)           /* what we ignore, it ignores too */
            sigaction(signals[i], old[i].sa_handler == SIG_IGN ? &old[i] : &plain, NULL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        become(c, self, report[1]);
    }
    if (pid > 0 && c->own_group)
        setpgid(pid, pid);
    target = pid < 0 ? 0 : c->own_group ? -pid : pid;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    int rc = pid < 0 ? err_sys(err, "%s: fork", c->argv[0]) : 0;
    if (pid > 0) {
        ssize_t got;
        while ((got = read(report[0], &failed, sizeof failed)) < 0 && errno == EINTR)
            ;
        if (c->tick)
            setitimer(ITIMER_REAL, &second, NULL);
        *status = wait_for(pid, c);
        setitimer(ITIMER_REAL, &never, NULL);
        if (got == (ssize_t)sizeof failed) {
            errno = failed;
            rc = err_sys(err, "%s", c->argv[0]);
        }
    }
    close(report[0]);
    target = 0;
    *caught = first_caught;
    for (int i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
    return rc;
}
