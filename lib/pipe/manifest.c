#include "pipe/manifest.h"
#include "base/mem.h"
#include "pipe/contents.h"
#include "sys/fd.h"
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool manifest_is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Where a program is: the build's own folder, then PATH.  Empty where it is in neither (bash will say so). */
static int find_program(struct buf *path, const char *bin, const char *name, struct err *err)
{
    const char *from = getenv("PATH");
    int rc;
    buf_clear(path);
    TRY(buf_printf(path, err, "%s/%s", bin, name));
    while (!manifest_is_program(path->p)) {
        buf_clear(path);
        if (!from || !*from)
            break;
        size_t n = strcspn(from, ":");
        TRY(buf_printf(path, err, "%.*s/%s", n ? (int)n : 1, n ? from : ".", name));
        from += n + (from[n] == ':');
    }
out:
    return rc;
}

static int put_file(struct buf *b, const char *kind, const struct job_file *f, struct err *err)
{
    struct digest_hex digest;
    struct stat st;
    if (stat(f->path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return buf_printf(b, err, "%s %s missing\n", kind, f->name);
    int rc = contents_digest(f->path, "digests", &digest, err);
    return rc ? rc : buf_printf(b, err, "%s %s %s\n", kind, f->name, digest.hex);
}

int manifest_causes(struct buf *b, const struct job *job, const char *bin, struct err *err)
{
    struct buf path = {0};
    int rc;
    TRY(buf_printf(b, err, "pipe-run manifest 1\ncommand %s\n", job->command));
    for (size_t i = 0; i < job->n_programs; i++) {
        TRY(find_program(&path, bin, job->programs[i], err));
        if (path.n)
            TRY(put_file(b, "program", &(struct job_file){job->programs[i], path.p}, err));
    }
    for (size_t i = 0; i < job->n_in; i++)
        TRY(put_file(b, "in", &job->in[i], err));
out:
    buf_done(&path);
    return rc;
}

static int put_all(struct buf *b, const struct job *job, const struct buf *causes, struct err *err)
{
    int rc = buf_put(b, causes->p, causes->n, err);
    for (size_t i = 0; i < job->n_out && !rc; i++)
        rc = put_file(b, "out", &job->out[i], err);
    return rc ? rc : buf_puts(b, "end\n", err);
}

/* Does the file hold exactly these bytes?  A file that cannot be read does not. */
static int holds(const char *path, const struct buf *want, bool *same, struct err *err)
{
    char *bytes = NULL;
    int rc = 0, fd = fd_open(path, O_RDONLY, 0);
    *same = false;
    if (fd < 0)
        return 0;
    TRY_NEW(bytes, MEM_ARRAY(char, want->n + 1, err));
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n <= want->n; n += got > 0 ? (size_t)got : 0)
        got = fd_read(fd, bytes + n, want->n + 1 - n);
    *same = n == want->n && memcmp(bytes, want->p, n) == 0;
out:
    close(fd);
    mem_free(bytes);
    return rc;
}

int manifest_holds(const struct job *job, const struct buf *causes, bool *current, struct err *err)
{
    struct buf now = {0}, path = {0};
    struct err ignored = {0};
    int rc;
    *current = false;
    TRY(buf_printf(&path, err, "manifests/%s", job->id));
    if (put_all(&now, job, causes, &ignored) == 0)       /* an output that cannot be read is one to be made anew */
        rc = holds(path.p, &now, current, err);
out:
    buf_done(&now);
    buf_done(&path);
    return rc;
}

int manifest_write(const struct job *job, const struct buf *causes, struct err *err)
{
    struct buf text = {0}, path = {0};
    struct output *out = NULL;
    int rc;
    TRY(put_all(&text, job, causes, err));
    TRY(buf_printf(&path, err, "manifests/%s", job->id));
    TRY(output_open(&out, path.p, false, err));
    TRY(output_write(out, text.p, text.n, err));
    rc = output_commit(out, err);
out:
    output_free(out);
    buf_done(&text);
    buf_done(&path);
    return rc;
}
