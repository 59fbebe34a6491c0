#!/usr/bin/env bats
# vec-encode with static models that others made: model2vec, and StaticEmbedding of sentence-transformers.

load helper

# A matrix of small numbers and a vocabulary: FOLDER TENSOR [ANOTHER-TENSOR]
make_static() {
    mkdir -p "$1"
    printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' fox owl moth > "$1/vocab.txt"
    python3 -c '
import json, struct, sys
rows = [0, 0, 4, 4, 9, 9, 9, 9, 3, 4, 0, 1, 1, 0]
head = {sys.argv[2]: {"dtype": "F32", "shape": [7, 2], "data_offsets": [0, 56]}}
if len(sys.argv) > 3:
    head[sys.argv[3]] = {"dtype": "F32", "shape": [1], "data_offsets": [56, 60]}
    rows.append(1)
head = json.dumps(head).encode()
open(sys.argv[1] + "/model.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + struct.pack(f"<{len(rows)}f", *rows))
' "$@"
}

vectors() { vec-convert --to tsv "$1"; }

@test "vec-encode: a model2vec folder: unknown words left out, then the first max_length, their mean" {
    make_static m embeddings
    echo '{"model_type": "model2vec", "normalize": false, "max_length": 3}' > m/config.json
    printf 'a\tfox\nb\tthe owl owl and moth fox\nc\tunheard of\n' > texts.tsv
    sh_fails 3 "vec-encode -m m -o {out} texts.tsv"
    assert_output --partial "texts.tsv:3: the text has nothing"
    sh_ok "vec-encode -m m --empty skip texts.tsv > x.vps"
    assert_equal "$(vectors x.vps)" "$(printf 'a\t3\t4\nb\t0.33333334\t0.6666667')"
    echo '{"model_type": "model2vec"}' > m/config.json
    sh_ok "vec-encode -m m --role query --empty skip texts.tsv > y.vps"
    assert_output --partial "declares no prefix"
    assert_equal "$(vectors y.vps | head -1)" "$(printf 'a\t0.6\t0.8')"
    assert_equal "$(vec-view --header x.vps | grep -c "$(vec-view --header y.vps | grep space)")" 0
}

@test "vec-encode: a StaticEmbedding folder: all ids count" {
    make_static s/0_StaticEmbedding embedding.weight
    module=sentence_transformers.models
    echo '[{"idx": 0, "name": "0", "path": "0_StaticEmbedding", "type": "'$module'.StaticEmbedding"}]' > s/modules.json
    printf 'a\tfox owl\nb\tthe fox\n' > texts.tsv
    sh_ok "vec-encode -m s texts.tsv > x.vps"
    assert_equal "$(vectors x.vps)" "$(printf 'a\t1.5\t2.5\nb\t3.5\t4')"
    assert_equal "$(vec-view --header x.vps | grep normalised)" "@meta normalised 0"
    sed -i 's/]$/, {"idx": 1, "name": "1", "path": "1_Normalize", "type": "'$module'.Normalize"}]/' s/modules.json
    sh_ok "vec-encode -m s texts.tsv | vec-view --header"
    assert_equal "$(grep normalised stdout)" "@meta normalised 1"
    sed -i 's/Normalize"}/Dense"}/' s/modules.json
    sh_fails 3 "vec-encode -m s -o {out} texts.tsv"
    assert_output --partial "s/modules.json: expected StaticEmbedding and perhaps Normalize"
    sed -i 's/Dense"}/Normalize"}/; s|"0_StaticEmbedding"|"../s/0_StaticEmbedding"|' s/modules.json
    sh_fails 3 "vec-encode -m s -o {out} texts.tsv"
    assert_output --partial "within the model's"
}

@test "vec-encode: foreign static models that do not fit are refused" {
    printf 'a\tfox\n' > texts.tsv
    make_static m embeddings mapping
    echo '{"model_type": "model2vec"}' > m/config.json
    sh_fails 3 "vec-encode -m m -o {out} texts.tsv"
    assert_output --partial "m/model.safetensors: tensor 'mapping' or 'weights'"
    make_static m other
    sh_fails 3 "vec-encode -m m -o {out} texts.tsv"
    assert_output --partial "m/model.safetensors: no tensor 'embeddings'"
    make_static m embeddings
    echo hare >> m/vocab.txt
    sh_fails 3 "vec-encode -m m -o {out} texts.tsv"
    assert_output --partial "m/model.safetensors: tensor 'embeddings' has 7 rows, but the tokenizer has ids up to 7"
    echo '{"model_type": "model2vec", "max_length": 0}' > m/config.json
    sh_fails 3 "vec-encode -m m -o {out} texts.tsv"
    assert_output --partial "m/config.json: \"max_length\""
}

@test "vec-encode: model2vec's own vectors" {
    testdata encoders/model2vec-64
    # Theirs are f16; texts without a vector have zeros there and are left out here, as the one with a NUL.
    sh_ok "grep -v '\\\\u0000' '$VECPIPE_TESTDATA/texts.jsonl' > texts.jsonl"
    sh_ok "vec-encode -q -m $DATA --empty skip texts.jsonl > x.vps"
    sh_ok "vec-convert --to tsv x.vps > x.tsv"
    sh_ok "python3 -c '
import json, struct, sys
keys = [json.loads(line)[\"_id\"] for line in open(sys.argv[1] + \"/texts.jsonl\")]
f = open(sys.argv[1] + \"/encoders/model2vec-64/vectors.npy\", \"rb\").read()
start = 10 + f[8] + 256 * f[9]
got, most = {}, 0
for line in open(\"x.tsv\"):
    key, *x = line.rstrip(\"\\n\").split(\"\\t\")
    got[key] = x
kept = {json.loads(line)[\"_id\"] for line in open(\"texts.jsonl\")}
for i, key in enumerate(keys):
    want = struct.unpack_from(\"<64e\", f, start + i * 128)
    if key in got:
        most = max(most, *(abs(float(a) - b) for a, b in zip(got[key], want)))
    elif key in kept and any(want):
        sys.exit(f\"{key} has no vector\")
print(len(got), most)
assert len(got) > 2000 and most < 5e-4' '$VECPIPE_TESTDATA'"
}
