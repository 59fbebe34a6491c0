#include "fmt/zipstore.h"

#include "base/bytes.h"
#include "base/crc.h"

#include <string.h>

enum { LOCAL = 30, CENTRAL = 46, END = 22, COMMON = 26, VERSION = 20, UTF8 = 1 << 11, FIRST_DAY = 1 << 5 | 1 };

/* What a member's two headers share: version needed, flags, method (0: stored), time, date, CRC, both sizes, lengths of the name
 * and of what is extra. */
static void put_common(unsigned char at[COMMON], const char *name, uint32_t crc, uint32_t n)
{
    memset(at, 0, COMMON);
    bytes_put_u16(at, VERSION);
    bytes_put_u16(at + 2, UTF8);
    bytes_put_u16(at + 8, FIRST_DAY);
    bytes_put_u32(at + 10, crc);
    bytes_put_u32(at + 14, n);
    bytes_put_u32(at + 18, n);
    bytes_put_u16(at + 22, (uint16_t)strlen(name));
}

int zipstore_add(struct zipstore *z, const char *name, const void *bytes, size_t n, struct err *err)
{
    int rc = 0;
    unsigned char local[LOCAL], central[CENTRAL] = {0};
    uint64_t at = output_offset(z->out), names = strlen(name);
    if (z->n == UINT16_MAX || n > UINT32_MAX || at + LOCAL + names + n + z->directory.n + CENTRAL + names > UINT32_MAX - END)
        return err_set(err, ERR_LIMIT, "%s: the archive would be too large: ZIP files end at 4 GiB and 65535 members", name);
    memcpy(local, "PK\3\4", 4);
    put_common(local + 4, name, crc_update(0, bytes, n), (uint32_t)n);
    memcpy(central, "PK\1\2", 4);
    bytes_put_u16(central + 4, VERSION);
    memcpy(central + 6, local + 4, COMMON);
    bytes_put_u32(central + CENTRAL - 4, (uint32_t)at);
    TRY(output_write(z->out, local, LOCAL, err));
    TRY(output_write(z->out, name, names, err));
    TRY(output_write(z->out, bytes, n, err));
    TRY(buf_put(&z->directory, central, CENTRAL, err));
    TRY(buf_put(&z->directory, name, names, err));
    z->n++;
out:
    return rc;
}

int zipstore_end(struct zipstore *z, struct err *err)
{
    int rc = 0;
    unsigned char end[END] = {0};
    memcpy(end, "PK\5\6", 4);
    bytes_put_u16(end + 8, (uint16_t)z->n);
    bytes_put_u16(end + 10, (uint16_t)z->n);
    bytes_put_u32(end + 12, (uint32_t)z->directory.n);
    bytes_put_u32(end + 16, (uint32_t)output_offset(z->out));
    if (z->n > 0)
        TRY(output_write(z->out, z->directory.p, z->directory.n, err));
    TRY(output_write(z->out, end, END, err));
out:
    return rc;
}

void zipstore_done(struct zipstore *z)
{
    buf_done(&z->directory);
}
