/* safetensors_write - a safetensors file: the header from a list of tensors, then their bytes in the same order. */
#ifndef SAFETENSORS_WRITE_H
#define SAFETENSORS_WRITE_H

#include "nn/safetensors.h"
#include "sys/output.h"

/* Write the header.  Of each tensor name, dtype, n_dims and shape are read; n, offset and bytes are set.  The data begins at a
 * multiple of 64 bytes; the caller writes it, tensor after tensor, without gaps. */
MUST_CHECK int safetensors_write_header(struct output *out, struct tensor *tensors, size_t n, struct err *err);

#endif
