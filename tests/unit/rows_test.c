#include "text/rows.h"
#include "check.h"
#include "scratch.h"

static struct err err;
static struct rows_options options;
static struct rows *rows;

static void open_bytes(const char *bytes, size_t n)
{
    const char *path = scratch_write("in", bytes, n);
    err = (struct err){0};
    CHECK_OK(rows_open(&rows, &path, 1, &options, &err), &err);
}
#define OPEN(text) open_bytes(text, sizeof text - 1)

static void done(void)
{
    rows_close(rows);
    rows = NULL;
    options = (struct rows_options){0};
}

/* The next row as "line:id|text|title", "end", or the message without the folder's name. */
static const char *next(void)
{
    static char text[4096];
    const struct row *row;
    err = (struct err){0};
    if (rows_next(rows, &row, &err) != 0) {
        const char *file = strstr(err.msg, "/in");
        snprintf(text, sizeof text, "%s%s", rows_may_go_on(rows) ? "" : "fatal ", file ? file + 1 : err.msg);
    } else if (!row) {
        return "end";
    } else {
        snprintf(text, sizeof text, "%llu:%.*s|%.*s%s%.*s", (unsigned long long)row->line, (int)row->id.n, row->id.p,
                 (int)row->text.n, row->text.p, row->title.p ? "|" : "", (int)row->title.n, row->title.p ? row->title.p : "");
    }
    return text;
}

static void test_tsv(void)
{
    OPEN("d1\tone text\nd2\ttwo\ta title\nd3\tthree\t\nd4\t");
    CHECK_STR(next(), "1:d1|one text");
    CHECK_STR(next(), "2:d2|two|a title");
    CHECK_STR(next(), "3:d3|three");
    CHECK_STR(next(), "4:d4|");
    CHECK_STR(next(), "end");
    CHECK_STR(next(), "end");
    done();
}

static void test_columns_and_header(void)
{
    CHECK_OK(rows_parse_columns(&options, "title,-,text,id", &err), &err);
    options.header = true;
    OPEN("name\tyear\tbody\tnumber\nT\t1999\tB\t7\nT\t1999\tB\n");
    CHECK_STR(next(), "2:7|B|T");
    CHECK_STR(next(), "in:3: 3 fields parted by TAB, expected those of --columns (see --columns)");
    CHECK_STR(next(), "end");
    done();
}

static void test_bad_column_lists(void)
{
    static const char *const bad[] = {"", "id", "text", "id,text,id", "id,text,body", "id,,text", "id,text,"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rows_options o = {0};
        err = (struct err){0};
        CHECK_EQ(rows_parse_columns(&o, bad[i], &err), ERR_USAGE);
    }
    char many[2 * ROWS_MAX_COLUMNS + 20] = "id,text";
    while (strlen(many) < sizeof many - 3)
        strcat(many, ",-");
    struct rows_options o = {0};
    CHECK_EQ(rows_parse_columns(&o, many, &err), ERR_USAGE);
    err = (struct err){0};
}

static void test_size_of_inputs(void)
{
    char first[PATH_MAX];
    snprintf(first, sizeof first, "%s", scratch_write("first", "d1\ta\n", 5));
    const char *const both[] = {first, scratch_write("second", "d2\tbc\n", 6)}, *const none[] = {first, "/dev/null"};
    CHECK_OK(rows_open(&rows, both, 2, &(struct rows_options){0}, &err), &err);
    CHECK_EQ(rows_raw_size(rows), 11);
    CHECK_STR(next(), "1:d1|a");
    CHECK_STR(next(), "1:d2|bc");
    CHECK_STR(next(), "end");
    CHECK_EQ(rows_raw_offset(rows), 11);
    done();
    CHECK_OK(rows_open(&rows, none, 2, &(struct rows_options){0}, &err), &err);
    CHECK_EQ(rows_raw_size(rows), 0);
    done();
}

