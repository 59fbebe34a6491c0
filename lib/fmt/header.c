#include "fmt/header.h"
#include "base/mem.h"
#include "base/num.h"

#include <string.h>

static const struct { const char *name; size_t bytes; } types[] = {
    [COLUMN_F32] = {"f32", 4}, [COLUMN_F16] = {"f16", 2}, [COLUMN_BF16] = {"bf16", 2}, [COLUMN_F64] = {"f64", 8},
    [COLUMN_I8] = {"i8", 1},   [COLUMN_U8] = {"u8", 1},   [COLUMN_U16] = {"u16", 2},   [COLUMN_U32] = {"u32", 4},
    [COLUMN_U64] = {"u64", 8}, [COLUMN_I32] = {"i32", 4}, [COLUMN_I64] = {"i64", 8},   [COLUMN_STR] = {"str", 1},
};
enum { N_TYPES = sizeof types / sizeof types[0] };

size_t column_type_bytes(enum column_type type)
{
    return types[type].bytes;
}

const char *column_type_name(enum column_type type)
{
    return types[type].name;
}

int column_type_parse(const char *name)
{
    for (int i = 0; i < N_TYPES; i++)
        if (strcmp(name, types[i].name) == 0)
            return i;
    return -1;
}

int header_check_name(const char *what, const char *name, struct err *err)
{
    size_t n = strlen(name);
    bool good = n >= 1 && n <= HEADER_MAX_NAME && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; good && i < n; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || strchr("_.-", name[i]);
    if (good)
        return 0;
    return err_set(err, ERR_DATA,
                   "\"%.80s\" is no name of a %s: expected a-z first, then a-z, 0-9, '_', '.', '-', at most %d in all", name,
                   what, HEADER_MAX_NAME);
}

int header_set_kind(struct header *h, const char *kind, struct err *err)
{
    int rc = header_check_name("kind", kind, err);
    if (rc == 0)
        memcpy(h->kind, kind, strlen(kind) + 1);
    return rc;
}

int header_add_column(struct header *h, const char *name, enum column_type type, uint32_t shape, struct err *err)
{
    int rc = header_check_name("column", name, err);
    if (rc)
        return rc;
    if (header_column(h, name) >= 0)
        return err_set(err, ERR_DATA, "column %s stands twice", name);
    if (h->n_columns == HEADER_MAX_COLUMNS)
        return err_set(err, ERR_LIMIT, "more than %d columns", HEADER_MAX_COLUMNS);
    if (shape > HEADER_MAX_SHAPE)
        return err_set(err, ERR_LIMIT, "column %s: shape %u is above the limit of %d", name, shape, HEADER_MAX_SHAPE);
    if (type == COLUMN_STR && shape > 1)
        return err_set(err, ERR_DATA, "column %s: str has the shape 1 or *, not %u", name, shape);
    if ((rc = mem_reserve(&h->columns, &h->cap_columns, h->n_columns + 1, sizeof *h->columns, err)) != 0)
        return rc;
    struct column *c = &h->columns[h->n_columns++];
    *c = (struct column){.type = type, .shape = shape};
    memcpy(c->name, name, strlen(name) + 1);
    return 0;
}

int header_set_meta(struct header *h, const char *key, const char *value, struct err *err)
{
    int rc = header_check_name("meta key", key, err);
    if (rc)
        return rc;
    size_t at = 0;
    while (at < h->n_metas && strcmp(h->metas[at].key, key) < 0)
        at++;
    bool there = at < h->n_metas && strcmp(h->metas[at].key, key) == 0;
    char *copy = NULL;
    if (value && !(copy = mem_strdup(value, err)))
        return ERR_NOMEM;
    if (there) {
        mem_free(h->metas[at].value);
        h->metas[at].value = copy;
        if (!value) {
            mem_free(h->metas[at].key);
            memmove(h->metas + at, h->metas + at + 1, (--h->n_metas - at) * sizeof *h->metas);
        }
        return 0;
    }
    if (!value)
        return 0;
    if (h->n_metas == HEADER_MAX_METAS)
        rc = err_set(err, ERR_LIMIT, "more than %d meta lines", HEADER_MAX_METAS);
    else
        rc = mem_reserve(&h->metas, &h->cap_metas, h->n_metas + 1, sizeof *h->metas, err);
    char *key_copy = rc == 0 ? mem_strdup(key, err) : NULL;
    if (!key_copy) {
        mem_free(copy);
        return rc ? rc : ERR_NOMEM;
    }
    memmove(h->metas + at + 1, h->metas + at, (h->n_metas++ - at) * sizeof *h->metas);
    h->metas[at] = (struct meta){key_copy, copy};
    return 0;
}

int header_copy_metas(struct header *h, const struct header *from, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < from->n_metas; i++)
        rc = header_set_meta(h, from->metas[i].key, from->metas[i].value, err);
    return rc;
}

static void program_done(struct header_program *p)
{
    mem_free(p->name);
    mem_free(p->version);
    mem_free(p->command);
}

