#define _GNU_SOURCE   /* mremap */
#include "sys/mapfile.h"

#include "base/num.h"
#include "sys/fd.h"
#include "sys/input.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20 };

static _Alignas(64) const unsigned char nothing[64];   /* what an empty file points to */

/* Anonymous memory on a 2 MB boundary: n is rounded up to pages, the excess given back. */
static unsigned char *take(size_t n)
{
    unsigned char *p = n <= SIZE_MAX / 2
        ? mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
    if (p == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)p % HUGE_PAGE);
    if (before)
        munmap(p, before);
    p += before;
    munmap(p + n, HUGE_PAGE - before);
    madvise(p, n, MADV_HUGEPAGE);   /* a hint: refusal changes speed only */
    return p;
}

static size_t page_round(size_t n)
{
    return num_round_up(n, (size_t)sysconf(_SC_PAGESIZE));
}

/* Read all of the input.  Where its size is not known the memory doubles by mremap, which moves pages and copies nothing. */
int mapfile_read(struct mapfile *m, struct input *in, struct err *err)
{
    int rc = 0;
    uint64_t left = input_left(in);
    size_t cap = left < SIZE_MAX / 2 ? page_round((size_t)left + 1) : HUGE_PAGE, n = 0, got;
    unsigned char *p = take(cap);
    if (!p)
        return err_set(err, ERR_NOMEM, "%s: out of memory: %zu bytes", input_name(in), cap);
    for (;;) {
        TRY(input_read(in, p + n, cap - n, &got, err));
        n += got;
        if (n < cap)
            break;
        void *grown = cap <= SIZE_MAX / 4 ? mremap(p, cap, cap * 2, MREMAP_MAYMOVE) : MAP_FAILED;
        if (grown == MAP_FAILED) {
            rc = err_set(err, ERR_NOMEM, "%s: out of memory: %zu bytes", input_name(in), cap);
            goto out;
        }
        p = grown;
        cap *= 2;
    }
    size_t keep = page_round(n);
    if (keep < cap)
        munmap(p + keep, cap - keep);
    *m = (struct mapfile){ .p = n ? p : nothing, .n = n };
    return 0;
out:
    munmap(p, cap);
    return rc;
}

static int map(struct mapfile *m, const char *path, size_t n, struct err *err)
{
    int fd = fd_open(path, O_RDONLY, 0), rc = 0;
    struct stat st;
    void *p = fd < 0 || fstat(fd, &st) != 0 ? MAP_FAILED : mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        rc = err_sys(err, "%s: cannot map into memory", path);
    } else if ((size_t)st.st_size != n) {   /* replaced since it was looked at; a mapping past its end would be fatal */
        rc = err_set(err, ERR_IO, "%s: was changed while it was opened", path);
        munmap(p, n);
    } else {
        *m = (struct mapfile){ .p = p, .n = n, .mapped = 1 };
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

int mapfile_open(struct mapfile *m, const char *path, enum mapfile_load load, struct err *err)
{
    struct input *in = NULL;
    int rc = input_open(&in, path, err);
    if (rc != 0)
        return rc;
    uint64_t n = input_left(in);   /* known for plain regular files only */
    if (load == MAPFILE_COPY || n == UINT64_MAX || n == 0 || strcmp(path, "-") == 0)
        rc = mapfile_read(m, in, err);
    else
        rc = map(m, path, (size_t)n, err);
    input_close(in);
    return rc;
}

void mapfile_close(struct mapfile *m)
{
    if (m->n)
        munmap((void *)(uintptr_t)m->p, m->n);
    *m = (struct mapfile){ 0 };
}
