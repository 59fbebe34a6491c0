#!/usr/bin/env bats
# bm25-rank: rankings against a second implementation, SciFact's published figures, the same bytes however it is run, hard
# negatives by hand, and inputs that do not fit.

load helper

# 400 passages and 60 queries of random words, rare and common ones; some with titles.
texts() {
    awk 'BEGIN {
        srand(5)
        for (i = 0; i < 460; i++) {
            n = i < 400 ? int(rand() * 30) : 1 + int(rand() * 5)
            text = ""
            for (j = 0; j < n; j++)
                text = text (j ? " " : "") "w" int(rand() * rand() * rand() * 80)
            if (i < 400)
                printf "p%d\t%s%s\n", i, text, i % 5 ? "" : "\tw" i % 7 > "passages.tsv"
            else
                printf "q%d\t%s\n", i, text > "queries.tsv"
        }
    }'
}

@test "bm25-rank: help, options, a full device, closed descriptors" {
    std_help bm25-rank
    std_unknown_option bm25-rank
    texts
    std_dev_full "bm25-rank --passages passages.tsv queries.tsv"
    std_dev_full "bm25-rank --passages passages.tsv --format trec queries.tsv"
    std_dev_full "bm25-rank --build passages.tsv"
    std_closed_stdio "bm25-rank -q --passages passages.tsv queries.tsv" "bm25-rank --passages passages.tsv"
    std_readonly_target "bm25-rank --build -o {out} $PWD/passages.tsv"
    std_sigpipe "bm25-rank -q -k 400 --passages passages.tsv queries.tsv queries.tsv queries.tsv"
}

@test "bm25-rank: every variant ranks as its formula in Python does" {
    command -v python3 > /dev/null || skip "no python3"
    texts
    cat > formula.py << 'END'
import math, sys
from collections import Counter
k1, b, idf, boost = float(sys.argv[1]), float(sys.argv[2]), sys.argv[3], int(sys.argv[4])
docs = []
for line in open("passages.tsv"):
    f = line.rstrip("\n").split("\t")
    docs.append((f[0], Counter(f[1].split() + (f[2].split() * boost if len(f) > 2 else []))))
df = Counter(t for _, d in docs for t in d)
n, avg = len(docs), sum(sum(d.values()) for _, d in docs) / len(docs)
rsj = {t: math.log((n - f + .5) / (f + .5)) for t, f in df.items()}
mean = sum(rsj.values()) / len(rsj)
for line in open("queries.tsv"):
    q, text = line.rstrip("\n").split("\t")
    found = []
    for i, (name, d) in enumerate(docs):
        terms = [t for t in text.split() if t in d]
        s = 0
        for t in terms:
            part = d[t] / (d[t] + k1 * (1 - b + b * sum(d.values()) / avg))
            s += {"lucene": lambda: math.log(1 + (n - df[t] + .5) / (df[t] + .5)) * part,
                  "robertson": lambda: rsj[t] * (k1 + 1) * part,
                  "atire": lambda: math.log(n / df[t]) * (k1 + 1) * part,
                  "bm25plus": lambda: math.log((n + 1) / df[t]) * (1 + (k1 + 1) * part),
                  "okapi": lambda: (rsj[t] if rsj[t] >= 0 else .25 * mean) * (k1 + 1) * part}[idf]()
        if terms:
            found.append((-s, i, name))
    found.sort()
    ours = [l.split() for l in open("ours") if l.split()[0] == q]
    assert len(ours) == min(15, len(found)), (q, len(ours), len(found))
    score = {name: -s for s, _, name in found}
    for rank, (o, f) in enumerate(zip(ours, found)):
        assert abs(float(o[4]) - score[o[2]]) < 1e-5 * (1 + abs(score[o[2]])), (q, o, score[o[2]])
        assert abs(float(o[4]) + f[0]) < 1e-5 * (1 + abs(f[0])), (q, rank, o, f)
END
    for variant in "0.82 0.68 okapi 1" "0.9 0.4 lucene 3" "1.5 0.75 robertson 1" "2 1 atire 0" "0 0 bm25plus 1"; do
        read -r k1 b idf boost <<< "$variant"
        sh_ok "bm25-rank --passages passages.tsv --analyzer whitespace --title-boost $boost --k1 $k1 --b $b --idf $idf -k 15 \
            --format trec queries.tsv"
        mv stdout ours
        run python3 formula.py "$k1" "$b" "$idf" "$boost"
        assert_success
    done
}

