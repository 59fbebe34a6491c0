/* Every allocation of a parse fails in turn: ERR_NOMEM each time, nothing leaked (ASan), and the parser works afterwards. */
#include "../tools/shim.c"

#include "../unit/check.h"
#include "base/jsonguard.h"

static const char text[] =
    "{\"model_type\": \"static\", \"list\": [1, -2.5, 1234567890123, true, null, {\"x\": \"a text long enough to make the "
    "lexer's buffer grow more than once, which is where jansson forgets to look\"}], \"k1\": 1, \"k2\": 2, \"k3\": 3, \"k4\": 4, "
    "\"k5\": 5, \"k6\": 6, \"k7\": 7, \"k8\": 8, \"k9\": \"\\u00e4\\n\", \"nested\": {\"a\": {\"b\": {\"c\": []}}}}";

static void test_each_allocation_fails(void)
{
    for (int n = 1, fired = 1; fired; n++) {
        struct err err = { 0 };
        json_error_t why;
        json_t *value;
        char plan[40];
        snprintf(plan, sizeof plan, "malloc:%d:ENOMEM", n);
        shim_set(plan);
        int rc = jsonguard_parse(&value, text, sizeof text - 1, JSON_REJECT_DUPLICATES, &why, &err);
        fired = atomic_load(&shim.fired);
        shim_set("");
        CHECK(fired ? rc == ERR_NOMEM && err.code == ERR_NOMEM && !value : rc == 0 && json_object_size(value) == 12);
        json_decref(value);
        CHECK(n < 1000);
    }
}

static void test_bad_text_is_told(void)
{
    static const char *const bad[] = { "", "{", "{\"a\": 1, \"a\": 2}", "[1 2]", "\"\xff\"" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct err err = { 0 };
        json_error_t why = { 0 };
        json_t *value;
        CHECK_OK(jsonguard_parse(&value, bad[i], strlen(bad[i]), JSON_REJECT_DUPLICATES, &why, &err), &err);
        CHECK(!value && why.text[0] != '\0');
    }
}

/* A value changes hands: taken in a parse, changed outside of one, freed during another's life. */
static void test_values_outlive_the_parse(void)
{
    struct err err = { 0 };
    json_error_t why;
    json_t *one, *two;
    CHECK_OK(jsonguard_parse(&one, text, sizeof text - 1, 0, &why, &err), &err);
    CHECK(json_object_set_new(one, "more", json_integer(1)) == 0);
    CHECK_OK(jsonguard_parse(&two, text, sizeof text - 1, 0, &why, &err), &err);
    CHECK(json_object_update(two, one) == 0);
    json_decref(one);
    CHECK(json_object_size(two) == 13);
    json_decref(two);
}

int main(void)
{
    CHECK_RUN(test_each_allocation_fails);
    CHECK_RUN(test_bad_text_is_told);
    CHECK_RUN(test_values_outlive_the_parse);
    return check_status();
}
