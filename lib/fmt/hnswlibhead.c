#include "fmt/hnswlibhead.h"
#include "base/bytes.h"

enum { AT_LAYER0 = 0, AT_ROOM = 8, AT_N = 16, AT_BYTES = 24, AT_LABEL = 32, AT_VECTOR = 40, AT_TOP = 48, AT_ENTRY = 52,
       AT_DEGREE = 56, AT_DEGREE0 = 64, AT_M = 72, AT_MULT = 80, AT_EF = 88 };

bool hnswlibhead_sniff(const unsigned char *p, size_t n)
{
    if (n < HNSWLIBHEAD_BYTES || bytes_get_u64(p + AT_LAYER0) != 0)
        return false;
    struct hnswlibhead h = hnswlibhead_get(p);
    return h.max_degree0 < UINT32_MAX && h.vector_at == 4 * h.max_degree0 + 4 && h.label_at > h.vector_at &&
           h.element_bytes > h.label_at && h.element_bytes - h.label_at == 8 && h.max_degree == h.m;
}

struct hnswlibhead hnswlibhead_get(const unsigned char p[HNSWLIBHEAD_BYTES])
{
    struct hnswlibhead h = {
        .room = bytes_get_u64(p + AT_ROOM), .n = bytes_get_u64(p + AT_N), .element_bytes = bytes_get_u64(p + AT_BYTES),
        .label_at = bytes_get_u64(p + AT_LABEL), .vector_at = bytes_get_u64(p + AT_VECTOR), .top = bytes_get_i32(p + AT_TOP),
        .entry = bytes_get_u32(p + AT_ENTRY), .max_degree = bytes_get_u64(p + AT_DEGREE),
        .max_degree0 = bytes_get_u64(p + AT_DEGREE0), .m = bytes_get_u64(p + AT_M),
        .ef_construction = bytes_get_u64(p + AT_EF),
    };
    memcpy(&h.mult, p + AT_MULT, sizeof h.mult);
    return h;
}

void hnswlibhead_put(const struct hnswlibhead *h, unsigned char p[HNSWLIBHEAD_BYTES])
{
    bytes_put_u64(p + AT_LAYER0, 0);
    bytes_put_u64(p + AT_ROOM, h->room);
    bytes_put_u64(p + AT_N, h->n);
    bytes_put_u64(p + AT_BYTES, h->element_bytes);
    bytes_put_u64(p + AT_LABEL, h->label_at);
    bytes_put_u64(p + AT_VECTOR, h->vector_at);
    bytes_put_i32(p + AT_TOP, h->top);
    bytes_put_u32(p + AT_ENTRY, h->entry);
    bytes_put_u64(p + AT_DEGREE, h->max_degree);
    bytes_put_u64(p + AT_DEGREE0, h->max_degree0);
    bytes_put_u64(p + AT_M, h->m);
    memcpy(p + AT_MULT, &h->mult, sizeof h->mult);
    bytes_put_u64(p + AT_EF, h->ef_construction);
}
