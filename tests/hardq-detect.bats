#!/usr/bin/env bats
# hardq-detect: hard queries out of all.

load helper

# 2,000 base vectors, 200 queries of another distribution: base.vps, queries.vps, index.hnsw, truth.vps.
world() {
    vec-synth --set latent --count 2000 --dim 24 --seed 5 --metric l2 -o base.vps
    vec-synth --set latent --role ood-queries --count 200 --dim 24 --seed 5 --metric l2 -o queries.vps
    hnsw-build -M 6 -c 40 -o index.hnsw base.vps 2> build.log
    knn-exact -b base.vps -k 10 -o truth.vps queries.vps
}

# Columns of a stream, one row a line, without the head.
columns() { # COLUMNS FILE
    vec-view --all --columns "$1" "$2" | tail -n +2
}

@test "help, unknown options, misuse" {
    std_help hardq-detect
    std_unknown_option hardq-detect
    world
    sh_fails 2 "hardq-detect -x index.hnsw -k 20 -e 10 -o {out} queries.vps"
    assert_output --partial "--ef 10 is less than -k 20"
    for top in 0% 101% 10.5 x%; do sh_fails 2 "hardq-detect -x index.hnsw --top $top -o {out} queries.vps"; done
    sh_fails 2 "hardq-detect -x index.hnsw --all --top 5% -o {out} queries.vps"
    assert_output --partial "one of them"
    sh_fails 2 "hardq-detect -x index.hnsw --score model -o {out} queries.vps"
    sh_fails 2 "hardq-detect -x index.hnsw -k 257 --score eh -o {out} queries.vps"
    assert_output --partial "-k is 257, expected 256 at most"
    sh_fails 2 "hardq-detect -x index.hnsw --evaluate -o {out} queries.vps"
    sh_fails 2 "hardq-detect -x index.hnsw --cascade --score jitter -o {out} queries.vps"
    sh_fails 2 "hardq-detect -x index.hnsw --rule upstream --score jitter -o {out} queries.vps"
    sh_fails 2 "hardq-detect -x index.hnsw -k 11 --all --truth truth.vps -o {out} queries.vps"
    assert_output --partial "truth.vps: has 10 neighbours of a query, -k is 11"
}

@test "all: the features are those of the search, the vectors are kept, recall is eval-recall's" {
    world
    sh_ok "hardq-detect -x index.hnsw -e 12 --all --truth truth.vps --score stability -o all.vps queries.vps"
    vec-view --check all.vps
    ndc=$(columns ndc all.vps | awk '{ s += $2 } END { printf "%.1f", s / NR }')
    assert_output --partial "200 of 200 queries passed; a query took $ndc distances, and "
    trace=t_last,n_inserts,r_visit,r_early,d_first,d_early,d_final,d_best_cand,delta_improve
    sh_ok "hnsw-query -x index.hnsw -e 12 --trace queries.vps | vec-view --all --columns ndc,hops,$trace - | cut -f 2- > want"
    sh_ok "columns() { vec-view --all --columns \$1 all.vps | cut -f 2-; }; columns ndc,hops,$trace | cmp want -"
    sh_ok "vec-convert --columns id,vec all.vps --to npy -o a.npy && vec-convert --to npy -o b.npy queries.vps && cmp a.npy b.npy"
    mean=$(columns recall all.vps | awk '{ s += $NF } END { printf "%.4f", s / NR }')
    sh_ok "hnsw-query -x index.hnsw -e 12 queries.vps | eval-recall --truth truth.vps --measures recall@10 --format json"
    assert_regex "$(cat stdout)" "\"recall@10\": ${mean%0}"
    sh_ok "vec-view --header all.vps"
    assert_equal "$(grep -o '^@column [a-z_]*' stdout | tail -4 | cut -d' ' -f2 | xargs)" "upstream trace stability recall"
    assert_equal "$(grep -E '^@(kind|meta (k|ef|metric))' stdout | xargs)" "@kind features @meta ef 12 @meta k 10 @meta metric l2"
    # a filter of filters: what it writes it reads
    sh_ok "hardq-detect -x index.hnsw -e 12 --score stability --all all.vps | vec-convert --columns id,trace,stability - > again"
    sh_ok "vec-convert --columns id,trace,stability all.vps | vec-view --all - > a && vec-view --all again | cmp a -"
}

