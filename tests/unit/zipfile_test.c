#include "fmt/zipfile.h"
#include "base/buf.h"
#include "check.h"
#include "torch_made.h"

#include <sys/mman.h>

static struct err err;
static struct zip_made made;
static const char text[] = "one two three one two three one two three one two three";

static int open_made(struct zipfile *z)
{
    err = (struct err){0};
    return zipfile_open(z, made.p, made.n, &err);
}

static void refused(enum err_code code, const char *words)
{
    struct zipfile z;
    CHECK_EQ(open_made(&z), code);
    if (!strstr(err.msg, words))
        CHECK_STR(err.msg, words);
    CHECK(z.entries == NULL);
}

static int collect(void *ctx, const void *bytes, size_t n, struct err *e)
{
    return buf_put(ctx, bytes, n, e);
}

static void start(bool zip64)
{
    memset(&made, 0, sizeof made);
    made.zip64 = zip64;
}

static void test_entries(void)
{
    for (int zip64 = 0; zip64 < 2; zip64++) {
        struct zipfile z;
        struct buf b = {0};
        start(zip64);
        zip_add(&made, "b/stored", text, sizeof text);
        zip_add_deflated(&made, "b", text, sizeof text);
        zip_add(&made, "empty", "", 0);
        zip_end(&made);
        CHECK_OK(open_made(&z), &err);
        CHECK_EQ(z.n_entries, 3);
        const char *const names[] = {"b/stored", "b"};
        for (size_t i = 0; i < 2; i++) {
            const struct zipfile_entry *e = zipfile_find(&z, names[i], strlen(names[i]));
            CHECK(e && e->size == sizeof text && e->method == (i ? ZIPFILE_DEFLATED : ZIPFILE_STORED));
            buf_clear(&b);
            CHECK_OK(zipfile_read(e, collect, &b, &err), &err);
            CHECK(b.n == sizeof text && memcmp(b.p, text, sizeof text) == 0);
        }
        CHECK_OK(zipfile_read(zipfile_find(&z, "empty", 5), NULL, NULL, &err), &err);
        CHECK(!zipfile_find(&z, "b/", 2) && !zipfile_find(&z, "", 0) && !zipfile_find(&z, "c", 1));
        buf_done(&b);
        zipfile_close(&z);
    }
    struct zipfile z;
    start(false);
    zip_end(&made);
    CHECK_OK(open_made(&z), &err);
    CHECK(z.n_entries == 0 && !zipfile_find(&z, "a", 1));
    zipfile_close(&z);
}

/* What is read is refused where it is not what the directory says. */
static void test_damaged_entries(void)
{
    static const char *const words[] = {"CRC", "it does not end where it should", "expected 55", "invalid"};
    for (size_t i = 0; i < 4; i++) {
        struct zipfile z;
        start(false);
        zip_add_deflated(&made, "a", text, sizeof text - 1);
        zip_end(&made);
        unsigned char *c = made.directory, *data = made.p + 31;
        size_t stored = bytes_get_u32(c + 20);
        if (i == 0)
            bytes_put_u32(c + 16, 1);                                                       /* another CRC */
        if (i == 1)
            bytes_put_u32(c + 20, (uint32_t)stored - 1);                                    /* cut off */
        if (i == 2)
            data[0] = 1, data[1] = 2, data[2] = 0, data[3] = 0xFD, data[4] = 0xFF, bytes_put_u32(c + 20, 7);      /* two bytes */
        if (i == 3)
            data[0] = 7;
        memcpy(made.p + made.n - 22 - made.n_directory, c, made.n_directory);
        CHECK_OK(open_made(&z), &err);
        CHECK_EQ(zipfile_read(z.entries, NULL, NULL, &err), ERR_DATA);
        if (!strstr(err.msg, words[i]) || !strstr(err.msg, "entry 'a': damaged"))
            CHECK_STR(err.msg, words[i]);
        zipfile_close(&z);
    }
}

/* More is unpacked than the directory says: it stops soon. */
static int count(void *ctx, const void *bytes, size_t n, struct err *e)
{
    (void)bytes, (void)e;
    *(size_t *)ctx += n;
    return 0;
}

static void test_bomb(void)
{
    enum { ALL = 4 << 20 };
    struct zipfile z;
    size_t n = 0;
    void *zeros = calloc(ALL, 1);
    start(false);
    zip_add_deflated(&made, "a", zeros, ALL);
    free(zeros);
    bytes_put_u32(made.directory + 24, 10);
    zip_end(&made);
    CHECK_OK(open_made(&z), &err);
    CHECK_EQ(zipfile_read(z.entries, count, &n, &err), ERR_DATA);
    CHECK(n <= 128 << 10);
    zipfile_close(&z);
}

