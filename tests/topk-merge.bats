#!/usr/bin/env bats
# topk-merge: shards against the whole, fusion against a second implementation, and runs that do not belong together.

load helper

# one.run, two.run: random lists with equal scores; the second lacks queries.
runs() {
    awk 'BEGIN {
        srand(8)
        for (r = 1; r <= 2; r++)
            for (q = 0; q < 25; q++) {
                if (r == 2 && q % 6 == 3)
                    continue
                split("", seen)
                n = 1 + int(rand() * 12)
                for (i = 0; i < n; i++) {
                    d = int(rand() * 20)
                    if (!(d in seen)) {
                        seen[d] = 1
                        score = int(rand() * 9) * (r == 1 ? 1 : .01) - 2
                        printf "q%d Q0 d%d %d %g x\n", q, d, i + 1, score > (r == 1 ? "one.run" : "two.run")
                    }
                }
            }
    }'
}

@test "topk-merge: help, options, a full device, closed descriptors" {
    std_help topk-merge
    std_unknown_option topk-merge
    runs
    std_dev_full "topk-merge one.run two.run --allow-missing"
    std_closed_stdio "topk-merge -q --method rrf one.run two.run"
    std_readonly_target "topk-merge --method rrf -o {out} $PWD/one.run $PWD/two.run"
}

@test "topk-merge: shards give what the whole gives, ties too, in any order" {
    integer_world 300 20 4 5
    knn-exact -b base.vps -k 12 -o whole.vps queries.vps
    for range in 0:50 50:70 70:300; do
        vec-convert --rows $range base.vps | knn-exact -b - -k 12 -o "shard-$range.vps" queries.vps
    done
    sh_ok "vec-view --columns id,nn,dist whole.vps"
    mv stdout want
    for order in "shard-0:50.vps shard-50:70.vps shard-70:300.vps" "shard-70:300.vps shard-0:50.vps shard-50:70.vps"; do
        sh_ok "topk-merge --shards 3 -k 12 $order | vec-view --columns id,nn,dist"
        assert_output --partial "20 queries of 3 runs; rows that a run lacks: 0; documents in several runs: 0"
        cmp stdout want
    done
    # replicas count once; one run alone is itself
    sh_ok "topk-merge -k 12 shard-50:70.vps whole.vps shard-0:50.vps | vec-view --columns id,nn,dist"
    cmp stdout want
    sh_ok "topk-merge -q -k 12 whole.vps | vec-view --columns id,nn,dist"
    cmp stdout want
    sh_ok "cat whole.vps | topk-merge -q -k 12 - shard-50:70.vps | vec-view --header"
    grep -qx "@meta metric l2" stdout
    grep -qx "@meta k 12" stdout
    # keys decide where there are keys: the same vectors under ids that differ
    sed 's/^/key-/' base.tsv | vec-convert --from tsv --to vps --metric l2 -o keys.vps
    vec-convert --rows 0:100 keys.vps | knn-exact -b - -k 12 -o a.vps queries.vps
    vec-convert --rows 100:300 keys.vps | knn-exact -b - -k 12 -o b.vps queries.vps
    sh_ok "knn-exact -b keys.vps -k 12 queries.vps | vec-view --columns nnkey,dist"
    mv stdout want
    sh_ok "topk-merge -q -k 12 b.vps a.vps | vec-view --columns nnkey,dist"
    cmp stdout want
}

@test "topk-merge: every ef of a sweep is merged by itself" {
    integer_world 300 10 4 9
    vec-convert --rows 0:100 base.vps | hnsw-build -o a.hnsw
    vec-convert --rows 100:300 base.vps | hnsw-build -o b.hnsw
    for s in a b; do hnsw-query -x $s.hnsw -k 5 --ef 300,400 -o $s.vps queries.vps; done
    knn-exact -b base.vps -k 5 -o truth.vps queries.vps
    sh_ok "topk-merge -q -k 5 a.vps b.vps | eval-recall --truth truth.vps --measures recall@5"
    assert_equal "$(cut -f 1,2 stdout | tr '\t\n' '  ')" "ef recall@5 300 1.0000 400 1.0000 "
    sh_fails 3 "topk-merge --method rrf -o {out} a.vps b.vps"
    assert_output --partial "comes twice (ef 300 and 400)"
}