static void test_line_ends_and_mark(void)
{
    OPEN("\xEF\xBB\xBF" "d1\ttext\r\nd2\ta\rb\n");
    CHECK_STR(next(), "1:d1|text");
    CHECK_STR(next(), "2:d2|a b");
    CHECK_EQ(rows_counts(rows)->spaced, 1);
    CHECK_STR(next(), "end");
    done();
}

static void test_bad_lines_and_on(void)
{
    OPEN("d1\n\nd2\ta\tb\tc\n\ttext\nd3\tfine\n");
    CHECK_STR(next(), "in:1: 1 field parted by TAB, expected id, text and perhaps a title (see --columns)");
    CHECK_EQ(err.code, ERR_DATA);
    CHECK_STR(next(), "in:2: 1 field parted by TAB, expected id, text and perhaps a title (see --columns)");
    CHECK_STR(next(), "in:3: 4 fields parted by TAB, expected id, text and perhaps a title (see --columns)");
    CHECK_STR(next(), "in:4: an empty id");
    CHECK_STR(next(), "5:d3|fine");
    CHECK_STR(next(), "end");
    done();
}

static void test_bytes_that_are_no_text(void)
{
    OPEN("d1\ta\0b\nd2\ta\xFFz\nd3\tgood\n");
    CHECK_STR(next(), "in:1: text: byte 1 of a field is NUL (text-convert repairs such text)");
    CHECK_STR(next(), "in:2: text: byte 1 of a field is not UTF-8 (text-convert repairs such text)");
    CHECK_STR(next(), "3:d3|good");
    done();
    options.repair = true;
    OPEN("d1\ta\0b\nd2\ta\xFF\xC3z\n");
    CHECK_STR(next(), "1:d1|a b");
    CHECK_STR(next(), "2:d2|a\xEF\xBF\xBD\xEF\xBF\xBDz");
    CHECK_EQ(rows_counts(rows)->replaced, 2);
    done();
}

static void test_json(void)
{
    OPEN("{\"_id\": \"d1\", \"title\": \"T\", \"text\": \"a\\tb\\nc\"}\n\n"
         "{\"id\": 7, \"contents\": \"x\", \"title\": null, \"more\": [1]}\r\n"
         "{\"_id\": \"d3\", \"title\": \"\", \"text\": \"\\u00e9\"}");
    CHECK_STR(next(), "1:d1|a b c|T");
    CHECK_STR(next(), "3:7|x");
    CHECK_STR(next(), "4:d3|\xC3\xA9");
    CHECK_STR(next(), "end");
    done();
}

static void test_bad_json(void)
{
    options.format = ROWS_JSONL;
    OPEN("{\"_id\": \"d1\"\n[1]\n{\"text\": \"t\"}\n{\"_id\": \"d\"}\n{\"_id\": \"d\", \"text\": 1}\n"
         "{\"_id\": true, \"text\": \"\"}\n{\"_id\": \"a\", \"_id\": \"b\", \"text\": \"\"}\n"
         "{\"_id\": \"d\", \"text\": \"\\u0000\"}\n{\"_id\": \"\", \"text\": \"\"}\n"
         "{\"_id\": \"ok\", \"text\": \"\"}\n");
    CHECK(strstr(next(), "in:1: not a JSON object: ") != NULL);
    CHECK(strstr(next(), "in:2: a JSON value that is not an object") != NULL);
    CHECK(strstr(next(), "in:3: no \"_id\"") != NULL);
    CHECK(strstr(next(), "in:4: no \"text\"") != NULL);
    CHECK(strstr(next(), "in:5: \"text\" is not a string") != NULL);
    CHECK(strstr(next(), "in:6: \"_id\" is not a string") != NULL);
    CHECK(strstr(next(), "in:7: not a JSON object: duplicate object key") != NULL);
    CHECK(strstr(next(), "in:8: text: byte 0 of a field is NUL") != NULL);
    CHECK(strstr(next(), "in:9: an empty id") != NULL);
    CHECK_STR(next(), "10:ok|");
    CHECK_STR(next(), "end");
    done();
}

