/* One oneDNN matmul primitive for each number of rows (a plan), made on first use.
 *
 * oneDNN chooses the layout of packed weights by the whole shape: each that a plan asks for is kept; in practice it is one.
 * Rows with gaps between them send oneDNN to a kernel without packed weights, so they are copied together first.
 * What it does not promise goes by way of f32 (gemm_wide.h): bf16 where the CPU has no instructions for it (oneDNN would emulate
 * or refuse), and exact int8 products without VNNI (oneDNN would add pairs of products in 16 bits, which saturates). */
#include "vec/gemm.h"

#include "base/mem.h"
#include "sys/cpu.h"
#include "vec/gemm_wide.h"
#include "vec/half.h"

#include <oneapi/dnnl/dnnl.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

enum {
    MAX_PLANS = 512,     /* kept; a call with a further shape makes its plan and drops it */
    FIRST_M = 64,        /* the shape that weights are packed for at first */
    CODE_BYTES = 16 << 20   /* well above the 2.3 MB of code that a plan takes */
};

struct layout {
    dnnl_memory_desc_t desc;
    void *data;
};

struct plan {
    size_t m;
    dnnl_primitive_t primitive;
    dnnl_memory_desc_t src, weights, dst, scratch;
    void *weights_data;                                  /* a layout's */
};

struct gemm_weights {
    size_t n, k;
    struct gemm_wide *wide;                              /* where the CPU cannot: all is done there, and nothing below */
    dnnl_data_type_t src_type, weights_type, dst_type;
    size_t src_bytes;                                    /* of an element */
    pthread_mutex_t mutex;                               /* of layouts and plans; a plan, once there, stays as it is */
    struct layout *layouts;
    size_t n_layouts, cap_layouts;
    struct plan **plans;
    size_t n_plans, cap_plans;
};

/* ---- the library ---- */

static pthread_once_t gemm_once = PTHREAD_ONCE_INIT;
static dnnl_engine_t gemm_engine;
static dnnl_status_t gemm_status;

static void gemm_start(void)
{
    if (cpu_isa() == CPU_SCALAR || cpu_isa() == CPU_AVX2)
        gemm_status = dnnl_set_max_cpu_isa(cpu_isa() == CPU_SCALAR ? dnnl_cpu_isa_sse41 : dnnl_cpu_isa_avx2);
    if (gemm_status == dnnl_success)
        gemm_status = dnnl_engine_create(&gemm_engine, dnnl_cpu, 0);
}

static int gemm_failed(dnnl_status_t status, const char *what, struct err *err)
{
    if (status == dnnl_out_of_memory)
        return err_set(err, ERR_NOMEM, "matrix product: out of memory (%s)", what);
    return err_set(err, ERR_INTERNAL, "oneDNN: %s: status %d", what, (int)status);
}

#define TRY_DNNL(call, what) do { dnnl_status_t status_ = (call); \
    if (status_ != dnnl_success) { rc = gemm_failed(status_, what, err); goto out; } } while (0)

/* The library would open an OpenMP team of its own, if each thread that calls it did not say no. */
static int gemm_enter(struct err *err)
{
    pthread_once(&gemm_once, gemm_start);
    if (gemm_status != dnnl_success)
        return gemm_failed(gemm_status, "start", err);
    omp_set_num_threads(1);
    return 0;
}

static bool isa_has(unsigned bits)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & bits) == bits;
}

static dnnl_status_t matrix_desc(dnnl_memory_desc_t *desc, dnnl_data_type_t type, size_t rows, size_t columns,
                                 size_t row_stride, size_t column_stride)
{
    const dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)columns};
    const dnnl_dims_t strides = {(dnnl_dim_t)row_stride, (dnnl_dim_t)column_stride};
    return dnnl_memory_desc_init_by_strides(desc, 2, dims, type, strides);
}

