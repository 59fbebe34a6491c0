#!/usr/bin/env bats
# rq-cluster: the edges, each a test: few vectors, equal ones, numbers that cannot be, one level and many, none.

load helper
load rq-cluster

@test "rq-cluster: fewer vectors than clusters are refused, with the reason" {
    crowds 10 x.vps
    sh_fails 2 "$TRAIN -K 11 -L 1 -o {out} x.vps"
    assert_output --partial "11 clusters of 10 vectors: there must be a vector for each"
}

@test "rq-cluster: what a later level cannot have is refused before the first is trained" {
    # training them fails with 3
    printf '0\t1e30\n1\t-1e30\n2\t0\n' | vec-convert --from tsv --to vps -o huge.vps
    sh_fails 2 "$TRAIN -K 2,4 -o {out} huge.vps"
    assert_output --partial "level 2: 4 clusters of 3 vectors"
    sh_fails 2 "$TRAIN -K 2,3 --size-max 1 -o {out} huge.vps"
    assert_output --partial "level 1: 3 vectors cannot be shared out among 2 clusters of 1 to 1"
    sh_fails 2 "$TRAIN -K 2 -L 27 --tokens t.json -o {out} huge.vps"
    assert_output --partial "tokens of 27 letters"
    printf '0\t1e30\n%.0s' $(seq 4200) | awk -v OFS='\t' '{ $1 = NR; print }' | vec-convert --from tsv --to vps -o many.vps
    sh_fails 2 "$TRAIN -K 2,4097 -o {out} many.vps"
    assert_output --partial "level 2: 4097 clusters of bounded size, expected at most 4096"
}

@test "rq-cluster: as many vectors as clusters" {
    crowds 10 x.vps
    sh_ok "$TRAIN -K 10 -L 1 --report report x.vps"
    assert_equal "$(value 1 size_min) $(value 1 size_max) $(value 1 mse_after) $(value all distinct)" "1 1 0 10"
}

@test "rq-cluster: fewer than twice as many vectors as clusters: 1 or 2 each" {
    crowds 10 x.vps
    sh_ok "$TRAIN -K 6 -L 2 --report report x.vps"
    assert_equal "$(value 1 size_min) $(value 1 size_max)" "1 2"
}

@test "rq-cluster: a number of vectors that clusters do not divide" {
    crowds 107 x.vps
    sh_ok "$TRAIN -K 10 -L 2 --report report x.vps"
    for level in 1 2; do
        assert [ "$(value $level size_min)" -ge 9 ]
        assert [ "$(value $level size_max)" -le 11 ]
    done
}

@test "rq-cluster: sizes that cannot hold the vectors" {
    crowds 10 x.vps
    sh_fails 2 "$TRAIN -K 4 -L 1 --size-max 2 -o {out} x.vps"
    assert_output --partial "cannot be shared out"
    sh_fails 2 "$TRAIN -K 4 -L 1 --size-min 3 -o {out} x.vps"
    assert_output --partial "cannot be shared out"
}

@test "rq-cluster: each vector five times" {
    awk -v OFS='\t' 'BEGIN { for (i = 0; i < 60; i++) print i, i % 12 * (i % 12), i % 3 }' |
        vec-convert --from tsv --to vps -o x.vps
    sh_ok "$TRAIN -K 12 -L 1 --size-min 5 --size-max 5 --report report x.vps"
    assert_equal "$(value all distinct) $(value all largest_group) $(value 1 mse_after)" "12 5 0"
    sh_ok "$TRAIN -K 7 -L 3 --report report x.vps"
    assert_equal "$(value all prefix_free)" 1
}

@test "rq-cluster: vectors without variance" {
    awk -v OFS='\t' 'BEGIN { for (i = 0; i < 50; i++) print i, 0.1, 0.2 }' | vec-convert --from tsv --to vps -o same.vps
    sh_ok "$TRAIN -K 7 -L 2 --report report same.vps"
    assert [ "$(value 1 size_min)" -ge 6 ]
    assert [ "$(value 1 size_max)" -le 8 ]
    sh_ok "$TRAIN -K 7 -L 2 --unbounded same.vps"
}

@test "rq-cluster: more equal vectors than codes: suffixes go on behind the last code" {
    awk -v OFS='\t' 'BEGIN { for (i = 0; i < 50; i++) print i, 1, 2 }' | vec-convert --from tsv --to vps -o same.vps
    sh_ok "$TRAIN -K 3 -L 1 --unbounded --report report same.vps | vec-view --all --columns suffix"
    assert_equal "$(value all largest_group)" 50
    assert_equal "$(tail -n +2 stdout | cut -f 2 | sort -n | tail -1)" 50
}

