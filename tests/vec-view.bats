#!/usr/bin/env bats
# vec-view: rows, statistics, provenance and checks of streams and indexes.

load helper

# A stream by tests/tools/golden's own writer: stream NAME KIND-AND-COLUMNS PAYLOAD ROWS
stream() {
    python3 - "$@" <<END
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("golden", "$ROOT/tests/tools/golden")
golden = importlib.util.module_from_spec(importlib.util.spec_from_loader("golden", loader))
loader.exec_module(golden)
name, text, columns, rows = sys.argv[1:]
raw = golden.payload(*eval(columns))
open(name, "wb").write(golden.member(text.replace("|", "\n"), [golden.block(0, int(rows), raw)], int(rows)))
END
}

NEAR='@kind neighbours|@column id u64|@column ef u32|@column nn u64 *|@column dist f32 *|@column ndc u32|@column hops u32|'
near() { # NAME NN DIST
    stream "$1" "$NEAR" "(('u64', 1, [7]), ('u32', 1, [64]), ('u64', '*', [$2]), ('f32', '*', [$3]),
                          ('u32', 1, [9]), ('u32', 1, [1]))" 1
}
vectors() { # NAME IDS VECTORS
    stream "$1" '@kind vectors|@column id u64|@column vec f32 2|' "(('u64', 1, $2), ('f32', 2, $3))" 2
}

@test "vec-view: help, options, a full device, closed descriptors, a folder that cannot be written" {
    vectors x.vps '[0, 1]' '[(1, 0), (0, 1)]'
    std_help vec-view
    std_unknown_option vec-view
    std_dev_full "vec-view --all x.vps"
    std_closed_stdio "vec-view x.vps" "vec-view"
    std_readonly_target "vec-view $PWD/x.vps -o {out}"
    sh_fails 2 "vec-view --head 1 --stat x.vps"
    sh_fails 2 "vec-view x.vps x.vps"
}

@test "vec-view: foreign files are named for what they are" {
    std_foreign "vec-view {}"
    sh_fails 3 "vec-view fvecs"
    assert_regex "$output" "fvecs: this looks like an fvecs file of dimension 2, expected a vecpipe stream"
    printf '\x93NUMPY' > x.npy
    sh_fails 3 "vec-view --check x.npy"
    assert_regex "$output" "looks like a NumPy array"
}

@test "vec-view: rows as TSV and JSON, the header, the text form" {
    vectors x.vps '[5, 6]' '[(1, 0.1), (float("nan"), -float("inf"))]'
    sh_ok "vec-view --all x.vps"
    assert_equal "$(cat stdout)" "id	vec
5	1,0.1
6	nan,-inf"
    sh_ok "vec-view --head 1 x.vps"
    assert_equal "$(cat stdout)" "id	vec
5	1,0.1"
    sh_ok "vec-view --all --format json < x.vps"
    assert_equal "$(cat stdout)" '{"id": 5, "vec": [1,0.1]}
{"id": 6, "vec": [null,null]}'
    sh_ok "vec-view --text x.vps"
    assert_equal "$(cat stdout)" "@kind vectors
@column id u64
@column vec f32 2
id=5 vec=1,0.1
id=6 vec=nan,-inf
@end 2"
    sh_ok "vec-view x.vps"
    assert_equal "$(tail -3 stdout)" "id	vec
5	1,0.1
6	nan,-inf"
    sh_ok "vec-view --header --format json x.vps | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"columns\"][1])'"
    assert_equal "$(cat stdout)" "{'name': 'vec', 'type': 'f32', 'shape': 2}"
}

@test "vec-view: strings with anything in them" {
    sh_ok "vec-view --all --format json $ROOT/formats/golden/pass/0005-strings.vps | python3 -c '
import json, sys
for line in sys.stdin: print(json.loads(line))'"
    assert_equal "$(sed -n 2p stdout)" "{'id': 1, 'title': 'tab\tand\nline', 'words': []}"
    sh_ok "vec-view --all $ROOT/formats/golden/pass/0005-strings.vps"
    assert_equal "$(sed -n 3p stdout)" '1	tab\tand\nline	'
}

@test "vec-view: long lists are short in the overview and whole in rows" {
    near x.vps 'tuple(range(20))' 'tuple(range(20))'
    sh_ok "vec-view x.vps | tail -1 | cut -f3"
    assert_equal "$(cat stdout)" "0,1,2,3,... (20)"
    sh_ok "vec-view --all x.vps | tail -1 | cut -f3 | tr , '\n' | wc -l"
    assert_equal "$(cat stdout)" 20
}