/* Run a primitive on n_args <= 4 memories. */
static int primitive_run(const_dnnl_primitive_t primitive, int n_args, const int *names,
                         const dnnl_memory_desc_t *const *descs, void *const *data, struct err *err)
{
    int rc = 0;
    dnnl_exec_arg_t args[4] = {{0, NULL}};
    dnnl_stream_t stream = NULL;
    TRY_DNNL(dnnl_stream_create(&stream, gemm_engine, dnnl_stream_default_flags), "stream");
    for (int i = 0; i < n_args; i++) {
        args[i].arg = names[i];
        TRY_DNNL(dnnl_memory_create(&args[i].memory, descs[i], gemm_engine, data[i]), "memory");
    }
    TRY_DNNL(dnnl_primitive_execute(primitive, stream, n_args, args), "execute");
    TRY_DNNL(dnnl_stream_wait(stream), "wait");
out:
    for (int i = 0; i < n_args; i++)
        if (args[i].memory)
            (void)dnnl_memory_destroy(args[i].memory);
    if (stream)
        (void)dnnl_stream_destroy(stream);
    return rc;
}

/* ---- layouts and plans; all under the mutex ---- */

static int layout_pack(struct layout *to, const struct layout *from, struct err *err)
{
    int rc = 0;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t reorder = NULL;
    TRY_NEW(to->data, mem_slab(dnnl_memory_desc_get_size(&to->desc), 1, err));
    TRY_DNNL(dnnl_reorder_primitive_desc_create(&desc, &from->desc, gemm_engine, &to->desc, gemm_engine, NULL), "reorder");
    TRY_DNNL(dnnl_primitive_create(&reorder, desc), "reorder");
    TRY(primitive_run(reorder, 2, (const int[]){DNNL_ARG_FROM, DNNL_ARG_TO},
                      (const dnnl_memory_desc_t *const[]){&from->desc, &to->desc}, (void *const[]){from->data, to->data}, err));
out:
    if (reorder)
        (void)dnnl_primitive_destroy(reorder);
    if (desc)
        (void)dnnl_primitive_desc_destroy(desc);
    return rc;
}

/* The weights in the layout asked for, made from `given` or else from the first layout where they are not there yet. */
static int layout_find(struct gemm_weights *w, const dnnl_memory_desc_t *desc, const struct layout *given, void **data,
                       struct err *err)
{
    int rc = 0;
    struct layout made = {.desc = *desc};
    for (size_t i = 0; i < w->n_layouts; i++)
        if (dnnl_memory_desc_equal(&w->layouts[i].desc, desc)) {
            *data = w->layouts[i].data;
            return 0;
        }
    TRY(mem_reserve(&w->layouts, &w->cap_layouts, w->n_layouts + 1, sizeof *w->layouts, err));
    TRY(layout_pack(&made, given ? given : &w->layouts[0], err));
    w->layouts[w->n_layouts++] = made;
    *data = made.data;
    return 0;
out:
    mem_free(made.data);
    return rc;
}

static void plan_free(struct plan *p)
{
    if (p && p->primitive)
        (void)dnnl_primitive_destroy(p->primitive);
    mem_free(p);
}

/* oneDNN writes code through a null pointer where there is no memory for it: see first whether there is some. */
static int code_fits(struct err *err)
{
    void *p = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return err_set(err, ERR_NOMEM, "out of memory: code of a matrix product");
    munmap(p, CODE_BYTES);
    return 0;
}

static int plan_new(struct plan **out, struct gemm_weights *w, size_t m, const struct layout *given, struct err *err)
{
    int rc = 0;
    struct plan *p = NULL;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t desc = NULL;
    dnnl_memory_desc_t any;
    dnnl_matmul_desc_t matmul;
    const dnnl_dims_t weights_dims = {(dnnl_dim_t)w->k, (dnnl_dim_t)w->n};
    TRY_NEW(p, MEM_NEW(struct plan, err));
    p->m = m;
    TRY_DNNL(matrix_desc(&p->src, w->src_type, m, w->k, w->k, 1), "shape of A");
    TRY_DNNL(matrix_desc(&p->dst, w->dst_type, m, w->n, w->n, 1), "shape of C");
    TRY_DNNL(dnnl_memory_desc_init_by_tag(&any, 2, weights_dims, w->weights_type, dnnl_format_tag_any), "shape of B");
    TRY_DNNL(dnnl_primitive_attr_create(&attr), "attributes");
    /* Scratch of the library's own would be shared by all threads that run this primitive. */
    TRY_DNNL(dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user), "attributes");
    TRY_DNNL(dnnl_matmul_desc_init(&matmul, &p->src, &any, NULL, &p->dst), "matmul");
    TRY_DNNL(dnnl_primitive_desc_create(&desc, &matmul, attr, gemm_engine, NULL), "matmul");
    TRY(code_fits(err));
    TRY_DNNL(dnnl_primitive_create(&p->primitive, desc), "matmul");
    p->weights = *dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
    p->scratch = *dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    TRY(layout_find(w, &p->weights, given, &p->weights_data, err));
