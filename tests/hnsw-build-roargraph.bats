#!/usr/bin/env bats
# hnsw-build --method roargraph: by what queries look for.

load helper
load hnsw-query

@test "roargraph: the same bytes at any number of threads and instruction set, and a sound index" {
    world 1500 400 12
    std_same_bytes_at_threads "hnsw-build --method roargraph --queries queries.vps -M 6 -c 40 base.vps"
    first=$(sha256sum < stdout)
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa hnsw-build --method roargraph --queries queries.vps -M 6 -c 40 base.vps"
        assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
    done
    mv stdout roar.hnsw
    sh_ok "vec-view --check roar.hnsw"
}

@test "roargraph: with ef of the base's size the answers are knn-exact's; both parents are named" {
    world 500 60 3
    for metric in l2 ip cosine; do
        sh_run "hnsw-build --method roargraph --queries queries.vps --metric $metric -M 5 -c 30 -o m.hnsw base.vps"
        [ "$status" = 0 ] || continue      # a zero vector has no cosine
        sh_ok "knn-exact -b base.vps --metric $metric -k 10 --force -o truth.vps queries.vps"
        sh_ok "hnsw-query -x m.hnsw -k 10 -e 500 --force -o found.vps queries.vps"
        answers truth.vps > want
        answers found.vps | cmp want -
    done
    sh_ok "hnsw-build --method roargraph --queries queries.vps -o m.hnsw base.vps && vec-view --header m.hnsw"
    assert_regex "$(cat stdout)" '@program [0-9]+ [0-9]+,[0-9]+ hnsw-build'
    assert_regex "$(vec-view --stat m.hnsw)" 'layers	1'
}

@test "roargraph: held-out queries of another kind are found with less work than by HNSW" {
    [ -n "${VECPIPE_TESTDATA:-}" ] || skip "no VECPIPE_TESTDATA"
    data=$VECPIPE_TESTDATA/bge-micro
    sh_ok "vec-convert --metric ip --rows :6000 -o base.vps $data/notes.base.fvecs"
    sh_ok "vec-convert --metric ip --rows :800 -o train.vps $data/other.queries.fvecs"
    sh_ok "vec-convert --metric ip --rows 800: -o test.vps $data/other.queries.fvecs"
    sh_ok "knn-exact -b base.vps -o truth.vps test.vps"
    sh_ok "hnsw-build -M 24 --codes none -o hnsw.hnsw base.vps"
    sh_ok "hnsw-build --method roargraph --queries train.vps -M 16 --codes none -o roar.hnsw base.vps"
    for x in hnsw roar; do
        sh_ok "hnsw-query -x $x.hnsw --reach recall@10=0.97 --truth truth.vps --report $x.tsv -o found.vps test.vps"
    done
    ndc() { tail -n 1 "$1" | cut -f 4; }
    awk -v a="$(ndc roar.tsv)" -v b="$(ndc hnsw.tsv)" 'BEGIN { print a, b; exit !(a < b) }'
}

@test "roargraph: small sets, and what does not belong together" {
    world 40 7 3
    for n in 0 1 2 3 17; do
        sh_ok "vec-convert --rows :$n base.vps | hnsw-build --method roargraph --queries queries.vps -M 2 -c 10 -o n.hnsw"
        sh_ok "vec-view --check n.hnsw"
        assert_equal "$(cat stdout)" "n.hnsw: ok, an index, $n nodes"
    done
    sh_fails 2 "hnsw-build --method roargraph -o {out} base.vps"
    assert_output --partial "--queries"
    sh_fails 2 "hnsw-build --queries queries.vps -o {out} base.vps"
    sh_fails 3 "vec-convert --rows 0:0 queries.vps | hnsw-build --method roargraph --queries - -o {out} base.vps"
    assert_output --partial "no queries"
    printf '0\t1\t2\n' | vec-convert --from tsv --metric l2 --to vps -o two.vps
    sh_fails 3 "hnsw-build --method roargraph --queries two.vps -o {out} base.vps"
    assert_output --partial "dimension"
    std_truncated "hnsw-build --method roargraph --queries {} -o {out} base.vps" queries.vps
    std_flipped "hnsw-build --method roargraph --queries {} -o {out} base.vps" queries.vps
    std_foreign "hnsw-build --method roargraph --queries {} -o {out} base.vps"
}
