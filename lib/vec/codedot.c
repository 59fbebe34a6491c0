#include "vec/codedot.h"

const struct codedot *codedot_variant(enum cpu_isa isa)
{
    if (!cpu_has(isa))
        return NULL;
    switch (isa) {
#if defined __x86_64__
    case CPU_AVX2:
        return &codedot_avx2;
    case CPU_AVX512:   /* Skylake's has no products of bytes */
        return __builtin_cpu_supports("avx512vnni") ? &codedot_vnni : &codedot_avx2;
#elif defined __aarch64__
    case CPU_NEON:
        return &codedot_neon;
#endif
    case CPU_SCALAR:
        return &codedot_scalar;
    default:
        return NULL;
    }
}

const struct codedot *codedot_best(void)
{
    return codedot_variant(cpu_isa());
}