out:
    if (desc)
        (void)dnnl_primitive_desc_destroy(desc);
    if (attr)
        (void)dnnl_primitive_attr_destroy(attr);
    if (rc != 0) {
        plan_free(p);
        p = NULL;
    }
    *out = p;
    return rc;
}

/* The plan for m rows.  *drop: it was not kept, and is the caller's to free. */
static int plan_find(struct plan **plan, bool *drop, struct gemm_weights *w, size_t m, const struct layout *given,
                     struct err *err)
{
    int rc = 0;
    *drop = false;
    pthread_mutex_lock(&w->mutex);
    for (size_t i = 0; i < w->n_plans; i++)
        if (w->plans[i]->m == m) {
            *plan = w->plans[i];
            goto out;
        }
    TRY(mem_reserve(&w->plans, &w->cap_plans, w->n_plans + 1, sizeof *w->plans, err));
    TRY(plan_new(plan, w, m, given, err));
    if (w->n_plans < MAX_PLANS)
        w->plans[w->n_plans++] = *plan;
    else
        *drop = true;
out:
    pthread_mutex_unlock(&w->mutex);
    return rc;
}

/* ---- weights ---- */

static struct gemm_weights *weights_new(enum gemm_type type, size_t n, size_t k, struct err *err)
{
    static const dnnl_data_type_t types[][3] = {[GEMM_F32] = {dnnl_f32, dnnl_f32, dnnl_f32},
                                                [GEMM_BF16] = {dnnl_bf16, dnnl_bf16, dnnl_f32},
                                                [GEMM_I8] = {dnnl_u8, dnnl_s8, dnnl_s32}};
    static const size_t src_bytes[] = {[GEMM_F32] = sizeof(float), [GEMM_BF16] = sizeof(uint16_t), [GEMM_I8] = sizeof(uint8_t)};
    struct gemm_weights *w = MEM_NEW(struct gemm_weights, err);
    if (!w)
        return NULL;
    *w = (struct gemm_weights){.n = n, .k = k, .src_type = types[type][0], .weights_type = types[type][1],
                               .dst_type = types[type][2], .src_bytes = src_bytes[type]};
    pthread_mutex_init(&w->mutex, NULL);
    return w;
}

static bool is_supported(enum gemm_type type)
{
    if (type == GEMM_BF16)
        return isa_has(dnnl_cpu_isa_avx512_core_bf16);
    return type == GEMM_F32 || isa_has(dnnl_cpu_isa_avx512_core_vnni) || isa_has(dnnl_cpu_isa_avx2_vnni);
}

/* Pack (n, k) rows of the type that oneDNN gets. */
static int weights_pack(struct gemm_weights *w, void *rows, size_t stride, struct err *err)
{
    struct layout given = {.data = rows};
    struct plan *plan;
    bool drop;
    dnnl_status_t status = matrix_desc(&given.desc, w->weights_type, w->k, w->n, 1, stride);
    return status != dnnl_success ? gemm_failed(status, "shape of B", err) : plan_find(&plan, &drop, w, FIRST_M, &given, err);
}

static int weights_pack_bf16(struct gemm_weights *w, const float *b, size_t ldb, struct err *err)
{
    int rc = 0;
    uint16_t *rows = NULL;
    TRY_NEW(rows, MEM_SLAB(uint16_t, w->n * w->k, err));
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j < w->k; j++)
            rows[i * w->k + j] = half_to_bf16(b[i * ldb + j]);
    TRY(weights_pack(w, rows, w->k, err));
