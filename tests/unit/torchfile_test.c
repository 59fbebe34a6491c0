#include "nn/torchfile.h"
#include "check.h"
#include "nn/unpickle.h"
#include "torch_made.h"

#include <stdlib.h>

static struct err err;
static struct zip_made made;

static int parse(struct torchfile *t)
{
    err = (struct err){0};
    return torchfile_parse(t, made.p, made.n, &err);
}

/* Refused with code and words. */
static void refused(enum err_code code, const char *words)
{
    struct torchfile t;
    CHECK_EQ(parse(&t), code);
    if (!strstr(err.msg, words))
        CHECK_STR(err.msg, words);
    CHECK(t.tensors == NULL);
}

static void test_both_containers(void)
{
    for (int kind = 0; kind < 3; kind++) {
        struct torchfile t;
        if (kind < 2)
            torch_zip(&made, kind == 1);
        else
            torch_legacy(&made);
        CHECK_OK(parse(&t), &err);
        CHECK_EQ(t.n_tensors, 3);
        const struct tensor *a = &t.tensors[0], *b = &t.tensors[1], *c = &t.tensors[2];
        CHECK_STR(a->name, "a");
        CHECK(a->dtype == SAFETENSORS_F32 && a->n_dims == 2 && a->shape[0] == 2 && a->shape[1] == 3 && a->n == 6);
        CHECK(a->bytes == TORCH_A && memcmp(a->data, torch_data, TORCH_A) == 0 && a->data == made.p + a->offset);
        CHECK_STR(b->name, "b");
        CHECK(b->dtype == SAFETENSORS_I64 && b->n_dims == 0 && b->n == 1 && b->bytes == 8 && b->data[0] == 7);
        CHECK_STR(c->name, "c");
        CHECK(c->dtype == SAFETENSORS_BF16 && c->n_dims == 3 && c->n == 4 && c->bytes == 8 && c->data[0] == 1 && c->data[6] == 4);
        torchfile_close(&t);
    }
}

/* An archive with one pickle and the storages of torch_data. */
static void archive(const void *pickle, size_t n)
{
    memset(&made, 0, sizeof made);
    zip_add(&made, "m/data.pkl", pickle, n);
    zip_add(&made, "m/data/0", torch_data, TORCH_A);
    zip_end(&made);
}

#define REFUSED(code, words, ...) do { \
        static const char pickle[] = __VA_ARGS__; \
        archive(pickle, sizeof pickle - 1); \
        refused(code, words); \
    } while (0)

static void test_hostile_pickles(void)
{
    REFUSED(ERR_DATA, "byte 2: GLOBAL 'os system': a hostile pickle?", "\x80\2cos\nsystem\n(X\2\0\0\0idtR.");
    REFUSED(ERR_DATA, "GLOBAL 'posix system'", "\x80\2cposix\nsystem\nX\2\0\0\0id\x85R.");
    REFUSED(ERR_DATA, "GLOBAL '__builtin__ eval'", "c__builtin__\neval\n.");
    REFUSED(ERR_DATA, "GLOBAL 'torch.storage _load_from_bytes'", "\x80\2ctorch.storage\n_load_from_bytes\n.");
    REFUSED(ERR_DATA, "GLOBAL 'collections OrderedDict?'", "ccollections\nOrderedDict\x1b\n.");
    REFUSED(ERR_DATA, "GLOBAL 'torch FloatStorag", "ctorch\nFloatStorageFloatStorageFloatStorageFloatStorage\n.");
    REFUSED(ERR_DATA, "GLOBAL 'torch._utils ", "ctorch._utils\n_rebuild_tensor\n.");
    REFUSED(ERR_DATA, "byte 3: opcode INST", "\x80\2(ios\nsystem\n.");
    REFUSED(ERR_DATA, "opcode OBJ", "\x80\2(o.");
    REFUSED(ERR_DATA, "opcode NEWOBJ", "\x80\2)\x81.");
    REFUSED(ERR_DATA, "opcode STACK_GLOBAL", "\x80\2\x93.");
    REFUSED(ERR_DATA, "opcode EXT1", "\x80\2\x82\1.");
    REFUSED(ERR_DATA, "opcode DUP", "\x80\2N2.");
    REFUSED(ERR_DATA, "opcode FLOAT", "F1.5\n.");
    REFUSED(ERR_DATA, "0xff is no opcode", "\x80\2\xff.");
    REFUSED(ERR_DATA, "protocol 4", "\x80\4}.");
    REFUSED(ERR_DATA, "REDUCE of a storage type", "ctorch\nFloatStorage\n)R.");
    REFUSED(ERR_DATA, "REDUCE of what cannot be called", "N)R.");
    REFUSED(ERR_DATA, "REDUCE of collections OrderedDict", "ccollections\nOrderedDict\n(](K\1K\2etR.");
    REFUSED(ERR_DATA, "REDUCE of torch._utils _rebuild_parameter", "ctorch._utils\n_rebuild_parameter\nK\1\x88}\x87R.");
    REFUSED(ERR_DATA, "BUILD of what is not a dictionary", "]}b.");
    REFUSED(ERR_DATA, "BUILD of what is not a dictionary", "}Nb.");
}

