#include "repair/forest.h"
#include "base/mem.h"
#include "base/num.h"
#include "sys/mapfile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TOGETHER = 8 /* rows that walk side by side */, BLOCK = 128 /* rows that a tree stays in the cache for */ };

static bool starts_with(const struct mapfile *m, const char *text)
{
    size_t n = strlen(text);
    return m->n >= n && memcmp(m->p, text, n) == 0;
}

int forest_read(struct forest *f, struct input *in, struct err *err)
{
    int rc = 0;
    struct mapfile m = {0};
    *f = (struct forest){.divisor = 1, .slope = 1};
    TRY(mapfile_read(&m, in, err));
    if (starts_with(&m, "tree\n") || starts_with(&m, "tree\r\n"))
        TRY(forest_read_lightgbm(f, (const char *)m.p, m.n, err));
    else if (starts_with(&m, "{L") || starts_with(&m, "{i") || starts_with(&m, "{l"))
        TRY(err_set(err, ERR_DATA, "a model in UBJSON: save it to a name that ends in .json"));
    else if (starts_with(&m, "{"))
        TRY(forest_read_xgboost(f, (const char *)m.p, m.n, err));
    else
        TRY(err_set(err, ERR_DATA, "neither XGBoost's JSON nor LightGBM's text"));
out:
    mapfile_close(&m);
    return rc ? err_prefix(err, "%s: ", input_name(in)) : 0;
}

int forest_open(struct forest *f, const char *path, struct err *err)
{
    struct input *in = NULL;
    *f = (struct forest){0};
    int rc = input_open(&in, path, err);
    if (rc == 0)
        rc = forest_read(f, in, err);
    input_close(in);
    return rc;
}

void forest_done(struct forest *f)
{
    for (size_t i = 0; f->names && i < f->n_features; i++)
        mem_free(f->names[i]);
    mem_free(f->names);
    mem_free(f->nodes);
    mem_free(f->values);
    mem_free(f->roots);
    mem_free(f->words);
    mem_free(f->set_ends);
    *f = (struct forest){0};
}

/* ---- making ---- */

int forest_add_node(struct forest *f, struct forest_node node, double value, struct err *err)
{
    int rc = 0;
    if (f->n_nodes == UINT32_MAX)
        return err_set(err, ERR_LIMIT, "more than 2^32 nodes");
    TRY(mem_reserve(&f->nodes, &f->cap_nodes, f->n_nodes + 1, sizeof *f->nodes, err));
    TRY(mem_reserve(&f->values, &f->cap_values, f->n_nodes + 1, sizeof *f->values, err));
    f->nodes[f->n_nodes] = node;
    f->values[f->n_nodes++] = value;
    f->special |= node.kind != FOREST_UP_TO && node.kind != FOREST_LEAF;
out:
    return rc;
}

int forest_add_set(struct forest *f, const uint32_t *words, size_t n_words, struct err *err)
{
    int rc = 0;
    TRY(mem_reserve(&f->words, &f->cap_words, f->n_words + n_words, sizeof *f->words, err));
    TRY(mem_reserve(&f->set_ends, &f->cap_sets, f->n_sets + 1, sizeof *f->set_ends, err));
    if (n_words > 0)
        memcpy(f->words + f->n_words, words, n_words * sizeof *words);
    f->n_words += n_words;
    f->set_ends[f->n_sets++] = f->n_words;
out:
    return rc;
}

int forest_end_tree(struct forest *f, size_t first, size_t root, struct err *err)
{
    int rc = 0;
    size_t n = f->n_nodes - first, n_arrived = 0, n_waiting = 0;
    uint8_t *has_parent;
    uint32_t *waiting = NULL;
    TRY_NEW(has_parent, MEM_ZARRAY(uint8_t, n, err));
    TRY_NEW(waiting, MEM_ARRAY(uint32_t, n, err));
    TRY(mem_reserve(&f->roots, &f->cap_roots, f->n_trees + 1, sizeof *f->roots, err));
    has_parent[root] = 1;
    waiting[n_waiting++] = (uint32_t)root;
    while (n_waiting > 0) {
        uint32_t at = waiting[--n_waiting];
        struct forest_node *node = &f->nodes[first + at];
        n_arrived++;
        if (node->kind == FOREST_LEAF) {
            node->child[0] = node->child[1] = (uint32_t)first + at;
            continue;
        }
        if (node->feature >= f->n_features)
            TRY(err_set(err, ERR_DATA, "node %u asks for feature %u, there are %zu", at, node->feature, f->n_features));
        for (int side = 0; side < 2; side++) {
            uint32_t child = node->child[side];
            if (child >= n || has_parent[child])
                TRY(err_set(err, ERR_DATA, "node %u: %s child %u %s", at, side ? "right" : "left", child,
                            child >= n ? "does not exist" : "has another parent"));
            has_parent[child] = 1;
            waiting[n_waiting++] = child;
            node->child[side] = (uint32_t)first + child;
        }
    }
    f->roots[f->n_trees++] = (uint32_t)(first + root);
out:
    mem_free(has_parent);
    mem_free(waiting);
    return rc;
}

int forest_name_start(struct forest *f, struct err *err)
{
    int rc = 0;
    TRY_NEW(f->names, MEM_ZARRAY(char *, f->n_features, err));
out:
    return rc;
}

