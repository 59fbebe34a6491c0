/* trie - byte strings to small numbers, asked byte by byte: all keys that a text starts with, in one walk.
 *
 * A double array (Aoe 1989) in the layout of darts-clone: the child of a node by byte c is unit `base ^ c`, which is that child
 * where its label is c.  No two nodes have the same base, so the label is all that needs checking.  Units come in blocks of 256,
 * within which a base and its children lie: no lookup leaves the array.
 *
 *     unit:  base u32 | mark u32 = (value + 1, or 0) << 9 | label, TRIE_FREE where nobody lives                                */
#ifndef TRIE_H
#define TRIE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { TRIE_ROOT = 0, TRIE_FREE = 256, TRIE_MAX_VALUE = (1 << 22) - 1, TRIE_MAX_KEY = 1024 };

struct trie_unit {
    uint32_t base, mark;
};

struct trie {
    struct trie_unit *units;
    size_t n;                   /* a multiple of 256 */
};

struct trie_key {
    const char *p;
    uint32_t n, value;          /* 1 to TRIE_MAX_KEY bytes; 0 to TRIE_MAX_VALUE */
};

/* Build from keys, which it sorts.  Cost: sorting, then linear in the bytes of the keys; memory about 8 bytes for each byte of a
 * key that the key before it does not share.  ERR_LIMIT for a key that is empty or too long, or a value too large; ERR_DATA for
 * a key a second time.  *bad (may be NULL) is then the value of the key that is wrong. */
MUST_CHECK int trie_build(struct trie *t, struct trie_key *keys, size_t n, uint32_t *bad, struct err *err);
void trie_done(struct trie *t);

/* The child of a node by a byte; 0, which is nobody's child, where there is none. */
static inline uint32_t trie_child(const struct trie *t, uint32_t node, unsigned char c)
{
    uint32_t child = t->units[node].base ^ c;
    return (t->units[child].mark & 511) == c ? child : 0;
}

/* The value of the key that ends at a node + 1, or 0 where none does. */
static inline uint32_t trie_value(const struct trie *t, uint32_t node)
{
    return t->units[node].mark >> 9;
}

/* The value of a key + 1, or 0. */
uint32_t trie_find(const struct trie *t, const char *key, size_t n);

#endif