void header_done(struct header *h)
{
    for (size_t i = 0; i < h->n_metas; i++) {
        mem_free(h->metas[i].key);
        mem_free(h->metas[i].value);
    }
    for (size_t i = 0; i < h->n_programs; i++)
        program_done(&h->programs[i]);
    mem_free(h->columns);
    mem_free(h->metas);
    mem_free(h->programs);
    *h = (struct header){0};
}

int header_column(const struct header *h, const char *name)
{
    for (size_t i = 0; i < h->n_columns; i++)
        if (strcmp(h->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *header_meta(const struct header *h, const char *key)
{
    for (size_t i = 0; i < h->n_metas; i++)
        if (strcmp(h->metas[i].key, key) == 0)
            return h->metas[i].value;
    return NULL;
}

/* ---- provenance ---- */

static bool same_program(const struct header_program *a, const struct header_program *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->version, b->version) == 0 && strcmp(a->command, b->command) == 0 &&
           a->n_parents == b->n_parents && memcmp(a->parents, b->parents, a->n_parents * sizeof a->parents[0]) == 0;
}

/* Append a record (strings are copied), or find its equal; *number says where it is. */
static int put_program(struct header *h, const struct header_program *record, bool reuse, uint32_t *number, struct err *err)
{
    for (size_t i = 0; reuse && i < h->n_programs; i++)
        if (same_program(&h->programs[i], record)) {
            *number = (uint32_t)i;
            return 0;
        }
    if (h->n_programs == HEADER_MAX_PROGRAMS)
        return err_set(err, ERR_LIMIT, "more than %d programs in the provenance: --no-provenance drops it", HEADER_MAX_PROGRAMS);
    int rc = mem_reserve(&h->programs, &h->cap_programs, h->n_programs + 1, sizeof *h->programs, err);
    if (rc)
        return rc;
    struct header_program copy = *record;
    copy.name = mem_strdup(record->name, err);
    copy.version = mem_strdup(record->version, err);
    copy.command = mem_strdup(record->command, err);
    if (!copy.name || !copy.version || !copy.command) {
        program_done(&copy);
        return ERR_NOMEM;
    }
    *number = (uint32_t)h->n_programs;
    h->programs[h->n_programs++] = copy;
    return 0;
}

int header_add_program(struct header *h, const char *name, const char *version, const char *command,
                       const struct header *const *parents, size_t n_parents, struct err *err)
{
    uint32_t *moved = NULL;    /* a parent's program number -> its number here */
    uint32_t number;
    int rc = 0;
    struct header_program own = {.name = (char *)name, .version = (char *)version, .command = (char *)command};   /* copied */
    TRY(header_check_name("program", name, err));
    if (n_parents > HEADER_MAX_PARENTS)
        return err_set(err, ERR_LIMIT, "more than %d inputs in the provenance: --no-provenance drops it", HEADER_MAX_PARENTS);
    for (size_t p = 0; p < n_parents; p++) {
        const struct header *from = parents[p];
        if (from->n_programs == 0)
            continue;
        mem_free(moved);
        TRY_NEW(moved, MEM_ARRAY(uint32_t, from->n_programs, err));
        for (size_t i = 0; i < from->n_programs; i++) {
            struct header_program record = from->programs[i];
            for (size_t j = 0; j < record.n_parents; j++)
                record.parents[j] = moved[record.parents[j]];
            TRY(put_program(h, &record, true, &moved[i], err));
        }
        own.parents[own.n_parents++] = moved[from->n_programs - 1];
    }
    TRY(put_program(h, &own, false, &number, err));
out:
    mem_free(moved);
    return rc;
}

int header_same(const struct header *a, const struct header *b, struct err *err)
{
    if (strcmp(a->kind, b->kind) != 0)
        return err_set(err, ERR_DATA, "kind %s, expected %s", b->kind, a->kind);
    if (a->n_columns != b->n_columns)
        return err_set(err, ERR_DATA, "%zu columns, expected %zu", b->n_columns, a->n_columns);
    for (size_t i = 0; i < a->n_columns; i++) {
        const struct column *x = &a->columns[i], *y = &b->columns[i];
        if (strcmp(x->name, y->name) != 0 || x->type != y->type || x->shape != y->shape)
            return err_set(err, ERR_DATA, "column %zu is %s %s %u, expected %s %s %u", i, y->name, column_type_name(y->type),
                           y->shape, x->name, column_type_name(x->type), x->shape);
    }
    for (size_t i = 0; i < a->n_metas || i < b->n_metas; i++) {
        const struct meta *x = i < a->n_metas ? &a->metas[i] : NULL, *y = i < b->n_metas ? &b->metas[i] : NULL;
        if (!x || !y || strcmp(x->key, y->key) != 0)
            return err_set(err, ERR_DATA, "meta %s is in one stream and not in the other",
                           !y || (x && strcmp(x->key, y->key) < 0) ? x->key : y->key);
        if (strcmp(x->value, y->value) != 0)
            return err_set(err, ERR_DATA, "meta %s is \"%.100s\", expected \"%.100s\"", x->key, y->value, x->value);
    }
    return 0;
}