static void test_lies(void)
{
    static const struct { size_t at; unsigned bytes; uint64_t value; const char *words; } lies[] = {
        {0, 4, 0, "no entry of the directory"}, {8, 2, 1, "encrypted"}, {10, 2, 12, "method 12"}, {20, 4, 9, "stored as 9"},
        {20, 4, UINT32_MAX, "stored as"}, {28, 2, 0, "without a name"}, {28, 2, 200, "beyond the directory"},
        {30, 2, 200, "beyond the directory"}, {32, 2, 1, "beyond the directory"}, {42, 4, 1, "no entry at byte 1"},
        {42, 4, UINT32_MAX, "no entry at byte 4294967295"}, {46, 1, 'x', "another name"}, {46, 1, 0, "without a name"}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start(false);
        zip_add(&made, "a", text, sizeof text);
        memcpy(made.directory + lies[i].at, &lies[i].value, lies[i].bytes);
        zip_end(&made);
        refused(ERR_DATA, lies[i].words);
    }
}

static void test_lies_of_the_end(void)
{
    static const struct { size_t at; uint64_t value; enum err_code code; const char *words; } lies[] = {
        {4, 1, ERR_DATA, "in parts"}, {6, 1, ERR_DATA, "in parts"}, {10, 2, ERR_LIMIT, "2 entries"},
        {10, 0, ERR_DATA, "behind the last entry"},
        {10, 500, ERR_LIMIT, "500 entries"}, {16, 7, ERR_DATA, "is said to be"},
        {20, 1, ERR_TRUNCATED, "cut off, or no archive"}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        start(false);
        zip_add(&made, "a", text, sizeof text);
        zip_end(&made);
        bytes_put_u16(made.p + made.n - 22 + lies[i].at, (uint16_t)lies[i].value);
        refused(lies[i].code, lies[i].words);
    }
    start(true);
    zip_add(&made, "a", text, sizeof text);
    zip_end(&made);
    made.p[made.n - 22 - 20 + 8]++;
    refused(ERR_DATA, "zip64 end record");
    start(false);
    zip_add(&made, "a", text, sizeof text);
    zip_add(&made, "a", text, sizeof text);
    zip_end(&made);
    refused(ERR_DATA, "two entries are called 'a'");
    start(false);
    zip_add(&made, "a", text, sizeof text);
    zip_add(&made, "a", text, sizeof text);
    bytes_put_u32(made.directory + 47 + 42, 0);
    zip_end(&made);
    refused(ERR_DATA, "overlap");
}

/* An entry of more than 4 GiB, and one behind it: memory that is never touched but at its ends. */
static void test_beyond_4_gib(void)
{
    enum { FAR_DIRECTORY = 1 << 16 };
    size_t big = ((size_t)4 << 30) + 1000, n = big + FAR_DIRECTORY;
    unsigned char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct zipfile z;
    if (p == MAP_FAILED) {
        printf("# skipped: no address space\n");
        return;
    }
    /* The first entry's header is written as if it were empty; then its size, and the second one's place, are made true. */
    start(true);
    zip_add(&made, "big", "", 0);
    size_t first = made.n;
    zip_add(&made, "last", text, sizeof text);
    bytes_put_u64(made.directory + 46 + 3 + 4, big);
    bytes_put_u64(made.directory + 46 + 3 + 12, big);
    bytes_put_u64(made.directory + 46 + 3 + 28 + 46 + 4 + 20, first + big);
    size_t second = made.n - first;
    memcpy(p, made.p, first);
    memcpy(p + first + big, made.p + first, second);
    zip_end(&made);
    unsigned char *tail = made.p + first + second;
    size_t n_tail = made.n - first - second, at = first + big + second;
    bytes_put_u64(tail + made.n_directory + 48, at);
    bytes_put_u64(tail + made.n_directory + 64, at + made.n_directory);
    memcpy(p + at, tail, n_tail);
    err = (struct err){0};
    CHECK_OK(zipfile_open(&z, p, at + n_tail, &err), &err);
    CHECK_EQ(z.n_entries, 2);
    CHECK(z.n_entries == 2 && z.entries[0].size == big && z.entries[1].data == p + at - sizeof text);
    CHECK_OK(zipfile_read(&z.entries[1], NULL, NULL, &err), &err);
    zipfile_close(&z);
    munmap(p, n);
}

int main(void)
{
    CHECK_RUN(test_entries);
    CHECK_RUN(test_damaged_entries);
    CHECK_RUN(test_bomb);
    CHECK_RUN(test_lies);
    CHECK_RUN(test_lies_of_the_end);
    CHECK_RUN(test_beyond_4_gib);
    return check_status();
}
