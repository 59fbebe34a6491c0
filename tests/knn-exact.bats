#!/usr/bin/env bats
# knn-exact: against a second implementation in integers, the same bytes everywhere, and inputs that do not fit.

load helper


# The k nearest of each query in exact integers, as lines: query, then ids by (distance, id).
nearest() { # METRIC K
    python3 - "$1" "$2" << 'EOF'
import sys
metric, k = sys.argv[1], int(sys.argv[2])
rows = lambda path: [[int(x) for x in line.split()] for line in open(path)]
base = rows("base.tsv")
for q, *a in rows("queries.tsv"):
    if metric == "l2":
        found = [(sum((x - y) ** 2 for x, y in zip(a, b)), i) for i, *b in base]
    else:
        found = [(-sum(x * y for x, y in zip(a, b)), i) for i, *b in base]
    print(q, *[i for _, i in sorted(found)[:k]], sep="\t")
EOF
}

@test "knn-exact: help, options, a full device, closed descriptors" {
    std_help knn-exact
    std_unknown_option knn-exact
    integer_world 30 5 4 4
    std_dev_full "knn-exact -b base.vps queries.vps"
    std_closed_stdio "knn-exact -b base.vps queries.vps" "knn-exact -b base.vps"
    std_readonly_target "knn-exact -b $PWD/base.vps -o {out} $PWD/queries.vps"
}

@test "knn-exact: integer vectors, as counted by hand, ties by id" {
    integer_world 900 50 6 4
    for metric in l2 ip; do
        for k in 1 7 100 900; do
            sh_ok "knn-exact -b base.vps -k $k --metric $metric queries.vps | vec-convert --to tsv"
            nearest $metric $k > want
            cmp want stdout
        done
    done
    for k in 1 100; do
        nearest l2 $k > want
        for pass in --bf16 --int8; do
            sh_ok "knn-exact -b base.vps -k $k $pass --metric l2 queries.vps | vec-convert --to tsv"
            cmp want stdout
        done
    done
    # few queries take another path through the library
    head -3 queries.tsv > some && mv some queries.tsv
    sh_ok "vec-convert --from tsv --to vps queries.tsv | knn-exact -b base.vps -k 7 --metric ip | vec-convert --to tsv"
    nearest ip 7 > want
    cmp want stdout
}

@test "knn-exact: cosine takes lengths away, and a zero vector has none" {
    printf '0\t3\t0\n1\t0\t0.5\n2\t-7\t0\n' | vec-convert --from tsv --to vps -o base.vps
    printf '0\t10\t0.1\n' | vec-convert --from tsv --to vps -o queries.vps
    sh_ok "knn-exact -b base.vps -k 3 --metric cosine queries.vps | vec-convert --to tsv"
    assert_equal "$(cat stdout)" "0	0	1	2"
    sh_ok "knn-exact -b base.vps -k 3 --metric l2 queries.vps | vec-convert --to tsv"
    assert_equal "$(cat stdout)" "0	0	1	2"
    printf '0\t0\t0\n' | vec-convert --from tsv --to vps -o zero.vps
    sh_fails 3 "knn-exact -b base.vps -k 3 --metric cosine -o {out} zero.vps"
    assert_output --partial "zero.vps: row 0: a zero vector"
    sh_fails 3 "knn-exact -b zero.vps -k 1 --metric cosine -o {out} queries.vps"
}

@test "knn-exact: the same bytes at any number of threads and instruction set" {
    fixtures
    [ -e "$FIXTURES/queries.vps" ] || skip "no fixtures yet"
    std_same_bytes_at_threads "knn-exact -b '$FIXTURES/base.vps' -k 20 '$FIXTURES/queries.vps'"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa knn-exact -b '$FIXTURES/base.vps' -k 20 '$FIXTURES/queries.vps'"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
        # how the pass computes is no part of the provenance, since no byte depends on it
        for pass in --bf16 --int8; do
            sh_ok "VECPIPE_ISA=$isa knn-exact $pass -b '$FIXTURES/base.vps' -k 20 '$FIXTURES/queries.vps'"
            assert_equal "$isa $pass: $(sha256sum < stdout)" "$isa $pass: $first"
        done
    done
}

@test "knn-exact: keys, provenance with two parents, space" {
    fixtures
    [ -e "$FIXTURES/queries.vps" ] || skip "no fixtures yet"
    sh_ok "knn-exact -b '$FIXTURES/base.vps' '$FIXTURES/queries.vps' | vec-view --text"
    assert_regex "$(cat stdout)" '@column nnkey str \*'
    assert_regex "$(cat stdout)" '@meta metric ip'
    assert_regex "$(cat stdout)" '@meta space [0-9a-f]+'
    # two encoders before it, and itself with both as parents
    assert_equal "$(grep -c '^@program' stdout)" 3
    sh_ok "knn-exact --no-provenance -b '$FIXTURES/base.vps' '$FIXTURES/queries.vps' | vec-view --header"
    assert_equal "$(grep -c '^@program' stdout)" 0
}

