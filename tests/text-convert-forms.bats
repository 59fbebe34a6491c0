#!/usr/bin/env bats
# text-convert: TREC topics, judgements, triples, Debian's descriptions, ArguAna's pairs.

load helper

small_topics() {
    cat > topics << 'END'
<?xml version="1.0"?>
<top>
<num> Number: 301
<title> International
Organized   Crime &amp; x < y

<desc> Description:
Which one?
<narr> Narrative: long
</top>
<TOP><num>302</num><title>Topic: two</title></TOP>
END
}

small_arguana() {
    mkdir -p pairs/point pairs/counter/deep pairs/point/deep
    printf 'Heading\n\nfirst line\nsecond\n\n' > pairs/point/b.txt
    printf 'no heading\nhere\n' | gzip -n > pairs/counter/b.txt.gz
    printf 'one' > pairs/point/deep/a.txt
    printf 'two' > pairs/counter/deep/a.txt
    printf 'alone' > pairs/point/c.txt
    printf 'alone' > pairs/counter/d.txt
    printf 'x' > pairs/README
}

@test "text-convert: TREC topics" {
    small_topics
    sh_ok "text-convert --from topics topics"
    assert_equal "$(cat stdout)" "301	International Organized Crime & x < y
302	two"
    assert_output --partial "2 queries"
    sh_ok "text-convert --from topics --field desc topics"
    assert_equal "$(cat stdout)" "301	Which one?"
    assert_output --partial "topics:11: topic 302 has no <desc>"
    assert_output --partial "1 topics left out"
    sh_ok "text-convert -q --from topics --field narr < topics | cmp - <(printf '301\tlong\n')"
    cat > xml << 'END'
<topics task="x"><topic number="1" type="y"><query>a b</query><question>why</question></topic>
<topic type='z' number='2'>
<query>c</query>
</topic></topics>
END
    sh_ok "gzip -c xml | text-convert -q --from topics --to queries | cmp - <(printf '1\ta b\n2\tc\n')"
    sh_ok "text-convert -q --from topics --field desc xml | cmp - <(printf '1\twhy\n')"
}

@test "text-convert: TREC topics damaged or cut" {
    small_topics
    sh_fails 3 "head -n 8 topics | text-convert -q --from topics -o {out}"
    assert_output --partial "stdin:2: ends inside a topic"
    sh_ok "{ head -n 8 topics; cat topics; } | text-convert --from topics"
    assert_equal "$(wc -l < stdout)" 2
    assert_output --partial "stdin:2: a topic without its end: another one begins on line 10"
    sh_fails 3 "{ head -n 8 topics; cat topics; } | text-convert -q --strict --from topics -o {out}"
    sh_ok "printf '<top><title>a</top><top><num>1 2<title>b</top><top><num>3<title></top>' | text-convert --from topics"
    assert_equal "$(wc -c < stdout)" 0
    assert_output --partial "stdin:1: a topic without <num>"
    assert_output --partial "stdin:1: an id with a blank"
    assert_output --partial "stdin:1: topic 3 has no <title>"
    sh_fails 3 "cat topics topics | text-convert -q --from topics -o {out}"
    assert_output --partial "stdin:13: the id of stdin:2 a second time"
    sh_fails 3 "echo no topics | text-convert -q --from topics -o {out}"
    assert_output --partial "stdin: no <top>"
    sh_fails 3 "{ echo '<top>'; yes words | head -c 1100000; } | text-convert -q --from topics -o {out}"
    assert_output --partial "a topic of more than 1048576 bytes"
    sh_ok "text-convert --from topics < /dev/null"
    assert_equal "$(wc -c < stdout)" 0
}

