#include "fmt/celltext.h"

#include "base/bytes.h"
#include "vec/half.h"

#include <stdio.h>
#include <string.h>

double celltext_double(enum column_type type, const void *values, size_t i)
{
    const unsigned char *at = (const unsigned char *)values + i * column_type_bytes(type);
    switch (type) {
    case COLUMN_F32:  return (double)bytes_get_f32(at);
    case COLUMN_F16:  return (double)half_from_f16(bytes_get_u16(at));
    case COLUMN_BF16: return (double)half_from_bf16(bytes_get_u16(at));
    case COLUMN_I8:   return (int8_t)*at;
    case COLUMN_U8:   return *at;
    case COLUMN_U16:  return bytes_get_u16(at);
    case COLUMN_U32:  return bytes_get_u32(at);
    case COLUMN_I32:  return bytes_get_i32(at);
    case COLUMN_U64:  return (double)bytes_get_u64(at);
    case COLUMN_I64:  return (double)(int64_t)bytes_get_u64(at);
    case COLUMN_F64:  break;
    case COLUMN_STR:  return 0;
    }
    double x;
    memcpy(&x, at, sizeof x);
    return x;
}

size_t celltext_number(char text[NUM_TEXT], enum column_type type, const void *at)
{
    switch (type) {
    case COLUMN_U64: return (size_t)snprintf(text, NUM_TEXT, "%llu", (unsigned long long)bytes_get_u64(at));
    case COLUMN_I64: return (size_t)snprintf(text, NUM_TEXT, "%lld", (long long)bytes_get_u64(at));
    case COLUMN_F64: return num_format_f64(text, celltext_double(type, at, 0));
    case COLUMN_F32: case COLUMN_F16: case COLUMN_BF16: return num_format_f32(text, (float)celltext_double(type, at, 0));
    default:         return (size_t)snprintf(text, NUM_TEXT, "%.0f", celltext_double(type, at, 0));
    }
}

size_t celltext_span(const struct column *c, const struct column_view *v, size_t row, size_t *first)
{
    if (c->shape == COLUMN_RAGGED) {
        *first = v->offsets[row];
        return v->offsets[row + 1] - v->offsets[row];
    }
    *first = row * c->shape;
    return c->shape;
}

struct text celltext_string(const struct column *c, const struct column_view *v, size_t i)
{
    const uint32_t *o = (c->shape == COLUMN_RAGGED ? v->string_offsets : v->offsets) + i;
    return (struct text){(const char *)v->values + o[0], o[1] - o[0]};
}
