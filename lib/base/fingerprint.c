#include "base/fingerprint.h"

#include <stdio.h>
#include <string.h>

static const uint64_t odd[4] = {0x9E3779B97F4A7C15u, 0xD6E8FEB86659FD93u, 0xC2B2AE3D27D4EB4Fu, 0xA0761D6478BD642Fu};

static uint64_t take(uint64_t lane, uint64_t word, uint64_t multiplier)
{
    lane ^= word;
    return (lane << 29 | lane >> 35) * multiplier;
}

static uint64_t mix(uint64_t x)
{
    for (int i = 0; i < 2; i++) {
        x ^= x >> 32;
        x *= odd[1];
    }
    return x ^ x >> 32;
}

static void blocks(struct fingerprint *d, const unsigned char *p, size_t n_blocks)
{
    uint64_t a = d->lane[0], b = d->lane[1], c = d->lane[2], e = d->lane[3], w[4];
    for (; n_blocks; n_blocks--, p += sizeof w) {
        memcpy(w, p, sizeof w);
        a = take(a, w[0], odd[0]);
        b = take(b, w[1], odd[1]);
        c = take(c, w[2], odd[2]);
        e = take(e, w[3], odd[3]);
    }
    d->lane[0] = a;
    d->lane[1] = b;
    d->lane[2] = c;
    d->lane[3] = e;
}

void fingerprint_init(struct fingerprint *d)
{
    *d = (struct fingerprint){.lane = {odd[1], odd[2], odd[3], odd[0]}};
}

void fingerprint_update(struct fingerprint *d, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    size_t held = d->n_bytes % sizeof d->rest;
    if (n == 0)
        return;
    d->n_bytes += n;
    if (held) {
        size_t some = sizeof d->rest - held < n ? sizeof d->rest - held : n;
        memcpy(d->rest + held, p, some);
        p += some;
        n -= some;
        if (held + some < sizeof d->rest)
            return;
        blocks(d, d->rest, 1);
    }
    blocks(d, p, n / sizeof d->rest);
    memcpy(d->rest, p + n / sizeof d->rest * sizeof d->rest, n % sizeof d->rest);
}

void fingerprint_bits(const struct fingerprint *d, uint64_t bits[2])
{
    struct fingerprint end = *d;
    size_t held = d->n_bytes % sizeof d->rest;
    memset(end.rest + held, 0, sizeof end.rest - held);
    blocks(&end, end.rest, 1);
    uint64_t x = mix(end.n_bytes), y;
    for (int i = 0; i < 4; i++)
        x = mix(x + end.lane[i]);
    y = x;
    for (int i = 0; i < 4; i++)
        y = mix(y ^ end.lane[3 - i]) + odd[i];
    bits[0] = x;
    bits[1] = y;
}

void fingerprint_text(const struct fingerprint *d, char text[FINGERPRINT_TEXT])
{
    uint64_t bits[2];
    fingerprint_bits(d, bits);
    snprintf(text, FINGERPRINT_TEXT, "%016llx%016llx", (unsigned long long)bits[0], (unsigned long long)bits[1]);
}
