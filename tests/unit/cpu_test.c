#include "sys/cpu.h"

#include "check.h"

#include <stdlib.h>

static void test_the_default_is_supported(void)
{
    struct err err = { 0 };
    unsetenv("VECPIPE_ISA");
    CHECK_OK(cpu_init(&err), &err);
    CHECK(cpu_has(cpu_isa()));
    CHECK(cpu_has(CPU_SCALAR));
#if defined(__x86_64__)
    CHECK(!cpu_has(CPU_NEON));
    CHECK(!cpu_has(CPU_AVX512) || cpu_has(CPU_AVX2));
    CHECK(cpu_isa() == (cpu_has(CPU_AVX512) ? CPU_AVX512 : cpu_has(CPU_AVX2) ? CPU_AVX2 : CPU_SCALAR));
#elif defined(__aarch64__)
    CHECK(cpu_isa() == CPU_NEON);
#endif
}

static void test_the_environment_decides(void)
{
    for (int isa = CPU_SCALAR; isa <= CPU_NEON; isa++) {
        struct err err = { 0 };
        const char *name = cpu_isa_name((enum cpu_isa)isa);
        setenv("VECPIPE_ISA", name, 1);
        if (cpu_has((enum cpu_isa)isa)) {
            CHECK_OK(cpu_init(&err), &err);
            CHECK_EQ(cpu_isa(), isa);
        } else {
            CHECK_EQ(cpu_init(&err), ERR_USAGE);
            CHECK(strstr(err.msg, "VECPIPE_ISA") && strstr(err.msg, name));
        }
    }
}

static void test_unknown_names_are_refused(void)
{
    static const char *const names[] = { "sse", "AVX2", "avx", "avx2 ", "auto" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct err err = { 0 };
        setenv("VECPIPE_ISA", names[i], 1);
        CHECK_EQ(cpu_init(&err), ERR_USAGE);
        CHECK(strstr(err.msg, names[i]));
    }
    struct err err = { 0 };
    setenv("VECPIPE_ISA", "", 1);   /* as if it were not set */
    CHECK_OK(cpu_init(&err), &err);
}

static void test_model_is_one_line(void)
{
    CHECK(strlen(cpu_model()) > 0 && !strchr(cpu_model(), '\n'));
}

int main(void)
{
    CHECK_RUN(test_the_default_is_supported);
    CHECK_RUN(test_the_environment_decides);
    CHECK_RUN(test_unknown_names_are_refused);
    CHECK_RUN(test_model_is_one_line);
    return check_status();
}