@test "text-convert: judgements" {
    printf 'q1\t0\td1\t1\r\n# remark\n\nq2 Q0  d2 -1\n' > trec
    printf 'query-id\tcorpus-id\tscore\nq1\td1\t2\n' > beir
    sh_ok "text-convert --from qrels trec beir"
    assert_equal "$(cat stdout)" "q1 0 d1 1
q2 0 d2 -1
q1 0 d1 2"
    assert_output --partial "3 judgements"
    printf 'query iter doc rel\nq1 0 d1 one\nq1 0\nq1 0 d1 1 5\nq 1\td\t1\nq1 0 d2 99999999999\nq1 0 d3 1' > bad
    sh_ok "text-convert --header --from qrels bad"
    assert_equal "$(cat stdout)" "q1 0 d3 1"
    assert_output --partial "bad:2: score 'one' is not a whole number"
    assert_output --partial "bad:3: 2 columns, expected TREC's four or BEIR's three"
    assert_output --partial "bad:4: 5 columns"
    assert_output --partial "bad:5: an id with a blank"
    assert_output --partial "5 lines left out: no judgement"
    sh_fails 3 "text-convert --strict --header --from qrels -o {out} bad"
    gzip -n trec
    std_truncated "text-convert -q --strict --from qrels -o {out} {}" trec.gz
}

@test "text-convert: triples" {
    printf 'a "q"\tpos\tneg\\\nq2\tp\n\tp\tn\n' > texts
    sh_ok "text-convert --from triples texts"
    assert_equal "$(cat stdout)" \
        '{"query": "a \"q\"", "positives": [{"text": "pos"}], "negatives": [{"text": "neg\\"}]}'
    assert_output --partial "texts:2: 2 fields parted by TAB, expected query, positive and negative"
    assert_output --partial "texts:3: an empty field: 1"
    assert_output --partial "2 lines left out: no triple"
    sh_fails 3 "text-convert --strict --from triples -o {out} texts"
    printf 'qid\tpos_pid\tneg_pid\n1\t2\t3\n' | gzip -n > ids.gz
    sh_ok "text-convert -q --header --from id-triples ids.gz"
    assert_equal "$(cat stdout)" '{"id": "1", "positives": [{"id": "2"}], "negatives": [{"id": "3"}]}'
    std_truncated "text-convert -q --strict --from id-triples -o {out} {}" ids.gz
    sh_ok "printf 'q\t\001\ta\377\n' | text-convert -q --from triples"
    printf '{"query": "q", "positives": [{"text": "\134u0001"}], "negatives": [{"text": "a\357\277\275"}]}\n' > want
    cmp stdout want
}

@test "text-convert: Debian's descriptions" {
    cat > Translation-en << 'END'
Package: 0ad
Description-md5: d943033bedada21853d2ae54a2578a7b
Description-en: Real-time strategy
 First line
   indented.
 .
 Second paragraph

Package: bad name
Description-en: x

Package: short
SHA256: 0
 continued
Description: only a synopsis
Tag: a,
 b

Package: 0ad
Description-en: again

Description-en: nameless

garbage
Package: lost
Description-en: left out

Package: none
END
    sh_ok "text-convert --from debian -o out Translation-en"
    assert_equal "$(cat out/passages.tsv)" "0ad	First line indented. Second paragraph	Real-time strategy
short	only a synopsis"
    assert_equal "$(cat out/queries.tsv)" "0ad	Real-time strategy
short	only a synopsis"
    assert_output --partial "Translation-en:9: an id with a blank"
    assert_output --partial "Translation-en:22: a paragraph without Package"
    assert_output --partial "Translation-en:24: neither \"Field: value\""
    assert_output --partial "3 paragraphs left out"
    assert_output --partial "1 packages left out: another description came before"
    assert_output --partial "1 packages without a description"
    sh_fails 3 "text-convert -q --strict --from debian -o {out} Translation-en"
    sh_ok "head -n 7 Translation-en | text-convert -q --from debian --to passages --join sep"
    assert_equal "$(cat stdout)" "0ad	Real-time strategy [SEP] First line indented. Second paragraph"
    head -n 7 Translation-en | gzip -n > good.gz
    std_truncated "text-convert -q --strict --from debian --to queries -o {out} {}" good.gz
    sh_fails 3 "printf '\004\042\115\030xxxx' | text-convert --from debian -o {out}"
    assert_output --partial "stdin: this is packed by lz4, expected text (/usr/lib/apt/apt-helper cat-file"
}

