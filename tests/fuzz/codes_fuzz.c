/* Codes, as streams and as arrays of NumPy: what is read keeps its bounds, and suffixes can be put to it. */
#include "fuzz.h"
#include "quant/coderows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct coderows rows;
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
