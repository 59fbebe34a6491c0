#!/usr/bin/env bats
# bt-negsample: its negatives against exact integers, and what its options do to them.

load helper
load bt-negsample

@test "bt-negsample: the hard branch takes the nearest admissible of both sets, ties to the point set" {
    integers point 80 3 0
    integers counter 80 3 0
    cp point.tsv queries.tsv
    for options in "1 0 -1 01:" "5 0 -1 01:--count 5" "3 2 -1 01:--count 3 --skip-top 2" "4 0 -1 0:--count 4 --from point" \
        "4 0 -1 1:--count 4 --from counter" "6 0 3 01:--count 6 --margin 3"; do
        # shellcheck disable=SC2086  # words
        hard ${options%%:*} > want
        sh_ok "bt-negsample -q --random-rate 0 ${options#*:} --point point.vps --counter counter.vps point.vps > n.vps"
        rows < n.vps | cmp want -
        sh_ok "bt-negsample -q --leaf 3 --random-rate 0 ${options#*:} --point point.vps --counter counter.vps point.vps"
        cmp stdout n.vps
    done
    # 50 percent of a distance of 0, 2, 4 ... of the positive
    sh_ok "bt-negsample -q --random-rate 0 --margin 50% --count 80 --point point.vps --counter counter.vps point.vps > n.vps"
    sh_ok "vec-view --check n.vps"
    python3 - > want << 'END'
read = lambda path: {int(i): [int(x) for x in v] for i, *v in (line.split() for line in open(path))}
p, c = read("point.tsv"), read("counter.tsv")
dist = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b))
for q, a in p.items():
    found = sorted((dist(a, b), t, i) for t, s in enumerate((p, c)) for i, b in s.items()
                   if i != q and dist(a, b) >= 1.5 * dist(a, c[q]))
    for _, t, i in found[:80]:
        print(q, t, i, 0, sep="\t")
END
    rows < n.vps | cmp want -
}

@test "bt-negsample: all positives of --positives are excluded, in both sets and both branches" {
    integers point 30 3 0
    integers counter 40 3 0
    cp point.tsv queries.tsv
    for i in $(seq 0 29); do
        for j in 3 4 5 39; do printf '%d 0 %d 1\n' "$i" "$(((i + j) % 40))"; done
        printf '%d 0 %d 0\n' "$i" "$(((i + 20) % 40))"
    done > positives
    hard 100 0 -1 01 > want
    command="bt-negsample -q --count 100 --positives positives --point point.vps --counter counter.vps point.vps"
    sh_ok "$command --random-rate 0 > n.vps"
    rows < n.vps | cmp want -
    # at random until nothing is left: the same rows, each once
    sh_ok "$command --random-rate 1 > r.vps"
    rows < r.vps | cut -f 1-3 | sort > random
    cut -f 1-3 want | sort | cmp random -
    # grades of 0 alone: nobody has a positive but the item itself
    sed -i 's/1$/0/' positives
    sh_ok "bt-negsample --random-rate 0 --positives positives --point point.vps --counter counter.vps point.vps"
    assert_output --partial "queries without a positive: 30"
}

@test "bt-negsample: --random-rate is how likely the random branch is; --decay lowers it by epochs" {
    integers point 500 4 0
    integers counter 500 4 0
    share() { bt-negsample -q "$@" --point point.vps --counter counter.vps point.vps | rows | awk '{ n += $4 } END { print n }'; }
    assert_equal "$(share --random-rate 0)" 0
    assert_equal "$(share --random-rate 1)" 500
    n=$(share)
    [ "$n" -gt 370 ] && [ "$n" -lt 430 ]
    n=$(share --random-rate 1 --decay 0.05 --epoch 10)
    [ "$n" -gt 210 ] && [ "$n" -lt 290 ]
    assert_equal "$(share --decay 0.02 --epoch 40)" 0
    assert_equal "$(share --decay 0.02 --epoch 1000)" 0
}

@test "bt-negsample: negatives do not depend on the size of leaves, at any count" {
    integers point 409 6 0
    integers counter 409 6 0
    vec-convert --rows :60 -o queries.vps point.vps
    for count in 1 50; do
        options="--count $count --random-rate 0.3 --point point.vps --counter counter.vps queries.vps"
        command="bt-negsample -q --no-provenance $options"
        sh_ok "$command"
        mv stdout want
        for leaf in 1 2 40 5000; do
            sh_ok "$command --leaf $leaf"
            cmp want stdout
        done
    done
}

