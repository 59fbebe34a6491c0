/* Every allocation and system call of fetching a folder fails in turn: the right code with a message, no folder, nothing beside
 * it, nothing leaked (ASan); and in the end the whole folder. */
#include "fail_each.h"

#include "../unit/scratch.h"
#include "nn/init_spec.h"
#include "nn/modelget.h"
#include "nn/static_encoder.h"

#include <sys/stat.h>

static char source[PATH_MAX], target[PATH_MAX];

static int fetch(struct err *err)
{
    const struct modelget_options o = {.name = "mine", .target = target, .from = source, .unverified = true};
    struct modelget_result r;
    int rc = modelget_run(&o, &r, err);
    CHECK(rc != 0 || (r.bytes > 0 && strlen(r.sha256) == 64 && !r.was_there));
    return rc;
}

static void after(int rc)
{
    char command[PATH_MAX + 16];
    CHECK_EQ(scratch_count(), rc == 0 ? 2 : 1);
    CHECK((access(target, F_OK) == 0) == (rc == 0));
    snprintf(command, sizeof command, "rm -rf '%s'", target);
    CHECK(rc != 0 || system(command) == 0);
}

/* Published, but its folder could not be synced: an error, and the folder stays. */
static void after_sync(int rc)
{
    if (rc != 0 && access(target, F_OK) == 0)
        rc = 0;
    after(rc);
}

static void test_folder(void)
{
    static const char *const calls[] = {"read", "write", "mkdir", "rename"};
    struct model_config config;
    struct err err = {0};
    snprintf(source, sizeof source, "%s", scratch_path("source"));
    snprintf(target, sizeof target, "%s", scratch_path("target"));
    CHECK_OK(init_spec_parse(&config, &(size_t){0}, "static,dim=4,buckets=8", &err), &err);
    CHECK_OK(static_encoder_create(&config, source, 1, 1, &err), &err);
    model_config_done(&config);
    fail_each("malloc", "ENOMEM", ERR_NOMEM, fetch, after);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        fail_each(calls[i], "EIO", ERR_IO, fetch, after);
    fail_each("open", "EIO", ERR_IO, fetch, after_sync);
    fail_each("fsync", "EIO", ERR_IO, fetch, after_sync);
}

int main(void)
{
    CHECK_RUN(test_folder);
    scratch_done();
    return check_status();
}