@test "bm25-rank: SciFact as published (nDCG@10 .6789, R@100 .9253)" {
    testdata scifact
    sh_ok "bm25-rank --build -q --columns id,title,text -o x.bm25 '$DATA/corpus.tsv'"
    sh_ok "bm25-rank -x x.bm25 -q -k 1000 '$DATA/queries.test.tsv' |
        eval-recall -q --qrels '$DATA/qrels.test.txt' --measures ndcg@10,R@100 \
            --fail-under ndcg@10=0.6759 --fail-under R@100=0.9153"
    run awk 'NR == 2 && $2 < 0.6819 && $3 < 0.9353 { print "in both bands" }' stdout
    assert_output "in both bands"
}

@test "bm25-rank: the same bytes at any number of threads, instruction set, memory, and form of the input" {
    texts
    sh_ok "bm25-rank --build --no-provenance -q -o x.bm25 passages.tsv"
    std_same_bytes_at_threads "bm25-rank -q -x x.bm25 -k 50 queries.tsv"
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa bm25-rank --no-provenance -q -x x.bm25 -k 50 queries.tsv"
        [ -e want ] || mv stdout want
        [ ! -e stdout ] || cmp stdout want
        sh_ok "VECPIPE_ISA=$isa bm25-rank --build --no-provenance -q passages.tsv"
        cmp stdout x.bm25
    done
    for way in "-x x.bm25 --load copy" "-x - < x.bm25" "--passages passages.tsv"; do
        sh_ok "bm25-rank --no-provenance -q -k 50 queries.tsv $way"
        cmp stdout want
    done
    sh_ok "gzip -c x.bm25 > x.gz; gzip -c queries.tsv | bm25-rank --no-provenance -q -x x.gz -k 50"
    cmp stdout want
    sh_ok "bm25-rank --build --no-provenance -q --max-memory 40K < passages.tsv"
    cmp stdout x.bm25
    awk -F'\t' '{ printf "{\"_id\": \"%s\", \"text\": \"%s\"%s}\n", $1, $2, (NF > 2 ? ", \"title\": \"" $3 "\"" : "") }' \
        passages.tsv > passages.jsonl
    sh_ok "bm25-rank --build --no-provenance -q --from jsonl passages.jsonl"
    cmp stdout x.bm25
    { echo "text,title,id"; awk -F'\t' -v OFS='\t' '{ print $2, $3, $1 }' passages.tsv; } > other.tsv
    sh_ok "bm25-rank --build --no-provenance -q --header --columns text,title,id other.tsv"
    cmp stdout x.bm25
}

@test "bm25-rank: the stream says what it is, and is the TREC run" {
    texts
    sh_ok "bm25-rank -q --passages passages.tsv -k 7 --idf atire --k1 1.2 --format trec queries.tsv"
    mv stdout run
    sh_ok "bm25-rank -q --passages passages.tsv -k 7 --idf atire --k1 1.2 -z 1 queries.tsv"
    mv stdout run.vps
    sh_ok "vec-convert --to trec run.vps"
    cmp stdout run
    sh_ok "vec-view --header run.vps"
    for meta in "analyzer english" "b 0.4" "idf atire" "k 7" "k1 1.2" "metric ip" "scorer bm25" "title_boost 1"; do
        grep -qx "@meta $meta" stdout || fail "no @meta $meta"
    done
    printf 'a b\tw1\n' > blank.tsv
    sh_fails 3 "bm25-rank -q --passages passages.tsv --format trec -o {out} blank.tsv"
    assert_output --partial "blank"
}

