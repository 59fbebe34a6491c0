#include "graph/sieve.h"
#include "base/mem.h"
#include "base/num.h"

/* A walk computes 13 ef n / n_allowed distances, one after the other out of memory, a scan reads ahead: on wordnet-minilm (n
 * 117,659, dim 384, SQ4 codes, ef 64) both took the same time at a factor of 11. */
enum { SCAN_FACTOR = 12 };
/* Allowed nodes are not spread evenly: room for a neighbourhood that has a quarter of its share. */
enum { WIDTH_FACTOR = 4 };

bool sieve_prefers_scan(const struct allow *a, size_t n, size_t ef)
{
    return a->n <= ef || (double)a->n * (double)a->n <= (double)SCAN_FACTOR * (double)ef * (double)n;
}

size_t sieve_width(const struct allow *a, size_t n, size_t ef)
{
    double width = (double)WIDTH_FACTOR * (double)ef * (double)n / (double)a->n;
    return width < (double)n ? (size_t)width : n;
}

/* What lies behind the farthest that is kept, once there are ef, cannot come to anything. */
static void seen(struct beam_watch *watch, struct beam *b, uint32_t from, const uint32_t *nodes, const float *dist, size_t n)
{
    struct sieve *s = (struct sieve *)watch;
    (void)from;
    for (size_t i = 0; i < n; i++) {
        uint64_t key = beam_key(dist[i], nodes[i]);
        if (!allow_has(s->allow, nodes[i]) || (s->n == s->ef && key > s->pool[s->ef - 1]))
            continue;
        size_t at = s->n;
        for (; at > 0 && s->pool[at - 1] > key; at--)
            s->pool[at] = s->pool[at - 1];
        s->pool[at] = key;
        s->n += s->n < s->ef;
    }
    if (s->n == s->ef)
        while (b->n > 0 && b->pool[b->n - 1] > (s->pool[s->ef - 1] | 1))
            b->n--;
    else if (b->n == b->ef && s->n < s->allow->n) {
        s->gave_up = true;
        b->n = 0;
    }
}

int sieve_init(struct sieve *s, const struct allow *a, size_t max_ef, struct err *err)
{
    *s = (struct sieve){.watch = {.seen = seen}, .allow = a};
    s->pool = MEM_ARRAY(uint64_t, max_ef + 1, err);
    return s->pool ? 0 : ERR_NOMEM;
}

void sieve_done(struct sieve *s)
{
    mem_free(s->pool);
    *s = (struct sieve){0};
}

int sieve_search(struct sieve *s, struct beam *b, const struct graph *g, const float *q, size_t ef, bool *gave_up,
                 struct err *err)
{
    s->n = 0;
    s->ef = ef;
    s->gave_up = false;
    b->watch = &s->watch;
    int rc = beam_search(b, g, q, sieve_width(s->allow, g->n, ef), err);
    b->watch = NULL;
    memcpy(b->pool, s->pool, s->n * sizeof *b->pool);
    b->n = s->n;
    *gave_up = s->gave_up;
    return rc;
}
