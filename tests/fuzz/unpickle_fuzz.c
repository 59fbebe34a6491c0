/* torch's checkpoints: whole files where the bytes are a ZIP archive or of the legacy container, else a pickle on its own, whose
 * CRC need not be right.  What is accepted has tensors inside of their storages. */
#include "fuzz.h"
#include "fmt/zipfile.h"
#include "nn/torchfile.h"
#include "nn/unpickle.h"

static void file(const uint8_t *data, size_t size)
{
    static volatile unsigned sum;
    struct err err = {0};
    struct torchfile t;
    int rc = torchfile_parse(&t, data, size, &err);
    if (fuzz_refused(rc, &err))
        return;
    for (size_t i = 0; i < t.n_tensors; i++) {
        FUZZ_CHECK(t.tensors[i].bytes == t.tensors[i].n * safetensors_dtype_bytes(t.tensors[i].dtype));
        FUZZ_CHECK(t.tensors[i].offset <= size && t.tensors[i].bytes <= size - t.tensors[i].offset);
        for (size_t b = 0; b < t.tensors[i].bytes; b++)
            sum += t.tensors[i].data[b];
    }
    torchfile_close(&t);
}

static void archive(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct zipfile z;
    int rc = zipfile_open(&z, data, size, &err);
    if (fuzz_refused(rc, &err))
        return;
    for (size_t i = 0; i < z.n_entries; i++) {
        FUZZ_CHECK(zipfile_find(&z, z.entries[i].name, z.entries[i].n_name) == &z.entries[i]);
        err = (struct err){0};
        (void)fuzz_refused(zipfile_read(&z.entries[i], NULL, NULL, &err), &err);
    }
    zipfile_close(&z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct unpickle u = {0};
    const struct unpickle_value *value;
    size_t used;
    file(data, size);
    archive(data, size);
    int rc = unpickle_run(&u, data, size, &used, &value, &err);
    if (!fuzz_refused(rc, &err)) {
        FUZZ_CHECK(used > 0 && used <= size);
        for (size_t i = 0; value->kind == UNPICKLE_DICT && i + 1 < value->items.n; i += 2)
            if (value->items.at[i + 1]->kind == UNPICKLE_TENSOR) {
                const struct unpickle_tensor *t = value->items.at[i + 1]->tensor;
                FUZZ_CHECK(t->storage < u.n_storages && t->first + t->n <= u.storages[t->storage].n);
            }
    }
    unpickle_done(&u);
    return 0;
}
