#!/usr/bin/env bats
# ngfix-repair: the same repair everywhere, queries and truth that meet by identity, what must not change, and what it is for.

load helper

# Queries that lie off the base set: base vectors shifted, so that their neighbours are far from each other.
world() { # N-BASE N-QUERIES
    integer_world "$1" "$2" 8 100
    awk -F '\t' -v OFS='\t' '{ $2 += 150; $3 -= 120; print }' queries.tsv | vec-convert --from tsv --to vps --metric l2 -o off.vps
    hnsw-build --no-provenance -M 4 -c 30 -o base.hnsw base.vps
    knn-exact --no-provenance -b base.vps -k 200 -o truth.vps off.vps
}

extra() { vec-view --stat "$1.hnsw" | awk -F '\t' '$1 == "edges0" && $2 != "built" { n += $3 } END { print n + 0 }'; }
tail_value() { awk -F '\t' -v name="$1" '$1 == name { print $2 }' "$2"; }

@test "ngfix-repair: help, options, a full device, closed descriptors" {
    std_help ngfix-repair
    std_unknown_option ngfix-repair
    world 300 20
    std_dev_full "ngfix-repair -q -x base.hnsw off.vps"
    std_closed_stdio "ngfix-repair -x base.hnsw off.vps" "ngfix-repair -x base.hnsw"
    std_readonly_target "ngfix-repair -q -x $PWD/base.hnsw -o {out} $PWD/off.vps"
}

@test "ngfix-repair: the same bytes at any number of threads, instruction set, and order of the truth" {
    world 1500 600
    for how in "" "--truth truth.vps" "--order eh --cap-unreachable --max-extra 6" \
        "--variant lhp --rebalance" "--partial 0.3 --judge off.vps"; do
        std_same_bytes_at_threads "ngfix-repair -q $how --ef-truth 300 -x base.hnsw off.vps"
        first=$(sha256sum < stdout)
        for isa in $(isas); do
            sh_ok "VECPIPE_ISA=$isa ngfix-repair -q $how --ef-truth 300 -x base.hnsw off.vps"
            assert_equal "$isa: $(sha256sum < stdout)" "$isa: $first"
        done
    done
    sh_ok "ngfix-repair -q --no-provenance --pairs all --truth truth.vps -x base.hnsw -o a.hnsw off.vps"
    sh_ok "ngfix-repair -q --no-provenance --truth truth.vps -x base.hnsw -o b.hnsw off.vps && cmp a.hnsw b.hnsw"
    # a query meets its own truth, whatever stands beside it
    sh_ok "ngfix-repair -q --no-provenance --truth truth.vps -x base.hnsw -o a.hnsw off.vps"
    vec-convert --rows :200 -o one.vps truth.vps && vec-convert --rows 200: -o two.vps truth.vps
    sh_ok "cat two.vps one.vps | ngfix-repair -q --no-provenance --truth - -x base.hnsw -o b.hnsw off.vps && cmp a.hnsw b.hnsw"
}

@test "ngfix-repair: edges of the builder stay, all is sound, and the report adds up" {
    world 1500 600
    sh_ok "ngfix-repair --trim 0 --truth truth.vps --report report.tsv -x base.hnsw -o fixed.hnsw off.vps &&
        vec-view --check fixed.hnsw"
    vec-view --all --columns nn base.hnsw > before
    vec-view --all --columns nn,kind --format json fixed.hnsw > after
    python3 - <<'PY' || fail "edges of the builder are gone, or others are marked as theirs"
import json
before = {}
for line in open("before"):
    f = line.rstrip("\n").split("\t")
    if f[0].isdigit():
        before[int(f[0])] = set(f[1].replace(",", " ").split())
for line in open("after"):
    row = json.loads(line)
    mine = {str(n) for n, k in zip(row["nn"], row["kind"]) if k == 0}
    assert mine == before[row["id"]], (row, before[row["id"]])
    assert len(set(row["nn"])) == len(row["nn"])
PY
    run awk -F '\t' 'found { value[$1] = $2 }
        NR > 1 && !found && $1 != "total" { for (i = 2; i <= NF; i++) sum[i] += $i; n++; less += $9 < $8; more += $9 > $8 }
        NR > 1 && !found && $1 != "total" && ($3 > 2 * 99 + 2 * 9 || $7 > $6 || $8 < 1 || $8 > 201) { bad = 2 }
        $1 == "total" { for (i = 2; i <= NF; i++)
                            if (i == 8 || i == 9 ? (d = sum[i] / n - $i) > 0.01 || d < -0.01 : sum[i] != $i) bad = 1
                        found = 1 }
        END { exit !(found && n == 600 && !bad && less > 300 && more == 0 && sum[6] > 0 && sum[11] >= sum[10] &&
                     value["kept"] == 1 && value["extra_edges"] == sum[3] + sum[4] && value["degree"] > 5) }' report.tsv
    assert_success
    assert_equal "$(extra fixed)" "$(tail_value extra_edges report.tsv)"
    assert_equal "$(stat -c %s fixed.hnsw)" "$(tail_value index_bytes report.tsv)"
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps --time --report - -x base.hnsw -o fixed.hnsw off.vps"
    run awk -F '\t' 'NF == 18 && NR > 1 && $1 != "total" { n += $16 == 0 && $17 > 0 && $18 > 0 } /_ns\t/ && NF == 2 { times++ }
        END { exit !(n > 590 && times == 2) }' stdout
    assert_success
}

