# vec-synth.
load helper

@test "vec-synth: help, options, a full device, closed descriptors, a closed pipe" {
    std_help vec-synth
    std_unknown_option vec-synth
    std_dev_full "vec-synth --count 100"
    std_closed_stdio "vec-synth --count 100"
    std_sigpipe "vec-synth --count 10000"
    std_readonly_target "vec-synth --count 100 -o {out}"
}

# Generated numbers are part of what is promised: a change of these sums is a change of the format of seeds.
@test "vec-synth: golden sums, on any CPU" {
    local isa set role sum
    for isa in scalar avx2 avx512 neon; do
        VECPIPE_ISA=$isa vec-synth --count 1 > /dev/null 2>&1 || continue
        while read -r sum set role; do
            sh_ok "export VECPIPE_ISA=$isa; vec-synth --count 300 --dim 43 --set $set --role $role --clusters 9 --no-provenance |
                vec-view --text"
            assert_equal "$isa $set $role $(sha256sum < stdout | cut -c 1-16)" "$isa $set $role $sum"
        done << EOS
a2b6b54c99f7bc35 clusters base
7e536291a1095628 clusters queries
38e721abb6c42622 clusters ood-queries
cb21b707cceba56e sphere base
f341bd4545f1889a sphere queries
86ca1162961c7c0c latent base
44b333296085c2c7 latent queries
3872cfdfd9a6f627 latent ood-queries
EOS
    done
}

@test "vec-synth: the same bytes at any number of threads" {
    local set
    for set in clusters sphere latent; do
        std_same_bytes_at_threads "vec-synth --count 5000 --dim 100 --set $set"
    done
    std_same_bytes_at_threads "vec-synth --count 5000 --dim 100 --role ood-queries"
}

@test "vec-synth: any part of a set is the same rows, and parts follow each other" {
    sh_ok "vec-synth --count 3000 --dim 300 --set latent --no-provenance -o all.vps"
    sh_ok "vec-synth --count 1000 --dim 300 --set latent --no-provenance -o a.vps"
    sh_ok "vec-synth --count 2000 --dim 300 --set latent --no-provenance --first-id 1000 -o b.vps"
    sh_ok "cat a.vps b.vps | vec-convert --no-provenance | cmp - all.vps"
    sh_ok "vec-synth --count 1 --dim 1 --first-id 140737488355328 | vec-view --all --columns id"
    assert_equal "$(tail -1 stdout)" 140737488355328
}

@test "vec-synth: what the stream says of itself" {
    sh_ok "vec-synth --count 2 --dim 3 --set sphere --role queries --metric ip | vec-view --text"
    assert_regex "$(cat stdout)" '@column vec f32 3'
    assert_regex "$(cat stdout)" '@meta metric ip'
    assert_regex "$(cat stdout)" '@meta normalised 1'
    assert_regex "$(cat stdout)" '@meta role query'
    assert_regex "$(cat stdout)" '@program.*vec-synth --count 2 --dim 3 --set sphere --role queries --metric ip'
    sh_ok "vec-synth --count 2 --dim 3 | vec-view --text"
    assert_regex "$(cat stdout)" '@meta metric l2'
    assert_regex "$(cat stdout)" '@meta role passage'
    refute [ "$(grep -c '@meta normalised' stdout)" != 0 ]
}

@test "vec-synth: queries belong to the base of their seed and numbers alone" {
    sh_ok "vec-synth --count 500 --dim 16 --clusters 5 -o base.vps"
    sh_ok "vec-synth --count 50 --dim 16 --clusters 5 --role ood-queries --gap 2 | knn-exact -b base.vps -k 3"
    for other in "--clusters 5 --seed 2" "--clusters 6" "--clusters 5 --spread 0.4" "--set latent"; do
        sh_run "vec-synth --count 50 --dim 16 $other --role queries | knn-exact -b base.vps -k 3"
        assert_equal "$other: $status" "$other: 3"
        assert_output --partial "space"
    done
}

@test "vec-synth: mistakes on the command line" {
    sh_fails 2 "vec-synth -o {out}"
    sh_fails 2 "vec-synth --count 0 -o {out}"
    sh_fails 2 "vec-synth --count 10 --dim 0 -o {out}"
    sh_fails 2 "vec-synth --count 10 -o {out} base.vps"
    sh_fails 2 "vec-synth --count 10 --spread -1 -o {out}"
    sh_fails 2 "vec-synth --count 10 --set sphere --role ood-queries -o {out}"
    assert_output --partial "out of its distribution"
    sh_fails 2 "vec-synth --count 10 --dim 1000000 --clusters 1000 -o {out}"
    assert_output --partial "1 GiB"
}

@test "vec-synth: large rows and many rows in bounded memory" {
    std_ulimit "vec-synth --count 3 --dim 1048576 --set sphere -t 2 | vec-view --check" 400000
    std_ulimit "vec-synth --count 20000 --dim 1024 --set latent -t 2 | vec-view --check" 400000
}
