#!/usr/bin/env bats
# vec-encode with transformers: options, threads, number types, folders that lie, and the vectors of sentence-transformers.

load helper

setup() {
    helper_setup
    fixtures
    cp -r "$FIXTURES/bert" bert
    cp "$FIXTURES/passages.tsv" "$FIXTURES/queries.tsv" .
}

rows() { vec-view --text "$1" | grep -v '^@'; }
# A blank at the end is shown as _.
metas() { vec-view --header "$1" | grep '^@meta' | grep -v '^@meta space' | sed 's/ $/_/'; }

# The least cosine of the rows of two streams.
least_cosine() {
    paste <(vec-convert --to tsv "$1" | cut -f 2-) <(vec-convert --to tsv "$2" | cut -f 2-) | awk '{
        xy = xx = yy = 0
        for (i = 1; i <= NF / 2; i++) { x = $i; y = $(i + NF / 2); xy += x * y; xx += x * x; yy += y * y }
        c = xy / sqrt(xx * yy)
        if (NR == 1 || c < least) least = c
    } END { printf "%.6f\n", least }'
}
at_least() { awk -v x="$1" -v y="$2" 'BEGIN { exit !(x >= y) }' || fail "$1, expected $2"; }

@test "vec-encode: a transformer, the same bytes at any number of threads, in all types of products" {
    for dtype in f32 bf16 int8; do
        std_same_bytes_at_threads "vec-encode -m bert --role passage --dtype $dtype passages.tsv"
    done
    std_dev_full "vec-encode -m bert --role passage passages.tsv"
}

@test "vec-encode: a transformer on each instruction set, but for rounding the same vectors" {
    sh_ok "vec-encode -m bert --role passage passages.tsv > want.vps"
    for isa in $(isas); do
        sh_ok "VECPIPE_ISA=$isa vec-encode -m bert --role passage passages.tsv > f32.vps"
        at_least "$(least_cosine want.vps f32.vps)" 0.999999
        sh_ok "VECPIPE_ISA=$isa vec-encode -m bert --role passage --dtype bf16 passages.tsv > bf16.vps"
        at_least "$(least_cosine want.vps bf16.vps)" 0.9995
        sh_ok "VECPIPE_ISA=$isa vec-encode -m bert --role passage --dtype int8 passages.tsv > int8.vps"
        at_least "$(least_cosine want.vps int8.vps)" 0.99
    done
}

@test "vec-encode: a role takes the prompt of the folder, --prefix something else" {
    sh_ok "vec-encode -m bert --role query queries.tsv > q.vps"
    assert_equal "$(metas q.vps)" "@meta normalised 1
@meta pooling mean
@meta prefix query:_
@meta role query"
    sed 's/\t/\tquery: /' queries.tsv > prefixed.tsv
    sh_ok "vec-encode -m bert --prefix '' prefixed.tsv > p.vps"
    diff <(rows q.vps) <(rows p.vps)
    sh_fails 2 "vec-encode -m bert -o {out} queries.tsv"
    assert_output --partial "declares prefixes: --role"
    rm bert/config_sentence_transformers.json
    sh_ok "vec-encode -m bert --role query queries.tsv > none.vps"
    assert_output --partial "declares no prefix for a query, so none was used"
    sh_ok "vec-encode -m bert --prefix 'query: ' queries.tsv > given.vps"
    diff <(rows q.vps) <(rows given.vps)
}

