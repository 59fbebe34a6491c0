#!/usr/bin/env bats
# bt-negsample: its neighbours against knn-exact's, its negatives against exact integers, each mended fault of the source ("fault
# N"), the same bytes everywhere, and inputs that do not fit.

load helper

# Vectors of small integers with many equal distances: NAME.tsv with ids from FIRST on, not in order, and NAME.vps.
integers() { # NAME N DIM FIRST
    awk -v n="$2" -v d="$3" -v first="$4" -v seed="${#1}" 'BEGIN {
        srand(seed)
        for (i = 0; i < n; i++) {
            line = first + (i * 7919) % n
            for (j = 0; j < d; j++)
                line = line "\t" int(rand() * 4) - 1
            print line
        }
    }' > "$1.tsv"
    vec-convert --from tsv --to vps --metric l2 -o "$1.vps" "$1.tsv"
}

@test "bt-negsample: help, options, a full device, closed descriptors" {
    std_help bt-negsample
    std_unknown_option bt-negsample
    integers point 30 4 0
    integers queries 5 4 100
    std_dev_full "bt-negsample --knn --point point.vps queries.vps"
    std_closed_stdio "bt-negsample --knn --point point.vps queries.vps" "bt-negsample --knn --point point.vps"
    std_readonly_target "bt-negsample --knn --point $PWD/point.vps -o {out} $PWD/queries.vps"
}

@test "bt-negsample: --knn writes what knn-exact writes, at any leaf and k" {
    integers point 1009 6 0
    integers queries 60 6 5000
    for metric in l2 ip; do
        for k in 1 7 300; do
            sh_ok "knn-exact --no-provenance -b point.vps -k $k --metric $metric queries.vps"
            mv stdout want
            for leaf in 1 2 40 256 5000; do
                sh_ok "bt-negsample --no-provenance --knn --point point.vps -k $k --leaf $leaf --metric $metric queries.vps"
                cmp want stdout
            done
        done
    done
    sed 's/^/key-/' point.tsv | vec-convert --from tsv --to vps --metric l2 -o keys.vps
    sh_ok "knn-exact --no-provenance -b keys.vps -k 5 queries.vps"
    mv stdout want
    sh_ok "bt-negsample --no-provenance --knn --counter keys.vps -k 5 queries.vps"
    cmp want stdout
}

@test "bt-negsample: the same bytes at any number of threads, instruction set and leaf; cosine" {
    vec-synth --count 2000 --dim 20 -o base.vps
    vec-synth --count 300 --dim 20 --role queries -o queries.vps
    std_same_bytes_at_threads "bt-negsample --knn --point base.vps --metric cosine queries.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        for leaf in 3 256; do
            sh_ok "VECPIPE_ISA=$isa bt-negsample --leaf $leaf --knn --point base.vps --metric cosine queries.vps"
            assert_equal "$isa $leaf: $(sha256sum < stdout)" "$isa $leaf: $first"
        done
    done
    sh_ok "knn-exact --no-provenance -b base.vps --metric cosine queries.vps"
    mv stdout want
    sh_ok "bt-negsample --no-provenance --knn --point base.vps --metric cosine queries.vps"
    cmp want stdout
}

@test "bt-negsample: --radius takes all within, those at the very distance too" {
    integers point 400 3 0
    integers queries 20 3 5000
    sh_ok "bt-negsample --radius 3 --leaf 20 --point point.vps queries.vps | vec-view --head 20 --format json --columns nn"
    python3 - > want << 'END'
rows = lambda path: [[int(x) for x in line.split()] for line in open(path)]
base = rows("point.tsv")
for q, *a in rows("queries.tsv"):
    found = sorted((sum((x - y) ** 2 for x, y in zip(a, b)), i) for i, *b in base)
    print({"id": q, "nn": [i for d, i in found if d <= 3]})
END
    tr \' \" < want | tr -d ' ' > wanted
    grep '"id"' stdout | tr -d ' ' | cmp wanted -
}

