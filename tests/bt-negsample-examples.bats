#!/usr/bin/env bats
# bt-negsample: texts of negatives, and training examples.

load helper
load bt-negsample

# Five arguments and their counters, aligned: texts by id, as vectors too.
pairs() {
    printf '%s\tpoint %s\n' 0 a 1 b 2 c 3 d 4 e > point.tsv
    printf '%s\tcounter %s\ttitle %s\n' 0 a A 1 b B 2 c C 3 d D 4 e E > counter.tsv
    printf '%s\t%s\n' 0 0 1 1 2 3 3 6 4 10 | vec-convert --from tsv --to vps --metric l2 -o point.vps
    printf '%s\t%s\n' 0 0.25 1 1.25 2 3.25 3 6.25 4 10.25 | vec-convert --from tsv --to vps --metric l2 -o counter.vps
}
SETS="bt-negsample -q --no-provenance --point point.vps --counter counter.vps"

@test "bt-negsample: --text gives each negative the text of its set" {
    pairs
    sh_ok "$SETS --random-rate 0 --count 2 --text point=point.tsv --text counter=counter.tsv point.vps > n.vps"
    sh_ok "vec-view --check n.vps"
    sh_ok "vec-view --all --columns set,neg,text n.vps"
    # a point's text, a counter's with its title before it
    awk -F'\t' -v OFS='\t' 'BEGIN { split("a b c d e", l, " ") }
        NR > 1 { x = l[$3 + 1]; print $4, ($2 ? "title " toupper(x) " counter " x : "point " x) }' stdout > pairs
    assert_equal "$(wc -l < pairs)" 10
    awk -F'\t' '$1 != $2 && $1 != "\"" $2 "\"" { exit 1 }' pairs
    # rows are those without texts
    sh_ok "$SETS --random-rate 0 --count 2 point.vps | vec-view --all --columns set,neg,dist"
    mv stdout want
    sh_ok "vec-view --all --columns set,neg,dist n.vps"
    cmp want stdout
    sh_ok "$SETS --from counter --text counter=counter.tsv point.vps | vec-view --all --columns text"
    assert_equal "$(grep -c 'title' stdout)" 5
}

@test "bt-negsample: --examples writes a line for each query, with hard and random negatives apart" {
    pairs
    sh_ok "$SETS --random-rate 0.5 --count 4 --seed 3 --text point=point.tsv --text counter=counter.tsv --text query=point.tsv \
        --examples examples.jsonl point.vps > n.vps"
    sh_ok "vec-view --all --columns id,set,neg,branch n.vps"
    python3 - examples.jsonl stdout << 'END'
import json, sys
letters = "abcde"
rows = [[int(x) for x in line.split("\t")] for line in list(open(sys.argv[2]))[1:]]
examples = [json.loads(line) for line in open(sys.argv[1])]
assert [e["id"] for e in examples] == ["0", "1", "2", "3", "4"]
seen = set()
for e in examples:
    q = int(e["id"])
    assert list(e) == ["id", "query", "positives", "negatives", "hard_negatives"]
    assert e["query"] == "point " + letters[q]
    assert e["positives"] == [{"id": e["id"], "title": "title " + letters[q].upper(), "text": "counter " + letters[q]}]
    for branch, name in ((1, "negatives"), (0, "hard_negatives")):
        want = [{"id": str(neg), "text": "point " + letters[neg]} if s == 0 else
                {"id": str(neg), "title": "title " + letters[neg].upper(), "text": "counter " + letters[neg]}
                for i, s, neg, b in rows if i == q and b == branch]
        assert e[name] == want, (e[name], want)
        seen.update([(branch, s) for i, s, neg, b in rows if b == branch])
assert len(seen) == 4, seen
END
    # the stream is the same without
    sh_ok "$SETS --random-rate 0.5 --count 4 --seed 3 point.vps | vec-view --all --columns id,set,neg,branch"
    mv stdout want
    sh_ok "vec-view --all --columns id,set,neg,branch n.vps"
    cmp want stdout
}