@test "top, threshold: the same queries, in their order" {
    world
    hardq-detect -q -x index.hnsw --all -o all.vps queries.vps
    sh_ok "hardq-detect -x index.hnsw --top 10% -o top.vps queries.vps"
    columns id,trace all.vps | sort -g -r -k 2 | head -20 | sort -g > want
    columns id,trace top.vps | diff want -
    sh_ok "hardq-detect -x index.hnsw --top 20 queries.vps | vec-view --all --columns id,trace - | tail -n +2 | diff want -"
    least=$(sort -g -k 2 want | head -1 | cut -f 2)
    under=$(columns id,trace all.vps | sort -g -r -k 2 | sed -n 21p | cut -f 2)
    shown="vec-view --all --columns id,trace - | tail -n +2"
    sh_ok "hardq-detect -x index.hnsw --threshold=$under queries.vps | $shown | diff want -"
    sh_ok "hardq-detect -x index.hnsw --threshold=$least queries.vps | vec-view --all --columns id,trace - | tail -n +2"
    assert_equal "$(wc -l < stdout)" 19
    for top in 100% 1000; do
        sh_ok "hardq-detect -x index.hnsw --top $top queries.vps | vec-view --all --columns id,trace - | tail -n +2"
        diff <(columns id,trace all.vps) stdout
    done
}

@test "the source's rule flags every query, and its score those that have the better recall" {
    world
    sh_ok "hardq-detect -x index.hnsw --rule upstream -o rule.vps queries.vps"
    assert_output --partial "200 of 200 queries passed"
    sh_ok "hardq-detect -x index.hnsw -e 10 --evaluate --truth truth.vps queries.vps"
    assert_equal "$(cut -f 1 stdout | xargs)" "score trace upstream jitter stability eh"
    assert_equal "$(awk -F'\t' 'NF != 9' stdout)" ""
    awk -F'\t' '$1 == "trace" && !($2 < -0.2 && $8 > 0.6) || $1 == "stability" && !($2 < -0.5 && $8 > 0.8) ||
                $1 == "upstream" && $8 > 0.5' stdout > bad
    assert_equal "$(cat bad)" ""
    sh_ok "hardq-detect -x index.hnsw -e 10 --evaluate --time --truth truth.vps queries.vps"
    assert_equal "$(awk -F'\t' 'NR > 1 && !($10 > 0)' stdout)" ""
}

@test "cascade: probes the doubtful ones only, and says what that saved" {
    world
    sh_ok "hardq-detect -x index.hnsw --top 10% --cascade -o cascade.vps queries.vps"
    assert_output --partial "75 queries were probed: 62.5 % of probes saved"
    assert_equal "$(columns stability cascade.vps | grep -c nan)" 5
    assert_equal "$(columns stability cascade.vps | wc -l)" 20
    hardq-detect -q -x index.hnsw --score stability --all -o all.vps queries.vps
    # its definition, over again
    columns id,trace,stability all.vps | sort -g -r -k 2 |
        awk 'NR <= 5 { print 1000 "\t" $1; next } NR <= 80 { print $2 + $3 / 2 "\t" $1 }' |
        sort -g -r | head -20 | cut -f 2 | sort -g > want
    columns id cascade.vps | cut -f 1 | diff want -
}

@test "cosine, keys, empty index, no queries" {
    fixtures
    sh_ok "hardq-detect -x '$FIXTURES/base.hnsw' --top 3 '$FIXTURES/queries.vps' | vec-view --all --columns key,trace -"
    assert_equal "$(grep -c 'q[0-9]' stdout)" 3
    world
    vec-convert --metric cosine -o cosine.vps base.vps
    hnsw-build -M 6 -o cosine.hnsw cosine.vps
    vec-convert --metric cosine -o q.vps queries.vps
    sh_ok "hardq-detect -x cosine.hnsw --all -o unit.vps q.vps"
    columns vec unit.vps | cut -f 2- | tr ',' '\n' | awk '{ s += $1 * $1 } END { exit !(s > 199.99 && s < 200.01) }'
    vec-convert --rows 0:0 -o none.vps queries.vps
    sh_ok "hardq-detect -x index.hnsw none.vps | vec-view --check"
    sh_ok "hardq-detect -x index.hnsw --all none.vps | vec-view --check"
    knn-exact -b base.vps -k 10 -o no-truth.vps none.vps
    sh_fails 3 "hardq-detect -x index.hnsw --evaluate --truth no-truth.vps none.vps -o {out}"
    vec-convert --rows 0:0 base.vps | hnsw-build -o empty.hnsw
    sh_ok "hardq-detect -x empty.hnsw --cascade queries.vps | vec-view --check"
    sh_ok "hardq-detect -x empty.hnsw --score eh queries.vps | vec-view --check"
    sh_ok "hardq-detect -x empty.hnsw --rule upstream queries.vps | vec-view --check"
}