@test "ngfix-repair: queries that it never saw need less work, and trimming leaves fewer edges" {
    world 4000 1200
    vec-convert --rows :1000 -o train.vps off.vps && vec-convert --rows 1000: -o test.vps off.vps
    knn-exact -b base.vps -k 10 -o test.gt.vps test.vps
    sh_ok "ngfix-repair -q -x base.hnsw -o fixed.hnsw train.vps; ngfix-repair -q --trim 0 -x base.hnsw -o all.hnsw train.vps"
    for index in base fixed all; do
        hnsw-query -x $index.hnsw --reach recall@10=0.98 --truth test.gt.vps --report $index.tsv -o found.vps test.vps
    done
    work() { awk -F '\t' 'NR == 2 { print int($4) }' "$1.tsv"; }
    [ "$(work fixed)" -lt "$(($(work base) * 9 / 10))" ] || fail "distances: $(work base) before, $(work fixed) after"
    [ "$(extra fixed)" -gt 0 ] && [ "$(extra fixed)" -lt "$(extra all)" ] || fail "$(extra fixed) extra edges of $(extra all)"
}

@test "ngfix-repair: repaired again, by the same queries, there is little to do; hardness is kept" {
    world 1500 300
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps -x base.hnsw -o once.hnsw off.vps"
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps --report again.tsv -x once.hnsw -o twice.hnsw off.vps &&
        vec-view --check twice.hnsw"
    run awk -F '\t' '$1 == "total" { exit !($6 < 1000 && $3 < 100) }' again.tsv
    assert_success
    vec-view --all --columns kind,eh --format json twice.hnsw > rows
    python3 -c 'import json
ehs = {e for r in map(json.loads, open("rows")) for k, e in zip(r["kind"], r["eh"]) if k == 1}
assert len(ehs) > 5 and min(ehs) > 10, ehs'
}

@test "ngfix-repair: the budget of a node holds, also that of an earlier repair" {
    world 1500 300
    sh_ok "ngfix-repair -q --trim 0 --max-extra 3 --truth truth.vps -x base.hnsw -o few.hnsw off.vps"
    sh_ok "ngfix-repair -q --trim 0 --max-extra 3 --ef-truth 100 -x few.hnsw -o few2.hnsw off.vps"
    for index in few few2; do
        vec-view --all --columns kind --format json $index.hnsw |
            python3 -c 'import json, sys; assert max(sum(k > 0 for k in json.loads(l)["kind"]) for l in sys.stdin) == 3'
    done
}

