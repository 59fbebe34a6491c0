#!/usr/bin/env bats
# formats/vps.md suffices to read the stream: tests/vps_reader.py was written from it alone and shares no code with lib/.

load helper

setup() {
    helper_setup
    command -v python3 > /dev/null || skip "no python3"
    golden=$ROOT/formats/golden
    reader="python3 '$ROOT/tests/vps_reader.py'"
}

@test "the reader reads every stream of golden/pass to its text twin" {
    for file in "$golden"/pass/*.vps; do
        sh_ok "$reader '$file'"
        cmp stdout "${file%.vps}.txt"
    done
}

@test "the reader refuses every stream of golden/fail with status 3" {
    for file in "$golden"/fail/*.vps; do
        sh_fails 3 "$reader '$file'"
        assert_equal "$(wc -c < stdout)" 0
    done
}

@test "the reader has at most 90 lines" {
    [ "$(wc -l < "$ROOT/tests/vps_reader.py")" -le 90 ]
}

@test "the reader and vec-view print the same text of a stream that our programs wrote" {
    fixtures
    sh_ok "vec-view --text '$FIXTURES/base.vps' > wanted"
    sh_ok "$reader '$FIXTURES/base.vps'"
    cmp stdout wanted
}
