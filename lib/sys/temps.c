#define _GNU_SOURCE   /* O_DIRECTORY, SYS_getdents64 */
#include "sys/temps.h"

#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FREE, CLAIMED, LIVE };
enum { SUFFIX = 6, DEPTH = 8 };

static struct temp {
    atomic_int state;
    pid_t pid;              /* a forked child must not remove its parent's files */
    char path[PATH_MAX];
} temps[TEMPS_MAX];

/* The user or the system ends the process; it fails by itself (in a library, or a mapped file that shrank).  SIGPIPE is among
 * the first: one that goes to a closed pipe of messages must not leave a file behind. */
static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGXCPU, SIGPIPE };
static const int crash[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
enum { N_FATAL = sizeof fatal / sizeof fatal[0], N_CRASH = sizeof crash / sizeof crash[0] };

/* Everything in the folder fd, which is closed.  Runs in signal handlers: system calls only (readdir allocates). */
static void empty_folder(int fd, int depth)
{
    struct { uint64_t ino; int64_t off; uint16_t bytes; uint8_t type; char name[]; } *entry;
    _Alignas(8) char buf[2048];
    long n;
    while (depth > 0 && (n = syscall(SYS_getdents64, fd, buf, sizeof buf)) > 0) {
        for (long at = 0; at < n; at += entry->bytes) {
            entry = (void *)(buf + at);
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0 || unlinkat(fd, entry->name, 0) == 0)
                continue;
            int sub = openat(fd, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (sub >= 0)
                empty_folder(sub, depth - 1);
            unlinkat(fd, entry->name, AT_REMOVEDIR);
        }
    }
    close(fd);
}

void temps_remove(const char *path)
{
    if (unlink(path) == 0)
        return;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty_folder(fd, DEPTH);
    rmdir(path);
}

void temps_discard(int slot)
{
    temps_remove(temps[slot].path);
    atomic_store(&temps[slot].state, FREE);
}

void temps_discard_all(void)
{
    pid_t me = getpid();
    for (int i = 0; i < TEMPS_MAX; i++)
        if (atomic_load(&temps[i].state) == LIVE && temps[i].pid == me)
            temps_remove(temps[i].path);
}

static void on_fatal(int sig)
{
    temps_discard_all();
    signal(sig, SIG_DFL);
    raise(sig);   /* blocked until the handler returns, then ends the process with the right status */
}

static void on_file_size(int sig)
{
    (void)sig;   /* write(2) then says EFBIG, an error like a full disk */
}

void temps_catch_signals(void)
{
    struct sigaction old, act = { .sa_handler = on_fatal, .sa_flags = SA_RESTART };
    sigfillset(&act.sa_mask);
    for (int i = 0; i < N_FATAL; i++)
        /* What nohup ignores stays ignored; SIGPIPE must end a filter even where a parent ignored it. */
        if (fatal[i] == SIGPIPE || (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN))
            sigaction(fatal[i], &act, NULL);
    for (int i = 0; i < N_CRASH; i++)
        if (sigaction(crash[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)   /* a sanitizer has its own */
            sigaction(crash[i], &act, NULL);
    act.sa_handler = on_file_size;
    sigaction(SIGXFSZ, &act, NULL);
    atexit(temps_discard_all);   /* on failure of this only what dies without cleaning up leaves a file */
}

/* The next name to try: which one does not matter, only that two processes hardly ever meet (O_EXCL decides). */
static void random_suffix(char *at)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static atomic_uint_fast64_t count;
    uint64_t x = clock_ns() ^ ((uint64_t)getpid() << 40) ^ (atomic_fetch_add(&count, 1) << 32);
    for (int i = 0; i < SUFFIX; i++) {
        x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
        at[i] = letters[(x >> 32) % (sizeof letters - 1)];
    }
}

static int create(struct temp *t, const char *target, mode_t mode, int *fd, struct err *err)
{
    const char *slash = strrchr(target, '/');
    int dir_n = slash ? (int)(slash - target) + 1 : 0;
    int n = snprintf(t->path, sizeof t->path, "%.*s.%.*s.", dir_n, target, NAME_MAX - SUFFIX - 2, target + dir_n);
    if (n < 0 || n >= PATH_MAX - SUFFIX) {
        errno = ENAMETOOLONG;
        return err_sys(err, "%s: cannot write", target);
    }
    for (int tries = 0; tries < 100; tries++) {
        random_suffix(t->path + n);
        t->path[n + SUFFIX] = '\0';
        int got = fd ? fd_open(t->path, O_RDWR | O_CREAT | O_EXCL, mode) : mkdir(t->path, mode);
        if (got >= 0) {
            if (fd)
                *fd = got;
            return 0;
        }
        if (errno != EEXIST)
            break;
    }
    return err_sys(err, "%s: cannot create a temporary %s beside it", target, fd ? "file" : "folder");
}

int temps_create(const char *target, mode_t mode, int *slot, int *fd, struct err *err)
{
    int i = 0, free = FREE;
    while (i < TEMPS_MAX && !atomic_compare_exchange_strong(&temps[i].state, &free, CLAIMED)) {
        free = FREE;
        i++;
    }
    if (i == TEMPS_MAX)
        return err_set(err, ERR_IO, "%s: more than %d unfinished outputs at once", target, TEMPS_MAX);
    /* No signal may come between the making and the entry. */
    sigset_t block, before;
    sigemptyset(&block);
    for (int s = 0; s < N_FATAL; s++)
        sigaddset(&block, fatal[s]);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    int rc = create(&temps[i], target, mode, fd, err);
    temps[i].pid = getpid();
    *slot = rc == 0 ? i : -1;
    atomic_store(&temps[i].state, rc == 0 ? LIVE : FREE);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

const char *temps_path(int slot)
{
    return temps[slot].path;
}

/* Another process may have made the target since it was looked at: NOREPLACE, where the file system knows it. */
static int rename_new(const char *path, const char *target)
{
    if (renameat2(AT_FDCWD, path, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL ? rename(path, target) : -1;
}

int temps_publish(int slot, const char *target, bool replace, bool *published, struct err *err)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(target, '/'), *path = temps[slot].path;
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - target) + 1 : 1, slash ? target : ".");
    int fd = fd_open(dir, O_RDONLY | O_DIRECTORY, 0), rc = 0;
    *published = false;
    if (fd < 0 && errno != EACCES)   /* EACCES: a folder that may be written but not read cannot be synced either */
        return err_sys(err, "%s: cannot open its folder", target);
    if ((replace ? rename(path, target) : rename_new(path, target)) != 0) {
        if (!replace && (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR))
            rc = err_set(err, ERR_IO, "%s: exists already, expected the name of a new folder", target);
        else
            rc = err_sys(err, "%s: cannot rename the temporary to it", target);
    } else {
        *published = true;
        atomic_store(&temps[slot].state, FREE);
        if (fd >= 0 && fsync(fd) != 0 && errno != EINVAL)   /* EINVAL: a file system that cannot */
            rc = err_sys(err, "%s: published, but its folder cannot be synced", target);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}
