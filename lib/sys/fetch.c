#include "sys/fetch.h"
#include "base/num.h"
#include "sys/child.h"
#include "sys/fd.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* curl's exit statuses. */
enum { CURL_PARTIAL = 18, CURL_HTTP = 22, CURL_TIMEOUT = 28, CURL_RANGE = 33, CURL_RECV = 56, CURL_STREAM = 92 };
enum { MAX_TURNS = 100, MAX_TEXT = 16 << 10 };

/* The value of a header line, without quotes and W/, where it is n hexadecimal digits. */
static void take_hex(char *to, const char *value, size_t n)
{
    value += strspn(value, " \t");
    value += strncmp(value, "W/", 2) == 0 ? 2 : 0;
    value += *value == '"';
    if (strspn(value, "0123456789abcdefABCDEF") != n || isalnum((unsigned char)value[n]))
        return;
    for (size_t i = 0; i < n; i++)
        to[i] = (char)tolower((unsigned char)value[i]);
    to[n] = '\0';
}

static const char *header(const char *line, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(line, name, n) == 0 && line[n] == ':' ? line + n + 1 : NULL;
}

/* The headers of all answers, redirections included.  The hub names a file of git LFS by its SHA-256 in X-Linked-Etag, another by
 * git's name of it in its ETag; ETags of other servers mean anything, so only those beside X-Repo-Commit are looked at. */
static void read_headers(struct fetch_answer *a, char *text)
{
    char etag[41] = "";
    bool hub = false;
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        const char *value;
        if (strncmp(line, "HTTP/", 5) == 0) {
            uint64_t status = 0;
            const char *space = strchr(line, ' ');
            a->status = space && num_parse_u64(space + 1, strcspn(space + 1, " "), 100, 999, &status) ? (int)status : 0;
            hub = false;
            etag[0] = '\0';
        } else if ((value = header(line, "x-linked-etag")) != NULL) {
            take_hex(a->sha256, value, 64);
            take_hex(a->blob, value, 40);
        } else if ((value = header(line, "x-repo-commit")) != NULL) {
            take_hex(a->commit, value, 40);
            hub = true;
        } else if ((value = header(line, "etag")) != NULL) {
            take_hex(etag, value, 40);
        }
        if (hub && *etag && !*a->sha256 && !*a->blob)
            memcpy(a->blob, etag, sizeof etag);
    }
}

static void read_all(int fd, char text[MAX_TEXT])
{
    ssize_t n = lseek(fd, 0, SEEK_SET) == 0 ? fd_read(fd, text, MAX_TEXT - 1) : 0;
    text[n > 0 ? n : 0] = '\0';
    if (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
        text[0] = '\0';
}

static long long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long long)st.st_size : 0;
}

static int run_curl(const struct fetch *f, struct fetch_answer *a, int headers, int messages, int *status, char words[MAX_TEXT],
                    struct err *err)
{
    char text[MAX_TEXT];
    bool safe = strncmp(f->url, "https:", 6) == 0;
    const char *const argv[] = {
        "curl", "--fail", "--location", "--globoff", "--proto", safe ? "=https" : "=http,https", "--connect-timeout", "20",
        "--speed-limit", "1000", "--speed-time", "60", "--dump-header", "/dev/fd/3", "--continue-at", "-", "--output", f->path,
        f->progress ? "--progress-bar" : "--no-progress-meter", "--", f->url, NULL};
    int rc = child_run(&(struct child){.argv = argv, .fd_in = -1, .fd_out = -1, .fd_err = f->progress ? -1 : messages,
                                       .fd_extra = headers, .fd_drop = -1}, status, &a->caught, err);
    a->status = 0;
    read_all(headers, text);
    read_headers(a, text);
    read_all(messages, words);
    words[strcspn(words, "\n")] = '\0';
    return rc;
}

int fetch_file(const struct fetch *f, struct fetch_answer *a, struct err *err)
{
    char words[MAX_TEXT], folder[PATH_MAX];
    const char *slash = strrchr(f->path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - f->path) + 1 : 1, slash ? f->path : ".");
    int rc = 0, status = 0, headers = fd_nameless(folder), messages = fd_nameless(folder);
    bool restarted = false;
    *a = (struct fetch_answer){0};
    if (headers < 0 || messages < 0)
        TRY(err_sys(err, "%s: cannot make a temporary file", folder));
    for (int turn = 0;; turn++) {
        long long before = size_of(f->path);
        TRY(run_curl(f, a, headers, messages, &status, words, err));
        if (status == 0 || a->caught)
            break;
        bool broken = status == CURL_PARTIAL || status == CURL_TIMEOUT || status == CURL_RECV || status == CURL_STREAM;
        if (broken && size_of(f->path) > before && turn < MAX_TURNS)
            continue;
        /* A server that knows no ranges, or has fewer bytes than we: from the beginning, once. */
        if (restarted || before == 0 || (status != CURL_RANGE && a->status != 416) || unlink(f->path) != 0)
            break;
        restarted = true;
    }
    if (a->caught)
        TRY(err_set(err, ERR_IO, "%s: stopped by a signal", f->url));
    if (status)
        TRY(err_set(err, ERR_IO, "%s: %s", f->url, *words ? words : "curl failed"));
out:
    if (headers >= 0)
        close(headers);
    if (messages >= 0)
        close(messages);
    return rc;
}