@test "bm25-rank: nothing to find, nothing to find it in" {
    texts
    printf 'q1\tthe unheardof\nq2\tw1\n' > few.tsv
    sh_ok "bm25-rank --passages passages.tsv few.tsv | vec-view --columns key,nn --head 2"
    assert_output --partial "2 queries, 1 of them without a term"
    assert_regex "$(sed -n 2p stdout)" $'^0\tq1\t*$'
    : > none.tsv
    sh_ok "bm25-rank --build -o none.bm25 none.tsv; bm25-rank -x none.bm25 --load copy few.tsv | vec-view --check"
    printf 'p\tthe of\n' > stop.tsv
    sh_ok "bm25-rank --build -o stop.bm25 stop.tsv; bm25-rank -x stop.bm25 --load copy --format trec few.tsv"
    [ ! -s stdout ]
}

@test "bm25-rank: hard negatives are neither positives nor bear answers" {
    cat > p.tsv << 'END'
p1	red fox in the wood
p2	red fox in the pine forest	Fox
p3	a red fox
p4	red deer
p5	red	PINE forests
p6	the blue sea
END
    printf 'q1\twhere does the red fox live\nq2\tthe red deer\nq3\tblue\n' > q.tsv
    printf 'q1 0 p1 1\nq1 0 p4 0\nq2 0 p4 2\nq2 0 gone 1\n' > qrels.txt
    printf 'q1\tPine\tthe wood\n' > answers.tsv
    sh_ok "bm25-rank --negatives 2 --exclude-qrels qrels.txt --exclude-answers answers.tsv --passages p.tsv q.tsv"
    assert_output --partial "1 passages left out because they hold an answer"
    assert_output --partial "1 queries without a positive, left out"
    assert_output --partial "1 positives that are not among the passages"
    {
        printf '{"id": "q1", "query": "where does the red fox live", "positives": [{"id": "p1", "text": "red fox in the wood"}], '
        printf '"hard_negatives": [{"id": "p3", "text": "a red fox"}, {"id": "p4", "text": "red deer"}]}\n'
        printf '{"id": "q2", "query": "the red deer", "positives": [{"id": "p4", "text": "red deer"}], '
        printf '"hard_negatives": [{"id": "p3", "text": "a red fox"}, {"id": "p1", "text": "red fox in the wood"}]}\n'
    } > want
    diff stdout want
    awk -F'\t' -v OFS='\t' '{ print $1, $3, $2 }' p.tsv > titles-first.tsv
    sh_ok "bm25-rank --negatives 2 --exclude-qrels qrels.txt --exclude-answers answers.tsv --passages titles-first.tsv \
        --passage-columns id,title,text q.tsv"
    diff stdout want
    sh_fails 3 "bm25-rank --build -o x.bm25 p.tsv && head -3 p.tsv > three.tsv && bm25-rank --negatives 5 \
        --exclude-qrels qrels.txt -x x.bm25 --passages three.tsv -o {out} q.tsv"
    assert_output --partial "is not among the passages"
}

@test "bm25-rank: mistakes on the command line" {
    texts
    bm25-rank --build -q -o x.bm25 passages.tsv
    sh_fails 2 "bm25-rank -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --passages passages.tsv -o {out} queries.tsv"
    sh_fails 2 "bm25-rank --build -x x.bm25 -o {out} passages.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --passage-columns id,text -o {out} queries.tsv"
    sh_fails 2 "bm25-rank --passages passages.tsv --passage-columns id,id -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --analyzer english -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --title-boost 2 -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --negatives 2 -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --exclude-qrels queries.tsv -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --b 1.1 -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x x.bm25 --idf bm42 -o {out} queries.tsv"
    sh_fails 2 "bm25-rank -x - -o {out} - < x.bm25"
    { cat passages.tsv; tail -1 passages.tsv; } > twice.tsv
    sh_fails 3 "bm25-rank --build -o {out} twice.tsv"
    assert_output --partial "twice.tsv:401: the id of twice.tsv:400"
    printf 'one field\n' > bad.tsv
    sh_fails 3 "bm25-rank --build -o {out} bad.tsv"
    sh_fails 3 "bm25-rank -x x.bm25 -o {out} bad.tsv"
}