@test "ngfix-repair: a repair that does not pay is refused, in words, in the report and in the index" {
    world 1500 2000
    # off the base set are 1,900 queries, and 100 of them tell that it helps
    sh_ok "ngfix-repair --no-provenance --ef-truth 200 --report kept.tsv -x base.hnsw -o kept.hnsw off.vps"
    assert_regex "$(cat stderr)" 'held-out queries'
    assert_equal "$(tail_value judge_queries kept.tsv) $(tail_value kept kept.tsv)" '100 1'
    assert_equal "$(grep -c '^[0-9]' kept.tsv)" 1900
    [ "$(extra kept)" -gt 0 ]
    sh_ok "ngfix-repair --no-provenance --ef-truth 200 --seed 2 --report other.tsv -x base.hnsw -o other.hnsw off.vps"
    run cmp -s <(cut -f 1 kept.tsv) <(cut -f 1 other.tsv)
    assert_failure
    # what the base set is like gains nothing by it
    vec-convert --rows :400 -o like.vps base.vps
    sh_ok "ngfix-repair -q --no-provenance --ef-truth 200 --judge like.vps --report r.tsv -x base.hnsw -o same.hnsw off.vps"
    assert_equal "$(cat stderr)" ''
    sh_ok "ngfix-repair --no-provenance --ef-truth 200 --judge like.vps --report r.tsv -x base.hnsw -o same.hnsw off.vps"
    assert_regex "$(cat stderr)" 'warning: the repair does not pay, the index stays as it is'
    assert_equal "$(tail_value kept r.tsv) $(tail_value extra_edges r.tsv) $(extra same)" '0 0 0'
    [ "$(tail_value trimmed r.tsv)" -gt 0 ]
    cmp <(vec-view --all --columns nn base.hnsw) <(vec-view --all --columns nn same.hnsw)
    # no decision was asked for, or there are too few queries for one
    sh_ok "ngfix-repair -q --ef-truth 200 --hold-out 0 --report r.tsv -x base.hnsw -o all.hnsw off.vps"
    assert_equal "$(grep -c '^[0-9]' r.tsv) $(tail_value judge_queries r.tsv)" '2000 '
    sh_ok "ngfix-repair -q --ef-truth 200 --report r.tsv -x base.hnsw -o all.hnsw <(vec-convert --rows :1999 off.vps)"
    assert_equal "$(grep -c '^[0-9]' r.tsv)" 1999
}

@test "ngfix-repair: rebalance takes edges of the builder, and every node is still reached" {
    world 1500 400
    sh_ok "ngfix-repair -q --truth truth.vps --report plain.tsv -x base.hnsw -o plain.hnsw off.vps"
    sh_ok "ngfix-repair -q --truth truth.vps --rebalance --trim 30 --report less.tsv -x base.hnsw -o less.hnsw off.vps &&
        vec-view --check less.hnsw"
    built() { vec-view --stat "$1.hnsw" | awk -F '\t' '$1 == "edges0" && $2 == "built" { print $3 }'; }
    base=$(vec-view --stat base.hnsw | awk -F '\t' '$1 == "layer0" && $2 == "edges" { print $3 }')
    assert_equal "$(built plain)" "$base"
    [ "$(built less)" -lt "$base" ]
    hnsw-query -q -x less.hnsw -k 10 -e 1500 -o found.vps off.vps
    assert_equal "$(eval-recall --truth truth.vps --measures recall@10 found.vps | tail -n 1 | cut -f 2)" 1.0000
    sh_fails 2 "ngfix-repair --rebalance --trim 0 -x base.hnsw off.vps"
    sh_fails 2 "ngfix-repair --rebalance --compat upstream -x base.hnsw off.vps"
    sh_fails 2 "ngfix-repair --rebalance --variant two-hop -x base.hnsw"
}