@test "knn-exact: --time writes into the end record alone" {
    integer_world 100 40 4 4
    sh_ok "knn-exact --time -t 2 -b base.vps queries.vps -o timed.vps"
    sh_ok "vec-view --text timed.vps"
    assert_regex "$(cat stdout)" '@stat wall_ns\.0 [0-9]+'
    assert_regex "$(cat stdout)" '@stat threads\.0 2'
    sh_ok "knn-exact -b base.vps queries.vps | vec-view --text"
    refute [ "$(grep -c '@stat' stdout)" != 0 ]
}

@test "knn-exact: several files of queries, compressed and from a pipe" {
    integer_world 200 60 8 4
    sh_ok "knn-exact --no-provenance -b base.vps queries.vps"
    mv stdout want
    vec-convert --rows :20 -o a.vps queries.vps
    vec-convert --rows 20: queries.vps | gzip > b.vps.gz
    sh_ok "knn-exact --no-provenance -b base.vps a.vps b.vps.gz"
    cmp want stdout
    sh_ok "knn-exact --no-provenance -b - queries.vps < base.vps"
    cmp want stdout
    sh_ok "knn-exact --no-provenance -z 6 -b base.vps < queries.vps | vec-convert --to tsv"
    mv stdout packed
    sh_ok "vec-convert --to tsv want"
    cmp packed stdout
}

@test "knn-exact: a base in panels, and in shards, has the same answers" {
    integer_world 5000 60 6 4
    for k in 1 30; do
        sh_ok "knn-exact --no-provenance -b base.vps -k $k queries.vps"
        mv stdout want
        # 1024 rows of a panel are the least
        sh_ok "knn-exact --no-provenance -b base.vps -k $k --max-memory 200K queries.vps"
        cmp want stdout
        sh_ok "knn-exact --no-provenance -b - -k $k --max-memory 1G --int8 queries.vps < base.vps"
        cmp want stdout
        sh_ok "knn-exact --no-provenance -b base.vps -k $k --shard 0/1 queries.vps"
        cmp want stdout
    done
    for shard in 0/3 2/3; do
        vec-convert --shard $shard -o part.vps base.vps
        sh_ok "knn-exact --no-provenance -b part.vps -k 30 queries.vps"
        mv stdout want
        sh_ok "knn-exact --no-provenance -b base.vps -k 30 --shard $shard queries.vps"
        cmp want stdout
        sh_ok "knn-exact --no-provenance -b base.vps -k 30 --shard $shard --max-memory 200K -t 1 queries.vps"
        cmp want stdout
    done
    sh_ok "knn-exact --max-memory 200K --time -b base.vps queries.vps | vec-view --text"
    assert_regex "$(cat stdout)" '@stat wall_ns\.0 [0-9]+'
    # what is said of the base, and of mistakes, is said all the same
    sh_fails 2 "knn-exact -b base.vps -k 1667 --shard 0/3 -o {out} queries.vps"
    assert_output --partial "the base holds 1666 vectors"
    sh_fails 2 "knn-exact -b base.vps --shard 3/3 -o {out} queries.vps"
    assert_output --partial "expected I/N"
    sh_fails 2 "knn-exact -b - --shard 0/3 -o {out} queries.vps < base.vps"
    assert_output --partial "the base is stdin"
    sh_fails 4 "knn-exact -b base.vps -k 3000 --max-memory 1M -o {out} queries.vps"
    assert_output --partial "60 queries and 3000 answers of each need about"
    std_truncated "knn-exact -b {} --max-memory 200K -o {out} queries.vps" base.vps
    std_flipped "knn-exact -b {} --shard 0/3 -o {out} queries.vps" base.vps
}

@test "knn-exact: keys survive their panel" {
    integer_world 3000 40 6 4
    sed 's/^/key-/' base.tsv | vec-convert --from tsv --to vps --metric l2 -o keys.vps
    sh_ok "vec-view --header keys.vps"
    assert_regex "$(cat stdout)" '@column key str'
    sh_ok "knn-exact --no-provenance -b keys.vps -k 20 queries.vps"
    mv stdout want
    sh_ok "knn-exact --no-provenance -b keys.vps -k 20 --max-memory 200K queries.vps"
    cmp want stdout
}

