#include "text/bm25_pack.h"
#include "base/bytes.h"

#include <string.h>

static uint8_t width_of(uint32_t greatest)
{
    return greatest < 256 ? 1 : greatest < 65536 ? 2 : 4;
}

static size_t put_numbers(unsigned char *to, const uint32_t *x, size_t n, uint32_t less, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t v = x[i] - less;
        memcpy(to + i * width, &v, width);      /* little endian: the low bytes come first */
    }
    return n * width;
}

static int put_block(struct bm25_pack *p, struct err *err)
{
    unsigned char bytes[BM25_BLOCK * 8];
    struct bm25_block b = {.first = p->documents[0], .last = p->documents[p->n - 1], .offset = p->postings->bytes,
                           .n = (uint8_t)p->n, .shortest = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < p->n; i++) {
        uint32_t length = p->lengths[p->documents[i]], tf = p->tfs[i], *least = &b.shortest[bm25_range(tf)];
        *least = length < *least ? length : *least;
        b.max_tf = tf > b.max_tf ? tf : b.max_tf;
    }
    b.doc_bytes = width_of(b.last - b.first);
    b.tf_bytes = b.max_tf == 1 ? 0 : width_of(b.max_tf);
    size_t n = put_numbers(bytes, p->documents, p->n, b.first, b.doc_bytes);
    n += b.tf_bytes ? put_numbers(bytes + n, p->tfs, p->n, 0, b.tf_bytes) : 0;
    int rc = sections_put(p->blocks, &b, sizeof b, err);
    p->n_blocks++;
    p->n_postings += p->n;
    p->n = 0;
    return rc ? rc : sections_put(p->postings, bytes, n, err);
}

int bm25_pack_add(struct bm25_pack *p, uint32_t document, uint32_t tf, struct err *err)
{
    int rc = p->n == BM25_BLOCK ? put_block(p, err) : 0;
    p->documents[p->n] = document;
    p->tfs[p->n++] = tf;
    return rc;
}

int bm25_pack_end(struct bm25_pack *p, struct err *err)
{
    return p->n > 0 ? put_block(p, err) : 0;
}
