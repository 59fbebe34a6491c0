#!/usr/bin/env bats
# hardq-train: boosted trees that predict hardness.

load helper

# Built with XGBoost, or skip.
xgboost() {
    hardq-train missing.vps 2> why || true
    ! grep -q "built without XGBoost" why || skip "built without XGBoost"
}

# features.vps: 600 queries of a small index, their features and their recall.
features() {
    vec-synth --set latent --count 2000 --dim 24 --seed 5 --metric l2 -o base.vps
    vec-synth --set latent --role ood-queries --count 600 --dim 24 --seed 5 --metric l2 -o queries.vps
    hnsw-build -M 6 -c 40 -o index.hnsw base.vps 2> build.log
    knn-exact -b base.vps -k 10 -o truth.vps queries.vps
    hardq-detect -q -x index.hnsw -e 10 --all --truth truth.vps -o features.vps queries.vps
}

@test "help, unknown options" {
    std_help hardq-train
    std_unknown_option hardq-train
}

@test "built without XGBoost it says so; hardq-detect needs none to run a model" {
    sh_fails 4 "PATH=$B/tests/plain:$PATH hardq-train -o {out} missing.vps"
    assert_output --partial "libxgboost-dev"
    run ldd "$B/tests/plain/hardq-train" "$B/bin/hardq-detect"
    assert_success
    refute_output --partial xgboost
    features
    cat > model.json << 'END'
{"learner": {"feature_names": ["offset"], "gradient_booster": {"model": {"trees": [{"left_children": [1, -1, -1],
 "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_conditions": [0.5, 0.25, 0.75], "default_left": [1, 0, 0]}]},
 "name": "gbtree"}, "learner_model_param": {"base_score": "0", "num_class": "0", "num_feature": "1"},
 "objective": {"name": "reg:squarederror"}}}
END
    sh_ok "hardq-detect -q -x index.hnsw -e 10 --predictor model.json --all queries.vps |
        vec-view --all --columns offset,model - |
        awk 'NR > 1 { n[\$3 \" \" (\$2 >= 0.5)]++ } END { for (i in n) print i }' | sort"
    assert_equal "$(cat stdout)" "0.25 0
0.75 1"
}

@test "a model finds more of the hardest than chance, its report is that of hardq-detect, the same bytes each time" {
    xgboost
    features
    sh_ok "hardq-train --trees 60 --rate 0.1 -o model.json features.vps"
    assert_output --partial "Spearman -0."
    assert_equal "$(grep -c importance stderr)" 21
    assert_equal "$(awk '/importance/ { n += $4 > 0 } END { print (n > 3) }' stderr)" 1
    python3 - << 'END'
import json
learner = json.load(open("model.json"))["learner"]
assert learner["attributes"] == {"vecpipe.k": "10", "vecpipe.ef": "10"}, learner["attributes"]
assert learner["feature_names"][:2] == ["ndc", "hops"] and learner["objective"]["name"] == "reg:squarederror"
END
    sum=$(sha256sum < model.json)
    sh_ok "OMP_NUM_THREADS=2 hardq-train --trees 60 --rate 0.1 < features.vps | sha256sum"
    assert_equal "$(cat stdout)" "$sum"
    sh_ok "hardq-train --trees 60 --rate 0.1 --seed 2 features.vps | sha256sum"
    [ "$(cat stdout)" != "$sum" ]
    sh_ok "hardq-detect -x index.hnsw -e 10 --predictor model.json --evaluate --truth truth.vps queries.vps"
    awk -F'\t' '$1 == "model" { exit !($2 < -0.3 && $8 > 0.7) }' stdout
    sh_ok "hardq-train --trees 60 --rate 0.1 --weights source features.vps | sha256sum"
    [ "$(cat stdout)" != "$sum" ]
    # two halves are the whole
    vec-convert --rows :300 -o a.vps features.vps
    vec-convert --rows 300: -o b.vps features.vps
    sh_ok "hardq-train --trees 60 --rate 0.1 a.vps b.vps | sha256sum"
    assert_equal "$(cat stdout)" "$sum"
}

@test "what is no stream of features with recall is refused" {
    xgboost
    features
    sh_fails 3 "hardq-train -o {out} queries.vps"
    assert_output --partial "queries.vps: a stream of vectors, expected features (of hardq-detect --all)"
    hardq-detect -q -x index.hnsw --all -o unknown.vps queries.vps
    sh_fails 3 "hardq-train -o {out} unknown.vps"
    assert_output --partial "no column recall: hardq-detect --all --truth FILE makes it"
    vec-convert --columns recall -o bare.vps features.vps
    sh_fails 3 "hardq-train -o {out} bare.vps"
    assert_output --partial "none of the features"
    vec-convert --columns ndc,recall -o one.vps features.vps
    sh_fails 3 "hardq-train -o {out} features.vps one.vps"
    assert_output --partial "one.vps: no column hops, which the first stream has"
    vec-convert --rows :19 -o few.vps features.vps
    sh_fails 3 "hardq-train -o {out} few.vps"
    assert_output --partial "19 rows, expected 20 at least"
}

@test "a stream and a model without the newer features are as good as before; a model without names is refused" {
    xgboost
    features
    vec-convert --columns ndc,hops,t_last,offset,edges,around,density,recall -o older.vps features.vps
    sh_ok "hardq-train --trees 20 -o older.json older.vps"
    assert_equal "$(grep -c importance stderr)" 7
    sh_ok "hardq-detect -x index.hnsw -e 10 --predictor older.json --top 5 -o {out} queries.vps"
    python3 - << 'END'
import json
model = json.load(open("older.json"))
del model["learner"]["feature_names"], model["learner"]["feature_types"]
json.dump(model, open("nameless.json", "w"))
END
    sh_fails 3 "hardq-detect -x index.hnsw -e 10 --predictor nameless.json -o {out} queries.vps"
    assert_output --partial "the model has 7 features without names, expected 21"
}

@test "damage, foreign input, a full disk, closed files" {
    xgboost
    features
    vec-convert --columns ndc,offset,density,recall -o some.vps features.vps
    std_truncated "hardq-train --trees 2 -o {out} {}" some.vps
    std_flipped "hardq-train --trees 2 -o {out} {}" some.vps
    std_foreign "hardq-train --trees 2 -o {out} {}"
    std_golden_fail "hardq-train --trees 2 -o {out} {}"
    std_dev_full "hardq-train --trees 2 some.vps"
    std_closed_stdio "hardq-train --trees 2 some.vps" "hardq-train --trees 2"
    std_killed_upstream "hardq-train --trees 2 -o {out}" some.vps
    std_readonly_target "hardq-train --trees 2 -o {out} some.vps"
}
