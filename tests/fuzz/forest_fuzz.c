/* Models of boosted trees: XGBoost's JSON, LightGBM's text.  What is read predicts, and is what is read again. */
#include "fuzz.h"
#include "repair/forest.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct forest f;
    struct input *in = fuzz_input(data, size);
    if (!fuzz_refused(forest_read(&f, in, &err), &err)) {
        static const float values[] = {0, 1, -1, 1e-36f, 33, 1e30f, (float)INFINITY, (float)-INFINITY, (float)NAN};
        size_t n = sizeof values / sizeof values[0];
        float *x = malloc(n * f.n_features * sizeof *x);
        double together[sizeof values / sizeof values[0]], alone;
        FUZZ_CHECK(x);
        for (size_t i = 0; i < n * f.n_features; i++)
            x[i] = values[(i + i / n) % n];
        forest_predict(&f, x, n, together);
        for (size_t i = 0; i < n; i++) {
            forest_predict(&f, x + i * f.n_features, 1, &alone);
            FUZZ_CHECK(memcmp(&alone, &together[i], sizeof alone) == 0 || (isnan(alone) && isnan(together[i])));
        }
        free(x);
    }
    forest_done(&f);
    input_close(in);
    return 0;
}