@test "vec-encode: a model by name, with the prefixes of model-get's table" {
    sh_ok "vec-encode -m bert --role query queries.tsv > want.vps"
    rm bert/config_sentence_transformers.json
    mkdir -p data/vecpipe/models
    cp -r bert data/vecpipe/models/mine
    sh_ok "XDG_DATA_HOME=$PWD/data vec-encode -m mine --role query queries.tsv > none.vps"
    assert_output --partial "declares no prefix"
    echo '{"model": "e5-large-v2", "files": {}}' > data/vecpipe/models/mine/model-get.json
    sh_ok "XDG_DATA_HOME=$PWD/data vec-encode -m mine --role query queries.tsv > q.vps"
    assert_equal "$output" ""
    diff <(rows want.vps) <(rows q.vps)
    sh_fails 2 "XDG_DATA_HOME=$PWD/data vec-encode -m mine -o {out} queries.tsv"
    echo '{"model": "bge-m3", "files": {}}' > data/vecpipe/models/mine/model-get.json
    sh_ok "XDG_DATA_HOME=$PWD/data vec-encode -m mine --role query queries.tsv > m3.vps"
    assert_equal "$output" ""
    diff <(rows none.vps) <(rows m3.vps)
    sh_fails 4 "XDG_DATA_HOME=$PWD/data vec-encode -m other --role query -o {out} queries.tsv"
    assert_output --partial "other: no such folder, and no model of that name"
}

@test "vec-encode: --prefix upstream goes by the folder's path and the role" {
    mv bert MyE5model
    sh_ok "vec-encode -m MyE5model --role passage --prefix upstream queries.tsv > e5.vps"
    assert_equal "$(metas e5.vps | grep prefix)" "@meta prefix passage:_"
    mv MyE5model plain
    sh_ok "vec-encode -m plain --role passage --prefix upstream queries.tsv > plain.vps"
    assert_equal "$(metas plain.vps | grep -c prefix)" 0
    sh_fails 2 "vec-encode -m plain --prefix upstream -o {out} queries.tsv"
}

@test "vec-encode: texts are cut off at the folder's length or --max-length, and counted" {
    sh_ok "vec-encode -m bert --prefix '' queries.tsv > whole.vps"
    assert_output ""
    sh_ok "vec-encode -m bert --prefix '' --max-length 7 queries.tsv > cut.vps"
    assert_output --partial "60 of 60 texts cut off at 7 tokens"
    cut -d ' ' -f 1-5 queries.tsv > short.tsv
    sh_ok "vec-encode -m bert --prefix '' short.tsv > short.vps"
    diff <(rows short.vps) <(rows cut.vps)
    sh_fails 2 "vec-encode -m bert --prefix '' --max-length 25 -o {out} queries.tsv"
    assert_output --partial "positions for 24"
    sh_fails 2 "vec-encode -m bert --prefix '' --max-length 1 -o {out} queries.tsv"
}

@test "vec-encode: --pool, --dim, --store" {
    sh_ok "vec-encode -m bert --role query queries.tsv > mean.vps"
    for pool in cls max; do
        sh_ok "vec-encode -m bert --role query --pool $pool queries.tsv > $pool.vps"
        assert_equal "$(metas $pool.vps | grep pooling)" "@meta pooling $pool"
        assert_equal "$(cmp -s <(rows mean.vps) <(rows $pool.vps) || echo differ)" differ
        assert_equal "$(vec-view --header $pool.vps | grep -c "$(vec-view --header mean.vps | grep space)")" 0
    done
    sh_ok "vec-encode -m bert --role query --dim 7 queries.tsv > 7.vps"
    vec-convert --to tsv mean.vps | awk -v OFS='\t' '{
        s = 0; for (i = 2; i <= 8; i++) s += $i * $i
        for (i = 2; i <= 8; i++) $i /= sqrt(s)
        print $1, $2, $3, $4, $5, $6, $7, $8
    }' > want.tsv
    sh_ok "vec-convert --from tsv --to vps --metric ip want.tsv > want.vps"
    at_least "$(least_cosine want.vps 7.vps)" 0.999999
    vec-convert --to tsv 7.vps | awk '{
        s = 0; for (i = 2; i <= NF; i++) s += $i * $i
        if (s < 0.99999 || s > 1.00001) exit 1
    }' || fail "not of length 1"
    sh_fails 2 "vec-encode -m bert --role query --dim 25 -o {out} queries.tsv"
    for type in f16 bf16; do
        sh_ok "vec-encode -m bert --role query --store $type queries.tsv > $type.vps"
        sh_ok "vec-convert --dtype $type mean.vps > want.vps"
        diff <(rows want.vps) <(rows $type.vps)
    done
    sh_ok "vec-encode -m $FIXTURES/model --dim 5 queries.tsv | vec-view --header"
    assert_equal "$(grep -c '^@column vec f32 5' stdout)" 1
    for option in '--pool max' '--max-length 3' '--dtype bf16' --tokens; do
        sh_fails 2 "vec-encode -m $FIXTURES/model $option -o {out} queries.tsv"
    done
}

