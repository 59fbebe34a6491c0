/* Text indexes (.bm25): as they come and with all checksums made right; verified and mapped.  Both are searched: a verified one
 * without an error, a mapped one with any answer. */
#include "../unit/bm25_made.h"
#include "fuzz.h"

static void open_and_use(const void *p, size_t size, enum mapfile_load load)
{
    struct err err = {0};
    struct bm25_file *f;
    int rc = bm25_file_open_memory(&f, p, size, "fuzz", load, &err);
    if (fuzz_refused(rc, &err))
        return;
    for (int idf = BM25_LUCENE; idf <= BM25_OKAPI; idf += BM25_OKAPI) {
        rc = made_search(bm25_file_index(f), (enum bm25_idf)idf, &err);
        FUZZ_CHECK(load == MAPFILE_MMAP || rc == 0);
        if (fuzz_refused(rc, &err))
            break;
    }
    bm25_file_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    unsigned char *p = mem_slab(size, 1, &err);
    FUZZ_CHECK(p);
    memcpy(p, data, size);
    open_and_use(p, size, MAPFILE_COPY);
    made_sign(p, size);
    open_and_use(p, size, MAPFILE_COPY);
    open_and_use(p, size, MAPFILE_MMAP);
    mem_free(p);
    return 0;
}
