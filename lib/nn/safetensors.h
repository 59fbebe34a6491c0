/* safetensors - weights as Hugging Face stores them: u64 length, that many bytes of JSON, then the tensors' bytes.
 * https://github.com/huggingface/safetensors (format section).  The file is mapped; nothing is copied until it is widened.
 *
 * Everything is checked at open, before it is used: the header is at most SAFETENSORS_MAX_HEADER bytes and inside the file, an
 * object without duplicate names; each tensor's dtype is known, its offsets lie inside the data and fit shape and dtype; the
 * tensors cover the data without gap or overlap, as the format demands. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "sys/mapfile.h"

#include <stdbool.h>
#include <stdint.h>

enum { SAFETENSORS_MAX_HEADER = 100 << 20, SAFETENSORS_MAX_DIMS = 8 };

enum safetensors_dtype {
    SAFETENSORS_F64, SAFETENSORS_F32, SAFETENSORS_F16, SAFETENSORS_BF16, SAFETENSORS_I64, SAFETENSORS_I32, SAFETENSORS_I16,
    SAFETENSORS_I8, SAFETENSORS_U64, SAFETENSORS_U32, SAFETENSORS_U16, SAFETENSORS_U8, SAFETENSORS_BOOL
};

struct tensor {
    char *name;
    enum safetensors_dtype dtype;
    size_t n_dims, shape[SAFETENSORS_MAX_DIMS];
    size_t n;                        /* values: the product of shape */
    size_t offset, bytes;            /* of the file */
    const unsigned char *data;       /* any alignment */
};

struct safetensors {
    struct mapfile file;
    struct tensor *tensors;          /* in the order of their data */
    size_t n_tensors;
};

/* Map a file; every message starts with its path.  Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT, ERR_IO. */
MUST_CHECK int safetensors_open(struct safetensors *s, const char *path, enum mapfile_load load, struct err *err);
void safetensors_close(struct safetensors *s);

/* The same from memory that outlives s (tests). */
MUST_CHECK int safetensors_parse(struct safetensors *s, const unsigned char *p, size_t n, struct err *err);

const char *safetensors_dtype_name(enum safetensors_dtype dtype);
size_t safetensors_dtype_bytes(enum safetensors_dtype dtype);

/* NULL where there is none. */
const struct tensor *safetensors_find(const struct safetensors *s, const char *name);

/* Values first .. first + n - 1 as f32, exactly: F32, F16, BF16; other dtypes are ERR_DATA. */
MUST_CHECK int safetensors_widen(const struct tensor *t, size_t first, size_t n, float *out, struct err *err);

#endif