@test "vec-encode: --tokens writes the vectors of all tokens" {
    sh_ok "vec-encode -m bert --role query --tokens queries.tsv > tokens.vps"
    assert_equal "$(vec-view --header tokens.vps | grep -v -e space -e program | sed 's/ $/_/')" "@kind tokens
@column id u64
@column key str
@column token u32 *
@column vectors f32 *
@meta dim 24
@meta normalised 0
@meta prefix query:_
@meta role query"
    # Their mean, of length 1, is the vector of the text.
    rows tokens.vps | sed 's/.*token=\([0-9,]*\) vectors=/\1 /' | awk '{
        n = split($1, id, ","); split($2, x, ","); s = 0
        for (d = 1; d <= 24; d++) { y[d] = 0; for (i = 0; i < n; i++) y[d] += x[i * 24 + d]; s += y[d] * y[d] }
        line = NR
        for (d = 1; d <= 24; d++) line = line "\t" y[d] / sqrt(s)
        print line
    }' > want.tsv
    sh_ok "vec-convert --from tsv --to vps --metric ip want.tsv > want.vps; vec-encode -m bert --role query queries.tsv > q.vps"
    at_least "$(least_cosine want.vps q.vps)" 0.999999
    for option in '--dim 3' '--pool cls'; do
        sh_fails 2 "vec-encode -m bert --role query --tokens $option -o {out} queries.tsv"
    done
    sh_ok "vec-encode -m bert --role query --tokens --store bf16 queries.tsv | vec-view --check"
    std_same_bytes_at_threads "vec-encode -m bert --role query --tokens queries.tsv"
}

# Change the weights: rename or reshape tensors in the header (a python expression of h).
weights() { # EXPRESSION [FOLDER]
    python3 -c '
import json, struct, sys
path = sys.argv[2] + "/model.safetensors"
f = open(path, "rb").read()
n = struct.unpack("<Q", f[:8])[0]
h, data = json.loads(f[8:8 + n]), bytearray(f[8 + n:])
exec(sys.argv[1])
head = json.dumps(h).encode()
open(path, "wb").write(struct.pack("<Q", len(head)) + head + data)' "$1" "${2:-bert}"
}

