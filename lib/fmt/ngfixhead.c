#include "fmt/ngfixhead.h"
#include "base/bytes.h"
#include "fmt/header.h"

enum { AT_M = 0, AT_DEGREE0 = 8, AT_EXTRA = 16, AT_N = 24, AT_ENTRY = 32, AT_DIM = 40, AT_ROOM = 48 };

bool ngfixhead_sniff(const unsigned char *p, size_t n)
{
    if (n < NGFIXHEAD_BYTES)
        return false;
    struct ngfixhead h = ngfixhead_get(p);
    return h.m >= 1 && h.m <= NGFIXHEAD_MAX_EDGES && h.max_degree0 == 2 * h.m && h.max_extra <= NGFIXHEAD_MAX_EDGES &&
           h.n <= h.room && h.dim >= 1 && h.dim <= HEADER_MAX_SHAPE && (h.entry < h.n || h.entry == 0);
}

struct ngfixhead ngfixhead_get(const unsigned char p[NGFIXHEAD_BYTES])
{
    return (struct ngfixhead){.m = bytes_get_u64(p + AT_M), .max_degree0 = bytes_get_u64(p + AT_DEGREE0),
                              .max_extra = bytes_get_u64(p + AT_EXTRA), .n = bytes_get_u64(p + AT_N),
                              .entry = bytes_get_u64(p + AT_ENTRY), .dim = bytes_get_u64(p + AT_DIM),
                              .room = bytes_get_u64(p + AT_ROOM)};
}

void ngfixhead_put(const struct ngfixhead *h, unsigned char p[NGFIXHEAD_BYTES])
{
    bytes_put_u64(p + AT_M, h->m);
    bytes_put_u64(p + AT_DEGREE0, h->max_degree0);
    bytes_put_u64(p + AT_EXTRA, h->max_extra);
    bytes_put_u64(p + AT_N, h->n);
    bytes_put_u64(p + AT_ENTRY, h->entry);
    bytes_put_u64(p + AT_DIM, h->dim);
    bytes_put_u64(p + AT_ROOM, h->room);
}
