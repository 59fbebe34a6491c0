/* Each allocation of each reader of collections fails in turn: ERR_NOMEM, nothing lost (LSan). */
#include "fail_each.h"

#include "collections.h"

static int which;

static int read_sound(struct err *err)
{
    size_t n_bad;
    int rc = collections_read(which, collections_sound[which], strlen(collections_sound[which]), NULL, &n_bad, err);
    CHECK(rc || n_bad == 0);
    return rc;
}

static void test_no_memory(void)
{
    for (which = 0; which < COLLECTIONS_N; which++)
        fail_each("malloc", "ENOMEM", ERR_NOMEM, read_sound, NULL);
}

int main(void)
{
    CHECK_RUN(test_no_memory);
    return check_status();
}
