/* cpu - which instruction set to use.  Decided once, on first use: the best that CPU and operating system support, capped by
 * the environment variable VECPIPE_ISA (scalar, avx2, avx512, neon).  An unknown or unsupported value is an error, never a
 * silent fallback. */
#ifndef CPU_H
#define CPU_H

#include "base/err.h"

enum cpu_isa { CPU_SCALAR, CPU_AVX2, CPU_AVX512, CPU_NEON };

/* Check VECPIPE_ISA and fix the choice; cli_start calls it, so programs fail early. */
MUST_CHECK int cpu_init(struct err *err);

enum cpu_isa cpu_isa(void);
const char *cpu_isa_name(enum cpu_isa isa);

/* Supported here, whatever VECPIPE_ISA says (for tests that compare variants). */
int cpu_has(enum cpu_isa isa);

/* The CPU's name for benchmarks, "unknown" where the system does not say. */
const char *cpu_model(void);

#endif
