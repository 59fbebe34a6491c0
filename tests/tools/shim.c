/* shim - make one system call or allocation of a program fail.
 *
 * Preloaded into a program (`LD_PRELOAD=shim.so VECPIPE_FAIL=write:3:ENOSPC program ...`; built with -DSHIM_PRELOAD), or
 * #included in a C test that is linked with --wrap (see Makefile) and calls shim_set("write:3:ENOSPC") itself.  The plan is
 * CALL:N:HOW:
 *
 *   CALL  read, write, open, close, fsync, rename (renameat2 too), mkdir, mmap, malloc (every allocation), pthread_create
 *   N     the N-th such call, from 1; N+ is this one and all that follow
 *   HOW   a name of an error (EIO, ENOSPC ...), `short` (read and write do a single byte), or a signal (KILL, TERM) that is
 *         raised before the call
 *
 * When it strikes it makes the file that VECPIPE_FAIL_MARK names, so that a loop over N knows when it has passed the last call.
 * System calls are made directly; only allocations and pthread_create go on to what they replace. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum shim_how { SHIM_ERROR, SHIM_SHORT, SHIM_SIGNAL };

static struct {
    char call[24];
    long n;
    int onwards, value;     /* value: the errno or signal */
    enum shim_how how;
    atomic_long count;
    atomic_int fired;
} shim;

static const struct { const char *name; int value; enum shim_how how; } shim_words[] = {
    { "EIO", EIO, SHIM_ERROR },       { "ENOSPC", ENOSPC, SHIM_ERROR }, { "EDQUOT", EDQUOT, SHIM_ERROR },
    { "EINTR", EINTR, SHIM_ERROR },   { "EAGAIN", EAGAIN, SHIM_ERROR }, { "ENOMEM", ENOMEM, SHIM_ERROR },
    { "EACCES", EACCES, SHIM_ERROR }, { "EMFILE", EMFILE, SHIM_ERROR }, { "EINVAL", EINVAL, SHIM_ERROR },
    { "short", 0, SHIM_SHORT },       { "KILL", SIGKILL, SHIM_SIGNAL }, { "TERM", SIGTERM, SHIM_SIGNAL },
};

/* An empty plan lets everything pass. */
static void shim_set(const char *plan)
{
    const char *colon = strchr(plan, ':'), *how;
    char *end;
    shim.call[0] = '\0';
    atomic_store(&shim.count, 0);
    atomic_store(&shim.fired, 0);
    if (!colon || (size_t)(colon - plan) >= sizeof shim.call)
        return;
    shim.n = strtol(colon + 1, &end, 10);
    shim.onwards = *end == '+';
    how = end + shim.onwards + 1;
    for (size_t i = 0; i < sizeof shim_words / sizeof shim_words[0]; i++)
        if (strcmp(how, shim_words[i].name) == 0) {
            shim.how = shim_words[i].how;
            shim.value = shim_words[i].value;
            memcpy(shim.call, plan, (size_t)(colon - plan));
            shim.call[colon - plan] = '\0';
            return;
        }
    static const char message[] = "shim: VECPIPE_FAIL: unknown way to fail\n";
    syscall(SYS_write, 2, message, sizeof message - 1);
    _exit(99);
}

/* Is this call to fail, with errno set?  A short one (`short`) is left to the caller. */
static int shim_strikes(const char *call)
{
    /* The empty plan first: a sanitizer makes folders for its reports before its own strcmp works. */
    if (!shim.call[0] || strcmp(call, shim.call) != 0)
        return 0;
    long count = atomic_fetch_add(&shim.count, 1) + 1;
    if (count != shim.n && !(shim.onwards && count > shim.n))
        return 0;
    if (atomic_exchange(&shim.fired, 1) == 0) {
        const char *mark = getenv("VECPIPE_FAIL_MARK");
        if (mark)
            syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, mark, O_CREAT | O_WRONLY, 0600));
    }
    if (shim.how == SHIM_SIGNAL) {
        syscall(SYS_kill, getpid(), shim.value);
        return 0;
    }
    errno = shim.value;
    return 1;
}

