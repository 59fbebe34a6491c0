#include "fmt/textid.h"

#include "base/num.h"

/* In canonical decimal: what printing the number gives. */
static bool is_number(const char *key, size_t n, uint64_t max, uint64_t *id)
{
    return num_parse_u64(key, n, 0, max, id) && (n == 1 || key[0] != '0');
}

struct textid textid_make(uint64_t first_id, bool number_rows)
{
    return (struct textid){.next = first_id, .decided = number_rows};
}

int textid_next(struct textid *t, const char *key, size_t n, uint64_t *id, struct err *err)
{
    uint64_t number;
    bool is = is_number(key, n, UINT64_MAX, &number);
    if (!t->decided) {
        t->numeric = is;
        t->decided = true;
    }
    if (t->numeric && !is)
        return err_set(err, ERR_DATA, "the name '%.*s' is no number, but those before are: --first-id 0 numbers the rows instead",
                       (int)num_min_size(n, 80), key);
    *id = t->numeric ? number : t->next++;
    return 0;
}

uint64_t textid_of(const char *key, size_t n)
{
    uint64_t id;
    if (is_number(key, n, INT64_MAX, &id))
        return id;
    uint64_t hash = 0xcbf29ce484222325u;          /* FNV-1a: Fowler, Noll, Vo */
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    return hash | (uint64_t)1 << 63;
}