@test "ngfix-repair: lhp adds few edges, of no hardness, and they help; partial drops and repairs a share" {
    world 2000 800
    vec-convert --rows :600 -o train.vps off.vps && vec-convert --rows 600: -o test.vps off.vps
    knn-exact -b base.vps -k 10 -o test.gt.vps test.vps
    sh_ok "ngfix-repair -q --variant lhp --trim 0 --rfix-rounds 0 --truth truth.vps --report l.tsv -x base.hnsw -o lhp.hnsw \
        train.vps && vec-view --check lhp.hnsw"
    [ "$(extra lhp)" -gt 100 ]
    assert_equal "$(extra lhp)" "$(vec-view --stat lhp.hnsw | awk -F '\t' '$1 == "edges0" && $2 == "other" { print $3 }')"
    run awk -F '\t' '$1 == "total" { exit !($3 > 0 && $3 <= 18 * 600 && $4 == 0 && $12 == 0) }' l.tsv
    assert_success
    for index in base lhp; do
        hnsw-query -x $index.hnsw --reach recall@10=0.98 --truth test.gt.vps --report $index.tsv -o found.vps test.vps
    done
    work() { awk -F '\t' 'NR == 2 { print int($4) }' "$1.tsv"; }
    [ "$(work lhp)" -lt "$(work base)" ] || fail "distances: $(work base) before, $(work lhp) after"
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps -x base.hnsw -o all.hnsw train.vps"
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps --partial 0.25 --report p.tsv -x all.hnsw -o part.hnsw train.vps &&
        vec-view --check part.hnsw"
    thinned=$(tail_value thinned p.tsv) added=$(awk -F '\t' '$1 == "total" { print $3 + $4 }' p.tsv)
    [ "$thinned" -gt "$(($(extra all) / 5))" ] && [ "$thinned" -lt "$(($(extra all) / 3))" ]
    assert_equal "$(grep -c '^[0-9]' p.tsv)" 150
    assert_equal "$(extra part)" "$(($(extra all) - thinned + added))"
}

@test "ngfix-repair: two-hop adds as many edges as it was told, and looks at no query" {
    world 1500 20
    std_same_bytes_at_threads "ngfix-repair -q --variant two-hop --two-hop-edges 700 -x base.hnsw"
    sh_ok "ngfix-repair -q --variant two-hop --two-hop-edges 700 -x base.hnsw -o two.hnsw --report report.tsv &&
        vec-view --check two.hnsw"
    assert_equal "$(vec-view --stat two.hnsw | awk -F '\t' '$1 == "edges0" && $2 != "built" { n += $3 } END { print n }')" 700
    assert_equal "$(grep ^total report.tsv | cut -f 3)" 700
    sh_fails 2 "ngfix-repair --variant two-hop -x base.hnsw off.vps"
    sh_fails 2 "ngfix-repair --variant two-hop --truth truth.vps -x base.hnsw"
    sh_fails 2 "ngfix-repair --variant two-hop --judge off.vps -x base.hnsw"
    sh_fails 2 "ngfix-repair --two-hop-edges 700 -x base.hnsw off.vps"
}

@test "ngfix-repair: groups save entries; components give the edges of exact hardness" {
    world 1500 400
    fix() { sh_ok "ngfix-repair -q --no-provenance --truth truth.vps -x base.hnsw $* off.vps"; }
    fix -o exact.hnsw
    fix --groups scc -o scc.hnsw --report scc.tsv
    fix --groups two-hop -t 1 -o two.hnsw --report two.tsv
    fix --groups two-hop -t 8 -o two8.hnsw
    cmp exact.hnsw scc.hnsw
    cmp two.hnsw two8.hnsw
    run cmp -s exact.hnsw two.hnsw
    assert_failure
    for report in scc two; do
        run awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
            NR > 1 && $1 != "total" && $at["saved"] > 0 && $at["pairs"] + $at["saved"] > 100 * 100 + 10 * 10 { bad = 1 }
            $1 == "total" { exit bad || !($at["saved"] > 0 && $at["groups"] > 0) }' $report.tsv
        assert_success
    done
}

@test "ngfix-repair: codes stay, keys stay, and searches by codes work" {
    fixtures
    sh_ok "hnsw-build -q --codes sq8 -o coded.hnsw '$FIXTURES/base.vps'"
    sh_ok "ngfix-repair -q -x coded.hnsw -o fixed.hnsw '$FIXTURES/queries.vps' && vec-view --check fixed.hnsw &&
        hnsw-query -x fixed.hnsw -k 3 -o found.vps '$FIXTURES/queries.vps'"
    sh_ok "vec-view --header found.vps"
    assert_regex "$(cat stdout)" 'ndc_code'
    assert_regex "$(cat stdout)" 'nnkey'
    sh_ok "vec-view --provenance fixed.hnsw"
    assert_regex "$(cat stdout)" 'ngfix-repair'
}

