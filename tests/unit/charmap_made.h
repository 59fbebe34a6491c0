/* charmap_made - a charmap of a few short keys, as bytes: a trie whose nodes each have 256 units, one after the other. */
#ifndef CHARMAP_MADE_H
#define CHARMAP_MADE_H

#include "base/bytes.h"

#include <stdlib.h>

struct charmap_rule {
    const char *key, *value;
};

/* To free; *n: its bytes. */
static inline unsigned char *charmap_made(const struct charmap_rule *rules, size_t n_rules, size_t *n)
{
    enum { MAX_NODES = 60 };
    size_t n_nodes = 1, strings = 0, all = 0;
    for (size_t i = 0; i < n_rules; i++)
        all += strlen(rules[i].value) + 1;
    unsigned char *p = calloc(4 + MAX_NODES * 1024 + all, 1);
    uint32_t *units = calloc(MAX_NODES * 256, sizeof *units);
    if (!p || !units)
        abort();
    /* Unit 0 is the root; block b (256 units from 256 b) holds the children of node b - 1, unit 256 b itself its leaf. */
    units[0] = 256u << 10;
    for (size_t i = 0; i < n_rules; i++) {
        uint32_t at = 256;
        for (const unsigned char *c = (const unsigned char *)rules[i].key; *c; c++) {
            uint32_t unit = at ^ *c;
            if (units[unit] == 0)
                units[unit] = (uint32_t)(unit ^ (256 * ++n_nodes)) << 10 | *c;
            at = unit ^ units[unit] >> 10;
            if (!c[1]) {
                units[unit] |= 256;
                units[at] = 1u << 31 | (uint32_t)strings;
            }
        }
        strings += strlen(rules[i].value) + 1;
    }
    uint32_t trie_bytes = (uint32_t)(n_nodes + 1) * 1024;
    bytes_put_u32(p, trie_bytes);
    memcpy(p + 4, units, trie_bytes);
    *n = 4 + trie_bytes;
    for (size_t i = 0; i < n_rules; i++) {
        size_t length = strlen(rules[i].value) + 1;
        memcpy(p + *n, rules[i].value, length);
        *n += length;
    }
    free(units);
    return p;
}

#endif
