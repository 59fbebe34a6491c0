#include "text/idcheck.h"
#include "base/fingerprint.h"
#include "base/mem.h"
#include "sys/input.h"
#include "sys/spill.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = 64, PART_IDS = 1 << 14, LINE_BITS = 40 };

struct seen_id {
    uint64_t id[2];
    uint64_t place;              /* number of its name << LINE_BITS | line: rises from row to row */
};

struct part {
    struct seen_id *ids;
    size_t n, cap;
    struct spill *spill;         /* those before; NULL: none */
    size_t n_spilled;
};

struct idcheck {
    struct part parts[PARTS];
    size_t part_ids;             /* of a part in memory, until the end */
    char **names;
    size_t n_names, cap_names;
    uint64_t first, again;       /* places; again UINT64_MAX: none */
};

int idcheck_open(struct idcheck **c, size_t part_ids, struct err *err)
{
    struct idcheck *new = MEM_NEW(struct idcheck, err);
    if (!new)
        return ERR_NOMEM;
    new->part_ids = part_ids ? part_ids : PART_IDS;
    new->again = UINT64_MAX;
    *c = new;
    return 0;
}

void idcheck_close(struct idcheck *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < PARTS; i++) {
        spill_close(c->parts[i].spill);
        mem_free(c->parts[i].ids);
    }
    for (size_t i = 0; i < c->n_names; i++)
        mem_free(c->names[i]);
    mem_free(c->names);
    mem_free(c);
}

static int by_id(const void *a, const void *b)
{
    const struct seen_id *x = a, *y = b;
    for (int i = 0; i < 2; i++)
        if (x->id[i] != y->id[i])
            return x->id[i] < y->id[i] ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static void find_again(struct idcheck *c, struct seen_id *ids, size_t n)
{
    qsort(ids, n, sizeof *ids, by_id);
    for (size_t i = 1; i < n; i++)
        if (memcmp(ids[i - 1].id, ids[i].id, sizeof ids[i].id) == 0 && ids[i].place < c->again) {
            c->first = ids[i - 1].place;
            c->again = ids[i].place;
        }
}

static int spill_ids(struct part *p, struct err *err)
{
    static const struct seen_id head;      /* input looks at the first bytes of a file for those of gzip */
    int rc = 0;
    if (!p->spill) {
        TRY(spill_open(&p->spill, err));
        TRY(spill_write(p->spill, &head, sizeof head, err));
    }
    TRY(spill_write(p->spill, p->ids, p->n * sizeof *p->ids, err));
    p->n_spilled += p->n;
    p->n = 0;
out:
    return rc;
}

static int name_place(struct idcheck *c, const char *name, uint64_t line, uint64_t *place, struct err *err)
{
    int rc = 0;
    if (c->n_names == 0 || strcmp(c->names[c->n_names - 1], name) != 0) {
        TRY(mem_reserve(&c->names, &c->cap_names, c->n_names + 1, sizeof *c->names, err));
        TRY_NEW(c->names[c->n_names], mem_strdup(name, err));
        c->n_names++;
    }
    *place = (uint64_t)(c->n_names - 1) << LINE_BITS | line;
out:
    return rc;
}

int idcheck_add(struct idcheck *c, const char *id, size_t n, const char *name, uint64_t line, struct err *err)
{
    int rc = 0;
    struct fingerprint f;
    struct seen_id new;
    TRY(name_place(c, name, line, &new.place, err));
    fingerprint_init(&f);
    fingerprint_update(&f, id, n);
    fingerprint_bits(&f, new.id);
    struct part *p = &c->parts[new.id[0] / (UINT64_MAX / PARTS + 1)];
    if (p->n == c->part_ids)
        TRY(spill_ids(p, err));
    TRY(mem_reserve(&p->ids, &p->cap, p->n + 1, sizeof *p->ids, err));
    p->ids[p->n++] = new;
out:
    return rc;
}

static int read_back(struct part *p, struct err *err)
{
    int rc = 0;
    struct input *in = NULL;
    size_t got, n = p->n_spilled + 1;      /* with the head */
    TRY(mem_reserve(&p->ids, &p->cap, p->n + n, sizeof *p->ids, err));
    TRY(input_open(&in, spill_path(p->spill), err));
    TRY(input_read(in, p->ids + p->n, n * sizeof *p->ids, &got, err));
    if (got != n * sizeof *p->ids)
        TRY(err_set(err, ERR_IO, "a temporary file is shorter than it was (TMPDIR says where)"));
    p->ids[p->n] = p->ids[p->n + n - 1];   /* over the head, which is no id */
    p->n += n - 1;
out:
    input_close(in);
    return rc;
}

int idcheck_end(struct idcheck *c, struct err *err)
{
    int rc = 0;
    for (struct part *p = c->parts; p < c->parts + PARTS; p++) {
        if (p->spill)
            TRY(read_back(p, err));
        if (p->n > 1)
            find_again(c, p->ids, p->n);
        mem_free(p->ids);
        p->ids = NULL;
    }
    if (c->again != UINT64_MAX) {
        const uint64_t mask = ((uint64_t)1 << LINE_BITS) - 1;
        const char *first = c->names[c->first >> LINE_BITS], *again = c->names[c->again >> LINE_BITS];
        rc = err_set(err, ERR_DATA, "%s:%llu: the id of %s:%llu a second time", again, (unsigned long long)(c->again & mask),
                     first, (unsigned long long)(c->first & mask));
    }
out:
    return rc;
}
