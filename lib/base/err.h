/* err - one way to fail.
 *
 * Every function that can fail returns 0 or a negative enum err_code, and takes a struct err * as its last parameter.
 * The message is made where the failure is found: what, where (record, byte offset), what was expected.
 * The first message wins; callers may only put context in front of it (err_prefix).  Nothing in lib/ prints or exits. */
#ifndef ERR_H
#define ERR_H

#define MUST_CHECK    __attribute__((warn_unused_result))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE = -1,     /* a bad request by the caller or the command line      exit status 2 */
    ERR_DATA = -2,      /* foreign, damaged or mismatched content               exit status 3 */
    ERR_TRUNCATED = -3, /* content that ends too early                          exit status 3 */
    ERR_LIMIT = -4,     /* content beyond a limit of its specification          exit status 3 */
    ERR_IO = -5,        /* open, read, write, rename, a lock held               exit status 4 */
    ERR_NOMEM = -6,     /* memory, or --max-memory passed                       exit status 4 */
    ERR_INTERNAL = -7   /* a check of our own failed: a bug                     exit status 5 */
};

struct err {
    enum err_code code;
    char msg[1024];
};

/* Record a failure and return its code.  A failure that is already there is kept.  err may be NULL. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF(3, 4);

/* As err_set with ERR_IO and ": strerror(errno)" behind the message (ERR_NOMEM where errno says so). */
int err_sys(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* Put context in front of the message; returns err->code, so `return err_prefix(...)` works. */
int err_prefix(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* The exit status that belongs to a code (table above). */
int err_status(enum err_code code);

/* Clean-up idiom: a function with an `int rc = 0;` and a label `out:` that frees what it owns. */
#define TRY(expr) do { if ((rc = (expr)) != 0) goto out; } while (0)

/* The same for an allocation: TRY_NEW(p, MEM_ARRAY(float, n, err)). */
#define TRY_NEW(p, expr) do { if (((p) = (expr)) == NULL) { rc = ERR_NOMEM; goto out; } } while (0)

#endif
