/* fbin and the formats like it: a count or a dimension in front, no magic, no checksum; and finding out which it is. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"fbin", "u8bin", "i8bin", "ibin", "f16bin", "f64bin", "knn", "fvecs", "bvecs", "ivecs",
                                          NULL};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        fuzz_vecfile(formats[i], data, size);
    return 0;
}
