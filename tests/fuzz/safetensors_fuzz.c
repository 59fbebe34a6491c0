/* safetensors.  What is accepted lies inside of the file, tensor behind tensor, and its floats can be widened. */
#include "fuzz.h"
#include "nn/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile float sum;
    struct err err = {0};
    struct safetensors s = {0};
    int rc = safetensors_parse(&s, data, size, &err);
    if (!fuzz_refused(rc, &err)) {
        size_t at = size;
        for (size_t i = s.n_tensors; i-- > 0;) {
            const struct tensor *t = &s.tensors[i];
            float x[64];
            FUZZ_CHECK(t->offset + t->bytes == at && t->data == data + t->offset);
            FUZZ_CHECK(t->bytes == t->n * safetensors_dtype_bytes(t->dtype));
            at = t->offset;
            for (size_t first = 0; first < t->n; first += 64) {
                size_t n = t->n - first < 64 ? t->n - first : 64;
                err = (struct err){0};
                if (safetensors_widen(t, first, n, x, &err) != 0)
                    break;
                sum += x[n - 1];
            }
        }
        safetensors_close(&s);
    }
    return 0;
}
