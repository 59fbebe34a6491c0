/* What is right: files against what is known of them, and the note of a fetched folder. */
#include "nn/modelget_inside.h"
#include "base/buf.h"
#include "base/mem.h"
#include "nn/jsonmember.h"
#include "sys/output.h"
#include "sys/sha.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool modelget_is_weights(const char *name)
{
    return strcmp(name, "model.safetensors") == 0 || strcmp(name, "pytorch_model.bin") == 0;
}

bool modelget_has(const struct modelget *g, const char *name)
{
    for (size_t i = 0; i < g->n_got; i++)
        if (strcmp(g->got[i].file->name, name) == 0)
            return true;
    return false;
}

/* The SHA-256 and the size that a file must have, NULL and 0 where they are not known. */
static const char *expected(const struct modelget *g, const struct modeltable_file *f, uint64_t *bytes)
{
    bool pinned = g->model && !g->o->revision;
    bool asked = g->o->sha256 && modelget_is_weights(f->name);
    *bytes = pinned && !asked ? f->bytes : 0;
    return asked ? g->o->sha256 : pinned ? f->sha256 : NULL;
}

static void take(struct modelget *g, const struct modeltable_file *f, const char *sha256, uint64_t bytes)
{
    struct modelget_file *got = &g->got[g->n_got++];
    *got = (struct modelget_file){.file = f, .bytes = bytes};
    snprintf(got->sha256, sizeof got->sha256, "%s", sha256);
}

int modelget_skip(struct modelget *g, const struct modeltable_file *f, bool *skip, struct err *err)
{
    char path[MODELGET_PATH];
    struct sha_text sha;
    uint64_t bytes, want_bytes;
    const char *want = expected(g, f, &want_bytes);
    *skip = modelget_has(g, f->name) || (f->optional && modelget_is_weights(f->name) && modelget_has(g, "model.safetensors"));
    int rc = *skip ? 0 : modelget_path(g, path, f->name, "", err);
    if (rc || *skip || access(path, F_OK) != 0)
        return rc;
    if (want && sha_file(path, SHA_256, &sha, &bytes, NULL) == 0 && strcmp(sha.hex, want) == 0) {
        take(g, f, want, bytes);
        *skip = true;
        return 0;
    }
    return unlink(path) == 0 ? 0 : err_sys(err, "%s: cannot remove it", path);
}

/* part/name is another file than was wanted: it goes. */
static int refuse(const char *path, const char *name, const char *what, const char *has, const char *want, struct err *err)
{
    unlink(path);
    return err_set(err, ERR_DATA, "%s: %s %s, expected %s", name, what, has, want);
}

int modelget_hold(const char *path, const char *name, const char *sha256, struct err *err)
{
    struct sha_text sha;
    uint64_t bytes;
    int rc = sha_file(path, SHA_256, &sha, &bytes, err);
    return rc || strcmp(sha.hex, sha256) == 0 ? rc : refuse(path, name, "SHA-256", sha.hex, sha256, err);
}

int modelget_accept(struct modelget *g, const struct modeltable_file *f, struct modelget_word word, struct err *err)
{
    int rc = 0;
    char part[MODELGET_PATH], path[MODELGET_PATH], has[32], wants[32];
    struct sha_text sha, blob;
    uint64_t bytes = 0, want_bytes;
    const char *want = expected(g, f, &want_bytes);
    if (!want && *word.sha256)
        want = word.sha256;
    TRY(modelget_path(g, part, f->name, ".part", err));
    TRY(modelget_path(g, path, f->name, "", err));
    TRY(sha_file(part, SHA_256, &sha, &bytes, err));
    snprintf(has, sizeof has, "%llu", (unsigned long long)bytes);
    snprintf(wants, sizeof wants, "%llu", (unsigned long long)want_bytes);
    if (want_bytes && want_bytes != bytes)
        return refuse(part, f->name, "bytes", has, wants, err);
    if (want && strcmp(want, sha.hex) != 0)
        return refuse(part, f->name, "SHA-256", sha.hex, want, err);
    if (!want && *word.blob) {
        TRY(sha_file(part, SHA_GIT_BLOB, &blob, &bytes, err));
        if (strcmp(blob.hex, word.blob) != 0)
            return refuse(part, f->name, "git blob", blob.hex, word.blob, err);
    }
    if (!want && !*word.blob && !g->o->unverified) {
        unlink(part);
        return err_set(err, ERR_DATA, "%s: no SHA-256 of it is known, its bytes have %s: --unverified takes them",
                       f->name, sha.hex);
    }
    if (rename(part, path) != 0)
        TRY(err_sys(err, "%s: cannot rename it", part));
    take(g, f, sha.hex, bytes);
    modelget_say(g, "%s: %llu bytes, %s", f->name, (unsigned long long)bytes,
                 want ? "SHA-256 verified" : *word.blob ? "verified by the hub's name of it" : "not verified");
out:
    return rc;
}

