/* Damaged gzip, in process: every truncation and every flipped bit of a small file of two members.  What is read is refused or,
 * where the damage does not matter (a time stamp, the spare flags), exactly the original. */
#include "../unit/check.h"
#include "../unit/gzip.h"
#include "sys/input.h"

#include <stdlib.h>

enum { ROOM = 4096 };
static char plain[600];
static unsigned char packed[ROOM];
static size_t packed_n, first_n;   /* bytes of both members, of the first */

static void make(void)
{
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = "the quick brown fox jumps\n"[i * i % 26];
    gzip_member(packed, &packed_n, ROOM, plain, 300);
    first_n = packed_n;
    gzip_member(packed, &packed_n, ROOM, plain + 300, 300);
}

/* Read p[0..n) by pieces; the code of the failure, or 0 with *same telling whether it was the first `want` bytes of plain. */
static int read_all(const unsigned char *p, size_t n, size_t piece, size_t want, int *same, struct err *err)
{
    struct input *in = NULL;
    char *copy = malloc(n ? n : 1), buf[1000];   /* a block of the exact size, so that ASan sees each byte read past it */
    size_t at = 0, got = piece;
    memcpy(copy, p, n);
    *err = (struct err){ 0 };
    *same = 1;
    int rc = input_open_memory(&in, copy, n, "damaged.gz", err);
    while (rc == 0 && got == piece) {
        rc = input_read(in, buf, piece, &got, err);
        *same &= at + got <= want && memcmp(plain + at, buf, got) == 0;
        at += got;
    }
    *same &= at == want;
    input_close(in);
    free(copy);
    return rc;
}

static void test_every_truncation(void)
{
    for (size_t n = 2; n <= packed_n; n++) {
        struct err err;
        int same, rc = read_all(packed, n, 100, n == first_n ? 300 : 600, &same, &err);
        if (n == first_n || n == packed_n) {
            CHECK(rc == 0 && same);   /* a whole number of members is a gzip file */
        } else {
            /* One byte of a second member is not yet seen to be gzip. */
            CHECK(rc == ERR_TRUNCATED || rc == ERR_DATA);
            CHECK(strncmp(err.msg, "damaged.gz: byte ", 17) == 0);
        }
    }
}

static void test_every_bit(void)
{
    int wrong = 0, accepted = 0;
    for (size_t bit = 0; bit < 8 * packed_n; bit++) {
        struct err err;
        int same;
        if (bit / 8 < 2)
            continue;   /* the magic: without it these are plain bytes, for the reader of the content to refuse */
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        int rc = read_all(packed, packed_n, 333, 600, &same, &err);
        packed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        wrong += rc == 0 ? !same : (rc != ERR_DATA && rc != ERR_TRUNCATED) || strncmp(err.msg, "damaged.gz: byte ", 17) != 0;
        accepted += rc == 0;
    }
    CHECK_EQ(wrong, 0);
    CHECK(accepted <= 2 * (8 * 6 + 1 + 7));   /* time, extra flags, system, the "is text" flag; spare bits of the last byte */
}

static void test_trailing_bytes(void)
{
    for (int byte = 0; byte < 256; byte++) {
        struct err err;
        int same;
        packed[packed_n] = (unsigned char)byte;
        packed[packed_n + 1] = 'x';
        int rc = read_all(packed, packed_n + 1, 1000, 600, &same, &err);
        CHECK(byte == 0 ? rc == 0 && same : byte == 0x1f ? rc == ERR_TRUNCATED : rc == ERR_DATA);
        CHECK_EQ(read_all(packed, packed_n + 2, 1000, 600, &same, &err), ERR_DATA);
    }
}

int main(void)
{
    make();
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_trailing_bytes);
    return check_status();
}
