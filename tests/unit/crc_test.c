#include "check.h"
#include "base/crc.h"
#include "base/rng.h"

#include <zlib.h>

static void test_known_answer(void)
{
    CHECK_EQ(crc_update(0, "123456789", 9), 0xCBF43926);
    CHECK_EQ(crc_update(0, "", 0), 0);
    CHECK_EQ(crc_update(7, NULL, 0), 7);
}

/* Folded or not, whole or in pieces, at any alignment: zlib's value. */
static void test_equals_zlib(void)
{
    static unsigned char data[5000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)rng_u64(1, RNG_TEST, i);
    for (size_t n = 0; n < 1500; n++)
        for (size_t at = 0; at < 4; at++) {
            uint32_t start = (uint32_t)rng_u64(2, RNG_TEST, n);
            CHECK_EQ(crc_update(start, data + at * 17, n), crc32_z(start, data + at * 17, n));
        }
    for (size_t cut = 0; cut <= sizeof data; cut += 13)
        CHECK_EQ(crc_update(crc_update(0, data, cut), data + cut, sizeof data - cut), crc32_z(0, data, sizeof data));
}

int main(void)
{
    CHECK_RUN(test_known_answer);
    CHECK_RUN(test_equals_zlib);
    return check_status();
}
