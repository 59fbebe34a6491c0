#!/usr/bin/env bats
# The pipelines of pipelines/: they can be planned, and their plots are drawn from tables as they make them.

load helper

@test "rq.yaml and negatives.yaml are planned: every combination, every output" {
    mkdir -p data/bge-micro data/wordnet-minilm data/mnist wordnet
    touch data/bge-micro/notes.base.fvecs data/wordnet-minilm/base.i8bin data/mnist/train.u8bin.gz
    sh_ok "pipe-run -n '$ROOT/pipelines/rq.yaml'"
    assert_equal "$(grep -c 'rq-cluster -q' stdout)" 96
    sh_ok "pipe-run -n --set wordnet=wordnet '$ROOT/pipelines/negatives.yaml'"
    assert_equal "$(grep -c 'bt-negsample -q' stdout)" 22
}

@test "rq.gp and negatives.gp draw what is in the tables" {
    command -v gnuplot > /dev/null || skip "no gnuplot"
    for set in bge minilm mnist; do
        for i in 1 2 3; do printf '%s\t64\t2\t10\t%d\t0.%d\t9.%d\t0.%d\t0.1%d\t10.%d\t0.%d\n' $set $i $i $i $i $i $i $i; done
    done > pairs.tsv
    sh_ok "gnuplot '$ROOT/pipelines/rq.gp'"
    assert_equal "$output" ""
    assert_equal "$(grep -o '>wordnet-minilm<' plot.svg | sort -u | wc -l)" 1
    printf 'decay\tepoch\tnegatives\thard\tdist\tdist_hard\thard_of_points\n' > table.tsv
    for decay in 0.005 0.01 0.02 0.05; do
        for epoch in 0 40; do printf '%s\t%d\t10\t0.%d\t0.%d\t-\t-\n' $decay $epoch $epoch $epoch; done
    done >> table.tsv
    sh_ok "gnuplot '$ROOT/pipelines/negatives.gp'"
    assert_equal "$output" ""
    assert_equal "$(grep -o '>decay 0.02<' plot.svg | sort -u | wc -l)" 1
}

@test "rq.yaml on small vectors, end to end" {
    command -v gnuplot > /dev/null || skip "no gnuplot"
    is_sanitized && skip "96 runs of rq-cluster take long in a sanitizer build"
    mkdir -p data/bge-micro data/wordnet-minilm data/mnist
    vec-synth --count 280 --dim 8 --clusters 5 | vec-convert --to fvecs -o data/bge-micro/notes.base.fvecs
    python3 -c '
import gzip, random, struct
random.seed(1)
for name, opener in (("data/wordnet-minilm/base.i8bin", open), ("data/mnist/train.u8bin.gz", gzip.open)):
    with opener(name, "wb") as f:
        f.write(struct.pack("<2I", 280, 8) + bytes(random.randrange(100) for _ in range(280 * 8)))'
    sh_ok "pipe-run '$ROOT/pipelines/rq.yaml' --set rows=270 --dir out"
    assert_equal "$(wc -l < out/table.tsv) $(wc -l < out/pairs.tsv)" "97 48"
    assert_equal "$(awk -F'\t' 'NF != 11' out/pairs.tsv | wc -l)" 0
    grep -q '^all  *48 ' out/summary.txt
}

@test "ood.yaml is planned; its table has what lies between two points, and its plot all kinds" {
    mkdir -p data/wordnet-minilm
    sh_ok "pipe-run -n --set data=data '$ROOT/pipelines/ood.yaml'"
    assert_equal "$(grep -c 'ngfix-repair -q -x' stdout) $(grep -c 'hnsw-query -q -x' stdout)" "31 56"
    tab() { tr ' ' '\t'; }
    for method in base better; do
        n=$([ $method = base ] && echo 1000 || echo 500)
        for at in "10 0.9 $n" "40 0.96 $((2 * n))" "100 0.992 $((4 * n))"; do
            read -r ef recall ndc <<< "$at"
            echo "debian-en $method $ef $recall 0.8 $ndc"
        done
    done | tab > curves.tsv
    printf 'timed debian-en base %s\n' "10 4000" "40 2000" "100 1000" | tab > timed.tsv
    printf 'seconds better 1.5 2.5 77\n' | tab > seconds.tsv
    sh_ok "cat seconds.tsv timed.tsv curves.tsv |
        awk -F '\t' -v methods='base better none' -v tests=debian-en -f '$ROOT/pipelines/ood.awk'"
    # recall is a line in log(ndc), the logarithms of ndc and QPS are lines in log(1 - recall)
    want=$(awk 'BEGIN { a = log(0.1 / 0.05) / log(0.1 / 0.04); b = log(0.04 / 0.01) / log(0.04 / 0.008)
        printf "%.0f %.0f %.0f %.0f", 1000 * 2 ^ a, 2000 * 2 ^ b, 4000 / 2 ^ a, 2000 / 2 ^ b }')
    assert_equal "$(awk '$1 == "base" { print $8, $9, $10, $11 }' stdout)" "$want"
    assert_equal "$(awk '$1 == "base" { print $2, $3, $4 }' stdout)" "0.9000 0.9600 0.9920"
    assert_equal "$(awk '$1 == "better" { print $2, $3, $4, $10, $12, $13, $14 }' stdout)" "0.9600 0.9920 - - 77 1.5 2.5"
    command -v gnuplot > /dev/null || skip "no gnuplot"
    printf 'id\tmodel\ttrace\trecall\n1\t0.5\t0.1\t0.4\n2\t0.1\t0.2\t1\n' > predicted.tsv
    printf 'hardq-train: 2 rows\nhardq-train: importance t_last 0.5\n' > importance.txt
    printf 'better\t1\t2\t3\t4\n' > phases.tsv
    sed 's/better/exact-truth/' curves.tsv > c && mv c curves.tsv
    sh_ok "sets='debian-en' gnuplot '$ROOT/pipelines/ood.gp'"
    for word in debian-en t_last trimming 'recall@10'; do
        grep -q ">$word<" plot.svg || fail "no $word in the plot"
    done
}
