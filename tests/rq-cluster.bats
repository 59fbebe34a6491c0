#!/usr/bin/env bats
# rq-cluster: sizes, collisions, codes there and back, the same bytes everywhere, and the edges.

load helper

# Vectors of a few crowds: N rows of dimension 12.
crowds() { # N FILE
    vec-synth --count "$1" --dim 12 --clusters 7 --no-provenance -o "$2"
}

# A value of a report.
value() { awk -F'\t' -v level="$1" -v measure="$2" '$1 == level && $2 == measure { print $3 }' report; }

# TRAIN: few iterations, so that tests are quick.
TRAIN="rq-cluster -q --n-init 1 --max-iter 6"

@test "rq-cluster: help, options, a full device, closed descriptors" {
    std_help rq-cluster
    std_unknown_option rq-cluster
    crowds 60 x.vps
    std_dev_full "$TRAIN -K 4 -L 2 x.vps"
    std_closed_stdio "$TRAIN -K 4 -L 2 x.vps" "$TRAIN -K 4 -L 2"
    std_readonly_target "$TRAIN -K 4 -L 2 -o {out} $PWD/x.vps"
    crowds 20000 large.vps
    std_sigpipe "$TRAIN -K 2 -L 9 --unbounded large.vps"
}

@test "rq-cluster: sizes within their bounds, by default and as told" {
    crowds 1003 x.vps
    sh_ok "$TRAIN -K 16 -L 3 --report report x.vps"
    for level in 1 2 3; do
        assert_equal "$(value $level codes_used) $(value $level codes)" "16 16"
        assert [ "$(value $level size_min)" -ge 61 ]
        assert [ "$(value $level size_max)" -le 63 ]
        assert [ "$(value $level assignments_certified)" -ge 2 ]
    done
    sh_ok "$TRAIN -K 5,3 --size-min 100 --size-max 400 --report report x.vps"
    assert_equal "$(value 1 codes) $(value 2 codes) $(value 3 codes)" "5 3 "
    for level in 1 2; do
        assert [ "$(value $level size_min)" -ge 100 ]
        assert [ "$(value $level size_max)" -le 400 ]
    done
    sh_ok "$TRAIN -K 16 -L 1 --cost l2 --report report x.vps"
    assert [ "$(value 1 size_max)" -le 63 ]
    sh_ok "$TRAIN -K 16 -L 1 --unbounded --report report x.vps"
    assert [ "$(value 1 size_max)" -gt 63 ]
    assert_equal "$(value 1 assignments_certified)" 0
    assert_equal "$(value 1 mse_after)" "$(value 1 mse_nearest)"
}

@test "rq-cluster: the summary says that certificates held, and --quiet is quiet" {
    crowds 60 x.vps
    sh_ok "rq-cluster -K 4 -L 2 --n-init 1 x.vps"
    assert_regex "$output" "[0-9]+ assignments, each certified optimal; 60 vectors, [0-9]+ different codes"
    sh_ok "rq-cluster -q -K 4 -L 2 --n-init 1 x.vps"
    assert_equal "$output" ""
}

@test "rq-cluster: the same bytes at any number of threads, instruction set, and memory for costs" {
    crowds 1500 x.vps
    std_same_bytes_at_threads "$TRAIN -K 16,20 --codebooks books.vps {t} x.vps && cat books.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa $TRAIN -K 16,20 --codebooks books.vps x.vps && cat books.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
    # 96 KB of costs do not fit any more
    sh_ok "$TRAIN -K 16,20 --max-memory 510K --codebooks books.vps x.vps && cat books.vps"
    assert_equal "$(sha256sum < stdout)" "$first"
    sh_fails 4 "$TRAIN -K 16,20 --max-memory 200K -o {out} x.vps"
    assert_output --partial "--max-memory allows"
    sh_ok "$TRAIN -K 16 -L 2 --unbounded x.vps"
    first=$(sha256sum < stdout)
    sh_ok "VECPIPE_ISA=scalar $TRAIN -t 1 -K 16 -L 2 --unbounded x.vps"
    assert_equal "$(sha256sum < stdout)" "$first"
}

@test "rq-cluster: --seed and --n-init" {
    crowds 500 x.vps
    sh_ok "$TRAIN --no-provenance -K 8 -L 1 x.vps"
    mv stdout a
    sh_ok "$TRAIN --no-provenance -K 8 -L 1 --seed 42 x.vps"
    cmp a stdout
    sh_ok "$TRAIN --no-provenance -K 8 -L 1 --seed 7 x.vps"
    refute cmp -s a stdout
    sh_ok "$TRAIN -K 8 -L 1 --report report x.vps"
    one=$(value 1 inertia)
    sh_ok "rq-cluster -q --max-iter 6 --n-init 4 -K 8 -L 1 --report report x.vps"
    assert [ "$(awk -v a="$(value 1 inertia)" -v b="$one" 'BEGIN { print (a <= b) }')" = 1 ]
}

