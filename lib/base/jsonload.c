#include "base/jsonload.h"

#include "base/mem.h"
#include "base/num.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdbool.h>

/* In front of each piece of jansson's memory.  Pieces taken during a parse are in its list until it ends. */
struct piece {
    struct piece *next, **at;   /* at: what points to this one; NULL outside of lists */
    alignas(max_align_t) unsigned char bytes[];
};

/* The parse that this thread is in. */
static _Thread_local struct {
    bool on;
    struct piece *pieces;
    jmp_buf out;
} parse;

static void *piece_take(size_t n)
{
    size_t bytes;
    struct piece *p = num_add_size(n, sizeof *p, &bytes) ? mem_alloc(bytes, 1, NULL) : NULL;
    if (!p && parse.on)
        longjmp(parse.out, 1);
    if (!p)
        return NULL;
    p->at = NULL;
    if (parse.on) {
        p->next = parse.pieces;
        p->at = &parse.pieces;
        if (p->next)
            p->next->at = &p->next;
        parse.pieces = p;
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

int jsonload_parse(json_t **value, const void *text, size_t n, size_t flags, json_error_t *why, struct err *err)
{
    *value = NULL;
    parse.on = true;
    if (setjmp(parse.out) != 0) {
        parse.on = false;
        while (parse.pieces)
            piece_free(parse.pieces->bytes);
        return err_set(err, ERR_NOMEM, "out of memory: JSON of %zu bytes", n);
    }
    *value = json_loadb(text, n, flags, why);
    parse.on = false;
    for (; parse.pieces; parse.pieces = parse.pieces->next)
        parse.pieces->at = NULL;
    return 0;
}
