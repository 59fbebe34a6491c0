#include "base/arena.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { RED_ZONE = 64 };
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0 };
#endif

struct arena_chunk {
    struct arena_chunk *next;
    size_t cap, used;          /* of data[] */
    _Alignas(MEM_ALIGN) unsigned char data[];
};

enum { FIRST_CHUNK = 64 << 10 };

static struct arena_chunk *chunk_new(size_t cap, struct err *err)
{
    size_t bytes;
    if (!num_add_size(cap, sizeof(struct arena_chunk), &bytes)) {
        err_set(err, ERR_NOMEM, "out of memory: a piece of %zu bytes", cap);
        return NULL;
    }
    struct arena_chunk *c = mem_slab(bytes, 1, err);
    if (c) {
        c->cap = cap;
        POISON(c->data, cap);
    }
    return c;
}

static void *take(struct arena *a, size_t n, size_t size, size_t align, struct err *err)
{
    size_t bytes, want;
    if (!num_mul_size(n, size, &bytes) || !num_add_size(bytes, RED_ZONE + MEM_ALIGN, &want)) {
        err_set(err, ERR_NOMEM, "out of memory: %zu items of %zu bytes", n, size);
        return NULL;
    }
    if (!a->first) {
        if (!(a->first = chunk_new(num_max_size(want, FIRST_CHUNK), err)))
            return NULL;
        a->at = a->first;
    }
    while (want > a->at->cap - a->at->used) {
        if (!a->at->next && !(a->at->next = chunk_new(num_max_size(want, a->at->cap * 2), err)))
            return NULL;
        a->at = a->at->next;
    }
    size_t start = num_round_up(a->at->used, align);
    a->at->used = start + bytes + RED_ZONE;
    UNPOISON(a->at->data + start, bytes);
    return a->at->data + start;
}

void *arena_take(struct arena *a, size_t n, size_t size, struct err *err)
{
    return take(a, n, size, 16, err);
}

void *arena_take_aligned(struct arena *a, size_t n, size_t size, struct err *err)
{
    return take(a, n, size, MEM_ALIGN, err);
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->at, a->at ? a->at->used : 0};
}

void arena_reset(struct arena *a, struct arena_mark mark)
{
    struct arena_chunk *keep = mark.chunk ? mark.chunk : a->first;
    if (!keep)
        return;
    for (struct arena_chunk *c = keep; c; c = c->next) {
        c->used = c == mark.chunk ? mark.used : 0;
        POISON(c->data + c->used, c->cap - c->used);
    }
    a->at = keep;
}

void arena_clear(struct arena *a)
{
    arena_reset(a, (struct arena_mark){NULL, 0});
}

void arena_done(struct arena *a)
{
    for (struct arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        UNPOISON(c->data, c->cap);
        mem_free(c);
    }
    *a = (struct arena){0};
}
