#!/usr/bin/env bats
# bt-negsample: its neighbours against knn-exact's, the same bytes everywhere, and inputs that do not fit.

load helper
load bt-negsample

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
    for words in "--count 3" "--random-rate 0" "--positives p" "--margin 2" "--skip-top 1" "--from point" "--no-duplicates" \
        "--decay 0" "--epoch 0" "--compat none"; do
        sh_fails 2 "bt-negsample --knn $words --point point.vps -o {out} queries.vps"
        assert_output --partial "are of negatives"
    done
    sh_fails 2 "bt-negsample -k 3 --radius 1 --point point.vps -o {out} queries.vps"
    assert_output --partial "-k is of --knn"
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
