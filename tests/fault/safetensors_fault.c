/* Damage to safetensors files, in process: every truncation is refused; a flipped bit is refused or makes another valid file
 * (in a name, in the data), whose tensors then lie inside of it.  Run under ASan to see reads outside. */
#include "../unit/check.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "nn/safetensors.h"

static struct err err;

static const char header[] = "{\"embeddings\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                             "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[24,28]}}";
enum { HEADER = sizeof header - 1, DATA = 28, ALL = 8 + HEADER + DATA };

static void make(unsigned char *file)
{
    bytes_put_u64(file, HEADER);
    memcpy(file + 8, header, HEADER);
    memset(file + 8 + HEADER, 0x3F, DATA);
}

/* Parse a copy that ends where its memory ends, and touch all that it says is there. */
static int parse_exact(const unsigned char *bytes, size_t n)
{
    unsigned char *copy = mem_alloc(n, 1, &err);
    struct safetensors s = {0};
    memcpy(copy, bytes, n);
    err = (struct err){0};
    int rc = safetensors_parse(&s, copy, n, &err);
    CHECK((rc == 0) == (err.msg[0] == '\0'));
    unsigned sum = 0;
    for (size_t i = 0; rc == 0 && i < s.n_tensors; i++) {
        CHECK(s.tensors[i].bytes <= n);
        for (size_t b = 0; b < s.tensors[i].bytes; b++)
            sum += s.tensors[i].data[b];
        float x;
        if (s.tensors[i].n > 0)
            (void)!safetensors_widen(&s.tensors[i], s.tensors[i].n - 1, 1, &x, &err);
    }
    CHECK(sum < 1u << 30);
    if (rc == 0)
        safetensors_close(&s);
    mem_free(copy);
    return rc;
}

static void test_every_truncation(void)
{
    unsigned char file[ALL];
    make(file);
    CHECK_EQ(parse_exact(file, ALL), 0);
    for (size_t n = 0; n < ALL; n++)
        CHECK(parse_exact(file, n) != 0);
}

static void test_every_bit(void)
{
    unsigned char file[ALL];
    size_t accepted = 0;
    make(file);
    for (size_t bit = 0; bit < 8 * (8 + HEADER); bit++) {
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
        accepted += parse_exact(file, ALL) == 0;
        file[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    CHECK(accepted < 8 * 16);          /* the letters of the two names, and of "F32" to other types of 4 bytes */
}

/* Every byte of the header replaced by every digit and bracket: numbers and nesting that still are JSON. */
static void test_every_digit(void)
{
    static const char bytes[] = "0123456789-.eE[]{}\",: ";
    unsigned char file[ALL];
    make(file);
    for (size_t at = 8; at < 8 + HEADER; at++)
        for (const char *b = bytes; *b; b++) {
            unsigned char was = file[at];
            file[at] = (unsigned char)*b;
            (void)parse_exact(file, ALL);
            file[at] = was;
        }
}

static void test_every_header_length(void)
{
    unsigned char file[ALL];
    make(file);
    for (size_t n = 0; n < ALL + 8; n++) {
        bytes_put_u64(file, n);
        CHECK((parse_exact(file, ALL) == 0) == (n == HEADER));
    }
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_every_digit);
    CHECK_RUN(test_every_header_length);
    return check_status();
}