struct note {
    const struct modelget *g;
    struct buf text;
    int rc;                     /* of the first put that failed */
    struct err *err;
};

static int put(const char *bytes, size_t n, void *ctx)
{
    struct note *note = ctx;
    if (note->rc == 0)
        note->rc = buf_put(&note->text, bytes, n, note->err);
    return note->rc;
}

/* Under jsonguard: jansson's values live and die in here. */
static int make_note(void *ctx, struct err *err)
{
    struct note *note = ctx;
    const struct modelget *g = note->g;
    int rc = 0;
    json_t *files = json_object();
    for (size_t i = 0; i < g->n_got; i++)
        rc |= json_object_set_new(files, g->got[i].file->name, json_string(g->got[i].sha256));
    json_t *root = json_pack("{s:s, s:s, s:s*, s:o}", "model", g->o->name, "source", g->source, "revision",
                             *g->revision ? g->revision : NULL, "files", files);
    note->err = err;
    if (rc != 0 || !root || json_dump_callback(root, put, note, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0)
        rc = note->rc ? note->rc : err_set(err, ERR_DATA, "the source '%s' is no UTF-8", g->source);
    json_decref(root);
    return rc ? rc : buf_puts(&note->text, "\n", err);
}

int modelget_note(const struct modelget *g, struct err *err)
{
    int rc = 0;
    char path[MODELGET_PATH];
    struct output *out = NULL;
    struct note note = {.g = g};
    TRY(jsonguard_run(make_note, &note, err));
    TRY(modelget_path(g, path, "model-get.json", "", err));
    TRY(output_open(&out, path, false, err));
    TRY(output_write(out, note.text.p, note.text.n, err));
    TRY(output_commit(out, err));
out:
    output_free(out);
    buf_done(&note.text);
    return rc;
}

static int check_again(const char *dir, const char *name, const char *want, struct modelget_result *r, struct err *err)
{
    char path[MODELGET_PATH];
    struct sha_text sha;
    uint64_t bytes;
    int rc = 0;
    if (*name == '/' || strstr(name, "..") || !want)
        return err_set(err, ERR_DATA, "%s/model-get.json: \"files\": no name and SHA-256 of a file of the folder", dir);
    TRY(model_path(path, sizeof path, dir, name, err));
    TRY(sha_file(path, SHA_256, &sha, &bytes, err));
    if (strcmp(sha.hex, want) != 0)
        TRY(err_set(err, ERR_DATA, "%s: SHA-256 %s, expected %s as it was fetched; remove the folder to fetch it again", path,
                    sha.hex, want));
    r->bytes += bytes;
    if (modelget_is_weights(name))
        memcpy(r->sha256, sha.hex, sizeof r->sha256);
out:
    return rc;
}

int modelget_again(const struct modelget_options *o, struct modelget_result *r, struct err *err)
{
    int rc = 0;
    char path[MODELGET_PATH];
    json_t *note = NULL;
    TRY(model_path(path, sizeof path, o->target, "model-get.json", err));
    if (access(path, F_OK) != 0)
        TRY(err_set(err, ERR_IO, "%s: exists already, and was not made by model-get", o->target));
    TRY(jsonmember_read(&note, path, JSON_OBJECT, false, err));
    const char *name, *model = json_string_value(json_object_get(note, "model"));
    json_t *files = json_object_get(note, "files"), *sha256;
    if (!model || strcmp(model, o->name) != 0)
        TRY(err_set(err, ERR_IO, "%s: exists already, and is the model '%.100s'", o->target, model ? model : ""));
    json_object_foreach(files, name, sha256)
        TRY(check_again(o->target, name, json_string_value(sha256), r, err));
    if (!*r->sha256)
        TRY(err_set(err, ERR_DATA, "%s: \"files\": no weights among them", path));
    if (o->sha256 && strcmp(o->sha256, r->sha256) != 0)
        TRY(err_set(err, ERR_DATA, "%s: weights of SHA-256 %s, expected %s", o->target, r->sha256, o->sha256));
    r->was_there = true;
out:
    json_decref(note);
    return rc;
}
