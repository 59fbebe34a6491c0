/* unpickle - the part of Python's pickles (protocol 2) that state dictionaries of torch are made of, and nothing else.
 *
 * A pickle is a program for a stack machine, and a hostile one calls whatever it likes.  Here nothing is ever called: the machine
 * knows ints, strings, booleans, None, tuples, lists and dictionaries; the names torch._utils._rebuild_tensor_v2,
 * torch._utils._rebuild_parameter, collections.OrderedDict and torch's storage types, each with one meaning built in; and the
 * persistent id of a storage.  Any other GLOBAL or opcode is refused with its name and place.
 * Opcodes: pickletools in Python's library.  What torch writes: torch/serialization.py, torch/_utils.py.
 *
 * Bounds: UNPICKLE_MAX_* below; memory is at most a fixed multiple of the pickle's bytes; no recursion, at any nesting. */
#ifndef UNPICKLE_H
#define UNPICKLE_H

#include "base/arena.h"
#include "base/map.h"
#include "nn/safetensors.h"

enum {
    UNPICKLE_MAX_BYTES = 4 << 20,     /* of a pickle: some 30,000 tensors */
    UNPICKLE_MAX_STACK = 1 << 16,     /* values; Python's pickler puts 2,000 there */
    UNPICKLE_MAX_DEPTH = 64,          /* marks at once */
    UNPICKLE_MAX_MEMO = 1 << 20
};

/* The bytes of one or more tensors. */
struct unpickle_storage {
    const char *key;                  /* its name in the file, n_key bytes in the pickle */
    size_t n_key;
    enum safetensors_dtype dtype;
    size_t n, bytes;                  /* values; n times their size */
    const unsigned char *data;        /* NULL: for the caller to find */
};

struct unpickle_tensor {
    size_t storage;                   /* index */
    size_t first;                     /* value of the storage */
    size_t n_dims, shape[SAFETENSORS_MAX_DIMS], n;      /* contiguous, and within the storage */
};

enum unpickle_kind { UNPICKLE_NONE, UNPICKLE_BOOL, UNPICKLE_INT, UNPICKLE_STRING, UNPICKLE_TUPLE, UNPICKLE_LIST, UNPICKLE_DICT,
                     UNPICKLE_GLOBAL, UNPICKLE_STORAGE, UNPICKLE_TENSOR };

struct unpickle_value {
    enum unpickle_kind kind;
    union {
        int64_t number;               /* BOOL, INT; STORAGE: index; GLOBAL: which, for unpickle_call.c */
        struct { const char *p; size_t n; } string;                               /* in the pickle */
        struct { struct unpickle_value **at; size_t n, cap; } items;              /* DICT: key, value, key, value ... */
        const struct unpickle_tensor *tensor;
    };
};

struct unpickle {
    struct unpickle_storage *storages;                   /* each key once, in the order of their first use */
    size_t n_storages, storages_cap;
    /* The machine's own. */
    struct map keys;                                     /* key -> index of storages */
    struct arena arena;
    struct unpickle_value **stack, **memo;
    size_t n_stack, stack_cap, memo_cap;
    size_t marks[UNPICKLE_MAX_DEPTH], n_marks;
    const unsigned char *p;
    size_t n, at, op;                                    /* op: place of the opcode, for messages */
};

/* Run one pickle of at most n bytes from p on, of which it takes *used.  Zero-initialise u; several pickles may run in turn and
 * share its storages.  *value and all in it live until unpickle_done, and as long as p.
 * Errors: ERR_DATA, ERR_TRUNCATED, ERR_LIMIT with the byte of the pickle. */
MUST_CHECK int unpickle_run(struct unpickle *u, const unsigned char *p, size_t n, size_t *used,
                            const struct unpickle_value **value, struct err *err);
void unpickle_done(struct unpickle *u);

/* For unpickle_call.c. */

/* ERR_DATA: "byte N: " and what is wrong with the opcode there. */
int unpickle_refuse(const struct unpickle *u, struct err *err, const char *fmt, ...) PRINTF(3, 4);

/* The same of an opcode that is not known, by its name. */
int unpickle_opcode(const struct unpickle *u, unsigned char code, struct err *err);

/* What a GLOBAL stands for: its module and name. */
MUST_CHECK int unpickle_global(const struct unpickle *u, const char *module, size_t n_module, const char *name, size_t n_name,
                               int64_t *global, struct err *err);

/* REDUCE: *to becomes what f(args) is. */
MUST_CHECK int unpickle_call(struct unpickle *u, const struct unpickle_value *f, const struct unpickle_value *args,
                             struct unpickle_value *to, struct err *err);

/* BINPERSID: *to becomes the storage that a persistent id names. */
MUST_CHECK int unpickle_persistent(struct unpickle *u, const struct unpickle_value *id, struct unpickle_value *to,
                                   struct err *err);

#endif