static void test_wrong_pickles(void)
{
    REFUSED(ERR_TRUNCATED, "byte 0: the pickle ends within", "");
    REFUSED(ERR_TRUNCATED, "the pickle ends within", "}");
    REFUSED(ERR_TRUNCATED, "the pickle ends within", "X\xff\xff\xff\xff" "a.");
    REFUSED(ERR_TRUNCATED, "the pickle ends within", "cos");
    REFUSED(ERR_DATA, "takes a value where there is none", ".");
    REFUSED(ERR_DATA, "takes a value where there is none", "N(q\0.");
    REFUSED(ERR_DATA, "takes a value where there is none", "(u.");
    REFUSED(ERR_DATA, "takes 2 values, there are 1", "}(Ns.");
    REFUSED(ERR_DATA, "takes 3 values, there are 0", "NNN(\x87.");
    REFUSED(ERR_DATA, "without a mark", "]e.");
    REFUSED(ERR_DATA, "left over", "NN.");
    REFUSED(ERR_DATA, "left over", "(N.");
    REFUSED(ERR_DATA, "not a dictionary", "](NNu.");
    REFUSED(ERR_DATA, "half a pair", "}(Nu.");
    REFUSED(ERR_DATA, "not a list", "}Na.");
    REFUSED(ERR_DATA, "memo 3 was never put", "h\3.");
    REFUSED(ERR_LIMIT, "memo 255", "Nq\xff.");
    REFUSED(ERR_LIMIT, "memo 4294967295", "Nr\xff\xff\xff\xff.");
    REFUSED(ERR_DATA, "a number of 9 bytes", "\x8a\t123456789.");
    REFUSED(ERR_DATA, "1 bytes behind the pickle", "}..");
    REFUSED(ERR_DATA, "no dictionary", "N.");
    REFUSED(ERR_DATA, "'a' is no tensor", "}X\1\0\0\0aK\1s.");
    REFUSED(ERR_DATA, "a key of the dictionary is no string", "}K\1K\1s.");
    REFUSED(ERR_DATA, "a key of the dictionary is no string", "}U\1\xffNs.");
    REFUSED(ERR_DATA, "a control character", "}U\1\x1bNs.");
    REFUSED(ERR_DATA, "a persistent id that is not", "\x80\2K\1Q.");
    REFUSED(ERR_DATA, "a persistent id that is not", TORCH_STORAGE("Float", "0", "\6", "K\1") ".");
    REFUSED(ERR_DATA, "has another type or size",
            "]" TORCH_STORAGE("Float", "0", "\6", "") "a" TORCH_STORAGE("Float", "0", "\5", "") "a.");
}

static void test_limits(void)
{
    static char pickle[7000];
    memset(pickle, '(', sizeof pickle);
    archive(pickle, sizeof pickle);
    refused(ERR_LIMIT, "more than 64 marks");
    /* The stack: on its own, since 65,536 values do not fit the archive. */
    static char many[UNPICKLE_MAX_STACK + 2];
    struct unpickle u = {0};
    size_t used;
    const struct unpickle_value *value;
    memset(many, 'N', sizeof many);
    err = (struct err){0};
    CHECK_EQ(unpickle_run(&u, (unsigned char *)many, sizeof many, &used, &value, &err), ERR_LIMIT);
    CHECK(strstr(err.msg, "byte 65536: more than 65536 values") != NULL);
    unpickle_done(&u);
}

#define TENSOR(rest) "}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(" TORCH_STORAGE("Float", "0", "\6", "") rest "s."
#define HOOKS "ccollections\nOrderedDict\n)R"

