/* synth - synthetic vectors: a base, queries of its distribution, and queries out of it.
 *
 * Row i of a role depends on the options and i alone: rows can be made in any order, on any machine, in shards.  With
 * N a vector of dim standard normal numbers (vec/gauss.h):
 *     clusters   c + spread N, c one of `clusters` centres, each a vector N
 *     sphere     N / |N|: uniform on the unit sphere
 *     latent     sqrt(2) cos(W z + b) + noise N, z uniform on the sphere of latent_dim dimensions (in one more): a smooth
 *                embedding by random Fourier features (Rahimi and Recht, NIPS 2007): W (dim, latent_dim + 1) normal, of
 *                variance 4, b uniform; the inner product of two is near dim exp(-2 |z - z'|^2): what is far in z is orthogonal
 * so that but for the sphere each element has a variance of about v = 1 + spread^2, or 1 + noise^2.
 *
 * Queries out of the distribution are
 *     (x_1 + ... + x_mix) / sqrt(mix) + gap sqrt(v/2) (u + N)
 * with x_j of the base's distribution, each of its own centre or z, and u a vector N that all queries share: the sum of things
 * far from each other, with the base's covariance, moved off by about gap times the base's radius, half of it (in squares) into
 * one direction; where all directions vary alike this makes the Mahalanobis distance sqrt(1 + gap^2) times a base vector's.  They
 * model texts that each ask for several things in a space of pictures: what is nearest to a query lies far from each other, and
 * queries and base lie apart (the modality gap).  On a sphere every direction is like every other: there are none. */
#ifndef SYNTH_H
#define SYNTH_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum synth_set { SYNTH_CLUSTERS, SYNTH_SPHERE, SYNTH_LATENT };
enum synth_role { SYNTH_BASE, SYNTH_QUERIES, SYNTH_OOD_QUERIES };

extern const char *const synth_sets[], *const synth_roles[];     /* names, in the order of the enums, then NULL */

struct synth_options {
    enum synth_set set;
    uint64_t seed;
    size_t dim;                /* 1 .. 2^20 */
    size_t clusters, latent_dim;
    double spread, noise;      /* >= 0 */
    size_t mix;                /* 1 .. 2^16 */
    double gap;                /* >= 0 */
};

struct synth;

/* Takes clusters * dim or (latent_dim + 2) * dim floats; more than 2^28 are ERR_USAGE. */
MUST_CHECK int synth_new(struct synth **s, const struct synth_options *o, struct err *err);
void synth_free(struct synth *s);

/* Is there such a role in the set?  ERR_USAGE, saying why, where not. */
MUST_CHECK int synth_check(enum synth_set set, enum synth_role role, struct err *err);

/* Rows first .. first+n-1 < 2^48 of a role that synth_check takes: x (n, dim).  scratch: synth_scratch floats of the caller's. */
size_t synth_scratch(const struct synth *s);
void synth_rows(const struct synth *s, enum synth_role role, uint64_t first, size_t n, float *x, float *scratch);

#endif