@test "vec-encode: two towers are one space, and their vectors meet" {
    mkdir pair
    mv bert pair/query
    "$ROOT/tests/tools/tiny-bert" pair/passage passages.tsv 2
    sh_fails 2 "vec-encode -m pair -o {out} queries.tsv"
    assert_output --partial "two towers: --role"
    sh_ok "vec-encode -m pair --role query queries.tsv > q.vps; vec-encode -m pair --role passage passages.tsv > p.vps"
    assert_equal "$(vec-view --header q.vps | grep '@meta space')" "$(vec-view --header p.vps | grep '@meta space')"
    sh_ok "knn-exact -k 3 -b p.vps q.vps | vec-view --check"
    # Each is what its folder gives alone, of another space.
    sh_ok "vec-encode -m pair/query --role query queries.tsv > q1.vps"
    sh_ok "vec-encode -m pair/passage --role passage passages.tsv > p1.vps"
    diff <(rows q.vps) <(rows q1.vps)
    diff <(rows p.vps) <(rows p1.vps)
    sh_fails 3 "knn-exact -k 3 -b p1.vps -o {out} q1.vps"
    assert_output --partial space
    sh_fails 3 "knn-exact -k 3 -b p.vps -o {out} q1.vps"
    # The pair of the other order, another pooling of one tower, the same model twice: other spaces, and that of the model.
    mkdir turned same
    cp -r pair/query turned/passage
    cp -r pair/passage turned/query
    sh_ok "vec-encode -m turned --role query queries.tsv > t.vps"
    assert_equal "$(vec-view --header t.vps | grep -c "$(vec-view --header q.vps | grep '@meta space')")" 0
    sh_ok "vec-encode -m pair --role query --pool cls queries.tsv > cls.vps"
    assert_equal "$(vec-view --header cls.vps | grep -c "$(vec-view --header q.vps | grep '@meta space')")" 0
    cp -r pair/query same/query
    cp -r pair/query same/passage
    sh_ok "vec-encode -m same --role query queries.tsv > s.vps"
    assert_equal "$(vec-view --header s.vps | grep '@meta space')" "$(vec-view --header q1.vps | grep '@meta space')"
    # A transformer for passages, a static model for queries; towers that do not fit, or are not there.
    sh_ok "vec-encode --init static,dim=24,buckets=100 -m quick"
    rm -r pair/query
    mv quick pair/query
    sh_ok "vec-encode -m pair --role query queries.tsv > q.vps; vec-encode -m pair --role passage passages.tsv > p.vps"
    sh_ok "knn-exact -k 3 -b p.vps q.vps | vec-view --check"
    rm -r pair/query
    sh_ok "vec-encode --init static,dim=25,buckets=100 -m pair/query"
    sh_fails 3 "vec-encode -m pair --role passage -o {out} passages.tsv"
    assert_output --partial "pair: a query has 25 dimensions, a passage 24"
    rm -r pair/passage
    sh_fails 4 "vec-encode -m pair --role query -o {out} queries.tsv"
    assert_output --partial "pair/passage"
}

@test "vec-encode: DPR's folders for questions and contexts" {
    sh_ok "vec-encode -m bert --prefix '' --pool cls queries.tsv > want.vps"
    rm -r bert/modules.json bert/1_Pooling bert/config_sentence_transformers.json
    sed -i 's/"bert"/"dpr", "projection_dim": 0/' bert/config.json
    for tower in question ctx; do
        rm -rf dpr
        cp -r bert dpr
        weights "h.update({'${tower}_encoder.bert_model.' + name: h.pop(name) for name in list(h)})" dpr
        sh_ok "vec-encode -m dpr queries.tsv > dpr.vps"
        assert_equal "$(metas dpr.vps)" "@meta normalised 0
@meta pooling cls"
        at_least "$(least_cosine want.vps dpr.vps)" 0.999999
    done
    sed -i 's/"projection_dim": 0/"projection_dim": 8/' dpr/config.json
    sh_fails 3 "vec-encode -m dpr -o {out} queries.tsv"
    assert_output --partial 'dpr/config.json: "projection_dim": a projection'
}

@test "vec-encode: a folder whose parts do not fit is refused by file, tensor and reason" {
    name=encoder.layer.1.output.dense
    weights "h['other'] = h.pop('$name.weight')"
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/model.safetensors: tensor '$name.weight' is missing"
    weights "h['$name.weight'] = h.pop('other'); h['$name.weight']['shape'] = [40, 24]"
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/model.safetensors: tensor '$name.weight' has shape"
    weights "h['$name.weight']['shape'] = [24, 40]; h['$name.bias']['dtype'] = 'I32'"
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/model.safetensors: tensor '$name.bias' is I32"
    weights "h['$name.bias']['dtype'] = 'F32'; data[3] = data[2] = 0xff"
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/model.safetensors: tensor 'embeddings.word_embeddings.weight': value 0 is a NaN"
    weights "data[3] = data[2] = 0"
    echo onemore >> bert/vocab.txt
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "but the embedding matrix has"
    sed -i '$d' bert/vocab.txt
    sh_ok "vec-encode -m bert --role query queries.tsv > q.vps"
    truncate -s -4 bert/model.safetensors
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/model.safetensors: "
    rm bert/vocab.txt
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
}

