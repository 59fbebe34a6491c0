#include "fmt/retype.h"

#include "base/bytes.h"
#include "fmt/celltext.h"
#include "vec/half.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const struct { double min, max; } ranges[] = {       /* 64 bits: the next double inside */
    [COLUMN_I8] = {INT8_MIN, INT8_MAX},   [COLUMN_U8] = {0, UINT8_MAX},
    [COLUMN_U16] = {0, UINT16_MAX},       [COLUMN_U32] = {0, UINT32_MAX},
    [COLUMN_I32] = {INT32_MIN, INT32_MAX}, [COLUMN_I64] = {-0x1p63, 0x1p63 - 1024}, [COLUMN_U64] = {0, 0x1p64 - 2048},
};

static bool put_integer(unsigned char *at, enum column_type to, double x)
{
    if (x < ranges[to].min || x > ranges[to].max || x != trunc(x))
        return false;
    uint64_t bits = x < 0 ? (uint64_t)(int64_t)x : (uint64_t)x;
    memcpy(at, &bits, column_type_bytes(to));      /* little endian: the low bytes come first */
    return true;
}

static bool put_float(unsigned char *at, enum column_type to, double x)
{
    if (to == COLUMN_F64) {
        memcpy(at, &x, sizeof x);
        return true;
    }
    if (fabs(x) > (double)FLT_MAX && isinf((float)x))
        return false;
    float f = (float)x;
    if (to == COLUMN_F32) {
        bytes_put_f32(at, f);
        return true;
    }
    uint16_t h = to == COLUMN_F16 ? half_to_f16(f) : half_to_bf16(f);
    bytes_put_u16(at, h);
    return isfinite(to == COLUMN_F16 ? half_from_f16(h) : half_from_bf16(h));
}

size_t retype_values(void *out, enum column_type to, const void *in, enum column_type from, size_t n)
{
    size_t size = column_type_bytes(to);
    bool real = to == COLUMN_F32 || to == COLUMN_F16 || to == COLUMN_BF16 || to == COLUMN_F64;
    for (size_t i = 0; i < n; i++) {
        double x = celltext_double(from, in, i);
        unsigned char *at = (unsigned char *)out + i * size;
        if (!isfinite(x) || !(real ? put_float(at, to, x) : put_integer(at, to, x)))
            return i;
    }
    return n;
}
