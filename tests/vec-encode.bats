#!/usr/bin/env bats
# vec-encode: texts of every form to the same vectors, models made and refused, bad texts.

load helper

setup() {
    helper_setup
    fixtures
    cp -r "$FIXTURES/model" model
    cp "$FIXTURES/passages.tsv" "$FIXTURES/queries.tsv" .
}

# The rows of a stream as text, without its header.
rows() { vec-view --text "$1" | grep -v '^@'; }

@test "vec-encode: help, options, devices, descriptors, threads" {
    std_help vec-encode
    std_unknown_option vec-encode
    std_dev_full "vec-encode -m model passages.tsv"
    std_closed_stdio "vec-encode -m model passages.tsv" "vec-encode -m model"
    std_readonly_target "vec-encode -m $FIXTURES/model -o {out} $FIXTURES/queries.tsv"
    std_same_bytes_at_threads "vec-encode -m model passages.tsv"
}

@test "vec-encode: a reader that goes away, an upstream that is killed" {
    for _ in 1 2 3 4; do cat passages.tsv; done > more.tsv
    std_sigpipe "vec-encode -m model more.tsv"
    gzip -nk passages.tsv
    std_killed_upstream "vec-encode -m model -o {out}" passages.tsv.gz
    std_truncated "vec-encode -m model -o {out} {}" passages.tsv.gz
}

@test "vec-encode: foreign files are refused" {
    std_foreign "vec-encode -m model -o {out} {}" text empty
    sh_ok "vec-encode -m model passages.tsv > base.vps"
    sh_fails 3 "vec-encode -m model -o {out} base.vps"
    assert_output --partial "base.vps: this is a vecpipe stream, expected text"
}

@test "vec-encode: the header says what the vectors are" {
    sh_ok "vec-encode -m model --role query queries.tsv | vec-view --header"
    assert_equal "$(grep -v '^@meta space [0-9a-f]\{32\}$' stdout)" "@kind vectors
@column id u64
@column key str
@column vec f32 32
@meta normalised 1
@meta pooling mean
@meta role query
@program 0 - vec-encode $(vec-encode -V | sed 's/.* //') vec-encode --model model --role query queries.tsv"
    sh_ok "vec-encode -m model --no-provenance queries.tsv | vec-view --header"
    assert_equal "$(grep -c -e '^@program' -e '^@meta role' stdout)" 0
}

@test "vec-encode: TSV, other columns, JSON lines, gzip, pipes, parts: the same vectors" {
    sh_ok "vec-encode -m model --no-provenance queries.tsv > want.vps"
    awk -F'\t' -v OFS='\t' 'BEGIN { print "body", "n", "number" } { print $2, NR, $1 }' queries.tsv > other.tsv
    awk -F'\t' '{ printf "{\"text\": \"%s\", \"title\": null, \"_id\": \"%s\"}\n", $2, $1 }' queries.tsv > lines.jsonl
    sed 's/$/\r/' queries.tsv > crlf.tsv
    gzip -nk lines.jsonl
    for command in "vec-encode -m model --columns text,-,id --header other.tsv" "vec-encode -m model lines.jsonl" \
        "vec-encode -m model --from jsonl lines.jsonl.gz" "cat lines.jsonl.gz | vec-encode -m model" \
        "vec-encode -m model crlf.tsv" \
        "vec-encode -m model < queries.tsv" "vec-encode -m model <(head -n 7 queries.tsv) <(tail -n +8 lines.jsonl)"; do
        sh_ok "$command --no-provenance > got.vps"
        cmp want.vps got.vps || fail "$command"
    done
    sh_ok "{ head -n 20 queries.tsv | vec-encode -m model --no-provenance
        tail -n +21 queries.tsv | vec-encode -m model --no-provenance --first-id 20; } > parts.vps"
    diff <(rows want.vps) <(rows parts.vps)
}