@test "bt-negsample: examples of ids alone; positives by name; a query without any makes none" {
    fixtures
    sh_ok "bt-negsample --from counter --counter '$FIXTURES/base.vps' --positives '$FIXTURES/qrels.txt' --count 2 \
        --random-rate 0 --examples examples.jsonl -o n.vps '$FIXTURES/queries.vps'"
    assert_output --partial "60 examples"
    sh_ok "vec-view --all --columns key,negkey n.vps"
    python3 - examples.jsonl stdout "$FIXTURES/qrels.txt" << 'END'
import json, sys
rows = [line.rstrip("\n").replace('"', "").split("\t")[1:] for line in list(open(sys.argv[2]))[1:]]
good = [line.split() for line in open(sys.argv[3])]
for line in open(sys.argv[1]):
    e = json.loads(line)
    assert "query" not in e
    assert sorted(p["id"] for p in e["positives"]) == sorted(d for q, _, d, g in good if q == e["id"] and int(g) > 0)
    assert e["hard_negatives"] == [{"id": n} for q, n in rows if q == e["id"]] and len(e["hard_negatives"]) == 2
    assert e["negatives"] == []
END
    grep -v '^q1 ' "$FIXTURES/qrels.txt" > fewer.txt
    sh_ok "bt-negsample --from counter --counter '$FIXTURES/base.vps' --positives fewer.txt --text 'query=$FIXTURES/queries.tsv' \
        --text 'counter=$FIXTURES/passages.tsv' --examples fewer.jsonl -o n.vps '$FIXTURES/queries.vps'"
    assert_output --partial "queries without a positive: 1"
    assert_output --partial "59 examples"
    assert_equal "$(wc -l < fewer.jsonl)" 59
    assert_equal "$(grep -c '"query": "where does the ' fewer.jsonl)" 29
    # the same at any number of threads
    command="bt-negsample -q --from counter --counter '$FIXTURES/base.vps' --positives '$FIXTURES/qrels.txt'"
    std_same_bytes_at_threads "$command --examples e.jsonl {t} '$FIXTURES/queries.vps' && cat e.jsonl"
}

@test "bt-negsample: texts that are not there, come twice, or that nobody asked for" {
    pairs
    head -n 4 counter.tsv > short.tsv
    cat counter.tsv counter.tsv > twice.tsv
    sh_fails 3 "$SETS --text point=point.tsv --text counter=short.tsv -o {out} point.vps"
    assert_output --partial 'short.tsv: no text of "4", which is in counter.vps'
    sh_fails 3 "$SETS --text point=point.tsv --text counter=twice.tsv -o {out} point.vps"
    assert_output --partial 'twice.tsv:6: the id "0" comes twice'
    sh_fails 3 "$SETS --text query=short.tsv --examples {out} -o {out}2 point.vps"
    assert_output --partial 'the texts of the query set have none of "4"'
    sh_fails 4 "$SETS --text point=point.tsv --text counter=missing -o {out} point.vps"
    for words in "--text point=point.tsv" "--text other=point.tsv" "--text point.tsv" "--text query=point.tsv" \
        "--text point=point.tsv --text point=point.tsv" "--compat upstream --examples e"; do
        sh_fails 2 "$SETS $words -o {out} point.vps"
    done
    sh_fails 2 "bt-negsample --knn --point point.vps --examples e -o {out} point.vps"
    sh_fails 2 "bt-negsample --from point --point point.vps --examples e -o {out} point.vps"
    sh_fails 2 "$SETS --examples - point.vps"
    assert_output --partial "two outputs go to stdout"
    sh_fails 2 "$SETS --examples {out} -o {out} point.vps"
    sh_fails 4 "$SETS --examples /dev/full -o {out} point.vps"
    printf '1\tnot \xff utf-8\n' > bad.tsv
    sh_fails 3 "$SETS --text point=bad.tsv --text counter=counter.tsv -o {out} point.vps"
}
