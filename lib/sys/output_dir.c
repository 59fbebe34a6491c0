#include "base/mem.h"
#include "sys/fd.h"
#include "sys/output.h"
#include "sys/temps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output_dir {
    char *name;
    int slot;   /* of the temporary in temps; -1: none, or published */
};

int output_dir_open(struct output_dir **dir, const char *path, struct err *err)
{
    int rc = 0;
    struct stat st;
    struct output_dir *new;
    size_t n = strlen(path);
    TRY_NEW(new, MEM_NEW(struct output_dir, err));
    new->slot = -1;
    TRY_NEW(new->name, mem_strdup(path, err));
    while (n > 1 && new->name[n - 1] == '/')
        new->name[--n] = '\0';
    if (lstat(new->name, &st) == 0)
        rc = err_set(err, ERR_IO, "%s: exists already, expected the name of a new folder", path);
    else if (errno != ENOENT)
        rc = err_sys(err, "%s: cannot write", path);
    if (rc == 0)
        TRY(temps_create(new->name, 0777, &new->slot, NULL, err));
out:
    if (rc != 0)
        output_dir_free(new);
    else
        *dir = new;
    return rc;
}

const char *output_dir_path(const struct output_dir *dir)
{
    return temps_path(dir->slot);
}

/* fsync a file, or a folder with all in it, and close it. */
static int sync_tree(int fd, const char *name, int depth, struct err *err)
{
    int rc = 0;
    DIR *d = NULL;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || (fsync(fd) != 0 && !(S_ISDIR(st.st_mode) && errno == EINVAL))) {
        rc = err_sys(err, "%s: cannot sync", name);
        goto out;
    }
    if (!S_ISDIR(st.st_mode))
        goto out;
    d = fdopendir(fd);
    if (!d || depth == 0) {
        errno = d ? ELOOP : errno;
        rc = err_sys(err, "%s: cannot read the new folder", name);
        goto out;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            TRY(sync_tree(openat(fd, e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), name, depth - 1, err));
out:
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return rc;
}

int output_dir_commit(struct output_dir *dir, struct err *err)
{
    int rc = 0;
    TRY(sync_tree(fd_open(temps_path(dir->slot), O_RDONLY | O_DIRECTORY, 0), dir->name, 8, err));
    bool published;
    rc = temps_publish(dir->slot, dir->name, false, &published, err);
    if (published)
        dir->slot = -1;
out:
    return rc;
}

void output_dir_free(struct output_dir *dir)
{
    if (!dir)
        return;
    if (dir->slot >= 0)
        temps_discard(dir->slot);
    mem_free(dir->name);
    mem_free(dir);
}
