/* arena - memory that dies together: a batch's scratch, a parser's nodes.
 *
 * What is taken is never given back singly; arena_mark and arena_reset give back everything taken since.  Chunks are kept for
 * reuse, so a warmed-up arena allocates nothing.  One owner, one thread: each worker has its own.  Under ASan every piece has a
 * poisoned red zone behind it, and what was reset is poisoned until taken again.
 *
 *     chunk:  [ head | piece | red zone | piece | red zone | ... free ... ]
 *                                                           ^ used                                                    */
#ifndef ARENA_H
#define ARENA_H

#include "base/err.h"

#include <stddef.h>

struct arena {
    struct arena_chunk *first, *at;   /* at: the chunk that pieces are taken from; later ones are empty */
};

struct arena_mark {
    struct arena_chunk *chunk;
    size_t used;
};

/* n * size uninitialised bytes, 16-byte aligned (arena_take) or MEM_ALIGN-aligned (arena_take_aligned).  NULL with err set. */
MUST_CHECK void *arena_take(struct arena *a, size_t n, size_t size, struct err *err);
MUST_CHECK void *arena_take_aligned(struct arena *a, size_t n, size_t size, struct err *err);

struct arena_mark arena_mark(const struct arena *a);
void arena_reset(struct arena *a, struct arena_mark mark);
void arena_clear(struct arena *a);    /* gives back all pieces, keeps the chunks */
void arena_done(struct arena *a);     /* frees the chunks */

#define ARENA_ARRAY(type, a, n, err) ((type *)arena_take((a), (n), sizeof(type), err))

#endif