@test "bm25-rank: damaged, truncated and foreign indexes" {
    texts
    bm25-rank --build -q -o x.bm25 passages.tsv
    std_truncated "bm25-rank -x {} -o {out} queries.tsv" x.bm25
    std_flipped "bm25-rank -x {} --load copy -o {out} queries.tsv" x.bm25
    std_foreign "bm25-rank -x {} -o {out} queries.tsv"
    std_killed_upstream "bm25-rank -x - -o out queries.tsv" x.bm25
    { cat x.bm25; head -c 4096 /dev/zero; } > long.bm25
    sh_fails 3 "bm25-rank -x long.bm25 -o {out} queries.tsv"
    sh_fails 3 "hnsw-query -x x.bm25 -o {out} queries.tsv"
    assert_output --partial "bm25-rank -x takes it, --load copy verifies it"
    # a mapped index with a flipped bit: any answer, or 3, but nothing worse
    for at in $(seq 4200 997 "$(wc -c < x.bm25)"); do
        cp x.bm25 flip.bm25
        printf '\xff' | dd of=flip.bm25 bs=1 seek="$at" conv=notrunc status=none
        sh_run "bm25-rank -q -x flip.bm25 queries.tsv > /dev/null"
        [ "$status" = 0 ] || [ "$status" = 3 ] || fail "byte $at: status $status: $output"
    done
}

@test "bm25-rank: the golden text indexes" {
    command -v python3 > /dev/null || skip "no python3"
    "$ROOT/tests/tools/golden-bm25" "$B" fresh
    for file in fresh/*/* fresh/*.tsv; do
        cmp "$file" "$ROOT/formats/golden/${file#fresh/}"
    done
    cp "$ROOT/formats/golden/bm25-queries.tsv" q.tsv
    std_golden_fail "bm25-rank -q -x {} --load copy -o {out} q.tsv" "bm25-*.bm25"
    for file in "$ROOT"/formats/golden/fail/bm25-0[34]*.bm25; do
        sh_run "bm25-rank -q -x '$file' q.tsv"
        [ "$status" = 0 ] || assert_equal "$file: $status $output" "$file: 3 $output"
    done
    for file in "$ROOT"/formats/golden/pass/bm25-*.bm25; do
        sh_ok "bm25-rank -q -x '$file' -k 100 --format trec q.tsv"
        cmp stdout "${file%.bm25}.txt"
    done
}

@test "bm25-rank: lies about sizes take no memory, and an index is built in the memory that it was given" {
    cp "$ROOT/formats/golden/bm25-queries.tsv" q.tsv
    for file in "$ROOT"/formats/golden/fail/bm25-01*-n-*.bm25; do
        std_ulimit_fails "bm25-rank -t 1 --load copy -x '$file' q.tsv" 200000 3
    done
    # 450,000 postings, 2 MB of them at a time: the same result in memory that is too little for all
    awk 'BEGIN {
        srand(1)
        for (i = 0; i < 150000; i++)
            print "p" i "\tw" int(rand() * 9e4) " w" int(rand() * 9) " w" i % 7
    }' > p.tsv
    sh_ok "bm25-rank --build -q --no-provenance -o whole.bm25 p.tsv"
    sh_fails 4 "bm25-rank --build --max-memory 1K -o {out} p.tsv"
    assert_output --partial "--max-memory"
    std_ulimit_fails "bm25-rank --build -q -o {out} p.tsv" 25000 4
    std_ulimit "bm25-rank --build -q --no-provenance --max-memory 2M -o parts.bm25 p.tsv" 25000
    cmp whole.bm25 parts.bm25
}