@test "rq-cluster: codes, codebooks and vectors agree" {
    crowds 400 x.vps
    sh_ok "$TRAIN --unbounded -K 8 -L 3 --resolve none --no-provenance --report report --codebooks books.vps -o codes.vps x.vps"
    # nearest centres again
    sh_ok "rq-cluster --apply books.vps --no-provenance x.vps"
    cmp codes.vps stdout
    std_same_bytes_at_threads "rq-cluster --apply books.vps --beam 5 x.vps"
    mv stdout beam.vps
    for codes in codes beam; do
        sh_ok "rq-cluster --decode books.vps $codes.vps | vec-convert --to tsv"
        mv stdout $codes.tsv
    done
    sh_ok "vec-convert --to tsv x.vps"
    error() { paste stdout "$1" | awk '{ for (j = 2; j <= 13; j++) sum += ($j - $(j + 13)) ^ 2 } END { print sum / NR / 12 }'; }
    assert [ "$(awk -v a="$(error codes.tsv)" -v b="$(value all mse)" 'BEGIN { print (a > .9999 * b && a < 1.0001 * b) }')" = 1 ]
    # a wider search leaves less, over all
    assert [ "$(awk -v a="$(error beam.tsv)" -v b="$(error codes.tsv)" 'BEGIN { print (a < b) }')" = 1 ]
    sh_ok "vec-view --header books.vps"
    assert_regex "$(cat stdout)" '@meta levels 8,8,8'
    sh_ok "vec-convert --to tsv books.vps"
    assert_equal "$(wc -l < stdout)" 24
}

@test "rq-cluster: suffixes make codes unique and free of prefixes" {
    crowds 600 x.vps
    sh_ok "$TRAIN -K 6 -L 2 --report report x.vps | vec-view --all --columns code,suffix"
    tail -n +2 stdout | cut -f 2,3 | python3 -c '
import sys, collections
rows = [line.split() for line in sys.stdin]
groups = collections.defaultdict(list)
for code, suffix in rows:
    groups[code].append(int(suffix))
for code, suffixes in groups.items():
    assert suffixes == ([0] if len(suffixes) == 1 else list(range(1, len(suffixes) + 1))), (code, suffixes)
large = [len(g) for g in groups.values() if len(g) > 1]
print(len(groups), len(large), sum(large), max(large))' > want
    assert_equal "$(value all distinct) $(value all duplicate_groups) $(value all items_in_groups) $(value all largest_group)" \
        "$(cat want)"
    sh_ok "$TRAIN -K 6 -L 2 --resolve none x.vps | rq-cluster --codes --resolve none | vec-view --all --columns suffix"
    assert_equal "$(tail -n +2 stdout | cut -f 2 | sort -u)" 0
}

@test "rq-cluster: --resolve reassign and sinkhorn" {
    crowds 600 x.vps
    sh_ok "$TRAIN -K 16 -L 3 --report report x.vps"
    before=$(value all distinct)
    assert [ "$before" -lt 600 ]
    sh_ok "$TRAIN -K 16 -L 3 --resolve reassign --report report x.vps"
    assert_equal "$(value trained distinct)" "$before"
    assert_equal "$(value all distinct)" 600
    assert [ "$(value all reassigned)" -gt 0 ]
    sh_ok "$TRAIN -K 16 -L 3 --resolve sinkhorn --report report x.vps"
    assert [ "$(value all distinct)" -gt "$before" ]
    std_same_bytes_at_threads "$TRAIN -K 16 -L 3 --resolve reassign x.vps"
    std_same_bytes_at_threads "$TRAIN -K 16 -L 3 --resolve sinkhorn x.vps"
    # equal vectors: only the exact way parts them, as far as there are codes; the rest get suffixes
    vec-convert --rows :1 -o one.vps x.vps
    vec-convert --to tsv one.vps | awk -v OFS='\t' '{ for (i = 0; i < 10; i++) { $1 = i; print } }' |
        vec-convert --from tsv --to vps -o same.vps
    sh_ok "$TRAIN -K 4 -L 1 --unbounded --resolve reassign --report report same.vps | vec-view --all --columns suffix"
    assert_equal "$(value all distinct) $(value all largest_group)" "4 3"
    assert_equal "$(tail -n +2 stdout | cut -f 2 | sort -n | tail -1)" 3
}

