#!/usr/bin/env bats
# text-convert: WordNet, BEIR folders, TSV and JSON lines to the plain forms; what is bad is counted, named, refused.

load helper

# A WordNet of five synsets.
small_wordnet() {
    mkdir -p wn
    cat > wn/data.noun << 'END'
  1 licence
00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is perceived; "an entity of its own"; "too short"
00001930 03 n 02 physical_entity 0 thing 1 000 | an entity that has existence; "it was full of things; and others"- Me
END
    cat > wn/data.verb << 'END'
00001740 29 v 01 breathe 0 000 02 + 02 00 + 08 00 | draw air; "I can breathe better"; "he sighed twice today"
END
    echo '00001740 00 s 01 galore(ip) 0 000 | in abundance; "I can breathe better"  ' > wn/data.adj
    echo '00001740 02 r 01 so 0 000 | thus  ' | gzip -n > wn/data.adv.gz
}

small_beir() {
    mkdir -p beir/qrels
    cat > beir/corpus.jsonl << 'END'
{"_id": "d1", "title": "Fox", "text": "lives\tin the wood", "metadata": {}}
{"_id": "d2", "title": "", "text": "owls"}
END
    printf '%s\n' '{"_id": "q1", "text": "where"}' '{"_id": "q2", "text": "who"}' '{"_id": "q3", "text": "why"}' |
        gzip -n > beir/queries.jsonl.gz
    printf 'query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td9\t2\n' > beir/qrels/test.tsv
    printf 'query-id\tcorpus-id\tscore\nq1\td2\t1\n' > beir/qrels/dev.tsv
}

@test "text-convert: help, options, devices, descriptors" {
    std_help text-convert
    std_unknown_option text-convert
    printf 'a\tb\n' > text
    std_dev_full "text-convert -q text"
    std_closed_stdio "text-convert -q text" "text-convert -q"
    std_readonly_target "text-convert -o {out} $PWD/text"
    seq 100000 | sed 's/$/\tsome text/' > lines
    std_sigpipe "text-convert -q lines"
    gzip -n lines
    std_truncated "text-convert -q --strict -o {out} {}" lines.gz
    std_killed_upstream "text-convert -q -o {out}" lines.gz
}

@test "text-convert: WordNet" {
    small_wordnet
    sh_ok "text-convert --dev 1 --test 1 -o out wn"
    assert_output --partial "5 passages"
    assert_output --partial "1 sentences left out: too few words"
    assert_output --partial "1 sentences of several synsets: one query"
    assert_equal "$(cat out/passages.tsv)" "n00001740	entity: that which is perceived
n00001930	physical entity, thing: an entity that has existence
v00001740	breathe: draw air
a00001740	galore: in abundance
r00001740	so: thus"
    assert_equal "$(sort out/queries.*.tsv)" "q1	an entity of its own
q2	it was full of things; and others
q3	I can breathe better
q4	he sighed twice today"
    assert_equal "$(sort out/qrels.*.txt)" "q1 0 n00001740 1
q2 0 n00001930 1
q3 0 a00001740 1
q3 0 v00001740 1
q4 0 v00001740 1"
    assert_equal "$(sort out/answers.*.tsv)" "q1	entity
q2	physical entity	thing
q3	breathe	galore
q4	breathe"
    for split in train dev test; do
        diff <(cut -f 1 out/queries.$split.tsv) <(cut -f 1 out/answers.$split.tsv)
        diff <(cut -f 1 out/queries.$split.tsv) <(cut -d ' ' -f 1 out/qrels.$split.txt | uniq)
    done
    assert_equal "$(wc -l < out/queries.dev.tsv) $(wc -l < out/queries.test.tsv)" "1 1"
    sh_ok "text-convert -q --dev 0 --test 0 --min-words 1 -o all wn"
    assert_equal "$(wc -l < all/queries.train.tsv)" 5
    sh_fails 2 "text-convert --test 5 -o {out} wn"
    assert_output --partial "4 queries, fewer than"
}

