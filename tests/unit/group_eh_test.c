/* Hardness by groups: by components it is the exact one where there is a defect; by two hops it is what was described. */
#include "base/rng.h"
#include "check.h"
#include "repair/group_eh.h"

#include <string.h>

enum { MAX = 90 };

static struct escape_graph e;
static struct escape x, exact;
static struct group_eh g;

static void make_random(uint64_t item, size_t s, uint64_t of_hundred)
{
    e.s = s;
    e.words = (s + 63) / 64;
    memset(e.out, 0, s * e.words * sizeof *e.out);
    memset(e.in, 0, s * e.words * sizeof *e.in);
    for (size_t i = 0; i < s; i++)
        for (size_t j = 0; j < s; j++)
            if (i != j && rng_below(5, RNG_TEST, (item * MAX + i) * MAX + j, 100) < of_hundred)
                escape_add_edge(&e, i, j);
}

static bool within(const struct escape *y, size_t i, size_t j)
{
    return y->within[i * y->words + j / 64] >> j % 64 & 1;
}

static void test_components(void)
{
    size_t wrong = 0, defects = 0, saved = 0;
    for (uint64_t item = 0; item < 1500; item++) {
        size_t s = 2 + item % (MAX - 1), nq = 1 + rng_below(6, RNG_TEST, item, s);
        size_t kh = nq + rng_below(7, RNG_TEST, item, s - nq + 1);
        make_random(item, s, item % 8);
        escape_compute(&exact, &e, nq, s, kh);
        CHECK(group_eh_compute(&g, &x, &e, GROUP_EH_SCC, nq, s, kh));
        wrong += x.n_defects != exact.n_defects || x.n_entries + g.n_saved != nq * nq;
        for (size_t i = 0; i < nq; i++)
            for (size_t j = 0; j < nq; j++) {
                wrong += within(&x, i, j) != within(&exact, i, j);
                wrong += !within(&exact, i, j) && x.eh[i * nq + j] != exact.eh[i * nq + j];
            }
        defects += exact.n_defects;
        saved += g.n_saved;
    }
    CHECK_EQ(wrong, 0);
    CHECK(defects > 1000 && saved > 1000);
}

/* Founders 0 (claims 1, then 2 behind it), 3 (alone), 4 (claims 5 to 9).  3 reaches 0 by its own edge, the others nothing: the
 * edges of 2 and 9 are not a founder's, and what lies beyond the nq nearest does not count. */
static void test_two_hop(void)
{
    make_random(0, 12, 0);
    static const struct { size_t from, to; } edges[] = {
        {0, 1}, {1, 2}, {3, 0}, {2, 4}, {4, 5}, {4, 6}, {5, 7}, {6, 8}, {6, 9}, {9, 3}, {0, 10}, {10, 4}};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        escape_add_edge(&e, edges[i].from, edges[i].to);
    CHECK(group_eh_compute(&g, &x, &e, GROUP_EH_TWO_HOP, 10, 12, 10));
    CHECK_EQ(g.n_groups, 3);
    CHECK_EQ(x.n_entries, 9);
    CHECK_EQ(g.n_saved, 91);
    CHECK(within(&x, 2, 0));                     /* one group, though no path leads there */
    CHECK(within(&x, 3, 2) && !within(&x, 2, 3));
    CHECK(!within(&x, 0, 4) && x.eh[0 * 10 + 4] == ESCAPE_UNREACHABLE);
    CHECK(!within(&x, 9, 3));                    /* not a founder's edge */
    CHECK_EQ(x.n_defects, 3 + 4 * 6 + 6 * 4);    /* groups of 3, 1 and 6: all but 3 -> 0 */
    make_random(0, 12, 0);
    CHECK(!group_eh_compute(&g, &x, &e, GROUP_EH_TWO_HOP, 10, 12, 10));       /* ten groups of ten */
    CHECK_EQ(g.n_saved, 0);
}

int main(void)
{
    struct err err = {0};
    CHECK_OK(escape_graph_init(&e, MAX, &err), &err);
    CHECK_OK(escape_init(&x, MAX, &err), &err);
    CHECK_OK(escape_init(&exact, MAX, &err), &err);
    CHECK_OK(group_eh_init(&g, MAX, &err), &err);
    CHECK_RUN(test_components);
    CHECK_RUN(test_two_hop);
    escape_graph_done(&e);
    escape_done(&x);
    escape_done(&exact);
    group_eh_done(&g);
    return check_status();
}
