#include "check.h"

#include "base/rng.h"
#include "pipe/digest.h"

static struct digest_hex of_bytes(const void *p, size_t n)
{
    struct digest d = {0};
    digest_update(&d, p, n);
    return digest_text(&d);
}

static void pieces_do_not_matter(void)
{
    unsigned char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)rng_u64(1, RNG_TEST, i);
    struct digest_hex whole = of_bytes(bytes, sizeof bytes);
    for (uint64_t turn = 0; turn < 200; turn++) {
        struct digest d = {0};
        for (size_t at = 0, i = 0; at < sizeof bytes; i++) {
            size_t n = rng_below(turn, RNG_TEST, i, 80);
            n = n < sizeof bytes - at ? n : sizeof bytes - at;
            digest_update(&d, bytes + at, n);
            at += n;
        }
        CHECK_STR(digest_text(&d).hex, whole.hex);
    }
}

/* Every single bit, every length of zeros, every swap of words gives another digest. */
static void small_changes_show(void)
{
    enum { N = 200 };
    unsigned char bytes[N] = {0};
    struct digest_hex zero = of_bytes(bytes, N), last = of_bytes(bytes, 0);
    for (size_t bit = 0; bit < 8 * N; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        CHECK(strcmp(of_bytes(bytes, N).hex, zero.hex) != 0);
        bytes[bit / 8] = 0;
    }
    for (size_t n = 1; n < N; n++) {
        struct digest_hex next = of_bytes(bytes, n);
        CHECK(strcmp(strchr(next.hex, '-'), strchr(last.hex, '-')) != 0);
        last = next;
    }
    for (size_t word = 0; word < N / 8; word++) {
        memset(bytes, 0, N);
        bytes[8 * word] = 1;
        struct digest_hex moved = of_bytes(bytes, N);
        for (size_t other = 0; other < word; other++) {
            memset(bytes, 0, N);
            bytes[8 * other] = 1;
            CHECK(strcmp(of_bytes(bytes, N).hex, moved.hex) != 0);
        }
    }
}

int main(void)
{
    CHECK_RUN(pieces_do_not_matter);
    CHECK_RUN(small_changes_show);
    return check_status();
}
