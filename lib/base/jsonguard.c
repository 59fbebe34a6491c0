#include "base/jsonguard.h"

#include "base/mem.h"
#include "base/num.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdbool.h>

/* In front of each piece of jansson's memory.  Pieces taken under guard are in its list until it ends. */
struct piece {
    struct piece *next, **at;   /* at: what points to this one; NULL outside of lists */
    alignas(max_align_t) unsigned char bytes[];
};

/* What this thread does under guard. */
static _Thread_local struct {
    bool on;
    struct piece *pieces;
    jmp_buf out;
} guard;

static void *piece_take(size_t n)
{
    size_t bytes;
    struct piece *p = num_add_size(n, sizeof *p, &bytes) ? mem_alloc(bytes, 1, NULL) : NULL;
    if (!p && guard.on)
        longjmp(guard.out, 1);
    if (!p)
        return NULL;
    p->at = NULL;
    if (guard.on) {
        p->next = guard.pieces;
        p->at = &guard.pieces;
        if (p->next)
            p->next->at = &p->next;
        guard.pieces = p;
    }
    return p->bytes;
}

static void piece_free(void *bytes)
{
    if (!bytes)
        return;
    struct piece *p = (void *)((unsigned char *)bytes - offsetof(struct piece, bytes));
    if (p->at) {
        *p->at = p->next;
        if (p->next)
            p->next->at = p->at;
    }
    mem_free(p);
}

/* Before main: jansson must not free with one allocator what it took from another. */
__attribute__((constructor)) static void set_allocator(void)
{
    json_set_alloc_funcs(piece_take, piece_free);
}

int jsonguard_run(jsonguard_fn *fn, void *ctx, struct err *err)
{
    guard.on = true;
    if (setjmp(guard.out) != 0) {
        guard.on = false;
        while (guard.pieces)
            piece_free(guard.pieces->bytes);
        return err_set(err, ERR_NOMEM, "out of memory: JSON");
    }
    int rc = fn(ctx, err);
    guard.on = false;
    for (; guard.pieces; guard.pieces = guard.pieces->next)
        guard.pieces->at = NULL;
    return rc;
}

struct parse {
    const void *text;
    size_t n, flags;
    json_error_t *why;
    json_t *value;
};

static int parse(void *ctx, struct err *err)
{
    struct parse *p = ctx;
    (void)err;
    p->value = json_loadb(p->text, p->n, p->flags, p->why);
    return 0;
}

int jsonguard_parse(json_t **value, const void *text, size_t n, size_t flags, json_error_t *why, struct err *err)
{
    struct parse p = { text, n, flags, why, NULL };
    int rc = jsonguard_run(parse, &p, err);
    *value = rc == 0 ? p.value : NULL;
    return rc;
}