@test "bt-negsample: mistakes on the command line, of negatives" {
    integers point 30 4 0
    sh_fails 2 "bt-negsample --point point.vps -o {out} point.vps"
    assert_output --partial "--from names"
    sh_fails 2 "bt-negsample --point point.vps --from counter -o {out} point.vps"
    sh_fails 2 "bt-negsample --point point.vps --from point --margin 1 -o {out} point.vps"
    for options in "--margin x" "--margin %" "--margin ''" "--random-rate 1.1" "--decay -1" "--count 0" \
        "--compat upstream --count 2"; do
        sh_fails 2 "bt-negsample --point point.vps --counter point.vps $options -o {out} point.vps"
    done
    sh_fails 3 "bt-negsample --point point.vps --counter point.vps --positives point.tsv -o {out} point.vps"
    sh_fails 4 "bt-negsample --point point.vps --counter point.vps --positives missing -o {out} point.vps"
    integers other 5 3 0
    sh_fails 3 "bt-negsample --point point.vps --counter other.vps -o {out} point.vps"
    assert_output --partial "dimension"
}

@test "bt-negsample: queries, point and counter set are of one space, one metric, or --force" {
    fixtures
    vec-encode --init static,dim=32,buckets=4096 --seed 2 -m other
    vec-encode -q -m other -o other.vps "$FIXTURES/passages.tsv"
    vec-encode -q -m other --role query -o strange.vps "$FIXTURES/queries.tsv"
    vec-convert -o silent.vps "$FIXTURES/queries.fvecs"     # says nothing of its space
    for names in "base other queries" "other base queries" "base base strange" "other base silent"; do
        read -r point counter queries <<< "$names"
        for name in $names; do [ -e "$name.vps" ] || cp "$FIXTURES/$name.vps" .; done
        sh_fails 3 "bt-negsample --point $point.vps --counter $counter.vps -o {out} $queries.vps"
        assert_output --partial "they come from different models"
        sh_ok "bt-negsample --force --point $point.vps --counter $counter.vps $queries.vps | vec-view --check"
    done
    integers point 30 4 0
    vec-convert --metric ip -o ip.vps point.vps
    vec-convert --to tsv point.vps | vec-convert --from tsv --to vps -o silent.vps
    sh_fails 3 "bt-negsample --point point.vps --counter ip.vps -o {out} silent.vps"
    assert_output --partial "ip.vps has metric ip, point.vps has l2: --metric decides"
    sh_ok "bt-negsample --point point.vps --counter ip.vps --metric l2 silent.vps | vec-view --check"
}

@test "bt-negsample: empty sets and no queries" {
    integers point 30 4 0
    vec-convert --rows :0 -o none.vps point.vps
    sh_ok "bt-negsample --random-rate 0.5 --point none.vps --counter point.vps -o n.vps point.vps"
    assert_output --partial "no negative: 0"
    assert_equal "$(rows < n.vps | cut -f 2 | sort -u)" 1
    sh_ok "bt-negsample --random-rate 0.5 --point none.vps --counter none.vps -o n.vps point.vps"
    assert_output --partial "no negative: 30"
    sh_ok "bt-negsample --point point.vps --counter point.vps -o n.vps none.vps"
    assert_output --partial "0 queries: "
    assert_equal "$(rows < n.vps)" ""
}

@test "bt-negsample: damaged, truncated and foreign inputs, of negatives" {
    integers point 60 4 0
    integers queries 40 4 100
    std_truncated "bt-negsample --point point.vps --counter point.vps -o {out} {}" queries.vps
    std_truncated "bt-negsample --point point.vps --counter {} -o {out} queries.vps" point.vps
    std_flipped "bt-negsample --point {} --counter point.vps -o {out} queries.vps" point.vps
    std_killed_upstream "bt-negsample --point point.vps --counter point.vps -o out" queries.vps
    std_dev_full "bt-negsample --point point.vps --counter point.vps queries.vps"
}
