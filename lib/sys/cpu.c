#include "sys/cpu.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int chosen = -1;   /* enum cpu_isa once decided */

const char *cpu_isa_name(enum cpu_isa isa)
{
    static const char *const names[] = { "scalar", "avx2", "avx512", "neon" };
    return names[isa];
}

int cpu_has(enum cpu_isa isa)
{
    switch (isa) {
    case CPU_SCALAR:
        return 1;
#if defined(__x86_64__)
    /* The builtin also asks the system (XGETBV) whether it saves the wide registers. */
    case CPU_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CPU_AVX512:
        return cpu_has(CPU_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case CPU_NEON:
        return 1;   /* part of the base architecture */
#endif
    default:
        return 0;
    }
}

static enum cpu_isa best(void)
{
    static const enum cpu_isa order[] = { CPU_AVX512, CPU_AVX2, CPU_NEON };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (cpu_has(order[i]))
            return order[i];
    return CPU_SCALAR;
}

int cpu_init(struct err *err)
{
    const char *wish = getenv("VECPIPE_ISA");
    if (!wish || !*wish) {
        atomic_store(&chosen, (int)best());
        return 0;
    }
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        if (strcmp(wish, cpu_isa_name((enum cpu_isa)isa)) != 0)
            continue;
        if (!cpu_has((enum cpu_isa)isa))
            return err_set(err, ERR_USAGE, "VECPIPE_ISA: this machine has no %s (its best is %s)", wish, cpu_isa_name(best()));
        atomic_store(&chosen, isa);
        return 0;
    }
    return err_set(err, ERR_USAGE, "VECPIPE_ISA: \"%s\" is unknown, expected scalar, avx2, avx512 or neon", wish);
}

enum cpu_isa cpu_isa(void)
{
    /* Programs have called cpu_init and seen its error; a library user who did not gets the variant that runs everywhere. */
    if (atomic_load_explicit(&chosen, memory_order_relaxed) < 0 && cpu_init(NULL) != 0)
        atomic_store(&chosen, CPU_SCALAR);
    return (enum cpu_isa)atomic_load_explicit(&chosen, memory_order_relaxed);
}

const char *cpu_model(void)
{
    static char model[128] = "unknown";
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && colon) {
            colon[2 + strcspn(colon + 2, "\n")] = '\0';
            snprintf(model, sizeof model, "%s", colon + 2);
            break;
        }
    }
    if (f)
        fclose(f);
    return model;
}
