#include "text/protobuf.h"
#include "check.h"

static struct err err;

static int next(struct protobuf *m, struct protobuf_field *f, bool *some)
{
    err = (struct err){0};
    return protobuf_next(m, f, some, &err);
}

/* The example of the encoding's own page: 150 in field 1, and each type. */
static void test_fields(void)
{
    static const unsigned char bytes[] = {
        0x08, 0x96, 0x01, 0x12, 3, 'a', 'b', 'c', 0x1D, 1, 2, 3, 4, 0x21, 1, 0, 0, 0, 0, 0, 0, 0x80,
        0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};
    struct protobuf m = {.p = bytes, .n = sizeof bytes};
    struct protobuf_field f;
    bool some;
    CHECK(next(&m, &f, &some) == 0 && some && f.number == 1 && f.type == PROTOBUF_VARINT && f.value == 150);
    CHECK(next(&m, &f, &some) == 0 && f.number == 2 && f.bytes.n == 3 && memcmp(f.bytes.p, "abc", 3) == 0 && f.bytes.at == 0);
    CHECK(next(&m, &f, &some) == 0 && f.number == 3 && f.type == PROTOBUF_32 && f.value == 0x04030201);
    CHECK(next(&m, &f, &some) == 0 && f.number == 4 && f.type == PROTOBUF_64 && f.value == 0x8000000000000001u);
    CHECK(next(&m, &f, &some) == 0 && f.number == (1u << 29) - 1 && f.value == UINT64_MAX);
    CHECK(next(&m, &f, &some) == 0 && !some);
}

static void test_bad_fields(void)
{
    static const struct { unsigned char bytes[12]; size_t n; int rc; const char *says; } bad[] = {
        {{0x08}, 1, ERR_TRUNCATED, "byte 1: a number that goes on"},
        {{0x08, 0x80}, 2, ERR_TRUNCATED, "byte 1: a number that goes on"},
        {{0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2}, 11, ERR_DATA, "byte 1: a number of more than 64 bits"},
        {{0x12, 3, 'a', 'b'}, 4, ERR_TRUNCATED, "byte 0: a field of 3 bytes where 2 are left"},
        {{0x12, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, 11, ERR_TRUNCATED, "18446744073709551615 bytes"},
        {{0x1D, 1, 2, 3}, 4, ERR_TRUNCATED, "a field of 4 bytes where 3"},
        {{0x19, 1, 2, 3}, 4, ERR_TRUNCATED, "a field of 8 bytes where 3"},
        {{0x0B}, 1, ERR_DATA, "the unknown type 3"},
        {{0x02, 0}, 2, ERR_DATA, "no field has such a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct protobuf m = {.p = bad[i].bytes, .n = bad[i].n};
        struct protobuf_field f;
        bool some;
        CHECK_EQ(next(&m, &f, &some), bad[i].rc);
        if (!strstr(err.msg, bad[i].says))
            CHECK_STR(err.msg, bad[i].says);
    }
}

int main(void)
{
    CHECK_RUN(test_fields);
    CHECK_RUN(test_bad_fields);
    return check_status();
}
