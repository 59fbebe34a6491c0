/* Streams (.vps): as they come, and with all checksums made right, so that what they guard is reached. */
#include "base/bytes.h"
#include "base/crc.h"
#include "base/num.h"
#include "fmt/neighbours.h"
#include "fmt/record.h"
#include "fuzz.h"

/* Sign header, blocks and end records as far as they can be followed. */
static void sign(unsigned char *p, size_t size)
{
    uint32_t header_crc = 0, blocks_crc = 0;
    uint64_t n_blocks = 0, n_rows = 0;
    for (size_t at = 0, bytes; size - at >= RECORD_BYTES; at += bytes) {
        unsigned char *r = p + at;
        if (memcmp(r, record_magic, sizeof record_magic) == 0) {
            bytes = num_round_up(RECORD_PREAMBLE + (size_t)bytes_get_u32(r + 12) + 4, RECORD_ALIGN);
            if (bytes > size - at)
                return;
            header_crc = crc_update(0, r, bytes - 4);
            bytes_put_u32(r + bytes - 4, header_crc);
            n_blocks = n_rows = blocks_crc = 0;
            continue;
        }
        uint32_t stored = bytes_get_u32(r + 28);
        bytes = num_round_up(RECORD_BYTES + (size_t)stored, RECORD_ALIGN);
        if (bytes > size - at)
            return;
        bytes_put_u32(r + 32, crc_update(0, r + RECORD_BYTES, stored));
        bool is_end = bytes_get_u32(r) == RECORD_END;
        bytes_put_u64(r + 8, n_blocks);
        if (is_end) {
            bytes_put_u64(r + 16, n_rows);
            bytes_put_u32(r + 36, blocks_crc);
            bytes_put_u32(r + 40, header_crc);
        }
        bytes_put_u32(r + 60, crc_update(0, r, 60));
        n_blocks++;
        n_rows += bytes_get_u64(r + 16);
        blocks_crc = crc_update(blocks_crc, r + 60, 4);
    }
}

static void read_neighbours(const void *data, size_t size)
{
    struct err err = {0};
    struct neighbours_reader *r;
    const struct neighbours_row *row;
    int rc = neighbours_reader_open(&r, fuzz_input(data, size), &err);
    if (fuzz_refused(rc, &err))
        return;
    while ((rc = neighbours_reader_next(r, &row, &err)) == 0 && row)
        for (size_t i = 1; row->dist && i < row->n; i++)
            FUZZ_CHECK(row->dist[i - 1] <= row->dist[i]);
    (void)fuzz_refused(rc, &err);
    neighbours_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_vecfile("vps", data, size);
    unsigned char *p = malloc(size ? size : 1);
    memcpy(p, data, size);
    sign(p, size);
    fuzz_vecfile("vps", p, size);
    read_neighbours(p, size);
    free(p);
    return 0;
}
