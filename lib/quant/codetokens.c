#include "quant/codetokens.h"

#include "sys/output.h"

#include <string.h>

int codetokens_check(size_t letters, struct err *err)
{
    return letters > 26 ? err_set(err, ERR_USAGE, "tokens of %zu letters: they end at <z_...>, the 26th", letters) : 0;
}

int codetokens_write(struct output *out, const struct codeset *s, unsigned first, struct err *err)
{
    int rc = 0;
    size_t longest = s->n_levels;
    for (size_t i = 0; i < s->n; i++)
        longest = s->suffix[i] ? s->n_levels + 1 : longest;
    TRY(codetokens_check(longest, err));
    TRY(output_printf(out, err, "{"));
    for (size_t i = 0; i < s->n; i++) {
        TRY(output_printf(out, err, "%s\n  \"%zu\": [", i ? "," : "", i));
        for (size_t l = 0; l < s->n_levels; l++)
            TRY(output_printf(out, err, "%s\n    \"<%c_%u>\"", l ? "," : "", (char)('a' + l),
                              s->code[i * s->n_levels + l] + first));
        if (s->suffix[i])
            TRY(output_printf(out, err, ",\n    \"<%c_%u>\"", (char)('a' + s->n_levels), s->suffix[i] - 1 + first));
        TRY(output_printf(out, err, "\n  ]"));
    }
    TRY(output_printf(out, err, "%s}\n", s->n ? "\n" : ""));
out:
    return rc;
}

int codetokens_set_base(struct header *h, unsigned base, struct err *err)
{
    return header_set_meta(h, "token_base", base ? "1" : "0", err);
}

int codetokens_base(const struct header *h, int *base, struct err *err)
{
    const char *text = header_meta(h, "token_base");
    *base = text ? text[0] - '0' : -1;
    if (text && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return err_set(err, ERR_DATA, "@meta token_base %s, expected 0 or 1", text);
    return 0;
}
