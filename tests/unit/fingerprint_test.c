#include "base/fingerprint.h"
#include "check.h"

static const char *of(const void *p, size_t n, size_t step)
{
    static char text[2][FINGERPRINT_TEXT];
    static int turn;
    struct fingerprint f;
    fingerprint_init(&f);
    for (size_t at = 0; at < n; at += step)
        fingerprint_update(&f, (const char *)p + at, n - at < step ? n - at : step);
    turn ^= 1;
    fingerprint_text(&f, text[turn]);
    return text[turn];
}

/* It is stored in streams (@meta space): it must never change. */
static void test_known_values(void)
{
    CHECK_STR(of("", 0, 1), "322e3d703d9863805692eba1c7be385c");
    CHECK_STR(of("vecpipe", 7, 7), "58071b82bf5790c8d14effd6ee10f4a0");
}

static void test_pieces_do_not_matter(void)
{
    unsigned char p[200];
    for (size_t i = 0; i < sizeof p; i++)
        p[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n <= sizeof p; n++)
        for (size_t step = 1; step < 70; step += 3)
            CHECK_STR(of(p, n, step), of(p, n, sizeof p));
}

static void test_every_bit_and_the_length_count(void)
{
    unsigned char p[100] = {0};
    char whole[FINGERPRINT_TEXT];
    strcpy(whole, of(p, sizeof p, sizeof p));
    for (size_t bit = 0; bit < 8 * sizeof p; bit++) {
        p[bit / 8] ^= (unsigned char)(1 << bit % 8);
        CHECK(strcmp(of(p, sizeof p, 64), whole) != 0);
        p[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    for (size_t n = 0; n < sizeof p; n++)
        CHECK(strcmp(of(p, n, 64), whole) != 0);
}

int main(void)
{
    CHECK_RUN(test_known_values);
    CHECK_RUN(test_pieces_do_not_matter);
    CHECK_RUN(test_every_bit_and_the_length_count);
    return check_status();
}
