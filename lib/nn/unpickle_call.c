/* What GLOBAL, REDUCE and BINPERSID mean in a state dictionary of torch, and the names of what is refused. */
#include "nn/unpickle.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

/* What is refused is refused by name. */
static const struct { unsigned char code; const char *name; } refused[] = {
    {'0', "POP"}, {'1', "POP_MARK"}, {'2', "DUP"}, {'B', "BINBYTES"}, {'C', "SHORT_BINBYTES"}, {'F', "FLOAT"}, {'G', "BINFLOAT"},
    {'I', "INT"}, {'L', "LONG"}, {'P', "PERSID"}, {'S', "STRING"}, {'V', "UNICODE"}, {'d', "DICT"}, {'g', "GET"}, {'i', "INST"},
    {'l', "LIST"}, {'o', "OBJ"}, {'p', "PUT"}, {0x81, "NEWOBJ"}, {0x82, "EXT1"}, {0x83, "EXT2"}, {0x84, "EXT4"}, {0x8b, "LONG4"},
    {0x8c, "SHORT_BINUNICODE"}, {0x8d, "BINUNICODE8"}, {0x8e, "BINBYTES8"}, {0x8f, "EMPTY_SET"}, {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"}, {0x92, "NEWOBJ_EX"}, {0x93, "STACK_GLOBAL"}, {0x94, "MEMOIZE"}, {0x95, "FRAME"}, {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"}, {0x98, "READONLY_BUFFER"}};

int unpickle_opcode(const struct unpickle *u, unsigned char code, struct err *err)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (refused[i].code == code)
            return unpickle_refuse(u, err, "opcode %s: a hostile pickle? Tensors need none", refused[i].name);
    return unpickle_refuse(u, err, "0x%02x is no opcode of a pickle", code);
}

/* Globals by number: storage types are N_CALLS + their place. */
enum { CALL_TENSOR, CALL_PARAMETER, CALL_ORDERED_DICT, N_CALLS };

static const char *const calls[] = {"torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter",
                                    "collections OrderedDict"};

static const struct { const char *name; enum safetensors_dtype dtype; } types[] = {
    {"torch FloatStorage", SAFETENSORS_F32}, {"torch HalfStorage", SAFETENSORS_F16}, {"torch BFloat16Storage", SAFETENSORS_BF16},
    {"torch DoubleStorage", SAFETENSORS_F64}, {"torch LongStorage", SAFETENSORS_I64}, {"torch IntStorage", SAFETENSORS_I32},
    {"torch ShortStorage", SAFETENSORS_I16}, {"torch CharStorage", SAFETENSORS_I8}, {"torch ByteStorage", SAFETENSORS_U8},
    {"torch BoolStorage", SAFETENSORS_BOOL}};

int unpickle_global(const struct unpickle *u, const char *module, size_t n_module, const char *name, size_t n_name,
                    int64_t *global, struct err *err)
{
    char text[100];
    int n = snprintf(text, sizeof text, "%.*s %.*s", (int)num_min_size(n_module, 60), module, (int)num_min_size(n_name, 38),
                     name);
    bool whole = n_module <= 60 && n_name <= 38 && (size_t)n == n_module + 1 + n_name;
    for (int64_t i = 0; whole && i < N_CALLS; i++)
        if (strcmp(text, calls[i]) == 0)
            return *global = i, 0;
    for (size_t i = 0; whole && i < sizeof types / sizeof *types; i++)
        if (strcmp(text, types[i].name) == 0)
            return *global = N_CALLS + (int64_t)i, 0;
    for (char *c = text; *c; c++)
        *c = *c >= ' ' && *c < 0x7F ? *c : '?';
    return unpickle_refuse(u, err, "GLOBAL '%s': a hostile pickle? Tensors are made of %s, %s, %s and torch's storages", text,
                           calls[0], calls[1], calls[2]);
}

/* Item i of a tuple, of a kind; NULL where it is not. */
static const struct unpickle_value *item(const struct unpickle_value *tuple, size_t i, enum unpickle_kind kind)
{
    const struct unpickle_value *v = tuple->kind == UNPICKLE_TUPLE && i < tuple->items.n ? tuple->items.at[i] : NULL;
    return v && v->kind == kind ? v : NULL;
}

/* Shape and strides; where a dimension has one value, or none are there at all, its stride does not matter. */
static bool read_shape(struct unpickle_tensor *t, const struct unpickle_value *shape, const struct unpickle_value *strides,
                       bool *contiguous)
{
    t->n_dims = shape->items.n;
    if (t->n_dims > SAFETENSORS_MAX_DIMS || strides->items.n != t->n_dims)
        return false;
    t->n = 1;
    *contiguous = true;
    for (size_t i = t->n_dims; i-- > 0;) {
        const struct unpickle_value *size = item(shape, i, UNPICKLE_INT), *stride = item(strides, i, UNPICKLE_INT);
        if (!size || !stride || size->number < 0)
            return false;
        *contiguous &= size->number <= 1 || (uint64_t)stride->number == t->n;
        t->shape[i] = (size_t)size->number;
        if (!num_mul_size(t->n, t->shape[i], &t->n))
            return false;
    }
    *contiguous |= t->n == 0;
    return true;
}

