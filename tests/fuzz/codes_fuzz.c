/* Codes and codebooks, as streams and as arrays of NumPy: what is read keeps its bounds, suffixes can be put to codes, and
 * codebooks can be written. */
#include "fuzz.h"
#include "quant/codearrays.h"
#include "quant/codebooks.h"
#include "quant/coderows.h"

static void try_books(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct residual q;
    struct header header = {0};
    struct output *out = NULL;
    int rc = codebooks_read_input(&q, fuzz_input(data, size), &header, &err);
    if (!fuzz_refused(rc, &err))
        FUZZ_CHECK(output_open_memory(&out, &err) == 0 && codearrays_write_books(out, &q, &err) == 0);
    output_free(out);
    header_done(&header);
    residual_done(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct coderows rows;
    try_books(data, size);
    bool yes = false;
    int rc = coderows_read(&rows, fuzz_input(data, size), NULL, &err);
    if (!fuzz_refused(rc, &err)) {
        for (size_t e = 0; e < rows.set.n * rows.set.n_levels; e++)
            FUZZ_CHECK(rows.set.code[e] < rows.set.clusters[e % rows.set.n_levels]);
        rc = codeset_suffix(&rows.set, &err);
        if (!fuzz_refused(rc, &err))
            FUZZ_CHECK(codeset_prefix_free(&rows.set, &yes, &err) == 0 && yes);
    }
    coderows_done(&rows);
    return 0;
}
