#!/usr/bin/env bats
# bt-negsample: each mended fault of the source ("fault N"), and the source with its faults.

load helper
load bt-negsample

@test "bt-negsample: fault 1: a random negative is never the query or its positive" {
    integers point 4 2 0
    integers counter 4 2 0
    for seed in $(seq 40); do
        bt-negsample -q --random-rate 1 --seed "$seed" --point point.vps --counter counter.vps point.vps | rows
    done > drawn
    assert_equal "$(awk '$1 == $3' drawn | wc -l)" 0
    assert_equal "$(cut -f 2-4 drawn | sort -u | wc -l)" 8     # every row of both sets, at random
    # the source does draw them
    for seed in $(seq 40); do
        bt-negsample -q --compat upstream --random-rate 1 --seed "$seed" --point point.vps --counter counter.vps point.vps | rows
    done > theirs
    [ "$(awk '$1 == $3' theirs | wc -l)" -gt 20 ]
}

@test "bt-negsample: fault 2: random rows are drawn of the set, not of as many as there are queries" {
    integers point 50 2 0
    integers counter 3 2 0
    vec-convert --rows 0:10 -o queries.vps point.vps
    sh_ok "bt-negsample -q --random-rate 1 --count 45 --from point --point point.vps queries.vps > n.vps"
    [ "$(rows < n.vps | cut -f 3 | sort -u | wc -l)" = 50 ]
    sh_ok "bt-negsample -q --random-rate 1 --point point.vps --counter counter.vps point.vps"
    sh_fails 3 "bt-negsample --compat upstream --random-rate 1 --point point.vps --counter counter.vps -o {out} point.vps"
    assert_output --partial "the source draws row"
    # each set half of the time, each row as often as the others
    sh_ok "bt-negsample -q --random-rate 1 --count 40 --point point.vps --counter point.vps point.vps > n.vps"
    rows < n.vps | awk '{ set[$2]++; row[$3]++ }
        END { for (i in row) if (row[i] < 20 || row[i] > 60) exit 1; exit set[0] < 900 || set[1] < 900 }'
}

@test "bt-negsample: fault 3: copies of the query before it, and --no-duplicates" {
    # 60 copies of the query 70 have smaller ids; 80 and 81 are near; 90 equals its positive
    for i in $(seq 60) 70; do printf '%d\t1\t1\n' "$i"; done > point.tsv
    printf '80\t1\t2\n81\t3\t3\n90\t1\t1.5\n' >> point.tsv
    printf '70\t1\t1.5\n71\t9\t9\n' > counter.tsv
    for name in point counter; do vec-convert --from tsv --to vps --metric l2 -o $name.vps $name.tsv; done
    vec-convert --rows 60:61 -o query.vps point.vps
    sh_ok "bt-negsample -q --random-rate 0 --count 2 --point point.vps --counter counter.vps query.vps > n.vps"
    assert_equal "$(rows < n.vps | cut -f 2,3 | tr '\t\n' ': ')" "0:1 0:2 "
    sh_ok "bt-negsample -q --random-rate 0 --count 5 --no-duplicates --point point.vps --counter counter.vps query.vps > n.vps"
    assert_equal "$(rows < n.vps | cut -f 2,3 | tr '\t\n' ': ')" "0:80 0:81 1:71 "
    sh_ok "bt-negsample -q --random-rate 1 --count 5 --no-duplicates --point point.vps --counter counter.vps query.vps > n.vps"
    assert_equal "$(rows < n.vps | cut -f 2,3 | sort | tr '\t\n' ': ')" "0:80 0:81 1:71 "
}