/* 100,000 brackets neither overflow a stack nor end the reading. */
static void test_deep_json(void)
{
    static char text[100100];
    memset(text, '[', 100000);
    memcpy(text, "{\"a\":", 5);
    strcpy(text + 100000, "\n{\"_id\": \"ok\", \"text\": \"\"}\n");
    open_bytes(text, strlen(text));
    CHECK(strstr(next(), "in:1: not a JSON object: maximum parsing depth reached") != NULL);
    CHECK_STR(next(), "2:ok|");
    done();
}

static void test_several_inputs(void)
{
    const char *paths[] = {scratch_write("a", "a1\tx\n", 5), scratch_write("b", "", 0),
                           scratch_write("c", "{\"_id\":\"c1\",\"text\":\"y\"}", 23), scratch_path("none")};
    err = (struct err){0};
    CHECK_OK(rows_open(&rows, paths, 4, &options, &err), &err);
    CHECK_STR(next(), "1:a1|x");
    CHECK_STR(next(), "1:c1|y");
    CHECK(strstr(next(), "none: cannot open") != NULL);
    CHECK(!rows_may_go_on(rows));
    done();
}

static void test_foreign_files(void)
{
    OPEN("\x89VPS\r\n\x1A\n\1\0\0\0\1\0\0\0@");
    CHECK_STR(next(), "fatal in: this is a vecpipe stream, expected text, TSV or JSON lines");
    done();
    OPEN("\xFF\xFE" "a\0\t\0b\0\n\0");
    CHECK_STR(next(), "fatal in: this is UTF-16, expected UTF-8 (iconv -f UTF-16 -t UTF-8)");
    done();
    OPEN("\1\0\0\0\2\0\0\0\0\0\x80?\0\0\0@");                               /* one vector of two numbers: .fbin */
    CHECK(strstr(next(), "fatal in: this looks like an fbin file of dimension 2") != NULL);
    done();
    OPEN("[\n    {\n        \"question\": \"a\\tb\"}]");
    CHECK_STR(next(), "fatal in: this is one array of JSON, expected TSV or JSON lines "
                      "(text-convert --from dpr reads that of DPR)");
    done();
    OPEN("[x] {\ty\n");                                            /* no object behind the bracket: a row */
    CHECK_STR(next(), "1:[x] {|y");
    done();
}

static void test_huge_line(void)
{
    size_t n = ROWS_MAX_LINE + 2;
    char *text = malloc(n);
    memset(text, 'x', n);
    text[1] = '\t';
    text[n - 2] = '\n';
    open_bytes(text, n - 1);                      /* ROWS_MAX_LINE bytes and LF */
    const struct row *row;
    CHECK_OK(rows_next(rows, &row, &err), &err);
    CHECK_EQ(row->text.n, ROWS_MAX_LINE - 2);
    done();
    text[n - 2] = 'x';
    open_bytes(text, n - 1);
    CHECK_STR(next(), "fatal in:1: a line of more than 16777216 bytes");
    CHECK_EQ(err.code, ERR_LIMIT);
    done();
    free(text);
}

int main(void)
{
    CHECK_RUN(test_tsv);
    CHECK_RUN(test_columns_and_header);
    CHECK_RUN(test_bad_column_lists);
    CHECK_RUN(test_size_of_inputs);
    CHECK_RUN(test_line_ends_and_mark);
    CHECK_RUN(test_bad_lines_and_on);
    CHECK_RUN(test_bytes_that_are_no_text);
    CHECK_RUN(test_json);
    CHECK_RUN(test_bad_json);
    CHECK_RUN(test_deep_json);
    CHECK_RUN(test_several_inputs);
    CHECK_RUN(test_foreign_files);
    CHECK_RUN(test_huge_line);
    scratch_done();
    return check_status();
}
