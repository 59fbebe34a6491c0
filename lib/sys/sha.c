#include "sys/sha.h"
#include "base/mem.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 1 << 20 };

int sha_file(const char *path, enum sha_kind kind, struct sha_text *text, uint64_t *bytes, struct err *err)
{
    int rc = 0, fd = fd_open(path, O_RDONLY, 0);
    struct stat st;
    struct sha256_ctx sha256;
    struct sha1_ctx sha1;
    uint8_t digest[SHA256_DIGEST_SIZE], head[32], *buffer = NULL;
    ssize_t got;
    if (fd < 0 || fstat(fd, &st) != 0)
        TRY(err_sys(err, "%s: cannot read it", path));
    if (!S_ISREG(st.st_mode))
        TRY(err_set(err, ERR_IO, "%s: not a file", path));
    TRY_NEW(buffer, MEM_ARRAY(uint8_t, STEP, err));
    sha256_init(&sha256);
    sha1_init(&sha1);
    sha1_update(&sha1, (size_t)snprintf((char *)head, sizeof head, "blob %lld", (long long)st.st_size) + 1, head);
    *bytes = 0;
    while ((got = fd_read(fd, buffer, STEP)) > 0) {
        if (kind == SHA_256)
            sha256_update(&sha256, (size_t)got, buffer);
        else
            sha1_update(&sha1, (size_t)got, buffer);
        *bytes += (uint64_t)got;
    }
    if (got < 0)
        TRY(err_sys(err, "%s: cannot read it", path));
    size_t n = kind == SHA_256 ? SHA256_DIGEST_SIZE : SHA1_DIGEST_SIZE;
    if (kind == SHA_256)
        sha256_digest(&sha256, n, digest);
    else
        sha1_digest(&sha1, n, digest);
    for (size_t i = 0; i < n; i++)
        snprintf(text->hex + 2 * i, 3, "%02x", digest[i]);
out:
    if (fd >= 0)
        close(fd);
    mem_free(buffer);
    return rc;
}