@test "bt-negsample: fault 4: small sets; no negative is counted, never invented" {
    integers point 1 2 5
    integers counter 2 2 5
    sh_ok "bt-negsample --random-rate 0 --point point.vps --counter counter.vps point.vps -o n.vps"
    assert_output --partial "1 hard and 0 random negatives; no negative: 0"
    assert_equal "$(rows < n.vps)" "5	1	6	0"
    for rate in 0 1; do
        sh_ok "bt-negsample --random-rate $rate --count 3 --point point.vps --counter point.vps point.vps -o n.vps"
        assert_output --partial "no negative: 3"
        assert_equal "$(rows < n.vps)" ""
        sh_ok "vec-view --text n.vps"
        assert_regex "$(cat stdout)" '@stat no_negative 3'
    done
    sh_fails 3 "bt-negsample --compat upstream --point point.vps --counter counter.vps -o {out} point.vps"
    assert_output --partial "3 vectors and more"
}

@test "bt-negsample: fault 5: ids are no row numbers, keys before ids" {
    integers point 60 3 1000
    integers counter 60 3 1000
    command="bt-negsample -q --no-provenance --random-rate 0.5"
    sh_ok "$command --count 3 --point point.vps --counter counter.vps point.vps > want.vps"
    for name in point counter; do
        sort -rn $name.tsv | vec-convert --from tsv --to vps --metric l2 -o $name.other.vps
        sed 's/^/k/' $name.tsv | vec-convert --from tsv --to vps --metric l2 -o $name.key.vps
    done
    sh_ok "$command --count 3 --point point.other.vps --counter counter.other.vps point.vps > other.vps"
    cmp want.vps other.vps
    sh_ok "$command --count 200 --point point.key.vps --counter counter.key.vps point.key.vps > n.vps"
    sh_ok "vec-view --head 10000 --columns key,negkey n.vps"
    assert_equal "$(awk '$2 == $3' stdout | wc -l)" 0
    assert_equal "$(grep -c '	k1' stdout)" $((60 * 118))
    printf 'k1000 0 k1001 1\nk1000 0 k1002 1\n' > positives
    sh_ok "$command --count 200 --positives positives --point point.key.vps --counter counter.key.vps point.key.vps > n.vps"
    sh_ok "vec-view --head 10000 --columns key,negkey n.vps"
    assert_equal "$(grep -c '	k1000	' stdout)" 114
    assert_equal "$(grep -cE '	k1000	k100[12]$' stdout)" 0
}

@test "bt-negsample: fault 9: draws depend on the seed and the query, not on threads, order or batches" {
    integers point 200 4 0
    integers counter 200 4 0
    command="bt-negsample -q --no-provenance --count 3 --random-rate 0.5 --point point.vps --counter counter.vps"
    std_same_bytes_at_threads "$command point.vps"
    sh_ok "$command point.vps"
    mv stdout all.vps
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa $command point.vps"
        cmp stdout all.vps
    done
    vec-convert --rows 100:200 -o second.vps point.vps
    sh_ok "$command second.vps > n.vps"
    rows < all.vps | tail -300 > want
    rows < n.vps | cmp want -
    sh_ok "$command --seed 2 point.vps > n.vps"
    run ! cmp -s all.vps n.vps
}

@test "bt-negsample: --compat upstream draws as the source does" {
    integers point 60 3 0
    integers counter 60 3 0
    for name in point counter; do sort -n $name.tsv | vec-convert --from tsv --to vps --metric l2 -o $name.vps; done
    sh_ok "bt-negsample -q --compat upstream --random-rate 0 --point point.vps --counter counter.vps point.vps > n.vps"
    python3 - > want << 'END'
read = lambda path: {int(i): [int(x) for x in v] for i, *v in (line.split() for line in open(path))}
sets = read("point.tsv"), read("counter.tsv")
for q, a in sorted(sets[0].items()):
    near = [sorted((sum((x - y) ** 2 for x, y in zip(a, b)), i) for i, b in s.items())[:3] for s in sets]
    (dp, ip), (dc, ic) = (n[n[0][1] == q] for n in near)
    print(q, *((1, ic) if dp > dc else (0, ip)), 0, sep="\t")
END
    rows < n.vps | cmp want -
}
