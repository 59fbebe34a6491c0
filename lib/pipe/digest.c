#include "pipe/digest.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

enum { STRIPE = 32 };

static uint64_t mix(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
    return lane ^ lane >> 29;
}

static void add_stripe(struct digest *d, const unsigned char *p)
{
    for (int i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, p + 8 * i, 8);
        d->lane[i] = mix(d->lane[i] + (uint64_t)i + 1, word);
    }
}

void digest_update(struct digest *d, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    size_t held = d->bytes % STRIPE;
    if (n == 0)
        return;
    d->bytes += n;
    if (held) {
        size_t take = num_min_size(n, STRIPE - held);
        memcpy(d->tail + held, p, take);
        p += take;
        n -= take;
        if (held + take < STRIPE)
            return;
        add_stripe(d, d->tail);
    }
    for (; n >= STRIPE; p += STRIPE, n -= STRIPE)
        add_stripe(d, p);
    memcpy(d->tail, p, n);
}

struct digest_hex digest_text(const struct digest *d)
{
    struct digest end = *d;
    struct digest_hex text;
    memset(end.tail + end.bytes % STRIPE, 0, STRIPE - end.bytes % STRIPE);
    add_stripe(&end, end.tail);
    uint64_t hash = end.bytes;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 4; i++)
            hash = mix(hash, end.lane[i]);
    snprintf(text.hex, sizeof text.hex, "%llu-%016llx", (unsigned long long)end.bytes, (unsigned long long)hash);
    return text;
}
