#!/usr/bin/env bats
# text-convert: the collections of DPR: JSON arrays of questions, CSV of questions and answers, quoted passages.

load helper

small_dpr() {
    cat > train.json << 'END'
[
  {
    "dataset": "nq", "question": "who\twrote it", "answers": ["Ann \"A\" Lee", "", "Lee"],
    "positive_ctxs": [
      {"title": "T1", "text": "Ann wrote\nit.", "score": 1000, "passage_id": "7"},
      {"title": "", "text": "no id"}
    ],
    "negative_ctxs": [],
    "hard_negative_ctxs": [{"title": "T2", "text": "a \\ b { ] \"", "psg_id": 12}, {"title": "only"}]
  },
  {"question": "nobody [knows", "answers": [], "positive_ctxs": [], "negative_ctxs": null},
  {"answers": ["no question"]}, {"question": "bad", "answers": "text"},
  {"question": "last", "answers": ["\u00e9"], "positive_ctxs": [{"passage_id": "p 1", "text": "x"}]},
  {"question": "end", "answers": ["e"], "positive_ctxs": [{"passage_id": "9", "text": "x"}]}
]
END
}

@test "text-convert: DPR's JSON" {
    small_dpr
    sh_ok "text-convert --from dpr --split train -o out train.json"
    assert_equal "$(cd out && echo *)" "answers.train.tsv examples.train.jsonl qrels.train.txt queries.train.tsv"
    assert_equal "$(cat out/queries.train.tsv)" "0	who wrote it
1	nobody [knows
5	end"
    assert_equal "$(cat out/answers.train.tsv)" "0	Ann \"A\" Lee	Lee
5	e"
    assert_equal "$(cat out/qrels.train.txt)" "0 0 7 1
5 0 9 1"
    sed -z 's/,\n *"/, "/g' > want << 'END'
{"id": "0", "query": "who wrote it", "positives": [{"id": "7", "title": "T1", "text": "Ann wrote it."}, {"text": "no id"}],
  "negatives": [], "hard_negatives": [{"id": "12", "title": "T2", "text": "a \\ b { ] \""}]}
{"id": "5", "query": "end", "positives": [{"id": "9", "text": "x"}], "negatives": [], "hard_negatives": []}
END
    diff out/examples.train.jsonl want
    assert_output --partial "warning: train.json:12: no \"question\""
    assert_output --partial "warning: train.json:12: \"answers\" is not an array"
    assert_output --partial "warning: train.json:13: an id with a blank"
    assert_output --partial "3 objects left out: no question of DPR"
    assert_output --partial "1 queries without a positive: no example"
    assert_output --partial "1 queries without an answer"
    assert_output --partial "1 empty answers left out"
    assert_output --partial "1 positives without an id: not judged"
    assert_output --partial "1 passages left out: neither id nor text"
    sh_fails 3 "text-convert --strict --from dpr -o {out} train.json"
    assert_output --partial "train.json:12: no \"question\""
}

@test "text-convert: DPR's JSON, one form, compressed, from a pipe, several files, as lines" {
    small_dpr
    for form in queries answers qrels examples; do
        sh_ok "text-convert -q --from dpr --to $form train.json > whole"
        sh_ok "gzip -c train.json | text-convert -q --from dpr --to $form | cmp - whole"
    done
    printf '[]' > none
    printf '{"question": "a"}\n{"question":\n"b"} {"question": "c"}\n' > lines
    sh_ok "text-convert -q --from dpr --to queries none lines none lines"
    assert_equal "$(tr '\n' ' ' < stdout)" "0	a 1	b 2	c 3	a 4	b 5	c "
}

@test "text-convert: DPR's JSON damaged or cut" {
    small_dpr
    printf '%s' '[{"question": "a [", "answers": ["x\"y"]}, {"question": "b"}]' > small
    n_bytes=$(wc -c < small)
    for ((n = 0; n < n_bytes; n += 5)); do
        head -c $n small > begin
        sh_fails 3 "text-convert -q --from dpr -o {out} begin"
        assert_output --partial "begin:1: ends too early"
    done
    while IFS='|' read -r bytes message; do
        printf '%s' "$bytes" > bad
        sh_fails 3 "text-convert -q --from dpr -o {out} bad"
        assert_output --partial "bad:1: $message"
    done << 'END'
[{"question": "a"} {"question": "b"}]|no comma or ]
[{"question": "a"},]|no { where
[{"question": "a"}] x|text behind the end
["question"]|no { where
7|neither [ nor {
END
    printf '[{"question": "a"}, {"question" "b"}, {"a": nope}, {"question": "d"}]' > some
    sh_ok "text-convert --from dpr --to queries some"
    assert_equal "$(cat stdout)" "0	a
3	d"
    assert_output --partial "some:1: not a JSON object"
    std_truncated "text-convert -q --strict --from dpr --to queries -o {out} {}" small
    sh_fails 3 "{ printf '[{\"question\": \"'; head -c 17000000 /dev/zero | tr '\0' a; } | text-convert -q --from dpr -o {out}"
    assert_output --partial "an object of more than 16777216 bytes"
}

@test "text-convert: a JSON array larger than its memory" {
    is_sanitized && skip "a sanitizer reserves address space without end"
    object='{"question": "who", "answers": ["a"], "positive_ctxs": [{"passage_id": "1", "title": "t", "text": "'
    object+="$(printf 'some text %.0s' {1..50})"'"}]}'
    { echo '['; yes "$object," | head -n 100000; echo "$object]"; } > array
    assert [ "$(wc -c < array)" -gt 50000000 ]
    sh_ok "ulimit -v 40000; text-convert -q --from dpr --to queries array"
    assert_equal "$(wc -l < stdout) $(tail -1 stdout)" "100001 100000	who"
}

@test "text-convert: DPR's questions with lists of answers" {
    cat > test.csv << 'END'
who got it	['Ann Lee']
"he said ""who"""	"['O\'Neil', ""O'Neil"", 'a\\b\tc\x41\u00e9\101', ""say \""hi\""""]"
nobody	[]
no list	Ann
evil	[__import__('os').system('touch evil')]
cut	['a
three	['a']	x
comma	['a', 'b',]
END
    sh_ok "text-convert --from dpr-csv -o out test.csv"
    assert_equal "$(cat out/queries.tsv)" "0	who got it
1	he said \"who\"
2	nobody
7	comma"
    assert_equal "$(cat out/answers.tsv)" "0	Ann Lee
1	O'Neil	O'Neil	a\\b cAéA	say \"hi\"
7	a	b"
    [ ! -e evil ]
    assert_output --partial "warning: test.csv:4: no [, at byte 0 of a list of strings"
    assert_output --partial "warning: test.csv:5: no string, at byte 1"
    assert_output --partial "warning: test.csv:6: ends inside a string"
    assert_output --partial "warning: test.csv:7: 3 fields"
    assert_output --partial "4 lines left out: no question with answers"
    assert_output --partial "1 queries without an answer"
    sh_fails 3 "text-convert --strict --from dpr-csv -o {out} test.csv"
    sh_ok "printf 'question\tanswers\nq\t[\"a\"]\n' | text-convert -q --header --from dpr-csv --to answers"
    assert_equal "$(cat stdout)" "0	a"
    sh_fails 2 "text-convert --from dpr-csv test.csv"
    assert_output --partial "-o, or --to for one of them, is needed"
}

@test "text-convert: psgs_w100.tsv with quotes, wiki_webq_corpus.tsv without; titles joined" {
    printf 'id\ttext\ttitle\n1\t"Aaron ( or ; ""Aron"")\tis"\t"Aaron ""A"""\n2\tx "y"\t"T"\n3\t"cut\tT\n4\t"a"b\tT\n' > psgs.tsv
    sh_ok "text-convert --header --quotes --columns id,text,title psgs.tsv"
    assert_equal "$(cat stdout)" "1	Aaron ( or ; \"Aron\") is	Aaron \"A\"
2	x \"y\"	T"
    assert_output --partial "psgs.tsv:4: the quote of field 2 does not end in its line"
    assert_output --partial "psgs.tsv:5: text behind the quote of field 2"
    sh_ok "printf 'id\ttext\ttitle\n1\t\"a\"\tT\n2\tb\t\n' | text-convert -q --header --columns id,text,title --join sep"
    assert_equal "$(cat stdout)" "1	T [SEP] \"a\"
2	b"
    sh_ok "printf '1\tT\ta\n' | text-convert -q --columns id,title,text --join space"
    assert_equal "$(cat stdout)" "1	T a"
}

@test "text-convert: SciFact's columns and judgements" {
    testdata scifact
    sh_ok "text-convert -q --strict --columns id,title,text $DATA/corpus.tsv"
    assert_equal "$(wc -l < stdout)" "$(wc -l < "$DATA/corpus.tsv")"
    diff <(cut -f 1,3 stdout) <(cut -f 1,2 "$DATA/corpus.tsv")
    diff <(cut -f 2 stdout) <(cut -f 3 "$DATA/corpus.tsv")
    sh_ok "text-convert -q --strict --from qrels $DATA/qrels.test.txt | cmp - <(tr -s '\t ' ' ' < $DATA/qrels.test.txt)"
}