@test "knn-exact: mistakes on the command line" {
    integer_world 30 5 4 4
    sh_fails 2 "knn-exact queries.vps"
    sh_fails 2 "knn-exact -b base.vps -k 0 queries.vps"
    sh_fails 2 "knn-exact -b base.vps -k 31 -o {out} queries.vps"
    assert_output --partial "the base holds 30 vectors"
    sh_fails 2 "knn-exact -b - < base.vps"
    sh_fails 2 "knn-exact -b base.vps --bf16 --int8 -o {out} queries.vps"
    assert_output --partial "give one"
    sh_fails 2 "knn-exact -b - - < base.vps"
    sh_fails 2 "knn-exact -b base.vps --metric l3 queries.vps"
    vec-convert --to fvecs -o plain.fvecs base.vps
    vec-convert -o plain.vps plain.fvecs
    sh_fails 2 "knn-exact -b plain.vps -o {out} queries.vps"
    assert_output --partial "give --metric"
    sh_fails 4 "knn-exact -b base.vps --max-memory 1K -o {out} queries.vps"
    assert_output --partial "--max-memory leaves 512 bytes for them"
    sh_fails 4 "knn-exact -b base.vps --max-memory 1 -o {out} queries.vps"
    assert_output --partial "--max-memory leaves 1 byte for them"
}

@test "knn-exact: sets that do not belong together" {
    fixtures
    [ -e "$FIXTURES/queries.vps" ] || skip "no fixtures yet"
    integer_world 30 5 4 4
    sh_fails 3 "knn-exact -b base.vps -o {out} '$FIXTURES/queries.vps'"
    assert_output --partial "dimension"
    vec-convert --metric ip -o ip.vps queries.vps
    sh_fails 3 "knn-exact -b base.vps -o {out} ip.vps"
    assert_output --partial "metric"
    sh_ok "knn-exact -b base.vps --force ip.vps"
    vec-encode --init static,dim=32,buckets=4096 --seed 2 -m other
    vec-encode -m other --role query -o other.vps "$FIXTURES/queries.tsv"
    sh_fails 3 "knn-exact -b '$FIXTURES/base.vps' -o {out} other.vps"
    assert_output --partial "space"
    sh_ok "knn-exact -b '$FIXTURES/base.vps' --force other.vps"
    sh_fails 3 "knn-exact -b '$FIXTURES/truth.vps' -o {out} queries.vps"
    assert_output --partial "expected vectors"
}

@test "knn-exact: numbers that are none, and distances beyond f32" {
    printf '0\t1\t2\n1\t3\t4\n' | vec-convert --from tsv --to vps --metric l2 -o base.vps
    python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<iff", 2, 1, float("nan")))' > nan.fvecs
    run vec-convert -o nan.vps nan.fvecs
    [ ! -e nan.vps ] || sh_fails 3 "knn-exact -b base.vps -k 1 -o {out} nan.vps"
    printf '5\t3e38\t-3e38\n' | vec-convert --from tsv --to vps --metric l2 -o far.vps
    sh_fails 3 "knn-exact -b base.vps -k 1 -o {out} far.vps"
    assert_output --partial "beyond 32-bit floats"
}

@test "knn-exact: damaged, truncated and foreign inputs, on both sides" {
    integer_world 60 40 4 4
    std_truncated "knn-exact -b base.vps -o {out} {}" queries.vps
    std_truncated "knn-exact -b {} -o {out} queries.vps" base.vps
    std_flipped "knn-exact -b base.vps -o {out} {}" queries.vps
    std_flipped "knn-exact -b {} -o {out} queries.vps" base.vps
    std_killed_upstream "knn-exact -b base.vps -o out" queries.vps
    std_foreign "knn-exact -b base.vps -o {out} {}"
    rmdir directory
    std_foreign "knn-exact -b {} -o {out} queries.vps"
}

@test "knn-exact: no queries, no answers" {
    integer_world 30 5 4 4
    vec-convert --rows 0:0 -o none.vps queries.vps
    sh_ok "knn-exact -b base.vps none.vps | vec-view --check"
    sh_fails 2 "knn-exact -b none.vps -o {out} queries.vps"
    assert_output --partial "holds 0 vectors"
}

@test "knn-exact: mnist, against the first query's neighbours counted by Python" {
    testdata mnist
    zcat "$DATA/train.u8bin.gz" > train.u8bin
    zcat "$DATA/test.u8bin.gz" > test.u8bin
    vec-convert --rows :6000 -o base.vps train.u8bin
    sh_ok "vec-convert --rows :40 test.u8bin | knn-exact --metric l2 -b base.vps -k 5 | vec-convert --to tsv"
    python3 - > want << 'EOF'
base, queries = (open(name, "rb").read()[8:] for name in ("train.u8bin", "test.u8bin"))
row = lambda data, i: data[784 * i : 784 * (i + 1)]
a = row(queries, 0)
found = [(sum((x - y) ** 2 for x, y in zip(a, row(base, i))), i) for i in range(6000)]
print(0, *[i for _, i in sorted(found)[:5]], sep="\t")
EOF
    head -1 stdout | cmp - want
    mv stdout floats
    sh_ok "vec-convert --rows :40 test.u8bin | knn-exact --int8 --metric l2 -b base.vps -k 5 | vec-convert --to tsv"
    cmp stdout floats
}

@test "knn-exact: memory stays near what the base takes" {
    integer_world 20000 50 8 4
    std_ulimit "knn-exact -t 2 -b base.vps queries.vps" 1000000
}