@test "bt-negsample: mistakes on the command line, of neighbours" {
    integers point 30 4 0
    integers queries 5 4 100
    sh_fails 2 "bt-negsample --knn -o {out} queries.vps"
    assert_output --partial "--point or --counter"
    sh_fails 2 "bt-negsample --knn --point point.vps --counter point.vps -o {out} queries.vps"
    sh_fails 2 "bt-negsample --knn --radius 1 --point point.vps -o {out} queries.vps"
    sh_fails 2 "bt-negsample --knn --point - -o {out} < point.vps"
    sh_fails 2 "bt-negsample --knn -k 31 --point point.vps -o {out} queries.vps"
    assert_output --partial "the set holds 30 vectors"
    sh_fails 2 "bt-negsample --knn --leaf 0 --point point.vps -o {out} queries.vps"
    sh_fails 4 "bt-negsample --knn --max-memory 1K --point point.vps -o {out} queries.vps"
    integers other 5 3 0
    sh_fails 3 "bt-negsample --knn --point point.vps -o {out} other.vps"
    assert_output --partial "dimension"
    printf '5\t3e38\t-3e38\t0\t0\n' | vec-convert --from tsv --to vps --metric l2 -o far.vps
    sh_fails 3 "bt-negsample --knn --point point.vps -k 1 -o {out} far.vps"
    assert_output --partial "beyond 32-bit floats"
}

@test "bt-negsample: damaged, truncated and foreign inputs, of neighbours" {
    integers point 60 4 0
    integers queries 40 4 100
    std_truncated "bt-negsample --knn --point point.vps -o {out} {}" queries.vps
    std_truncated "bt-negsample --knn --point {} -o {out} queries.vps" point.vps
    std_flipped "bt-negsample --knn --point point.vps -o {out} {}" queries.vps
    std_flipped "bt-negsample --knn --point {} -o {out} queries.vps" point.vps
    std_killed_upstream "bt-negsample --knn --point point.vps -o out" queries.vps
    std_foreign "bt-negsample --knn --point point.vps -o {out} {}"
}

# Rows of negatives on stdin as lines: query, set, neg, branch.
rows() {
    vec-view --format tsv --head 100000 --columns id,set,neg,branch | grep -v '^id'
}

# What the hard branch takes, in exact integers: point.tsv, counter.tsv, queries.tsv, positives (lines of query and document).
hard() { # COUNT SKIP MARGIN SETS
    python3 - "$@" << 'END'
import sys
count, skip, margin = (int(x) for x in sys.argv[1:4])
read = lambda path: {int(i): [int(x) for x in v] for i, *v in (line.split() for line in open(path))}
sets, queries = [read("point.tsv"), read("counter.tsv")], read("queries.tsv")
try:
    positives = {}
    for q, _, d, grade in (map(int, line.split()) for line in open("positives")):
        positives.setdefault(q, set()).update([d] if grade > 0 else [])
except FileNotFoundError:
    positives = {q: {q} for q in queries}
dist = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b))
for q, a in queries.items():
    good = positives.get(q, set())
    least = min((dist(a, sets[1][d]) for d in good if d in sets[1]), default=-10**9) + margin
    found = sorted((dist(a, b), t, i) for t in map(int, sys.argv[4]) for i, b in sets[t].items()
                   if i != q and i not in good and (margin < 0 or dist(a, b) >= least))
    for _, t, i in found[skip:skip + count]:
        print(q, t, i, 0, sep="\t")
END
}

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

@test "bt-negsample: damaged, truncated and foreign inputs, of negatives" {
    integers point 60 4 0
    integers queries 40 4 100
    std_truncated "bt-negsample --point point.vps --counter point.vps -o {out} {}" queries.vps
    std_truncated "bt-negsample --point point.vps --counter {} -o {out} queries.vps" point.vps
    std_flipped "bt-negsample --point {} --counter point.vps -o {out} queries.vps" point.vps
    std_killed_upstream "bt-negsample --point point.vps --counter point.vps -o out" queries.vps
    std_dev_full "bt-negsample --point point.vps --counter point.vps queries.vps"
}
