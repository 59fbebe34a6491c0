#!/usr/bin/env bats
# rq-cluster: what training gives: sizes, the same bytes everywhere, mistakes.

load helper
load rq-cluster

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
    # where nothing is certified, nothing is said of it
    sh_ok "rq-cluster -K 4 -L 2 --n-init 1 --unbounded x.vps"
    refute_output --partial "certified"
    assert_output --partial "60 vectors, "
}

@test "rq-cluster: the same bytes at any number of threads, instruction set, and memory for costs" {
    crowds 1500 x.vps
    std_same_bytes_at_threads "$TRAIN -K 16,20 --codebooks books.vps {t} x.vps && cat books.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa $TRAIN -K 16,20 --codebooks books.vps x.vps && cat books.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
    # costs, 96 KB of the first level, do not fit any more
    sh_ok "$TRAIN -K 16,20 --max-memory 450K --codebooks books.vps x.vps && cat books.vps"
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

@test "rq-cluster: mistakes on the command line" {
    crowds 60 x.vps
    for words in "-K 0" "-K 4,x" "-K 4, " "-K 70000" "-L 0" "-L 2 -K 4,4,4" "--tol -1" "--cost l3" "--unbounded --size-min 2" \
        "--apply a --decode b" "--apply a --report r" "--codes --codebooks c" "--codes --resolve reassign" "--codes x.vps" \
        "-K 5000 -L 1" "--beam 2" "--apply a -K 4" "--apply a --resolve none" "--decode a --resolve none" \
        "--decode a --beam 2" "--decode a --first-code 0"; do
        sh_fails 2 "rq-cluster $words x.vps"
    done
    # two outputs in one place; a device is one for all
    for words in "--report -" "--tokens {out} --npy {out}" "-o {out} --codebooks {out}" "-o {out} --report a --npz a"; do
        sh_fails 2 "rq-cluster -K 4 $words x.vps"
        assert_output --partial "two outputs go to "
    done
    sh_ok "$TRAIN -K 4 -L 1 -o /dev/null --report /dev/null --npz /dev/null x.vps"
    # what has no effect is not passed over in silence
    for words in "-L 3" "--size-min 1" "--size-max 9" "--unbounded" "--cost sq" "--n-init 3" "--max-iter 9" "--tol 0" "--time"; do
        for mode in "--apply a" "--decode a" "--codes"; do
            sh_fails 2 "rq-cluster $mode $words x.vps"
            assert_output --partial "of training"
        done
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
