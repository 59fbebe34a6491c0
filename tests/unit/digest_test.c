#include "check.h"
#include "scratch.h"

#include "base/rng.h"
#include "pipe/digest.h"

#include <sys/stat.h>

static struct err err;

static struct digest_hex of_path(const char *path)
{
    struct digest d = {0};
    CHECK_OK(digest_path(&d, path, &err), &err);
    return digest_text(&d);
}

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

static void folders(void)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", scratch_path("d"));
    if (mkdir(path, 0777) != 0)
        scratch_die(path);
    struct digest_hex empty = of_path(path);
    scratch_write("d/a", "xy", 2);
    scratch_write("d/b", "z", 1);
    struct digest_hex first = of_path(path);
    CHECK(strcmp(first.hex, empty.hex) != 0);
    scratch_write("d/a", "x", 1);
    scratch_write("d/b", "yz", 2);
    CHECK(strcmp(of_path(path).hex, first.hex) != 0);
    scratch_write("d/a", "xy", 2);
    scratch_write("d/b", "z", 1);
    CHECK_STR(of_path(path).hex, first.hex);                  /* times do not count */
    CHECK_EQ(rename(scratch_path("d/b"), scratch_path("d/c")), 0);
    CHECK(strcmp(of_path(path).hex, first.hex) != 0);
    CHECK_EQ(rename(scratch_path("d/c"), scratch_path("d/b")), 0);
    CHECK_EQ(symlink("..", scratch_path("d/up")), 0);         /* a circle is not walked */
    CHECK(strcmp(of_path(path).hex, first.hex) != 0);
    CHECK_EQ(unlink(scratch_path("d/up")), 0);
    CHECK_EQ(mkfifo(scratch_path("d/pipe"), 0666), 0);
    struct digest d = {0};
    CHECK_EQ(digest_path(&d, path, &err), ERR_DATA);
    err = (struct err){0};
    CHECK_EQ(digest_path(&d, scratch_path("gone"), &err), ERR_IO);
}

int main(void)
{
    CHECK_RUN(pieces_do_not_matter);
    CHECK_RUN(small_changes_show);
    CHECK_RUN(folders);
    scratch_done();
    return check_status();
}