@test "topk-merge: every fusion is its formula in Python" {
    command -v python3 > /dev/null || skip "no python3"
    runs
    cat > formula.py << 'END'
import sys
from statistics import mean, pstdev
method, weights = sys.argv[1], [float(w) for w in sys.argv[2].split(",")]
lists = []
for name in ("one.run", "two.run"):
    lists.append({})
    for line in open(name):
        q, _, d, _, s, _ = line.split()
        lists[-1].setdefault(q, []).append((d, float(s)))
for q in lists[0]:
    total = {d: 0.0 for run in lists for d, _ in run.get(q, [])}
    for w, run in zip(weights, lists):
        found = sorted(run.get(q, []), key=lambda x: -x[1])
        s = [x for _, x in found]
        for d in total if found else []:
            at = [i for i, (e, _) in enumerate(found) if e == d]
            x = s[at[0]] if at else min(s)
            if method == "rrf":
                total[d] += w / (60 + 1 + at[0]) if at else 0
            elif method == "minmax":
                total[d] += w * (x - min(s)) / (max(s) - min(s)) if max(s) > min(s) else w * bool(at)
            else:
                total[d] += w * (x - mean(s)) / pstdev(s) if pstdev(s) > 0 else 0
    ours = [l.split() for l in open("ours") if l.split()[0] == q]
    best = sorted(total.values(), reverse=True)[:7]
    assert len(ours) == len(best), (q, ours, best)
    for o, want in zip(ours, best):
        assert abs(float(o[4]) - want) < 1e-5 and abs(total[o[2]] - want) < 1e-5, (q, o, want, total)
END
    for method in rrf minmax zscore; do
        for weights in 1,1 0.3,2 1,0; do
            sh_ok "topk-merge --method $method --weights $weights -k 7 --format trec one.run two.run"
            mv stdout ours
            run python3 formula.py $method $weights
            assert_success
        done
    done
    assert_equal "$(topk-merge --method rrf one.run two.run 2>&1 > /dev/null | cut -d: -f 2-3)" \
        " 25 queries of 2 runs; rows that a run lacks: 4; documents in several runs"
}

@test "topk-merge: a stream and a TREC run meet by their names" {
    printf 'd1\tred fox\nd2\tblue fox\nd3\tblue sea\n' > passages.tsv
    printf 'q1\tblue fox\nq2\tnothing\n' > queries.tsv
    bm25-rank -q --passages passages.tsv -o words.vps queries.tsv
    printf 'q1 Q0 d3 1 5 x\nq1 Q0 d9 2 4 x\nq2 Q0 d1 1 1 x\n' > run
    sh_ok "topk-merge -q --method rrf words.vps run | vec-view --columns key,nnkey --head 5"
    assert_equal "$(tail -n +2 stdout | cut -f 2- | tr '\t' ' ')" $'q1 d3,d2,d1,d9\nq2 d1'
    sh_fails 3 "topk-merge -o {out} words.vps run"
    assert_output --partial "--force says so"
    sh_ok "topk-merge -q --force -k 3 --allow-missing words.vps run --format trec"
    assert_equal "$(cut -d' ' -f 3 stdout | tr '\n' ' ')" "d3 d9 d2 d1 "
}

@test "topk-merge: runs that do not belong together, missing shards, mistakes" {
    runs
    sh_fails 3 "topk-merge -o {out} one.run two.run"
    assert_output --partial 'two.run: query "q3" (ef 0) is missing'
    sh_ok "topk-merge --allow-missing one.run two.run"
    sh_fails 2 "topk-merge --shards 3 -o {out} one.run two.run"
    sh_fails 4 "topk-merge -o {out} one.run shard-without-file.run"
    integer_world 30 5 4 5
    knn-exact -b base.vps -k 5 -o l2.vps queries.vps
    knn-exact -b base.vps -k 5 --metric ip -o ip.vps queries.vps
    sh_fails 3 "topk-merge -k 5 -o {out} l2.vps ip.vps"
    assert_output --partial "ip.vps: metric ip, in l2.vps l2"
    sh_ok "topk-merge -k 5 --method rrf l2.vps ip.vps"
    sh_fails 2 "topk-merge -k 6 -o {out} l2.vps"
    assert_output --partial "the nearest 6 of all cannot be known"
    for options in "--weights 1,1" "--method rrf --weights 1" "--method rrf --weights 1,-1" "--method rrf --weights 1,1,1" \
        "--method rrf --force" "--method minmax --rrf-k 3" "--method rrf --weights ,1"; do
        sh_fails 2 "topk-merge $options -o {out} l2.vps ip.vps"
    done
    sh_fails 2 "topk-merge -o {out}"
    sh_fails 2 "topk-merge -o {out} - - < l2.vps"
}

@test "topk-merge: damaged, truncated and foreign runs" {
    integer_world 30 5 4 5
    knn-exact -b base.vps -k 5 -o l2.vps queries.vps
    std_truncated "topk-merge -k 5 -o {out} {} l2.vps" l2.vps
    std_flipped "topk-merge -k 5 -o {out} l2.vps {}" l2.vps
    std_foreign "topk-merge -k 5 -o {out} {}"
    std_killed_upstream "topk-merge -k 5 -o out -" l2.vps
    std_golden_fail "topk-merge -o {out} {}" "00*.vps"
}
