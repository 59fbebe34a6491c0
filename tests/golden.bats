#!/usr/bin/env bats
# The golden streams of formats/golden: what passes is read to its text twin, what fails is refused by its own reader.

load helper

golden="$BATS_TEST_DIRNAME/../formats/golden"

@test "every stream of golden/pass is read to its text twin, and verified" {
    for file in "$golden"/pass/*.vps; do
        run vec-view --text "$file"
        assert_success
        diff <(printf '%s\n' "$output") "${file%.vps}.txt"
        run vec-view --check "$file"
        assert_success
    done
}

@test "every stream of golden/pass comes out of vec-convert with the same rows" {
    for file in "$golden"/pass/*.vps; do
        bash -o pipefail -c 'vec-convert --no-provenance "$1" | vec-view --text | grep -v ^@program' _ "$file" > rows
        diff <(grep -v -e ^@program -e ^@stat "${file%.vps}.txt") <(grep -v ^@stat rows)
    done
}

@test "every stream of golden/fail is refused with status 3, by file and by pipe" {
    for file in "$golden"/fail/*.vps; do
        run vec-view --check "$file"
        assert_failure 3
        run bash -o pipefail -c 'cat "$1" | vec-convert > /dev/null' _ "$file"
        assert_failure 3
    done
}

@test "the golden files are what tests/tools/golden writes" {
    command -v python3 > /dev/null || skip "no python3"
    "$ROOT/tests/tools/golden" "$B" fresh
    for file in fresh/*/*; do
        cmp "$file" "$golden/${file#fresh/}"
    done
}

@test "file(1) names streams by our magic" {
    command -v file > /dev/null || skip "no file(1)"
    run file -b -m "$BATS_TEST_DIRNAME/../formats/vecpipe.magic" "$golden/pass/0006-neighbours.vps"
    assert_output "vecpipe stream version 1 of neighbours"
}