static void test_tensors_that_lie(void)
{
    REFUSED(ERR_DATA, "values 0 to 7 of a storage of 6", TENSOR("K\0K\7\x85K\1\x85\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "values 7 to 7 of a storage of 6", TENSOR("K\7K\0\x85K\1\x85\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "values 1 to 7 of a storage of 6", TENSOR("K\1K\2K\3\x86K\3K\1\x86\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "save it as contiguous()", TENSOR("K\0K\2K\3\x86K\1K\2\x86\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "save it as contiguous()", TENSOR("K\0K\6\x85K\0\x85\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "other than storage", TENSOR("K\0J\xff\xff\xff\xff\x85K\1\x85\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "other than storage", TENSOR("J\xff\xff\xff\xffK\1\x85K\1\x85\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "other than storage", TENSOR("K\0K\1\x85)\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "other than storage", TENSOR("K\0K\1\x85K\1\x85\x89" HOOKS "NtR"));
    REFUSED(ERR_DATA, "other than storage",
            TENSOR("K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t(K\1K\1K\1K\1K\1K\1K\1K\1K\1t\x89" HOOKS "tR"));
    /* 2^62 times 4 wraps around to 0. */
    REFUSED(ERR_DATA, "other than storage", TENSOR("K\0\x8a\10\0\0\0\0\0\0\0\x40K\4\x86K\4K\1\x86\x89" HOOKS "tR"));
    REFUSED(ERR_DATA, "no entry 'm/data/9'", "}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n("
            TORCH_STORAGE("Float", "9", "\6", "") "K\0K\6\x85K\1\x85\x89" HOOKS "tRs.");
    REFUSED(ERR_DATA, "entry 'm/data/0': 24 bytes, expected 12 stored", "}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n("
            TORCH_STORAGE("Half", "0", "\6", "") "K\0K\6\x85K\1\x85\x89" HOOKS "tRs.");
}

/* Tied weights: two tensors of one storage. */
static void test_shared_storage(void)
{
    static const char pickle[] = "}(X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\nq\1(" TORCH_STORAGE("Float", "0", "\6", "")
                                 "q\2K\0K\6\x85K\1\x85\x89" HOOKS "tRX\1\0\0\0bh\1(h\2K\4K\2\x85K\1\x85\x89" HOOKS "tRu.";
    struct torchfile t;
    archive(pickle, sizeof pickle - 1);
    CHECK_OK(parse(&t), &err);
    CHECK_EQ(t.n_tensors, 2);
    CHECK(t.tensors[1].data == t.tensors[0].data + 16);
    torchfile_close(&t);
}

static void test_containers(void)
{
    memset(&made, 0, sizeof made);
    zip_add(&made, "m/data.pkl", "}.", 2);
    zip_add(&made, "m/byteorder", "big", 3);
    zip_end(&made);
    refused(ERR_DATA, "entry 'm/byteorder': expected little");
    memset(&made, 0, sizeof made);
    zip_add(&made, "m/sub/data.pkl", "}.", 2);
    zip_end(&made);
    refused(ERR_DATA, "without NAME/data.pkl");
    memset(&made, 0, sizeof made);
    zip_add(&made, "m/data.pkl", "}.", 2);
    zip_add(&made, "n/data.pkl", "}.", 2);
    zip_end(&made);
    refused(ERR_DATA, "two pickles");
    memset(&made, 0, sizeof made);
    zip_add_deflated(&made, "m/data.pkl", "}.", 2);
    zip_end(&made);
    refused(ERR_DATA, "is deflated");
    memset(&made, 0, sizeof made);
    refused(ERR_TRUNCATED, "cut off, or no archive");
}

/* Every place of a legacy file that can lie. */
static void test_legacy_lies(void)
{
    enum { VALUES = 8 + TORCH_A + 8 + TORCH_B + 8 + TORCH_C };
    static const struct { size_t from_end; unsigned char byte; const char *words; } lies[] = {
        {8 + TORCH_B, 2, "a storage of 2 values, expected 1"}, {VALUES, 6, "a storage of 6 values, expected 5"},
        {VALUES + 3, '3', "key 2 of the list is of no storage"}, {VALUES + 3, '2', "key 2 of the list is there twice"}};
    for (size_t i = 0; i < 4; i++) {
        torch_legacy(&made);
        made.p[made.n - lies[i].from_end] = lies[i].byte;
        refused(ERR_DATA, lies[i].words);
    }
    torch_legacy(&made);
    made.n++;
    refused(ERR_DATA, "1 bytes behind the last storage");
    torch_legacy(&made);
    made.p[18] = 1;
    refused(ERR_DATA, "version 1001");
}

int main(void)
{
    CHECK_RUN(test_both_containers);
    CHECK_RUN(test_hostile_pickles);
    CHECK_RUN(test_wrong_pickles);
    CHECK_RUN(test_limits);
    CHECK_RUN(test_tensors_that_lie);
    CHECK_RUN(test_shared_storage);
    CHECK_RUN(test_containers);
    CHECK_RUN(test_legacy_lies);
    return check_status();
}
