/* Damage to torch checkpoints, in process: every truncation is refused; a flipped bit is refused, or makes another valid file
 * (in a name; in a value of the legacy container, which has no checksum), whose tensors then lie inside of it; every byte of the
 * pickles replaced by every opcode.  Run under ASan to see reads outside.  Last, every allocation fails in turn. */
#include "fail_each.h"

#include "../unit/torch_made.h"
#include "nn/torchfile.h"

static struct zip_made made;

/* Parse a copy that ends where its memory ends, and touch all that it says is there. */
static int parse_exact(size_t n, struct err *err)
{
    unsigned char *copy = malloc(n);
    struct torchfile t;
    memcpy(copy, made.p, n);
    *err = (struct err){0};
    int rc = torchfile_parse(&t, copy, n, err);
    CHECK((rc == 0) == (err->msg[0] == '\0') && (rc == 0 || t.tensors == NULL));
    unsigned sum = 0;
    for (size_t i = 0; i < t.n_tensors; i++)
        for (size_t b = 0; b < t.tensors[i].bytes; b++)
            sum += t.tensors[i].data[b];
    CHECK(sum < 1u << 30);
    torchfile_close(&t);
    free(copy);
    return rc;
}

static void make(int kind)
{
    if (kind < 2)
        torch_zip(&made, kind == 1);
    else
        torch_legacy(&made);
}

static void test_every_truncation(void)
{
    struct err err;
    for (int kind = 0; kind < 3; kind++) {
        make(kind);
        CHECK_EQ(parse_exact(made.n, &err), 0);
        for (size_t n = 0; n < made.n; n++)
            CHECK(parse_exact(n, &err) != 0);
    }
}

static void test_every_bit(void)
{
    struct err err;
    for (int kind = 0; kind < 3; kind++) {
        size_t n_accepted = 0;
        make(kind);
        for (size_t bit = 0; bit < 8 * made.n; bit++) {
            made.p[bit / 8] ^= (unsigned char)(1 << bit % 8);
            n_accepted += parse_exact(made.n, &err) == 0;
            made.p[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        /* Of an archive: what nobody needs (times, attributes, versions, the archive's own counts).  Of the other: values too. */
        printf("# container %d: %zu of %zu flipped bits make another valid file\n", kind, n_accepted, 8 * made.n);
        CHECK(n_accepted < (kind < 2 ? 6 * 8 * 2 * 30u : 8 * 200u));
    }
}

/* The pickle's CRC is made true again, else nothing of it would be read. */
static void test_every_opcode(void)
{
    static const char bytes[] =
        "(.0123BCFGIJKLMNPQRSTUVX]abcdeghijlopqrstu})\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95\xff";
    struct err err;
    char pickle[sizeof torch_pickle];
    for (size_t at = 0; at < sizeof torch_pickle - 1; at++)
        for (const char *b = bytes; *b; b++) {
            memcpy(pickle, torch_pickle, sizeof pickle);
            pickle[at] = *b;
            memset(&made, 0, sizeof made);
            zip_add(&made, "m/data.pkl", pickle, sizeof pickle - 1);
            zip_add(&made, "m/data/0", torch_data, TORCH_A);
            zip_add(&made, "m/data/1", torch_data + TORCH_A, TORCH_B);
            zip_add(&made, "m/data/2", torch_data + TORCH_A + TORCH_B, TORCH_C);
            zip_end(&made);
            (void)parse_exact(made.n, &err);
        }
}

static int parse_made(struct err *err)
{
    struct torchfile t;
    int rc = torchfile_parse(&t, made.p, made.n, err);
    torchfile_close(&t);
    return rc;
}

static void test_memory(void)
{
    for (int kind = 1; kind < 3; kind++) {
        make(kind);
        fail_each("malloc", "ENOMEM", ERR_NOMEM, parse_made, NULL);
    }
}

int main(void)
{
    CHECK_RUN(test_every_truncation);
    CHECK_RUN(test_every_bit);
    CHECK_RUN(test_every_opcode);
    CHECK_RUN(test_memory);
    return check_status();
}
