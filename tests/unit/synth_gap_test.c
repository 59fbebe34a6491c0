#include "exact/synth_gap.h"

#include "check.h"

#include <math.h>

/* The neighbours of a query of the base's distribution are of its cluster, those of one between 16 clusters of several. */
static void test_clusters(void)
{
    struct synth_options o = {.set = SYNTH_CLUSTERS, .seed = 2, .dim = 24, .clusters = 1000, .latent_dim = 1, .spread = 0.2,
                              .mix = 16, .gap = 1};
    struct synth_gap g;
    struct err err = {0};
    struct synth *s = NULL;
    CHECK_OK(synth_new(&s, &o, &err), &err);
    CHECK_OK(synth_gap_measure(&g, s, &o, METRIC_L2, 2, &err), &err);
    CHECK_EQ(g.n_base, 100000);
    /* within a cluster of 100: below sqrt(2 * 24) * 0.2; between clusters: sqrt(2 * 24), less where they are near one query */
    CHECK(g.spread[0][0] > 0.9 && g.spread[0][0] < 1.4);
    CHECK(g.spread[0][1] > 1.5 * g.spread[0][0] && g.spread[0][1] < 7);
    CHECK(g.spread[1][0] > g.spread[0][0] && g.spread[1][1] > g.spread[0][1]);
    CHECK(fabs(g.far[0] / sqrt(24.0) - 1) < 0.05);
    CHECK(fabs(g.far[1] / g.far[0] / sqrt(2.0) - 1) < 0.15);
    synth_free(s);
}

static void test_refused(void)
{
    struct synth_options o = {.set = SYNTH_SPHERE, .seed = 2, .dim = 4, .clusters = 3, .latent_dim = 1, .mix = 1};
    struct synth_gap g;
    struct err err = {0};
    struct synth *s = NULL;
    CHECK_OK(synth_new(&s, &o, &err), &err);
    CHECK_EQ(synth_gap_measure(&g, s, &o, METRIC_L2, 1, &err), ERR_USAGE);
    synth_free(s);
    o.set = SYNTH_CLUSTERS;          /* three points in four dimensions */
    err = (struct err){0};
    CHECK_OK(synth_new(&s, &o, &err), &err);
    CHECK_EQ(synth_gap_measure(&g, s, &o, METRIC_L2, 1, &err), ERR_USAGE);
    CHECK(strstr(err.msg, "--spread") != NULL);
    synth_free(s);
    o.dim = SYNTH_GAP_DIM + 1;
    err = (struct err){0};
    CHECK_OK(synth_new(&s, &o, &err), &err);
    CHECK_EQ(synth_gap_measure(&g, s, &o, METRIC_L2, 1, &err), ERR_USAGE);
    synth_free(s);
}

int main(void)
{
    CHECK_RUN(test_clusters);
    CHECK_RUN(test_refused);
    return check_status();
}
