/* Collections of text, by each reader of text-convert. */
#include "../fault/collections.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int which = 0; which < COLLECTIONS_N; which++) {
        struct err err = {0};
        bool sound;
        size_t n_bad;
        (void)fuzz_refused(collections_read(which, data, size, &sound, &n_bad, &err), &err);
        FUZZ_CHECK(sound);
    }
    return 0;
}