@test "text-convert: WordNet as Debian has it" {
    [ -e /usr/share/wordnet/data.noun ] || skip "no wordnet-base"
    sh_ok "text-convert -o out /usr/share/wordnet"
    assert_equal "$(wc -l < out/passages.tsv)" 117659
    assert_equal "$(cut -f 1 out/passages.tsv | sort -u | wc -l)" 117659
    for want in 38501:train 2000:dev 2000:test; do
        assert_equal "$(wc -l < out/queries."${want#*:}".tsv)" "${want%:*}"
    done
    assert_equal "$(cat out/queries.*.tsv | cut -f 2 | sort -u | wc -l)" 42501
    assert_equal "$(cut -d ' ' -f 3 out/qrels.*.txt | sort -u | comm -23 - <(cut -f 1 out/passages.tsv | sort) | wc -l)" 0
    assert_equal "$(grep -c '"' out/passages.tsv)" "$(grep -c '"[^"]*"' out/passages.tsv)"
    sh_ok "text-convert -q --seed 2 -o two /usr/share/wordnet"
    cmp out/passages.tsv two/passages.tsv
    assert_equal "$(cmp -s out/queries.test.tsv two/queries.test.tsv || echo differ)" differ
}

@test "text-convert: BEIR folders" {
    small_beir
    sh_ok "text-convert -o out beir"
    assert_equal "$(cd out && echo *)" "passages.tsv qrels.dev.txt qrels.test.txt queries.dev.tsv queries.test.tsv"
    assert_equal "$(cat out/passages.tsv)" "d1	lives in the wood	Fox
d2	owls"
    assert_equal "$(cat out/queries.test.tsv out/queries.dev.tsv)" "q1	where
q2	who
q1	where"
    assert_equal "$(cat out/qrels.test.txt)" "q1 0 d1 1
q2 0 d9 2"
    assert_output --partial "1 queries left out: not judged"
    assert_output --partial "1 judged passages that are not in the corpus"
    rm -r beir/qrels
    sh_ok "text-convert -q -o plain beir"
    assert_equal "$(wc -l < plain/queries.tsv)" 3
    rm beir/queries.jsonl.gz
    sh_fails 4 "text-convert -q -o {out} beir"
    assert_output --partial "beir: no queries.jsonl in it"
}

@test "text-convert: bad lines are named and counted; --strict refuses them and publishes nothing" {
    small_beir
    printf '%s\n' 'not json' '{"_id": "d2"}' '{"_id": "d 3", "text": "blank in the id"}' >> beir/corpus.jsonl
    printf 'q1\n' >> beir/qrels/dev.tsv
    sh_ok "text-convert -o out beir"
    assert_output --partial "warning: beir/corpus.jsonl:3: not a JSON object"
    assert_output --partial "warning: beir/corpus.jsonl:4: no \"text\""
    assert_output --partial "warning: beir/corpus.jsonl:5: an id with a blank"
    assert_output --partial "warning: beir/qrels/dev.tsv:3: 1 fields parted by TAB"
    assert_output --partial "3 lines left out: no row"
    sh_fails 3 "text-convert --strict -o {out} beir"
    small_wordnet
    echo 'no synset' >> wn/data.verb
    sh_ok "text-convert --dev 0 --test 0 -o wordnet wn"
    assert_output --partial "warning: wn/data.verb:2: no | before a gloss"
    sh_fails 3 "text-convert --strict --dev 0 --test 0 -o {out} wn"
    rm wn/data.adj
    sh_fails 4 "text-convert -q -o {out} wn"
    yes broken | head -n 100 > bad
    sh_ok "text-convert bad"
    assert_equal "$(wc -l < stderr)" 12
    assert_output --partial "100 lines left out: no row"
}

@test "text-convert: TSV and JSON lines" {
    printf '\xef\xbb\xbfid\ttext\ttitle\r\nd1\ta\rb\tT\r\nd2\t\xff\0x\t\r\n' > text
    sh_ok "text-convert --header text"
    assert_equal "$(cat stdout)" "d1	a b	T
d2	$(printf '\xef\xbf\xbd') x"
    assert_output --partial "2 rows"
    assert_output --partial "2 TAB, CR, LF or NUL in a field made a space"
    assert_output --partial "1 bytes that are not UTF-8"
    sh_ok "printf 'x\tname\t7\n' | text-convert -q --columns -,text,id | cmp - <(printf '7\tname\n')"
    sh_ok "printf '{\"id\": 1, \"contents\": \"a\"}' | text-convert -q - | cmp - <(printf '1\ta\n')"
    sh_fails 3 "text-convert --strict --from jsonl -o {out} text"
}

