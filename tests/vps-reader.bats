#!/usr/bin/env bats
# formats/vps.md suffices to read the stream: tests/vps_reader.py was written by it and shares no code with lib/.

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

@test "the reader refuses what damage makes of a stream: cut, flipped, missing, doubled, spliced" {
    for file in "$golden"/fail/00[0-2]*.vps "$golden"/fail/01*.vps; do
        sh_run "$reader '$file'"
        [ "$status" != 0 ] || fail "$file was read"
        assert_equal "$(wc -c < stdout)" 0
    done
}

@test "the reader has at most 60 lines" {
    [ "$(wc -l < "$ROOT/tests/vps_reader.py")" -le 60 ]
}

@test "the reader and vec-view print the same text of a stream that our programs wrote" {
    fixtures
    sh_ok "vec-view --text '$FIXTURES/base.vps' > wanted"
    sh_ok "$reader '$FIXTURES/base.vps'"
    cmp stdout wanted
}
