/* scratch - a folder of its own for a unit test, and whole files in it.  Failures end the test program: they are not its
 * subject. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_dir[PATH_MAX / 2];

static inline void scratch_die(const char *what)
{
    perror(what);
    exit(99);
}

/* For thousands of small files: use memory where the system has a folder for that.  Before the first path. */
static inline void scratch_in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 0);
}

static inline void scratch_done(void)
{
    char cmd[PATH_MAX];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", scratch_dir);
    if (scratch_dir[0] && system(cmd) != 0)
        scratch_die(cmd);
    scratch_dir[0] = '\0';
}

/* The path of a file in the folder; up to 4 such paths are valid at a time.  The first call makes the folder. */
static inline const char *scratch_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static int turn;
    const char *tmp = getenv("TMPDIR");
    if (!scratch_dir[0]) {
        snprintf(scratch_dir, sizeof scratch_dir, "%s/vecpipe-unit.XXXXXX", tmp ? tmp : "/tmp");
        if (!mkdtemp(scratch_dir))
            scratch_die(scratch_dir);
    }
    char *path = paths[turn++ % 4];
    snprintf(path, PATH_MAX, "%s/%s", scratch_dir, name);
    return path;
}

static inline const char *scratch_write(const char *name, const void *bytes, size_t n)
{
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        scratch_die(path);
    return path;
}

/* The content with a NUL behind it, to free; NULL where there is no such file. */
static inline char *scratch_read(const char *name, size_t *n)
{
    FILE *f = fopen(scratch_path(name), "rb");
    size_t cap = 1 << 24;
    char *p = f ? malloc(cap) : NULL;
    *n = p ? fread(p, 1, cap - 1, f) : 0;
    if (p)
        p[*n] = '\0';
    if (f)
        fclose(f);
    return p;
}

/* How many entries the folder has, names with a leading dot included: temporaries left behind show up here. */
static inline int scratch_count(void)
{
    int n = -2;   /* . and .. */
    DIR *d = opendir(scratch_path("."));
    if (!d)
        scratch_die(scratch_dir);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

#endif