/* Are these the names that the libraries give to features without one? */
static bool is_nameless(const struct forest *f, const char *prefix)
{
    char name[32];
    for (size_t i = 0; i < f->n_features; i++) {
        snprintf(name, sizeof name, "%s%zu", prefix, i);
        if (strcmp(f->names[i], name) != 0)
            return false;
    }
    return true;
}

int forest_name(struct forest *f, size_t i, const char *name, size_t n, struct err *err)
{
    int rc = 0;
    TRY_NEW(f->names[i], MEM_ARRAY(char, n + 1, err));
    memcpy(f->names[i], name, n);
    f->names[i][n] = '\0';
    if (i + 1 < f->n_features || !(is_nameless(f, "f") || is_nameless(f, "Column_")))
        return 0;
    for (size_t j = 0; j < f->n_features; j++)
        mem_free(f->names[j]);
    mem_free(f->names);
    f->names = NULL;
out:
    return rc;
}

/* ---- walking ---- */

/* -1 < x < FOREST_MAX_CATEGORY */
static bool in_bits(const struct forest *f, uint32_t set, float x)
{
    size_t from = set ? f->set_ends[set - 1] : 0, n = f->set_ends[set] - from;
    uint32_t category = (uint32_t)(int32_t)x;
    return category / 32 < n && (f->words[from + category / 32] >> category % 32 & 1);
}

static bool in_list(const struct forest *f, uint32_t set, float x)
{
    size_t low = set ? f->set_ends[set - 1] : 0, end = f->set_ends[set], high = end;
    uint32_t category = (uint32_t)(int32_t)x;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->words[middle] < category)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && f->words[low] == category;
}

static bool goes_left(const struct forest *f, const struct forest_node *node, float x)
{
    switch ((enum forest_kind)node->kind) {
    case FOREST_ZERO_MISSING:
        if (fabsf(x) <= 1e-35f)                     /* LightGBM's kZeroThreshold */
            return node->nan_left;
        break;
    case FOREST_IN_SET_LEFT:
        return x > -1 && x < FOREST_MAX_CATEGORY && in_bits(f, node->set, x);
    case FOREST_IN_SET_RIGHT:
        return isnan(x) ? node->nan_left : !(x >= 0 && x < FOREST_MAX_CATEGORY && in_list(f, node->set, x));
    case FOREST_UP_TO: case FOREST_LEAF:
        break;
    }
    return x <= node->at || (isnan(x) && node->nan_left);
}

/* The leaf of a tree that a row comes to. */
static uint32_t walk_one(const struct forest *f, uint32_t at, const float *x)
{
    while (f->nodes[at].kind != FOREST_LEAF)
        at = f->nodes[at].child[!goes_left(f, &f->nodes[at], x[f->nodes[at].feature])];
    return at;
}

/* The same of TOGETHER rows, where all conditions are FOREST_UP_TO: no branch depends on the data. */
static void walk_together(const struct forest *f, uint32_t root, const float *x, uint32_t leaves[TOGETHER])
{
    const struct forest_node *nodes = f->nodes;
    const size_t width = f->n_features;
    uint32_t at[TOGETHER], moved;
    for (size_t r = 0; r < TOGETHER; r++)
        at[r] = root;
    do {
        moved = 0;
        for (size_t r = 0; r < TOGETHER; r++) {
            const struct forest_node *node = &nodes[at[r]];
            float v = x[r * width + node->feature];
            uint32_t next = node->child[!((v <= node->at) | ((v != v) & node->nan_left))];
            moved |= next ^ at[r];
            at[r] = next;
        }
    } while (moved);
    memcpy(leaves, at, sizeof at);
}

static double transformed(const struct forest *f, double sum)
{
    switch (f->transform) {
    case FOREST_LOGISTIC:
        /* XGBoost's, in floats: it keeps exp finite. */
        return f->sum_f32 ? 1.0f / (expf(fminf(-(float)sum, 88.7f)) + 1.0f + 1e-16f) : 1 / (1 + exp(-f->slope * sum));
    case FOREST_EXP:
        return f->sum_f32 ? expf((float)sum) : exp(sum);
    case FOREST_SQUARE:
        return copysign(sum * sum, sum);
    case FOREST_LOG1P_EXP:
        return log1p(exp(sum));
    case FOREST_IDENTITY:
        break;
    }
    return sum;
}

void forest_predict(const struct forest *f, const float *x, size_t n, double *out)
{
    for (size_t first = 0; first < n; first += BLOCK) {
        size_t m = num_min_size(n - first, BLOCK);
        double sums[BLOCK];
        uint32_t leaves[BLOCK];
        for (size_t i = 0; i < m; i++)
            sums[i] = f->base;
        for (size_t t = 0; t < f->n_trees; t++) {
            size_t r = 0;
            for (; r + TOGETHER <= m && !f->special; r += TOGETHER)
                walk_together(f, f->roots[t], x + (first + r) * f->n_features, leaves + r);
            for (; r < m; r++)
                leaves[r] = walk_one(f, f->roots[t], x + (first + r) * f->n_features);
            for (size_t i = 0; i < m; i++)
                sums[i] = f->sum_f32 ? (float)sums[i] + (float)f->values[leaves[i]] : sums[i] + f->values[leaves[i]];
        }
        for (size_t i = 0; i < m; i++)
            out[first + i] = transformed(f, sums[i] / f->divisor);
    }
}