/* (storage, offset, size, stride, requires_grad, backward_hooks) */
static int rebuild_tensor(struct unpickle *u, const struct unpickle_value *args, struct unpickle_value *to, struct err *err)
{
    bool contiguous;
    const struct unpickle_value *storage = item(args, 0, UNPICKLE_STORAGE), *first = item(args, 1, UNPICKLE_INT),
                                *shape = item(args, 2, UNPICKLE_TUPLE), *strides = item(args, 3, UNPICKLE_TUPLE);
    struct unpickle_tensor *t = ARENA_ARRAY(struct unpickle_tensor, &u->arena, 1, err);
    if (!t)
        return ERR_NOMEM;
    *t = (struct unpickle_tensor){0};
    if (!storage || !first || !shape || !strides || args->items.n != 6 || !item(args, 4, UNPICKLE_BOOL) ||
        !item(args, 5, UNPICKLE_DICT) || first->number < 0 || !read_shape(t, shape, strides, &contiguous))
        return unpickle_refuse(u, err, "a tensor of other than storage, offset, size, stride, requires_grad, hooks");
    const struct unpickle_storage *s = &u->storages[storage->number];
    t->storage = (size_t)storage->number;
    t->first = (size_t)first->number;
    if (t->first > s->n || t->n > s->n - t->first)
        return unpickle_refuse(u, err, "a tensor of values %zu to %zu of a storage of %zu", t->first, t->first + t->n, s->n);
    if (!contiguous)
        return unpickle_refuse(u, err, "a tensor whose values do not lie one behind the other: save it as contiguous()");
    *to = (struct unpickle_value){.kind = UNPICKLE_TENSOR, .tensor = t};
    return 0;
}

int unpickle_call(struct unpickle *u, const struct unpickle_value *f, const struct unpickle_value *args,
                  struct unpickle_value *to, struct err *err)
{
    int64_t which = f->kind == UNPICKLE_GLOBAL ? f->number : N_CALLS;
    if (which == CALL_TENSOR)
        return rebuild_tensor(u, args, to, err);
    if (which == CALL_PARAMETER && item(args, 0, UNPICKLE_TENSOR) && args->items.n == 3) {
        *to = *item(args, 0, UNPICKLE_TENSOR);
        return 0;
    }
    if (which == CALL_ORDERED_DICT && args->kind == UNPICKLE_TUPLE && args->items.n == 0) {
        *to = (struct unpickle_value){.kind = UNPICKLE_DICT};
        return 0;
    }
    return unpickle_refuse(u, err, "REDUCE of %s: a hostile pickle?",
                           which < N_CALLS ? calls[which] :
                           f->kind == UNPICKLE_GLOBAL ? "a storage type" : "what cannot be called");
}

/* ('storage', type, key, location, numel[, None]) */
int unpickle_persistent(struct unpickle *u, const struct unpickle_value *id, struct unpickle_value *to, struct err *err)
{
    int rc = 0;
    const struct unpickle_value *tag = item(id, 0, UNPICKLE_STRING), *type = item(id, 1, UNPICKLE_GLOBAL),
                                *key = item(id, 2, UNPICKLE_STRING), *n = item(id, 4, UNPICKLE_INT);
    uint64_t *slot;
    if (!tag || tag->string.n != 7 || memcmp(tag->string.p, "storage", 7) != 0 || !type || type->number < N_CALLS || !key ||
        !item(id, 3, UNPICKLE_STRING) || !n || n->number < 0 ||
        (id->items.n != 5 && !(id->items.n == 6 && item(id, 5, UNPICKLE_NONE))))
        return unpickle_refuse(u, err, "a persistent id that is not a storage, its type, key, location and size");
    struct unpickle_storage s = {.key = key->string.p, .n_key = key->string.n, .n = (size_t)n->number,
                                 .dtype = types[type->number - N_CALLS].dtype};
    if (!num_mul_size(s.n, safetensors_dtype_bytes(s.dtype), &s.bytes))
        return unpickle_refuse(u, err, "a storage of %zu values", s.n);
    TRY(map_add(&u->keys, s.key, s.n_key, u->n_storages, NULL, &slot, err));
    if (*slot == u->n_storages) {
        TRY(mem_reserve(&u->storages, &u->storages_cap, u->n_storages + 1, sizeof *u->storages, err));
        u->storages[u->n_storages++] = s;
    }
    if (u->storages[*slot].n != s.n || u->storages[*slot].dtype != s.dtype)
        return unpickle_refuse(u, err, "storage '%.*s' has another type or size than before", (int)num_min_size(s.n_key, 40),
                               s.key);
    *to = (struct unpickle_value){.kind = UNPICKLE_STORAGE, .number = (int64_t)*slot};
out:
    return rc;
}
