#include "text/protobuf.h"

#include "base/bytes.h"

static int read_varint(struct protobuf *m, uint64_t *value, struct err *err)
{
    size_t from = m->at;
    *value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (m->at == m->n)
            return err_set(err, ERR_TRUNCATED, "byte %zu: a number that goes on behind the end", from);
        unsigned char byte = m->p[m->at++];
        if (shift == 63 && byte > 1)
            break;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return 0;
    }
    return err_set(err, ERR_DATA, "byte %zu: a number of more than 64 bits", from);
}

int protobuf_next(struct protobuf *m, struct protobuf_field *f, bool *some, struct err *err)
{
    int rc = 0;
    uint64_t key = 0;
    size_t from = m->at;
    *f = (struct protobuf_field){0};
    *some = m->at < m->n;
    if (!*some)
        return 0;
    TRY(read_varint(m, &key, err));
    if (key >> 3 == 0 || key >> 3 > (1u << 29) - 1)
        return err_set(err, ERR_DATA, "byte %zu: no field has such a number", from);
    f->number = (uint32_t)(key >> 3);
    f->type = (enum protobuf_type)(key & 7);
    switch (f->type) {
    case PROTOBUF_VARINT:
        return read_varint(m, &f->value, err);
    case PROTOBUF_BYTES:
        TRY(read_varint(m, &f->value, err));
        if (f->value > m->n - m->at)
            return err_set(err, ERR_TRUNCATED, "byte %zu: a field of %llu bytes where %zu are left", from,
                           (unsigned long long)f->value, m->n - m->at);
        f->bytes = (struct protobuf){.p = m->p + m->at, .n = (size_t)f->value};
        m->at += f->bytes.n;
        return 0;
    case PROTOBUF_64:
    case PROTOBUF_32: {
        size_t bytes = f->type == PROTOBUF_64 ? 8 : 4;
        if (m->n - m->at < bytes)
            return err_set(err, ERR_TRUNCATED, "byte %zu: a field of %zu bytes where %zu are left", from, bytes, m->n - m->at);
        f->value = bytes == 8 ? bytes_get_u64(m->p + m->at) : bytes_get_u32(m->p + m->at);
        m->at += bytes;
        return 0;
    }
    }
    return err_set(err, ERR_DATA, "byte %zu: a field of the unknown type %d", from, (int)(key & 7));
out:
    return rc;
}
