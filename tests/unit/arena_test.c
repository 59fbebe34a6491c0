#include "base/arena.h"

#include "base/mem.h"
#include "check.h"

#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISONED(p) __asan_address_is_poisoned(p)
#else
#define POISONED(p) 1
#endif

static void test_pieces_do_not_overlap(void)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    enum { N = 2000 };
    unsigned char *p[N];
    for (int i = 0; i < N; i++) {
        size_t n = (size_t)(i * 37 % 501);
        p[i] = i % 2 ? arena_take(&a, n, 1, &err) : arena_take_aligned(&a, n, 1, &err);
        CHECK(p[i] && (uintptr_t)p[i] % (i % 2 ? 16 : MEM_ALIGN) == 0);
        memset(p[i], i & 0xff, n);
    }
    int wrong = 0;
    for (int i = 0; i < N; i++)
        for (size_t k = 0; k < (size_t)(i * 37 % 501); k++)
            wrong += p[i][k] != (i & 0xff);
    CHECK_EQ(wrong, 0);
    arena_done(&a);
    CHECK(!a.first && !a.at);
}

static void test_marks_nest(void)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct arena_mark empty = arena_mark(&a);
    int *x = ARENA_ARRAY(int, &a, 4, &err);
    x[3] = 42;
    struct arena_mark outer = arena_mark(&a);
    char *first = arena_take(&a, 100, 1, &err);
    struct arena_mark inner = arena_mark(&a);
    CHECK(arena_take(&a, 3 << 20, 1, &err));   /* a chunk of its own */
    arena_reset(&a, inner);
    arena_reset(&a, outer);
    CHECK(arena_take(&a, 100, 1, &err) == first);
    CHECK_EQ(x[3], 42);
    arena_reset(&a, empty);
    CHECK((void *)ARENA_ARRAY(int, &a, 4, &err) == (void *)x);
    arena_done(&a);
}

static void test_warm_arena_allocates_nothing(void)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct arena_chunk *chunks[2] = { 0 };
    void *last = NULL;
    for (int round = 0; round < 3; round++) {
        void *p = NULL;
        for (int i = 0; i < 100; i++)
            p = arena_take(&a, 10000, 1, &err);
        CHECK(p);
        CHECK(round == 0 || (p == last && a.first == chunks[0] && a.at == chunks[1]));
        last = p;
        chunks[0] = a.first;
        chunks[1] = a.at;
        arena_clear(&a);
    }
    arena_done(&a);
    arena_clear(&a);   /* of an empty arena */
    arena_done(&a);
}

static void test_impossible_sizes(void)
{
    struct arena a = { 0 };
    struct err ok = { 0 };
    CHECK(arena_take(&a, 1000, 1, &ok));
    static const struct { size_t n, size; } cases[] = {
        { SIZE_MAX, 2 }, { SIZE_MAX, 1 }, { SIZE_MAX - 64, 1 }, { SIZE_MAX - 128, 1 }, { SIZE_MAX - 1000, 1 },
        { SIZE_MAX - 4096, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = { 0 };
        CHECK(!arena_take(&a, cases[i].n, cases[i].size, &err) && err.code == ERR_NOMEM);
    }
    CHECK(arena_take(&a, 1000, 1, &ok));
    arena_done(&a);
}

static void test_red_zones(void)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct arena_mark mark = arena_mark(&a);
    char *p = arena_take(&a, 24, 1, &err), *q = arena_take(&a, 24, 1, &err);
    CHECK(p && q && POISONED(p + 24) && POISONED(q - 1));
    arena_reset(&a, mark);
    CHECK(POISONED(p) && POISONED(q));
    arena_done(&a);
}

int main(void)
{
    CHECK_RUN(test_pieces_do_not_overlap);
    CHECK_RUN(test_marks_nest);
    CHECK_RUN(test_warm_arena_allocates_nothing);
    CHECK_RUN(test_impossible_sizes);
    CHECK_RUN(test_red_zones);
    return check_status();
}
