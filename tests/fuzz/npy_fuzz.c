/* NumPy arrays (.npy). */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_vecfile("npy", data, size);
    return 0;
}
