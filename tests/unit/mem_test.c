#include "base/mem.h"

#include "check.h"

#include <stdint.h>

/* The sanitizer ends the program at a size that malloc refuses; here the refusal is the subject. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

static int all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return 0;
    return 1;
}

static void test_nothing_is_something(void)
{
    struct err err = { 0 };
    void *p[] = {mem_alloc(0, 8, &err), mem_zalloc(0, 8, &err), mem_zalloc(8, 0, &err), mem_resize(NULL, 0, 8, &err),
                 mem_slab(0, 8, &err)};
    for (size_t i = 0; i < sizeof p / sizeof p[0]; i++) {
        CHECK(p[i]);
        mem_free(p[i]);
    }
    CHECK_EQ(err.code, 0);
    mem_free(NULL);
}

static void test_impossible_sizes(void)
{
    static const struct { size_t n, size; } cases[] = {
        { SIZE_MAX, 2 }, { (size_t)1 << 33, (size_t)1 << 33 }, { SIZE_MAX, 1 }, { SIZE_MAX - 100, 1 }, { (size_t)1 << 62, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = cases[i].n, size = cases[i].size;
        char keep = 'k', *old = &keep;
        struct err e[4] = { 0 };
        CHECK(!mem_alloc(n, size, &e[0]) && e[0].code == ERR_NOMEM);
        CHECK(!mem_zalloc(n, size, &e[1]) && e[1].code == ERR_NOMEM);
        CHECK(!mem_slab(n, size, &e[2]) && e[2].code == ERR_NOMEM);
        old = mem_strdup("old", &e[3]);
        CHECK(!mem_resize(old, n, size, &e[3]) && e[3].code == ERR_NOMEM);
        CHECK_STR(old, "old");
        mem_free(old);
        CHECK(strstr(e[0].msg, "out of memory"));
    }
}

static void test_slabs_are_aligned_and_zero(void)
{
    struct err err = { 0 };
    static const size_t sizes[] = { 1, 63, 64, 65, 4096, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 5 << 20 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *p = MEM_SLAB(unsigned char, sizes[i], &err);
        CHECK(p && (uintptr_t)p % MEM_ALIGN == 0);
        CHECK(sizes[i] < 2 << 20 || (uintptr_t)p % (2 << 20) == 0);
        CHECK(all_zero(p, sizes[i]));
        memset(p, 0xff, sizes[i]);   /* so that reuse of the memory would show */
        mem_free(p);
    }
}

static void test_reserve(void)
{
    struct err err = { 0 };
    int *items = NULL;
    size_t cap = 0, moves = 0;
    for (int i = 0; i < 1000; i++) {
        size_t before = cap;
        CHECK_OK(mem_reserve(&items, &cap, (size_t)i + 1, sizeof *items, &err), &err);
        moves += cap != before;
        items[i] = i;
    }
    int wrong = 0;
    for (int i = 0; i < 1000; i++)
        wrong += items[i] != i;
    CHECK_EQ(wrong, 0);
    CHECK(moves <= 8);   /* doubling, not one by one */
    size_t before = cap;
    CHECK_EQ(mem_reserve(&items, &cap, SIZE_MAX, sizeof *items, &err), ERR_NOMEM);
    CHECK_EQ(cap, before);
    CHECK_EQ(items[999], 999);
    mem_free(items);
}

int main(void)
{
    CHECK_RUN(test_nothing_is_something);
    CHECK_RUN(test_impossible_sizes);
    CHECK_RUN(test_slabs_are_aligned_and_zero);
    CHECK_RUN(test_reserve);
    return check_status();
}