@test "the same bytes with any number of threads, on any instruction set" {
    world
    std_same_bytes_at_threads "hardq-detect -x index.hnsw --all --score jitter --truth truth.vps queries.vps"
    std_same_bytes_at_threads "hardq-detect -x index.hnsw --cascade queries.vps"
    std_same_bytes_at_threads "hardq-detect -x index.hnsw --score eh queries.vps"
    std_same_bytes_at_threads "hardq-detect -x index.hnsw --evaluate --truth truth.vps queries.vps"
    sum=$(hardq-detect -q -x index.hnsw --score jitter --all queries.vps | sha256sum)
    for isa in $(isas); do
        mine=$(VECPIPE_ISA=$isa hardq-detect -q -x index.hnsw --score jitter --all queries.vps | sha256sum)
        assert_equal "$isa $mine" "$isa $sum"
    done
}

@test "damage, foreign input, a full disk, closed files" {
    world
    std_truncated "hardq-detect -x index.hnsw -o {out} {}" queries.vps
    std_flipped "hardq-detect -x index.hnsw -o {out} {}" queries.vps
    std_foreign "hardq-detect -x index.hnsw -o {out} {}"
    std_foreign "hardq-detect -x {} -o {out} queries.vps"
    std_golden_fail "hardq-detect -x index.hnsw -o {out} {}"
    std_golden_fail "hardq-detect -x {} --load copy -o {out} queries.vps" "*.hnsw"
    std_dev_full "hardq-detect -x index.hnsw queries.vps"
    std_closed_stdio "hardq-detect -x index.hnsw queries.vps" "hardq-detect -x index.hnsw"
    std_sigpipe "hardq-detect -x index.hnsw --all queries.vps queries.vps queries.vps queries.vps"
    std_killed_upstream "hardq-detect -x index.hnsw -o {out}" queries.vps
    std_readonly_target "hardq-detect -x index.hnsw -o {out} queries.vps"
    sh_fails 4 "TMPDIR=/nowhere hardq-detect -x index.hnsw -o {out} queries.vps"
    assert_output --partial "TMPDIR"
    sh_ok "TMPDIR=/nowhere hardq-detect -x index.hnsw --threshold 0 queries.vps"
    vec-convert --rows 1: -o other.vps truth.vps
    sh_fails 3 "hardq-detect -x index.hnsw --all --truth other.vps -o {out} queries.vps"
}

@test "models: predictions by the names of features" {
    testdata trees
    world
    mid=$(hardq-detect -q -x index.hnsw --all queries.vps | vec-view --all --columns d_mean - | cut -f 2 | sort -g | sed -n 100p)
    cat > model.json <<END
{"learner": {"feature_names": ["r_visit", "d_mean"],
  "gradient_booster": {"name": "gbtree", "model": {"trees": [{"left_children": [1, -1, -1], "right_children": [2, -1, -1],
    "split_indices": [1, 0, 0], "split_conditions": [$mid, 0.25, 0.75], "default_left": [0, 0, 0]}]}},
  "learner_model_param": {"base_score": "0", "num_class": "0", "num_feature": "2"},
  "objective": {"name": "reg:squarederror"}}, "version": [1, 7, 4]}
END
    hardq-detect -q -x index.hnsw --predictor model.json --all -o all.vps queries.vps
    assert_equal "$(columns d_mean,model all.vps | awk -v mid="$mid" '$3 != ($2 + 0 < mid + 0 ? 0.25 : 0.75)')" ""
    assert_equal "$(columns model all.vps | awk '{ print $NF }' | sort -u | wc -l)" 2
    sh_ok "hardq-detect -x index.hnsw --predictor model.json --evaluate --truth truth.vps queries.vps"
    assert_equal "$(tail -1 stdout | cut -f 1)" model
    sh_fails 3 "hardq-detect -x index.hnsw --predictor '$DATA/xgboost3.regression.json' -o {out} queries.vps"
    assert_output --partial "the model asks for the feature n_cand, which is not known here"
    sh_fails 3 "hardq-detect -x index.hnsw --predictor '$DATA/lightgbm.linear_tree_refuse.txt' -o {out} queries.vps"
    assert_output --partial "linear_tree"
    std_foreign "hardq-detect -x index.hnsw --predictor {} -o {out} queries.vps"
}
