#include "text/trie.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A block that still has room: which of its units are free, and which bases are taken.  Only the last few are looked at, and none
 * that has refused often, so that building stays linear. */
enum { BLOCK = 256, WORDS = BLOCK / 64, OPEN = 16, MAX_REFUSALS = 32 };

struct block {
    uint32_t first;                     /* its first unit */
    int refusals;
    uint64_t free[WORDS], bases[WORDS];
};

/* Keys lo .. hi - 1 have their first `depth` bytes in common: those of the node. */
struct range {
    uint32_t node, lo, hi, depth;
};

struct build {
    struct trie *t;
    size_t cap;
    struct block open[OPEN];
    int n_open;
    struct range *todo;
    size_t n_todo, cap_todo;
};

static int by_bytes(const void *a, const void *b)
{
    const struct trie_key *x = a, *y = b;
    int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);
    if (c == 0)
        c = (x->n > y->n) - (x->n < y->n);
    return c ? c : (x->value > y->value) - (x->value < y->value);
}

static int check(const struct trie_key *keys, size_t n, uint32_t *bad, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct trie_key *k = &keys[i];
        *bad = k->value;
        if (k->n == 0)
            return err_set(err, ERR_DATA, "an empty piece");
        if (k->n > TRIE_MAX_KEY)
            return err_set(err, ERR_LIMIT, "a piece of %u bytes, more than %d", k->n, TRIE_MAX_KEY);
        if (k->value > TRIE_MAX_VALUE)
            return err_set(err, ERR_LIMIT, "more than %d pieces", TRIE_MAX_VALUE + 1);
        if (i > 0 && k->n == k[-1].n && memcmp(k->p, k[-1].p, k->n) == 0)
            return err_set(err, ERR_DATA, "the piece '%.*s' a second time", (int)(k->n < 40 ? k->n : 40), k->p);
    }
    return 0;
}

static bool bit(const uint64_t *bits, unsigned i) { return bits[i / 64] >> i % 64 & 1; }

static int add_block(struct build *b, struct err *err)
{
    struct trie *t = b->t;
    if (t->n > UINT32_MAX - 2 * BLOCK)
        return err_set(err, ERR_LIMIT, "a vocabulary of more than 2^32 nodes");
    int rc = mem_reserve(&t->units, &b->cap, t->n + BLOCK, sizeof *t->units, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < BLOCK; i++)
        t->units[t->n + i] = (struct trie_unit){.mark = TRIE_FREE};
    if (b->n_open == OPEN)
        memmove(b->open, b->open + 1, (size_t)--b->n_open * sizeof *b->open);
    struct block *new = &b->open[b->n_open++];
    *new = (struct block){.first = (uint32_t)t->n};
    memset(new->free, 0xFF, sizeof new->free);
    t->n += BLOCK;
    return 0;
}

/* A base in the block whose children by all labels are free. */
static bool block_fits(const struct block *k, const unsigned char *labels, size_t n, unsigned *base)
{
    for (unsigned word = 0; word < WORDS; word++)
        for (uint64_t left = k->free[word]; left; left &= left - 1) {
            unsigned at = word * 64 + (unsigned)__builtin_ctzll(left);
            size_t i = 1;
            *base = at ^ labels[0];
            if (bit(k->bases, *base))
                continue;
            while (i < n && bit(k->free, *base ^ labels[i]))
                i++;
            if (i == n)
                return true;
        }
    return false;
}

static int find_base(struct build *b, const unsigned char *labels, size_t n, uint32_t *base, struct err *err)
{
    unsigned within;
    int i = 0;
    while (i < b->n_open && !block_fits(&b->open[i], labels, n, &within)) {
        if (++b->open[i].refusals < MAX_REFUSALS)
            i++;
        else
            memmove(b->open + i, b->open + i + 1, (size_t)(--b->n_open - i) * sizeof *b->open);
    }
    if (i == b->n_open) {
        int rc = add_block(b, err);
        if (rc)
            return rc;
        i = b->n_open - 1;
        if (!block_fits(&b->open[i], labels, n, &within))
            return err_set(err, ERR_INTERNAL, "trie: an empty block without room");
    }
    struct block *k = &b->open[i];
    k->bases[within / 64] |= 1ull << within % 64;
    for (size_t j = 0; j < n; j++)
        k->free[(within ^ labels[j]) / 64] &= ~(1ull << (within ^ labels[j]) % 64);
    *base = k->first + within;
    return 0;
}

static int push(struct build *b, struct range r, struct err *err)
{
    int rc = mem_reserve(&b->todo, &b->cap_todo, b->n_todo + 1, sizeof *b->todo, err);
    if (rc == 0)
        b->todo[b->n_todo++] = r;
    return rc;
}

/* Give a node its value and its children, which are then still to do. */
static int expand(struct build *b, const struct trie_key *keys, struct range r, struct err *err)
{
    int rc = 0;
    unsigned char labels[256];
    size_t n = 0;
    uint32_t base = 0;
    if (keys[r.lo].n == r.depth) {
        b->t->units[r.node].mark |= (keys[r.lo].value + 1) << 9;
        r.lo++;
    }
    for (uint32_t i = r.lo; i < r.hi; i++) {
        unsigned char c = (unsigned char)keys[i].p[r.depth];
        if (n == 0 || labels[n - 1] != c)
            labels[n++] = c;
    }
    if (n == 0)
        return 0;
    TRY(find_base(b, labels, n, &base, err));
    b->t->units[r.node].base = base;
    for (uint32_t i = r.hi; n-- > 0;) {           /* from the last, so that the first is done next */
        uint32_t hi = i;
        while (i > r.lo && (unsigned char)keys[i - 1].p[r.depth] == labels[n])
            i--;
        b->t->units[base ^ labels[n]].mark = labels[n];
        TRY(push(b, (struct range){base ^ labels[n], i, hi, r.depth + 1}, err));
    }
out:
    return rc;
}

int trie_build(struct trie *t, struct trie_key *keys, size_t n, uint32_t *bad, struct err *err)
{
    int rc = 0;
    uint32_t which;
    struct build b = {.t = t};
    *t = (struct trie){0};
    if (n > (size_t)TRIE_MAX_VALUE + 1)
        return err_set(err, ERR_LIMIT, "more than %d pieces", TRIE_MAX_VALUE + 1);
    if (n > 0)
        qsort(keys, n, sizeof *keys, by_bytes);
    TRY(check(keys, n, bad ? bad : &which, err));
    TRY(add_block(&b, err));        /* the root's; nobody else moves in, so that the base 0 of a leaf leads nowhere */
    b.n_open = 0;
    if (n > 0)
        TRY(push(&b, (struct range){TRIE_ROOT, 0, (uint32_t)n, 0}, err));
    while (b.n_todo > 0)
        TRY(expand(&b, keys, b.todo[--b.n_todo], err));
out:
    mem_free(b.todo);
    if (rc)
        trie_done(t);
    return rc;
}

void trie_done(struct trie *t)
{
    mem_free(t->units);
    *t = (struct trie){0};
}

uint32_t trie_find(const struct trie *t, const char *key, size_t n)
{
    uint32_t node = TRIE_ROOT;
    for (size_t i = 0; i < n; i++)
        if ((node = trie_child(t, node, (unsigned char)key[i])) == 0)
            return 0;
    return n ? trie_value(t, node) : 0;
}
