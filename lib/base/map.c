#include "base/map.h"
#include "base/mem.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93u;
    return x ^ x >> 32;
}

static uint64_t hash_bytes(const void *key, size_t n)
{
    const char *p = key;
    uint64_t h = 0x9E3779B97F4A7C15u ^ n, word;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        h = mix(h ^ word) + 0x9E3779B97F4A7C15u;
    }
    word = 0;
    memcpy(&word, p, n);
    return mix(h ^ word);
}

static size_t find_slot(const struct map *m, uint64_t hash, const void *key, size_t n)
{
    size_t mask = m->n_slots - 1, s = hash & mask;
    for (; m->slots[s]; s = (s + 1) & mask) {
        const struct map_entry *e = &m->entries[m->slots[s] - 1];
        if (e->hash == hash && e->key_bytes == n && memcmp(m->pool + e->key, key, n) == 0)
            break;
    }
    return s;
}

static int grow(struct map *m, struct err *err)
{
    size_t n_slots = m->n_slots ? m->n_slots * 2 : 64, mask = n_slots - 1;
    uint32_t *slots = MEM_ZARRAY(uint32_t, n_slots, err);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->n; i++) {
        size_t s = m->entries[i].hash & mask;
        while (slots[s])
            s = (s + 1) & mask;
        slots[s] = (uint32_t)(i + 1);
    }
    mem_free(m->slots);
    m->slots = slots;
    m->n_slots = n_slots;
    return 0;
}

int map_add(struct map *m, const void *key, size_t n, uint64_t value, bool *found, uint64_t **slot, struct err *err)
{
    int rc;
    if (n > UINT32_MAX || m->n >= UINT32_MAX - 1)
        return err_set(err, ERR_LIMIT, "a table of more than 2^32 - 2 keys, or a key of 4 GiB");
    if (m->n * 2 >= m->n_slots && (rc = grow(m, err)) != 0)
        return rc;
    uint64_t hash = hash_bytes(key, n);
    size_t s = find_slot(m, hash, key, n);
    if (found)
        *found = m->slots[s] != 0;
    if (!m->slots[s]) {
        if ((rc = mem_reserve(&m->entries, &m->cap, m->n + 1, sizeof *m->entries, err)) != 0 ||
            (rc = mem_reserve(&m->pool, &m->pool_cap, m->pool_n + n + 1, 1, err)) != 0)
            return rc;
        memcpy(m->pool + m->pool_n, key, n);
        m->entries[m->n] = (struct map_entry){.hash = hash, .value = value, .key = m->pool_n, .key_bytes = (uint32_t)n};
        m->pool_n += n;
        m->slots[s] = (uint32_t)++m->n;
    }
    if (slot)
        *slot = &m->entries[m->slots[s] - 1].value;
    return 0;
}

const uint64_t *map_get(const struct map *m, const void *key, size_t n)
{
    if (m->n == 0)
        return NULL;
    size_t s = find_slot(m, hash_bytes(key, n), key, n);
    return m->slots[s] ? &m->entries[m->slots[s] - 1].value : NULL;
}

const char *map_key(const struct map *m, size_t i, size_t *n)
{
    *n = m->entries[i].key_bytes;
    return m->pool + m->entries[i].key;
}

void map_done(struct map *m)
{
    mem_free(m->entries);
    mem_free(m->slots);
    mem_free(m->pool);
    *m = (struct map){0};
}