@test "vec-encode: -z compresses, the rows stay" {
    sh_ok "vec-encode -m model passages.tsv > plain.vps"
    sh_ok "vec-encode -m model -z 1 passages.tsv > small.vps"
    [ "$(wc -c < small.vps)" -lt "$(wc -c < plain.vps)" ]
    diff <(rows plain.vps) <(rows small.vps)
}

@test "vec-encode: the title and the prefix are a part of the text" {
    vec-encode --init "static,dim=32,buckets=4096,query=who: ,passage=what: " -m declared
    printf 'a\tlives in the wood\tred fox\n' > title
    printf 'a\tred fox lives in the wood\n' > text
    printf 'a\twhat: red fox lives in the wood\n' > passage
    sh_ok "vec-encode -m model title > 1.vps; vec-encode -m model text > 2.vps;
        vec-encode -m declared --role passage title > 3.vps
        vec-encode -m model passage > 4.vps; vec-encode -m declared --role query title > 5.vps"
    diff <(rows 1.vps) <(rows 2.vps)
    diff <(rows 3.vps) <(rows 4.vps)
    assert_equal "$(cmp -s <(rows 3.vps) <(rows 5.vps) || echo differ)" differ
    sh_ok "vec-view --header 3.vps"
    assert_equal "$(grep -e prefix stdout)" "@meta prefix what: "
    sh_fails 2 "vec-encode -m declared -o {out} title"
    assert_output --partial "declares prefixes: --role"
}

@test "vec-encode: a text without a vector is refused, or left out with --empty skip" {
    printf 'a\tfox\nb\t\nc\t?!\nd\towl\n' > some.tsv
    sh_fails 3 "vec-encode -m model -o {out} some.tsv"
    assert_output --partial "some.tsv:2: the text has nothing that the model knows"
    sh_ok "vec-encode -m model --empty skip some.tsv > some.vps"
    assert_output --partial "2 of 4 texts left out"
    assert_equal "$(rows some.vps | cut -d ' ' -f 1,2)" 'id=0 key="a"
id=3 key="d"'
}

@test "vec-encode: bad lines are named" {
    printf 'a\tfox\nb owl\n' > notab
    printf '{"_id": "a", "text": "fox"}\n{"_id": "b"}\n' > notext
    printf 'a\tfox\nb\tow\xffl\n' > bytes
    for file in notab notext bytes; do
        sh_fails 3 "vec-encode -m model -o {out} queries.tsv $file"
        assert_output --partial "vec-encode: $file:2: "
    done
    head -c 17000000 /dev/zero | tr '\0' x > huge
    sh_fails 3 "vec-encode -m model -o {out} huge"
    assert_output --partial "huge:1: a line of more than 16777216 bytes"
}

@test "vec-encode: an endless line in a gzip file takes little memory" {
    head -c 300000000 /dev/zero | gzip -1 > bomb.gz
    std_ulimit_fails "vec-encode -t 1 -m model -o {out} bomb.gz" 150000 3
}

@test "vec-encode: golden texts" {
    std_golden_pass "vec-encode --empty skip -m model {}" '01*.tsv'
    std_golden_pass "vec-encode --empty skip -m model {}" '01*.jsonl'
    std_golden_fail "vec-encode --empty skip -m model -o {out} {}" '01*.tsv'
    std_golden_fail "vec-encode --empty skip -m model -o {out} {}" '01*.jsonl'
}

@test "vec-encode: no rows are a complete stream" {
    sh_ok "vec-encode -m model < /dev/null > none.vps && vec-view --check none.vps"
    assert_equal "$(rows none.vps)" ""
}

