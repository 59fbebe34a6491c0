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
    for isa in $(isas); do
        while read -r sum set role; do
            sh_ok "export VECPIPE_ISA=$isa; vec-synth --count 300 --dim 43 --set $set --role $role --clusters 9 --no-provenance |
                vec-view --text"
            assert_equal "$isa $set $role $(sha256sum < stdout | cut -c 1-16)" "$isa $set $role $sum"
        done << EOS
a2b6b54c99f7bc35 clusters base
7e536291a1095628 clusters queries
8a6a6d9e356b3a54 clusters ood-queries
cb21b707cceba56e sphere base
f341bd4545f1889a sphere queries
afda9eecb088ea19 latent base
1d5709bfb6e37450 latent queries
3c7519c0cf5cf6ba latent ood-queries
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

@test "vec-synth: a report, the same by any thread and instruction set" {
    local isa
    sh_ok "vec-synth --count 3 --dim 12 --set latent --report want -o all.vps"
    assert_equal "$(cut -f 1 want | tr '\n' ' ')" "sample.base sample.fitted sample.queries mahalanobis.queries \
mahalanobis.ood-queries mahalanobis.ratio spread@10.queries spread@10.ood-queries spread@10.ratio spread@100.queries \
spread@100.ood-queries spread@100.ratio "
    awk '$1 ~ /ratio/ && !($2 > 1.02) { print "not farther: " $0; exit 1 }' want
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa vec-synth -t 1 --count 7 --dim 12 --set latent --role queries --report - -o /dev/null"
        cmp want stdout
    done
}

@test "vec-synth: the neighbours that knn-exact finds are as far from each other as the report says" {
    sh_ok "vec-synth --count 100000 --dim 12 --set latent -o base.vps"
    sh_ok "vec-synth --count 500 --dim 12 --set latent --role ood-queries --report report -o q.vps"
    sh_ok "knn-exact -b base.vps -k 10 q.vps | vec-convert --to tsv"
    vec-convert --to tsv -o base.tsv base.vps
    python3 - << 'EOF'
import itertools, math
base = [[float(x) for x in line.split()[1:]] for line in open("base.tsv")]
said = dict(line.split() for line in open("report"))
total = 0
for line in open("stdout"):
    found = [base[int(i)] for i in line.split()[1:]]
    total += sum(math.dist(a, b) for a, b in itertools.combinations(found, 2)) / 45 / 500
assert abs(total / float(said["spread@10.ood-queries"]) - 1) < 1e-4, (total, said)
EOF
}

@test "vec-synth: reports that cannot be" {
    sh_fails 2 "vec-synth --count 1 --set sphere --report '$PWD/report' -o {out}"
    sh_fails 2 "vec-synth --count 1 --dim 3000 --clusters 2 --report '$PWD/report' -o {out}"
    assert_output --partial 2048
    sh_fails 2 "vec-synth --count 1 --dim 8 --spread 0 --clusters 5 --report '$PWD/report' -o {out}"
    assert_output --partial "--spread is too small"
    sh_fails 2 "vec-synth --count 1 --dim 8 --report -"
    sh_fails 4 "vec-synth --count 1 --dim 8 --report /dev/full -o {out}"
    sh_fails 4 "vec-synth --count 1 --dim 8 --report '$PWD/no/report' -o {out}"
    assert [ ! -e report ]
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