out:
    mem_free(rows);
    return rc;
}

int gemm_pack(struct gemm_weights **out, enum gemm_type type, size_t n, size_t k, const void *b, size_t ldb, struct err *err)
{
    int rc = 0;
    *out = NULL;
    TRY(gemm_enter(err));
    TRY_NEW(*out, weights_new(type, n, k, err));
    if (n == 0 || k == 0)
        goto out;
    if (!is_supported(type))
        TRY(gemm_wide_pack(&(*out)->wide, type, n, k, b, ldb, err));
    else if (type == GEMM_BF16)
        TRY(weights_pack_bf16(*out, b, ldb, err));
    else
        TRY(weights_pack(*out, (void *)(uintptr_t)b, ldb, err));   /* only read, but oneDNN takes no const */
out:
    if (rc != 0) {
        gemm_weights_free(*out);
        *out = NULL;
    }
    return rc;
}

void gemm_weights_free(struct gemm_weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_plans; i++)
        plan_free(w->plans[i]);
    for (size_t i = 0; i < w->n_layouts; i++)
        mem_free(w->layouts[i].data);
    gemm_wide_free(w->wide);
    mem_free(w->plans);
    mem_free(w->layouts);
    pthread_mutex_destroy(&w->mutex);
    mem_free(w);
}

/* ---- products ---- */

static int run_tight(struct gemm_weights *w, size_t m, void *a, void *c, struct err *err)
{
    int rc = 0;
    void *scratch = NULL;
    struct plan *p = NULL;
    bool drop = false;
    TRY(plan_find(&p, &drop, w, m, NULL, err));
    TRY_NEW(scratch, mem_slab(dnnl_memory_desc_get_size(&p->scratch), 1, err));
    TRY(primitive_run(p->primitive, 4, (const int[]){DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD},
                      (const dnnl_memory_desc_t *const[]){&p->src, &p->weights, &p->dst, &p->scratch},
                      (void *const[]){a, p->weights_data, c, scratch}, err));
out:
    mem_free(scratch);
    if (drop)
        plan_free(p);
    return rc;
}

static void copy_rows(void *dst, size_t dst_stride, const void *src, size_t src_stride, size_t rows, size_t row_bytes)
{
    for (size_t i = 0; i < rows; i++)
        memcpy((char *)dst + i * dst_stride, (const char *)src + i * src_stride, row_bytes);
}

static int run_strided(struct gemm_weights *w, size_t m, const void *a, size_t lda, void *c, size_t ldc, struct err *err)
{
    int rc = 0;
    size_t a_bytes = w->src_bytes, c_bytes = sizeof(float);
    void *a_tight = NULL, *c_tight = NULL;
    if (lda != w->k) {
        TRY_NEW(a_tight, mem_slab(m * w->k, a_bytes, err));
        copy_rows(a_tight, w->k * a_bytes, a, lda * a_bytes, m, w->k * a_bytes);
    }
    if (ldc != w->n)
        TRY_NEW(c_tight, mem_slab(m * w->n, c_bytes, err));
    TRY(run_tight(w, m, a_tight ? a_tight : (void *)(uintptr_t)a, c_tight ? c_tight : c, err));
    if (c_tight)
        copy_rows(c, ldc * c_bytes, c_tight, w->n * c_bytes, m, w->n * c_bytes);
out:
    mem_free(a_tight);
    mem_free(c_tight);
    return rc;
}

int gemm_run(const struct gemm_weights *weights, size_t m, const void *a, size_t lda, void *c, size_t ldc, struct err *err)
{
    struct gemm_weights *w = (struct gemm_weights *)(uintptr_t)weights;   /* its plans grow, under its mutex */
    int rc = gemm_enter(err);
    if (rc != 0 || m == 0 || w->n == 0)
        return rc;
    if (w->k == 0) {
        for (size_t i = 0; i < m; i++)
            memset((float *)c + i * ldc, 0, w->n * sizeof(float));
        return 0;
    }
    return w->wide ? gemm_wide_run(w->wide, m, a, lda, c, ldc, err) : run_strided(w, m, a, lda, c, ldc, err);
}