@test "rq-cluster: tokens as MiniOneRec reads them" {
    printf '0\t0\n1\t0\n2\t9\n' | vec-convert --from tsv --to vps -o x.vps
    sh_ok "$TRAIN -K 2 -L 1 --tokens a.json -o codes.vps x.vps"
    sh_ok "rq-cluster --codes --tokens b.json --first-code 0 codes.vps"
    sh_ok "python3 -c '
import json
a, b = json.load(open(\"a.json\")), json.load(open(\"b.json\"))
assert open(\"a.json\").read() == json.dumps(a, indent=2) + \"\\n\"
assert list(a) == [\"0\", \"1\", \"2\"] and len(a[\"0\"]) == 2 and len(a[\"2\"]) == 1
assert a[\"0\"][1] == \"<b_1>\" and a[\"1\"][1] == \"<b_2>\"
assert {a[\"0\"][0], a[\"2\"][0]} == {\"<a_1>\", \"<a_2>\"} and {b[\"0\"][0], b[\"2\"][0]} == {\"<a_0>\", \"<a_1>\"}'"
    # letters end
    sh_ok "$TRAIN -K 2 -L 27 -o codes.vps x.vps"
    sh_fails 2 "rq-cluster --codes --tokens '{out}' codes.vps"
    assert_output --partial "26th"
}

@test "rq-cluster: edges: few vectors, equal ones, one level, none" {
    crowds 10 x.vps
    sh_fails 2 "$TRAIN -K 11 -L 1 -o {out} x.vps"
    assert_output --partial "11 clusters of 10 vectors"
    sh_ok "$TRAIN -K 10 -L 1 --report report x.vps"
    assert_equal "$(value 1 size_min) $(value 1 size_max) $(value 1 mse_after) $(value all distinct)" "1 1 0 10"
    sh_ok "$TRAIN -K 6 -L 2 --report report x.vps"        # N < 2 K: 1 to 2 each
    assert_equal "$(value 1 size_min) $(value 1 size_max)" "1 2"
    sh_fails 2 "$TRAIN -K 4 -L 1 --size-max 2 -o {out} x.vps"
    assert_output --partial "cannot be shared out"
    sh_ok "vec-convert --rows :0 x.vps -o none.vps"
    sh_fails 2 "$TRAIN -K 1 -L 1 -o {out} none.vps"
    # no variance
    awk -v OFS='\t' 'BEGIN { for (i = 0; i < 50; i++) print i, 0.1, 0.2 }' | vec-convert --from tsv --to vps -o same.vps
    sh_ok "$TRAIN -K 7 -L 2 --report report same.vps"
    assert [ "$(value 1 size_min)" -ge 6 ]
    assert [ "$(value 1 size_max)" -le 8 ]
    sh_ok "$TRAIN -K 7 -L 2 --unbounded same.vps"
    # not a number, too large a number
    printf '0\t1e30\n1\t-1e30\n2\t0\n' | vec-convert --from tsv --to vps -o huge.vps
    sh_fails 3 "$TRAIN -K 2 -L 1 -o {out} huge.vps"
    printf '0\tnan\n' | vec-convert --from tsv --to vps -o nan.vps || return 0
    sh_fails 3 "$TRAIN -K 1 -L 1 -o {out} nan.vps"
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

@test "rq-cluster: damaged inputs" {
    crowds 200 x.vps
    $TRAIN -K 5 -L 2 --codebooks books.vps -o codes.vps x.vps
    std_truncated "rq-cluster --apply {} -o {out} x.vps" books.vps
    std_flipped "rq-cluster --apply {} -o {out} x.vps" books.vps
    std_truncated "rq-cluster --codes -o {out} {}" codes.vps
    std_flipped "rq-cluster --decode books.vps -o {out} {}" codes.vps
    std_foreign "$TRAIN -K 5 -L 1 -o {out} {}"
    std_foreign "rq-cluster --codes -o {out} {}"
    std_killed_upstream "$TRAIN -K 5 -L 1 -o {out}" x.vps
    sh_fails 3 "rq-cluster --apply x.vps -o {out} x.vps"
    assert_output --partial "no codebooks"
    sh_fails 3 "rq-cluster --codes -o {out} x.vps"
    assert_output --partial "expected codes"
    sh_fails 3 "$TRAIN -o {out} codes.vps"
    vec-convert --rows :9 -o part.vps books.vps
    sh_fails 3 "rq-cluster --apply part.vps -o {out} x.vps"
    assert_output --partial "as many as @meta levels"
    $TRAIN -K 4 -L 2 --codebooks small.vps -o small-codes.vps x.vps
    sh_fails 3 "rq-cluster --decode small.vps -o {out} codes.vps"
    assert_output --partial "whose codebook has 4"
    vec-synth --count 5 --dim 3 -o other.vps
    sh_fails 3 "rq-cluster --apply books.vps -o {out} other.vps"
}

@test "rq-cluster: mistakes on the command line" {
    crowds 60 x.vps
    for words in "-K 0" "-K 4,x" "-K 4, " "-K 70000" "-L 0" "-L 2 -K 4,4,4" "--tol -1" "--cost l3" "--unbounded --size-min 2" \
        "--apply a --decode b" "--apply a --report r" "--codes --codebooks c" "--codes --resolve reassign" "--codes x.vps" \
        "-K 5000 -L 1"; do
        sh_fails 2 "rq-cluster $words x.vps"
    done
}

@test "rq-cluster: real vectors" {
    testdata bge-micro
    sh_ok "vec-convert --rows :3000 --metric ip '$DATA/notes.base.fvecs' --to vps -o x.vps"
    sh_ok "$TRAIN -K 32 -L 2 --report report x.vps"
    for level in 1 2; do
        assert [ "$(value $level size_min)" -ge 92 ]
        assert [ "$(value $level size_max)" -le 94 ]
        assert [ "$(awk -v a="$(value $level mse_nearest)" -v b="$(value $level mse_after)" 'BEGIN { print (a < b) }')" = 1 ]
    done
}
