/* torchfile - tensors as torch.save writes a state dictionary (pytorch_model.bin), in both containers:
 *
 * zip (torch from 1.6 on): an archive of NAME/data.pkl, a pickle of the dictionary, and one stored entry NAME/data/KEY for each
 * storage, with CRCs, all of which are checked; NAME/byteorder, where there is one, says little.
 * legacy: one behind the other pickles of a magic number, a version, a description of the machine, the dictionary and a list of
 * keys; then in the order of that list each storage: u64 number of values, values.  It has no checksum: a flipped bit in a value
 * is another value.
 *
 * The pickles are read by nn/unpickle.h, which calls nothing.  The dictionary must hold tensors by name and nothing else.
 * Tensors may share a storage (tied weights).  Source: torch/serialization.py of PyTorch. */
#ifndef TORCHFILE_H
#define TORCHFILE_H

#include "nn/safetensors.h"

struct torchfile {
    struct mapfile file;
    struct tensor *tensors;          /* in the order of the dictionary; offset: of the file */
    size_t n_tensors;
};

/* Open a file; every message starts with its path.  Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT, ERR_IO.
 * Cost: one pass over the storages for the CRCs (zip). */
MUST_CHECK int torchfile_open(struct torchfile *t, const char *path, enum mapfile_load load, struct err *err);
void torchfile_close(struct torchfile *t);

/* The same from memory that outlives t (tests). */
MUST_CHECK int torchfile_parse(struct torchfile *t, const unsigned char *p, size_t n, struct err *err);

#endif