@test "vec-encode --init: same seed same folder, at any -t; an existing one is refused" {
    sh_ok "vec-encode --init static,dim=24,buckets=1000 --seed 5 -t 1 -m one"
    sh_ok "vec-encode --init static,dim=24,buckets=1000 --seed 5 -t 8 -m eight"
    diff -r one eight
    sh_ok "vec-encode --init static,dim=24,buckets=1000 --seed 6 -m six"
    assert_equal "$(cmp -s one/model.safetensors six/model.safetensors || echo differ)" differ
    sh_fails 4 "vec-encode --init static -m one"
    assert_output --partial "one: exists already"
    diff -r one eight
    sh_fails 2 "vec-encode --init static,dim=0 -m {out}"
    sh_fails 2 "vec-encode --init bert -m {out}"
    sh_fails 2 "vec-encode --init static -m {out} queries.tsv"
    sh_fails 2 "vec-encode --seed 3 -m model -o {out} queries.tsv"
    sh_fails 2 "vec-encode --init static -m {out} -o other"
    sh_fails 2 "vec-encode --init static,vocab=vocab.txt -m {out}"
    sh_fails 2 "vec-encode --init static,vocab=15 -m {out} queries.tsv"
}

@test "vec-encode --init: weights that others read" {
    sh_ok "vec-encode --init static,dim=4,buckets=3 -m small"
    sh_ok "python3 -c '
import json, struct
f = open(\"small/model.safetensors\", \"rb\").read()
n = struct.unpack(\"<Q\", f[:8])[0]
print(json.loads(f[8:8 + n]), len(f) - 8 - n, (8 + n) % 64)
assert all(abs(x) < 0.867 for x in struct.unpack(\"<12f\", f[8 + n:]))
print(json.load(open(\"small/config.json\"))[\"model_type\"])'"
    assert_equal "$(cat stdout)" "{'embeddings': {'dtype': 'F32', 'shape': [3, 4], 'data_offsets': [0, 48]}} 48 0
vecpipe-static"
}

@test "vec-encode: WordPiece where the model has a vocabulary" {
    mkdir pieces
    printf '%s\n' '[UNK]' the fox '##es' live > pieces/vocab.txt
    echo '{}' > pieces/tokenizer_config.json
    cp -r pieces other
    sh_ok "vec-encode --init static,dim=8,buckets=64 -m pieces"
    assert_equal "$(cd pieces && echo *)" "config.json model.safetensors tokenizer_config.json vocab.txt"
    cmp pieces/vocab.txt other/vocab.txt
    cmp pieces/tokenizer_config.json other/tokenizer_config.json
    sh_ok "vec-encode --init static,dim=8 -t 8 -m other/ && diff -r pieces other"
    printf 'a\tThe foxes\nb\tthe fox\nc\tfoxes the\n' > texts
    sh_ok "vec-encode -m pieces texts > texts.vps"
    assert_equal "$(rows texts.vps | wc -l)" 3
    sed -i '$d' pieces/vocab.txt
    sh_fails 3 "vec-encode -m pieces -o {out} texts"
    assert_output --partial "pieces/vocab.txt: 4 pieces, expected 5"
}

@test "vec-encode: the folder's tokenizer.json, where it has one" {
    mkdir pieces
    printf '{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["\xe2\x96\x81fox", -1], ["es", -2]]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\xe2\x96\x81"}}' > pieces/tokenizer.json
    printf '%s\n' '[UNK]' the > pieces/vocab.txt
    sh_ok "vec-encode --init static,dim=8 -m pieces"
    grep -F '"features": "tokenizer"' pieces/config.json
    printf 'a\tfox foxes\nb\tfox fox es\nc\tfoxfox\n' > texts
    sh_ok "vec-encode -m pieces texts > texts.vps"
    assert_equal "$(rows texts.vps | wc -l)" 3
    sed -i 's/"es"/"fo"/' pieces/tokenizer.json
    sh_ok "vec-encode -m pieces texts > others.vps"
    assert_equal "$(for f in texts others; do vec-view --header $f.vps | grep '^@meta space'; done | sort -u | wc -l)" 2
    sed -i 's/Unigram/BPE/' pieces/tokenizer.json
    sh_fails 3 "vec-encode -m pieces -o {out} texts"
    assert_output --partial 'pieces/tokenizer.json: model: "BPE" is not supported'
}

@test "vec-encode: a vocab.txt is as its tokenizer_config.json says" {
    mkdir cased
    printf '%s\n' '[UNK]' Fox > cased/vocab.txt
    echo '{"do_lower_case": false}' > cased/tokenizer_config.json
    sh_ok "vec-encode --init static,dim=8 -m cased"
    grep -F '"do_lower_case": false' cased/config.json
    echo '{"do_lower_case": 0}' > cased/tokenizer_config.json
    rm cased/config.json cased/model.safetensors
    sh_fails 3 "vec-encode --init static,dim=8 -m cased"
    assert_output --partial 'cased/tokenizer_config.json: "do_lower_case": expected true or false'
}

@test "vec-encode --init: a vocabulary learnt from texts" {
    sh_ok "vec-encode --init static,dim=8,vocab=300 --seed 3 -t 1 -m learnt passages.tsv"
    assert_equal "$(wc -l < learnt/vocab.txt)" 300
    assert_equal "$(head -n 5 learnt/vocab.txt | tr '\n' ' ')" "[PAD] [UNK] [CLS] [SEP] [MASK] "
    assert_equal "$(sort learnt/vocab.txt | uniq -d)" ""
    grep -F '"features": "wordpiece"' learnt/config.json
    sh_ok "vec-encode -m learnt passages.tsv > learnt.vps"
    gzip -c passages.tsv > passages.gz
    sh_ok "zcat passages.gz | vec-encode --init static,dim=8,vocab=300 --seed 3 -t 8 -m again"
    diff -r learnt again
    awk -F'\t' -v OFS='\t' '{ print $2, $3, $1 }' passages.tsv > turned.tsv
    sh_ok "vec-encode --init static,dim=8,vocab=300 --seed 3 --columns text,title,id -m turned turned.tsv"
    diff -r learnt turned
    sh_fails 4 "vec-encode --init static,vocab=300 -m learnt passages.tsv"
    assert_output --partial "learnt: exists already"
    diff -r learnt again
    printf 'a\tfox\nb owl\n' > notab
    sh_fails 3 "vec-encode --init static,vocab=300 -m {out} notab"
    assert_output --partial "notab:2: "
    sh_fails 3 ": > empty; vec-encode --init static,vocab=300 -m {out} empty"
    assert_output "vec-encode: 0 texts read: no words to learn a vocabulary from"
    sh_fails 3 "printf 'a\t\n' | vec-encode --init static,vocab=300 -m {out}"
    assert_output --partial "1 text read: no words"
}

@test "vec-encode --init: a folder with a vocabulary keeps what it has when it cannot become a model" {
    mkdir pieces
    printf '%s\n' '[UNK]' the fox > pieces/vocab.txt
    for name in config.json model.safetensors; do
        echo mine > "pieces/$name"
        cp -r pieces before
        sh_fails 4 "vec-encode --init static -m pieces"
        assert_output --partial "pieces/$name: exists already"
        diff -r before pieces
        rm -r before "pieces/$name"
    done
    cp -r pieces before
    sh_fails 4 "trap '' XFSZ; ulimit -f 100; vec-encode --init static,dim=65536 -m pieces"
    diff -r before pieces
    sed -i 1d pieces/vocab.txt
    sh_fails 3 "vec-encode --init static -m pieces"
    assert_equal "$(ls -A pieces)" vocab.txt
}

@test "vec-encode: a damaged model is refused" {
    sh_fails 4 "vec-encode -m missing -o {out} queries.tsv"
    assert_output --partial "missing: no such folder, and no model of that name in"
    cp -r model cut && truncate -s -1 cut/model.safetensors
    sh_fails 3 "vec-encode -m cut -o {out} queries.tsv"
    cp -r model lie && sed -i 's/"hidden_size": 32/"hidden_size": 33/' lie/config.json
    sh_fails 3 "vec-encode -m lie -o {out} queries.tsv"
    assert_output --partial "as config.json says"
    cp -r model gpt2 && sed -i 's/vecpipe-static/gpt2/' gpt2/config.json
    sh_fails 3 "vec-encode -m gpt2 -o {out} queries.tsv"
    assert_output --partial 'config.json: "model_type" is "gpt2", expected "bert", "dpr", "xlm-roberta", "model2vec" or "vecpipe-'
}
