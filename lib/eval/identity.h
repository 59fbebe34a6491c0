/* identity - who is who when two inputs are joined (formats/vps.md, Identity): by key where both sides have keys, else by id.
 *
 * Every identity becomes bytes: the key, or the id in decimal.  Text inputs (TREC runs, qrels, answers) have no ids: what they
 * write is compared with a stream's keys, or with its decimal ids where it has none. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "base/map.h"
#include "fmt/stream.h"

#include <string.h>

/* What one side of a join can offer. */
struct identity_side {
    bool is_text, has_key;      /* is_text: has_key too */
};

/* Does `side` show its key when joined with `other`? */
static inline bool identity_by_key(struct identity_side side, struct identity_side other)
{
    return side.is_text || (side.has_key && other.has_key);
}

/* A name in a message: arguments for %.*s. */
#define IDENTITY_ARG(t) (int)((t).n < 64 ? (t).n : 64), (t).p

enum { IDENTITY_DECIMAL = 20 };   /* digits of the largest id */

/* The bytes of an identity; those of an id are written into buf. */
static inline struct text identity_text(bool by_key, uint64_t id, struct text key, char buf[IDENTITY_DECIMAL])
{
    if (by_key)
        return key;
    char *p = buf + IDENTITY_DECIMAL;
    do
        *--p = (char)('0' + id % 10);
    while (id /= 10);
    return (struct text){p, (size_t)(buf + IDENTITY_DECIMAL - p)};
}

static inline uint64_t identity_hash(struct text t)
{
    uint64_t h = 0xCBF29CE484222325u, word;
    for (; t.n >= 8; t.p += 8, t.n -= 8) {
        memcpy(&word, t.p, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    word = (uint64_t)t.n << 56;      /* fewer than 8 bytes are left: the upper one is free */
    if (t.n)
        memcpy(&word, t.p, t.n);
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

#endif