@test "vec-encode: weights in pytorch_model.bin, and a pickle that is hostile" {
    sh_ok "vec-encode -m bert --role query queries.tsv > want.vps"
    "$ROOT/tests/tools/tiny-torch" bert/model.safetensors bert/pytorch_model.bin
    "$ROOT/tests/tools/tiny-torch" bert/model.safetensors evil.bin "os system"
    rm bert/model.safetensors
    sh_ok "vec-encode -m bert --role query queries.tsv > torch.vps"
    diff <(rows want.vps) <(rows torch.vps)
    cp bert/pytorch_model.bin whole.bin
    std_truncated "cp {} bert/pytorch_model.bin && vec-encode -m bert --role query -o {out} queries.tsv" whole.bin
    cp evil.bin bert/pytorch_model.bin
    sh_fails 3 "vec-encode -m bert --role query -o {out} queries.tsv"
    assert_output --partial "bert/pytorch_model.bin: entry 'archive/data.pkl': byte 2: GLOBAL 'os system': a hostile pickle?"
}

# $VECPIPE_MODELS or XDG's folder of models.
model() {
    MODEL=${VECPIPE_MODELS:-${XDG_DATA_HOME:-$HOME/.local/share}/vecpipe/models}/$1
    [ -e "$MODEL/config.json" ] || skip "$MODEL is not there"
}

@test "vec-encode: all-MiniLM-L6-v2 as sentence-transformers has it" {
    testdata encoders/all-MiniLM-L6-v2
    model all-MiniLM-L6-v2
    is_sanitized && every=60 || every=12
    # Every few lines, but one with a NUL, which no text of ours may have.
    python3 -c '
import json, struct, sys
data, every = sys.argv[1], int(sys.argv[2])
rows = [(i, json.loads(line)["text"]) for i, line in enumerate(open(data + "/texts.jsonl")) if i % every == 5]
rows = [row for row in rows if "\0" not in row[1]]
with open("texts.jsonl", "w") as f:
    f.writelines(json.dumps({"_id": str(i), "text": text}) + "\n" for i, text in rows)
f = open(data + "/encoders/all-MiniLM-L6-v2/vectors.npy", "rb").read()
start = 10 + f[8] + 256 * f[9]
with open("want.tsv", "w") as o:
    for i, _ in rows:
        x = struct.unpack_from("<384f", f, start + i * 1536)
        o.write(str(i) + "\t" + "\t".join(map(repr, x)) + "\n")' "$VECPIPE_TESTDATA" "$every"
    sh_ok "vec-convert --from tsv --to vps --metric ip want.tsv > want.vps"
    sh_ok "vec-encode -m $MODEL texts.jsonl > f32.vps"
    worst=$(paste <(vec-convert --to tsv want.vps) <(vec-convert --to tsv f32.vps) | awk '{
        for (i = 2; i <= 385; i++) { d = $i - $(i + 385); if (d < 0) d = -d; if (d > most) most = d }
    } END { print NR > 0 ? most : 9 }')
    at_least 0.00001 "$worst"
    sh_ok "vec-encode -m $MODEL --dtype bf16 texts.jsonl > bf16.vps"
    at_least "$(least_cosine want.vps bf16.vps)" 0.9995
    sh_ok "vec-encode -m $MODEL --dtype int8 texts.jsonl > int8.vps"
    at_least "$(least_cosine want.vps int8.vps)" 0.99
}
