#!/usr/bin/env bats
# The exact assignment of rq-cluster against the network simplex of LEMON on the same integers.

load helper

assign=$B/tests/oracle/assign

compare() { # N K KIND SEED
    "$assign" make "$1" "$2" "$3" "$4" problem
    local ours theirs
    ours=$("$assign" solve problem 2)
    theirs=$("$B/tests/oracle/lemon_assign" problem)
    assert_equal "$*: ${ours%%$'\t'*}" "$*: ${theirs%%$'\t'*}"
}

setup() {
    helper_setup
    [ -x "$B/tests/oracle/lemon_assign" ] || skip "liblemon-dev is not installed: no network simplex to compare with"
}

@test "2,000 points of crowds cost what LEMON's optimum costs" {
    for k in 1 2 17 64 256 1000; do compare 2000 $k crowds $k; done
}

@test "2,000 points with ties everywhere cost what LEMON's optimum costs" {
    for k in 3 40 256; do compare 2000 $k ties $k; done
}

@test "2,000 points with costs and bounds of all kinds cost what LEMON's optimum costs" {
    for k in 2 5 33 128 256; do for seed in 1 2 3; do compare 2000 $k any $seed; done; done
}