@test "vec-view: statistics" {
    vectors x.vps '[5, 7]' '[(3, 4), (float("nan"), 0)]'
    sh_ok "vec-view --stat x.vps | grep -e '^-' -e vec | tr '\t' ' '"
    assert_equal "$(cat stdout)" "- rows 2
vec values 4
vec min 0
vec mean 2.3333333333333335
vec max 4
vec nan 1
vec infinite 0
vec norm.min 5
vec norm.mean 5
vec norm.max 5
vec zero_vectors 0"
    near y.vps '(1, 2, 3)' '(0, 0, 0.5)'
    sh_ok "vec-view --stat --format json y.vps | python3 -c '
import json, sys
print(*json.load(sys.stdin)[\"columns\"][\"nn\"].items())'"
    assert_equal "$(cat stdout)" "('type', 'u64') ('values', 3) ('min', 1) ('mean', 2) ('max', 3) ('nan', 0) ('infinite', 0)\
 ('length.min', 3) ('length.mean', 3) ('length.max', 3)"
    sh_ok "vec-view --stat $ROOT/formats/golden/pass/0001-no-rows.vps"
    assert_equal "$(cat stdout)" "-	rows	0"
}

@test "vec-view: some columns" {
    near x.vps '(3, 1)' '(0, 1)'
    sh_ok "vec-view --all --columns hops,nn x.vps"
    assert_equal "$(cat stdout)" "id	hops	nn
7	1	3,1"
    sh_ok "vec-view --stat --columns dist x.vps | grep -c dist"
    sh_fails 3 "vec-view --columns vec x.vps"
    assert_regex "$output" "x.vps: no column vec: there are id, ef, nn, dist, ndc, hops"
    sh_fails 2 "vec-view --check --columns nn x.vps"
}

@test "vec-view: provenance as a tree" {
    sh_ok "vec-view --provenance $ROOT/formats/golden/pass/0009-provenance.vps"
    assert_equal "$(cat stdout)" "3 vec-convert 0.1.0: vec-convert a.vps b.vps
|- 1 vec-encode 0.1.0: vec-encode -m 'my model' a.tsv
|  \`- 0 text-convert 0.1.0: text-convert -o wn /usr/share/wordnet
\`- 2 vec-encode 0.1.0: vec-encode -m m b\\tc.tsv"
}

@test "vec-view --check: rules of the kinds" {
    vectors good.vps '[5, 6]' '[(1, 0), (0, 1)]'
    sh_ok "vec-view --check good.vps"
    assert_equal "$(cat stdout)" "good.vps: ok, vectors, 2 rows"
    sh_ok "vec-view -q --check good.vps"
    assert_equal "$(cat stdout)" ""
    vectors bad.vps '[5, 6]' '[(1, 0), (float("nan"), 1)]'
    sh_fails 3 "vec-view --check bad.vps"
    assert_regex "$output" "bad.vps: row 1: component 0 is not a finite number"
    vectors bad.vps '[5, 5]' '[(1, 0), (0, 1)]'
    sh_fails 3 "vec-view --check bad.vps"
    assert_regex "$output" "row 1: the id 5 occurs a second time"
    near good.vps '(4, 2, 3)' '(-1, 0, 0)'
    sh_ok "vec-view --check good.vps"
    for lists in '(4, 2) (1,)' '(4, 2) (1, 0)' '(4, 2) (1, 1)' '(2, 2) (0, 1)' '(4, 2) (0, float("inf"))'; do
        near bad.vps "${lists%) *})" "(${lists#*) (}"
        sh_fails 3 "vec-view --check bad.vps"
        assert_regex "$output" "bad.vps: row 0: "
    done
    stream bad.vps '@kind vectors|@column id u64|' "(('u64', 1, [1]),)" 1
    sh_fails 3 "vec-view --check bad.vps"
    assert_regex "$output" "without the column vec"
}

@test "vec-view --check: streams cut, damaged, without their producer" {
    fixtures
    std_truncated "vec-view --check {}" "$FIXTURES/base.vps"
    std_flipped "vec-view --check {}" "$FIXTURES/base.vps"
    std_killed_upstream "vec-view --check" "$FIXTURES/base.vps"
    for file in "$ROOT"/formats/golden/fail/*{zlib-bomb,block-too-large,rows-2-63,offsets-huge}.vps; do
        std_ulimit_fails "vec-view --check $file" 100000 3
    done
}

@test "vec-view: an index as a table, in numbers, checked" {
    fixtures
    [ -e "$FIXTURES/base.hnsw" ] || skip "no index in the fixtures"
    cp "$FIXTURES/base.hnsw" x.hnsw
    sh_ok "vec-view --check x.hnsw"
    assert_equal "$(cat stdout)" "x.hnsw: ok, an index, 300 nodes"
    sh_ok "vec-view --check < x.hnsw"
    sh_ok "gzip -n < x.hnsw | vec-view --stat"
    cp stdout stat
    assert_equal "$(grep -c -e '^graph	nodes	300$' -e '^graph	reachable	300$' -e '^layer0	nodes	300$' stat)" 3
    # Rows and statistics count the same edges.
    sh_ok "vec-view --all x.hnsw | cut -f4 | tail -n +2 | tr , '\n' | grep -c ."
    assert_equal "$(awk '$1 == "layer0" && $2 == "edges" { print $3 }' stat)" "$(cat stdout)"
    assert_equal "$(awk '$1 == "in_degree0" { n += $3; e += $2 * $3 } END { print n, e }' stat)" "300 $(cat stdout)"
    sh_ok "vec-view --stat --format json x.hnsw |
        python3 -c 'import json, sys; print(json.load(sys.stdin)[\"graph\"][\"nodes\"])'"
    assert_equal "$(cat stdout)" 300
    sh_ok "vec-view --all --format json x.hnsw | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
assert all(len(r[\"upper\"]) == r[\"level\"] for r in rows)
print(len(rows), len(rows[0][\"vec\"]))'"
    assert_equal "$(cat stdout)" "300 32"
    std_truncated "vec-view --check {}" x.hnsw
    std_flipped "vec-view --check {}" x.hnsw
}

@test "vec-view: a reader that stops early ends it quietly" {
    fixtures
    sh_ok "(vec-view --all --format json $FIXTURES/base.vps || [ \$? = 141 ]) | head -1"
    assert_output ""
}

@test "vec-view: what lies behind a packed stream is named once, by its place among the packed bytes" {
    seq 9 | awk '{ print $1 "\t" $1 }' | vec-convert --from tsv --metric l2 -o x.vps
    sh_fails 3 "{ gzip -n < x.vps; echo text; } | vec-view --check"
    assert_output --regexp '^vec-view: stdin: byte [0-9]+ \(packed\): bytes that are no gzip'
}