@test "ngfix-repair: in place, at once" {
    world 300 20
    sh_ok "ngfix-repair -q --no-provenance -x base.hnsw -o there.hnsw off.vps &&
        ngfix-repair -q --no-provenance -x base.hnsw --in-place off.vps"
    cmp there.hnsw base.hnsw
    sh_fails 2 "ngfix-repair -x base.hnsw --in-place -o other.hnsw off.vps"
    sh_fails 2 "ngfix-repair -x - --in-place off.vps < base.hnsw"
    printf 'damaged' > bad.vps
    before=$(sha256sum < base.hnsw)
    sh_fails 3 "ngfix-repair -x base.hnsw --in-place bad.vps"
    assert_equal "$(sha256sum < base.hnsw)" "$before"
}

@test "ngfix-repair: no queries, few or equal vectors, short truth" {
    world 300 20
    sh_ok "ngfix-repair -q --no-provenance -x base.hnsw <(vec-convert --rows :0 off.vps) > same.hnsw &&
        vec-view --check same.hnsw"
    for n in 0 1 2 5 15; do
        sh_ok "hnsw-build <(vec-convert --rows :$n base.vps) -M 2 -o n.hnsw && ngfix-repair -q -x n.hnsw off.vps -o m.hnsw &&
        vec-view --check m.hnsw"
    done
    sh_ok "knn-exact -b base.vps -k 15 -o short.vps off.vps &&
        ngfix-repair -q -x base.hnsw --truth short.vps --report r.tsv -o m.hnsw off.vps"
    assert_equal "$(sed -n 2p r.tsv | cut -f 2)" 15
    seq 400 | awk '{ print $1 "\t" $1 % 3 "\t1" }' | vec-convert --from tsv --to vps --metric l2 -o same.vps
    sh_ok "hnsw-build -M 2 -o n.hnsw same.vps && ngfix-repair -q -x n.hnsw same.vps -o m.hnsw && vec-view --check m.hnsw"
}

@test "ngfix-repair: compat upstream counts ranks from 0" {
    world 1500 300
    sh_ok "ngfix-repair -q --trim 0 --truth truth.vps --report ours.tsv -x base.hnsw -o a.hnsw off.vps"
    sh_ok "ngfix-repair -q --compat upstream --truth truth.vps --report theirs.tsv -x base.hnsw -o b.hnsw off.vps"
    [ "$(sed -n 2p theirs.tsv | cut -f 6)" -le "$(sed -n 2p ours.tsv | cut -f 6)" ]
    run cmp -s a.hnsw b.hnsw
    assert_failure
}

@test "ngfix-repair: what does not belong together is refused" {
    world 300 20
    for rounds in 0:1 10:9 10:21 10 10: '10:10,' '10:10,20:20' 300:300 '10:10,9:9,8:8,7:7,6:6'; do
        sh_fails 2 "ngfix-repair -x base.hnsw --rounds '$rounds' off.vps"
    done
    sh_fails 2 "ngfix-repair -x base.hnsw --report - off.vps"
    sh_fails 2 "ngfix-repair -x base.hnsw --hold-out 1001 off.vps"
    sh_fails 2 "ngfix-repair -x base.hnsw --time off.vps -o x.hnsw"
    knn-exact -b base.vps -k 20 -o part.vps <(vec-convert --rows :10 off.vps)
    sh_fails 3 "ngfix-repair -x base.hnsw --truth part.vps off.vps"
    assert_output --partial 'query 310 is not in the truth'
    sh_fails 3 "cat part.vps part.vps | ngfix-repair -x base.hnsw --truth - off.vps"
    assert_output --partial 'comes twice'
    awk '{ print $1 + 5 "\t" $2 "\t" $3 }' base.tsv | vec-convert --from tsv --to vps --metric l2 -o two.vps
    sh_fails 3 "ngfix-repair -x base.hnsw two.vps"
    assert_output --partial 'dimension 2'
    sh_ok "knn-exact -b <(vec-convert --rows :250 base.vps) -k 250 -o m.vps off.vps &&
        hnsw-build -o part.hnsw <(vec-convert --rows 50: base.vps)"
    sh_fails 3 "ngfix-repair -x part.hnsw --truth m.vps off.vps"
    assert_output --partial 'is not in the index'
    std_truncated "ngfix-repair -q -x base.hnsw" off.vps
    std_golden_fail "ngfix-repair -q $PWD/off.vps -x -" 'hnsw-05*.hnsw'
}
