#!/usr/bin/env bats
# Codes in an index: --codes of hnsw-build, --rerank and ndc_code of hnsw-query.

load helper

# 2,500 vectors of dimension 70 and 100 queries, from 8 factors: base.vps, queries.vps, truth.vps.
setup() {
    helper_setup
    awk 'BEGIN {
        srand(9)
        for (f = 0; f < 8; f++)
            for (d = 0; d < 70; d++)
                factor[f, d] = rand() - 0.5
        for (i = 0; i < 2600; i++) {
            for (f = 0; f < 8; f++)
                x[f] = rand() - 0.5
            line = i
            for (d = 0; d < 70; d++) {
                sum = 0
                for (f = 0; f < 8; f++)
                    sum += x[f] * factor[f, d]
                line = line sprintf("\t%.4f", sum * (1 + d))
            }
            print line
        }
    }' > all.tsv
    vec-convert --from tsv --metric l2 --rows :2500 -o base.vps all.tsv
    vec-convert --from tsv --metric l2 --rows 2500: -o queries.vps all.tsv
    knn-exact -b base.vps -o truth.vps queries.vps
}

recall() { # INDEX OPTIONS AT-LEAST
    sh_ok "hnsw-query -x $1 $2 queries.vps | eval-recall --truth truth.vps --measures recall@10 --fail-under recall@10=$3"
}

# The sum of a column over all queries.
total() { # COLUMN STREAM
    vec-view --all --columns "$1" "$2" | awk 'NR > 1 { sum += $2 } END { print sum }'
}

@test "codes: as good as without, and the same bytes everywhere" {
    for codes in none sq8 sq4; do
        std_same_bytes_at_threads "hnsw-build --codes $codes base.vps"
        first=$(sha256sum < stdout)
        cp stdout $codes.hnsw
        sh_ok "vec-view --check $codes.hnsw"
        recall $codes.hnsw "-e 40" 0.99
        std_same_bytes_at_threads "hnsw-query -x $codes.hnsw queries.vps"
        answers=$(sha256sum < stdout)
        for isa in $(isas); do
            sh_ok "VECPIPE_ISA=$isa hnsw-build --codes $codes base.vps"
            assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
            sh_ok "VECPIPE_ISA=$isa hnsw-query -x $codes.hnsw queries.vps"
            assert_equal "$isa: $(sha256sum < stdout)" "$isa: $answers"
        done
    done
}

@test "codes: auto goes by number and dimension" {
    for case in "500 70 none" "2500 10 none" "2500 40 sq8" "2500 70 sq4"; do
        read -r n dim expected <<< "$case"
        cut -f "1-$((dim + 1))" all.tsv | head -n "$n" > some.tsv
        sh_ok "vec-convert --from tsv --metric l2 some.tsv | tee some.vps | hnsw-build --no-provenance > auto.hnsw"
        sh_ok "hnsw-build --no-provenance --codes $expected some.vps | cmp - auto.hnsw"
    done
}

@test "codes: distances are exact, and --rerank says how many are computed" {
    sh_ok "hnsw-build --codes sq4 -o base.hnsw base.vps"
    # the distance of every neighbour is the one that knn-exact gives
    sh_ok "hnsw-query -x base.hnsw -e 200 queries.vps > found.vps && knn-exact -b base.vps -k 50 queries.vps > wide.vps"
    vec-view --all --format json --columns id,nn,dist found.vps > found.json
    vec-view --all --format json --columns id,nn,dist wide.vps > wide.json
    run python3 - <<'END'
import json
for found, wide in zip(open("found.json"), open("wide.json")):
    found, wide = json.loads(found), json.loads(wide)
    known = dict(zip(wide["nn"], wide["dist"]))
    assert found["id"] == wide["id"] and all(known.get(nn, dist) == dist for nn, dist in zip(found["nn"], found["dist"]))
    assert sum(nn in known for nn in found["nn"]) >= 9
END
    assert_success
    for case in "1 10" "1.5 15" "2 20" "3.05 31" "100 64"; do
        read -r factor expected <<< "$case"
        sh_ok "hnsw-query -x base.hnsw --rerank $factor queries.vps > found.vps"
        exact=$(($(total ndc found.vps) - $(total ndc_code found.vps)))
        assert_equal "$factor: $exact" "$factor: $((100 * expected))"
    done
    sh_ok "hnsw-query -x base.hnsw queries.vps > a; hnsw-query -x base.hnsw --rerank 2 queries.vps > b"
    assert_equal "$(vec-view --all a)" "$(vec-view --all b)"
    # as wide as the base, exact
    sh_ok "hnsw-query -x base.hnsw -e 2500 queries.vps | vec-view --all --columns id,nn,dist - > a"
    sh_ok "vec-view --all --columns id,nn,dist truth.vps | cmp - a"
    # without codes there is no column for them
    sh_ok "hnsw-build --codes none -o plain.hnsw base.vps && hnsw-query -x plain.hnsw queries.vps | vec-view --header -"
    run grep -c ndc_code stdout
    assert_output 0
}

@test "codes: mistakes on the command line" {
    sh_fails 2 "hnsw-build --codes sq5 base.vps"
    sh_fails 2 "hnsw-query -x base.hnsw --rerank 0.5 queries.vps"
    sh_fails 2 "hnsw-query -x base.hnsw --rerank nan queries.vps"
}

@test "codes: damage is found where all is read" {
    sh_ok "hnsw-build --codes sq8 base.vps > base.hnsw"
    size=$(stat -c %s base.hnsw)
    for back in 5000 50000 150000; do
        cp base.hnsw bad.hnsw
        byte=$(od -An -tu1 -j $((size - back)) -N 1 bad.hnsw)
        printf '%b' "\\x$(printf %02x $((byte ^ 16)))" | dd of=bad.hnsw bs=1 seek=$((size - back)) conv=notrunc status=none
        sh_fails 3 "vec-view --check bad.hnsw"
        sh_fails 3 "hnsw-query --load copy -x bad.hnsw queries.vps"
        sh_ok "hnsw-query --load mmap -x bad.hnsw queries.vps"
    done
}