@test "text-convert: the descriptions that apt has" {
    local lists=(/var/lib/apt/lists/*_Translation-en* /var/lib/apt/lists/*_main_binary-amd64_Packages*) list
    [ -x /usr/lib/apt/apt-helper ] || skip "no apt-helper"
    for list in "${lists[@]}"; do
        [ ! -r "$list" ] || break
    done
    [ -r "$list" ] || skip "apt has no lists"
    sh_ok "/usr/lib/apt/apt-helper cat-file $list > list"
    sh_ok "text-convert --strict --from debian --to queries list"
    assert_equal "$(cut -f 1 stdout)" "$(sed -n 's/^Package: //p' list | awk '!seen[$0]++')"
    assert_equal "$(awk -F '\t' 'NF != 2' stdout)" ""
    sh_ok "text-convert -q --from debian --to passages list"
    assert_equal "$(awk -F '\t' '$2 == ""' stdout)" ""
}

@test "text-convert: ArguAna's points and counters" {
    small_arguana
    sh_ok "text-convert --split test -o out pairs"
    assert_equal "$(cd out && echo *)" "examples.test.jsonl passages.tsv qrels.test.txt queries.test.tsv"
    assert_equal "$(cat out/queries.test.tsv)" "b	first line second	Heading
deep/a	one"
    assert_equal "$(cat out/passages.tsv)" "b	no heading here
deep/a	two"
    assert_equal "$(cat out/qrels.test.txt)" "b 0 b 1
deep/a 0 deep/a 1"
    assert_equal "$(head -1 out/examples.test.jsonl)" \
        '{"id": "b", "query": "Heading first line second", "positives": [{"id": "b", "text": "no heading here"}]}'
    assert_output --partial "1 points without a counter"
    assert_output --partial "1 counters without a point"
    assert_output --partial "1 files left out: neither point nor counter"
    sh_ok "text-convert -q --join sep --to queries pairs"
    assert_equal "$(head -1 stdout)" "b	Heading [SEP] first line second"
    sh_fails 2 "text-convert pairs"
    assert_output --partial "-o is needed"
}

@test "text-convert: ArguAna's own tree; pairs that are damaged" {
    small_arguana
    mkdir -p tree/debate/con
    for n in 01 02; do
        echo "point $n" > tree/debate/con/con${n}a-point.txt
        echo "counter $n" > tree/debate/con/con${n}b-counter.txt
    done
    echo all > tree/debate/full.txt
    sh_ok "text-convert -q --from arguana --to passages tree"
    assert_equal "$(cat stdout)" "debate/con/con01	counter 01
debate/con/con02	counter 02"
    sh_fails 3 "text-convert -q -o {out} tree"
    assert_output --partial "tree: neither a WordNet folder"
    : > pairs/counter/b.txt.gz
    printf 'x' > 'pairs/point/e e.txt'
    printf 'x' > 'pairs/counter/e e.txt'
    sh_ok "text-convert -o out pairs"
    assert_equal "$(cat out/queries.tsv)" "deep/a	one"
    assert_output --partial "pairs/counter/b.txt.gz: no text in it"
    assert_output --partial "an id with a blank"
    assert_output --partial "2 pairs left out"
    sh_fails 3 "text-convert -q --strict -o {out} pairs"
    printf 'y' > pairs/point/deep/a.txt.gz
    sh_fails 3 "text-convert -q -o {out} pairs"
    assert_output --partial "have one id: deep/a"
    mkdir none
    sh_fails 3 "text-convert -q --from arguana -o {out} none"
    assert_output --partial "none: no file of a point or counter in it"
    sh_fails 4 "text-convert -q --from arguana -o {out} missing"
}

@test "text-convert: options that do not belong together" {
    small_topics
    while read -r words; do
        sh_fails 2 "text-convert $words topics"
    done << 'END'
--from dpr --header -o {out}
--from dpr --columns id,text -o {out}
--from dpr --to passages
--from topics --quotes
--from topics --to qrels
--from topics --split test
--from dpr --to queries --split test
--from dpr --split a/b -o {out}
--from dpr --field desc -o {out}
--from qrels --join sep
--from jsonl --header
--from arguana extra
--to passages
--from debian
--from triples --seed 2
END
}