static size_t shim_length(const char *call, size_t n, int *fails)
{
    *fails = n > 0 && shim_strikes(call);
    if (*fails && shim.how == SHIM_SHORT) {
        *fails = 0;
        return 1;
    }
    return n;
}

typedef void *shim_malloc(size_t);
typedef void *shim_calloc(size_t, size_t);
typedef void *shim_realloc(void *, size_t);
typedef int shim_posix_memalign(void **, size_t, size_t);
typedef int shim_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

#ifdef SHIM_PRELOAD
#define SHIM(name) name
#else
#define SHIM(name) __wrap_##name
shim_malloc __real_malloc, __wrap_malloc;
shim_calloc __real_calloc, __wrap_calloc;
shim_realloc __real_realloc, __wrap_realloc;
shim_posix_memalign __real_posix_memalign, __wrap_posix_memalign;
shim_pthread_create __real_pthread_create, __wrap_pthread_create;
ssize_t __wrap_read(int, void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
int __wrap_open(const char *, int, ...);
int __wrap_close(int);
int __wrap_fsync(int);
int __wrap_rename(const char *, const char *);
int __wrap_renameat2(int, const char *, int, const char *, unsigned);
int __wrap_mkdir(const char *, mode_t);
void *__wrap_mmap(void *, size_t, int, int, int, off_t);
#endif

ssize_t SHIM(read)(int fd, void *dst, size_t n)
{
    int fails;
    n = shim_length("read", n, &fails);
    return fails ? -1 : syscall(SYS_read, fd, dst, n);
}

ssize_t SHIM(write)(int fd, const void *p, size_t n)
{
    int fails;
    n = shim_length("write", n, &fails);
    return fails ? -1 : syscall(SYS_write, fd, p, n);
}

int SHIM(open)(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    int mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, int) : 0;
    va_end(ap);
    return shim_strikes("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* As Linux does it: the descriptor is gone also where close fails. */
int SHIM(close)(int fd)
{
    int fails = shim_strikes("close"), saved = errno;
    int rc = (int)syscall(SYS_close, fd);
    if (!fails)
        return rc;
    errno = saved;
    return -1;
}

/* Without the wait for the disk, which nothing here could tell from the real one and which takes most of a test's time. */
int SHIM(fsync)(int fd)
{
    return shim_strikes("fsync") ? -1 : fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int SHIM(rename)(const char *from, const char *to)
{
    return shim_strikes("rename") ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int SHIM(renameat2)(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    return shim_strikes("rename") ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int SHIM(mkdir)(const char *path, mode_t mode)
{
    return shim_strikes("mkdir") ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

void *SHIM(mmap)(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
    return shim_strikes("mmap") ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

#ifdef SHIM_PRELOAD

/* The function that ours shadows, looked up once. */
#define SHIM_REAL(type, name) \
    static _Atomic(shim_##type *) found; \
    shim_##type *real = atomic_load(&found); \
    if (!real) { \
        *(void **)&real = dlsym(RTLD_NEXT, name); \
        atomic_store(&found, real); \
    }

#else

#define SHIM_REAL(type, name) shim_##type *real = __real_##type;

#endif

void *SHIM(malloc)(size_t n)
{
    SHIM_REAL(malloc, "malloc")
    return shim_strikes("malloc") ? NULL : real(n);
}

void *SHIM(calloc)(size_t n, size_t size)
{
    SHIM_REAL(calloc, "calloc")
    return shim_strikes("malloc") ? NULL : real(n, size);
}

void *SHIM(realloc)(void *p, size_t n)
{
    SHIM_REAL(realloc, "realloc")
    return shim_strikes("malloc") ? NULL : real(p, n);
}

int SHIM(posix_memalign)(void **p, size_t align, size_t n)
{
    SHIM_REAL(posix_memalign, "posix_memalign")
    return shim_strikes("malloc") ? ENOMEM : real(p, align, n);
}

int SHIM(pthread_create)(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
    SHIM_REAL(pthread_create, "pthread_create")
    return shim_strikes("pthread_create") ? errno : real(thread, attr, fn, arg);
}

#ifdef SHIM_PRELOAD
__attribute__((constructor)) static void shim_start(void)
{
    const char *plan = getenv("VECPIPE_FAIL");
    if (plan)
        shim_set(plan);
}
#endif
