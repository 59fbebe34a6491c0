#!/usr/bin/env bats
# hnsw-query --trace: features of each search behind the usual columns.

load helper
load hnsw-query

@test "trace: columns that belong together, beside answers that are the same" {
    world 2000 100 10
    usual=ef,nn,dist,ndc,hops
    sh_ok "hnsw-query -x index.hnsw -e 10,64 queries.vps | vec-view --all --columns $usual - > want"
    sh_ok "hnsw-query -x index.hnsw -e 10,64 --trace -o traced.vps queries.vps && vec-view --check traced.vps"
    sh_ok "vec-view --all --columns $usual traced.vps | cmp want -"
    vec-view --all --format json traced.vps > traced.json
    run python3 - <<'END'
import json, math
near = lambda a, b: math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)
rows = [json.loads(line) for line in open("traced.json")]
assert len(rows) == 200
for r in rows:
    assert near(r["r_visit"], r["ndc"] / r["ef"]) and near(r["r_early"], r["t_last"] / r["ndc"])
    assert r["d_final"] == r["dist"][9] <= r["d_early"] and r["dist"][0] <= r["d_first"]
    assert near(r["delta_improve"], (r["d_early"] - r["d_final"]) / (r["d_early"] + 1e-6))
    assert r["d_best_cand"] >= r["dist"][-1] and 10 <= r["n_inserts"] <= r["ndc"] and 0 < r["t_last"] <= r["ndc"]
assert len({r["t_last"] for r in rows}) > 20 and any(r["delta_improve"] > 0 for r in rows)
END
    assert_success
    std_same_bytes_at_threads "hnsw-query -x index.hnsw -e 10,64 --trace queries.vps"
    # programs that read neighbours read them with features too
    knn-exact -b base.vps -o truth.vps queries.vps
    sh_ok "eval-recall --truth truth.vps traced.vps"
    sh_ok "hnsw-query -x index.hnsw --trace --time --reach recall@10=0.9 --truth truth.vps queries.vps | vec-view --header -"
    assert_equal "$(grep -o 'column [a-z_]*' stdout | tail -10 | cut -d' ' -f2 | xargs)" \
        "time_ns t_last n_inserts r_visit r_early d_first d_early d_final d_best_cand delta_improve"
}

@test "trace: by codes the distances are estimates, and the rerank is not part of the time" {
    world 2000 50 40 --codes sq8
    sh_ok "hnsw-query -x index.hnsw -e 40 --trace queries.vps | vec-view --all --format json -"
    run python3 - <<'END'
import json
for r in map(json.loads, open("stdout")):
    assert abs(r["r_visit"] * 40 - r["ndc_code"]) < 1e-3 and r["t_last"] <= r["ndc_code"] < r["ndc"]
    assert abs(r["d_final"] - r["dist"][9]) < 0.1 * r["dist"][9]
END
    assert_success
}

@test "trace: small bases, and not with a filter" {
    world 3 4 2
    sh_ok "hnsw-query -x index.hnsw --trace queries.vps | vec-view --check"
    sh_ok "vec-convert --rows 0:0 base.vps | hnsw-build -o empty.hnsw"
    sh_ok "hnsw-query -x empty.hnsw --trace queries.vps | vec-view --all --columns t_last,r_visit,d_final,delta_improve -"
    assert_equal "$(awk 'NR > 1 && $2 + $3 + $4 + $5 != 0' stdout)" ""
    sh_fails 2 "echo 0 | hnsw-query -x index.hnsw --trace --allow - -o {out} queries.vps"
    assert_output --partial "--trace is of searches without --allow"
}