@test "text-convert: misuse is explained" {
    small_beir
    mkdir empty
    sh_fails 3 "text-convert -o {out} empty"
    assert_output --partial "empty: neither a WordNet folder"
    sh_fails 2 "text-convert beir"
    assert_output --partial "-o is needed"
    sh_fails 2 "text-convert -o {out} beir beir"
    sh_fails 2 "text-convert -o {out} --columns id,text beir"
    sh_fails 2 "text-convert -o {out} --seed 3 beir"
    sh_fails 2 "text-convert --columns id beir/corpus.jsonl"
    sh_fails 4 "text-convert -o beir beir"
    assert_output --partial "beir: exists already"
    sh_fails 4 "text-convert missing"
    echo '[ {"question": "who"}]' > array.json
    sh_fails 3 "text-convert -o {out} array.json"
    assert_output --partial "array.json: this is one array of JSON, expected TSV or JSON lines (text-convert --from dpr"
}

@test "text-convert: golden texts" {
    golden=$ROOT/formats/golden
    for file in "$golden"/pass/01*.tsv "$golden"/pass/01*.jsonl; do
        sh_ok "text-convert -q --strict $file"
        cmp stdout "${file%.*}.txt"
    done
    for file in "$golden"/fail/01*.tsv "$golden"/fail/01*.jsonl; do
        if grep -q 'normalising heals it' "${file%.*}.txt"; then
            sh_ok "text-convert -q --strict $file"
        else
            sh_fails 3 "text-convert -q --strict -o {out} $file"
        fi
    done
}

@test "text-convert: an id that comes twice is refused" {
    small_beir
    cp -r beir judged
    echo '{"_id": "d1", "text": "again"}' >> judged/corpus.jsonl
    sh_fails 3 "text-convert -q -o {out} judged"
    assert_output --partial "judged/corpus.jsonl:3: the id of judged/corpus.jsonl:1 a second time"
    cp -r beir unjudged
    printf '%s\n' '{"_id": "d7", "text": "new"}' '{"_id": "d7", "text": "again"}' >> unjudged/corpus.jsonl
    sh_fails 3 "text-convert -q -o {out} unjudged"
    assert_output --partial "unjudged/corpus.jsonl:4: the id of unjudged/corpus.jsonl:3 a second time"
    echo '{"_id": "q3", "text": "again"}' | gzip >> beir/queries.jsonl.gz
    sh_fails 3 "text-convert -q -o {out} beir"
    assert_output --partial "beir/queries.jsonl.gz:4: the id of beir/queries.jsonl.gz:3 a second time"
    printf '1\tone\n2\ttwo\n' > first
    printf '3\tone\n1\ttwo\n' > second
    sh_fails 3 "text-convert -q -o {out} first second"
    assert_output --partial "second:2: the id of first:1 a second time"
    sh_fails 3 "cat first first | text-convert -q -o {out}"
    assert_output --partial "stdin:3: the id of stdin:1 a second time"
    small_wordnet
    sed -i '$p' wn/data.noun
    sh_ok "text-convert --dev 0 --test 0 -o wordnet wn"
    assert_output --partial "wn/data.noun:4: offset 00001930 does not ascend"
}

@test "text-convert: ids of more rows than are held in memory" {
    is_sanitized && skip "a million rows take long there; tests/unit/idcheck_test.c uses files sooner"
    seq 0 1200000 | sed 's/$/\tx/' > many
    sh_ok "ulimit -v 150000; text-convert -q many | cmp - many"
    printf '1199999\ty\n' >> many
    sh_fails 3 "text-convert -q -o {out} many"
    assert_output --partial "many:1200002: the id of many:1200000 a second time"
    TMPDIR=$PWD/missing sh_fails 4 "text-convert -q -o {out} many"
    assert_output --partial "missing: cannot make a temporary file"
}

@test "text-convert: no rows are an output without rows" {
    sh_ok "text-convert < /dev/null"
    assert_equal "$(wc -c < stdout) $output" "0 "
    small_beir
    : > beir/corpus.jsonl
    sh_ok "text-convert -q -o out beir"
    assert_equal "$(wc -c < out/passages.tsv)" 0
}
