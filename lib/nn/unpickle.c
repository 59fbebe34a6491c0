#include "nn/unpickle.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>

static const size_t ABOVE_MARK = SIZE_MAX;

int unpickle_refuse(const struct unpickle *u, struct err *err, const char *fmt, ...)
{
    char what[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(err, ERR_DATA, "byte %zu: %s", u->op, what);
}

/* The next n bytes of the pickle. */
static int take(struct unpickle *u, size_t n, const unsigned char **p, struct err *err)
{
    if (n > u->n - u->at)
        return u->n == UNPICKLE_MAX_BYTES ?
            err_set(err, ERR_LIMIT, "a pickle of more than %d bytes", UNPICKLE_MAX_BYTES) :
            err_set(err, ERR_TRUNCATED, "byte %zu: the pickle ends within an opcode", u->op);
    *p = u->p + u->at;
    u->at += n;
    return 0;
}

/* The bytes before a line feed, which is taken too. */
static int take_line(struct unpickle *u, const char **line, size_t *n, struct err *err)
{
    const unsigned char *p = u->p + u->at, *end = memchr(p, '\n', u->n - u->at);
    *line = (const char *)p;
    *n = end ? (size_t)(end - p) : u->n - u->at;
    return take(u, *n + 1, &p, err);
}

static int push(struct unpickle *u, struct unpickle_value *v, struct err *err)
{
    int rc = 0;
    if (u->n_stack == UNPICKLE_MAX_STACK)
        return err_set(err, ERR_LIMIT, "byte %zu: more than %d values on the stack", u->op, UNPICKLE_MAX_STACK);
    TRY(mem_reserve(&u->stack, &u->stack_cap, u->n_stack + 1, sizeof *u->stack, err));
    u->stack[u->n_stack++] = v;
out:
    return rc;
}

static int push_new(struct unpickle *u, struct unpickle_value v, struct err *err)
{
    struct unpickle_value *new = ARENA_ARRAY(struct unpickle_value, &u->arena, 1, err);
    if (!new)
        return ERR_NOMEM;
    *new = v;
    return push(u, new, err);
}

static int push_int(struct unpickle *u, int64_t number, struct err *err)
{
    return push_new(u, (struct unpickle_value){.kind = UNPICKLE_INT, .number = number}, err);
}

/* The value on top, above the last mark. */
static int top(const struct unpickle *u, struct unpickle_value **v, struct err *err)
{
    if (u->n_stack == (u->n_marks ? u->marks[u->n_marks - 1] : 0))
        return unpickle_refuse(u, err, "opcode 0x%02x takes a value where there is none", u->p[u->op]);
    *v = u->stack[u->n_stack - 1];
    return 0;
}

static int pop(struct unpickle *u, struct unpickle_value **v, struct err *err)
{
    int rc = top(u, v, err);
    if (rc == 0)
        u->n_stack--;
    return rc;
}

/* The last *n values, or with *n ABOVE_MARK those above the last mark, which goes too; *at stays valid until the next push. */
static int pop_some(struct unpickle *u, size_t *n, struct unpickle_value ***at, struct err *err)
{
    size_t floor = u->n_marks ? u->marks[u->n_marks - 1] : 0;
    if (*n == ABOVE_MARK && u->n_marks == 0)
        return unpickle_refuse(u, err, "'%c' without a mark", u->p[u->op]);
    if (*n == ABOVE_MARK) {
        *n = u->n_stack - floor;
        u->n_marks--;
    } else if (*n > u->n_stack - floor) {
        return unpickle_refuse(u, err, "opcode 0x%02x takes %zu values, there are %zu", u->p[u->op], *n, u->n_stack - floor);
    }
    u->n_stack -= *n;
    *at = u->stack + u->n_stack;
    return 0;
}

static int append(struct unpickle *u, struct unpickle_value *to, struct unpickle_value **at, size_t n, struct err *err)
{
    if (n == 0)
        return 0;
    if (to->items.n + n > to->items.cap) {
        size_t cap = num_max_size(2 * to->items.cap, to->items.n + n);
        struct unpickle_value **grown = ARENA_ARRAY(struct unpickle_value *, &u->arena, cap, err);
        if (!grown)
            return ERR_NOMEM;
        if (to->items.n)
            memcpy(grown, to->items.at, to->items.n * sizeof *grown);
        to->items.at = grown;
        to->items.cap = cap;
    }
    memcpy(to->items.at + to->items.n, at, n * sizeof *at);
    to->items.n += n;
    return 0;
}

/* n values, or ABOVE_MARK, as a tuple. */
static int make_tuple(struct unpickle *u, size_t n, struct err *err)
{
    struct unpickle_value v = {.kind = UNPICKLE_TUPLE}, **at = NULL;
    int rc = pop_some(u, &n, &at, err);
    if (rc == 0 && (rc = append(u, &v, at, n, err)) == 0)
        rc = push_new(u, v, err);
    return rc;
}

/* APPEND(S), SETITEM(S): n values, or ABOVE_MARK, into the list or dictionary below them. */
static int fill(struct unpickle *u, enum unpickle_kind kind, size_t n, struct err *err)
{
    int rc = 0;
    struct unpickle_value *to, **at = NULL;
    TRY(pop_some(u, &n, &at, err));
    TRY(top(u, &to, err));
    if (to->kind != kind || (kind == UNPICKLE_DICT && n % 2))
        return unpickle_refuse(u, err, "0x%02x fills what is not a %s%s", u->p[u->op],
                               kind == UNPICKLE_DICT ? "dictionary" : "list", n % 2 ? ", or by half a pair" : "");
    TRY(append(u, to, at, n, err));
out:
    return rc;
}

static int put(struct unpickle *u, size_t i, struct err *err)
{
    int rc = 0;
    struct unpickle_value *v;
    if (i >= UNPICKLE_MAX_MEMO || i > u->n)
        return err_set(err, ERR_LIMIT, "byte %zu: memo %zu, expected below %d and the pickle's size", u->op, i,
                       UNPICKLE_MAX_MEMO);
    TRY(top(u, &v, err));
    size_t had = u->memo_cap;
    TRY(mem_reserve(&u->memo, &u->memo_cap, i + 1, sizeof *u->memo, err));
    memset(u->memo + had, 0, (u->memo_cap - had) * sizeof *u->memo);
    u->memo[i] = v;
out:
    return rc;
}

static int get(struct unpickle *u, size_t i, struct err *err)
{
    if (i >= u->memo_cap || !u->memo[i])
        return unpickle_refuse(u, err, "memo %zu was never put", i);
    return push(u, u->memo[i], err);
}

/* GLOBAL, REDUCE, BINPERSID, BUILD: what torch means by them. */
static int meaning(struct unpickle *u, unsigned char code, struct err *err)
{
    int rc = 0;
    struct unpickle_value new = {.kind = UNPICKLE_GLOBAL}, *f, *v;
    const char *module, *name;
    size_t n_module, n_name;
    if (code == 'c') {
        TRY(take_line(u, &module, &n_module, err));
        TRY(take_line(u, &name, &n_name, err));
        TRY(unpickle_global(u, module, n_module, name, n_name, &new.number, err));
        return push_new(u, new, err);
    }
    TRY(pop(u, &v, err));
    if (code == 'b') {
        /* OrderedDict's attribute _metadata: versions of modules, of no meaning for tensors. */
        TRY(top(u, &f, err));
        return f->kind == UNPICKLE_DICT && v->kind == UNPICKLE_DICT ? 0 :
               unpickle_refuse(u, err, "BUILD of what is not a dictionary: a hostile pickle?");
    }
    if (code == 'Q') {
        TRY(unpickle_persistent(u, v, &new, err));
    } else {
        TRY(pop(u, &f, err));
        TRY(unpickle_call(u, f, v, &new, err));
    }
    TRY(push_new(u, new, err));
out:
    return rc;
}

/* An opcode with its number: n bytes, little endian; of LONG1 with their sign. */
static int number_opcode(struct unpickle *u, unsigned char code, size_t n, struct err *err)
{
    const unsigned char *p;
    unsigned char wide[8] = {0};
    if (n > 8)
        return unpickle_refuse(u, err, "a number of %zu bytes, expected at most 8", n);
    int rc = take(u, n, &p, err);
    if (rc)
        return rc;
    if (code == 0x8a && n > 0 && p[n - 1] & 0x80)
        memset(wide, 0xFF, sizeof wide);
    memcpy(wide, p, n);
    uint64_t x = bytes_get_u64(wide);
    switch (code) {
    case 'q': case 'r': return put(u, (size_t)x, err);
    case 'h': case 'j': return get(u, (size_t)x, err);
    case 'J': return push_int(u, (int32_t)(uint32_t)x, err);
    default: return push_int(u, (int64_t)x, err);
    }
}

static int string_opcode(struct unpickle *u, size_t n_length, struct err *err)
{
    int rc = 0;
    const unsigned char *p = NULL;
    TRY(take(u, n_length, &p, err));
    size_t n = n_length == 1 ? *p : bytes_get_u32(p);
    TRY(take(u, n, &p, err));
    TRY(push_new(u, (struct unpickle_value){.kind = UNPICKLE_STRING, .string = {(const char *)p, n}}, err));
out:
    return rc;
}

static int step(struct unpickle *u, unsigned char code, struct err *err)
{
    const unsigned char *p;
    int rc;
    switch (code) {
    case 0x80:
        rc = take(u, 1, &p, err);
        return rc ? rc : *p == 2 ? 0 : unpickle_refuse(u, err, "a pickle of protocol %d, expected 2", *p);
    case '(':
        if (u->n_marks == UNPICKLE_MAX_DEPTH)
            return err_set(err, ERR_LIMIT, "byte %zu: more than %d marks", u->op, UNPICKLE_MAX_DEPTH);
        u->marks[u->n_marks++] = u->n_stack;
        return 0;
    case 'N': return push_new(u, (struct unpickle_value){.kind = UNPICKLE_NONE}, err);
    case 0x88: case 0x89: return push_new(u, (struct unpickle_value){.kind = UNPICKLE_BOOL, .number = code == 0x88}, err);
    case '}': return push_new(u, (struct unpickle_value){.kind = UNPICKLE_DICT}, err);
    case ']': return push_new(u, (struct unpickle_value){.kind = UNPICKLE_LIST}, err);
    case 'K': case 'q': case 'h': return number_opcode(u, code, 1, err);
    case 'M': return number_opcode(u, code, 2, err);
    case 'J': case 'r': case 'j': return number_opcode(u, code, 4, err);
    case 0x8a:
        rc = take(u, 1, &p, err);
        return rc ? rc : number_opcode(u, code, *p, err);
    case 'X': case 'T': return string_opcode(u, 4, err);
    case 'U': return string_opcode(u, 1, err);
    case ')': return make_tuple(u, 0, err);
    case 0x85: case 0x86: case 0x87: return make_tuple(u, code - 0x84u, err);
    case 't': return make_tuple(u, ABOVE_MARK, err);
    case 'a': return fill(u, UNPICKLE_LIST, 1, err);
    case 'e': return fill(u, UNPICKLE_LIST, ABOVE_MARK, err);
    case 's': return fill(u, UNPICKLE_DICT, 2, err);
    case 'u': return fill(u, UNPICKLE_DICT, ABOVE_MARK, err);
    case 'c': case 'R': case 'Q': case 'b': return meaning(u, code, err);
    default: return unpickle_opcode(u, code, err);
    }
}

int unpickle_run(struct unpickle *u, const unsigned char *p, size_t n, size_t *used, const struct unpickle_value **value,
                 struct err *err)
{
    int rc = 0;
    struct unpickle_value *v;
    u->p = p;
    u->n = num_min_size(n, UNPICKLE_MAX_BYTES);
    u->at = u->n_stack = u->n_marks = 0;
    if (u->memo_cap)
        memset(u->memo, 0, u->memo_cap * sizeof *u->memo);
    TRY(mem_reserve(&u->stack, &u->stack_cap, 1, sizeof *u->stack, err));
    for (const unsigned char *code = NULL;;) {
        u->op = u->at;
        TRY(take(u, 1, &code, err));
        if (*code == '.')
            break;
        TRY(step(u, *code, err));
    }
    TRY(pop(u, &v, err));
    if (u->n_stack || u->n_marks)
        TRY(unpickle_refuse(u, err, "the pickle ends with %zu values left over", u->n_stack));
    *value = v;
    *used = u->at;
out:
    return rc;
}

void unpickle_done(struct unpickle *u)
{
    map_done(&u->keys);
    mem_free(u->storages);
    mem_free(u->stack);
    mem_free(u->memo);
    arena_done(&u->arena);
    *u = (struct unpickle){0};
}
