#include "text/synset.h"
#include "check.h"

#include <stdio.h>

static struct err err;
static struct synset s;

static int parse(const char *line)
{
    static char copy[4096];
    snprintf(copy, sizeof copy, "%s", line);
    err = (struct err){0};
    return synset_parse(&s, copy, strlen(copy), 'n', &err);
}

static const char *text(struct text t)
{
    static char copies[4][1024];
    static int turn;
    char *copy = copies[turn++ % 4];
    snprintf(copy, sizeof *copies, "%.*s", (int)t.n, t.p);
    return copy;
}

/* All of a gloss as "definition|example|example". */
static const char *gloss(const char *gloss_text)
{
    static char line[4096], all[4096];
    snprintf(line, sizeof line, "00000001 03 n 01 x 0 000 | %s  ", gloss_text);
    CHECK_OK(parse(line), &err);
    snprintf(all, sizeof all, "%s", text(s.definition));
    for (size_t i = 0; i < s.n_examples; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "|%s", text(s.examples[i]));
    return all;
}

static void test_words_and_id(void)
{
    CHECK_OK(parse("00002137 03 n 02 abstraction 0 abstract_entity 0 001 @ 00001740 n 0000 | a general concept  "), &err);
    CHECK_STR(s.id, "n00002137");
    CHECK_EQ(s.offset, 2137);
    CHECK_EQ(s.n_lemmas, 2);
    CHECK_STR(text(s.lemmas[0]), "abstraction");
    CHECK_STR(text(s.lemmas[1]), "abstract entity");
    CHECK_STR(text(s.definition), "a general concept");
    CHECK_OK(parse("00014490 00 s 02 galore(ip) 0 (x) 0 001 & 00013887 a 0000 | in abundance"), &err);
    CHECK_STR(text(s.lemmas[0]), "galore");
    CHECK_STR(text(s.lemmas[1]), "(x)");
}

static void test_examples(void)
{
    CHECK_STR(gloss("go; \"he went\"; \"they came; and went\""), "go|he went|they came; and went");
    CHECK_STR(gloss("bring forth, \"The tree bore apples\""), "bring forth|The tree bore apples");
    CHECK_STR(gloss("connect: \"hitch it up\""), "connect|hitch it up");
    CHECK_STR(gloss("(of persons) \"hard to please\""), "(of persons)|hard to please");
    CHECK_STR(gloss("no example"), "no example");
    CHECK_STR(gloss("\"only an example here\""), "|only an example here");
    CHECK_STR(gloss("a; b; \"c d\""), "a; b|c d");
    CHECK_STR(gloss("cut; \"all the souvenirs;\" \"Some travel\""), "cut|all the souvenirs|Some travel");
}

static void test_attributions_are_no_part(void)
{
    CHECK_STR(gloss("thin; \"a lean and hungry look\"- Shakespeare; \"so lean\""), "thin|a lean and hungry look|so lean");
    CHECK_STR(gloss("well; \"all right\"; (`alright' is nonstandard)"), "well|all right");
    CHECK_STR(gloss("far; \"one remove\" or \"many removes\";"), "far|one remove|many removes");
}

static void test_quotes_in_the_definition(void)
{
    CHECK_STR(gloss("as in the expression \"on the job\";"), "as in the expression \"on the job\"");
    CHECK_STR(gloss("as in \"carrot and stick\"; \"used the carrot\""), "as in \"carrot and stick\"|used the carrot");
}

static void test_unpaired_quotes(void)
{
    CHECK_STR(gloss("paper; \"an obituary notice\"; \"a notice of sale"), "paper|an obituary notice");
    CHECK(s.unpaired);
    CHECK_STR(gloss("side; \"Who is it?\"; \"I\"m siding\""), "side|Who is it?");
    CHECK_STR(gloss("close in; darkness enclosed him\""), "close in");
    CHECK_STR(gloss("\""), "");
    CHECK_STR(gloss("say; \"drop a hint\"; drop names\""), "say|drop a hint");
    CHECK_STR(gloss("a; \"b"), "a");
}

static void test_count_words(void)
{
    CHECK_EQ(synset_count_words((struct text){"", 0}), 0);
    CHECK_EQ(synset_count_words((struct text){" a  b ", 6}), 2);
    CHECK_EQ(synset_count_words((struct text){"one two three", 13}), 3);
}

static void test_bad_lines(void)
{
    CHECK_EQ(parse(""), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n 01 x 0 000 a gloss without its bar"), ERR_DATA);
    CHECK_EQ(parse("0000001 03 n 01 x 0 000 | seven digits"), ERR_DATA);
    CHECK_EQ(parse("0000000a 03 n 01 x 0 000 | no number"), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n 00 x 0 000 | no words"), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n -1 x 0 000 | a negative count"), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n 1 x 0 000 | one digit"), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n ff x 0 000 | fewer words than said"), ERR_DATA);
    CHECK_EQ(parse("00000001 03 n | nothing"), ERR_DATA);
    CHECK_EQ(parse("|"), ERR_DATA);
}

static void test_too_many_examples(void)
{
    static char line[4096] = "00000001 03 n 01 x 0 000 | d";
    for (int i = 0; i < SYNSET_MAX_EXAMPLES + 1; i++)
        strcat(line, "; \"e\"");
    CHECK_EQ(parse(line), ERR_LIMIT);
}

int main(void)
{
    CHECK_RUN(test_words_and_id);
    CHECK_RUN(test_examples);
    CHECK_RUN(test_attributions_are_no_part);
    CHECK_RUN(test_quotes_in_the_definition);
    CHECK_RUN(test_unpaired_quotes);
    CHECK_RUN(test_count_words);
    CHECK_RUN(test_bad_lines);
    CHECK_RUN(test_too_many_examples);
    return check_status();
}
