#include "nn/rowops.h"

#include "nn/rowops_variants.h"

const struct rowops *rowops_variant(enum cpu_isa isa)
{
    if (!cpu_has(isa))
        return NULL;
    switch (isa) {
#if defined __x86_64__
    case CPU_AVX2:
        return &rowops_avx2;
    case CPU_AVX512:
        return __builtin_cpu_supports("avx512bf16") ? &rowops_avx512_bf16 : &rowops_avx512;
#elif defined __aarch64__
    case CPU_NEON:
        return &rowops_neon;
#endif
    case CPU_SCALAR:
        return &rowops_scalar;
    default:
        return NULL;
    }
}

const struct rowops *rowops_best(void)
{
    return rowops_variant(cpu_isa());
}