@test "rq-cluster: numbers that are none, and numbers too far apart" {
    printf '0\t1e30\n1\t-1e30\n2\t0\n' | vec-convert --from tsv --to vps -o huge.vps
    sh_fails 3 "$TRAIN -K 2 -L 1 -o {out} huge.vps"
    assert_output --partial "come near the end of 32-bit floats"
    python3 - << 'END'
import struct
for name, value in (("nan", float("nan")), ("inf", float("inf"))):
    with open(name + ".fvecs", "wb") as f:
        for i in range(4):
            f.write(struct.pack("<i2f", 2, 1.0, value if i == 2 else 3.0))
END
    for name in nan inf; do
        sh_fails 3 "vec-convert --to vps $name.fvecs | $TRAIN -K 1 -L 1 -o {out}"
        assert_output --partial "row 2"
    done
    # as a stream that does hold them
    python3 - "$ROOT" << 'END'
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("golden", sys.argv[1] + "/tests/tools/golden")
golden = importlib.util.module_from_spec(importlib.util.spec_from_loader("golden", loader))
loader.exec_module(golden)
for name, value in (("nan", float("nan")), ("inf", float("inf"))):
    rows = golden.payload(("u64", 1, [0, 1]), ("f32", 2, [(1, 0), (0, value)]))
    golden.write(name + ".vps", golden.member(golden.PAIR, [golden.block(0, 2, rows)], 2))
END
    for name in nan inf; do
        sh_fails 3 "$TRAIN -K 1 -L 1 -o {out} $name.vps"
        assert_output --partial "row 1"
    done
}

@test "rq-cluster: clusters by level" {
    crowds 100 x.vps
    sh_ok "$TRAIN -K 9,4,2 --report report x.vps"
    assert_equal "$(value 1 codes) $(value 2 codes) $(value 3 codes) $(value 4 codes)" "9 4 2 "
    sh_ok "$TRAIN -L 3 -K 9,4,2 x.vps"
    sh_fails 2 "$TRAIN -L 2 -K 9,4,2 -o {out} x.vps"
    assert_output --partial "3 numbers for 2 levels"
}

@test "rq-cluster: one level, and more than there are letters" {
    crowds 60 x.vps
    sh_ok "$TRAIN -K 6 -L 1 --report report --tokens tokens.json x.vps"
    assert_equal "$(value 1 codes) $(value 2 codes)" "6 "
    sh_ok "$TRAIN -K 2 -L 27 --report report -o codes.vps x.vps"
    assert_equal "$(value 27 codes) $(value 28 codes)" "2 "
    sh_fails 2 "rq-cluster --codes --tokens '{out}' codes.vps"
    assert_output --partial "tokens of 2"
    assert_output --partial "26th"
}

@test "rq-cluster: no vectors" {
    crowds 10 x.vps
    sh_ok "vec-convert --rows :0 x.vps -o none.vps"
    sh_fails 2 "$TRAIN -K 1 -L 1 -o {out} none.vps"
    assert_output --partial "1 clusters of 0 vectors"
    $TRAIN -K 3 -L 2 --codebooks books.vps -o codes.vps x.vps
    sh_ok "rq-cluster --apply books.vps none.vps > no-codes.vps"
    sh_ok "rq-cluster --decode books.vps no-codes.vps | vec-convert --to tsv"
    assert_equal "$(wc -c < stdout)" 0
    sh_ok "rq-cluster --codes --report report --tokens tokens.json --npy codes.npy no-codes.vps"
    assert_equal "$(value all items) $(value all collision_rate) $(cat tokens.json)" "0 0 {}"
    sh_ok "rq-cluster --codes --no-provenance codes.npy | vec-view --all"
    assert_equal "$(wc -l < stdout)" 1
}

@test "rq-cluster: arrays of NumPy in any order come to the same codes" {
    sh_ok "python3 -c '
import struct
rows = [[(i * 7 + j * 3) % 11 for j in range(3)] for i in range(40)]
def save(name, descr, fortran, values, form):
    head = repr({\"descr\": descr, \"fortran_order\": fortran, \"shape\": (40, 3)}).encode()
    head += b\" \" * (-(len(head) + 11) % 64) + b\"\\n\"
    open(name, \"wb\").write(b\"\\x93NUMPY\\1\\0\" + struct.pack(\"<H\", len(head)) + head + struct.pack(form % 120, *values))
flat, turned = [x for r in rows for x in r], [r[j] for j in range(3) for r in rows]
save(\"a.npy\", \"<f4\", False, flat, \"<%df\"), save(\"b.npy\", \"<f8\", True, turned, \"<%dd\")
save(\"c.npy\", \">f4\", False, flat, \">%df\")'"
    for name in a b c; do
        sh_ok "vec-convert --no-provenance --dtype f32 --to vps $name.npy | $TRAIN --no-provenance -K 5 -L 2"
        [ $name != a ] || mv stdout want
        [ $name = a ] || cmp want stdout
    done
}

